"""CronJobs."""

from __future__ import annotations

from ..control_plane.controllers import cronjob
from ..kinds import CRON_JOB, named
from ..language.component import Component
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from ..objects.cron_job import CronJob
from .part import Bundles, Part, bundles, given, names


def _needed(scenario: Scenario) -> bool:
    return bool(names(scenario, CronJob))


def _components(scenario: Scenario) -> tuple[Component, ...]:
    cron_jobs = given(scenario, CronJob)
    return (cronjob.component(), cronjob.deadlines(cron_jobs), cronjob.clock(scenario.scheduled_times))


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    return (named(CRON_JOB, names(scenario, CronJob)),)


def _initial(scenario: Scenario) -> Bundles:
    return {CRON_JOB: bundles(scenario, CronJob)}


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "scheduled-times",
            f"of a CronJob's schedule at most {scenario.scheduled_times} times come, each at any moment; a name for a"
            " Job is used again only after all of the Job is gone",
            "controllers-workloads §7",
        ),
    )


CRON_JOBS = Part(
    "cron jobs",
    _needed,
    components=_components,
    kinds=_kinds,
    initial=_initial,
    machines=(cronjob.MACHINE,),
    assumptions=_assumptions,
)
