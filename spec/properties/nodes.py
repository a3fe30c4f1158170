"""Properties of nodes: what is bound to them, and what happens when they die (invariants B, F)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs

from ..control_plane.apiserver.pod_strategy import POD_SCHEDULED
from ..control_plane.controllers.node_taints import EXECUTING
from ..control_plane.controllers.node_zones import (
    Zone,
    counts_for_disruption,
    eviction_rate,
    master_disruption,
    zone_counts,
    zone_of,
    zone_states,
)
from ..control_plane.controllers.replicaset import owner_name
from ..control_plane.controllers.replicaset_decisions import is_active
from ..control_plane.controllers.taint_eviction import NAME as TAINT_EVICTION
from ..control_plane.controllers.taint_eviction import eviction_delay, executing_taints
from ..control_plane.scheduler.filtering import filter_node
from ..control_plane.scheduler.filters.verdict import Infeasible
from ..control_plane.scheduler.profiles import SchedulerProfile, all_profiles
from ..control_plane.scheduler.views import DEFAULT_SCHEDULER, snapshot
from ..kinds import NODE, POD
from ..language.component import Key
from ..language.property import (
    HOLDS,
    IDLE,
    Finding,
    Shape,
    StateProperty,
    StepProperty,
    TemporalProperty,
    suspended,
    violated,
)
from ..language.query import COUNT, MULTISET, ONLY, Query, no_parameter
from ..language.scenario import Scenario
from ..node.admission import ADMIT_POD
from ..node.heartbeat import heartbeats
from ..node.node_pressure import EVICTED
from ..node.node_shutdown import NODE_SHUTDOWN
from ..objects.conditions import condition_is_true, find_condition
from ..objects.node import Node
from ..objects.pod import Pod, is_terminal
from ..objects.pod_resources import spec_requests
from ..objects.quantities import ResourceList, amount_text
from ..objects.taints import Taint
from .assumptions import NODES_LOST_ONE_BY_ONE, disturbed
from .scheduling import by_every_scheduler, newly_placed

UNREACHABLE = EXECUTING["Unknown"]
"""The NoExecute taint of a node that is not heard."""


def _allocatable(node: Node | None) -> tuple[str, ResourceList] | None:
    return (node.metadata.name, node.status.allocatable) if node is not None else None


def _bound(name: str, pod: Pod | None) -> tuple[ResourceList, bool] | None:
    """What a pod on the node requests, and whether the scheduler put it there: binding leaves that condition."""
    if pod is None or is_terminal(pod) or pod.spec.node_name != name:
        return None
    return spec_requests(pod.spec), condition_is_true(pod.status.conditions, POD_SCHEDULED)


def _overcommitted(
    name: str, allocatable: ResourceList, bound: tuple[tuple[tuple[ResourceList, bool], int], ...]
) -> str:
    count = sum(number for _, number in bound)
    if count > allocatable.get("pods", count):
        return f"{count} pods are bound to {name}, which allows {allocatable['pods']}"
    for resource in sorted({resource for (requests, _), _ in bound for resource in requests}):
        asked = sum(requests.get(resource, 0) * number for (requests, _), number in bound)
        if asked > allocatable.get(resource, 0):
            told, has = (amount_text(resource, amount) for amount in (asked, allocatable.get(resource, 0)))
            return f"pods on {name} request {told} {resource}, of {has} allocatable"
    return ""


def _fits(key: tuple[str, ResourceList], bound: tuple[tuple[tuple[ResourceList, bool], int], ...]) -> Finding:
    if not bound:
        return IDLE
    problem = _overcommitted(*key, bound)
    if not problem:
        return HOLDS
    if not all(scheduled for (_, scheduled), _ in bound):
        return suspended(f"{problem}; some were created with that nodeName")
    return violated(problem)


NODE_CAPACITY = StateProperty(
    name="no-overcommit-of-requests",
    statement="the pods bound to a node never request more than it can allocate",
    key=Key(NODE, ("object",), _allocatable),
    queries={"bound": Query(POD, ("object",), _bound, MULTISET, lambda key: key[0])},
    judge=_fits,
    reference="invariants 22",
    assumes="one scheduler puts all pods there, and what is allocatable does not shrink",
    advice="look at how old the scheduler's caches were, at the pods that it had assumed on the node, and at who else"
    " schedules there: two schedulers do not know of each other",
)


Profiles = Mapping[str, SchedulerProfile]


def _feasible_when_bound(
    component: str,
    rule: str,
    before: tuple[Any, ...],
    after: tuple[Any, ...],
    answers: Mapping[str, Any],
    *,
    profiles: Profiles,
) -> Finding:
    old, new = before[0], newly_placed(component, rule, before, after)
    if new is None:
        return IDLE
    seen = snapshot(answers["nodes"], answers["pods"])
    node = next((node for node in seen.nodes if node.metadata.name == new.spec.node_name), None)
    if node is None:
        return violated(f"the scheduler bound a pod to {new.spec.node_name}, which it did not see")
    result = filter_node(old, node, seen, profiles[old.spec.scheduler_name].filters)
    if isinstance(result.verdict, Infeasible):
        reasons = "; ".join(result.verdict.reasons) or result.plugin
        return violated(f"the scheduler bound a pod to {new.spec.node_name}, where {result.plugin} says: {reasons}")
    return HOLDS


def assigned_node_feasible(profiles: Profiles) -> StepProperty:
    """The property for a scheduler with these profiles: each has the filters that are in force for it."""
    return attrs.evolve(ASSIGNED_NODE_FEASIBLE, judge=partial(_feasible_when_bound, profiles=profiles))


ASSIGNED_NODE_FEASIBLE = StepProperty(
    name="assigned-node-feasible-at-decision",
    statement="no pod is bound to a node that a hard scheduling constraint excluded, as the scheduler saw it",
    kind=POD,
    fields=("object", "assumed"),
    judge=partial(_feasible_when_bound, profiles={DEFAULT_SCHEDULER: SchedulerProfile()}),
    reference="invariants 21",
    advice="look at the filter that the message names, and at how old the scheduler's caches were",
)


@attrs.frozen(cache_hash=True)
class _Dead:
    """A node without heartbeats that is still in the API."""

    name: str
    zone: Zone
    ready: str
    tainted: bool


def _dead(node: Node | None, machine: str, kubelet: str, link: str) -> _Dead | None:
    if node is None or heartbeats(machine, kubelet, link):
        return None
    condition = find_condition(node.status.conditions, "Ready")
    ready = condition.status if condition is not None else ""
    return _Dead(node.metadata.name, zone_of(node), ready, UNREACHABLE in node.spec.taints)


def _heard(_parameter: None, node: Node | None, machine: str, kubelet: str, link: str) -> tuple[Zone, bool] | None:
    if node is None or not counts_for_disruption(node):
        return None
    return zone_of(node), heartbeats(machine, kubelet, link)


DEAD_NODE = Key(NODE, ("object", "machine", "kubelet", "link"), _dead)
HEARD = Query(NODE, ("object", "machine", "kubelet", "link"), _heard, MULTISET, no_parameter)
"""How many nodes of each zone send heartbeats and how many do not."""

ALL_DOWN = "no node sends heartbeats: the node controller stops evicting (controllers-cluster §1)"
MOST_DOWN = "most nodes of a small zone send no heartbeats: the node controller stops evicting (controllers-cluster §1)"


def _stops_evicting(zone: Zone, heard: tuple[tuple[tuple[Zone, bool], int], ...]) -> str:
    """Why the node lifecycle controller taints no node of ``zone``, "" if it does."""
    counts = zone_counts(heard)
    states = zone_states(counts)
    if master_disruption(states):
        return ALL_DOWN
    return "" if eviction_rate(states.get(zone, ""), sum(counts.get(zone, (0, 0))), False) else MOST_DOWN


def _unknown_and_tainted(node: _Dead, heard: tuple[tuple[tuple[Zone, bool], int], ...]) -> Finding:
    obstacle = _stops_evicting(node.zone, heard)
    if obstacle:
        return suspended(obstacle)
    if node.ready == "Unknown" and node.tainted:
        return HOLDS
    missing = "is not tainted unreachable" if node.ready == "Unknown" else f"has Ready={node.ready}"
    return violated(f"{node.name} sends no heartbeats, yet it {missing}")


DEAD_NODE_EVENTUALLY_UNKNOWN = TemporalProperty(
    name="dead-node-eventually-unknown-and-tainted",
    statement="a node without heartbeats ends up with Ready=Unknown and the unreachable taint",
    key=DEAD_NODE,
    queries={"heard": HEARD},
    judge=_unknown_and_tainted,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="invariants 69",
    assumes="not all zones are fully disrupted, nor is the node's own, small zone partly",
    advice="the node lifecycle controller must be running",
)


def _active_on(name: str, pod: Pod | None) -> bool | None:
    if pod is None or pod.spec.node_name != name or not is_active(pod) or not owner_name(pod):
        return None
    for_ever = eviction_delay(pod.spec.tolerations, (UNREACHABLE,)) is None
    return None if for_ever else True


def _replaced(node: _Dead, heard: tuple[tuple[tuple[Zone, bool], int], ...], pods: int) -> Finding:
    obstacle = _stops_evicting(node.zone, heard)
    if obstacle:
        return suspended(obstacle)
    if pods == 0:
        return HOLDS
    return violated(f"{pods} pods still count as active on {node.name}, which sends no heartbeats")


DEAD_NODE_PODS_REPLACED = TemporalProperty(
    name="dead-node-pods-replaced",
    statement="the pods of a dead node end up deleted, so that their ReplicaSets replace them",
    key=DEAD_NODE,
    queries={"heard": HEARD, "pods": Query(POD, ("object",), _active_on, COUNT, lambda key: key.name)},
    judge=_replaced,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="controllers-cluster §2",
    assumes="not all zones are fully disrupted, nor is the node's own, small zone partly; the pods do not tolerate the"
    " taint for ever",
    advice="look at the tolerations of the pods that stay",
)


def _placed(pod: Pod | None, evicted: bool) -> tuple[str, bool] | None:
    return (pod.spec.node_name, evicted) if pod is not None and pod.spec.node_name else None


def _no_mass_eviction(
    key: tuple[str, bool], heard: tuple[tuple[tuple[Zone, bool], int], ...], others: tuple[str, ...]
) -> Finding:
    node, evicted = key
    if any(is_heard for (_, is_heard), _ in heard):
        return IDLE
    if not evicted:
        return HOLDS
    if others:
        return suspended(disturbed(others))
    return violated(f"a pod on {node} is evicted while no node is heard, which is the control plane's own trouble")


NO_MASS_EVICTION = StateProperty(
    name="no-mass-eviction-on-control-plane-partition",
    statement="when the control plane hears of no node at all, it evicts no pod because of that",
    key=Key(POD, ("object", "evicted"), _placed),
    queries={"heard": HEARD, "others": NODES_LOST_ONE_BY_ONE},
    judge=_no_mass_eviction,
    reference="invariants 72 (#28832)",
    assumes="nodes are not lost one by one before",
    advice="what is due must be done in time: the zone rules help only if all nodes are seen to be silent before the"
    " first toleration is over",
)


def _admitted(
    _component: str, rule: str, before: tuple[Any, ...], after: tuple[Any, ...], _seen: Mapping[str, Any]
) -> Finding:
    pod, reported = before[0], after[0]
    if rule != ADMIT_POD or pod is None or not condition_is_true(pod.status.conditions, POD_SCHEDULED):
        return IDLE
    if reported is not None and is_terminal(reported):
        if reported.status.reason == EVICTED:
            return suspended(f"{pod.spec.node_name} has run short of something since the scheduler put a pod there")
        if reported.status.reason == NODE_SHUTDOWN:
            return suspended(f"{pod.spec.node_name} is being shut down since the scheduler put a pod there")
        return violated(f"the kubelet of {pod.spec.node_name} rejects a pod that the scheduler put there")
    return HOLDS


SCHEDULED_PODS_ADMITTED = StepProperty(
    name="scheduled-pods-admitted",
    statement="the kubelet admits every pod that the scheduler has put on its node",
    kind=POD,
    fields=("object", "worker"),
    judge=_admitted,
    reference="invariants 22, 76 (#106884)",
    assumes="the node does not run short of memory, disk or process ids meanwhile",
    advice="both must count the same pods as taking room: look at pods that have finished, or were put there by hand",
)


def _honoured(
    component: str, rule: str, before: tuple[Any, ...], after: tuple[Any, ...], seen: Mapping[str, Any]
) -> Finding:
    pod, then = before[0], after[0]
    if component != TAINT_EVICTION or pod is None or not (then is None or then.metadata.terminating):
        return IDLE
    waited = int(rule.removeprefix("evict after ").removesuffix(" s")) if rule.startswith("evict after") else 0
    wanted = eviction_delay(pod.spec.tolerations, seen["taints"] or ())
    if wanted is not None and wanted <= waited:
        return HOLDS
    stays = "may stay" if wanted is None else f"may stay for {wanted} s"
    return violated(f"a pod is evicted after {waited} s, though with the taints of {pod.spec.node_name} it {stays}")


TOLERATION_SECONDS_HONOURED = StepProperty(
    name="toleration-seconds-honoured",
    statement="a pod is evicted only if a taint stands that it has tolerated for as long as it may, as the controller"
    " sees it",
    kind=POD,
    fields=("object",),
    judge=_honoured,
    reference="invariants 71 (#90794)",
    advice="where a taint may go while another stays, give the pod the same tolerationSeconds for both",
)


def _stays(pod: Pod | None) -> Pod | None:
    return pod if pod is not None and pod.spec.node_name and not is_terminal(pod) else None


def _taints_there(pod: Pod, node: Node | None) -> tuple[Taint, ...] | None:
    named = node is not None and node.metadata.name == pod.spec.node_name
    return executing_taints(node) if node is not None and named else None


def _evicted_in_the_end(pod: Pod, taints: tuple[Taint, ...] | None) -> Finding:
    seconds = eviction_delay(pod.spec.tolerations, taints or ())
    if seconds is None:
        return IDLE
    if pod.metadata.terminating:
        return HOLDS
    kept = f"may stay for {seconds} s" if seconds else "does not tolerate the taint"
    return violated(f"a pod stays on {pod.spec.node_name} for ever, though it {kept}")


UNTOLERATED_TAINT_EVICTS = TemporalProperty(
    name="untolerated-taint-leads-to-eviction",
    statement="a pod does not stay for ever on a node with a NoExecute taint that it does not tolerate for ever",
    key=Key(POD, ("object",), _stays),
    queries={"taints": Query(NODE, ("object",), _taints_there, ONLY)},
    judge=_evicted_in_the_end,
    shape=Shape.INFINITELY_OFTEN,
    reference="controllers-cluster §2 (#107543)",
    advice="look at what the taint eviction controller remembers of an earlier pod of that name",
)

__all__ = [
    "ASSIGNED_NODE_FEASIBLE",
    "DEAD_NODE_EVENTUALLY_UNKNOWN",
    "DEAD_NODE_PODS_REPLACED",
    "NODE_CAPACITY",
    "NO_MASS_EVICTION",
    "SCHEDULED_PODS_ADMITTED",
    "TOLERATION_SECONDS_HONOURED",
    "UNTOLERATED_TAINT_EVICTS",
]

TAILORED: Mapping[str, Callable[[Scenario], StepProperty]] = {
    "assigned-node-feasible-at-decision": lambda scenario: by_every_scheduler(
        assigned_node_feasible(all_profiles(scenario)), scenario
    ),
}
"""Properties that read the profiles of schedulers."""
