"""Properties of nodes: what is bound to them, and what happens when they die (invariants B, F)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..control_plane.controllers.replicaset import owner_name
from ..control_plane.controllers.replicaset_decisions import is_active
from ..control_plane.scheduler.component import NAME as SCHEDULER
from ..control_plane.scheduler.component import snapshot
from ..control_plane.scheduler.filtering import filter_node
from ..control_plane.scheduler.filters.verdict import Infeasible
from ..kinds import NODE, POD, RUNNING, UP
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, StateProperty, StepProperty, When, suspended, violated
from ..language.query import ANY, COUNT, MULTISET, Query, no_parameter
from ..objects.conditions import find_condition
from ..objects.node import Node
from ..objects.pod import Pod, is_terminal
from ..objects.pod_resources import spec_requests
from ..objects.quantities import ResourceList


def _allocatable(node: Node | None) -> tuple[str, ResourceList] | None:
    return (node.metadata.name, node.status.allocatable) if node is not None else None


def _requests(name: str, pod: Pod | None) -> ResourceList | None:
    if pod is None or is_terminal(pod) or pod.spec.node_name != name:
        return None
    return spec_requests(pod.spec)


def _fits(key: tuple[str, ResourceList], bound: tuple[tuple[ResourceList, int], ...]) -> Finding:
    name, allocatable = key
    if not bound:
        return IDLE
    count = sum(number for _, number in bound)
    if count > allocatable.get("pods", count):
        return violated(f"{count} pods are bound to {name}, which allows {allocatable['pods']}")
    for resource in sorted({resource for requests, _ in bound for resource in requests}):
        asked = sum(requests.get(resource, 0) * number for requests, number in bound)
        if asked > allocatable.get(resource, 0):
            return violated(f"pods on {name} request {asked} {resource}, of {allocatable.get(resource, 0)} allocatable")
    return HOLDS


NODE_CAPACITY = StateProperty(
    name="no-overcommit-of-requests",
    statement="the pods bound to a node never request more than it can allocate",
    key=Key(NODE, ("object",), _allocatable),
    queries={"bound": Query(POD, ("object",), _requests, MULTISET, lambda key: key[0])},
    judge=_fits,
    reference="invariants 22",
    assumes="one scheduler, and what is allocatable does not shrink",
    advice="look for pods that were created with a nodeName, or for a second scheduler",
)


def _feasible_when_bound(
    component: str, _rule: str, before: tuple[Any, ...], after: tuple[Any, ...], answers: Mapping[str, Any]
) -> Finding:
    (old,), (new,) = before, after
    bound = old is not None and new is not None and not old.spec.node_name and new.spec.node_name
    if component != SCHEDULER or not bound:
        return IDLE
    seen = snapshot(answers["nodes"], answers["pods"])
    node = next((node for node in seen.nodes if node.metadata.name == new.spec.node_name), None)
    if node is None:
        return violated(f"the scheduler bound a pod to {new.spec.node_name}, which it did not see")
    result = filter_node(old, node, seen)
    if isinstance(result.verdict, Infeasible):
        reasons = "; ".join(result.verdict.reasons) or result.plugin
        return violated(f"the scheduler bound a pod to {new.spec.node_name}, where {result.plugin} says: {reasons}")
    return HOLDS


ASSIGNED_NODE_FEASIBLE = StepProperty(
    name="assigned-node-feasible-at-decision",
    statement="no pod is bound to a node that a hard scheduling constraint excluded, as the scheduler saw it",
    kind=POD,
    fields=("object",),
    judge=_feasible_when_bound,
    reference="invariants 21",
    advice="look at the filter that the message names, and at how old the scheduler's caches were",
)


@attrs.frozen(cache_hash=True)
class _Dead:
    """A node without heartbeats that is still in the API."""

    name: str
    ready: str
    tainted: bool


def _dead(node: Node | None, machine: str, kubelet: str, link: str) -> _Dead | None:
    if node is None or (machine, kubelet, link) == (UP, RUNNING, UP):
        return None
    condition = find_condition(node.status.conditions, "Ready")
    tainted = any(t.key == "node.kubernetes.io/unreachable" and t.effect == "NoExecute" for t in node.spec.taints)
    return _Dead(node.metadata.name, condition.status if condition is not None else "", tainted)


def _healthy(_parameter: None, node: Node | None, machine: str, kubelet: str, link: str) -> bool | None:
    return True if node is not None and (machine, kubelet, link) == (UP, RUNNING, UP) else None


DEAD_NODE = Key(NODE, ("object", "machine", "kubelet", "link"), _dead)
OTHERS_HEALTHY = Query(NODE, ("object", "machine", "kubelet", "link"), _healthy, ANY, no_parameter)
ALL_DOWN = "no node sends heartbeats: the node controller stops evicting (controllers-cluster §1)"


def _unknown_and_tainted(node: _Dead, healthy: bool) -> Finding:
    if not healthy:
        return suspended(ALL_DOWN)
    if node.ready == "Unknown" and node.tainted:
        return HOLDS
    missing = "is not tainted unreachable" if node.ready == "Unknown" else f"has Ready={node.ready}"
    return violated(f"{node.name} sends no heartbeats, yet it {missing}")


DEAD_NODE_EVENTUALLY_UNKNOWN = StateProperty(
    name="dead-node-eventually-unknown-and-tainted",
    statement="a node without heartbeats ends up with Ready=Unknown and the unreachable taint",
    key=DEAD_NODE,
    queries={"healthy": OTHERS_HEALTHY},
    judge=_unknown_and_tainted,
    when=When.QUIESCENT,
    reference="invariants 69",
    assumes="not all zones are fully disrupted",
    advice="the node lifecycle controller must be running",
)


def _active_on(name: str, pod: Pod | None) -> bool | None:
    bound = pod is not None and pod.spec.node_name == name and is_active(pod) and owner_name(pod)
    if pod is None or not bound or _tolerates_for_ever(pod):
        return None
    return True


def _tolerates_for_ever(pod: Pod) -> bool:
    return any(
        toleration.toleration_seconds is None
        and toleration.effect in ("", "NoExecute")
        and toleration.key in ("", "node.kubernetes.io/unreachable")
        for toleration in pod.spec.tolerations
    )


def _replaced(node: _Dead, healthy: bool, pods: int) -> Finding:
    if not healthy:
        return suspended(ALL_DOWN)
    if pods == 0:
        return HOLDS
    return violated(f"{pods} pods still count as active on {node.name}, which sends no heartbeats")


DEAD_NODE_PODS_REPLACED = StateProperty(
    name="dead-node-pods-replaced",
    statement="the pods of a dead node end up deleted, so that their ReplicaSets replace them",
    key=DEAD_NODE,
    queries={"healthy": OTHERS_HEALTHY, "pods": Query(POD, ("object",), _active_on, COUNT, lambda key: key.name)},
    judge=_replaced,
    when=When.QUIESCENT,
    reference="controllers-cluster §2",
    assumes="not all zones are fully disrupted, and the pods do not tolerate the taint for ever",
    advice="look at the tolerations of the pods that stay",
)

__all__ = [
    "ASSIGNED_NODE_FEASIBLE",
    "DEAD_NODE_EVENTUALLY_UNKNOWN",
    "DEAD_NODE_PODS_REPLACED",
    "NODE_CAPACITY",
]
