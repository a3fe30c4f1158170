"""Node-pressure eviction: what a kubelet does when its node runs short of memory, disk or process ids (kubelet §7).

That a node runs short is the environment's doing, and so is how much each pod uses. The kubelet posts the condition, by
which the node gets its taint; where the disk is short it first clears what nobody needs; then it evicts one pod at a
time, at once, until it is enough. The condition stays for five minutes after the pressure is over; meanwhile pods that
would make it worse are rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from ..kinds import NODE, POD, SANDBOX_READY, PodRuntime, PodWorker
from ..language.component import Countdown, Key, Rule
from ..language.machine import Arrow, Machine, states_by
from ..language.model import Field
from ..language.plan import KEY, Alternative, Call, Named, RuntimeCall, Set, Step, Target, Write
from ..language.query import MULTISET, ONLY, Query
from ..language.request import ApiCall, Verb
from ..objects.conditions import Condition, condition_is_true, with_condition
from ..objects.node import Node
from ..objects.pod import CRITICAL_PRIORITY, FAILED, Pod, PodSpec
from ..objects.pod_resources import spec_requests
from ..objects.quality_of_service import BEST_EFFORT, qos_class
from ..objects.quantities import MEMORY
from ..objects.taints import NO_SCHEDULE, Taint, tolerates
from .container_runtime import StopContainer, StopSandbox
from .heartbeat import KUBELET_CONNECTED, heartbeats, node_of
from .pod_containers import sidecars_that_run
from .pod_requests import incarnation, status_patch
from .startup import wanted

KUBELET, FAULT = "kubelet", "fault"

MEMORY_PRESSURE, DISK_PRESSURE, PID_PRESSURE = "MemoryPressure", "DiskPressure", "PIDPressure"
"""The signals, by the condition of the node that stands for each."""

EVICTED = "Evicted"
"""The reason of a pod that its kubelet evicted, or rejected while its node was short of something."""

PASS = 10.0
"""Seconds between two passes of the eviction manager."""

TRANSITION = 300.0
"""Seconds for which a condition stays after the pressure is over (pressureTransitionPeriod)."""

PRESSURE_FIELDS = (Field("pressure", ""), Field("pressed", ""))
"""More fields of nodes that can run short of something. ``pressure``: of what it is short now, "" of nothing.
``pressed``: of what its kubelet says it is, or was within the last five minutes."""

_EPHEMERAL_STORAGE = "ephemeral-storage"
_REQUESTED = {MEMORY_PRESSURE: MEMORY, DISK_PRESSURE: _EPHEMERAL_STORAGE}

ALWAYS, MAYBE, NEVER = "always", "maybe", "never"
"""Whether a pod uses more than it requests: it requests nothing, it may use up to its limit, or its limit is that."""


@attrs.frozen(cache_hash=True)
class Tenant:
    """A pod that runs on a node: priority, and whether it uses more than it requests of what is short."""

    priority: int
    exceeds: str


def exceeds(spec: PodSpec, signal: str) -> str:
    """Whether a pod uses more than it requests: ALWAYS, MAYBE or NEVER. Of process ids nobody requests any."""
    resource = _REQUESTED.get(signal)
    if resource is None:
        return NEVER
    requested = spec_requests(spec).get(resource, 0)
    if not requested:
        return ALWAYS
    limits = [container.resources.limits.get(resource) for container in (*spec.init_containers, *spec.containers)]
    requests = [container.resources.requests.get(resource) for container in (*spec.init_containers, *spec.containers)]
    kept = all(limit and (request is None or request == limit) for limit, request in zip(limits, requests, strict=True))
    return NEVER if kept else MAYBE


def may_be_first(victim: Tenant, others: Iterable[Tenant]) -> bool:
    """Whether a pod can be the one that is evicted next, for some use that each makes of the node.

    First are those that use more than they request, among them those of the lowest priority, among those the one that
    exceeds the most, which may be any. Where none exceeds, the lowest priority decides (kubelet §7).
    """
    rivals = tuple(others)
    certain = [rival for rival in rivals if rival.exceeds == ALWAYS]
    if victim.exceeds != NEVER:
        return all(victim.priority <= rival.priority for rival in certain)
    return not certain and all(victim.priority <= rival.priority for rival in rivals)


def spared(spec: PodSpec) -> bool:
    """Whether a pod is critical, and thus never evicted by its kubelet."""
    return (spec.priority or 0) >= CRITICAL_PRIORITY


def admitted_under(pressed: str, spec: PodSpec) -> bool:
    """Whether a node that is short of something, "" of nothing, takes a pod in (kubelet §7)."""
    if not pressed or spared(spec):
        return True
    if pressed != MEMORY_PRESSURE:
        return False
    taint = Taint("node.kubernetes.io/memory-pressure", effect=NO_SCHEDULE)
    return qos_class(spec) != BEST_EFFORT or tolerates(spec.tolerations, taint)


@attrs.frozen(cache_hash=True)
class PostPressure:
    """The kubelet's report that its node is short of something (the type of a condition), or no longer."""

    type: str
    short: bool

    def __call__(self, node: Node, /) -> Node:
        """The node after the report."""
        conditions = with_condition(node.status.conditions, Condition(self.type, str(self.short)))
        return attrs.evolve(node, status=attrs.evolve(node.status, conditions=conditions))


