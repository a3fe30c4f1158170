"""Faults: what may go wrong, each as often as its budget allows (design §4). All are off unless asked for.

A fault is not Kubernetes: it may come at any moment, is never waited for, and nothing that recovers from it counts
against its budget. What restarts a process that ended (systemd, the static pod of a control-plane component) is a
component of its own, so that the cluster is not called quiescent while a process is still down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
from frozendict import frozendict

from ..kinds import (
    DOWN,
    ERR_IMAGE_PULL,
    FAULT,
    KUBE_CONTROLLER_MANAGER,
    KUBE_SCHEDULER,
    KUBELET,
    MAIN,
    NODE,
    POD,
    PROCESS,
    PULLING,
    RUNNING,
    SANDBOX_READY,
    SIDECAR,
    STATIC_POD,
    STOPPED,
    UP,
    PodRuntime,
    PodWorker,
)
from ..language.component import Component, Key, Rule
from ..language.plan import KEY, Alternative, Forget, Set, Step, Sweep, Write
from ..language.query import Query
from ..node.container_runtime import Exit, Hang, SandboxLost, StopServing, mains_run, running_containers
from ..node.cri_replies import LOST as CRI_REPLY_LOST
from ..node.images import Pull
from ..node.node_pressure import DISK_PRESSURE, MEMORY_PRESSURE, PID_PRESSURE, enough_again
from ..node.node_shutdown import SHUTDOWN
from ..node.pod_status import has_readiness_probe
from ..node.post_start import POST_START_ERROR
from ..node.runtime_health import SILENT
from ..node.sidecar_probes import sidecars_to_hang
from ..node.soft_eviction import HARD, SOFT, enough_at_last
from ..node.static_pods import GONE, Edited
from ..objects.pod import Pod
from . import discovery_faults, leader_faults, outages, runtime_faults, space_faults, watch_faults
from .budgets import left, spend
from .discovery_faults import DISCOVERY_FAULTS
from .leader_faults import LEADER_FAULTS
from .machine_power import POWER_FAULTS, go_off, lose_power, shut_down
from .outages import OUTAGES
from .runtime_faults import RUNTIME_FAULTS
from .space_faults import SPACE_FAULTS
from .watch_faults import REQUEST_FAULTS, WATCH_FAULTS

NAME = "fault"

NODE_CRASH = "node-crash"
LINK_CUT = "link-cut"
CONTROL_PLANE_CUT = "control-plane-cut"
KUBELET_CRASH = "kubelet-crash"
CONTROLLER_MANAGER_CRASH = "controller-manager-crash"
SCHEDULER_CRASH = "scheduler-crash"
CONTAINER_EXIT = "container-exit"
CONTAINER_COMPLETION = "container-completion"
PROBE_FAILURE = "probe-failure"
APPLICATION_HANG = "application-hang"
IMAGE_PULL_ERROR = "image-pull-error"
STATIC_POD_CHANGED = "static-pod-changed"
STATIC_POD_REMOVED = "static-pod-removed"

SANDBOX_EXIT = "sandbox-exit"
MEMORY_SHORTAGE = "memory-pressure"
DISK_SHORTAGE = "disk-pressure"
PID_SHORTAGE = "pid-pressure"

PRESSURES: Mapping[str, str] = {
    MEMORY_SHORTAGE: MEMORY_PRESSURE,
    DISK_SHORTAGE: DISK_PRESSURE,
    PID_SHORTAGE: PID_PRESSURE,
}
"""The faults by which a node runs short of something, with the condition of the node that stands for it."""

FAULTS: Mapping[str, str] = {
    NODE_CRASH: "a node loses power: its kubelet and all its processes end; it may return at any time, or never",
    LINK_CUT: "a node loses its connection to the API server, its containers run on; it may heal at any time, or never",
    CONTROL_PLANE_CUT: "all nodes lose their connection to the API server at once; it may heal at any time, or never",
    KUBELET_CRASH: "a kubelet ends and is started again; its containers run on, its memory is lost",
    CONTROLLER_MANAGER_CRASH: "kube-controller-manager ends and is started again: all its loops at once",
    SCHEDULER_CRASH: "kube-scheduler ends and is started again: its queue and assumed pods are lost",
    CONTAINER_EXIT: "the containers of a pod end with exit code 1; where they are told apart, one of them",
    CONTAINER_COMPLETION: "the containers of a pod, or one of them, end with exit code 0, as if they had finished",
    PROBE_FAILURE: "the application of a ready pod stops answering, for as long as its readiness probe takes to fail",
    APPLICATION_HANG: "the application of a pod, or a sidecar that has a probe, hangs: it runs on and answers no probe,"
    " until it is started again",
    POST_START_ERROR: "the postStart hook of a container fails, for which its kubelet kills the container",
    IMAGE_PULL_ERROR: "the pull of a pod's images fails: the registry does not answer, or refuses",
    STATIC_POD_CHANGED: "somebody changes the manifest of a static pod in its folder, or behind its URL",
    STATIC_POD_REMOVED: "somebody takes the manifest of a static pod away from its folder, or from its URL",
    SANDBOX_EXIT: "the sandbox of a pod goes down, as when its pause process is killed: all its containers end",
    CRI_REPLY_LOST: "a pod's sandbox is run, but the runtime's reply is lost; the kubelet gets an error",
    MEMORY_SHORTAGE: "what runs on a node leaves too little memory; it may get better at any time, or never",
    DISK_SHORTAGE: "what runs on a node leaves too little room on its disk; it may get better at any time, or never",
    PID_SHORTAGE: "what runs on a node leaves too few process ids; it may get better at any time, or never",
    **POWER_FAULTS,
    **RUNTIME_FAULTS,
    **WATCH_FAULTS,
    **REQUEST_FAULTS,
    **LEADER_FAULTS,
    **OUTAGES,
    **DISCOVERY_FAULTS,
    **SPACE_FAULTS,
}
"""Every fault with what it does."""


def _fault(name: str, key: Key, plan: Callable[[Any], tuple[Step, ...]], because: Callable[[Any], str]) -> Rule:
    def decide(found: Any, left: bool) -> Iterable[Alternative]:
        if left:
            yield Alternative((*plan(found), *spend(name)), because(found))

    return Rule(name, key, decide, {"left": left(name)}, reference="design §4", meaning=FAULTS[name])


def _relink(link: str) -> tuple[Step, ...]:
    """The links of all nodes at once."""
    return (Sweep(NODE, ("link",), _to, link),)


def _to(value: str, _before: str) -> tuple[str]:
    return (value,)


def _node_where(field: str, value: str) -> Key:
    return Key(NODE, ("name", field), lambda name, found: name if found == value else None)


def _end_process(process: str) -> Callable[[Any], tuple[Step, ...]]:
    return lambda _key: (Write(KEY, "state", Set(STOPPED)), Forget(process))


def process_key(process: str, state: str) -> Key:
    """The process of that name, while it is in a state."""
    return Key(PROCESS, ("name", "state"), lambda name, found: name if (name, found) == (process, state) else None)


@attrs.frozen(cache_hash=True)
class _Running:
    """Containers that run on ``node``; ``names``: theirs, where they are told apart."""

    node: str
    names: tuple[str, ...] = ()


def _running(*roles: str) -> Key:
    """The key of pods of which containers run; of these roles, where they are told apart."""

    def view(runtime: PodRuntime | None) -> _Running | None:
        if runtime is None or runtime.containers != RUNNING:
            return None
        names = running_containers(runtime, *roles)
        return _Running(runtime.node, names) if names or not runtime.each else None

    return Key(POD, ("runtime",), view)


def _container_ends(fault: str, exit_code: int, *roles: str) -> Rule:
    """The fault by which a container ends, or all containers of a pod together."""

    def decide(found: _Running, left: bool) -> Iterable[Alternative]:
        if not left:
            return
        if not found.names:
            text = f"the application on {found.node} ends with exit code {exit_code}"
            yield Alternative((Write(KEY, "runtime", Exit(exit_code)), *spend(fault)), text)
        for name in found.names:
            text = f"{name} on {found.node} ends with exit code {exit_code}"
            yield Alternative((Write(KEY, "runtime", Exit(exit_code, name)), *spend(fault)), text)

    return Rule(fault, _running(*roles), decide, {"left": left(fault)}, reference="design §4", meaning=FAULTS[fault])


def _answering(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> str | None:
    if pod is None or runtime is None or worker is None or not has_readiness_probe(pod.spec):
        return None
    if runtime.each and all(it.readiness_probe is None for it in pod.spec.containers):
        return None
    return worker.node if runtime.serving and worker.ready else None


@attrs.frozen(cache_hash=True)
class _Sound:
    """What of a pod on ``node`` may hang: its application, and the ``sidecars`` that somebody asks."""

    node: str
    application: bool
    sidecars: tuple[str, ...] = ()


def _sound(pod: Pod | None, runtime: PodRuntime | None) -> _Sound | None:
    if runtime is None:
        return None
    application = runtime.containers == RUNNING and not runtime.hung and mains_run(runtime.each)
    sidecars = sidecars_to_hang(pod.spec, runtime) if pod is not None else ()
    return _Sound(runtime.node, application, sidecars) if application or sidecars else None


def _hang(found: _Sound, left: bool) -> Iterable[Alternative]:
    if not left:
        return
    if found.application:
        text = f"the application on {found.node} hangs"
        yield Alternative((Write(KEY, "runtime", Hang()), *spend(APPLICATION_HANG)), text)
    for name in found.sidecars:
        text = f"{name} on {found.node} hangs"
        yield Alternative((Write(KEY, "runtime", Hang(name)), *spend(APPLICATION_HANG)), text)


def _in_sandbox(runtime: PodRuntime | None) -> str | None:
    if runtime is None or runtime.sandbox != SANDBOX_READY or runtime.doubted or runtime.sandboxes > 1:
        return None
    return runtime.node


_DECLARED = Key(STATIC_POD, ("written", "source"), lambda pod, source: None if source == GONE else pod)


def _crash(*, static_pods: bool, shut_down: bool) -> Rule:
    """The fault by which a node crashes; ``static_pods``: there are such; ``shut_down``: nodes may be."""

    def plan(node: str) -> tuple[Step, ...]:
        forgotten = (Write(KEY, "shutdown", Set("")),) if shut_down else ()
        return (*lose_power(node, static_pods=static_pods), *forgotten)

    return _fault(NODE_CRASH, _node_where("machine", UP), plan, lambda node: f"{node} loses power")


def _run_short(fault: str, signal: str, *, softly: bool) -> Rule:
    """The fault by which a node runs short of something; ``softly``: it comes to a soft threshold first."""
    past = (Write(KEY, "threshold", Set(SOFT)),) if softly else ()
    return _fault(
        fault,
        Key(
            NODE, ("name", "machine", "pressure"), lambda name, machine, short: None if short or machine != UP else name
        ),
        lambda _node: (Write(KEY, "pressure", Set(signal)), *past),
        lambda node: f"{node} comes to {signal}" + (", past the soft threshold" if softly else ""),
    )


_RUN_SHORTER = Rule(
    name="pressure grows",
    key=Key(NODE, ("name", "threshold"), lambda name, threshold: name if threshold == SOFT else None),
    decide=lambda node: [Alternative((Write(KEY, "threshold", Set(HARD)),), f"{node} comes past the hard threshold")],
    reference="kubelet §7",
    meaning="a node that is past a soft threshold comes past the hard one",
)


def _pressure_ends(*, softly: bool) -> Rule:
    """How a node has enough again without its kubelet's doing; ``softly``: it may have been past a soft threshold."""
    relief = enough_at_last(KEY) if softly else enough_again(KEY)
    return attrs.evolve(_PRESSURE_ENDS, decide=lambda node: [Alternative(relief, f"{node} has enough again")])


