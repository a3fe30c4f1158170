"""At most one candidate acts as leader, as long as clocks run at rates alike (controllers-cluster §11; invariants 103).

Nobody compares clocks, only durations on one's own: a leader stops when it has not renewed its Lease for a while, a
candidate takes a Lease that it has seen unchanged for longer. Counted are seconds on the clock of each of two
candidates, which stand for any number: every claim speaks of a leader and one other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import attrs

from ....spec.control_plane.apiserver import handling
from ....spec.control_plane.leader_election import lease_timing as timing
from ....spec.language.arithmetic import Number, Truth, minimum, select
from ..law import Claim, Hypothesis, Law, Mutation, Provable, Step, Values
from ..truth import every, implies, negation, some

NAME = "single-leader"

_CANDIDATES = ("first", "second")
_LONGEST = timing.LEASE_DURATION
_LATEST = timing.RETRY_PERIOD + timing.RENEW_DEADLINE

_ELECTION = "leader-election"


@attrs.frozen
class Rules:
    """What a mutation changes.

    ``checked``: the API server compares the version of the Lease. ``alike``: clocks run at rates that are alike.
    ``stops``: a leader stops as soon as it must, whatever happens to its process.
    """

    expired: Callable[[Number], Truth] = lambda unchanged: timing.has_expired(unchanged)
    must_stop: Callable[[Number], Truth] = lambda unrenewed: timing.must_stop(unrenewed)
    checked: bool = True
    alike: bool = True
    stops: bool = True


def _place(name: str) -> int:
    return _CANDIDATES.index(name) + 1


def _changes_lease(name: str, taken: Truth, at: Values) -> Mapping[str, Number]:
    """The Lease has a new version, which the others have not seen."""
    return {f"{other}_newest": select(taken, 0, at[f"{other}_newest"]) for other in _CANDIDATES if other != name}


def _steps_of(name: str, rules: Rules) -> Iterator[Step]:
    leads, unrenewed = f"{name}_leads", f"{name}_unrenewed"
    newest, unchanged = f"{name}_newest", f"{name}_unchanged"

    def take(at: Values, _chosen: Values) -> Mapping[str, Number]:
        taken = negation(rules.checked and handling.conflicts(True, at[newest] == 1) == 1)
        return {
            "holder": select(taken, _place(name), at.holder),
            leads: select(taken, 1, 0),
            **_changes_lease(name, taken, at),
            unrenewed: 0,
            newest: 0,
            unchanged: 0,
        }

    yield Step(
        f"{name} looks",
        _ELECTION,
        lambda _at, _: {newest: 1, unchanged: 0},
        lambda at, _: every(at[leads] == 0, at[newest] == 0),
        meaning="sees a version of the Lease that it has not seen before",
        reference="controllers-cluster §11",
    )
    yield Step(
        f"{name} takes Lease",
        _ELECTION,
        take,
        lambda at, _: every(at[leads] == 0, some(every(at.holder == 0, at[newest] == 1), rules.expired(at[unchanged]))),
        meaning="the Lease is free, or has not changed for its duration on the candidate's clock; unless it conflicts",
        reference="controllers-cluster §11",
    )
    yield Step(
        f"{name} renews Lease",
        _ELECTION,
        lambda at, _: {unrenewed: 0, **_changes_lease(name, True, at)},
        lambda at, _: every(at[leads] == 1, at.holder == _place(name), negation(rules.must_stop(at[unrenewed]))),
        reference="controllers-cluster §11",
    )
    yield Step(
        f"{name} gives up",
        _ELECTION,
        lambda _at, _: {leads: 0, unrenewed: 0},
        lambda at, _: every(at[leads] == 1, rules.must_stop(at[unrenewed])),
        meaning="could not renew the Lease in time: the process exits, and another is started",
        reference="controllers-cluster §11",
    )
    yield Step(
        f"{name} crashes",
        "fault",
        lambda _at, _: {leads: 0, unrenewed: 0, newest: 0, unchanged: 0},
        lambda at, _: at[leads] == 1,
        meaning="and is started again: it remembers nothing",
    )


def _time(rules: Rules) -> Step:
    def guard(at: Values, chosen: Values) -> Truth:
        claims: list[Truth] = []
        for name in _CANDIDATES:
            passed = chosen[name]
            if rules.stops:
                later = at[f"{name}_unrenewed"] + passed
                claims.append(implies(at[f"{name}_leads"] == 1, later <= _LATEST))
            if rules.alike:
                claims += [_LATEST * chosen[other] < _LONGEST * passed for other in _CANDIDATES if other != name]
        return every(*claims)

    def effect(at: Values, chosen: Values) -> Mapping[str, Number]:
        after: dict[str, Number] = {}
        for name in _CANDIDATES:
            unrenewed = minimum(at[f"{name}_unrenewed"] + chosen[name], _LONGEST)
            after[f"{name}_unrenewed"] = select(at[f"{name}_leads"] == 1, unrenewed, 0)
            after[f"{name}_unchanged"] = minimum(at[f"{name}_unchanged"] + chosen[name], _LONGEST)
            # Nobody waits on the clock of a Lease that it has never seen.
            idle = some(at[f"{name}_leads"] == 1, every(at[f"{name}_newest"] == 0, at[f"{name}_unchanged"] == 0))
            after[f"{name}_unchanged"] = select(idle, 0, after[f"{name}_unchanged"])
        return after

    return Step(
        "time passes",
        "clock",
        effect,
        guard,
        {name: lambda _: (1, _LONGEST) for name in _CANDIDATES},
        meaning="so many seconds on the clock of each candidate",
    )


def _leads_as_holder(name: str) -> Claim:
    def holds(at: Values) -> Truth:
        leads = at[f"{name}_leads"]
        in_time = every(at.holder == _place(name), at[f"{name}_unrenewed"] <= _LATEST)
        return every(leads >= 0, leads <= 1, at[f"{name}_unrenewed"] >= 0, implies(leads == 1, in_time))

    return Claim(f"if {name} leads, it holds the Lease and has renewed it in time", holds)


def _waits_longer(name: str, leader: str) -> Claim:
    def holds(at: Values) -> Truth:
        unchanged, newest = at[f"{name}_unchanged"], at[f"{name}_newest"]
        shorter = some(unchanged == 0, _LATEST * unchanged < _LONGEST * at[f"{leader}_unrenewed"])
        known = every(newest == 1, at[f"{leader}_leads"] == 1)
        return every(newest >= 0, newest <= 1, unchanged >= 0, implies(known, shorter))

    return Claim(f"{name} has seen the Lease of {leader} unchanged since its last renewal at most", holds)


def law(rules: Rules = Rules()) -> Law:
    """The law, under ``rules``."""
    first, second = _CANDIDATES
    return Law(
        name=NAME,
        statement="at most one candidate acts as leader",
        for_all="any number of candidates, renewals, crashes and conflicts, for all time",
        reference="controllers-cluster §11; invariants 103",
        parameters={},
        assumes=lambda _: True,
        start=lambda _: {
            "holder": 0,
            **{f"{name}_{it}": 0 for name in _CANDIDATES for it in ("leads", "unrenewed", "newest", "unchanged")},
        },
        steps=(*(step for name in _CANDIDATES for step in _steps_of(name, rules)), _time(rules)),
        invariant=(
            *map(_leads_as_holder, _CANDIDATES),
            _waits_longer(second, first),
            _waits_longer(first, second),
        ),
        promise=lambda at: at.first_leads + at.second_leads <= 1,
        broken=lambda _: "two candidates act as leader at once",
        hypotheses=(
            Hypothesis(
                "rates-alike",
                f"no clock gains {_LONGEST} seconds while another gains {_LATEST} or fewer "
                "(leaseDuration against retryPeriod + renewDeadline)",
                "invariants 103",
            ),
            Hypothesis(
                "stops-in-time",
                "a leader that must stop does so at once: no pause, no suspended machine",
                "invariants 103",
            ),
            Hypothesis(
                "answers-at-once",
                "a renewal is answered as it is written: no write of a leader is still on its way when it stops",
                "invariants 103",
            ),
            Hypothesis("whole-seconds", "clocks are read in whole seconds", "this abstraction"),
        ),
    )


PROVABLE = Provable(
    law,
    (
        Mutation(
            "lease-too-short",
            f"candidates take a Lease after {timing.RENEW_DEADLINE} seconds",
            lambda: law(Rules(expired=lambda unchanged: unchanged >= timing.RENEW_DEADLINE)),
        ),
        Mutation(
            "no-conflict-check",
            "the API server writes the Lease that it is sent, whatever version it was made from",
            lambda: law(Rules(checked=False)),
        ),
        Mutation("without-rates-alike", "clocks run as they like", lambda: law(Rules(alike=False))),
        Mutation(
            "without-stops-in-time",
            "a leader's process stands still and goes on later, as if its machine slept",
            lambda: law(Rules(stops=False)),
        ),
    ),
)
