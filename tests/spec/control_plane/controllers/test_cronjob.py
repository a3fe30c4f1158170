"""What a CronJob's controller decides, beyond Kubernetes' own tables."""

from __future__ import annotations

import pytest
from kubemodel.spec.control_plane.controllers.cronjob import deadlines
from kubemodel.spec.control_plane.controllers.cronjob_decisions import Owned, decide, job_name, unmet
from kubemodel.spec.objects.cron_job import ALLOW, FORBID, REPLACE, CronJob, CronJobSpec, CronJobStatus
from kubemodel.spec.objects.job import COMPLETE, FAILED
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.schedule import parse_schedule

from ...exploration import cron_job, explore, scenario

HOUR = 3600.0


def _cron_job(policy: str = ALLOW, active: tuple[str, ...] = (), last: float | None = None, **spec: int) -> CronJob:
    return CronJob(
        ObjectMeta(name="report", creation_timestamp=0.0),
        CronJobSpec("@hourly", concurrency_policy=policy, **spec),
        CronJobStatus(active, last),
    )


@pytest.mark.parametrize(
    ("policy", "create", "replaced"), [(ALLOW, HOUR, ()), (FORBID, None, ()), (REPLACE, HOUR, ("report-0",))]
)
def test_the_policy_says_what_becomes_of_an_active_job(
    policy: str, create: float | None, replaced: tuple[str, ...]
) -> None:
    found = decide(_cron_job(policy, ("report-0",)), [Owned("report-0")], HOUR)
    assert (found.create, found.replaced) == (create, replaced)


def test_missed_times_come_to_the_latest() -> None:
    assert unmet(_cron_job(), parse_schedule("@hourly"), 5.5 * HOUR).latest == 5 * HOUR
    assert unmet(_cron_job(), parse_schedule("0 0-3,20 * * *"), 12 * HOUR).latest == 3 * HOUR


def test_a_time_that_was_acted_on_is_not_due_again() -> None:
    assert decide(_cron_job(last=HOUR), [], HOUR + 60).create is None


def test_the_oldest_finished_jobs_go_first() -> None:
    jobs = [Owned(f"report-{n}", ended, float(n)) for ended, n in ((COMPLETE, 3), (COMPLETE, 1), (FAILED, 2))]
    found = decide(_cron_job(successful_jobs_history_limit=1, failed_jobs_history_limit=0, last=HOUR), jobs, HOUR)
    assert found.surplus == ("report-1", "report-2")


def test_a_name_counts_minutes() -> None:
    assert job_name("report", 2 * HOUR) == "report-120"


def test_two_crashes_can_run_a_job_twice_where_no_history_is_kept() -> None:
    twice = scenario(cron_job(successfulJobsHistoryLimit=0), faults={"controller-manager-crash": 2}, scheduledTimes=1)
    assert "cronjob-no-duplicate-per-slot" in explore(twice).suspended
    kept = scenario(cron_job(), faults={"controller-manager-crash": 2}, scheduledTimes=1)
    assert "cronjob-no-duplicate-per-slot" not in explore(kept).suspended


def test_in_exact_time_a_deadline_counts_from_the_latest_scheduled_time() -> None:
    missed = _cron_job(starting_deadline_seconds=100)
    (rule,) = deadlines([missed]).rules
    assert rule.countdown.since is not None
    one, two = (rule.countdown.since(rule.key.view(missed, times, False)) for times in (1, 2))
    assert rule.countdown.anew(one, two)
