"""Properties of the indexes of Jobs (invariants 60 and 61, for each index)."""

from __future__ import annotations

from ..control_plane.controllers.job import job_name
from ..control_plane.controllers.job_indexes import completion_index, indexes_of, is_indexed
from ..control_plane.controllers.replicaset_decisions import is_active
from ..kinds import JOB, POD
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, StateProperty, violated
from ..language.query import MULTISET, Query
from ..objects.conditions import condition_is_true
from ..objects.job import COMPLETE, Job
from ..objects.pod import Pod


def _indexed(job: Job | None) -> Job | None:
    return job if job is not None and is_indexed(job.spec) and not job.metadata.terminating else None


def _active_index(name: str, pod: Pod | None) -> int | None:
    return completion_index(pod) if pod is not None and job_name(pod) == name and is_active(pod) else None


def _once(job: Job, active: tuple[tuple[int, int], ...]) -> Finding:
    twice = [index for index, number in active if number > 1]
    if not active:
        return IDLE
    if not twice:
        return HOLDS
    return violated(f"two active pods of {job.metadata.name} stand for index {twice[0]}")


ONE_POD_FOR_AN_INDEX = StateProperty(
    name="job-index-runs-once-at-a-time",
    statement="no two active pods of an Indexed Job stand for the same index",
    key=Key(JOB, ("object",), _indexed),
    queries={
        "active": Query(POD, ("object",), _active_index, MULTISET, lambda job: job.metadata.name),
    },
    judge=_once,
    reference="invariants 60",
    advice="the controller acted again before it saw what it had done: look at its expectations and its Pod cache",
)


def _every(job: Job) -> Finding:
    if job.spec.success_policy is not None or not condition_is_true(job.status.conditions, COMPLETE):
        return IDLE
    wanted = set(range(job.spec.completions or 0))
    missing = sorted(wanted - indexes_of(job.status.completed_indexes))
    return violated(f"{job.metadata.name} is Complete without index {missing[0]}") if missing else HOLDS


EVERY_INDEX = StateProperty(
    name="job-complete-has-every-index",
    statement="an Indexed Job that is Complete without a success policy has had every index succeed",
    key=Key(JOB, ("object",), _indexed),
    judge=_every,
    reference="invariants 61",
    advice="two pods of one index count as one",
)
