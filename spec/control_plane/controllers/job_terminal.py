"""When a Job is over, and how (controllers-workloads §6.2).

An end is announced first, by the condition SuccessCriteriaMet or FailureTarget, and written once every pod is counted
and none is left.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...objects.conditions import Condition, condition_is_true, find_condition
from ...objects.job import COMPLETE, FAILED, FAILURE_TARGET, SUCCESS_CRITERIA_MET, Job
from ...objects.pod import PENDING, RUNNING
from .job_counts import Counts, Seen, is_failed
from .pod_failure_policy import match
from .success_policy import met_by

BACKOFF_LIMIT_EXCEEDED = "BackoffLimitExceeded"
DEADLINE_EXCEEDED = "DeadlineExceeded"
POD_FAILURE_POLICY = "PodFailurePolicy"
SUCCESS_POLICY = "SuccessPolicy"
MAX_FAILED_INDEXES_EXCEEDED, FAILED_INDEXES = "MaxFailedIndexesExceeded", "FailedIndexes"
COMPLETIONS_REACHED = "CompletionsReached"


def is_finished(job: Job) -> bool:
    """Whether the Job is Complete or Failed, for good."""
    return any(condition_is_true(job.status.conditions, type_) for type_ in (COMPLETE, FAILED))


def announced(job: Job) -> Condition | None:
    """The end that the Job's status announces already."""
    for type_ in (SUCCESS_CRITERIA_MET, FAILURE_TARGET):
        if condition_is_true(job.status.conditions, type_):
            return find_condition(job.status.conditions, type_)
    return None


def ending(job: Job, counts: Counts, pods: Iterable[Seen], now: float) -> Condition | None:
    """The end that the Job comes to before it has all its completions, None if it goes on; ``now`` in seconds."""
    found = tuple(pods)
    before = announced(job)
    if before is not None:
        return before
    if _fails_by_policy(job, found):
        return Condition(FAILURE_TARGET, "True", POD_FAILURE_POLICY)
    if counts.failed > job.spec.backoff_limit or _restarts_exceed(job, found):
        return Condition(FAILURE_TARGET, "True", BACKOFF_LIMIT_EXCEEDED)
    if past_deadline(job, now):
        return Condition(FAILURE_TARGET, "True", DEADLINE_EXCEEDED)
    if counts.failed_indexes:
        most = job.spec.max_failed_indexes
        if most is not None and len(counts.failed_indexes) > most:
            return Condition(FAILURE_TARGET, "True", MAX_FAILED_INDEXES_EXCEEDED)
        if len(counts.failed_indexes | counts.indexes) >= (job.spec.completions or 0):
            return Condition(FAILURE_TARGET, "True", FAILED_INDEXES)
    if met_by(job.spec.success_policy, counts.indexes, job.spec.completions or 0) is not None:
        return Condition(SUCCESS_CRITERIA_MET, "True", SUCCESS_POLICY)
    return None


def _fails_by_policy(job: Job, pods: Iterable[Seen]) -> bool:
    policy = job.spec.pod_failure_policy
    return any(
        bool(match(policy, seen.pod).message) for seen in pods if seen.pod is not None and is_failed(seen.pod, job.spec)
    )


def _restarts_exceed(job: Job, pods: Iterable[Seen]) -> bool:
    """Whether the containers of pods that restart them in place have done so too often; a limit of 0 allows none."""
    if job.spec.template.spec.restart_policy != "OnFailure":
        return False
    standing = (seen for seen in pods if seen.pod is not None and seen.pod.status.phase in (RUNNING, PENDING))
    restarts = sum(seen.restarts for seen in standing)
    return restarts >= max(job.spec.backoff_limit, 1)


def past_deadline(job: Job, now: float) -> bool:
    """Whether the Job has been active for as long as it may; ``now`` in seconds."""
    deadline, start = job.spec.active_deadline_seconds, job.status.start_time
    return deadline is not None and start is not None and not job.spec.suspend and now - start >= deadline


def completed(job: Job, succeeded: int, active: int) -> bool:
    """Whether all completions are there and no pod is active; of a work queue, whether one pod has succeeded."""
    needed = 1 if job.spec.completions is None else job.spec.completions
    return succeeded >= needed and active == 0


def terminal(end: Condition) -> Condition:
    """The terminal condition that ``end`` announces."""
    return Condition(COMPLETE if end.type == SUCCESS_CRITERIA_MET else FAILED, "True", end.reason)
