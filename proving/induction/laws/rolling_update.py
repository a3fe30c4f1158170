"""A rolling update keeps its promises to the number of pods (controllers-workloads §1, §2; invariants 41, 42).

Counted are, of three ReplicaSets in the order of their age, what their specs ask for, their active pods, and those of
them that are available; ``current`` says which of them, from 0, has the Deployment's template. Sizes come from the
Deployment controller's own functions, how many pods change and which go first from the ReplicaSet controller's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import attrs

from ....spec.control_plane.controllers import deployment_rollout as rollout
from ....spec.control_plane.controllers import replicaset_decisions as replica_sets
from ....spec.language.arithmetic import Number, Truth, maximum, minimum, select
from ....spec.objects.conditions import Condition
from ....spec.objects.pod import PENDING, RUNNING, Pod, PodSpec, PodStatus
from ..law import Claim, Hypothesis, Law, Mutation, Provable, Step, Values
from ..truth import every

NAME = "rolling-update"

_SETS = ("first", "second", "third")

_USER, _DEPLOYMENT, _REPLICA_SET, _NODE = "user", "deployment-controller", "replicaset-controller", "kubelet"

Sizes = tuple[tuple[Number, ...], tuple[Number, ...], Number]


@attrs.frozen
class Rules:
    """What a mutation changes: the functions by which controllers decide, and which hypotheses are given up.

    ``fresh``: the status of a ReplicaSet tells how many of its pods are available; ``settled``: the controller decides
    only when no ReplicaSet has pods to delete; ``pods_last``: no pod fails.
    """

    new_size: Callable[[Number, Number, Number, Number], Number] = lambda *counts: rollout.new_size(*counts)
    old_sizes: Callable[..., Sizes] = lambda *counts: rollout.old_sizes(*counts)
    fresh: bool = True
    settled: bool = True
    pods_last: bool = True


def _limits(at: Values) -> tuple[Number, Number]:
    """maxSurge and maxUnavailable as the controller takes them."""
    surge, unavailable = rollout.fenceposts(at.max_surge, at.max_unavailable)
    return surge, rollout.at_most_all(unavailable, at.replicas)


def _total(at: Values, what: str) -> Number:
    return sum((at[f"{name}_{what}"] for name in _SETS[1:]), at[f"{_SETS[0]}_{what}"])


def _shown(rules: Rules) -> str:
    """What the status of a ReplicaSet shows as available."""
    return "available" if rules.fresh else "shown"


def _new(at: Values, what: str) -> Number:
    first, second, third = (at[f"{name}_{what}"] for name in _SETS)
    return select(at.current == 0, first, select(at.current == 1, second, third))


def _old(at: Values, what: str) -> tuple[Number, Number]:
    """Of the two ReplicaSets that are not the new one, the older first."""
    first, second, third = (at[f"{name}_{what}"] for name in _SETS)
    return select(at.current == 0, second, first), select(at.current == 2, second, third)


def _resized(at: Values, new: Number, older: Number, younger: Number) -> Mapping[str, Number]:
    """The ReplicaSets with these replicas, the new one and the two old ones."""
    sizes = (
        select(at.current == 0, new, older),
        select(at.current == 1, new, select(at.current == 0, older, younger)),
        select(at.current == 2, new, younger),
    )
    return {f"{name}_replicas": size for name, size in zip(_SETS, sizes, strict=True)}


def _settled(at: Values, rules: Rules) -> Truth:
    """No ReplicaSet has more pods than it asks for: what it had to delete is deleted."""
    return not rules.settled or every(*(at[f"{name}_pods"] <= at[f"{name}_replicas"] for name in _SETS))


def _deployment_steps(rules: Rules) -> Iterator[Step]:
    def size(at: Values) -> Number:
        surge, _ = _limits(at)
        return rules.new_size(_new(at, "replicas"), _total(at, "replicas"), at.replicas, surge)

    def shrunk(at: Values, chosen: Values) -> Mapping[str, Number]:
        _, unavailable = _limits(at)
        sizes, shown, new = _old(at, "replicas"), _old(at, _shown(rules)), _new(at, "replicas")
        old = tuple(zip(sizes, shown, strict=True))
        first, second, _ = rules.old_sizes(old, new, _new(at, _shown(rules)), at.replicas, unavailable)
        # The requests of a sync are sent one after the other; a crash may fall between any two.
        after = [
            select(len(sizes) + place < chosen.requests, then, select(place < chosen.requests, now, size))
            for place, (size, now, then) in enumerate(zip(sizes, first, second, strict=True))
        ]
        return _resized(at, new, *after)

    yield Step(
        "scale up new ReplicaSet",
        _DEPLOYMENT,
        lambda at, _: _resized(at, size(at), *_old(at, "replicas")),
        lambda at, _: _settled(at, rules),
        meaning="rolling update, step A: as far as replicas + maxSurge allows",
        reference="controllers-workloads §2",
    )
    yield Step(
        "scale down old ReplicaSets",
        _DEPLOYMENT,
        shrunk,
        lambda at, _: every(size(at) == _new(at, "replicas"), _settled(at, rules)),
        {"requests": lambda _: (1, 2 * len(_SETS[1:]))},
        meaning="rolling update, step B: unavailable replicas first, as far as maxUnavailable allows",
        reference="controllers-workloads §2",
    )


def _ready_goes_first() -> bool:
    """Whether the ReplicaSet controller's ranking deletes some ready pod before one that is not ready."""
    ready = Condition("Ready", "True")
    unready = [
        Pod(),
        Pod(spec=PodSpec(node_name="node"), status=PodStatus(PENDING)),
        Pod(spec=PodSpec(node_name="node"), status=PodStatus(RUNNING)),
    ]
    best = Pod(spec=PodSpec(node_name="node"), status=PodStatus(RUNNING, (ready,)))
    rank = replica_sets.deletion_rank(best, 0, None)
    return any(replica_sets.deletion_rank(pod, 0, None)[: len(rank)] >= rank for pod in unready)


