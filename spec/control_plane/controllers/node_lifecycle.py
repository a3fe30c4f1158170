"""The node lifecycle controller: what the cluster believes of its nodes (controllers-cluster §1).

Duty: a node whose kubelet is not heard for the grace period becomes Ready=Unknown; nodes that are not ready get taints
and their pods become not ready. It never touches containers and never deletes pods.

Life of a node that fails: heartbeats stop -> Unknown -> NoSchedule taint at once, pods not ready -> NoExecute taint
when the zone's queue lets it through -> (the node comes back) Ready -> both taints removed.

Where Kubernetes writes the removal of NoSchedule and NoExecute taints, or the swap of one for the other, in requests
that directly follow each other, this is one write. Heartbeats are a predicate: whether the kubelet runs and has a link.
"""

from __future__ import annotations

import attrs

from ...kinds import KUBE_CONTROLLER_MANAGER, NODE, POD, process_runs
from ...language.component import Component, Key, Rule
from ...language.machine import Arrow, Machine, State, states_by
from ...language.plan import KEY, Alternative, Call
from ...language.query import MULTISET, ONLY, Query, no_parameter
from ...language.request import ApiCall, Verb
from ...node.heartbeat import heartbeats, node_of
from ...objects.conditions import Condition, with_condition
from ...objects.node import Node
from ...objects.pod import Pod, is_ready
from ...objects.taints import Taint
from .node_taints import (
    EXECUTING,
    READY,
    has_executing,
    prompt_taints,
    ready_status,
    same_taint,
    with_taints,
    without_executing,
)
from .node_zones import Zone, counted, eviction_rate, master_disruption, zone_counts, zone_of, zone_states

NAME = "node-lifecycle-controller"

GRACE_PERIOD = 50.0
"""Seconds without a heartbeat after which a node is Unknown."""

STARTUP_GRACE_PERIOD = 60.0
"""Seconds after which a node that never posted Ready is Unknown."""

QUEUE = 10.0
"""Seconds that the zone's queue keeps a node before its NoExecute taint: one node in ten seconds."""

_PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure")


def health_check(
    conditions: tuple[Condition, ...],
    silence: float,
    grace: float = GRACE_PERIOD,
    startup: float = STARTUP_GRACE_PERIOD,
) -> tuple[Condition, ...]:
    """The conditions of a node that was not heard for ``silence`` seconds; unchanged within its grace period.

    Ready, and the pressure conditions that the node has, become Unknown. A node that never posted Ready has the longer
    grace period of the start.
    """
    posted = ready_status(conditions) != ""
    if silence <= (grace if posted else startup):
        return conditions
    unheard = tuple(
        Condition(condition.type) if condition.type in _PRESSURES else condition for condition in conditions
    )
    return with_condition(unheard, Condition(READY))


@attrs.frozen(cache_hash=True)
class MarkUnknown:
    """The controller's judgement of a node that was not heard for ``silence`` seconds."""

    silence: float

    def __call__(self, node: Node, /) -> Node:
        """The node after the write."""
        conditions = health_check(node.status.conditions, self.silence)
        return attrs.evolve(node, status=attrs.evolve(node.status, conditions=conditions))


@attrs.frozen(cache_hash=True)
class SetTaints:
    """The node's taints become ``taints``."""

    taints: tuple[Taint, ...]

    def __call__(self, node: Node, /) -> Node:
        """The node after the write."""
        return attrs.evolve(node, spec=attrs.evolve(node.spec, taints=self.taints))


@attrs.frozen(cache_hash=True)
class MarkPodNotReady:
    """The condition Ready of a pod becomes False, because of its node."""

    def __call__(self, pod: Pod, /) -> Pod:
        """The pod after the write."""
        conditions = with_condition(pod.status.conditions, Condition(READY, "False"))
        return attrs.evolve(pod, status=attrs.evolve(pod.status, conditions=conditions))


def _silent_for(grace: float, posted: bool) -> Rule:
    def view(name: str, node: Node | None, machine: str, kubelet: str, link: str) -> str | None:
        if node is None or heartbeats(machine, kubelet, link):
            return None
        status = ready_status(node.status.conditions)
        return name if status != "Unknown" and (status != "") is posted else None

    def decide(_node: str) -> list[Alternative]:
        patch = ApiCall(Verb.PATCH, NODE, MarkUnknown(grace + 1), "status")
        return [Alternative((Call(KEY, patch),), f"no heartbeat for {grace:g} s")]

    return Rule(
        name="mark node unknown" if posted else "mark new node unknown",
        key=Key(NODE, ("name", "object", "machine", "kubelet", "link"), view),
        decide=decide,
        duration=grace,
        reference="controllers-cluster §1",
        meaning="a node whose kubelet is not heard for the grace period becomes Unknown",
    )


