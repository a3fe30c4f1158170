"""The Job controller against the tables of Kubernetes' own unit tests.

An adapter decodes a case, calls one function that the controller's rules call too, and encodes the answer; a case
holds if the answer contains what is expected. Feature gates that have been locked on since are on here: what a case
expects with one of them off is compared without what the gate adds.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..spec.control_plane.controllers import job_backoff, job_indexes, pod_failure_policy, success_policy
from ..spec.control_plane.controllers.job_counts import Seen, newly_finished
from ..spec.control_plane.controllers.job_decisions import sync
from ..spec.objects.conditions import condition_is_true
from ..spec.objects.decoding_job import decode_job, decode_pod_failure_policy, decode_success_policy
from ..spec.objects.decoding_pod import decode_pod
from ..spec.objects.job import COMPLETE, FAILURE_TARGET, SUCCESS_CRITERIA_MET, Job, JobStatus
from ..spec.objects.plain_data import seconds
from ..spec.objects.pod import Pod
from .question import Answer, Given, Question, Questions

_GATES_OFF = {"JobPodReplacementPolicy": False, "JobManagedBy": False}


def _pods(given: Given, key: str = "pods") -> tuple[Pod, ...]:
    return tuple(map(decode_pod, given[key]))


def _dashes(indexes: frozenset[int]) -> str:
    """Interval text in which neighbours are joined by a dash, as these cases have it."""
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in job_indexes.intervals(indexes))


def _failure_policy(given: Given) -> Answer:
    found = pod_failure_policy.match(decode_pod_failure_policy(given["podFailurePolicy"]), decode_pod(given["pod"]))
    return {
        "action": found.action or None,
        "countsAsFailure": found.counts,
        "jobFailureMessage": found.message or None,
        "matchedRuleName": None,
    }


def _success(given: Given) -> Answer:
    succeeded = job_indexes.indexes_of(given["completedIndexes"])
    rule = success_policy.met_by(decode_success_policy(given["successPolicy"]), succeeded, given["completions"])
    return {"met": rule is not None, "ruleIndex": rule}


def _completed_indexes(given: Given) -> Answer:
    job = decode_job(given["job"])
    assert job.spec.completions is not None
    before, completions = job.status.completed_indexes, job.spec.completions
    return {
        "fromStatus": _dashes(job_indexes.indexes_of(before, completions)),
        "completedIndexes": _dashes(job_indexes.succeeded_indexes(_pods(given), before, completions)),
    }


def _pending_indexes(given: Given) -> Answer:
    taken = job_indexes.indexes_of(given["completedIndexes"]) | {
        index for pod in _pods(given, "activePods") if (index := job_indexes.completion_index(pod)) is not None
    }
    return {"indexes": list(job_indexes.pending_indexes(taken, given["podsToCreate"], given["completions"]))}


def _duplicates(given: Given) -> Answer:
    kept, removed = job_indexes.duplicates(_pods(given), given["completions"])
    return {
        "keep": [[str(job_indexes.completion_index(pod)), pod.status.phase] for pod in kept],
        "removeCount": len(removed),
    }


def _backoff_record(given: Given) -> Answer:
    times = {text: seconds(text) for key in ("succeededPodsFinishedAt", "failedPodsFinishedAt") for text in given[key]}
    found = job_backoff.record(
        job_backoff.BackoffRecord(given["previousFailures"]),
        [times[text] for text in given["succeededPodsFinishedAt"]],
        [times[text] for text in given["failedPodsFinishedAt"]],
    )
    last = next((text for text, time in times.items() if time == found.last_failure), None)
    return {"failuresAfterLastSuccess": found.failures, "lastFailureTime": last}


def _backoff_remaining(given: Given) -> Answer:
    last, now = (seconds(given[key]) if key in given else None for key in ("lastFailureTime", "now"))
    found = job_backoff.BackoffRecord(given["failuresAfterLastSuccess"], last)
    limits = (float(given["defaultBackoffSeconds"]), float(given["maxBackoffSeconds"]))
    return {"remainingSeconds": job_backoff.remaining(found, now or 0.0, *limits)}


def _finish_time(given: Given) -> Answer:
    pod = decode_pod(given["pod"])
    return {"finishedAt": job_backoff.finished_at(pod, now=0.0)}


def _synced(given: Given) -> Answer:
    job = decode_job(given["job"])
    pods = [Seen(pod) for pod in _pods(given)]
    now = seconds(given["now"]) if "now" in given else 0.0
    # All that the sync may do comes to the same counts: pods that tie in the ranking are alike in these cases.
    (found, *_) = sync(
        job,
        pods,
        satisfied=not any(given.get("outstandingExpectations", {}).values()),
        waits=_waits(job, pods, given.get("backoff"), now),
        now=now,
    )
    released = len(found.deletes) if found.releases else 0
    return {
        "creates": len(found.creates),
        "deletes": len(found.deletes),
        "finalizerRemovals": released + len(found.frees),
        "status": _status(found.final, given["featureGates"]),
        "createdIndexes": list(found.creates),
    }


def _waits(job: Job, pods: list[Seen], before: Given | None, now: float) -> bool:
    record = job_backoff.BackoffRecord()
    if before is not None:
        record = job_backoff.BackoffRecord(before["failuresAfterLastSuccess"], seconds(before["lastFailureTime"]))
    succeeded, failed = (
        [job_backoff.finished_at(seen.pod, now) for seen in found if seen.pod is not None]
        for found in newly_finished(pods, job.spec)
    )
    return job_backoff.remaining(job_backoff.record(record, succeeded, failed), now) > 0


def _status(status: JobStatus, gates: Mapping[str, bool]) -> Answer:
    old = all(gates.get(gate) is off for gate, off in _GATES_OFF.items())
    conditions = [{"type": it.type, "status": it.status, "reason": it.reason} for it in status.conditions]
    if old and any(condition_is_true(status.conditions, end) for end in (COMPLETE, "Failed")):
        conditions = [it for it in conditions if it["type"] not in (SUCCESS_CRITERIA_MET, FAILURE_TARGET)]
    return {
        "active": status.active,
        "ready": status.ready,
        "succeeded": status.succeeded,
        "failed": status.failed,
        "terminating": None if old else status.terminating,
        "completedIndexes": status.completed_indexes,
        "conditions": conditions,
    }


def _times_read(expected: Answer) -> Answer:
    return {key: seconds(value) if key == "finishedAt" else value for key, value in expected.items()}


QUESTIONS: Questions = {
    "action of the pod failure policy for a failed pod, and whether the failure counts towards backoffLimit": Question(
        _failure_policy
    ),
    "whether the success policy is met, and by which rule": Question(_success),
    "completed indexes read from the status, and after adding succeeded pods (interval text; consecutive indexes joined"
    " with a dash)": Question(_completed_indexes),
    "completed indexes after adding succeeded pods (interval text; consecutive indexes joined with a dash)": Question(
        _completed_indexes
    ),
    "which completion indexes get the next pods": Question(_pending_indexes),
    "index and phase of the active pods of an Indexed Job that are kept, sorted by index": Question(_duplicates),
    "failures since the last success and time of the last failure": Question(_backoff_record),
    "seconds to wait before the next pod is created": Question(_backoff_remaining),
    "finish time of a pod for backoff": Question(_finish_time, expected=_times_read),
    "pods created, deleted and released in one sync, and the resulting Job status": Question(_synced),
}
