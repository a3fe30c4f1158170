"""Decoding of CronJobs."""

from __future__ import annotations

from .cron_job import CronJob, CronJobSpec, CronJobStatus
from .decoding_job import decode_job
from .decoding_shared import decode_metadata
from .job import Job
from .plain_data import Data, Reader, build, each, member, seconds


def _job_template(data: Data) -> Job:
    """The Job with what the API server fills in when it is created (controllers-workloads §6)."""
    spec = dict(data.get("spec") or {})
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    return decode_job({**data, "spec": spec})


_SPEC: dict[str, Reader] = {
    "schedule": str,
    "time_zone": str,
    "concurrency_policy": str,
    "suspend": bool,
    "starting_deadline_seconds": int,
    "successful_jobs_history_limit": int,
    "failed_jobs_history_limit": int,
    "job_template": _job_template,
}
_STATUS: dict[str, Reader] = {"active": each(member("name")), "last_schedule_time": seconds}


def decode_cron_job(data: Data) -> CronJob:
    """A CronJob."""
    return CronJob(
        metadata=decode_metadata(data.get("metadata")),
        spec=build(CronJobSpec, data.get("spec"), _SPEC),
        status=build(CronJobStatus, data.get("status"), _STATUS),
    )
