from __future__ import annotations

from typing import Any

import attrs
import pytest
from kubemodel.spec.control_plane.controllers.deployment_status import (
    FOUND_NEW_REPLICA_SET,
    NEW_REPLICA_SET_AVAILABLE,
    PAUSED,
    PROGRESS_DEADLINE_EXCEEDED,
    PROGRESSING,
    REPLICA_SET_UPDATED,
    RESUMED,
    due_status,
    with_progress,
)
from kubemodel.spec.objects.conditions import Condition, find_condition
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.pod import PodTemplateSpec
from kubemodel.spec.objects.workloads import (
    Deployment,
    DeploymentSpec,
    DeploymentStatus,
    ReplicaSet,
    ReplicaSetSpec,
    ReplicaSetStatus,
)

OLD = PodTemplateSpec(ObjectMeta("old template"))


def web(reason: str = "", status: DeploymentStatus = DeploymentStatus(), **spec: Any) -> Deployment:  # noqa: B008
    if reason:
        status = with_progress(status, "True", reason)
    return Deployment(ObjectMeta("web"), DeploymentSpec(**{"replicas": 2, **spec}), status)


def replica_set(replicas: int, available: int, template: PodTemplateSpec = PodTemplateSpec()) -> ReplicaSet:  # noqa: B008
    status = ReplicaSetStatus(1, replicas, replicas, available, available)
    return ReplicaSet(ObjectMeta(f"web-{template.metadata.name}"), ReplicaSetSpec(replicas, template=template), status)


def reason(status: DeploymentStatus) -> str:
    condition = find_condition(status.conditions, PROGRESSING)
    return condition.reason if condition is not None else ""


def reported(deployment: Deployment, *sets: ReplicaSet) -> Deployment:
    """The Deployment with the counts of its ReplicaSets already in its status."""
    return attrs.evolve(deployment, status=due_status(deployment, sets, 0.0))


def test_a_found_replica_set_is_noted_first() -> None:
    status = due_status(web(), (replica_set(2, 2),), 0.0)
    assert (reason(status), status.replicas) == (FOUND_NEW_REPLICA_SET, 0)


def test_counts_are_summed_over_all_replica_sets() -> None:
    status = due_status(web("x"), (replica_set(1, 0), replica_set(2, 1, OLD)), 0.0)
    counts = (status.replicas, status.updated_replicas, status.ready_replicas, status.available_replicas)
    assert (*counts, status.unavailable_replicas, status.observed_generation) == (3, 1, 1, 1, 2, 1)


def test_all_updated_and_available_is_complete() -> None:
    assert reason(due_status(web("x"), (replica_set(2, 2),), 0.0)) == NEW_REPLICA_SET_AVAILABLE


def test_a_complete_rollout_stays_complete_when_a_pod_is_lost() -> None:
    done = reported(web("x"), replica_set(2, 2))
    assert reason(due_status(done, (replica_set(2, 1),), 10_000.0)) == NEW_REPLICA_SET_AVAILABLE


def test_more_of_the_new_template_is_progress() -> None:
    assert reason(due_status(web("x"), (replica_set(1, 0),), 10_000.0)) == REPLICA_SET_UPDATED


@pytest.mark.parametrize(("now", "late"), [(600.0, False), (601.0, True)])
def test_no_progress_is_reported_after_the_deadline(now: float, late: bool) -> None:
    stuck = reported(web("x"), replica_set(1, 0))
    status = due_status(stuck, (replica_set(1, 0),), now)
    assert (reason(status) == PROGRESS_DEADLINE_EXCEEDED) == late


def test_progress_ends_a_time_out() -> None:
    late = web(PROGRESS_DEADLINE_EXCEEDED, DeploymentStatus(replicas=1, updated_replicas=1))
    assert reason(due_status(late, (replica_set(1, 0),), 0.0)) == PROGRESS_DEADLINE_EXCEEDED
    assert reason(due_status(late, (replica_set(2, 0),), 0.0)) == REPLICA_SET_UPDATED


@pytest.mark.parametrize(
    ("before", "paused", "after"),
    [
        ("x", True, PAUSED),
        (PAUSED, False, RESUMED),
        (PROGRESS_DEADLINE_EXCEEDED, True, PROGRESS_DEADLINE_EXCEEDED),
    ],
)
def test_pausing_and_resuming_are_noted_unless_time_ran_out(before: str, paused: bool, after: str) -> None:
    assert reason(due_status(web(before, paused=paused), (), 0.0)) == after


def test_without_a_deadline_there_is_no_progressing_condition() -> None:
    assert reason(due_status(web("x", progress_deadline_seconds=None), (replica_set(1, 0),), 0.0)) == ""


@pytest.mark.parametrize(("available", "status"), [(2, "True"), (1, "False")])
def test_availability_is_that_of_the_promised_minimum(available: int, status: str) -> None:
    found = find_condition(due_status(web("x"), (replica_set(2, available),), 0.0).conditions, "Available")
    assert found is not None and found.status == status


def test_the_failure_of_the_new_replica_set_goes_before_that_of_an_old_one() -> None:
    def failing(one: ReplicaSet, why: str) -> ReplicaSet:
        failure = Condition("ReplicaFailure", "True", why)
        return attrs.evolve(one, status=attrs.evolve(one.status, conditions=(failure,)))

    new, old = failing(replica_set(1, 0), "FailedCreate"), failing(replica_set(1, 1, OLD), "FailedDelete")
    status = due_status(web("x"), (old, new), 0.0)
    assert find_condition(status.conditions, "ReplicaFailure") == Condition("ReplicaFailure", "True", "FailedCreate")


def test_conditions_stand_in_the_order_of_their_types() -> None:
    status = due_status(web("x"), (replica_set(2, 2),), 0.0)
    assert [condition.type for condition in status.conditions] == ["Available", "Progressing"]
