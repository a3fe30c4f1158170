"""Completion indexes of Indexed Jobs: their text, which succeeded, which come next (controllers-workloads §6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...objects.job import INDEXED, JobSpec
from ...objects.pod import RUNNING, SUCCEEDED, Pod, is_ready

COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index"
"""Annotation that holds a pod's index."""

FAILURE_COUNT = "batch.kubernetes.io/job-index-failure-count"
"""Annotation that holds how often pods of the index had failed when this one was created."""

Intervals = tuple[tuple[int, int], ...]
"""First and last of each run of indexes, ascending, apart from each other."""


def is_indexed(spec: JobSpec) -> bool:
    """Whether every pod of the Job stands for one index."""
    return spec.completion_mode == INDEXED


def completion_index(pod: Pod) -> int | None:
    """The pod's index, None if it has none that can be read."""
    text = pod.metadata.annotations.get(COMPLETION_INDEX, "")
    return int(text) if text.isascii() and text.isdigit() else None


def failures_before(pod: Pod) -> int:
    """How often pods of the same index had failed before this one."""
    text = pod.metadata.annotations.get(FAILURE_COUNT, "")
    return int(text) if text.isascii() and text.isdigit() else 0


def in_range(pod: Pod, completions: int) -> bool:
    """Whether the pod has an index that the Job asks for."""
    index = completion_index(pod)
    return index is not None and index < completions


def intervals(indexes: Iterable[int]) -> Intervals:
    """The runs that ``indexes`` make up."""
    runs: list[tuple[int, int]] = []
    for index in sorted(set(indexes)):
        if runs and runs[-1][1] == index - 1:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return tuple(runs)


def indexes_of(text: str, completions: int | None = None) -> frozenset[int]:
    """The indexes that ``text`` names ("1,3-5"), below ``completions`` if given.

    An interval that cannot be read, or only to its first number, ends the text there or names that number alone.
    """
    found: set[int] = set()
    for part in text.split(",") if text else ():
        first, dash, last = part.partition("-")
        if not first.isdigit():
            break
        if completions is not None and int(first) >= completions:
            break
        if dash and not last.isdigit():
            break
        end = int(last) if dash else int(first)
        found.update(range(int(first), min(end, completions - 1 if completions is not None else end) + 1))
    return frozenset(found)


def index_text(indexes: Iterable[int]) -> str:
    """The text of ``indexes``, as a Job's status has it: two neighbours are two numbers, three an interval."""
    parts = []
    for first, last in intervals(indexes):
        if first == last:
            parts.append(f"{first}")
        else:
            parts.append(f"{first}{',' if last == first + 1 else '-'}{last}")
    return ",".join(parts)


def succeeded_indexes(pods: Iterable[Pod], completed: str, completions: int) -> frozenset[int]:
    """The indexes that have succeeded: those of the status, and those of Succeeded pods."""
    new = (completion_index(pod) for pod in pods if pod.status.phase == SUCCEEDED and in_range(pod, completions))
    return indexes_of(completed, completions) | frozenset(index for index in new if index is not None)


def pending_indexes(taken: Iterable[int | None], count: int, completions: int) -> tuple[int, ...]:
    """The ``count`` lowest indexes that are not ``taken``, as far as there are any."""
    used = set(taken)
    return tuple(index for index in range(completions) if index not in used)[: max(count, 0)]


def duplicates(active: Sequence[Pod], completions: int) -> tuple[tuple[Pod, ...], tuple[Pod, ...]]:
    """Active pods to keep, one for each index in range, by index; and those to remove: all others.

    Of the pods of one index the one that got furthest stays: one that runs rather than one that does not, one that
    is ready rather than one that is not, else the first.
    """
    by_index: dict[int, list[Pod]] = {}
    removed: list[Pod] = []
    for pod in active:
        index = completion_index(pod)
        if index is None or index >= completions:
            removed.append(pod)
        else:
            by_index.setdefault(index, []).append(pod)
    kept: list[Pod] = []
    for _, found in sorted(by_index.items()):
        first, *others = sorted(found, key=lambda pod: (pod.status.phase != RUNNING, not is_ready(pod)))
        kept.append(first)
        removed += others
    return tuple(kept), tuple(removed)
