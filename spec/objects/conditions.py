"""Status conditions, as pods, nodes and workloads carry them."""

from __future__ import annotations

from collections.abc import Iterable

import attrs


@attrs.frozen(cache_hash=True)
class Condition:
    """One status condition; ``status`` is "True", "False" or "Unknown".

    Times are in seconds. ``last_update_time`` is used by Deployments only, ``last_heartbeat_time`` by Nodes only.
    """

    type: str
    status: str = "Unknown"
    reason: str = ""
    last_transition_time: float | None = None
    last_update_time: float | None = None
    last_heartbeat_time: float | None = None


def find_condition(conditions: Iterable[Condition], type_: str) -> Condition | None:
    """The condition of the given type, None if it is absent."""
    return next((condition for condition in conditions if condition.type == type_), None)


def condition_is_true(conditions: Iterable[Condition], type_: str) -> bool:
    """Whether the condition of the given type is there and "True"."""
    condition = find_condition(conditions, type_)
    return condition is not None and condition.status == "True"


def with_condition(conditions: tuple[Condition, ...], new: Condition) -> tuple[Condition, ...]:
    """The conditions with the one of ``new.type`` replaced in place, or ``new`` appended.

    As in Kubernetes' setters, the earlier transition time is kept when the status does not change.
    """
    old = find_condition(conditions, new.type)
    if old is None:
        return (*conditions, new)
    if old.status == new.status:
        new = attrs.evolve(new, last_transition_time=old.last_transition_time)
    return tuple(new if condition.type == new.type else condition for condition in conditions)
