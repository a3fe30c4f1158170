"""HorizontalPodAutoscalers (autoscaling/v2)."""

from __future__ import annotations

from typing import ClassVar

import attrs

from .conditions import Condition
from .metadata import ObjectMeta

RESOURCE, CONTAINER_RESOURCE, PODS, OBJECT, EXTERNAL = "Resource", "ContainerResource", "Pods", "Object", "External"
UTILIZATION, AVERAGE_VALUE, VALUE = "Utilization", "AverageValue", "Value"
PERCENT = "Percent"
MAX, MIN, DISABLED = "Max", "Min", "Disabled"

SCALING_ACTIVE, SCALING_LIMITED = "ScalingActive", "ScalingLimited"


@attrs.frozen(cache_hash=True)
class MetricSpec:
    """One metric and what it is held against.

    ``type``: of the metric. ``name``: of the resource or of the metric. ``container``: for ContainerResource.
    ``target_type``: Utilization (``target`` in percent of the request), AverageValue (in thousandths, for each pod) or
    Value (in thousandths).
    """

    type: str = RESOURCE
    name: str = "cpu"
    container: str = ""
    target_type: str = UTILIZATION
    target: int = 80


@attrs.frozen(cache_hash=True)
class ScalingPolicy:
    """How much may change within ``period_seconds``: ``value`` pods, or percent of them."""

    type: str
    value: int
    period_seconds: int


@attrs.frozen(cache_hash=True)
class ScalingRules:
    """Limits in one direction.

    ``stabilization_window_seconds`` None: the controller's own. ``tolerance`` None: the controller's own.
    """

    stabilization_window_seconds: int | None = None
    select_policy: str = MAX
    policies: tuple[ScalingPolicy, ...] = ()
    tolerance: float | None = None


SCALE_UP = ScalingRules(0, MAX, (ScalingPolicy(PODS, 4, 15), ScalingPolicy(PERCENT, 100, 15)))
SCALE_DOWN = ScalingRules(None, MAX, (ScalingPolicy(PERCENT, 100, 15),))
"""What a behavior says in each direction unless it says otherwise (controllers-cluster §10.3)."""


@attrs.frozen(cache_hash=True)
class Behavior:
    """Limits of a HorizontalPodAutoscaler that has a behavior, in both directions."""

    scale_up: ScalingRules = SCALE_UP
    scale_down: ScalingRules = SCALE_DOWN


@attrs.frozen(cache_hash=True)
class ScaleTargetRef:
    """The object whose replica count is kept."""

    kind: str = "Deployment"
    name: str = ""


@attrs.frozen(cache_hash=True)
class HorizontalPodAutoscalerSpec:
    """Desired state. ``behavior`` None: the limits of before there were behaviors."""

    scale_target_ref: ScaleTargetRef = ScaleTargetRef()
    min_replicas: int = 1
    max_replicas: int = 1
    metrics: tuple[MetricSpec, ...] = (MetricSpec(),)
    behavior: Behavior | None = None


@attrs.frozen(cache_hash=True)
class HorizontalPodAutoscalerStatus:
    """Observed state."""

    current_replicas: int = 0
    desired_replicas: int = 0
    conditions: tuple[Condition, ...] = ()


@attrs.frozen(cache_hash=True)
class HorizontalPodAutoscaler:
    """A HorizontalPodAutoscaler."""

    kind: ClassVar[str] = "HorizontalPodAutoscaler"

    metadata: ObjectMeta = ObjectMeta()
    spec: HorizontalPodAutoscalerSpec = HorizontalPodAutoscalerSpec()
    status: HorizontalPodAutoscalerStatus = HorizontalPodAutoscalerStatus()
