"""One sync of a Job: what its controller decides, as a function of concrete values (controllers-workloads §6).

The parts stand in files of their own: counts, ends, pods, indexes, back-off, policies.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ...objects.conditions import Condition, condition_is_true, with_condition
from ...objects.job import SUCCESS_CRITERIA_MET, SUSPENDED, Job, JobStatus
from ...objects.pod import SUCCEEDED, Pod, is_ready
from .job_counts import (
    LISTED_FAILED,
    LISTED_SUCCEEDED,
    Counts,
    Seen,
    active_pods,
    count,
    is_failed,
    tracked,
)
from .job_indexes import completion_index, failures_before, in_range, index_text, is_indexed
from .job_pods import Managed, manage
from .job_terminal import COMPLETIONS_REACHED, completed, ending, is_finished, terminal
from .pod_failure_policy import match
from .replicaset_decisions import is_active


@attrs.frozen(cache_hash=True)
class Sync:
    """What one sync does, in this order.

    It deletes the pods ``deletes`` (``releases``: their finalizer goes first, so that they are never counted), or
    creates one for each of ``creates``; writes the status ``listed``, which names the pods ``lists`` (with the list
    they come into) besides those that it names already; takes the finalizer of ``frees`` away; writes ``final``.
    """

    deletes: tuple[Seen, ...]
    releases: bool
    creates: tuple[int | None, ...]
    lists: tuple[tuple[Seen, str], ...]
    listed: JobStatus
    frees: tuple[Seen, ...]
    final: JobStatus


def sync(job: Job, pods: Sequence[Seen], *, satisfied: bool, waits: bool, now: float) -> list[Sync]:
    """What a sync of ``job`` may do; nothing once it is finished.

    ``satisfied``: the controller has seen all that it did before. ``waits``: a back-off is not over. ``now`` in
    seconds.
    """
    if is_finished(job):
        return []
    if job.status.start_time is None and not job.spec.suspend:
        job = attrs.evolve(job, status=attrs.evolve(job.status, start_time=now))
    counts = count(job, pods)
    end = ending(job, counts, pods, now)
    if end is not None:
        deletes = active_pods(pods)
        # What was created but is not seen yet may hold a finalizer, too.
        choices = [(Managed(deletes=deletes), end if satisfied else None)]
        return [_track(job, pods, counts, done, over, releases=False) for done, over in choices]
    acts = satisfied and not job.metadata.terminating
    results = []
    for done in manage(job, counts, pods, waits=waits) if acts else [Managed()]:
        active = counts.active - len(done.deletes) + len(done.creates)
        over = None
        if completed(job, counts.succeeded, active):
            over = Condition(SUCCESS_CRITERIA_MET, "True", COMPLETIONS_REACHED)
        told = _tell_suspension(job, now) if acts and over is None else job
        results.append(_track(told, pods, counts, done, over, releases=True))
    return results


def _tell_suspension(job: Job, now: float) -> Job:
    """The Job with the condition Suspended as its spec has it; a Job that goes on starts anew."""
    conditions, start = job.status.conditions, job.status.start_time
    if job.spec.suspend:
        conditions = with_condition(conditions, Condition(SUSPENDED, "True", "JobSuspended"))
    elif condition_is_true(conditions, SUSPENDED):
        conditions, start = with_condition(conditions, Condition(SUSPENDED, "False", "JobResumed")), now
    return attrs.evolve(job, status=attrs.evolve(job.status, conditions=conditions, start_time=start))


def _track(
    job: Job, pods: Sequence[Seen], counts: Counts, done: Managed, over: Condition | None, *, releases: bool
) -> Sync:
    """How the finished pods are counted, and the end told that the Job comes to, if any (§6.4)."""
    frees, lists = _finished(job, pods, counts, over)
    freed = [seen.listed for seen in pods if seen.listed and not tracked(seen)]
    rest = [seen.listed for seen in frees if seen.listed] + [place for seen, place in lists if _among(seen, frees)]
    deleted_ready = sum(is_ready(seen.pod) for seen in done.deletes if seen.pod is not None)
    status = attrs.evolve(
        job.status,
        active=counts.active - len(done.deletes) + len(done.creates),
        ready=counts.ready - deleted_ready,
        terminating=counts.terminating + len(done.deletes),
        conditions=with_condition(job.status.conditions, over) if over is not None else job.status.conditions,
    )
    status = _counted(job, status, freed, counts)
    final = _counted(job, status, rest, counts)
    if over is not None and status.terminating == 0:
        final = attrs.evolve(final, conditions=with_condition(final.conditions, terminal(over)))
    return Sync(done.deletes, releases, done.creates, lists, status, frees, final)


def _among(seen: Seen, others: Sequence[Seen]) -> bool:
    return any(seen is other for other in others)


def _finished(
    job: Job, pods: Sequence[Seen], counts: Counts, over: Condition | None
) -> tuple[tuple[Seen, ...], tuple[tuple[Seen, str], ...]]:
    """The pods whose finalizer goes, and those that the status lists first, which are mostly the same."""
    fails = over is not None and over.type != SUCCESS_CRITERIA_MET
    frees: list[Seen] = []
    lists: list[tuple[Seen, str]] = []
    for seen in pods:
        pod = seen.pod
        if pod is None or not tracked(seen):
            continue
        succeeded, failed = pod.status.phase == SUCCEEDED, is_failed(pod, job.spec)
        if not (succeeded or failed or job.metadata.terminating or over is not None):
            continue
        if succeeded or job.metadata.terminating or over is not None or not _stands_for_index(job, pod, counts, pods):
            frees.append(seen)
        if seen.listed:
            continue
        if succeeded:
            # The completed indexes say which pods have succeeded: they need no list.
            if not is_indexed(job.spec):
                lists.append((seen, LISTED_SUCCEEDED))
        elif (failed or fails) and _failure_counts(job, pod):
            # Once the Job has failed, every pod that has not ended counts as failed.
            lists.append((seen, LISTED_FAILED))
    return tuple(frees), tuple(lists)


def _stands_for_index(job: Job, pod: Pod, counts: Counts, pods: Sequence[Seen]) -> bool:
    """Whether a failed pod must stay, since it alone tells how often its index has failed (§6, backoff per index)."""
    index = completion_index(pod)
    if job.spec.backoff_limit_per_index is None or not in_range(pod, job.spec.completions or 0):
        return False
    if index in counts.failed_indexes or index in counts.indexes:
        return False
    later = (other.pod for other in pods if other.pod is not None and completion_index(other.pod) == index)
    return not any(failures_before(other) > failures_before(pod) or is_active(other) for other in later)


def _failure_counts(job: Job, pod: Pod) -> bool:
    if is_indexed(job.spec) and not in_range(pod, job.spec.completions or 0):
        return False
    return match(job.spec.pod_failure_policy, pod).counts


def _counted(job: Job, status: JobStatus, places: Sequence[str], counts: Counts) -> JobStatus:
    """``status`` with the pods counted that were listed in these ``places``."""
    failed = status.failed + sum(place == LISTED_FAILED for place in places)
    if is_indexed(job.spec):
        text = index_text(counts.indexes)
        over = index_text(counts.failed_indexes)
        succeeded = len(counts.indexes)
        return attrs.evolve(status, failed=failed, succeeded=succeeded, completed_indexes=text, failed_indexes=over)
    succeeded = status.succeeded + sum(place == LISTED_SUCCEEDED for place in places)
    return attrs.evolve(status, failed=failed, succeeded=succeeded)
