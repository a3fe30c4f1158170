"""PodDisruptionBudgets."""

from __future__ import annotations

from typing import ClassVar

import attrs
from frozendict import frozendict

from .conditions import Condition
from .int_or_percent import IntOrPercent
from .metadata import ObjectMeta
from .selectors import LabelSelector


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
    """Observed state; ``disrupted_pods`` maps pods being evicted to the time (seconds) the eviction was granted."""

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
