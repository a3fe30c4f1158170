"""What the autoscaler remembers: recommendations within the windows, changes within the periods of policies.

Instants are not kept, only the order: what is remembered is forgotten oldest first, by timers. Of the recommendations
those are kept that can still be the highest, or the lowest, of their window: a later one that is at least as high
outlives those before it.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ...objects.horizontal_pod_autoscaler import Behavior, HorizontalPodAutoscalerSpec
from .autoscaling_limits import Changes, down_window, up_window

SYNC_PERIOD = 15
"""Seconds between two looks at an autoscaler (controllers-cluster §10)."""


@attrs.frozen(cache_hash=True)
class Recommendations:
    """``higher``: those that may hold the count up, each less than the one before; ``lower``: the other way round."""

    higher: tuple[int, ...] = ()
    lower: tuple[int, ...] = ()


def noted(seen: Recommendations, replicas: int, spec: HorizontalPodAutoscalerSpec) -> Recommendations:
    """The memory after one more recommendation."""
    higher, lower = seen.higher, seen.lower
    if down_window(spec.behavior):
        higher = (*(one for one in higher if one > replicas), replicas)
    if up_window(spec.behavior):
        lower = (*(one for one in lower if one < replicas), replicas)
    return Recommendations(higher, lower)


@attrs.frozen(cache_hash=True)
class Recent:
    """The changes of the replica count within the last ``period`` seconds, oldest first; negative where it fell."""

    period: int
    changes: tuple[int, ...] = ()


def long_periods(behavior: Behavior | None) -> tuple[int, ...]:
    """The periods of policies that a change outlives until the next look, ascending."""
    if behavior is None:
        return ()
    policies = (*behavior.scale_up.policies, *behavior.scale_down.policies)
    return tuple(sorted({policy.period_seconds for policy in policies if policy.period_seconds > SYNC_PERIOD}))


def changed(memory: Iterable[Recent], spec: HorizontalPodAutoscalerSpec, change: int) -> tuple[Recent, ...]:
    """The memory after the count changed. More changes than looks fit into no period."""
    found = {recent.period: recent.changes for recent in memory}
    return tuple(
        Recent(period, (*found.get(period, ()), change)[-(period // SYNC_PERIOD) :])
        for period in long_periods(spec.behavior)
    )


def within_period(memory: Iterable[Recent], period: int) -> Changes:
    """What was added and removed within a policy's period; a shorter one than until the next look holds nothing."""
    changes = next((recent.changes for recent in memory if recent.period == period), ())
    added = sum(change for change in changes if change > 0)
    return Changes(added, added - sum(changes))


def forgotten(memory: Iterable[Recent], period: int) -> tuple[Recent, ...]:
    """The memory after the oldest change of a period has left it."""
    return tuple(
        attrs.evolve(recent, changes=recent.changes[1:]) if recent.period == period else recent for recent in memory
    )