def _replica_set_steps(name: str, rules: Rules) -> Iterator[Step]:
    wanted, pods, available = f"{name}_replicas", f"{name}_pods", f"{name}_available"

    def deleted(at: Values, chosen: Values) -> Mapping[str, Number]:
        spared = 0 if _ready_goes_first() else at[pods] - at[available]
        gone = maximum(chosen.pods - spared, 0)
        return {pods: at[pods] - chosen.pods, available: maximum(at[available] - gone, 0)}

    def change(at: Values) -> Number:
        return replica_sets.replicas_to_change(at[pods], at[wanted])

    yield Step(
        f"create pods of {name}",
        _REPLICA_SET,
        lambda at, chosen: {pods: at[pods] + chosen.pods},
        chosen={"pods": lambda at: (1, change(at))},
        reference="controllers-workloads §1.3",
    )
    yield Step(
        f"delete pods of {name}",
        _REPLICA_SET,
        deleted,
        chosen={"pods": lambda at: (1, -change(at))},
        meaning="those that are not ready go first",
        reference="controllers-workloads §1.3",
    )
    yield Step(
        f"pods of {name} become ready",
        _NODE,
        lambda at, chosen: {available: at[available] + chosen.pods},
        chosen={"pods": lambda at: (1, at[pods] - at[available])},
        reference="kubelet §5",
    )
    if not rules.fresh:
        yield Step(
            f"report status of {name}",
            _REPLICA_SET,
            lambda at, _: {f"{name}_shown": at[available]},
            reference="controllers-workloads §1",
        )
    if not rules.pods_last:
        yield Step(
            f"a pod of {name} fails",
            "fault",
            lambda at, _: {available: at[available] - 1},
            lambda at, _: at[available] > 0,
        )


def _change_template(place: int, name: str) -> Step:
    return Step(
        f"change template to that of {name}",
        _USER,
        lambda _at, _: {"current": place},
        lambda at, _: at.current != place,
        meaning="to a new one, or back to an earlier one",
    )


def _template_steps(rules: Rules) -> Iterator[Step]:
    counters = ("replicas", "pods", "available", *(() if rules.fresh else ("shown",)))

    def move_up(at: Values, _chosen: Values) -> Mapping[str, Number]:
        moved = {f"{to}_{it}": at[f"{name}_{it}"] for to, name in pairwise(_SETS) for it in counters}
        return {**moved, **{f"{_SETS[-1]}_{it}": 0 for it in counters}, "current": at.current - 1}

    for place, name in enumerate(_SETS):
        yield _change_template(place, name)
    yield Step(
        "clean up history",
        _DEPLOYMENT,
        move_up,
        lambda at, _: every(at.current > 0, *(at[f"{_SETS[0]}_{it}"] == 0 for it in counters)),
        meaning="the oldest ReplicaSet is empty and goes, so that there is room for a younger one",
        reference="controllers-workloads §2 C",
    )


def _promise(at: Values) -> Truth:
    return every(_enough(at), _not_too_many(at))


def _enough(at: Values) -> Truth:
    _, unavailable = _limits(at)
    return _total(at, "available") >= at.replicas - unavailable


def _not_too_many(at: Values) -> Truth:
    surge, _ = _limits(at)
    return _total(at, "replicas") <= at.replicas + surge


def _broken(at: Values) -> str:
    surge, unavailable = _limits(at)
    available, asked = _total(at, "available"), _total(at, "replicas")
    if available < at.replicas - unavailable:
        return f"{available} pods are available, {at.replicas - unavailable} must be"
    return f"the ReplicaSets ask for {asked} pods, {at.replicas + surge} are the most there may be"


def _lasting(at: Values) -> Truth:
    """As ``_enough``, of the pods that no ReplicaSet will delete."""
    _, unavailable = _limits(at)
    kept = (minimum(at[f"{name}_available"], at[f"{name}_replicas"]) for name in _SETS)
    return sum(kept, 0) >= at.replicas - unavailable