def _patch_taints(taints: tuple[Taint, ...], because: str) -> list[Alternative]:
    return [Alternative((Call(KEY, ApiCall(Verb.PATCH, NODE, SetTaints(taints))),), because)]


def _mistainted(node: Node | None) -> tuple[Taint, ...] | None:
    if node is None:
        return None
    wanted = prompt_taints(node.spec.taints, node.status.conditions, node.spec.unschedulable)
    return None if wanted == node.spec.taints else wanted


TAINT_BY_CONDITION = Rule(
    name="taint by condition",
    key=Key(NODE, ("object",), _mistainted),
    decide=lambda taints: _patch_taints(taints, "the taints do not fit the node's conditions"),
    reference="controllers-cluster §1",
    meaning="NoSchedule taints follow the conditions at once; NoExecute taints go when the node is Ready",
)


@attrs.frozen(cache_hash=True)
class NotReady:
    """A node that is not ready: its zone, the status of its condition Ready, its taints."""

    zone: Zone
    status: str
    taints: tuple[Taint, ...]


def _not_ready(node: Node | None) -> NotReady | None:
    if node is None:
        return None
    status = ready_status(node.status.conditions)
    return NotReady(zone_of(node), status, node.spec.taints) if status in EXECUTING else None


def _zone_rate(zone: Zone, nodes: tuple[tuple[tuple[Zone, bool], int], ...]) -> float:
    counts = zone_counts(nodes)
    states = zone_states(counts)
    # A zone whose nodes are all left out of the count is never seen as disrupted.
    size = sum(counts.get(zone, (0, 0)))
    return eviction_rate(states.get(zone, ""), size, master_disruption(states))


def _add_executing(key: NotReady, nodes: tuple[tuple[tuple[Zone, bool], int], ...]) -> list[Alternative]:
    if has_executing(key.taints) or _zone_rate(key.zone, nodes) == 0:
        return []
    return _patch_taints(with_taints(key.taints, (EXECUTING[key.status],)), "the zone's queue lets the node through")


def _remove_executing(key: NotReady, nodes: tuple[tuple[tuple[Zone, bool], int], ...]) -> list[Alternative]:
    if not has_executing(key.taints) or not master_disruption(zone_states(zone_counts(nodes))):
        return []
    return _patch_taints(without_executing(key.taints), "every zone is fully disrupted")


_ALL_NODES = Query(
    NODE, ("object",), lambda _, node: counted(node) if node is not None else None, MULTISET, no_parameter
)

TAINT_NO_EXECUTE = Rule(
    name="taint NoExecute",
    key=Key(NODE, ("object",), _not_ready),
    decide=_add_executing,
    queries={"nodes": _ALL_NODES},
    duration=QUEUE,
    reference="controllers-cluster §1",
    meaning="a node that stays not ready gets the NoExecute taint, at the rate that its zone's state allows",
)

MASTER_DISRUPTION = Rule(
    name="master disruption",
    key=Key(NODE, ("object",), _not_ready),
    decide=_remove_executing,
    queries={"nodes": _ALL_NODES},
    reference="controllers-cluster §1",
    meaning="while every zone is fully disrupted, no node carries a NoExecute taint for not being ready",
)


def marks_pod_not_ready(pod_ready: bool, node_ready: str) -> bool:
    """Whether a pod's condition Ready is set to False, from the status of its node's Ready ("" if never posted)."""
    return pod_ready and node_ready in EXECUTING


@attrs.frozen(cache_hash=True)
class _ReadyPod:
    node: str


def _ready_pod(pod: Pod | None) -> _ReadyPod | None:
    if pod is None or not pod.spec.node_name or not is_ready(pod):
        return None
    return _ReadyPod(pod.spec.node_name)


def _status_of(name: str, other: str, node: Node | None, machine: str, kubelet: str, link: str) -> str | None:
    # Kubernetes marks the pods once, when it sees the node's Ready leave True; here that is: while the node is silent.
    # A kubelet that is back reports its pods ready again, and is not overruled until it has posted its own condition.
    silent = not heartbeats(machine, kubelet, link)
    return ready_status(node.status.conditions) if node is not None and name == other and silent else None


def _mark_pod(_key: _ReadyPod, status: str | None) -> list[Alternative]:
    if not marks_pod_not_ready(True, status or ""):
        return []
    return [
        Alternative((Call(KEY, ApiCall(Verb.PATCH, POD, MarkPodNotReady(), "status")),), "the pod's node is not ready")
    ]


