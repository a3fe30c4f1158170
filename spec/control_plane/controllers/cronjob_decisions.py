"""What one sync of a CronJob does (controllers-workloads §7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from ...objects.conditions import condition_is_true
from ...objects.cron_job import FORBID, REPLACE, CronJob
from ...objects.job import COMPLETE, FAILED, Job
from ...objects.schedule import Schedule, parse_schedule

MANY_MISSED = 100
"""More missed times than this are worth a warning."""


@attrs.frozen(cache_hash=True)
class Unmet:
    """The latest scheduled time that is not acted on, None if there is none; whether very many were missed."""

    latest: float | None = None
    many: bool = False


def unmet(cron_job: CronJob, schedule: Schedule, now: float) -> Unmet:
    """The scheduled times since the last one that was acted on, of which only the latest matters.

    Times that are older than the starting deadline are not looked at.
    """
    last = cron_job.status.last_schedule_time
    earliest = (cron_job.metadata.creation_timestamp or 0.0) if last is None else last
    deadline = cron_job.spec.starting_deadline_seconds
    if deadline is not None:
        earliest = max(earliest, now - deadline)
    first = schedule.after(earliest)
    if first is None or first > now:
        return Unmet()
    second = schedule.after(first)
    if second is None or second > now:
        return Unmet(first)
    missed = int((now - first) // (second - first)) + 1
    return Unmet(_latest(schedule, first, second - first, now), missed > MANY_MISSED)


def _latest(schedule: Schedule, first: float, interval: float, now: float) -> float:
    """The last scheduled time until ``now``: looked for from there backwards, further and further."""
    latest, back = first, interval
    while latest == first and now - back > first:
        following = schedule.after(now - back)
        while following is not None and following <= now:
            latest, following = following, schedule.after(following)
        back *= 2
    following = schedule.after(latest)
    while following is not None and following <= now:
        latest, following = following, schedule.after(following)
    return latest


@attrs.frozen(cache_hash=True)
class Owned:
    """A Job of the CronJob, as its controller sees it. ``started`` in seconds."""

    name: str
    finished: str = ""
    started: float = 0.0


def owned(job: Job) -> Owned:
    """What the controller reads of a Job; ``finished``: the condition that ends it, "" for none."""
    ended = next((end for end in (COMPLETE, FAILED) if condition_is_true(job.status.conditions, end)), "")
    return Owned(job.metadata.name, ended, job.status.start_time or 0.0)


def job_name(cron_job: str, scheduled: float) -> str:
    """The name of the Job for a scheduled time: it is what keeps two from being created for the same minute."""
    return f"{cron_job}-{int(scheduled) // 60}"


@attrs.frozen(cache_hash=True)
class Decision:
    """What a sync comes to.

    ``active``: the status afterwards, if all requests succeed. ``replaced``: Jobs deleted before the new one.
    ``create``: the scheduled time of the Job to be created. ``surplus``: finished Jobs beyond the history limits.
    ``warnings``: how many events of type Warning. ``requeued``: whether it is looked at again at the next time.
    """

    active: tuple[str, ...]
    replaced: tuple[str, ...] = ()
    create: float | None = None
    surplus: tuple[str, ...] = ()
    warnings: int = 0
    requeued: bool = True


def decide(cron_job: CronJob, jobs: Sequence[Owned], now: float) -> Decision:
    """One sync: the status brought up to date, then at most one Job created, then history cleaned up."""
    spec = cron_job.spec
    active, warnings = _still_active(cron_job, jobs)
    found = Decision(active, surplus=_surplus(cron_job, jobs), warnings=warnings)
    if cron_job.metadata.terminating or spec.suspend:
        return attrs.evolve(found, requeued=False)
    try:
        schedule = parse_schedule(spec.schedule, spec.time_zone)
    except ValueError:
        return attrs.evolve(found, warnings=warnings + 1, requeued=False)
    missed = unmet(cron_job, schedule, now)
    if missed.latest is None:
        return found
    found = attrs.evolve(found, warnings=warnings + missed.many)
    deadline = spec.starting_deadline_seconds
    if deadline is not None and missed.latest + deadline < now:
        return found
    name = job_name(cron_job.metadata.name, missed.latest)
    if name in active or cron_job.status.last_schedule_time == missed.latest:
        return found
    if spec.concurrency_policy == FORBID and active:
        return found
    replaced = active if spec.concurrency_policy == REPLACE else ()
    kept = tuple(each for each in active if each not in replaced)
    return attrs.evolve(found, active=(*kept, name), replaced=replaced, create=missed.latest)


def _still_active(cron_job: CronJob, jobs: Sequence[Owned]) -> tuple[tuple[str, ...], int]:
    """The active Jobs without those that finished or are missing, and how many warnings that is worth."""
    unfinished = {job.name for job in jobs if not job.finished}
    there = {job.name for job in jobs}
    listed = cron_job.status.active
    missing = sum(name not in there for name in listed)
    unexpected = len(unfinished - set(listed))
    return tuple(name for name in listed if name in unfinished), missing + unexpected


def _surplus(cron_job: CronJob, jobs: Iterable[Owned]) -> tuple[str, ...]:
    found: list[str] = []
    limits = (
        (COMPLETE, cron_job.spec.successful_jobs_history_limit),
        (FAILED, cron_job.spec.failed_jobs_history_limit),
    )
    for ended, limit in limits:
        finished = sorted((job for job in jobs if job.finished == ended), key=lambda job: (job.started, job.name))
        found += [job.name for job in finished[: max(0, len(finished) - limit)]]
    return tuple(found)
