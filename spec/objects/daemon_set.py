"""DaemonSets."""

from __future__ import annotations

from typing import ClassVar

import attrs

from .int_or_percent import IntOrPercent
from .metadata import ObjectMeta
from .pod import PodTemplateSpec
from .selectors import LabelSelector
from .workloads import ROLLING_UPDATE

ON_DELETE = "OnDelete"


@attrs.frozen(cache_hash=True)
class RollingUpdateDaemonSet:
    """On how many nodes an update may leave no available pod, or run a second one beside the old."""

    max_unavailable: IntOrPercent = 1
    max_surge: IntOrPercent = 0


@attrs.frozen(cache_hash=True)
class DaemonSetUpdateStrategy:
    """RollingUpdate (``rolling_update`` is read) or OnDelete (users delete the old pods)."""

    type: str = ROLLING_UPDATE
    rolling_update: RollingUpdateDaemonSet = RollingUpdateDaemonSet()


@attrs.frozen(cache_hash=True)
class DaemonSetSpec:
    """Desired state of a DaemonSet; ``min_ready_seconds`` in seconds."""

    selector: LabelSelector | None = None
    template: PodTemplateSpec = PodTemplateSpec()
    update_strategy: DaemonSetUpdateStrategy = DaemonSetUpdateStrategy()
    min_ready_seconds: int = 0
    revision_history_limit: int = 10


@attrs.frozen(cache_hash=True)
class DaemonSetStatus:
    """Observed state of a DaemonSet; counts of nodes (controllers-workloads §4)."""

    observed_generation: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    number_misscheduled: int = 0
    number_ready: int = 0
    updated_number_scheduled: int = 0
    number_available: int = 0
    number_unavailable: int = 0


@attrs.frozen(cache_hash=True)
class DaemonSet:
    """A DaemonSet."""

    kind: ClassVar[str] = "DaemonSet"

    metadata: ObjectMeta = ObjectMeta()
    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()