def _forgetting(rule: Rule) -> Rule:
    """A fault that ends a kubelet, and with it what the kubelet knew of how long a threshold has been met."""

    def decide(found: Any, **answers: Any) -> Iterable[Alternative]:
        for each in rule.decide(found, **answers):
            yield attrs.evolve(each, plan=(*each.plan, Write(KEY, "overdue", Set(False))))

    return attrs.evolve(rule, decide=decide)


_RULES: Mapping[str, Rule] = {
    LINK_CUT: _fault(
        LINK_CUT,
        _node_where("link", UP),
        lambda _node: (Write(KEY, "link", Set(DOWN)),),
        lambda node: f"{node} cannot reach the API server",
    ),
    CONTROL_PLANE_CUT: _fault(
        CONTROL_PLANE_CUT,
        Key(FAULT, ("name",), lambda name: name if name == CONTROL_PLANE_CUT else None),
        lambda _name: _relink(DOWN),
        lambda _name: "no node reaches the API server",
    ),
    KUBELET_CRASH: _fault(
        KUBELET_CRASH,
        _node_where("kubelet", RUNNING),
        lambda node: (Write(KEY, "kubelet", Set(STOPPED)), Forget(KUBELET, node)),
        lambda node: f"the kubelet of {node} ends",
    ),
    CONTROLLER_MANAGER_CRASH: _fault(
        CONTROLLER_MANAGER_CRASH,
        process_key(KUBE_CONTROLLER_MANAGER, RUNNING),
        _end_process(KUBE_CONTROLLER_MANAGER),
        lambda process: f"{process} ends",
    ),
    SCHEDULER_CRASH: _fault(
        SCHEDULER_CRASH,
        process_key(KUBE_SCHEDULER, RUNNING),
        _end_process(KUBE_SCHEDULER),
        lambda process: f"{process} ends",
    ),
    CONTAINER_EXIT: _container_ends(CONTAINER_EXIT, 1),
    CONTAINER_COMPLETION: _container_ends(CONTAINER_COMPLETION, 0, MAIN, SIDECAR),
    PROBE_FAILURE: _fault(
        PROBE_FAILURE,
        Key(POD, ("object", "runtime", "worker"), _answering),
        lambda _node: (Write(KEY, "runtime", StopServing()),),
        lambda node: f"the application on {node} no longer answers",
    ),
    APPLICATION_HANG: Rule(
        APPLICATION_HANG,
        Key(POD, ("object", "runtime"), _sound),
        _hang,
        {"left": left(APPLICATION_HANG)},
        reference="design §4",
        meaning=FAULTS[APPLICATION_HANG],
    ),
    IMAGE_PULL_ERROR: _fault(
        IMAGE_PULL_ERROR,
        Key(POD, ("runtime",), lambda runtime: runtime.node if runtime and runtime.pull == PULLING else None),
        lambda _node: (Write(KEY, "runtime", Pull(ERR_IMAGE_PULL)),),
        lambda node: f"the registry does not deliver to {node}",
    ),
    SANDBOX_EXIT: _fault(
        SANDBOX_EXIT,
        Key(POD, ("runtime",), _in_sandbox),
        lambda _node: (Write(KEY, "runtime", SandboxLost()),),
        lambda node: f"the sandbox of a pod on {node} goes down",
    ),
    STATIC_POD_CHANGED: _fault(
        STATIC_POD_CHANGED,
        _DECLARED,
        lambda pod: (Write(KEY, "source", Edited(pod, away=False)),),
        lambda pod: f"the manifest of {pod.metadata.name} changes on {pod.spec.node_name}",
    ),
    STATIC_POD_REMOVED: _fault(
        STATIC_POD_REMOVED,
        _DECLARED,
        lambda pod: (Write(KEY, "source", Edited(pod, away=True)),),
        lambda pod: f"the manifest of {pod.metadata.name} is taken away on {pod.spec.node_name}",
    ),
}

