"""What the API server would reject of a HorizontalPodAutoscaler (``pkg/apis/autoscaling/validation``)."""

from __future__ import annotations

from ..objects.horizontal_pod_autoscaler import AVERAGE_VALUE, DISABLED, MAX, MIN, PERCENT, PODS, UTILIZATION, VALUE
from ..objects.quantities import parse_quantity
from .cursor import Cursor

_SECTIONS = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}
_TARGETS = {UTILIZATION: "averageUtilization", AVERAGE_VALUE: "averageValue", VALUE: "value"}
_MOST_WINDOW, _MOST_PERIOD = 3600, 1800


def check_autoscaler(root: Cursor) -> None:
    """Bounds, target, metrics and behavior."""
    spec = root["spec"]
    least, most = spec["minReplicas"], spec["maxReplicas"]
    least.check_range(1)
    most.check_range(1)
    if least.integer is not None and most.integer is not None and least.integer > most.integer:
        most.reject(f"{most.integer} is less than minReplicas", f"at least {least.integer}")
    for name in ("kind", "name"):
        spec["scaleTargetRef"][name].require("what is to be scaled")
    for metric in spec["metrics"].items():
        _check_metric(metric)
    for direction in ("scaleUp", "scaleDown"):
        _check_rules(spec["behavior"][direction])


def _check_metric(metric: Cursor) -> None:
    kind = metric["type"]
    kind.check_choice(*_SECTIONS)
    section = _SECTIONS.get(kind.text)
    if section is None or not metric[section].require(f"what is measured, for type {kind.text}"):
        return
    named = metric[section] if kind.text in ("Resource", "ContainerResource") else metric[section]["metric"]
    named["name"].require("the name of what is measured")
    target = metric[section]["target"]
    target["type"].check_choice(*_TARGETS)
    field = _TARGETS.get(target["type"].text)
    if field is None:
        target["type"].require(" or ".join(_TARGETS))
        return
    value = target[field]
    if not value.require(f"a value for type {target['type'].text}"):
        return
    if field == "averageUtilization":
        value.check_range(1)
    elif _not_positive(value):
        value.reject(f"{value.value} is no amount above zero", "such as 100m")


def _not_positive(value: Cursor) -> bool:
    try:
        return parse_quantity(value.value) <= 0
    except ValueError:
        return True


def _check_rules(rules: Cursor) -> None:
    rules["stabilizationWindowSeconds"].check_range(0, _MOST_WINDOW)
    rules["selectPolicy"].check_choice(MAX, MIN, DISABLED)
    for policy in rules["policies"].items():
        policy["type"].check_choice(PODS, PERCENT)
        policy["value"].check_range(1)
        policy["periodSeconds"].check_range(1, _MOST_PERIOD)
