"""Properties of Jobs that say how long they are kept once they are finished (controllers-workloads §5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..control_plane.controllers.job_terminal import is_finished
from ..control_plane.controllers.ttl_after_finished import NAME as CONTROLLER
from ..kinds import JOB
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Shape, StepProperty, TemporalProperty, violated
from ..objects.job import Job

Change = tuple[Any, ...]


def _kept(job: Job) -> bool:
    """Whether the Job is to go some time after it finished."""
    return job.spec.ttl_seconds_after_finished is not None


@attrs.frozen(cache_hash=True)
class _Job:
    """A Job by its name: it is gone, or it has finished and is to go."""

    name: str
    gone: bool
    over: bool


def _view(name: str, job: Job | None) -> _Job:
    return _Job(name, job is None, job is not None and is_finished(job) and _kept(job))


def _is_gone(key: _Job) -> Finding:
    return HOLDS if key.gone else violated(f"{key.name} has finished, and is there for longer than it asks for")


DELETED_IN_THE_END = TemporalProperty(
    name="finished-job-eventually-deleted",
    statement="a finished Job that says how long it is kept is gone in the end",
    key=Key(JOB, ("name", "object"), _view),
    judge=_is_gone,
    asks=lambda key: key.over,
    shape=Shape.LEADS_TO,
    reference="controllers-workloads §5",
    advice="its pods go first: see what holds them, and whether the garbage collector runs",
)


def _only_finished(component: str, _rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (old,), (new,) = before, after
    going = old is not None and not old.metadata.terminating and (new is None or new.metadata.terminating)
    if component != CONTROLLER or not going:
        return IDLE
    if is_finished(old) and _kept(old):
        return HOLDS
    return violated(f"{old.metadata.name} is deleted, though it has not finished, or says nothing of its end")


ONLY_FINISHED = StepProperty(
    name="ttl-deletes-only-finished",
    statement="only a Job that has finished, and says how long it is kept then, is deleted because of that time",
    kind=JOB,
    fields=("object",),
    judge=_only_finished,
    reference="controllers-workloads §5",
    advice="the controller must read the Job once more before it deletes it: its cache may be old",
)
