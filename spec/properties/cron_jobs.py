"""Properties of CronJobs (invariants 66, 67)."""

from __future__ import annotations

from ..control_plane.controllers.job_terminal import is_finished
from ..environment.faults import CONTROLLER_MANAGER_CRASH
from ..environment.users import DISRUPTION
from ..environment.watch_faults import REPLY_LOST
from ..kinds import CRON_JOB, JOB
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, StateProperty, suspended, violated
from ..language.query import COUNT, Query
from ..objects.cron_job import FORBID, CronJob
from ..objects.job import Job
from .assumptions import disturbed, seen


def _created(name: str, creations: int) -> tuple[str, int] | None:
    return (name, creations) if creations else None


def _once(key: tuple[str, int], losses: tuple[str, ...]) -> Finding:
    name, creations = key
    if creations < 2:
        return HOLDS
    return suspended(disturbed(losses)) if losses else violated(f"Job {name} was created twice for its scheduled time")


NO_DUPLICATE = StateProperty(
    name="cronjob-no-duplicate-per-slot",
    statement="a CronJob creates at most one Job for each scheduled time",
    key=Key(JOB, ("name", "creations"), _created),
    queries={"losses": seen(CONTROLLER_MANAGER_CRASH, REPLY_LOST, DISRUPTION)},
    judge=_once,
    reference="invariants 66",
    assumes="a Job stays until the CronJob's status tells of it: nothing comes between creating and the status",
    advice="keep finished Jobs: history limits above zero, and a longer ttlSecondsAfterFinished",
)


def _exclusive_key(cron_job: CronJob | None) -> str | None:
    if cron_job is None or cron_job.spec.concurrency_policy != FORBID:
        return None
    return cron_job.metadata.name


def _unfinished(name: str, job: Job | None) -> bool | None:
    reference = job.metadata.controller_reference if job is not None else None
    mine = reference is not None and (reference.kind, reference.name) == (CRON_JOB, name)
    return True if mine and job is not None and not is_finished(job) else None


def _exclusive(name: str, unfinished: int) -> Finding:
    if not unfinished:
        return IDLE
    return HOLDS if unfinished == 1 else violated(f"{unfinished} Jobs of {name} are under way, which it forbids")


FORBID_EXCLUSIVE = StateProperty(
    name="cronjob-forbid-exclusive",
    statement="a CronJob with concurrencyPolicy Forbid never has two unfinished Jobs",
    key=Key(CRON_JOB, ("object",), _exclusive_key),
    queries={"unfinished": Query(JOB, ("object",), _unfinished, COUNT)},
    judge=_exclusive,
    reference="invariants 67",
    advice="a Job that was created and is missing in status.active is not seen: look at who lost it",
)
