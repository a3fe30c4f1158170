"""Node-pressure eviction: who comes first, who is admitted, and what a kubelet does on a node that runs short."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from kubemodel.spec.node.node_pressure import (
    ALWAYS,
    DISK_PRESSURE,
    MAYBE,
    MEMORY_PRESSURE,
    NEVER,
    PID_PRESSURE,
    Evict,
    Tenant,
    admitted_under,
    exceeds,
    may_be_first,
    spared,
)
from kubemodel.spec.objects.conditions import condition_is_true
from kubemodel.spec.objects.containers import Container, ResourceRequirements
from kubemodel.spec.objects.pod import CRITICAL_PRIORITY, FAILED, Pod, PodSpec
from kubemodel.spec.objects.quality_of_service import BEST_EFFORT, BURSTABLE, GUARANTEED, qos_class
from kubemodel.spec.objects.quantities import resource_list
from kubemodel.spec.objects.taints import NO_SCHEDULE, Toleration


def spec(requests: dict[str, str] | None = None, limits: dict[str, str] | None = None, **fields: Any) -> PodSpec:
    """A pod spec with one container that requests this and is limited to that."""
    resources = ResourceRequirements(resource_list(requests or {}), resource_list(limits or {}))
    return PodSpec(containers=(Container("web", resources=resources),), **fields)


BOTH = {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("requests", "limits", "found"),
    [
        ({}, {}, BEST_EFFORT),
        ({"ephemeral-storage": "1Gi"}, {}, BEST_EFFORT),
        (BOTH, BOTH, GUARANTEED),
        ({}, BOTH, GUARANTEED),
        (BOTH, {}, BURSTABLE),
        ({"memory": "1Gi"}, {"memory": "1Gi"}, BURSTABLE),
        ({"cpu": "1", "memory": "500Mi"}, BOTH, BURSTABLE),
    ],
)
def test_the_class_follows_from_requests_and_limits(
    requests: dict[str, str], limits: dict[str, str], found: str
) -> None:
    assert qos_class(spec(requests, limits)) == found


@pytest.mark.parametrize(
    ("requests", "limits", "signal", "found"),
    [
        ({}, {}, MEMORY_PRESSURE, ALWAYS),
        ({"memory": "1Gi"}, {}, MEMORY_PRESSURE, MAYBE),
        ({"memory": "1Gi"}, {"memory": "2Gi"}, MEMORY_PRESSURE, MAYBE),
        ({"memory": "1Gi"}, {"memory": "1Gi"}, MEMORY_PRESSURE, NEVER),
        ({"memory": "1Gi"}, {"memory": "1Gi"}, DISK_PRESSURE, ALWAYS),
        ({}, {}, PID_PRESSURE, NEVER),
    ],
)
def test_whether_a_pod_uses_more_than_it_requests(
    requests: dict[str, str], limits: dict[str, str], signal: str, found: str
) -> None:
    assert exceeds(spec(requests, limits), signal) == found


@pytest.mark.parametrize(
    ("victim", "others", "first"),
    [
        (Tenant(0, ALWAYS), [], True),
        (Tenant(9, ALWAYS), [Tenant(0, ALWAYS)], False),
        (Tenant(0, ALWAYS), [Tenant(0, ALWAYS)], True),
        (Tenant(9, MAYBE), [Tenant(0, MAYBE)], True),
        (Tenant(9, MAYBE), [Tenant(0, ALWAYS)], False),
        (Tenant(0, NEVER), [Tenant(9, ALWAYS)], False),
        (Tenant(0, NEVER), [Tenant(9, MAYBE)], True),
        (Tenant(9, NEVER), [Tenant(0, NEVER)], False),
    ],
)
def test_who_can_be_evicted_first(victim: Tenant, others: list[Tenant], first: bool) -> None:
    assert may_be_first(victim, others) is first


TENANTS = st.builds(Tenant, st.integers(0, 3), st.sampled_from([ALWAYS, MAYBE, NEVER]))


@given(st.lists(TENANTS, min_size=1, max_size=5))
def test_somebody_always_comes_first(tenants: list[Tenant]) -> None:
    assert any(may_be_first(tenants[i], tenants[:i] + tenants[i + 1 :]) for i in range(len(tenants)))


TOLERATES = (Toleration("node.kubernetes.io/memory-pressure", operator="Exists", effect=NO_SCHEDULE),)


@pytest.mark.parametrize(
    ("pressed", "pod", "admitted"),
    [
        ("", spec(), True),
        (MEMORY_PRESSURE, spec(), False),
        (MEMORY_PRESSURE, spec(tolerations=TOLERATES), True),
        (MEMORY_PRESSURE, spec(BOTH), True),
        (DISK_PRESSURE, spec(BOTH, BOTH), False),
        (PID_PRESSURE, spec(priority=CRITICAL_PRIORITY), True),
    ],
)
def test_who_is_admitted_by_a_node_that_is_short(pressed: str, pod: PodSpec, admitted: bool) -> None:
    assert admitted_under(pressed, pod) is admitted


def test_an_evicted_pod_is_failed_and_says_why() -> None:
    evicted = Evict()(Pod(spec=spec()))
    assert (evicted.status.phase, evicted.status.reason) == (FAILED, "Evicted")
    assert condition_is_true(evicted.status.conditions, "DisruptionTarget")
    assert not condition_is_true(evicted.status.conditions, "Ready")


def test_critical_pods_are_spared() -> None:
    assert spared(spec(priority=CRITICAL_PRIORITY))
    assert not spared(spec(priority=CRITICAL_PRIORITY - 1))