_PRESSURE_ENDS = Rule(
    name="pressure ends",
    key=Key(NODE, ("name", "pressure"), lambda name, pressure: name if pressure else None),
    decide=lambda node: [Alternative((Write(KEY, "pressure", Set("")),), f"{node} has enough again")],
    reference="kubelet §7",
    meaning="a node that was short of something has enough again, without its kubelet's doing",
)

START_KUBELET = (Write(KEY, "kubelet", Set(RUNNING)), Write(KEY, "deleted", Set(False)))
"""What it takes to start a kubelet, which registers its node anew if that was deleted."""


def _returns(*, shut_down: bool, silent: bool) -> Rule:
    """How a node comes back; ``shut_down``: nodes may be; ``silent``: their runtimes may be."""
    fresh = (Write(KEY, "shutdown", Set("")),) if shut_down else ()
    answers = (Write(KEY, "cri", Set(UP)),) if silent else ()
    plan = (Write(KEY, "machine", Set(UP)), *START_KUBELET, *fresh, *answers)
    return Rule(
        name="node returns",
        key=_node_where("machine", DOWN),
        decide=lambda node: [Alternative(plan, f"{node} has power again")],
        reference="design §4",
        meaning="a node that went off has power again and starts its kubelet",
    )


_RECOVERIES: Mapping[str, Rule] = {
    LINK_CUT: Rule(
        name="link heals",
        key=_node_where("link", DOWN),
        decide=lambda node: [Alternative((Write(KEY, "link", Set(UP)),), f"{node} reaches the API server again")],
        reference="design §4",
        meaning="a node that was cut off reaches the API server again",
    ),
    CONTROL_PLANE_CUT: Rule(
        name="cut heals",
        key=Key(FAULT, ("name", "used"), lambda name, used: name if name == CONTROL_PLANE_CUT and used else None),
        decide=lambda _name: [Alternative(_relink(UP), "all nodes reach the API server again")],
        reference="design §4",
        meaning="the nodes, cut off all at once, reach the API server again",
    ),
}