def _counts_fit(name: str) -> Claim:
    def holds(at: Values) -> Truth:
        available, pods, asked = (at[f"{name}_{it}"] for it in ("available", "pods", "replicas"))
        return every(available >= 0, available <= pods, asked >= 0, asked <= at.replicas)

    return Claim(f"{name}: available <= pods, 0 <= replicas <= those of the Deployment", holds)


_HYPOTHESES = (
    Hypothesis("constant-replicas", "nobody changes spec.replicas during the rollout", "invariants 42"),
    Hypothesis(
        "no-pod-fails", "no available pod becomes unavailable but by the ReplicaSet controller", "invariants 41"
    ),
    Hypothesis(
        "fresh-status",
        "when the Deployment controller decides, the status of each ReplicaSet says how many of its pods are available",
        "invariants 41",
    ),
    Hypothesis(
        "deletions-done",
        "when the Deployment controller decides, no ReplicaSet has pods that it is still to delete",
        "invariants 41",
    ),
    Hypothesis(
        "sync-undisturbed",
        "between the requests of one sync nothing happens but that the controller crashes",
        "design §3.1, --rpc reconcile",
    ),
    Hypothesis(
        "limits-are-counts",
        "maxSurge and maxUnavailable are counts; a percentage comes to one",
        "controllers-workloads §2, proved as rollout-percentages",
    ),
    Hypothesis("three-replicasets", "at most three ReplicaSets ask for pods, or have any", "this abstraction"),
    Hypothesis("available-is-ready", "minReadySeconds is 0", "this abstraction"),
)


def law(rules: Rules = Rules()) -> Law:
    """The law, under ``rules``."""
    counters = ("replicas", "pods", "available", *(() if rules.fresh else ("shown",)))

    def start(at: Values) -> Mapping[str, Number]:
        counts = {f"{name}_{it}": 0 for name in _SETS for it in counters}
        return {**counts, **{f"second_{it}": at.replicas for it in counters}, "current": 1}

    return Law(
        name=NAME,
        statement=(
            "a rolling update never has fewer than replicas - maxUnavailable pods available, "
            "nor do its ReplicaSets ask for more than replicas + maxSurge"
        ),
        for_all="all replicas, all maxSurge and maxUnavailable, counts and percentages from 0 to 100; any number of "
        "rollouts and rollbacks, one into the other",
        reference="controllers-workloads §1, §2; invariants 41, 42",
        parameters={"replicas": 2, "max_surge": 1, "max_unavailable": 1},
        assumes=lambda at: every(at.replicas >= 0, at.max_surge >= 0, at.max_unavailable >= 0),
        start=start,
        steps=(
            *_template_steps(rules),
            *_deployment_steps(rules),
            *(step for name in _SETS for step in _replica_set_steps(name, rules)),
        ),
        invariant=(
            *map(_counts_fit, _SETS),
            Claim("one of the ReplicaSets is the new one", lambda at: every(at.current >= 0, at.current <= 2)),
            Claim("the ReplicaSets ask for no more than the surge allows", _not_too_many),
            Claim("enough available pods stay", _lasting),
        ),
        promise=_promise,
        broken=_broken,
        hypotheses=_HYPOTHESES,
    )


def _one_more(new: Number, total: Number, replicas: Number, surge: Number) -> Number:
    return rollout.new_size(new, total, replicas, surge + 1)


def _one_fewer(old: list[tuple[Number, Number]], new: Number, ready: Number, replicas: Number, most: Number) -> Sizes:
    return rollout.old_sizes(old, new, ready, replicas, most + 1)


def _unready_counted(
    old: list[tuple[Number, Number]], new: Number, _ready: Number, replicas: Number, most: Number
) -> Sizes:
    return rollout.old_sizes(old, new, new, replicas, most)


PROVABLE = Provable(
    law,
    (
        Mutation(
            "surge-off-by-one",
            "the new ReplicaSet grows to one more than replicas + maxSurge",
            lambda: law(Rules(new_size=_one_more)),
        ),
        Mutation(
            "unavailable-off-by-one",
            "the old ReplicaSets shrink to one fewer than replicas - maxUnavailable",
            lambda: law(Rules(old_sizes=_one_fewer)),
        ),
        Mutation(
            "unready-counts",
            "new replicas count as available as soon as they are asked for",
            lambda: law(Rules(old_sizes=_unready_counted)),
        ),
        Mutation(
            "without-fresh-status",
            "the Deployment controller decides on statuses that are out of date",
            lambda: law(Rules(fresh=False)),
        ),
        Mutation(
            "without-deletions-done",
            "the Deployment controller decides while a ReplicaSet still has pods that it is to delete",
            lambda: law(Rules(settled=False)),
        ),
        Mutation("without-no-pod-fails", "pods fail by themselves", lambda: law(Rules(pods_last=False))),
    ),
)
