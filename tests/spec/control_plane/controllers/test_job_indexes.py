"""Failures that count for one index of a Job: when it has failed, and which pod must stay to tell of it."""

from __future__ import annotations

from typing import Any

from frozendict import frozendict
from kubemodel.spec.control_plane.controllers.job_counts import TRACKING, Seen, count, fails_index
from kubemodel.spec.control_plane.controllers.job_decisions import sync
from kubemodel.spec.control_plane.controllers.job_indexes import COMPLETION_INDEX, FAILURE_COUNT
from kubemodel.spec.control_plane.controllers.job_requests import failures_of, new_pod
from kubemodel.spec.control_plane.controllers.job_terminal import (
    FAILED_INDEXES,
    MAX_FAILED_INDEXES_EXCEEDED,
    ending,
)
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.job import INDEXED, Job, JobSpec, OnPodCondition, PodFailurePolicy, PodFailureRule
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.pod import FAILED, RUNNING, SUCCEEDED, Pod, PodStatus

DISRUPTED = Condition("DisruptionTarget", "True")


def pod(index: int, phase: str, before: int = 0, *conditions: Condition) -> Pod:
    annotations = frozendict({COMPLETION_INDEX: str(index), FAILURE_COUNT: str(before)})
    meta = ObjectMeta(annotations=annotations, finalizers=(TRACKING,))
    return Pod(meta, status=PodStatus(phase, conditions))


def job(completions: int = 2, limit: int | None = 1, **spec: Any) -> Job:
    return Job(
        spec=JobSpec(completions, completions, 10**6, limit, completion_mode=INDEXED, **spec),
    )


def on_disruption(action: str) -> PodFailurePolicy:
    return PodFailurePolicy((PodFailureRule(action, on_pod_conditions=(OnPodCondition("DisruptionTarget"),)),))


def test_an_index_fails_when_it_has_failed_once_more_than_it_may() -> None:
    assert not fails_index(pod(0, FAILED, 0), job().spec)
    assert fails_index(pod(0, FAILED, 1), job().spec)
    assert not fails_index(pod(0, FAILED, 5), job(limit=None).spec)


def test_a_policy_can_fail_it_at_once_or_not_count_the_failure() -> None:
    failed = pod(0, FAILED, 0, DISRUPTED)
    assert fails_index(failed, job(pod_failure_policy=on_disruption("FailIndex")).spec)
    assert not fails_index(pod(0, FAILED, 1, DISRUPTED), job(pod_failure_policy=on_disruption("Ignore")).spec)


def test_the_next_pod_of_an_index_tells_how_often_it_has_failed() -> None:
    pods = (Seen(pod(0, FAILED, 0)), Seen(pod(1, RUNNING)))
    assert failures_of(job(), pods, 0) == 1
    assert failures_of(job(), pods, 1) == 0
    assert new_pod(job(), 0, 1).metadata.annotations == {COMPLETION_INDEX: "0", FAILURE_COUNT: "1"}
    assert new_pod(job(limit=None), 0).metadata.annotations == {COMPLETION_INDEX: "0"}


def test_a_failed_pod_keeps_its_finalizer_until_another_stands_for_its_index() -> None:
    alone = (Seen(pod(0, FAILED, 0)),)
    (first,) = sync(job(1), alone, satisfied=True, waits=True, now=0.0)
    assert (first.frees, [place for _, place in first.lists], first.final.failed) == ((), ["failed"], 0)
    replaced = (Seen(pod(0, FAILED, 0), "failed"), Seen(pod(0, RUNNING, 1)))
    (second,) = sync(job(1), replaced, satisfied=True, waits=False, now=0.0)
    assert (second.frees, second.final.failed) == ((replaced[0],), 1)


def test_a_job_ends_when_too_many_of_its_indexes_have_failed_or_no_other_is_left() -> None:
    one = (Seen(pod(0, FAILED, 1)), Seen(pod(1, RUNNING)))
    none_may, any_may = job(max_failed_indexes=0), job()
    end = ending(none_may, count(none_may, one), one, 0.0)
    assert end is not None and end.reason == MAX_FAILED_INDEXES_EXCEEDED
    assert ending(any_may, count(any_may, one), one, 0.0) is None
    over = (Seen(pod(0, FAILED, 1)), Seen(pod(1, SUCCEEDED)))
    end = ending(any_may, count(any_may, over), over, 0.0)
    assert end is not None and end.reason == FAILED_INDEXES


def test_a_failed_index_is_not_tried_again() -> None:
    (found,) = sync(job(), (Seen(pod(0, FAILED, 1)),), satisfied=True, waits=False, now=0.0)
    assert found.creates == (1,)
    assert found.final.failed_indexes == "0"
