"""A pod is placed only where the skew stays within maxSkew (kube-scheduler §4, §5.2; invariants 29).

Counted are, for three eligible domains, the matching pods that are bound there and those that the scheduler has
assumed there. Three stand for any number from two on: the filter reads one domain and the least of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import reduce

import attrs

from ....spec.control_plane.scheduler.filters import pod_topology_spread as spread
from ....spec.language.arithmetic import Number, Truth, minimum, select
from ..law import Claim, Hypothesis, Law, Mutation, Provable, Step, Values
from ..truth import every, some

NAME = "topology-spread"

_DOMAINS = ("a", "b", "c")
_SCHEDULER = "kube-scheduler"


@attrs.frozen
class Rules:
    """What a mutation changes. ``assumed``: the filter counts pods that are assumed and not bound yet."""

    fits: Callable[[Number, Number, Number, Number], Truth] = lambda *counts: spread.fits_skew(*counts)
    assumed: bool = True


def _counts(at: Values, *, assumed: bool) -> dict[str, Number]:
    return {name: at[f"bound_{name}"] + (at[f"assumed_{name}"] if assumed else 0) for name in _DOMAINS}


def _least(at: Values, counts: Mapping[str, Number]) -> Number:
    """The global minimum, where ``min_domains`` are eligible and where they are not."""
    enough, short = (spread.global_minimum(counts.values(), least) for least in (len(_DOMAINS), len(_DOMAINS) + 1))
    return select(at.enough_domains == 1, enough, short)


def _skew(at: Values, name: str) -> Number:
    """By how much a domain exceeds the least of all, or 0 where too few are eligible: as promised, not as computed."""
    counts = _counts(at, assumed=True)
    return counts[name] - select(at.enough_domains == 1, reduce(minimum, counts.values()), 0)


def _place(name: str, rules: Rules) -> Step:
    def fits(at: Values, _chosen: Values) -> Truth:
        counts = _counts(at, assumed=rules.assumed)
        room = sum(_counts(at, assumed=True).values()) < at.pods
        return every(room, rules.fits(counts[name], at.self_match, _least(at, counts), at.max_skew))

    def assume(at: Values, _chosen: Values) -> Mapping[str, Number]:
        after = {f"assumed_{name}": at[f"assumed_{name}"] + at.self_match}
        return {**after, "last_skew": _skew(at.changed(after), name)}

    return Step(
        f"place in {name}",
        _SCHEDULER,
        assume,
        fits,
        meaning="the filter lets the pod in; it is assumed there",
        reference="kube-scheduler §4, §5.2",
    )


def _moves(name: str) -> Iterator[Step]:
    bound, assumed = f"bound_{name}", f"assumed_{name}"
    yield Step(
        f"bind in {name}",
        _SCHEDULER,
        lambda at, _: {assumed: at[assumed] - 1, bound: at[bound] + 1},
        lambda at, _: at[assumed] > 0,
        reference="kube-scheduler §3",
    )
    yield Step(
        f"binding in {name} fails",
        _SCHEDULER,
        lambda at, _: {assumed: at[assumed] - 1},
        lambda at, _: at[assumed] > 0,
        meaning="the assumed pod is forgotten",
        reference="kube-scheduler §3",
    )
    yield Step(
        f"pod in {name} goes",
        "user",
        lambda at, _: {bound: at[bound] - 1},
        lambda at, _: at[bound] > 0,
        meaning="nothing evens the domains out afterwards",
    )


def law(rules: Rules = Rules()) -> Law:
    """The law, under ``rules``."""
    return Law(
        name=NAME,
        statement="when a pod is placed, its domain exceeds the least of all domains by no more than maxSkew",
        for_all="all counts in any number of domains, all maxSkew; with minDomains met or not, and whether the pod's "
        "own selector matches it or not; pods that come, go, and are not bound in the end",
        reference="kube-scheduler §4, §5.2; invariants 29",
        parameters={"max_skew": 2, "self_match": 1, "enough_domains": 1, "pods": 4},
        assumes=lambda at: every(
            at.max_skew >= 1,
            some(at.self_match == 0, at.self_match == 1),
            some(at.enough_domains == 0, at.enough_domains == 1),
            at.pods >= 0,
        ),
        start=lambda _: {**{f"{it}_{name}": 0 for name in _DOMAINS for it in ("bound", "assumed")}, "last_skew": 0},
        steps=tuple(step for name in _DOMAINS for step in (_place(name, rules), *_moves(name))),
        invariant=(
            Claim(
                "counts are not negative",
                lambda at: every(*(at[f"{it}_{name}"] >= 0 for name in _DOMAINS for it in ("bound", "assumed"))),
            ),
            Claim("the last pod was placed within maxSkew", lambda at: at.last_skew <= at.max_skew),
        ),
        promise=lambda at: at.last_skew <= at.max_skew,
        broken=lambda at: f"a pod was placed where the skew became {at.last_skew}, {at.max_skew} is the most",
        hypotheses=(
            Hypothesis("one-scheduler", "one scheduler places all pods that are counted", "invariants 29"),
            Hypothesis(
                "snapshot",
                "which domains are eligible, and their labels, are as the scheduler's snapshot shows them",
                "invariants 29",
            ),
            Hypothesis(
                "at-binding",
                "what is promised is the skew when a pod is placed; what goes later may raise it",
                "invariants 29",
            ),
        ),
    )


def _off_by_one(count: Number, self_match: Number, least: Number, max_skew: Number) -> Truth:
    return spread.fits_skew(count, self_match, least, max_skew + 1)


def _without_itself(count: Number, _self_match: Number, least: Number, max_skew: Number) -> Truth:
    return spread.fits_skew(count, 0, least, max_skew)


PROVABLE = Provable(
    law,
    (
        Mutation(
            "skew-off-by-one", "the filter lets the skew be one more than maxSkew", lambda: law(Rules(_off_by_one))
        ),
        Mutation("self-forgotten", "the filter does not count the pod itself", lambda: law(Rules(_without_itself))),
        Mutation(
            "assumed-forgotten",
            "the filter does not count pods that are assumed and not bound yet, as a second scheduler would not",
            lambda: law(Rules(assumed=False)),
        ),
    ),
)
