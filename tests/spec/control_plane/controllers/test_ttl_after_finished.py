"""When a Job is to be deleted because it has finished."""

from __future__ import annotations

import attrs
from kubemodel.spec.control_plane.controllers.ttl_after_finished import expires
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.job import COMPLETE, FAILED, FAILURE_TARGET, Job, JobSpec, JobStatus
from kubemodel.spec.objects.metadata import ObjectMeta

KEPT_FOR_A_MINUTE = JobSpec(ttl_seconds_after_finished=60)


def ended(type_: str, spec: JobSpec = KEPT_FOR_A_MINUTE) -> Job:
    return Job(spec=spec, status=JobStatus(conditions=(Condition(type_, "True"),)))


def test_a_job_that_has_succeeded_or_failed_expires() -> None:
    assert expires(ended(COMPLETE), 60)
    assert expires(ended(FAILED), 60)
    assert not expires(ended(COMPLETE), 30)


def test_one_that_has_not_ended_or_says_nothing_does_not() -> None:
    assert not expires(None, 60)
    assert not expires(Job(spec=KEPT_FOR_A_MINUTE), 60)
    assert not expires(ended(FAILURE_TARGET), 60)
    assert not expires(ended(COMPLETE, JobSpec()), 60)


def test_one_that_is_being_deleted_is_not_deleted_again() -> None:
    assert not expires(attrs.evolve(ended(COMPLETE), metadata=ObjectMeta(deletion_timestamp=0.0)), 60)
