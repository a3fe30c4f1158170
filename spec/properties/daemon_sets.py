"""Properties of DaemonSets (invariants 55, 56)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..control_plane.controllers.daemonset import QUERIES, Wanted, owner_name
from ..control_plane.controllers.daemonset_decisions import Counted, Eligible, allows_surge, by_node
from ..control_plane.controllers.node_lifecycle import NAME as NODE_LIFECYCLE
from ..control_plane.controllers.taint_eviction import NAME as TAINT_EVICTION
from ..kinds import DAEMON_SET, POD
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Shape, StepProperty, TemporalProperty, suspended, violated
from ..objects.daemon_set import DaemonSet
from ..objects.taints import TAINT_NOT_READY, TAINT_UNREACHABLE

_NOT_HEARD = {TAINT_NOT_READY, TAINT_UNREACHABLE}


def _live(daemon_set: DaemonSet | None) -> Wanted | None:
    return Wanted(daemon_set) if daemon_set is not None and not daemon_set.metadata.terminating else None


def _one_per_node(wanted: Wanted, nodes: tuple[Eligible, ...], pods: tuple[Counted, ...]) -> Finding:
    placed = by_node(pods)
    eligible = [node.node for node in nodes if node.runs]
    if not eligible:
        return IDLE
    for node in eligible:
        there = placed.get(node, ())
        live = [pod for pod in there if not pod.terminating]
        if len(live) == 1:
            continue
        count = f"{node} has {len(live)} pods of {wanted.daemon_set.metadata.name}"
        if not live and there:
            return suspended(f"{count}: one is still being deleted there")
        if len(live) == 2 and allows_surge(wanted.daemon_set.spec) and len({pod.updated for pod in live}) == 2:
            return suspended(f"{count}: an update with maxSurge waits for the new one")
        return violated(f"{count}, it should have one")
    return HOLDS


DAEMONSET_ONE_PER_NODE = TemporalProperty(
    name="daemonset-one-per-node",
    statement="a DaemonSet that is left alone ends up with exactly one pod on every node that it wants, and keeps it",
    key=Key(DAEMON_SET, ("object",), _live),
    queries={"nodes": QUERIES["nodes"], "pods": QUERIES["pods"]},
    judge=_one_per_node,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="invariants 55",
    assumes="no pod of it is held back from ending, and no update with maxSurge is waiting for a pod to be available",
    advice="look at the taints and labels of the node, and at what keeps pods from being created or deleted there",
)


def _not_evicted(
    component: str, _rule: str, before: tuple[Any, ...], after: tuple[Any, ...], answers: Mapping[str, Any]
) -> Finding:
    (old,), (new,) = before, after
    if old is None or not owner_name(old) or old.metadata.terminating:
        return IDLE
    if component == NODE_LIFECYCLE:
        # It marks the pods of a node that is not heard, and leaves them there.
        return HOLDS
    if component != TAINT_EVICTION or (new is not None and not new.metadata.terminating):
        return IDLE
    taints = answers["taints"] or ()
    if all(taint.key in _NOT_HEARD for taint in taints):
        return violated(f"a pod of {owner_name(old)} was evicted from {old.spec.node_name}, which is only not heard")
    return IDLE


DAEMONSET_NOT_EVICTED = StepProperty(
    name="daemonset-not-evicted-by-not-ready",
    statement="daemon pods are not deleted because their node is not ready or not reachable",
    kind=POD,
    fields=("object",),
    judge=_not_evicted,
    reference="invariants 56",
    advice="look at the tolerations of the pod: the DaemonSet controller adds those for not-ready and unreachable",
)
