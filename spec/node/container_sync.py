"""Going on with a pod whose containers are told apart, in a sandbox that is ready (container-runtime §3, 3-5).

Each rule is a part of what the kubelet decides at every sync of the pod: start what is due next, start again what
ended, and stop the sidecars once nothing else is left to do. It acts on what it saw last where its link is down.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ..kinds import ABSENT, CREATED, EXITED, INIT, MAIN, POD, SANDBOX_READY, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.machine import Arrow, Machine, State, states_by
from ..language.plan import KEY, Alternative, RuntimeCall, Step, Write
from ..objects.pod import Pod, PodSpec
from .container_runtime import StopContainer, StopSandbox, has_images
from .heartbeat import KUBELET_CONNECTED, KUBELET_RUNS
from .pod_containers import Each, initialized, next_to_start, over, starting, to_restart, to_stop
from .post_start import hook_that_runs, with_hooks
from .startup import BACK_OFF, due_calls, named_calls, wanted

NAME = "kubelet"

START_NEXT, RESTART, RESTART_AFTER_BACK_OFF, STOP_SIDECARS = (
    "start next containers",
    "restart container",
    "restart container after back-off",
    "stop sidecars",
)
"""The names of the rules."""


@attrs.frozen(cache_hash=True)
class Due:
    """A pod of ``node`` with containers ``names`` to act on. ``wanted``: its object says that it shall run.

    ``each``: its containers as they are, ``unstarted`` those whose startup probe has yet to succeed, where that
    matters. ``probed``: those of ``names`` with a readiness or a startup probe; ``hooked``: the containers with a
    postStart hook.
    """

    node: str
    names: tuple[str, ...]
    wanted: bool
    each: Each = ()
    unstarted: tuple[str, ...] = ()
    probed: tuple[str, ...] = ()
    hooked: tuple[str, ...] = ()


View = Callable[[Pod | None, PodRuntime | None, PodWorker | None], Due | None]


def _due(found: Callable[[Pod, Each], tuple[str, ...]], *, creates: bool) -> View:
    """The view of a pod of which ``found`` names containers; ``creates``: they are to be created anew."""

    def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Due | None:
        if pod is None or runtime is None or worker is None or not runtime.each:
            return None
        if runtime.sandbox != SANDBOX_READY or (creates and not has_images(runtime)) or hook_that_runs(worker, runtime):
            return None
        names = found(pod, runtime.each)
        if not names:
            return None
        probed, hooked = _probed(pod.spec, names), with_hooks(pod.spec)
        return Due(runtime.node, names, wanted(pod), probed=probed, hooked=hooked)

    return view


def _next(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Due | None:
    if pod is None or runtime is None or worker is None or not runtime.each or runtime.sandbox != SANDBOX_READY:
        return None
    if runtime.doubted or runtime.sandboxes > 1 or hook_that_runs(worker, runtime):
        return None
    unstarted = starting(pod.spec, worker.started)
    names = () if over(pod.spec, runtime.each) else next_to_start(runtime.each, unstarted)
    created = any(it.name in names and it.state == CREATED for it in runtime.each)
    if not names or not (created or has_images(runtime)):
        return None
    return Due(runtime.node, names, wanted(pod), runtime.each, unstarted, hooked=with_hooks(pod.spec))


def _probed(spec: PodSpec, names: tuple[str, ...]) -> tuple[str, ...]:
    declared = (*spec.init_containers, *spec.containers)
    probed = (it for it in declared if it.readiness_probe is not None or it.startup_probe is not None)
    return tuple(it.name for it in probed if it.name in names)


@attrs.frozen(cache_hash=True)
class Unprobed:
    """The kubelet's memory of a pod once the container called ``name`` starts again: none of its probes succeeded."""

    name: str

    def __call__(self, worker: PodWorker, /) -> PodWorker:
        """What the kubelet remembers afterwards."""
        return attrs.evolve(worker, ready=False, started=tuple(it for it in worker.started if it != self.name))


_FIELDS = ("object", "runtime", "worker")


def start_next(*, serving: bool) -> Rule:
    """The rule by which the next init container starts, or the main containers after the last one."""

    def decide(key: Due, connected: bool) -> list[Alternative]:
        if connected and not key.wanted:
            return []
        calls = due_calls(key.each, key.unstarted, serving=serving, hooked=key.hooked)
        return [Alternative(calls, f"{', '.join(key.names)} can start now")]

    return Rule(
        name=START_NEXT,
        key=Key(POD, _FIELDS, _next),
        decide=decide,
        queries={"connected": KUBELET_CONNECTED},
        guards=(KUBELET_RUNS,),
        several_requests=True,
        reference="container-runtime §3",
        meaning="the kubelet starts the next init container, or the main containers once all of those are done",
    )


