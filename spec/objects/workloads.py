"""Deployments, ReplicaSets, and the ReplicationControllers that were before them."""

from __future__ import annotations

from typing import ClassVar

import attrs

from .conditions import Condition
from .int_or_percent import IntOrPercent
from .metadata import ObjectMeta
from .pod import PodTemplateSpec
from .selectors import LabelSelector

ROLLING_UPDATE = "RollingUpdate"
RECREATE = "Recreate"


@attrs.frozen(cache_hash=True)
class RollingUpdateDeployment:
    """How far a rolling update may leave the desired count, upwards and downwards."""

    max_surge: IntOrPercent = "25%"
    max_unavailable: IntOrPercent = "25%"


@attrs.frozen(cache_hash=True)
class DeploymentStrategy:
    """RollingUpdate (``rolling_update`` is read) or Recreate (it is not)."""

    type: str = ROLLING_UPDATE
    rolling_update: RollingUpdateDeployment = RollingUpdateDeployment()


@attrs.frozen(cache_hash=True)
class DeploymentSpec:
    """Desired state of a Deployment; periods in seconds. ``progress_deadline_seconds`` None: no deadline."""

    replicas: int = 1
    selector: LabelSelector | None = None
    template: PodTemplateSpec = PodTemplateSpec()
    strategy: DeploymentStrategy = DeploymentStrategy()
    min_ready_seconds: int = 0
    progress_deadline_seconds: int | None = 600
    revision_history_limit: int = 10
    paused: bool = False


@attrs.frozen(cache_hash=True)
class DeploymentStatus:
    """Observed state of a Deployment; counts of pods of all its ReplicaSets."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0
    terminating_replicas: int | None = None
    collision_count: int | None = None
    conditions: tuple[Condition, ...] = ()


@attrs.frozen(cache_hash=True)
class Deployment:
    """A Deployment."""

    kind: ClassVar[str] = "Deployment"

    metadata: ObjectMeta = ObjectMeta()
    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()


@attrs.frozen(cache_hash=True)
class ReplicaSetSpec:
    """Desired state of a ReplicaSet."""

    replicas: int = 1
    selector: LabelSelector | None = None
    template: PodTemplateSpec = PodTemplateSpec()
    min_ready_seconds: int = 0


@attrs.frozen(cache_hash=True)
class ReplicaSetStatus:
    """Observed state of a ReplicaSet."""

    observed_generation: int = 0
    replicas: int = 0
    fully_labeled_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    terminating_replicas: int | None = None
    conditions: tuple[Condition, ...] = ()


@attrs.frozen(cache_hash=True)
class ReplicaSet:
    """A ReplicaSet."""

    kind: ClassVar[str] = "ReplicaSet"

    metadata: ObjectMeta = ObjectMeta()
    spec: ReplicaSetSpec = ReplicaSetSpec()
    status: ReplicaSetStatus = ReplicaSetStatus()


@attrs.frozen(cache_hash=True)
class ReplicationController:
    """A ReplicationController: a ReplicaSet by another name, whose selector is a plain map of labels.

    That map is kept as the selector that matches just these pairs.
    """

    kind: ClassVar[str] = "ReplicationController"

    metadata: ObjectMeta = ObjectMeta()
    spec: ReplicaSetSpec = ReplicaSetSpec()
    status: ReplicaSetStatus = ReplicaSetStatus()
