"""The TTL-after-finished controller: finished Jobs that say how long they are kept are deleted then (§5).

Duty (controllers-workloads §5): wait until a Job has been Complete or Failed for ttlSecondsAfterFinished, read it once
more live, since its cache may be old and the time may have been changed, and delete it in the foreground: its pods go
first. How long it has waited is no memory: the time of the Job's terminal condition says it.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...kinds import JOB, KUBE_CONTROLLER_MANAGER, process_runs
from ...language.component import Component, Countdown, Key, Rule
from ...language.plan import KEY, Alternative, Call
from ...language.query import ANY, Query, Read
from ...language.request import ApiCall, DeleteOptions, Preconditions, Verb
from ...objects.job import Job
from ..apiserver.strategies import FOREGROUND
from .job_terminal import is_finished

NAME = "ttl-after-finished-controller"


def expires(job: Job | None, seconds: int) -> bool:
    """Whether the Job is to be deleted so many seconds after it has finished, and has finished."""
    if job is None or job.metadata.terminating or not is_finished(job):
        return False
    return job.spec.ttl_seconds_after_finished == seconds


def _ttl_rule(seconds: int) -> Rule:
    def finished(job: Job | None) -> Job | None:
        return job if expires(job, seconds) else None

    def still(key: Job, stored: Job | None) -> bool | None:
        mine = stored is not None and stored.metadata.name == key.metadata.name
        return True if mine and expires(stored, seconds) else None

    def decide(key: Job, still: bool) -> Iterable[Alternative]:
        if still:
            options = DeleteOptions(propagation_policy=FOREGROUND)
            delete = ApiCall(Verb.DELETE, JOB, options, preconditions=Preconditions(uid=key.metadata.uid))
            yield Alternative((Call(KEY, delete),), f"{key.metadata.name} has been finished for {seconds} s")

    return Rule(
        name=f"delete Job {seconds} s after it finished",
        key=Key(JOB, ("object",), finished),
        queries={"still": Query(JOB, ("object",), still, ANY, read=Read.QUORUM)},
        decide=decide,
        duration=float(seconds),
        countdown=Countdown(stored=True),
        reference="controllers-workloads §5",
        meaning="deletes a Job, its pods first, once it has been finished for as long as it asks",
    )


def component(times: Iterable[int]) -> Component:
    """The controller. ``times``: every ttlSecondsAfterFinished that some Job has."""
    return Component(
        name=NAME,
        rules=tuple(map(_ttl_rule, times)),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        duty="deletes Jobs some time after they have finished",
        reference="controllers-workloads §5",
    )
