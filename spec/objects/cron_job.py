"""CronJobs: a Job at each scheduled time (controllers-workloads §7)."""

from __future__ import annotations

from typing import ClassVar

import attrs

from .job import Job
from .metadata import ObjectMeta

ALLOW, FORBID, REPLACE = "Allow", "Forbid", "Replace"


@attrs.frozen(cache_hash=True)
class CronJobSpec:
    """Desired state. ``job_template``: the Job to be created, without name. Periods in seconds."""

    schedule: str = "* * * * *"
    time_zone: str = ""
    concurrency_policy: str = ALLOW
    suspend: bool = False
    starting_deadline_seconds: int | None = None
    successful_jobs_history_limit: int = 3
    failed_jobs_history_limit: int = 1
    job_template: Job = Job()


@attrs.frozen(cache_hash=True)
class CronJobStatus:
    """Observed state. ``active``: names of Jobs that are not known to have finished; the time in seconds."""

    active: tuple[str, ...] = ()
    last_schedule_time: float | None = None


@attrs.frozen(cache_hash=True)
class CronJob:
    """A CronJob."""

    kind: ClassVar[str] = "CronJob"

    metadata: ObjectMeta = ObjectMeta()
    spec: CronJobSpec = CronJobSpec()
    status: CronJobStatus = CronJobStatus()
