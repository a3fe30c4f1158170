"""Small scenarios of Jobs that are deleted: a part of those that together make everything happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubemodel.spec.language.scenario import Scenario

from .exploration import Data, cron_job, job, pod_spec, scenario

_GATED = pod_spec(schedulingGates=[{"name": "example.com/gate"}])


def _deleted(of: Data, policy: str, **settings: Any) -> Scenario:
    """A user deletes the Job, at any moment."""
    cascade = f" --cascade={policy}" if policy else ""
    return scenario(of, users=[[{"delete": f"job/work{cascade}"}]], start="created", time="asynchronous", **settings)


def _by_each_policy() -> Mapping[str, Scenario]:
    failing: Data = {"faults": {"container-exit": 1}}
    return {
        f"a Job {what} is deleted ({policy or 'background'})": _deleted(of, policy, **settings)
        for policy in ("", "foreground", "orphan")
        for what, of, settings in (
            ("that completes", job(), {}),
            ("that fails", job(1, backoffLimit=0), failing),
            ("that is suspended", job(suspend=True), {}),
        )
    }


def gone() -> Mapping[str, Scenario]:
    """Jobs that users delete, and those that are not kept once they have finished."""
    return {
        **_by_each_policy(),
        "a Job is not kept": scenario(job(ttlSecondsAfterFinished=0)),
        "a Job is kept for a minute": scenario(job(ttlSecondsAfterFinished=60)),
        "a Job of a CronJob is kept for a minute": scenario(
            cron_job(of=job(ttlSecondsAfterFinished=60)), scheduledTimes=1
        ),
    }