MARK_POD_NOT_READY = Rule(
    name="mark pod not ready",
    key=Key(POD, ("object",), _ready_pod),
    decide=_mark_pod,
    queries={"status": Query(NODE, ("name", "object", "machine", "kubelet", "link"), _status_of, ONLY, node_of)},
    reference="controllers-cluster §1",
    meaning="the pods of a node that is not ready become not ready, so that no traffic is sent to them",
)


def _add_executing_anywhere(key: NotReady) -> list[Alternative]:
    return _add_executing(key, ())


def component(*, zone_rules: bool = True) -> Component:
    """The node lifecycle controller. ``zone_rules``: whether it looks at other nodes before it taints one (#28832)."""
    anywhere = attrs.evolve(TAINT_NO_EXECUTE, decide=_add_executing_anywhere, queries={})
    return Component(
        name=NAME,
        rules=(
            _silent_for(GRACE_PERIOD, posted=True),
            _silent_for(STARTUP_GRACE_PERIOD, posted=False),
            TAINT_BY_CONDITION,
            *((TAINT_NO_EXECUTE, MASTER_DISRUPTION) if zone_rules else (anywhere,)),
            MARK_POD_NOT_READY,
        ),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        duty="watches heartbeats; taints nodes that are not ready and marks their pods",
        reference="controllers-cluster §1",
    )


def _with_status(name: str, status: str, meaning: str) -> State:
    return State(name, lambda node: node is not None and ready_status(node.status.conditions) == status, meaning)


_KNOWN = ("Unposted", "NotReady", "Ready", "Unknown")

NODE_HEALTH = Machine(
    name="node",
    kind=NODE,
    fields=("object",),
    states=(
        State("Absent", lambda node: node is None, "no such object"),
        _with_status("Unposted", "", "nobody has posted the condition Ready"),
        _with_status("NotReady", "False", "the kubelet says that the node is not healthy"),
        _with_status("Ready", "True", "the kubelet says that the node is healthy"),
        _with_status("Unknown", "Unknown", "the controller has not heard of the kubelet"),
    ),
    initial="Absent",
    arrows=(
        Arrow("register", "Absent", "NotReady", "kubelet", "kubelet §1"),
        *(Arrow("post Ready", state, "Ready", "kubelet", "kubelet §1") for state in _KNOWN if state != "Ready"),
        Arrow("shut down", "Ready", "NotReady", "kubelet", "kubelet §8"),
        *(Arrow("grace over", state, "Unknown", NAME, "controllers-cluster §1") for state in _KNOWN[:3]),
        *(Arrow("delete", state, "Absent", "user", "kube-apiserver §4") for state in _KNOWN),
    ),
    meaning="what the cluster believes of a node",
    reference="controllers-cluster §1",
)


def _carries(node: Node | None, taint: Taint) -> bool:
    return node is not None and any(same_taint(taint, other) for other in node.spec.taints)


def _reachability(node: Node | None) -> str:
    if node is None or not has_executing(node.spec.taints):
        return "Untainted"
    # The controller swaps these taints; where somebody has added the other one by hand, the graver one counts.
    return "Unreachable" if _carries(node, EXECUTING["Unknown"]) else "NotReady"


_REACHABILITY = {
    "Untainted": "nobody is driven off for that",
    "NotReady": "pods that do not tolerate it go: the kubelet says that the node is not healthy",
    "Unreachable": "pods that do not tolerate it go: nobody has heard of the kubelet",
}


NODE_EVICTION = Machine(
    name="node eviction",
    kind=NODE,
    fields=("object",),
    states=states_by(_reachability, _REACHABILITY),
    initial="Untainted",
    arrows=(
        Arrow("not ready", "Untainted", "NotReady", NAME, "controllers-cluster §1"),
        Arrow("unreachable", "Untainted", "Unreachable", NAME, "controllers-cluster §1"),
        Arrow("swap", "NotReady", "Unreachable", NAME, "controllers-cluster §1"),
        Arrow("ready or master disruption", "NotReady", "Untainted", NAME, "controllers-cluster §1"),
        Arrow("ready or master disruption", "Unreachable", "Untainted", NAME, "controllers-cluster §1"),
        Arrow("delete node", "NotReady", "Untainted", "user", "kube-apiserver §4"),
        Arrow("delete node", "Unreachable", "Untainted", "user", "kube-apiserver §4"),
    ),
    meaning="whether the pods of a node are being driven off because it is not ready (NoExecute)",
    reference="controllers-cluster §1",
)

MACHINES = (NODE_HEALTH, NODE_EVICTION)
