"""Properties of Jobs (invariants 57-62)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..control_plane.controllers.job import RELEASE_ORPHAN, job_name
from ..control_plane.controllers.job_counts import TRACKING
from ..control_plane.controllers.job_terminal import is_finished
from ..control_plane.controllers.replicaset_decisions import is_active
from ..kinds import JOB, POD
from ..language.component import Key
from ..language.property import (
    HOLDS,
    IDLE,
    Finding,
    Shape,
    StateProperty,
    StepProperty,
    TemporalProperty,
    suspended,
    violated,
)
from ..language.query import COUNT, Query
from ..objects.conditions import condition_is_true
from ..objects.job import COMPLETE, FAILED, Job
from ..objects.pod import SUCCEEDED, Pod
from .assumptions import PODS_LOST, disturbed

Change = tuple[Any, ...]
Answers = Mapping[str, Any]


def _monotonic(_component: str, _rule: str, before: Change, after: Change, _seen: Answers) -> Finding:
    (old,), (new,) = before, after
    if old is None or new is None:
        return IDLE
    for counter in ("succeeded", "failed"):
        was, now = getattr(old.status, counter), getattr(new.status, counter)
        if now < was:
            return violated(f"status.{counter} of {new.metadata.name} went from {was} to {now}")
    return HOLDS


COUNTERS_MONOTONIC = StepProperty(
    name="job-counters-monotonic",
    statement="the counters of succeeded and failed pods of a Job never go down",
    kind=JOB,
    fields=("object",),
    judge=_monotonic,
    reference="invariants 57",
    advice="a pod must stay until it is counted: look at who takes its finalizer away",
)


def _once(_component: str, rule: str, before: Change, after: Change, _seen: Answers) -> Finding:
    (pod, listed), (_, lists) = before, after
    if listed == lists or rule == RELEASE_ORPHAN.name:
        return IDLE
    carries = pod is not None and TRACKING in pod.metadata.finalizers
    if listed is None:
        return HOLDS if carries else violated(f"{lists[0]} lists a pod again that it has counted before")
    return violated(f"{listed[0]} counts a pod that it will list again") if carries else HOLDS


COUNTED_ONCE = StepProperty(
    name="job-each-pod-counted-once",
    statement="a Job lists a finished pod only while that has its finalizer, and counts it only without, so only once",
    kind=POD,
    fields=("object", "uncounted"),
    judge=_once,
    reference="invariants 58",
    advice="a controller that sees late must remember which finalizers it took away",
)


def _succeeded(name: str, pod: Pod | None) -> bool | None:
    return True if pod is not None and job_name(pod) == name and pod.status.phase == SUCCEEDED else None


def _distinct(job: Job, succeeded: int, losses: tuple[str, ...]) -> Finding:
    name, counted = job.metadata.name, job.status.succeeded
    if counted == 0 or job.metadata.terminating:
        # Pods of a Job that is deleted in the foreground go before it.
        return IDLE
    if counted <= succeeded:
        return HOLDS
    if losses:
        return suspended(disturbed(losses))
    return violated(f"{name} counts {counted} succeeded; distinct pods of it that have: {succeeded}")


SUCCEEDED_BY_DISTINCT_PODS = StateProperty(
    name="job-succeeded-by-distinct-pods",
    statement="a Job never counts more succeeded pods than distinct pods of it have succeeded",
    key=Key(JOB, ("object",), lambda job: job),
    queries={
        "succeeded": Query(POD, ("object",), _succeeded, COUNT, lambda job: job.metadata.name),
        "losses": PODS_LOST,
    },
    judge=_distinct,
    reference="invariants 58 (#105200)",
    assumes="no finished pod is taken away, by a user or with its node",
    advice="a controller that sees late must remember which finalizers it took away",
)


def _running(job: Job | None) -> Job | None:
    return job if job is not None and not job.metadata.terminating else None


def _active(name: str, pod: Pod | None) -> bool | None:
    return True if pod is not None and job_name(pod) == name and is_active(pod) else None


def _bound(job: Job, active: int) -> Finding:
    if active == 0:
        return IDLE
    if active <= job.spec.parallelism:
        return HOLDS
    return violated(f"active pods of {job.metadata.name}: {active}; its parallelism is {job.spec.parallelism}")


PARALLELISM_BOUND = StateProperty(
    name="job-parallelism-bound",
    statement="a Job never has more active pods than its parallelism",
    key=Key(JOB, ("object",), _running),
    queries={"active": Query(POD, ("object",), _active, COUNT, lambda job: job.metadata.name)},
    judge=_bound,
    reference="invariants 60",
    advice="a controller that sees late must wait until it has seen what it created",
)


def _sticky(_component: str, _rule: str, before: Change, after: Change, _seen: Answers) -> Finding:
    (old,), (new,) = before, after
    if new is None or not (is_finished(new) or (old is not None and is_finished(old))):
        return IDLE
    was, now = (
        [type_ for type_ in (COMPLETE, FAILED) if job is not None and condition_is_true(job.status.conditions, type_)]
        for job in (old, new)
    )
    if len(now) == 1 and was in ([], now):
        return HOLDS
    return violated(f"{new.metadata.name} was {' and '.join(was) or 'active'} and is {' and '.join(now) or 'active'}")


TERMINAL_STICKY = StepProperty(
    name="job-terminal-sticky",
    statement="a Job that is Complete or Failed stays so, and is never both",
    kind=JOB,
    fields=("object",),
    judge=_sticky,
    reference="invariants 62",
    advice="look at who writes the status of a Job that is over",
)


def _finished(job: Job, losses: tuple[str, ...]) -> Finding:
    if job.spec.suspend:
        return IDLE
    if is_finished(job):
        return HOLDS
    if losses:
        return suspended(disturbed(losses))
    wanted = "one" if job.spec.completions is None else job.spec.completions
    return violated(
        f"{job.metadata.name} is neither Complete nor Failed: {job.status.succeeded} of its pods"
        f" succeeded, {wanted} wanted"
    )


EVENTUALLY_FINISHED = TemporalProperty(
    name="job-eventually-finished",
    statement="a Job that is not suspended ends up Complete or Failed",
    key=Key(JOB, ("object",), _running),
    queries={"losses": PODS_LOST},
    judge=_finished,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="invariants 61, 63",
    assumes="no fault takes pods away, and no user",
    advice="look at pods that find no node, and at a parallelism of 0",
)
