"""Which pods a Job's controller creates and deletes in one sync (controllers-workloads §6.3)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ...objects.job import Job, JobSpec, replaces_failed_only
from ...objects.pod import Pod, is_terminal
from .job_counts import Counts, Seen, active_pods
from .job_indexes import completion_index, duplicates, is_indexed, pending_indexes
from .replicaset_decisions import BURST, Ranked, victims


@attrs.frozen(cache_hash=True)
class Managed:
    """What one sync does to the pods: those it deletes, or the index of each that it creates (None: no index)."""

    deletes: tuple[Seen, ...] = ()
    creates: tuple[int | None, ...] = ()


def wanted(spec: JobSpec, counts: Counts) -> int:
    """How many pods should be active."""
    if spec.suspend:
        return 0
    if spec.completions is None:
        return counts.active if counts.succeeded > 0 else spec.parallelism
    return max(0, min(spec.completions - counts.succeeded, spec.parallelism))


def manage(job: Job, counts: Counts, pods: Sequence[Seen], *, waits: bool) -> list[Managed]:
    """What a sync may do; more than one choice where pods tie in the ranking. ``waits``: a back-off is not over."""
    active = active_pods(pods)
    goal = wanted(job.spec, counts)
    choices = _excess(job.spec, active, counts.active - goal)
    if choices != [()]:
        return [Managed(deletes=chosen[:BURST]) for chosen in choices]
    held_back = counts.terminating if replaces_failed_only(job.spec) else 0
    missing = min(goal - counts.active - held_back, BURST)
    if missing <= 0 or waits:
        return [Managed()]
    if not is_indexed(job.spec):
        return [Managed(creates=(None,) * missing)]
    taken = set(counts.indexes) | counts.failed_indexes | {_index(seen.pod) for seen in active}
    if replaces_failed_only(job.spec):
        taken |= {_index(seen.pod) for seen in pods if _ending(seen.pod)}
    return [Managed(creates=pending_indexes(taken, missing, job.spec.completions or 0))]


def _index(pod: Pod | None) -> int | None:
    return completion_index(pod) if pod is not None else None


def _ending(pod: Pod | None) -> bool:
    return pod is not None and pod.metadata.terminating and not is_terminal(pod)


def _excess(spec: JobSpec, active: Sequence[Seen], least: int) -> list[tuple[Seen, ...]]:
    """The choices of active pods to delete: duplicates and strays of an Indexed Job, and ``least`` at least."""
    if spec.suspend:
        return [tuple(active)]
    kept: list[Seen] = list(active)
    stray: tuple[Seen, ...] = ()
    if is_indexed(spec):
        by_identity = {id(seen.pod): seen for seen in active}
        standing, removed = duplicates([seen.pod for seen in active if seen.pod is not None], spec.completions or 0)
        kept = [by_identity[id(pod)] for pod in standing]
        stray = tuple(by_identity[id(pod)] for pod in removed)
    more = max(least - len(stray), 0)
    if not more:
        return [stray]
    by_rank: dict[Ranked, list[Seen]] = {}
    for seen in kept:
        if seen.pod is not None:
            by_rank.setdefault(Ranked(seen.pod, seen.restarts), []).append(seen)
    ranked = [(one, len(found)) for one, found in by_rank.items()]
    return [(*stray, *_taken(chosen, by_rank)) for chosen in victims(ranked, {}, more)]


def _taken(chosen: Sequence[Ranked], by_rank: dict[Ranked, list[Seen]]) -> tuple[Seen, ...]:
    left = {one: list(found) for one, found in by_rank.items()}
    return tuple(left[one].pop(0) for one in chosen)
