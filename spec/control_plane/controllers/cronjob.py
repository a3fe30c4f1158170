"""The CronJob controller: a Job at each scheduled time, as far as the concurrency policy lets it.

Duty (controllers-workloads §7): create the Job of the latest scheduled time that is not acted on, under a name made of
that time; keep the list of active Jobs; delete finished Jobs beyond the history limits.

Life of a key: a scheduled time comes, or a Job changes -> one sync: deletes what is replaced, creates, deletes history,
writes the status. A crash can fall between creating and the status: then the name is the lock, and the Job that
already exists is taken into the status.

Schedules are not told apart here: times are numbered, and stand an hour apart for the decision, which counts in
seconds. A new one comes at any moment; its starting deadline is a timer.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ...kinds import CRON_JOB, JOB, KUBE_CONTROLLER_MANAGER, process_runs
from ...language.component import Component, Countdown, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Call, Named, Set, Step, Write
from ...language.query import MULTISET, Query
from ...language.request import ApiCall, DeleteOptions, Outcome, Verb
from ...objects.cron_job import CronJob
from ...objects.job import Job
from ...objects.metadata import ObjectMeta, OwnerReference
from .cronjob_decisions import Decision, Owned, decide, job_name, owned

NAME = "cronjob-controller"
CLOCK, DEADLINES = "clock", "starting-deadlines"

INTERVAL, DEADLINE = 3600.0, 60
"""Seconds between two scheduled times, and of a starting deadline, as the decision gets them to see."""


def instant(times: int, *, late: bool) -> float:
    """The time at which the last of so many scheduled times has come, or its starting deadline has just passed."""
    return times * INTERVAL + (DEADLINE + 1.0 if late else 0.0)


def representative(cron_job: CronJob) -> CronJob:
    """The CronJob with a schedule and a deadline that stand for its own."""
    deadline = None if cron_job.spec.starting_deadline_seconds is None else DEADLINE
    spec = attrs.evolve(cron_job.spec, schedule="@hourly", time_zone="", starting_deadline_seconds=deadline)
    return attrs.evolve(cron_job, spec=spec, metadata=attrs.evolve(cron_job.metadata, creation_timestamp=0.0))


def new_job(cron_job: CronJob, scheduled: float) -> Job:
    """The Job that the controller posts for a scheduled time."""
    meta, template = cron_job.metadata, cron_job.spec.job_template
    reference = OwnerReference(CRON_JOB, meta.name, meta.uid, controller=True, block_owner_deletion=True)
    return Job(
        metadata=ObjectMeta(
            name=job_name(meta.name, scheduled),
            namespace=meta.namespace,
            labels=template.metadata.labels,
            annotations=template.metadata.annotations,
            owner_references=(reference,),
        ),
        spec=template.spec,
    )


@attrs.frozen(cache_hash=True)
class WriteActive:
    """The edit of the status: the active Jobs, and the last scheduled time if a Job was created."""

    active: tuple[str, ...]
    scheduled: float | None = None

    def __call__(self, stored: CronJob, /) -> CronJob:
        """The CronJob with the new status."""
        last = stored.status.last_schedule_time if self.scheduled is None else self.scheduled
        return attrs.evolve(stored, status=attrs.evolve(stored.status, active=self.active, last_schedule_time=last))


@attrs.frozen(cache_hash=True)
class CountCreation:
    """The edit that counts how often a Job of one name was created; 2 stands for more."""

    def __call__(self, creations: int, /) -> int:
        """The count after one more."""
        return min(creations + 1, 2)


@attrs.frozen(cache_hash=True)
class Keyed:
    """A CronJob, how many scheduled times have come, and whether the starting deadline of the last has passed."""

    cron_job: CronJob
    times: int
    late: bool


def _keyed(cron_job: CronJob | None, times: int, late: bool) -> Keyed | None:
    return Keyed(cron_job, times, late) if cron_job is not None else None


def _owned(key: Keyed, job: Job | None) -> Owned | None:
    reference = job.metadata.controller_reference if job is not None else None
    if job is None or reference is None:
        return None
    return owned(job) if (reference.kind, reference.name) == (CRON_JOB, key.cron_job.metadata.name) else None


def _sync(key: Keyed, jobs: tuple[tuple[Owned, int], ...]) -> Iterable[Alternative]:
    each = [found for found, count in jobs for _ in range(count)]
    decision = decide(representative(key.cron_job), each, instant(key.times, late=key.late))
    plan = _plan(key.cron_job, decision)
    if plan:
        name, due = key.cron_job.metadata.name, decision.create
        yield Alternative(
            plan, f"{name}: {job_name(name, due)} is due" if due is not None else f"{name}: nothing is due"
        )


def _delete(name: str) -> Call:
    request = ApiCall(Verb.DELETE, JOB, DeleteOptions(propagation_policy="Background"))
    return Call(Named(JOB, name), request, tolerates=(Outcome.NOT_FOUND,))


def _plan(cron_job: CronJob, decision: Decision) -> tuple[Step, ...]:
    change = WriteActive(decision.active, decision.create)
    history = tuple(map(_delete, decision.surplus))
    rest: tuple[Step, ...] = history
    if change(cron_job) != cron_job:
        rest = (*history, Call(KEY, ApiCall(Verb.UPDATE, CRON_JOB, change, "status")))
    if decision.create is None:
        return rest
    job = new_job(cron_job, decision.create)
    # Whoever finds the Job there already has created it before and not said so: it goes into the status all the same.
    target = Named(JOB, job.metadata.name)
    create = Call(target, ApiCall(Verb.CREATE, JOB, job), on=((Outcome.ALREADY_EXISTS, rest),))
    return (*map(_delete, decision.replaced), create, Write(target, "creations", CountCreation()), *rest)


SYNC = Rule(
    name="sync",
    key=Key(CRON_JOB, ("object", "times", "late"), _keyed),
    queries={"jobs": Query(JOB, ("object",), _owned, MULTISET)},
    decide=_sync,
    several_requests=True,
    reference="controllers-workloads §7",
    meaning="creates the Job that is due, and keeps the list of active ones and the history",
)


def component() -> Component:
    """The controller."""
    return Component(
        name=NAME,
        rules=(SYNC,),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        duty="creates a Job at each scheduled time",
        reference="controllers-workloads §7",
    )


def clock(most: int) -> Component:
    """Scheduled times: ``most`` of them come, each at any moment."""

    def decide_time(times: int) -> Iterable[Alternative]:
        if times < most:
            plan = (Write(KEY, "times", Set(times + 1)), Write(KEY, "late", Set(False)))
            yield Alternative(plan, f"it is time, for the {times + 1}. time")

    rule = Rule(
        name="scheduled time comes",
        key=Key(CRON_JOB, ("times",), lambda times: times),
        decide=decide_time,
        reference="controllers-workloads §7",
        meaning="the next time of a CronJob's schedule has come",
    )
    return Component(CLOCK, (rule,), place="environment", environment=True, duty="lets scheduled times come")


def deadlines(cron_jobs: Iterable[CronJob]) -> Component:
    """Starting deadlines as timers: one rule for each length."""
    lengths = {item.spec.starting_deadline_seconds for item in cron_jobs} - {None}
    rules = tuple(_deadline(seconds) for seconds in sorted(length for length in lengths if length is not None))
    return Component(DEADLINES, rules, place="environment", duty="lets starting deadlines pass")


def _deadline(seconds: int) -> Rule:
    def view(cron_job: CronJob | None, times: int, late: bool) -> int | None:
        if cron_job is None or late or not times or cron_job.status.last_schedule_time == instant(times, late=False):
            return None
        return times if cron_job.spec.starting_deadline_seconds == seconds else None

    return Rule(
        name=f"starting deadline {seconds} s passes",
        key=Key(CRON_JOB, ("object", "times", "late"), view),
        decide=lambda _times: [Alternative((Write(KEY, "late", Set(True)),), f"nothing was started for {seconds} s")],
        duration=float(seconds),
        countdown=Countdown(since=lambda times: times),
        reference="controllers-workloads §7",
        meaning="a Job that was not started in time is not started any more",
    )


def _stands(cron_job: CronJob | None) -> str:
    if cron_job is None:
        return "Absent"
    if cron_job.status.active:
        return "Active"
    return "Waiting" if cron_job.status.last_schedule_time is None else "Done"


_STATES = {
    "Absent": "no such CronJob",
    "Waiting": "has created no Job yet",
    "Active": "lists a Job that is not known to have finished",
    "Done": "the Jobs that it created have finished",
}


def _arrow(trigger: str, source: str, dest: str) -> Arrow:
    return Arrow(trigger, source, dest, NAME, "controllers-workloads §7")


MACHINE = Machine(
    name="cron job",
    kind=CRON_JOB,
    fields=("object",),
    states=states_by(_stands, _STATES),
    initial="Absent",
    arrows=(
        _arrow("create the first Job", "Waiting", "Active"),
        _arrow("see all finished", "Active", "Done"),
        _arrow("create another Job", "Done", "Active"),
        *(
            Arrow("delete", state, "Absent", "namespace-controller", "controllers-cluster §5")
            for state in ("Waiting", "Active", "Done")
        ),
    ),
    meaning="whether Jobs of a CronJob are under way, as its status tells",
    reference="controllers-workloads §7",
)
