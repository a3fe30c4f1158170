"""Properties of nodes that run short of memory, disk or process ids (kubelet §7, controllers-cluster §1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..control_plane.controllers.node_taints import condition_taints, same_taint
from ..kinds import KUBELET, NODE, POD
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Shape, StepProperty, TemporalProperty, violated
from ..node.node_pressure import (
    ALWAYS,
    DISK_PRESSURE,
    EVICTED,
    MEMORY_PRESSURE,
    PID_PRESSURE,
    exceeds,
    spared,
)
from ..node.soft_eviction import EVICT_SOFTLY
from ..objects.conditions import Condition
from ..objects.node import Node

Change = tuple[Any, ...]

ADMIT = "admit pod"
"""The rule by which a kubelet also rejects pods, with the same reason."""


def _evicted(component: str, rule: str, before: Change, after: Change, seen: Mapping[str, Any]) -> Finding:
    (pod,), (now,) = before, after
    if component != KUBELET or rule == ADMIT or pod is None or now is None:
        return IDLE
    if now.status.reason != EVICTED or pod.status.reason == EVICTED:
        return IDLE
    if spared(pod.spec):
        return violated(f"a kubelet evicts a critical pod (priority {pod.spec.priority})")
    priority = pod.spec.priority or 0
    for other, _ in seen.get("others") or ():
        if exceeds(other, seen["pressure"]) == ALWAYS and (other.priority or 0) < priority:
            return violated(
                f"a kubelet evicts a pod of priority {priority} before one of priority {other.priority or 0} that"
                " requests nothing of what is short"
            )
    return HOLDS


NODE_PRESSURE_RANKING = StepProperty(
    name="node-pressure-ranking",
    statement="a kubelet under pressure evicts no critical pod, and none before one of lower priority that requests"
    " nothing of what is short",
    kind=POD,
    fields=("object",),
    judge=_evicted,
    reference="kubelet §7",
    advice="give what must stay a PriorityClass, and requests that cover what it uses",
)


def _waited(_component: str, rule: str, before: Change, after: Change, seen: Mapping[str, Any]) -> Finding:
    (pod,), (now,) = before, after
    if not rule.startswith(EVICT_SOFTLY) or pod is None or now is None or now.status.reason != EVICTED:
        return IDLE
    if not seen["overdue"]:
        return violated("a pod is evicted past a soft threshold before the grace period of the threshold is over")
    return HOLDS


SOFT_EVICTION_WAITS = StepProperty(
    name="soft-eviction-waits",
    statement="past a soft threshold a kubelet evicts nobody before the node has been past it for its grace period",
    kind=POD,
    fields=("object",),
    judge=_waited,
    reference="kubelet §7",
    advice="a short peak needs a longer evictionSoftGracePeriod; hard thresholds have none",
)


_TYPES = (MEMORY_PRESSURE, DISK_PRESSURE, PID_PRESSURE)


def _conditions(node: Node | None) -> Node | None:
    return node


def _tainted(node: Node) -> Finding:
    pressures = tuple(condition for condition in node.status.conditions if condition.type in _TYPES)
    known = [taint for type_ in _TYPES for taint in condition_taints(_true(type_))]
    wanted = condition_taints(pressures)
    has = [taint for taint in node.spec.taints if any(same_taint(taint, other) for other in known)]
    missing = [taint.key for taint in wanted if not any(same_taint(taint, other) for other in has)]
    if missing:
        return violated(f"{node.metadata.name} has the condition, and not the taint {missing[0]}")
    stale = [taint.key for taint in has if not any(same_taint(taint, other) for other in wanted)]
    return violated(f"{node.metadata.name} has the taint {stale[0]}, and not the condition") if stale else HOLDS


def _true(type_: str) -> tuple[Condition, ...]:
    return (Condition(type_, "True"),)


PRESSURE_TAINTED = TemporalProperty(
    name="node-pressure-tainted",
    statement="in the end a node has the taint of a pressure exactly while it has the condition, for good",
    key=Key(NODE, ("object",), _conditions),
    judge=_tainted,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="controllers-cluster §1",
    advice="the taint keeps new pods away from the node; look at whether the node lifecycle controller runs",
)
