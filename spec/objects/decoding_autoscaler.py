"""Decoding of HorizontalPodAutoscalers (autoscaling/v2, and v1 as the API server converts it)."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from .decoding_shared import decode_metadata
from .horizontal_pod_autoscaler import (
    AVERAGE_VALUE,
    CONTAINER_RESOURCE,
    EXTERNAL,
    OBJECT,
    PODS,
    RESOURCE,
    SCALE_DOWN,
    SCALE_UP,
    UTILIZATION,
    Behavior,
    HorizontalPodAutoscaler,
    HorizontalPodAutoscalerSpec,
    HorizontalPodAutoscalerStatus,
    MetricSpec,
    ScaleTargetRef,
    ScalingPolicy,
    ScalingRules,
)
from .plain_data import Data
from .quantities import milli_value

DEFAULT_CPU = (MetricSpec(),)
"""What is held against what where a manifest names no metric: 80 % of the requested cpu."""

_SECTIONS = {
    RESOURCE: "resource",
    CONTAINER_RESOURCE: "containerResource",
    PODS: "pods",
    OBJECT: "object",
    EXTERNAL: "external",
}


def decode_metric(data: Data) -> MetricSpec:
    """One entry of ``metrics``. Raises ValueError for a type or target that Kubernetes does not know."""
    kind = str(data["type"])
    if kind not in _SECTIONS:
        raise ValueError(f"no such type of metric: {kind}")
    section = data[_SECTIONS[kind]]
    name = section["name"] if kind in (RESOURCE, CONTAINER_RESOURCE) else section["metric"]["name"]
    target = section["target"]
    read: dict[str, Callable[[], int]] = {
        UTILIZATION: lambda: int(target["averageUtilization"]),
        AVERAGE_VALUE: lambda: milli_value(target["averageValue"]),
    }
    value = read.get(target["type"], lambda: milli_value(target["value"]))()
    return MetricSpec(kind, str(name), str(section.get("container") or ""), str(target["type"]), value)


def _rules(data: Data | None, default: ScalingRules) -> ScalingRules:
    data = data or {}
    found = default
    if data.get("stabilizationWindowSeconds") is not None:
        found = attrs.evolve(found, stabilization_window_seconds=int(data["stabilizationWindowSeconds"]))
    if data.get("selectPolicy"):
        found = attrs.evolve(found, select_policy=str(data["selectPolicy"]))
    if data.get("policies"):
        policies = (ScalingPolicy(p["type"], int(p["value"]), int(p["periodSeconds"])) for p in data["policies"])
        found = attrs.evolve(found, policies=tuple(policies))
    if data.get("tolerance") is not None:
        found = attrs.evolve(found, tolerance=milli_value(data["tolerance"]) / 1000)
    return found


def decode_behavior(data: Data | None) -> Behavior | None:
    """A behavior with what it leaves out filled in; None for none."""
    if data is None:
        return None
    return Behavior(_rules(data.get("scaleUp"), SCALE_UP), _rules(data.get("scaleDown"), SCALE_DOWN))


def decode_autoscaler(data: Data) -> HorizontalPodAutoscaler:
    """A HorizontalPodAutoscaler from plain data."""
    spec = data.get("spec") or {}
    target = spec.get("scaleTargetRef") or {}
    metrics = tuple(map(decode_metric, spec.get("metrics") or ()))
    percent = spec.get("targetCPUUtilizationPercentage")
    if percent is not None:
        metrics = (MetricSpec(target=int(percent)),)
    status = data.get("status") or {}
    minimum = spec.get("minReplicas")
    return HorizontalPodAutoscaler(
        metadata=decode_metadata(data.get("metadata")),
        spec=HorizontalPodAutoscalerSpec(
            scale_target_ref=ScaleTargetRef(str(target.get("kind") or ""), str(target.get("name") or "")),
            min_replicas=1 if minimum is None else int(minimum),
            max_replicas=int(spec.get("maxReplicas") or 1),
            metrics=metrics or DEFAULT_CPU,
            behavior=decode_behavior(spec.get("behavior")),
        ),
        status=HorizontalPodAutoscalerStatus(
            int(status.get("currentReplicas") or 0), int(status.get("desiredReplicas") or 0)
        ),
    )
