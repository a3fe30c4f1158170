"""A Job's counters never count a pod twice (controllers-workloads §6.4; invariants 58).

Counted are the finished pods of a Job by how far their counting has come: not listed yet, listed, listed and without
finalizer, counted; of the last two, those whose finalizer the controller's cache still shows. What a sync does with
pods of each class it is asked itself: ``sync`` decides on one pod that stands for all of its class, and does with many
what it does with each (tested).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from ....spec.control_plane.controllers.job_counts import LISTED_FAILED, LISTED_SUCCEEDED, TRACKING, Seen
from ....spec.control_plane.controllers.job_decisions import sync
from ....spec.language.arithmetic import Number, Truth, select
from ....spec.objects.job import Job, JobSpec
from ....spec.objects.metadata import ObjectMeta
from ....spec.objects.pod import FAILED, SUCCEEDED, Pod, PodStatus
from ..law import Claim, Hypothesis, Law, Mutation, Provable, Step, Values
from ..truth import every

NAME = "job-counters"

_RESULTS = {"succeeded": (SUCCEEDED, LISTED_SUCCEEDED), "failed": (FAILED, LISTED_FAILED)}
_CLASSES = ("new", "listed", "freed", "freed_unseen", "counted", "counted_unseen")

_CONTROLLER, _KUBELET, _FAULT = "job-controller", "kubelet", "fault"

_MANY = 10**6
"""More pods than any representative stands for: the Job is not over, however many are counted."""

JOB = Job(spec=JobSpec(parallelism=0, completions=_MANY, backoff_limit=_MANY))
"""A Job that creates no pods and does not end."""


@attrs.frozen
class Rules:
    """What a mutation changes.

    ``remembers``: the controller remembers which finalizers it took away. ``unlists``: a pod that is counted leaves
    the list. ``lists_first``: finalizers go only once the status that lists their pods is written.
    """

    remembers: bool = True
    unlists: bool = True
    lists_first: bool = True


def representative(result: str, cls: str, *, remembers: bool = True) -> Seen:
    """A pod of the class, as the controller sees it."""
    phase, place = _RESULTS[result]
    unseen = cls.endswith("_unseen")
    there = cls in ("new", "listed") or unseen
    pod = Pod(ObjectMeta(finalizers=(TRACKING,) if there else ()), status=PodStatus(phase))
    listed = cls in ("listed", "freed", "freed_unseen")
    return Seen(pod, place if listed else "", removing=unseen and remembers)


@attrs.frozen
class Done:
    """What one sync does to a pod, 0 or 1 each: lists it, counts it with that write or with the last, frees it."""

    lists: int
    counts_first: int
    counts_last: int
    frees: int


def done(result: str, cls: str, *, remembers: bool = True) -> Done:
    """What a sync does to a pod of the class."""
    (found,) = sync(JOB, (representative(result, cls, remembers=remembers),), satisfied=True, waits=True, now=0.0)
    before, listed, final = (getattr(status, result) for status in (JOB.status, found.listed, found.final))
    return Done(len(found.lists), listed - before, final - listed, len(found.frees))


def _count(at: Values, result: str, cls: str) -> Number:
    return at[f"{result}_{cls}"]


def _write_list(result: str, rules: Rules) -> Step:
    does = {cls: done(result, cls, remembers=rules.remembers) for cls in _CLASSES}

    def effect(at: Values, chosen: Values) -> Mapping[str, Number]:
        seen = {cls: _count(at, result, cls) for cls in _CLASSES} | {"new": chosen.pods}
        lists = {cls: number * does[cls].lists for cls, number in seen.items()}
        counts = {cls: number * does[cls].counts_first for cls, number in seen.items()}
        off = {cls: number if rules.unlists else 0 for cls, number in counts.items()}
        after = {
            "new": at[f"{result}_new"] - lists["new"],
            "listed": seen["listed"] + lists["new"] + lists["counted_unseen"],
            "freed": seen["freed"] - off["freed"],
            "freed_unseen": seen["freed_unseen"] - off["freed_unseen"],
            "counted": seen["counted"] + off["freed"],
            "counted_unseen": seen["counted_unseen"] + off["freed_unseen"] - lists["counted_unseen"],
        }
        later = (number * does[cls].counts_last for cls, number in seen.items())
        return {
            **{f"{result}_{cls}": number for cls, number in after.items()},
            f"{result}_counter": at[f"{result}_counter"] + sum(counts.values()),
            f"{result}_to_count": sum(later),
            f"{result}_syncs": 1,
        }

    return Step(
        f"first status update, {result}",
        _CONTROLLER,
        effect,
        lambda at, _: at[f"{result}_syncs"] == 0,
        {"pods": lambda at: (0, at[f"{result}_new"])},
        meaning="lists the uids of pods that its cache shows as finished, and counts those that have no finalizer",
        reference="controllers-workloads §6.4",
    )


def _steps(result: str, rules: Rules) -> Iterator[Step]:
    listed, freed, unseen = f"{result}_listed", f"{result}_freed", f"{result}_freed_unseen"
    counted, counted_unseen = f"{result}_counted", f"{result}_counted_unseen"
    syncs, to_count, counter = f"{result}_syncs", f"{result}_to_count", f"{result}_counter"
    nothing = {syncs: 0, to_count: 0}
    frees = done(result, "listed", remembers=rules.remembers).frees

    yield Step(
        f"pod {result}",
        _KUBELET,
        lambda at, _: {f"{result}_new": at[f"{result}_new"] + 1, f"{result}_pods": at[f"{result}_pods"] + 1},
        lambda at, _: at.succeeded_pods + at.failed_pods < at.pods,
        reference="kubelet §5",
    )
    yield _write_list(result, rules)
    yield Step(
        f"remove finalizer, {result}",
        _CONTROLLER,
        lambda at, _: {listed: at[listed] - frees, unseen: at[unseen] + frees},
        lambda at, _: every(at[syncs] == 1, at[listed] > 0),
        reference="controllers-workloads §6.4",
    )
    if not rules.lists_first:
        # The pod may go once it has no finalizer: the sync after a crash counts it as one that it never listed.
        yield Step(
            f"count pod without listing it, {result}",
            _CONTROLLER,
            lambda at, _: {counter: at[counter] + 1},
            lambda at, _: every(at[syncs] == 0, at[f"{result}_new"] > 0),
            meaning="the counter is written, and the controller crashes before the finalizer goes",
        )
    yield Step(
        f"last status update, {result}",
        _CONTROLLER,
        lambda at, _: {
            counter: at[counter] + at[to_count],
            counted: at[counted] + at[freed],
            counted_unseen: at[counted_unseen] + at[unseen],
            freed: 0,
            unseen: 0,
            **nothing,
        },
        lambda at, _: every(at[syncs] == 1, at[listed] == 0),
        meaning="takes the uids off the list and into the counter",
        reference="controllers-workloads §6.4",
    )
    yield Step(
        f"see removed finalizer, {result}",
        _CONTROLLER,
        lambda at, chosen: {
            freed: at[freed] + chosen.listed_pods,
            unseen: at[unseen] - chosen.listed_pods,
            counted: at[counted] + chosen.counted_pods,
            counted_unseen: at[counted_unseen] - chosen.counted_pods,
        },
        chosen={"listed_pods": lambda at: (0, at[unseen]), "counted_pods": lambda at: (0, at[counted_unseen])},
        meaning="its cache catches up",
        reference="00-index §4",
    )
    yield Step(
        f"status update conflicts, {result}",
        _CONTROLLER,
        lambda _at, _: nothing,
        lambda at, _: at[syncs] == 1,
        meaning="the Job was changed meanwhile: the sync ends, and another begins",
        reference="kube-apiserver §3",
    )
    yield Step(
        f"crash, {result}",
        _FAULT,
        lambda at, _: {
            freed: at[freed] + at[unseen],
            counted: at[counted] + at[counted_unseen],
            unseen: 0,
            counted_unseen: 0,
            **nothing,
        },
        meaning="the controller forgets its sync and the removals that it expected, and lists all pods anew",
        reference="00-index §4",
    )


def _total(at: Values, result: str, *classes: str) -> Number:
    return sum((_count(at, result, cls) for cls in classes[1:]), _count(at, result, classes[0]))


def _told(at: Values, result: str) -> Number:
    """How many pods the status speaks of: its counter, and its list."""
    return at[f"{result}_counter"] + _total(at, result, "listed", "freed", "freed_unseen")


def _claims(result: str) -> Iterator[Claim]:
    yield Claim(
        f"{result}: no class has fewer than no pods",
        lambda at: every(*(_count(at, result, cls) >= 0 for cls in _CLASSES)),
    )
    yield Claim(
        f"{result}: the counter is the number of counted pods",
        lambda at: at[f"{result}_counter"] == _total(at, result, "counted", "counted_unseen"),
    )
    yield Claim(
        f"{result}: every finished pod is in one class",
        lambda at: at[f"{result}_pods"] == _total(at, result, *_CLASSES),
    )
    yield Claim(
        f"{result}: a sync is to count what is listed",
        lambda at: every(
            at[f"{result}_syncs"] >= 0,
            at[f"{result}_syncs"] <= 1,
            at[f"{result}_to_count"]
            == select(at[f"{result}_syncs"] == 1, _total(at, result, "listed", "freed", "freed_unseen"), 0),
        ),
    )


def _promise(at: Values) -> Truth:
    return every(*(_told(at, result) <= at[f"{result}_pods"] for result in _RESULTS))


def _broken(at: Values) -> str:
    worst = next(result for result in _RESULTS if _told(at, result) > at[f"{result}_pods"])
    return f"the status speaks of {_told(at, worst)} pods that {worst}, there were {at[f'{worst}_pods']}"


def law(rules: Rules = Rules()) -> Law:
    """The law, under ``rules``."""
    extra = ("counter", "pods", "to_count", "syncs")
    return Law(
        name=NAME,
        statement="what a Job's status has counted, with what it lists, is never more than the pods that finished",
        for_all="any number of pods that succeed or fail, syncs, crashes between any two requests, conflicts, and "
        "caches that show removed finalizers late",
        reference="controllers-workloads §6.4; invariants 58",
        parameters={"pods": 2},
        assumes=lambda at: at.pods >= 0,
        start=lambda _: {f"{result}_{it}": 0 for result in _RESULTS for it in (*_CLASSES, *extra)},
        steps=tuple(step for result in _RESULTS for step in _steps(result, rules)),
        invariant=tuple(claim for result in _RESULTS for claim in _claims(result)),
        promise=_promise,
        broken=_broken,
        hypotheses=(
            Hypothesis(
                "finalizers-kept", "nobody but the Job controller takes its finalizer off a pod", "invariants 59"
            ),
            Hypothesis(
                "status-compare-and-swap",
                "a status made from an older version of the Job conflicts, so that a sync goes by the stored list",
                "kube-apiserver §3; invariants 3, proved as no-lost-update",
            ),
            Hypothesis("consistent-list", "a controller that starts lists pods as they are stored", "00-index §4"),
            Hypothesis(
                "not-indexed", "the Job is not Indexed, and no policy lets failures go uncounted", "this abstraction"
            ),
        ),
    )


PROVABLE = Provable(
    law,
    (
        Mutation(
            "removals-forgotten",
            "the controller does not remember which finalizers it took away, as it once did not (#105200)",
            lambda: law(Rules(remembers=False)),
        ),
        Mutation("list-kept", "pods that are counted stay in the list", lambda: law(Rules(unlists=False))),
        Mutation(
            "list-skipped",
            "pods are counted without being listed first, so that a crash leaves them to be counted again",
            lambda: law(Rules(lists_first=False)),
        ),
    ),
)
