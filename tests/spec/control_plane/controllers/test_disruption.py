"""What the disruption controller decides that no conformance case asks."""

from __future__ import annotations

from frozendict import frozendict
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.controllers.disruption_decisions import (
    DELETION_TIMEOUT,
    Covered,
    Scaled,
    budget_status,
    find_scale,
    is_stale_disruption,
    needs_scale,
    recent_disruptions,
)
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.disruption import (
    PodDisruptionBudget,
    PodDisruptionBudgetSpec,
    PodDisruptionBudgetStatus,
)
from kubemodel.spec.objects.metadata import ObjectMeta, OwnerReference
from kubemodel.spec.objects.pod import Pod, PodStatus

OWNER = OwnerReference("ReplicaSet", "web", controller=True)
WEB = Scaled("ReplicaSet", "web", None, 3)


def budget(**spec: int | str) -> PodDisruptionBudget:
    return PodDisruptionBudget(ObjectMeta(name="web"), PodDisruptionBudgetSpec(**spec))  # type: ignore[arg-type]


def pods(ready: int, unready: int = 0) -> list[tuple[Covered, int]]:
    return [(Covered(OWNER, True, False, None), ready), (Covered(OWNER, False, False, None), unready)]


def test_only_a_plain_number_needs_no_scale() -> None:
    assert not needs_scale(budget(min_available=1))
    assert needs_scale(budget(min_available="50%"))
    assert needs_scale(budget(max_unavailable=1))


def test_what_has_no_scale_allows_nothing() -> None:
    status = budget_status(budget(max_unavailable=1), pods(3), (), 0.0)
    assert status.disruptions_allowed == 0
    assert [it.reason for it in status.conditions] == ["SyncFailed"]


def test_a_budget_without_limits_wants_nothing_and_allows_nothing() -> None:
    status = budget_status(budget(), pods(3), (WEB,), 0.0)
    assert (status.desired_healthy, status.disruptions_allowed) == (0, 0)


def test_a_replica_set_of_a_deployment_stands_for_it() -> None:
    deployment = Scaled("Deployment", "web", None, 5)
    owned = Scaled("ReplicaSet", "web", None, 3, OwnerReference("Deployment", "web", controller=True))
    assert find_scale(OWNER, (owned, deployment)) == deployment
    assert find_scale(OWNER, (owned,)) is None
    assert find_scale(OWNER, (WEB,)) == WEB


def test_an_eviction_counts_until_its_pod_goes_or_two_minutes_have_passed() -> None:
    status = PodDisruptionBudgetStatus(disrupted_pods=frozendict({"a": 0.0, "b": 0.0, "c": 0.0}))
    seen = [Covered(OWNER, True, False, "a"), Covered(OWNER, True, True, "b")]
    assert set(recent_disruptions(status, seen, DELETION_TIMEOUT)) == {"a"}
    assert set(recent_disruptions(status, seen, DELETION_TIMEOUT + 1)) == set()


def test_a_pod_that_is_being_deleted_keeps_the_condition() -> None:
    target = PodStatus(conditions=(Condition("DisruptionTarget", "True"),))
    assert is_stale_disruption(Pod(status=target), DELETION_TIMEOUT + 1)
    assert not is_stale_disruption(Pod(ObjectMeta(deletion_timestamp=1.0), status=target), DELETION_TIMEOUT + 1)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 100), st.booleans())
def test_never_more_than_the_healthy_pods_above_those_desired(ready: int, unready: int, part: int, most: bool) -> None:
    spec = {"max_unavailable": f"{part}%"} if most else {"min_available": f"{part}%"}
    status = budget_status(budget(**spec), pods(ready, unready), (Scaled("ReplicaSet", "web", None, 9),), 0.0)
    assert status.current_healthy == ready
    assert status.disruptions_allowed <= max(0, ready - status.desired_healthy)
    assert 0 <= status.desired_healthy <= status.expected_pods
