"""Jobs."""

from __future__ import annotations

from ..control_plane.controllers import cronjob, job
from ..kinds import JOB, JOB_POD_FIELDS, named
from ..language.component import Component
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from ..objects.cron_job import CronJob
from ..objects.job import Job
from .deletions import deletes_jobs, deletes_namespaces
from .over_time import versions
from .part import Bundles, Part, given, names


def all_jobs(scenario: Scenario) -> tuple[Job, ...]:
    """Every version of the Jobs that are given, and the Jobs that CronJobs create."""
    return (
        *versions(scenario, Job),
        *(item for cron_job in given(scenario, CronJob) for item in made(scenario, cron_job)),
    )


def made(scenario: Scenario, cron_job: CronJob) -> tuple[Job, ...]:
    """The Jobs that a CronJob creates: one for each of its scheduled times."""
    times = range(1, scenario.scheduled_times + 1)
    return tuple(cronjob.new_job(cron_job, cronjob.instant(number, late=False)) for number in times)


def deletable(scenario: Scenario) -> bool:
    """Whether a controller deletes Jobs before they are finished, or with pods that are not counted yet."""
    return bool(names(scenario, CronJob))


def times_to_live(scenario: Scenario) -> tuple[int, ...]:
    """Every ttlSecondsAfterFinished that some Job has, ascending."""
    found = {item.spec.ttl_seconds_after_finished for item in all_jobs(scenario)}
    return tuple(sorted(seconds for seconds in found if seconds is not None))


def owned_pods_wait(scenario: Scenario) -> bool:
    """Whether a Job can be deleted otherwise than in the background: with its pods first, or without them."""
    return bool(times_to_live(scenario)) or deletes_jobs(scenario)


def needed(scenario: Scenario) -> bool:
    """Whether there can be a Job."""
    return bool(names(scenario, Job) or names(scenario, CronJob))


def _by_pods(scenario: Scenario) -> bool:
    return scenario.switches.get("job-tracking", "finalizers") == "by-pods"


def _components(scenario: Scenario) -> tuple[Component, ...]:
    remembers = scenario.switches.get("job-expected-removals", "on") == "on"
    by_pods = _by_pods(scenario)
    return (
        job.component(
            job.active_deadlines(all_jobs(scenario)),
            expected_removals=remembers,
            deletable=deletable(scenario) or deletes_jobs(scenario) or deletes_namespaces(scenario),
            drops=deletes_jobs(scenario) or deletes_namespaces(scenario),
            by_pods=by_pods,
        ),
    )


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    return (named(JOB, tuple(sorted({item.metadata.name for item in all_jobs(scenario)}))),)


def _pods(scenario: Scenario) -> int:
    lost = sum(scenario.faults.values()) + sum(map(len, scenario.users))
    most: dict[str, int] = {}
    for item in all_jobs(scenario):
        name = item.metadata.name
        most[name] = max(most.get(name, 0), job.most_pods(item.spec, lost))
    return sum(most.values())


def _initial(scenario: Scenario) -> Bundles:
    return {
        JOB: tuple({"name": item.metadata.name, "object": item} for item in given(scenario, Job)),
    }


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    specs = [item.spec for item in all_jobs(scenario)]
    policies = [spec.pod_failure_policy for spec in specs if spec.pod_failure_policy is not None]
    return (
        *job.ASSUMPTIONS,
        *((job.COUNTS_BY_PODS,) if _by_pods(scenario) else ()),
        *((job.BACKOFF_TOGETHER,) if any(spec.backoff_limit_per_index is not None for spec in specs) else ()),
        *((job.EXIT_CODES,) if any(rule.on_exit_codes for policy in policies for rule in policy.rules) else ()),
    )


JOBS = Part(
    "jobs",
    needed,
    components=_components,
    kinds=_kinds,
    pod_fields=JOB_POD_FIELDS,
    pods=_pods,
    initial=_initial,
    machines=(job.MACHINE,),
    assumptions=_assumptions,
)