def restart_container(*, serving: bool, back_off: bool) -> Rule:
    """The rule by which a container that ended starts again; with ``back_off`` one that was restarted before."""

    def decide(key: Due, connected: bool) -> list[Alternative]:
        if connected and not key.wanted:
            return []
        return [
            Alternative(
                (
                    *((Write(KEY, "worker", Unprobed(name)),) if name in key.probed else ()),
                    *named_calls(name, attempt=1, created=False, serving=serving, hooked=name in key.hooked),
                ),
                f"the restart policy lets {name} start again",
            )
            for name in key.names
        ]

    return Rule(
        name=RESTART_AFTER_BACK_OFF if back_off else RESTART,
        key=Key(POD, _FIELDS, _due(lambda pod, each: to_restart(pod.spec, each, again=back_off), creates=True)),
        decide=decide,
        queries={"connected": KUBELET_CONNECTED},
        guards=(KUBELET_RUNS,),
        duration=BACK_OFF if back_off else 0.0,
        several_requests=True,
        reference="kubelet §6",
        meaning="the kubelet starts one container of a pod again after it ended, a failed init container included",
    )


def _stop(key: Due, connected: bool) -> list[Alternative]:
    if connected and not key.wanted:
        return []
    plan: list[Step] = [RuntimeCall(KEY, "runtime", StopContainer(name), "StopContainer") for name in key.names]
    plan.append(RuntimeCall(KEY, "runtime", StopSandbox(), "StopPodSandbox"))
    return [Alternative(tuple(plan), "nothing of the pod is left to run but its sidecars")]


STOP_PLAN = Rule(
    name=STOP_SIDECARS,
    key=Key(POD, _FIELDS, _due(lambda pod, each: to_stop(pod.spec, each), creates=False)),
    decide=_stop,
    queries={"connected": KUBELET_CONNECTED},
    guards=(KUBELET_RUNS,),
    several_requests=True,
    reference="container-runtime §3, 5",
    meaning="once the main containers have ended for good, the kubelet stops the sidecars, the last one first",
)


def rules(*, serving: bool) -> tuple[Rule, ...]:
    """The rules by which the kubelet goes on with pods whose containers are told apart."""
    return (
        start_next(serving=serving),
        restart_container(serving=serving, back_off=False),
        restart_container(serving=serving, back_off=True),
        STOP_PLAN,
    )


def initialization(runtime: PodRuntime | None) -> str:
    """How far the init containers of a pod are: a state of the machine."""
    if runtime is None or not runtime.each:
        return "None"
    if initialized(runtime.each):
        return "Initialized"
    ordinary = [it for it in runtime.each if it.role == INIT]
    if any(it.state == EXITED and it.exit_code != 0 for it in ordinary):
        return "Init failed"
    begun = any(it.role != MAIN and it.state != ABSENT for it in runtime.each)
    return "Initializing" if begun else "Waiting"


_STATES: tuple[State, ...] = states_by(
    initialization,
    {
        "None": "there is no sandbox, or the pod has one container and no init container",
        "Waiting": "the sandbox is there, and nothing in it has been created",
        "Initializing": "init containers run one after the other",
        "Init failed": "an init container has failed, or was stopped",
        "Initialized": "a main container has been created",
    },
)

INITIALIZATION = Machine(
    name="initialization",
    kind=POD,
    fields=("runtime",),
    states=_STATES,
    initial="None",
    arrows=(
        Arrow("run sandbox", "None", "Waiting", NAME, "container-runtime §3"),
        Arrow("start first", "Waiting", "Initializing", NAME, "kubelet §5"),
        Arrow("start main containers", "Waiting", "Initialized", NAME, "container-runtime §3"),
        Arrow("start main containers", "Initializing", "Initialized", NAME, "kubelet §5"),
        Arrow("init container fails", "Initializing", "Init failed", "fault", "kubelet §5"),
        Arrow("stop", "Initializing", "Init failed", NAME, "kubelet §3"),
        Arrow("start again", "Init failed", "Initializing", NAME, "kubelet §6"),
        Arrow("new sandbox", "Init failed", "Waiting", NAME, "container-runtime §3"),
        Arrow("new sandbox", "Initializing", "Waiting", NAME, "container-runtime §3"),
        Arrow("new sandbox", "Initialized", "Waiting", NAME, "container-runtime §3"),
        Arrow("remove", "Waiting", "None", NAME, "container-runtime §7"),
        Arrow("remove", "Initializing", "None", NAME, "container-runtime §7"),
        Arrow("remove", "Init failed", "None", NAME, "container-runtime §7"),
        Arrow("remove", "Initialized", "None", NAME, "container-runtime §7"),
        Arrow("lose machine", "Waiting", "None", "fault", "container-runtime §8"),
    ),
    meaning="the init containers of one pod, where its containers are told apart",
    reference="kubelet §5",
)

MACHINES = (INITIALIZATION,)
