"""What a Job's controller counts: active, finished and terminating pods, the uncounted ones included.

A finished pod is counted by way of the finalizer that every pod of a Job carries: its uid goes into the list of
uncounted pods in the Job's status, its finalizer is taken away, its uid moves from the list to the counter
(controllers-workloads §6.4). What is in the list counts already.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ...objects.job import Job, JobSpec, replaces_failed_only
from ...objects.pod import FAILED, SUCCEEDED, Pod, is_ready, is_terminal
from .job_indexes import completion_index, failures_before, in_range, indexes_of, is_indexed, succeeded_indexes
from .pod_failure_policy import FAIL_INDEX, match
from .replicaset_decisions import is_active

TRACKING = "batch.kubernetes.io/job-tracking"
"""The finalizer that every pod of a Job carries until it is counted."""

LISTED_SUCCEEDED, LISTED_FAILED = "succeeded", "failed"


@attrs.frozen(cache_hash=True)
class Seen:
    """A pod of a Job as its controller knows it; ``pod`` None: it is gone.

    ``listed``: where the status lists its uid: LISTED_SUCCEEDED, LISTED_FAILED or "". ``removing``: the controller took
    the finalizer away and has not yet seen that. ``restarts`` of its containers.
    """

    pod: Pod | None
    listed: str = ""
    removing: bool = False
    restarts: int = 0


def tracked(seen: Seen) -> bool:
    """Whether the pod still carries the finalizer, and the controller did not just take it away."""
    return seen.pod is not None and TRACKING in seen.pod.metadata.finalizers and not seen.removing


def is_failed(pod: Pod, spec: JobSpec) -> bool:
    """Whether the pod counts as failed: it is, or it is being deleted and is replaced at once."""
    if pod.status.phase == FAILED:
        return True
    return not replaces_failed_only(spec) and pod.metadata.terminating and pod.status.phase != SUCCEEDED


def active_pods(pods: Iterable[Seen]) -> tuple[Seen, ...]:
    """The active ones of ``pods``."""
    return tuple(seen for seen in pods if seen.pod is not None and is_active(seen.pod))


def newly_finished(pods: Iterable[Seen], spec: JobSpec) -> tuple[tuple[Seen, ...], tuple[Seen, ...]]:
    """The pods that succeeded, and those that failed, with a finalizer and not in the list yet."""
    new = [seen for seen in pods if tracked(seen) and not seen.listed]
    succeeded = tuple(seen for seen in new if seen.pod is not None and seen.pod.status.phase == SUCCEEDED)
    failed = tuple(seen for seen in new if seen.pod is not None and is_failed(seen.pod, spec))
    return succeeded, failed


def counted_by_pods(job: Job, pods: Iterable[Seen]) -> Job:
    """The Job with the counters that it had before pods were tracked: the finished pods that exist, no others.

    A finished pod that is deleted is not counted any more (controllers-workloads §6, before v1.26).
    """
    ended = [seen.pod.status.phase for seen in pods if seen.pod is not None]
    status = attrs.evolve(job.status, succeeded=ended.count(SUCCEEDED), failed=ended.count(FAILED))
    return attrs.evolve(job, status=status)


@attrs.frozen(cache_hash=True)
class Counts:
    """Pods of a Job by what they are; ``succeeded`` and ``failed`` with all that the status counted before.

    ``indexes`` that have succeeded, of an Indexed Job, and ``failed_indexes`` that have failed for good.
    """

    active: int
    ready: int
    terminating: int
    succeeded: int
    failed: int
    indexes: frozenset[int] = frozenset()
    failed_indexes: frozenset[int] = frozenset()


def fails_index(pod: Pod, spec: JobSpec) -> bool:
    """Whether the failed pod is the last one of its index: its policy says so, or its index has failed too often."""
    if spec.backoff_limit_per_index is None:
        return False
    found = match(spec.pod_failure_policy, pod)
    return found.action == FAIL_INDEX or (found.counts and failures_before(pod) >= spec.backoff_limit_per_index)


def failed_indexes(job: Job, pods: Iterable[Seen]) -> frozenset[int]:
    """The indexes that have failed: those of the status, and those whose last pod has failed."""
    completions = job.spec.completions or 0
    new = (
        completion_index(seen.pod)
        for seen in pods
        if seen.pod is not None
        and tracked(seen)
        and is_failed(seen.pod, job.spec)
        and in_range(seen.pod, completions)
        and fails_index(seen.pod, job.spec)
    )
    return indexes_of(job.status.failed_indexes, completions) | frozenset(it for it in new if it is not None)


def count(job: Job, pods: Iterable[Seen]) -> Counts:
    """What there is of ``pods`` and what the status counts already (controllers-workloads §6.1)."""
    found = tuple(pods)
    spec, status = job.spec, job.status
    active = active_pods(found)
    new_succeeded, new_failed = newly_finished(found, spec)
    failures = sum(match(spec.pod_failure_policy, seen.pod).counts for seen in new_failed if seen.pod is not None)
    succeeded = status.succeeded + len(new_succeeded) + sum(seen.listed == LISTED_SUCCEEDED for seen in found)
    indexes: frozenset[int] = frozenset()
    if is_indexed(spec):
        standing = (seen.pod for seen in found if seen.pod is not None and tracked(seen))
        indexes = succeeded_indexes(standing, status.completed_indexes, spec.completions or 0)
        succeeded = len(indexes)
    return Counts(
        active=len(active),
        ready=sum(is_ready(seen.pod) for seen in active if seen.pod is not None),
        terminating=sum(_terminating(seen.pod) for seen in found),
        succeeded=succeeded,
        failed=status.failed + failures + sum(seen.listed == LISTED_FAILED for seen in found),
        indexes=indexes,
        failed_indexes=failed_indexes(job, found) if spec.backoff_limit_per_index is not None else frozenset(),
    )


def _terminating(pod: Pod | None) -> bool:
    return pod is not None and pod.metadata.terminating and not is_terminal(pod)
