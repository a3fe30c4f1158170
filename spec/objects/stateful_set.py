"""StatefulSets."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar

import attrs
from frozendict import frozendict

from .daemon_set import ON_DELETE
from .int_or_percent import IntOrPercent
from .metadata import ObjectMeta
from .pod import PodTemplateSpec
from .selectors import LabelSelector
from .workloads import ROLLING_UPDATE

ORDERED_READY, PARALLEL = "OrderedReady", "Parallel"
"""Pod management policies."""

RETAIN, DELETE = "Retain", "Delete"
"""What becomes of the claims of a pod that is not wanted any more."""


@attrs.frozen(cache_hash=True)
class RollingUpdateStatefulSet:
    """Pods below ordinal ``partition`` keep their revision; ``max_unavailable`` pods may be missing at once."""

    partition: int = 0
    max_unavailable: IntOrPercent = 1


@attrs.frozen(cache_hash=True)
class StatefulSetUpdateStrategy:
    """RollingUpdate or OnDelete (users delete the old pods). ``rolling_update`` None: the field is absent."""

    type: str = ROLLING_UPDATE
    rolling_update: RollingUpdateStatefulSet | None = None


@attrs.frozen(cache_hash=True)
class ClaimRetention:
    """RETAIN or DELETE, once the set is deleted, and once a pod is scaled away."""

    when_deleted: str = RETAIN
    when_scaled: str = RETAIN


@attrs.frozen(cache_hash=True)
class ClaimTemplate:
    """A PersistentVolumeClaim that every pod gets one of. ``spec`` is not looked into."""

    metadata: ObjectMeta = ObjectMeta()
    spec: frozendict[str, Hashable] = frozendict()


@attrs.frozen(cache_hash=True)
class StatefulSetSpec:
    """Desired state of a StatefulSet; ``start`` is the first ordinal, ``min_ready_seconds`` in seconds."""

    replicas: int = 1
    selector: LabelSelector | None = None
    template: PodTemplateSpec = PodTemplateSpec()
    service_name: str = ""
    volume_claim_templates: tuple[ClaimTemplate, ...] = ()
    pod_management_policy: str = ORDERED_READY
    update_strategy: StatefulSetUpdateStrategy = StatefulSetUpdateStrategy()
    min_ready_seconds: int = 0
    start: int = 0
    persistent_volume_claim_retention_policy: ClaimRetention = ClaimRetention()
    revision_history_limit: int = 10


@attrs.frozen(cache_hash=True)
class StatefulSetStatus:
    """Observed state of a StatefulSet; revisions are names, "" before there is one (controllers-workloads §3)."""

    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    current_replicas: int = 0
    updated_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""


@attrs.frozen(cache_hash=True)
class StatefulSet:
    """A StatefulSet."""

    kind: ClassVar[str] = "StatefulSet"

    metadata: ObjectMeta = ObjectMeta()
    spec: StatefulSetSpec = StatefulSetSpec()
    status: StatefulSetStatus = StatefulSetStatus()


__all__ = [
    "DELETE",
    "ON_DELETE",
    "ORDERED_READY",
    "PARALLEL",
    "RETAIN",
    "ROLLING_UPDATE",
    "ClaimRetention",
    "ClaimTemplate",
    "RollingUpdateStatefulSet",
    "StatefulSet",
    "StatefulSetSpec",
    "StatefulSetStatus",
    "StatefulSetUpdateStrategy",
]
