"""From what metrics propose to what is asked for: stabilisation, rates, bounds (controllers-cluster §10.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from ...language.arithmetic import Number, ceil_div, floor_div, maximum, minimum
from ...objects.horizontal_pod_autoscaler import (
    DISABLED,
    MIN,
    PERCENT,
    Behavior,
    HorizontalPodAutoscalerSpec,
    ScalingPolicy,
    ScalingRules,
)

DOWNSCALE_STABILIZATION = 300.0
"""Seconds for which the highest recommendation holds, where nothing else is said."""

SCALE_UP_FACTOR, SCALE_UP_MINIMUM = 2, 4
"""Without behavior: at most twice as many at once, or this many."""

WITHIN_RANGE, TOO_MANY, TOO_FEW = "DesiredWithinRange", "TooManyReplicas", "TooFewReplicas"
UP_LIMIT, DOWN_LIMIT = "ScaleUpLimit", "ScaleDownLimit"


@attrs.frozen(cache_hash=True)
class Timed:
    """A recommendation or a change of so many replicas, ``age`` seconds ago."""

    replicas: int
    age: float


def within(entries: Iterable[Timed], seconds: float) -> tuple[int, ...]:
    """The replicas of those entries that are younger than ``seconds``."""
    return tuple(entry.replicas for entry in entries if entry.age < seconds)


def change_within(events: Iterable[Timed], seconds: float) -> int:
    """By how many replicas the count changed within the last ``seconds``."""
    return sum(within(events, seconds))


def down_window(behavior: Behavior | None) -> float:
    """Seconds for which the highest recommendation holds."""
    given = behavior.scale_down.stabilization_window_seconds if behavior is not None else None
    return DOWNSCALE_STABILIZATION if given is None else float(given)


def up_window(behavior: Behavior | None) -> float:
    """Seconds for which the lowest recommendation holds."""
    return float(behavior.scale_up.stabilization_window_seconds or 0) if behavior is not None else 0.0


def stabilized(desired: int, higher: Sequence[int]) -> int:
    """The recommendation without behavior; ``higher``: the recommendations of the downscale window."""
    return max((desired, *higher))


def stabilized_both_ways(desired: int, current: int, lower: Sequence[int], higher: Sequence[int]) -> Number:
    """The recommendation with behavior; ``lower`` and ``higher``: those of the window upwards and downwards."""
    return minimum(maximum(current, min((desired, *lower))), max((desired, *higher)))


@attrs.frozen(cache_hash=True)
class Changes:
    """Replicas that were added and taken away within some policy's period."""

    added: int = 0
    removed: int = 0


def _policy_up(start: int, policy: ScalingPolicy) -> Number:
    if policy.type == PERCENT:
        return ceil_div(start * (100 + policy.value), 100)
    return start + policy.value


def _policy_down(start: int, policy: ScalingPolicy) -> Number:
    if policy.type == PERCENT:
        return floor_div(start * maximum(0, 100 - policy.value), 100)
    return start - policy.value


def up_limit(current: int, rules: ScalingRules, changes: Sequence[Changes]) -> Number:
    """How far the policies let the count rise; ``changes``: for each policy, those within its period."""
    if rules.select_policy == DISABLED:
        return current
    pairs = zip(rules.policies, changes, strict=True)
    reached = [_policy_up(current - change.added + change.removed, policy) for policy, change in pairs]
    limit = min(reached) if rules.select_policy == MIN else max(reached)
    return maximum(limit, current)


def down_limit(current: int, rules: ScalingRules, changes: Sequence[Changes]) -> Number:
    """How far the policies let the count fall; see ``up_limit``."""
    if rules.select_policy == DISABLED:
        return current
    pairs = zip(rules.policies, changes, strict=True)
    reached = [_policy_down(current - change.added + change.removed, policy) for policy, change in pairs]
    limit = max(reached) if rules.select_policy == MIN else min(reached)
    return minimum(limit, current)


def limited(
    desired: int,
    current: int,
    spec: HorizontalPodAutoscalerSpec,
    up: Sequence[Changes] = (),
    down: Sequence[Changes] = (),
) -> tuple[int, str]:
    """``desired`` within the bounds and the rates, and what limited it.

    ``up``, ``down``: for each policy of the behavior, the changes within its period.
    """
    behavior = spec.behavior
    if behavior is None:
        # There is no rate downwards, and the bounds hold whichever way the count goes.
        rate = maximum(SCALE_UP_FACTOR * current, SCALE_UP_MINIMUM)
        highest, too_high = _tighter(spec.max_replicas, rate)
        if desired < spec.min_replicas:
            return spec.min_replicas, TOO_FEW
        return (highest, too_high) if desired > highest else (desired, WITHIN_RANGE)
    if desired > current:
        highest, too_high = _tighter(spec.max_replicas, up_limit(current, behavior.scale_up, up))
        return (highest, too_high) if desired > highest else (desired, WITHIN_RANGE)
    if desired < current:
        floor = down_limit(current, behavior.scale_down, down)
        lowest = maximum(floor, spec.min_replicas)
        reason = DOWN_LIMIT if floor > spec.min_replicas else TOO_FEW
        return (lowest, reason) if desired < lowest else (desired, WITHIN_RANGE)
    return desired, WITHIN_RANGE


def _tighter(bound: int, rate: int) -> tuple[int, str]:
    return (rate, UP_LIMIT) if rate < bound else (bound, TOO_MANY)