@attrs.frozen(cache_hash=True)
class Evict:
    """The status of a pod that its kubelet evicts."""

    def __call__(self, pod: Pod, /) -> Pod:
        """The pod after the report."""
        target = Condition("DisruptionTarget", "True", "TerminationByKubelet")
        conditions = with_condition(with_condition(pod.status.conditions, target), Condition("Ready", "False"))
        return attrs.evolve(pod, status=attrs.evolve(pod.status, phase=FAILED, reason=EVICTED, conditions=conditions))


@attrs.frozen(cache_hash=True)
class Pressed:
    """A node whose kubelet says ``signal`` next: that it is short of it, or no longer."""

    node: str
    signal: str


_NODE_FIELDS = ("name", "object", "machine", "kubelet", "link", "pressure", "pressed")


def _noticed(
    name: str, node: Node | None, machine: str, kubelet: str, link: str, pressure: str, pressed: str
) -> Pressed | None:
    if not pressure or node is None or not heartbeats(machine, kubelet, link):
        return None
    known = pressed == pressure and condition_is_true(node.status.conditions, pressure)
    return None if known else Pressed(name, pressure)


def _over(
    name: str, node: Node | None, machine: str, kubelet: str, link: str, pressure: str, pressed: str
) -> Pressed | None:
    if pressure or not pressed or node is None or not heartbeats(machine, kubelet, link):
        return None
    return Pressed(name, pressed)


def _post(key: Pressed, *, short: bool) -> list[Alternative]:
    patch = ApiCall(Verb.PATCH, NODE, PostPressure(key.signal, short), subresource="status")
    said = Write(KEY, "pressed", Set(key.signal if short else ""))
    return [Alternative((said, Call(KEY, patch)), f"{key.signal} is {short}")]


POST_PRESSURE = Rule(
    name="post pressure",
    key=Key(NODE, _NODE_FIELDS, _noticed),
    decide=lambda key: _post(key, short=True),
    reference="kubelet §7",
    meaning="the kubelet finds its node short of something and posts the condition",
)

POST_RELIEF = Rule(
    name="post relief",
    key=Key(NODE, _NODE_FIELDS, _over),
    decide=lambda key: _post(key, short=False),
    duration=TRANSITION,
    reference="kubelet §7",
    meaning="five minutes after its node was last short of something the kubelet takes the condition back",
)


@attrs.frozen(cache_hash=True)
class Runs:
    """A pod that runs on ``node``. ``sidecars``: those of its containers, the last one first."""

    node: str
    uid: int | None
    spec: PodSpec
    sidecars: tuple[str, ...] = ()


