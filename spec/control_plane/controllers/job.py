"""The Job controller: pods that run to their end until enough have succeeded, each counted once.

Duty (controllers-workloads §6): count finished pods by way of the finalizer that each carries, create what is missing,
delete what is too much, announce the end and write it once every pod is counted and none is left.

Life of a key: a pod or the Job changes -> one sync: creates or deletes; uids of finished pods into the status;
finalizers away; uids out of the list and into the counters. The list of uids stands with the pods that it names, in
their field ``uncounted``: it is part of the Job's status, no memory. The controller is one loop inside
kube-controller-manager: expectations, expected removals of finalizers, back-off and the position in a plan are that
process's memory. Expectations do not expire here: the finalizer of a pod that is deleted goes afterwards, which is
seen whoever was the first to delete the pod. How containers ended is read of the runtime, as restarts are: in a
cluster both stand in the pod's status.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
from frozendict import frozendict

from ...kinds import JOB, KUBE_CONTROLLER_MANAGER, POD, PodRuntime, process_runs
from ...language.component import Component, Countdown, Handler, Key, Rule
from ...language.machine import Arrow, Machine, State
from ...language.model import Assumption
from ...language.plan import KEY, Alternative, Call, Set, Write
from ...language.query import ANY, MULTISET, Query
from ...language.request import ApiCall, Verb
from ...objects.conditions import condition_is_true
from ...objects.containers import ContainerStatus, ContainerTerminated
from ...objects.job import COMPLETE, FAILED, FAILURE_TARGET, SUCCESS_CRITERIA_MET, SUSPENDED, Job, JobSpec
from ...objects.metadata import ObjectMeta
from ...objects.pod import FAILED as POD_FAILED
from ...objects.pod import Pod, PodSpec, PodStatus
from .expectations import dropping_rule, observer, owner
from .job_backoff import DEFAULT_BACKOFF, BackoffRecord, record, remaining
from .job_counts import TRACKING, Seen, counted_by_pods, newly_finished
from .job_decisions import sync
from .job_indexes import COMPLETION_INDEX, FAILURE_COUNT
from .job_requests import RemoveTrackingFinalizer, carry_out
from .job_terminal import announced, is_finished

NAME = "job-controller"


ASSUMPTIONS = (
    Assumption(
        "programs-finish", "the program of a Job's pod ends with exit code 0 in the end, unless a fault comes first"
    ),
    Assumption("job-back-off", "every back-off of a Job is the first, 10 s", "controllers-workloads §6"),
    Assumption(
        "job-restarts", "of a Job's restarts in place only the first of each pod counts", "controllers-workloads §6.2"
    ),
)
"""What a model of a cluster with Jobs simplifies besides."""

BACKOFF_TOGETHER = Assumption(
    "job-back-off-together",
    "where failures count for each index of a Job, a back-off of one index holds up all of them",
    "controllers-workloads §6",
)
"""What is simplified of Jobs with backoffLimitPerIndex."""

EXIT_CODES = Assumption(
    "job-exit-codes",
    "a container that fails ends with exit code 1, one that is stopped with 137: rules for others never apply",
    "container-runtime §3",
)
"""What is simplified of Jobs whose policy reads exit codes."""

COUNTS_BY_PODS = Assumption(
    "job-counts-by-pods",
    "a Job that counts the pods that exist announces its end as it does today, and replaces a failed pod at once",
    "controllers-workloads §6, before v1.26",
)
"""What is simplified of a Job controller from before v1.26."""


def most_pods(spec: JobSpec, lost: int) -> int:
    """How many pods of a Job there can be at once: finished ones stay, and each that is ``lost`` has a successor."""
    return max(spec.completions or 0, spec.parallelism) + spec.parallelism * (2 + lost)


def active_deadlines(jobs: Iterable[Job]) -> tuple[int, ...]:
    """Every active deadline that some of ``jobs`` has, in seconds, ascending."""
    given = {job.spec.active_deadline_seconds for job in jobs}
    return tuple(sorted(seconds for seconds in given if seconds is not None))


def job_name(pod: Pod) -> str:
    """Name of the Job that controls the pod, "" if none does."""
    reference = pod.metadata.controller_reference
    return reference.name if reference is not None and reference.kind == JOB else ""


@attrs.frozen(cache_hash=True)
class Keyed:
    """A Job, and what its controller remembers of it: a back-off is on; its active deadline has passed."""

    job: Job
    backoff: bool
    overdue: bool


def _keyed(job: Job | None, backoff: bool, overdue: bool) -> Keyed | None:
    return Keyed(job, backoff, overdue) if job is not None and not is_finished(job) else None


def _name(key: Keyed) -> str:
    return key.job.metadata.name


@attrs.frozen(cache_hash=True)
class Reads:
    """Of which Job pods are read, and what its policy reads of those that failed."""

    name: str
    exit_codes: bool = False
    conditions: frozenset[str] = frozenset()


def _reads(key: Keyed) -> Reads:
    policy = key.job.spec.pod_failure_policy
    rules = policy.rules if policy is not None else ()
    conditions = frozenset(it.type for rule in rules for it in rule.on_pod_conditions)
    return Reads(_name(key), any(rule.on_exit_codes is not None for rule in rules), conditions)


def _seen(
    reads: Reads, pod: Pod | None, uncounted: tuple[str, str] | None, removing: bool, runtime: PodRuntime | None
) -> Seen | None:
    name = reads.name
    place = uncounted[1] if uncounted is not None and uncounted[0] == name else ""
    if pod is None or job_name(pod) != name:
        return Seen(None, place) if place else None
    # Restart counts stand in the pod's status in a cluster; here the runtime holds them.
    counts = runtime is not None and pod.spec.restart_policy == "OnFailure"
    return Seen(_bare(reads, pod, runtime), place, removing, runtime.restarts if runtime is not None and counts else 0)


_OF_INDEXES = (COMPLETION_INDEX, FAILURE_COUNT)


def _bare(reads: Reads, pod: Pod, runtime: PodRuntime | None) -> Pod:
    """What a sync reads of a pod."""
    wanted = {"Ready", *(reads.conditions if pod.status.phase == POD_FAILED else ())}
    conditions = tuple(it for it in pod.status.conditions if it.type in wanted)
    told = reads.exit_codes and pod.status.phase == POD_FAILED and runtime is not None
    return Pod(
        ObjectMeta(
            annotations=frozendict({it: text for it, text in pod.metadata.annotations.items() if it in _OF_INDEXES}),
            finalizers=tuple(name for name in pod.metadata.finalizers if name == TRACKING),
            deletion_timestamp=pod.metadata.deletion_timestamp,
        ),
        PodSpec(node_name=pod.spec.node_name),
        PodStatus(
            pod.status.phase, conditions, container_statuses=_ends(pod, runtime) if told and runtime is not None else ()
        ),
    )


def _ends(pod: Pod, runtime: PodRuntime) -> tuple[ContainerStatus, ...]:
    """How the containers of a failed pod ended."""
    if runtime.each:
        return tuple(ContainerStatus(it.name, ContainerTerminated(it.exit_code)) for it in runtime.each)
    return tuple(ContainerStatus(it.name, ContainerTerminated(runtime.exit_code)) for it in pod.spec.containers)


PODS = Query(POD, ("object", "uncounted", "removing", "runtime"), _seen, MULTISET, _reads)
"""The pods of the Job as its controller sees them, and those that are gone but still listed."""


def _expected(name: str, expected: tuple[str, str] | None) -> bool | None:
    return True if expected is not None and expected[1] == owner(JOB, name) else None


EXPECTED = Query(POD, ("expected",), _expected, ANY, _name)
"""Whether the controller still waits to see what it did to some pod of the Job."""


def _waits(key: Keyed, pods: tuple[Seen, ...]) -> tuple[bool, ...]:
    """Whether a back-off is on after the newly finished pods: for each order in which they may have ended."""
    succeeded, failed = newly_finished(pods, key.job.spec)
    before = BackoffRecord(int(key.backoff), 0.0 if key.backoff else None)
    orders = {(0.0, 1.0), (1.0, 0.0)} if succeeded and failed else {(0.0, 0.0)}
    found = set()
    for success, failure in orders:
        after = record(before, [success] * len(succeeded), [failure] * len(failed))
        found.add(remaining(after, 1.0) > 0)
    return tuple(sorted(found))


def _sync(key: Keyed, pods: tuple[tuple[Seen, int], ...], expected: bool) -> Iterable[Alternative]:
    job = key.job
    each = tuple(seen for seen, number in pods for _ in range(number))
    deadline = job.spec.active_deadline_seconds
    now = float(deadline) if key.overdue and deadline is not None else 0.0
    for waits in _waits(key, each):
        for found in sync(job, each, satisfied=not expected, waits=waits, now=now):
            plan = carry_out(job, each, found, waits=waits)
            if plan:
                because = (
                    f"{job.metadata.name}: {found.final.active} pods active, {found.final.succeeded} succeeded,"
                    f" {found.final.failed} failed"
                )
                yield Alternative(plan, because)


def _sync_by_pods(key: Keyed, pods: tuple[tuple[Seen, int], ...], expected: bool) -> Iterable[Alternative]:
    job = key.job
    each = tuple(seen for seen, number in pods for _ in range(number))
    deadline = job.spec.active_deadline_seconds
    now = float(deadline) if key.overdue and deadline is not None else 0.0
    for found in sync(counted_by_pods(job, each), each, satisfied=not expected, waits=False, now=now):
        plan = carry_out(job, each, found, waits=False, finalizers=False)
        if plan:
            counted = f"{found.final.succeeded} that have succeeded exist, {found.final.failed} that failed"
            yield Alternative(plan, f"{job.metadata.name}: {found.final.active} pods active, {counted}")


SYNC = Rule(
    name="sync",
    key=Key(JOB, ("object", "backoff", "overdue"), _keyed),
    queries={"pods": PODS, "expected": EXPECTED},
    decide=_sync,
    several_requests=True,
    reference="controllers-workloads §6",
    meaning="creates or deletes pods, counts those that finished, and tells in the status how the Job stands",
)


def _backing_off(job: Job | None, backoff: bool) -> str | None:
    goes_on = job is not None and not is_finished(job) and announced(job) is None
    return job.metadata.name if job is not None and goes_on and backoff else None


BACKOFF_OVER = Rule(
    name="back-off is over",
    key=Key(JOB, ("object", "backoff"), _backing_off),
    decide=lambda name: [
        Alternative((Write(KEY, "backoff", Set(False)),), f"{name} has waited since its last pod failed")
    ],
    duration=DEFAULT_BACKOFF,
    reference="controllers-workloads §6",
    meaning="a Job whose pods failed may have new ones again",
)


def _deadline_rule(seconds: int) -> Rule:
    def active(job: Job | None, overdue: bool) -> str | None:
        if job is None or overdue or is_finished(job) or announced(job) is not None:
            return None
        runs = job.status.start_time is not None and not job.spec.suspend
        return job.metadata.name if runs and job.spec.active_deadline_seconds == seconds else None

    return Rule(
        name=f"active deadline {seconds} s",
        key=Key(JOB, ("object", "overdue"), active),
        decide=lambda name: [
            Alternative((Write(KEY, "overdue", Set(True)),), f"{name} has been active for {seconds} s")
        ],
        duration=float(seconds),
        countdown=Countdown(stored=True),
        reference="controllers-workloads §6.2",
        meaning="a Job that has been active for as long as it may fails",
    )


def _orphan(pod: Pod | None) -> str | None:
    return job_name(pod) or None if pod is not None and TRACKING in pod.metadata.finalizers else None


def _counts(name: str, job: Job | None) -> bool | None:
    mine = job is not None and job.metadata.name == name
    return True if mine and job is not None and not is_finished(job) else None


RELEASE_ORPHAN = Rule(
    name="release orphan",
    key=Key(POD, ("object",), _orphan),
    queries={"counted": Query(JOB, ("object",), _counts, ANY)},
    decide=lambda name, counted: (
        []
        if counted
        else [
            Alternative(
                (Call(KEY, ApiCall(Verb.PATCH, POD, RemoveTrackingFinalizer())), Write(KEY, "uncounted", Set(None))),
                f"{name} is gone, or over: nobody will count the pod",
            )
        ]
    ),
    reference="controllers-workloads §6.4",
    meaning="takes the finalizer off a pod whose Job is gone or over",
)


def _observed(removing: bool, _before: Pod | None, after: Pod | None) -> bool:
    """A removal is no longer expected once the controller has seen the pod without finalizer, or gone."""
    return removing and after is not None and TRACKING in after.metadata.finalizers


def _unremembered(
    reads: Reads, pod: Pod | None, uncounted: tuple[str, str] | None, _removing: bool, runtime: PodRuntime | None
) -> Seen | None:
    return _seen(reads, pod, uncounted, False, runtime)


def component(
    deadlines: Iterable[int] = (),
    *,
    expected_removals: bool = True,
    deletable: bool = False,
    drops: bool = False,
    by_pods: bool = False,
) -> Component:
    """The controller. ``deadlines``: every active deadline that some Job has, in seconds.

    ``expected_removals``: whether it remembers which finalizers it took away, which it did not always (#105200).
    ``deletable``: whether Jobs can be deleted while pods of theirs are not counted; ``drops``: while the controller
    expects something of them. ``by_pods``: it counts the finished pods that it finds, which it did before pods had
    finalizers (#78721).
    """
    forgetful = attrs.evolve(SYNC, queries={**SYNC.queries, "pods": attrs.evolve(PODS, classify=_unremembered)})
    syncs = SYNC if expected_removals else forgetful
    return Component(
        name=NAME,
        rules=(
            attrs.evolve(SYNC, decide=_sync_by_pods) if by_pods else syncs,
            BACKOFF_OVER,
            *map(_deadline_rule, deadlines),
            *((RELEASE_ORPHAN,) if deletable else ()),
            *((dropping_rule(JOB),) if drops else ()),
        ),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        handlers=(Handler(POD, "expected", observer(JOB)), Handler(POD, "removing", _observed)),
        duty="runs pods to their end until as many have succeeded as each Job asks for",
        reference="controllers-workloads §6",
    )


def _stands(job: Job | None) -> str:
    if job is None:
        return "Absent"
    ends = {COMPLETE: "Complete", FAILED: "Failed", SUCCESS_CRITERIA_MET: "Succeeding", FAILURE_TARGET: "Failing"}
    found = (name for type_, name in ends.items() if condition_is_true(job.status.conditions, type_))
    goes_on = "Suspended" if condition_is_true(job.status.conditions, SUSPENDED) else "Active"
    return next(found, goes_on)


_STATES = {
    "Absent": "no such Job",
    "Active": "is to run its pods",
    "Suspended": "runs no pods until it is resumed",
    "Succeeding": "has what it needs to succeed; pods are still to be counted, or to end",
    "Failing": "has failed; pods are still to be counted, or to end",
    "Complete": "has succeeded, for good",
    "Failed": "has failed, for good",
}


def _is(name: str) -> Any:
    return lambda job: _stands(job) == name


_CRON_JOBS = "cronjob-controller"
_PRESENT = ("Active", "Suspended", "Succeeding", "Failing", "Complete", "Failed")

MACHINE = Machine(
    name="job",
    kind=JOB,
    fields=("object",),
    states=tuple(State(name, _is(name), text) for name, text in _STATES.items()),
    initial="Absent",
    arrows=(
        Arrow("create", "Absent", "Active", _CRON_JOBS, "controllers-workloads §7"),
        *(Arrow("delete", state, "Absent", _CRON_JOBS, "controllers-workloads §7") for state in _PRESENT),
        *(Arrow("delete", state, "Absent", "user", "kube-apiserver §4") for state in _PRESENT),
        *(Arrow("let go", state, "Absent", "garbage-collector", "controllers-cluster §6") for state in _PRESENT),
        *(Arrow("delete", state, "Absent", "namespace-controller", "controllers-cluster §5") for state in _PRESENT),
        Arrow("resume", "Suspended", "Active", NAME, "controllers-workloads §6.3"),
        Arrow("suspend", "Active", "Suspended", NAME, "controllers-workloads §6.3"),
        Arrow("reach completions", "Active", "Succeeding", NAME, "controllers-workloads §6.3"),
        Arrow("exceed a limit", "Active", "Failing", NAME, "controllers-workloads §6.2"),
        Arrow("complete", "Succeeding", "Complete", NAME, "controllers-workloads §6.4"),
        Arrow("fail", "Failing", "Failed", NAME, "controllers-workloads §6.4"),
    ),
    meaning="how a Job stands, as its conditions tell",
    reference="controllers-workloads §6",
)
