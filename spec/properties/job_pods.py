"""Properties of Jobs and what becomes of their pods (invariants 59, 61, 63, 64)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..control_plane.controllers.job import RELEASE_ORPHAN, job_name
from ..control_plane.controllers.job_counts import TRACKING
from ..control_plane.controllers.job_indexes import completion_index
from ..control_plane.controllers.job_terminal import is_finished
from ..kinds import JOB, POD
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Shape, StateProperty, StepProperty, TemporalProperty, violated
from ..language.query import ANY, COUNT, Query
from ..objects.conditions import condition_is_true
from ..objects.job import COMPLETE, Job
from ..objects.pod import SUCCEEDED, Pod, is_terminal

Change = tuple[Any, ...]


def _not_lost(_component: str, rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (pod, listed), (now, _) = before, after
    if pod is None or TRACKING not in pod.metadata.finalizers or not is_terminal(pod):
        return IDLE
    if now is not None and TRACKING in now.metadata.finalizers:
        return IDLE
    if listed is not None or rule == RELEASE_ORPHAN.name:
        return HOLDS
    if completion_index(pod) is not None and pod.status.phase == SUCCEEDED:
        # The completed indexes of the status say so of it, without a list.
        return IDLE
    return violated(f"a finished pod of {job_name(pod)} is let go before the Job's status tells of it")


NOT_LOST = StepProperty(
    name="job-pod-not-lost-before-counting",
    statement="a finished pod keeps the tracking finalizer until its Job's status lists it, or its Job is gone",
    kind=POD,
    fields=("object", "uncounted"),
    judge=_not_lost,
    reference="invariants 59",
    advice="look at who else takes finalizers off pods",
)


def _complete(job: Job | None) -> Job | None:
    return job if job is not None and condition_is_true(job.status.conditions, COMPLETE) else None


def _at_least_once(job: Job) -> Finding:
    wanted = 1 if job.spec.completions is None else job.spec.completions
    if job.status.succeeded >= wanted or job.spec.success_policy is not None:
        return HOLDS
    return violated(f"{job.metadata.name} is Complete with {job.status.succeeded} pods succeeded of {wanted}")


AT_LEAST_ONCE = StateProperty(
    name="job-runs-at-least-once-not-exactly-once",
    statement="a Job that is Complete has had as many successful pods as it asks for; programs may have run more often",
    key=Key(JOB, ("object",), _complete),
    judge=_at_least_once,
    reference="invariants 61",
    advice="look at who writes the status of the Job",
)


def _over(job: Job | None) -> str | None:
    return job.metadata.name if job is not None and is_finished(job) else None


def _running(name: str, pod: Pod | None) -> bool | None:
    return True if pod is not None and job_name(pod) == name and not is_terminal(pod) else None


def _none_runs(name: str, running: int) -> Finding:
    return violated(f"{name} is over, and {running} of its pods are not") if running else HOLDS


NONE_RUNS = StateProperty(
    name="job-terminal-implies-no-running",
    statement="a Job is Complete or Failed only when none of its pods is active or terminating any more",
    key=Key(JOB, ("object",), _over),
    queries={"running": Query(POD, ("object",), _running, COUNT)},
    judge=_none_runs,
    reference="invariants 63",
    advice="the terminal condition has to wait for pods that terminate",
)


def _of_job(pod: Pod | None) -> tuple[str, bool] | None:
    name = job_name(pod) if pod is not None else ""
    return (name, TRACKING in pod.metadata.finalizers) if pod is not None and name else None


def _goes_on(key: tuple[str, bool], job: Job | None) -> bool | None:
    return True if job is not None and job.metadata.name == key[0] and not is_finished(job) else None


def _released(key: tuple[str, bool], goes_on: bool) -> Finding:
    name, tracked = key
    if goes_on:
        return IDLE
    return violated(f"{name} is over or gone, and a pod of it still has its finalizer") if tracked else HOLDS


FINALIZERS_REMOVED = TemporalProperty(
    name="job-finalizers-eventually-removed",
    statement="no pod keeps the tracking finalizer of a Job that is over or gone",
    key=Key(POD, ("object",), _of_job),
    queries={"goes_on": Query(JOB, ("object",), _goes_on, ANY)},
    judge=_released,
    shape=Shape.INFINITELY_OFTEN,
    reference="invariants 64",
    advice="look at the Job controller: pods of deleted Jobs are its orphans",
)