def component(
    budgets: Mapping[str, int],
    lag: Iterable[tuple[str, str]] = (),
    leases: Iterable[tuple[str, tuple[str, ...]]] = (),
    *,
    static_pods: bool = False,
    shutdown_grace: float = 0.0,
    softly: bool = False,
    resettable: Mapping[tuple[str, str], tuple[str, ...]] = frozendict(),
    reachable: tuple[Query, ...] = (),
) -> Component:
    """The faults with a budget above 0, and what undoes them; raises ``KeyError`` on an unknown fault.

    ``lag``: the (client, kind) of every cache that lags. ``leases``: each with the processes that want it.
    ``static_pods``: there are such. ``shutdown_grace``: how long a node that is shut down waits. ``softly``: nodes
    have soft eviction thresholds. ``resettable``: the caches that may go back in time. ``reachable``: guards that an
    API server answers. What is lost of requests is no rule: the engine does that.
    """
    wanted = [name for name, budget in budgets.items() if budget > 0]
    unknown = set(wanted) - set(FAULTS)
    if unknown:
        raise KeyError(f"unknown fault {min(unknown)!r}; there are {', '.join(FAULTS)}")
    ends = SHUTDOWN in wanted
    crash = _crash(static_pods=static_pods, shut_down=ends)
    known = {NODE_CRASH: crash, SHUTDOWN: shut_down(shutdown_grace, static_pods=static_pods), **_RULES}
    rules = [known[name] for name in FAULTS if name in wanted and name in known]
    rules += [go_off(static_pods=static_pods)] if ends and shutdown_grace else []
    rules += [_returns(shut_down=ends, silent=SILENT in wanted)] if ends or NODE_CRASH in wanted else []
    rules += [_RECOVERIES[name] for name in _RECOVERIES if name in wanted]
    if any(name in wanted for name in PRESSURES):
        rules = [_forgetting(it) if softly and it.name in (NODE_CRASH, KUBELET_CRASH, SHUTDOWN) else it for it in rules]
        rules += [_run_short(name, PRESSURES[name], softly=softly) for name in PRESSURES if name in wanted]
        rules += [_pressure_ends(softly=softly), *((_RUN_SHORTER,) if softly else ())]
    rules += watch_faults.rules(budgets, lag, resettable, reachable)
    rules += leader_faults.rules(budgets, leases)
    rules += outages.rules(budgets)
    rules += discovery_faults.rules(budgets)
    rules += space_faults.rules(budgets)
    rules += runtime_faults.rules(budgets)
    return Component(NAME, tuple(rules), place="environment", environment=True, duty="what may go wrong")