def _evictable(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Runs | None:
    if pod is None or runtime is None or worker is None or runtime.sandbox != SANDBOX_READY:
        return None
    if not wanted(pod) or spared(pod.spec):
        return None
    return Runs(runtime.node, incarnation(pod), pod.spec, sidecars_that_run(runtime.each))


def _tenant(node: str, pod: Pod | None, runtime: PodRuntime | None) -> PodSpec | None:
    if pod is None or runtime is None or runtime.node != node or runtime.sandbox != SANDBOX_READY:
        return None
    return None if not wanted(pod) or spared(pod.spec) else pod.spec


def _short(node: str, name: str, pressure: str, pressed: str) -> str | None:
    return pressure if name == node and pressure == pressed else None


SHORT = Query(NODE, ("name", "pressure", "pressed"), _short, ONLY, node_of)
"""Of what the key's node is short, and says so."""

Relief = Callable[[Target], tuple[Step, ...]]
"""The steps by which a node has enough again."""

Reclaim = Callable[[str, tuple[Any, ...]], tuple[Step, ...]]
"""The steps by which a node that is short of disk gives up what nobody uses: by its name, and what is in use there."""


def enough_again(node: Target) -> tuple[Step, ...]:
    """The steps by which a node has enough again."""
    return (Write(node, "pressure", Set("")),)


def evicting(
    name: str,
    meaning: str,
    *,
    short: Query = SHORT,
    relief: Relief = enough_again,
    reclaim: Reclaim | None = None,
    in_use: Query | None = None,
    hook: Callable[[PodSpec], bool] | None = None,
    seconds: float = PASS,
) -> Rule:
    """A rule by which one pod is evicted that comes first.

    ``short``: the query for what the node is short of, if its kubelet may evict for that. ``reclaim``: what goes before
    where the disk is short, by the answer to ``in_use``. ``hook``: which pods take ``seconds`` to be evicted.
    """

    def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Runs | None:
        key = _evictable(pod, runtime, worker)
        return key if key is None or hook is None or hook(key.spec) else None

    def decide(
        key: Runs,
        pressure: str | None,
        others: tuple[tuple[PodSpec, int], ...],
        in_use: tuple[Any, ...] = (),
    ) -> list[Alternative]:
        if not pressure:
            return []

        def tenant(spec: PodSpec) -> Tenant:
            return Tenant(spec.priority or 0, exceeds(spec, pressure))

        if not may_be_first(tenant(key.spec), (tenant(spec) for spec, _ in others)):
            return []
        first = reclaim(key.node, in_use) if reclaim is not None and pressure == DISK_PRESSURE else ()
        stop = [RuntimeCall(KEY, "runtime", StopContainer(), "StopContainer")]
        stop += [RuntimeCall(KEY, "runtime", StopContainer(name), "StopContainer") for name in key.sidecars]
        stop.append(RuntimeCall(KEY, "runtime", StopSandbox(), "StopPodSandbox"))
        plan = (*first, *stop, Call(KEY, status_patch(key.uid, Evict())))
        enough = relief(Named(NODE, key.node))
        return [
            Alternative((*enough, *plan), f"{pressure}: this pod comes first, and what it frees is enough"),
            Alternative(plan, f"{pressure}: this pod comes first, and what it frees is not enough"),
        ]

    return Rule(
        name=name,
        key=Key(POD, ("object", "runtime", "worker"), view),
        decide=decide,
        queries={
            "pressure": short,
            "others": Query(POD, ("object", "runtime"), _tenant, MULTISET, node_of, excluding_key=True),
            **({"in_use": in_use} if in_use is not None else {}),
        },
        guards=(KUBELET_CONNECTED,),
        duration=seconds,
        countdown=Countdown(periodic=True),
        several_requests=True,
        reference="kubelet §7",
        meaning=meaning,
    )


EVICT_NAME = "evict for node pressure"
"""The name of the rule of hard thresholds."""

EVICTS_AT_ONCE = "the kubelet of a node that is short of something evicts one pod, with grace 0, and looks again"

EVICT = evicting(EVICT_NAME, EVICTS_AT_ONCE)


def _state(pressure: str, pressed: str) -> str:
    if pressure:
        return "Reported" if pressed == pressure else "Short"
    return "Relieved" if pressed else "Enough"


PRESSURE = Machine(
    name="node pressure",
    kind=NODE,
    fields=("pressure", "pressed"),
    states=states_by(
        _state,
        {
            "Enough": "there is enough of everything",
            "Short": "the node is short of something, and its kubelet has not said so",
            "Reported": "the node is short of something, and has the condition",
            "Relieved": "there is enough again, and the condition is still there",
        },
    ),
    initial="Enough",
    arrows=(
        Arrow("run short", "Enough", "Short", FAULT, "kubelet §7"),
        Arrow("post", "Short", "Reported", KUBELET, "kubelet §7"),
        Arrow("pressure ends", "Short", "Enough", FAULT, "kubelet §7"),
        Arrow("evict or reclaim", "Reported", "Relieved", KUBELET, "kubelet §7"),
        Arrow("pressure ends", "Reported", "Relieved", FAULT, "kubelet §7"),
        Arrow("run short again", "Relieved", "Reported", FAULT, "kubelet §7"),
        Arrow("run short of something else", "Relieved", "Short", FAULT, "kubelet §7"),
        Arrow("have enough of something else", "Short", "Relieved", FAULT, "kubelet §7"),
        Arrow("transition period passes", "Relieved", "Enough", KUBELET, "kubelet §7"),
    ),
    meaning="whether a node is short of memory, disk or process ids, and says so",
    reference="kubelet §7",
)
