"""PodDisruptionBudgets."""

from __future__ import annotations

from typing import ClassVar

import attrs
from frozendict import frozendict

from .conditions import Condition, with_condition
from .int_or_percent import IntOrPercent
from .metadata import ObjectMeta
from .selectors import LabelSelector

DISRUPTION_ALLOWED = "DisruptionAllowed"
"""Type of the condition of a budget; its reasons are the three that follow."""

SUFFICIENT_PODS, INSUFFICIENT_PODS, SYNC_FAILED = "SufficientPods", "InsufficientPods", "SyncFailed"

ALWAYS_ALLOW = "AlwaysAllow"
"""The policy by which pods that are not ready may always be evicted."""


@attrs.frozen(cache_hash=True)
class PodDisruptionBudgetSpec:
    """At least ``min_available`` or at most ``max_unavailable``; one of the two is None.

    ``unhealthy_pod_eviction_policy`` None behaves as IfHealthyBudget.
    """

    min_available: IntOrPercent | None = None
    max_unavailable: IntOrPercent | None = None
    selector: LabelSelector | None = None
    unhealthy_pod_eviction_policy: str | None = None


@attrs.frozen(cache_hash=True)
class PodDisruptionBudgetStatus:
    """Observed state; ``disrupted_pods`` maps pods being evicted to the time (seconds) the eviction was granted.

    Pods that have no name of their own are listed by the entry that stands with them in the field ``disruption``.
    """

    observed_generation: int = 0
    disruptions_allowed: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0
    expected_pods: int = 0
    disrupted_pods: frozendict[str, float] = frozendict()
    conditions: tuple[Condition, ...] = ()


@attrs.frozen(cache_hash=True)
class PodDisruptionBudget:
    """A PodDisruptionBudget."""

    kind: ClassVar[str] = "PodDisruptionBudget"

    metadata: ObjectMeta = ObjectMeta()
    spec: PodDisruptionBudgetSpec = PodDisruptionBudgetSpec()
    status: PodDisruptionBudgetStatus = PodDisruptionBudgetStatus()


def with_allowed(status: PodDisruptionBudgetStatus, allowed: int) -> PodDisruptionBudgetStatus:
    """The status with so many disruptions allowed, and the condition that says whether there are any."""
    reason = SUFFICIENT_PODS if allowed > 0 else INSUFFICIENT_PODS
    condition = Condition(DISRUPTION_ALLOWED, "True" if allowed > 0 else "False", reason)
    return attrs.evolve(status, disruptions_allowed=allowed, conditions=with_condition(status.conditions, condition))
