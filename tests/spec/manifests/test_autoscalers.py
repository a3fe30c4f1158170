"""HorizontalPodAutoscalers and loads that Kubernetes, or the scenario, would not have."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.manifests.errors import InputError

from ..exploration import autoscaler, deployment, scenario

_METRIC = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (autoscaler(3, 2), "2 is less than minReplicas"),
        (autoscaler(0, 2), "0 is out of range"),
        (autoscaler(metrics=[{"type": "Resource"}]), "missing"),
        (autoscaler(metrics=[_METRIC]), "missing"),
        (autoscaler(metrics=[{"type": "Cpu", "resource": _METRIC["resource"]}]), '"Cpu" is not allowed'),
        (autoscaler(behavior={"scaleUp": {"stabilizationWindowSeconds": 3601}}), "3601 is out of range"),
        (autoscaler(behavior={"scaleUp": {"selectPolicy": "Most"}}), '"Most" is not allowed'),
    ],
)
def test_what_kubernetes_would_reject_is_rejected(given: Any, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        scenario(deployment(), given)


@pytest.mark.parametrize(
    ("load", "problem"),
    [
        ({"db": {"load": {"total": [1]}}}, "no HorizontalPodAutoscaler"),
        ({"web": {"cpu": {"total": [1]}}}, "reads no metric"),
        ({"web": {"load": {"total": ["much"]}}}, "no quantity"),
    ],
)
def test_a_load_that_nobody_reads_is_refused(load: Any, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        scenario(deployment(), autoscaler(), load=load)


def test_an_autoscaler_without_its_target_is_left_out() -> None:
    found = scenario(deployment(), autoscaler(name="other"))
    assert [item.kind for item in found.objects] == ["Deployment"]
