"""Replies of the container runtime that are lost: sandboxes of which their kubelet was not told (container-runtime §1).

RunPodSandbox may take effect although the kubelet gets an error. It learns of the sandbox by its next list, or asks
again before: containerd refuses a second sandbox of the same name, CRI-O answers with the one that it made, and a
runtime that reserves no names makes another one. Where two are ready the kubelet tears both down and begins anew.
"""

from __future__ import annotations

import attrs

from ..environment.budgets import left, spend
from ..kinds import POD, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.machine import Arrow, Machine, states_by
from ..language.plan import KEY, Alternative, RuntimeCall, Step, Write
from ..language.query import Query
from ..objects.pod import Pod, PodSpec
from .container_runtime import Known, RemoveSandbox, RunSandbox
from .heartbeat import KUBELET_RUNS
from .pod_containers import containers_of
from .startup import start_calls, wanted

KUBELET, FAULT = "kubelet", "fault"

LOST = "cri-reply-lost"
"""The fault by which the reply to RunPodSandbox is lost."""

CONTAINERD, CRI_O, UNRESERVED = "containerd", "cri-o", "unreserved"
"""Container runtimes, by what they make of a second RunPodSandbox for a sandbox that they have."""


@attrs.frozen(cache_hash=True)
class Doubted:
    """RunPodSandbox took effect, and its caller got an error."""

    run: RunSandbox

    def __call__(self, runtime: PodRuntime | None, /) -> PodRuntime:
        """What the runtime holds afterwards, and that the kubelet does not know of it."""
        return attrs.evolve(self.run(runtime), doubted=True)


def lost_reply(calls: tuple[Step, ...]) -> tuple[Step, ...] | None:
    """A start plan whose first RunPodSandbox takes effect and gets no reply, so that the rest is not carried out."""
    for number, step in enumerate(calls):
        if isinstance(step, RuntimeCall) and isinstance(step.change, RunSandbox):
            lost = RuntimeCall(step.target, step.field, Doubted(step.change), step.call)
            return (*spend(LOST), *calls[:number], lost)
    return None


def may_lose() -> Query:
    """The query whether one more reply may be lost."""
    return left(LOST)


@attrs.frozen(cache_hash=True)
class Sandboxed:
    """A pod of ``node`` whose sandbox is doubted, or one of two. ``name``: its own, if it has one; ``apart``: its
    containers are told apart; ``pull``: images are followed."""

    node: str
    spec: PodSpec
    name: str
    apart: bool
    pull: bool


def _sandboxed(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Sandboxed | None:
    if pod is None or runtime is None or worker is None or not wanted(pod):
        return None
    return Sandboxed(runtime.node, pod.spec, runtime.name, bool(runtime.each), bool(runtime.pull))


def _doubted(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Sandboxed | None:
    return _sandboxed(pod, runtime, worker) if runtime is not None and runtime.doubted else None


def _doubled(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Sandboxed | None:
    return _sandboxed(pod, runtime, worker) if runtime is not None and runtime.sandboxes > 1 else None


_FIELDS = ("object", "runtime", "worker")

RELIST = Rule(
    name="relist sandboxes",
    key=Key(POD, _FIELDS, _doubted),
    decide=lambda _key: [Alternative((Write(KEY, "runtime", Known()),), "the runtime's list shows the sandbox")],
    guards=(KUBELET_RUNS,),
    reference="container-runtime §6",
    meaning="the kubelet lists what the runtime holds, and finds the sandbox of which it was not told",
)


def ask_again(runtime: str) -> Rule:
    """The rule by which the kubelet asks again for a sandbox, of a runtime that does not refuse that."""
    second = Known(2) if runtime == UNRESERVED else Known()
    because = "the runtime makes another sandbox" if runtime == UNRESERVED else "the runtime answers with the sandbox"

    def decide(_key: Sandboxed) -> list[Alternative]:
        return [Alternative((RuntimeCall(KEY, "runtime", second, "RunPodSandbox"),), because)]

    return Rule(
        name="ask for sandbox again",
        key=Key(POD, _FIELDS, _doubted),
        decide=decide,
        guards=(KUBELET_RUNS,),
        reference="container-runtime §1",
        meaning="the kubelet, which got an error, asks for the pod's sandbox again before it lists",
    )


def tear_down(*, serving: bool) -> Rule:
    """The rule by which the kubelet ends both of two sandboxes, and begins anew."""

    def decide(key: Sandboxed) -> list[Alternative]:
        each = containers_of(key.spec) if key.apart else ()
        remove = RuntimeCall(KEY, "runtime", RemoveSandbox(), "RemovePodSandbox")
        anew = start_calls(key.spec, None, key.node, serving=serving, name=key.name, apart=bool(each), pulls=key.pull)
        return [Alternative((remove, *anew), "two sandboxes of the pod are ready")]

    return Rule(
        name="tear down sandboxes",
        key=Key(POD, _FIELDS, _doubled),
        decide=decide,
        guards=(KUBELET_RUNS,),
        several_requests=True,
        reference="container-runtime §3",
        meaning="where two sandboxes of a pod are ready the kubelet stops and removes both, and runs a new one",
    )


def rules(runtime: str, *, serving: bool) -> tuple[Rule, ...]:
    """The kubelet's rules with a container runtime of this kind."""
    if runtime == CONTAINERD:
        return (RELIST,)
    if runtime == CRI_O:
        return (RELIST, ask_again(runtime))
    return (RELIST, ask_again(runtime), tear_down(serving=serving))


def _told(runtime: PodRuntime | None) -> str:
    if runtime is None:
        return "None"
    if runtime.doubted:
        return "Doubted"
    return "Known" if runtime.sandboxes == 1 else "Doubled"


_HELD = ("Known", "Doubted", "Doubled")

SANDBOX_KNOWLEDGE = Machine(
    name="sandbox knowledge",
    kind=POD,
    fields=("runtime",),
    states=states_by(
        _told,
        {
            "None": "the runtime holds no sandbox of the pod",
            "Known": "it holds one, and the kubelet knows it",
            "Doubted": "it holds one, and the kubelet was not told",
            "Doubled": "it holds two that are ready",
        },
    ),
    initial="None",
    arrows=(
        Arrow("run", "None", "Known", KUBELET, "container-runtime §2"),
        Arrow("run, reply lost", "None", "Doubted", KUBELET, "container-runtime §1"),
        Arrow("list", "Doubted", "Known", KUBELET, "container-runtime §6"),
        Arrow("ask again", "Doubted", "Doubled", KUBELET, "container-runtime §1"),
        *(Arrow("remove", name, "None", KUBELET, "container-runtime §7") for name in _HELD),
        *(Arrow("lose machine", name, "None", FAULT, "container-runtime §8") for name in _HELD),
    ),
    meaning="what the kubelet of a pod knows of the sandboxes that the runtime holds of it",
    reference="container-runtime §3",
)
