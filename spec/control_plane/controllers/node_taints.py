"""Taints of a node: what its conditions ask for, and adding and removing (controllers-cluster §1)."""

from __future__ import annotations

from collections.abc import Iterable

from ...objects.conditions import Condition, find_condition
from ...objects.taints import NO_EXECUTE, NO_SCHEDULE, TAINT_NOT_READY, TAINT_UNREACHABLE, TAINT_UNSCHEDULABLE, Taint

READY = "Ready"

_BY_CONDITION: tuple[tuple[str, str, str], ...] = (
    (READY, "False", TAINT_NOT_READY),
    (READY, "Unknown", TAINT_UNREACHABLE),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
)
_MANAGED = frozenset({TAINT_UNSCHEDULABLE, *(key for _, _, key in _BY_CONDITION)})

EXECUTING: dict[str, Taint] = {
    "False": Taint(TAINT_NOT_READY, effect=NO_EXECUTE),
    "Unknown": Taint(TAINT_UNREACHABLE, effect=NO_EXECUTE),
}
"""The NoExecute taint for each status of Ready but True."""


def ready_status(conditions: Iterable[Condition]) -> str:
    """The status of the condition Ready, "" if it was never posted."""
    ready = find_condition(conditions, READY)
    return ready.status if ready is not None else ""


def condition_taints(conditions: tuple[Condition, ...], unschedulable: bool = False) -> tuple[Taint, ...]:
    """The NoSchedule taints that a node gets from its conditions and from the cordon, in a fixed order."""
    found = {condition.type: condition.status for condition in conditions}
    keys = [key for type_, status, key in _BY_CONDITION if found.get(type_) == status]
    return tuple(Taint(key) for key in (*keys, *([TAINT_UNSCHEDULABLE] if unschedulable else ())))


def same_taint(one: Taint, other: Taint) -> bool:
    """Whether two taints are one to Kubernetes: the same key and effect."""
    return (one.key, one.effect) == (other.key, other.effect)


def without_taints(taints: tuple[Taint, ...], removed: Iterable[Taint]) -> tuple[Taint, ...]:
    """The taints but those of the keys and effects in ``removed``."""
    gone = tuple(removed)
    return tuple(taint for taint in taints if not any(same_taint(taint, other) for other in gone))


def with_taints(taints: tuple[Taint, ...], added: Iterable[Taint]) -> tuple[Taint, ...]:
    """The taints with ``added`` at the end; one of the same key and effect is replaced."""
    new = tuple(added)
    return (*without_taints(taints, new), *new)


def _executing(taint: Taint) -> bool:
    return any(same_taint(taint, other) for other in EXECUTING.values())


def has_executing(taints: tuple[Taint, ...]) -> bool:
    """Whether the node carries the NoExecute taint not-ready or unreachable."""
    return any(_executing(taint) for taint in taints)


def without_executing(taints: tuple[Taint, ...]) -> tuple[Taint, ...]:
    """The taints without the NoExecute taints not-ready and unreachable."""
    return tuple(taint for taint in taints if not _executing(taint))


def prompt_taints(
    taints: tuple[Taint, ...], conditions: tuple[Condition, ...], unschedulable: bool
) -> tuple[Taint, ...]:
    """The taints that the node shall carry at once, without waiting in the eviction queue.

    NoSchedule taints follow the conditions. The NoExecute taints go when the node is Ready, and one that is there
    already is swapped for the one that fits.
    """
    managed = tuple(taint for taint in taints if taint.effect == NO_SCHEDULE and taint.key in _MANAGED)
    wanted = condition_taints(conditions, unschedulable)
    rest = taints
    if managed != wanted:
        rest = (*without_taints(taints, managed), *wanted)
    status = ready_status(conditions)
    if status == "True":
        return without_executing(rest)
    fitting = EXECUTING.get(status)
    if fitting is None or not has_executing(rest) or any(same_taint(taint, fitting) for taint in rest):
        return rest
    return with_taints(without_executing(rest), (fitting,))
