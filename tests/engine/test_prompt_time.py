"""Prompt time: zones against a clock that ticks, and what counts on, begins anew or is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kubemodel.engine.pools import TIMERS, State
from kubemodel.engine.successors import of_group, possible, transitions
from kubemodel.engine.timing import CLOCK, units_of
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec import cluster
from kubemodel.spec.language.component import FROM_THEN_ON, Component, Countdown, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model, TimeMode
from kubemodel.spec.language.plan import KEY, Alternative, Forget, Set, Write
from kubemodel.spec.language.query import COUNT, Query, no_parameter

from .small_clusters import deployment, projected, reachable, scenario

LAMP, NAMES, VALUES = "Lamp", ("one", "two"), 3
RUNS, ONE, TWO = "runs", "first", "second"


def turns(
    name: str, before: int, after: int, seconds: float, countdown: Countdown = FROM_THEN_ON, most: int = 9
) -> Rule:
    """A lamp of one value turns to another, while at most so many lamps have the value that it turns to."""

    def decide(_key: Any, others: int) -> list[Alternative]:
        return [Alternative((Write(KEY, "value", Set(after)),))] if others <= most else []

    return Rule(
        name,
        Key(LAMP, ("value", "note"), lambda value, note: (value, note) if value == before else None),
        decide,
        {"others": Query(LAMP, ("value",), lambda _, value: True if value == after else None, COUNT, no_parameter)},
        duration=seconds,
        countdown=countdown,
    )


def notes(name: str, seconds: float = 0.0, field: str = "note") -> Rule:
    """Writes on a lamp, once."""
    key = Key(LAMP, (field,), lambda note: True if not note else None)
    return Rule(name, key, lambda _key: [Alternative((Write(KEY, field, Set(1)),))], duration=seconds)


def switches(name: str, before: int, seconds: float) -> Rule:
    """Stops a process, whose memory is lost, or starts it again, after a time."""

    def decide(value: int) -> list[Alternative]:
        return [Alternative((Write(KEY, "value", Set(value + 1)), *((Forget(ONE),) if value % 2 == 0 else ())))]

    key = Key("Switch", ("value",), lambda value: value if value == before else None)
    return Rule(name, key, decide, duration=seconds)


def toggles(name: str, times: int) -> Rule:
    """The environment stops a process, whose memory is lost, and starts it again, so many times in all."""

    def decide(value: int) -> list[Alternative]:
        lost = (Forget(ONE),) if value % 2 == 0 else ()
        return [Alternative((Write(KEY, "value", Set(value + 1)), *lost))] if value < times else []

    return Rule(name, Key("Switch", ("value",), lambda value: value), decide)


@st.composite
def lamps(draw: st.DrawFn) -> Model:
    """Lamps that turn after their times, a process that may be down meanwhile, and somebody who turns lamps."""

    def some(owner: str) -> tuple[Rule, ...]:
        found = []
        for number in range(draw(st.integers(1, 3))):
            before, by = draw(st.integers(0, VALUES - 1)), draw(st.integers(1, VALUES - 1))
            countdown = Countdown(
                since=draw(st.sampled_from((None, lambda key: key[1]))),
                stored=draw(st.booleans()),
                periodic=draw(st.integers(0, 3)) == 0,
                shared=draw(st.sampled_from(("", "", "together"))),
            )
            seconds = draw(st.sampled_from((0.0, 1.0, 1.5, 2.0, 3.5)))
            rule = turns(
                f"{owner} {number}", before, (before + by) % VALUES, seconds, countdown, draw(st.integers(0, 2))
            )
            found.append(rule)
        return tuple(found)

    outside = (notes("note"), toggles("toggle", draw(st.integers(0, 2))))
    components = (
        Component(ONE, some(ONE), process=ONE, guards=(_guard(),)),
        Component(TWO, some(TWO), process=TWO),
        Component("outside", outside[: draw(st.integers(1, 2))], environment=True),
    )
    kinds = (
        Kind(LAMP, (Field("value", 0), Field("note", 0)), names=NAMES),
        Kind("Switch", (Field("value", 0),), names=(RUNS,)),
    )
    initial = {LAMP: tuple({"name": name, "value": draw(st.integers(0, VALUES - 1))} for name in NAMES)}
    slow = draw(st.sampled_from((frozenset(), frozenset(), frozenset({TWO}))))
    return Model("lamps", kinds, components, initial, time=TimeMode.PROMPT, slow=slow)


def _guard() -> Query:
    def runs(_parameter: None, value: int) -> bool | None:
        return value % 2 == 0 or None

    return Query("Switch", ("value",), runs, COUNT, no_parameter)


Ages = frozenset[tuple[tuple[int, int], tuple[int, Any]]]
"""Of each timer and object: for how many ticks it has counted, and from what on."""


class Ticking:
    """The same system with a clock that ticks: no zone, every moment a state of its own. For the gate."""

    def __init__(self, model: Model) -> None:
        self.system = TransitionSystem(model)
        assert self.system.timing is not None
        self.timers = self.system.timing.timers
        self.longest = max((timer.units for timer in self.timers), default=0)

    def bare(self, state: State) -> State:
        timing = self.system.timing
        assert timing is not None
        return tuple(timing.bare_content(pool, content) for pool, content in enumerate(state))

    def armed(self, state: State) -> dict[tuple[int, int], Any]:
        return {
            (timer.number, transition.chosen[0][1]): transition.key
            for timer in self.timers
            for transition in of_group(self.system, state, timer.armed_by)
        }

    def follow(self, state: State, ages: Ages, fired: tuple[int, int] | None, lost: bool) -> Ages:
        """The ages after a step to ``state``."""
        old = dict(ages)
        if fired is not None:
            old.pop(fired, None)
        if lost:
            for number, index in list(old):
                timer = self.timers[number]
                if timer.group.component.name == ONE and not timer.countdown.stored:
                    del old[number, index]
        new = {}
        for (number, index), key in self.armed(state).items():
            countdown = self.timers[number].countdown
            since = countdown.since(key) if countdown.since else None
            age = 0
            if (number, index) in old:
                before = old[number, index]
                age = before[0] if before[1] == since else 0
            elif countdown.shared:
                ages_ = [
                    (other, it[0])
                    for (other, place), it in old.items()
                    if place == index and self.timers[other].countdown.shared == countdown.shared
                ]
                age = min(ages_)[1] if ages_ else 0
            new[number, index] = (age, since)
        return frozenset(new.items())

    def successors(self, state: State, ages: Ages) -> Iterator[tuple[State, Ages]]:
        enabled = possible(self.system, state)
        own = [t for t in enabled if not t.group.environment]
        urgent = any(not t.group.rank and not t.group.slow for t in own)
        now = dict(ages)
        over = False
        for transition in enabled:
            group, (_, index, _) = transition.group, transition.chosen[0]
            fired = None
            if group.rank:
                assert self.system.timing is not None
                timer = self.system.timing.timer_of(group)
                assert timer is not None
                fired = (timer.number, index)
                if urgent or not (timer.countdown.periodic or now[fired][0] >= timer.units):
                    continue
                over = over or (now[fired][0] >= timer.units and not group.slow)
            assert transition.successor is not None
            after = self.bare(transition.successor)
            lost = group.rule.name == "toggle" and self._stops(state)
            yield after, self.follow(after, ages, fired, lost)
        if not urgent and not over:
            yield state, frozenset((key, (min(age + 1, self.longest + 1), since)) for key, (age, since) in ages)

    def _stops(self, state: State) -> bool:
        pool = self.system.pool_index["Switch"]
        layout = self.system.pools[pool]
        return bool(layout.bundles[state[pool][0]][layout.position["value"]] % 2 == 0)

    def reachable(self) -> set[State]:
        first = self.bare(self.system.initial_state())
        start = first, self.follow(first, frozenset(), None, False)
        seen, waiting = {start}, [start]
        while waiting:
            for following in self.successors(*waiting.pop()):
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        return {state for state, _ in seen}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lamps())
def test_zones_reach_what_a_ticking_clock_reaches(model: Model) -> None:
    ticking = Ticking(model)
    found = {ticking.bare(state) for state in reachable(ticking.system).states}
    assert found == ticking.reachable()


def test_the_unit_is_the_longest_time_that_measures_all() -> None:
    unit, units = units_of((0.0, 50.0, 10.0, 0.5, 2.1))
    assert (float(unit), units) == (0.1, {50.0: 500, 10.0: 100, 0.5: 5, 2.1: 21})
    assert units_of((0.0,)) == (1, {})


def orders(*rules: Rule, slow: frozenset[str] = frozenset(), others: tuple[Rule, ...] = ()) -> set[tuple[str, ...]]:
    """The orders in which some rules of a process, and others, can act on one lamp and one switch."""
    components = (Component(ONE, rules, process=ONE, guards=(_guard(),)), Component(TWO, others))
    kinds = (
        Kind(LAMP, (Field("value", 0), Field("note", 0), Field("mark", 0)), names=NAMES[:1]),
        Kind("Switch", (Field("value", 0),), names=(RUNS,)),
    )
    system = TransitionSystem(Model("lamp", kinds, components, {}, time=TimeMode.PROMPT, slow=slow))
    found: set[tuple[str, ...]] = set()
    open_: list[tuple[tuple[str, ...], State]] = [((), system.initial_state())]
    while open_:
        done, state = open_.pop()
        enabled = transitions(system, state)
        if not enabled:
            found.add(done)
        for transition in enabled:
            assert transition.successor is not None
            open_.append(((*done, transition.group.rule.name), transition.successor))
    return found


SHORT, LONG = turns("short", 0, 1, 30.0), notes("long", 60.0)


def test_three_short_times_are_longer_than_one_long_one() -> None:
    chain = (SHORT, turns("again", 1, 2, 20.0), turns("once more", 2, 3, 20.0))
    assert orders(*chain, LONG) == {("short", "again", "long", "once more")}


def test_equal_deadlines_are_met_in_any_order() -> None:
    assert orders(SHORT, turns("again", 1, 2, 30.0), LONG) == {("short", "again", "long"), ("short", "long", "again")}


@pytest.mark.parametrize(
    ("countdown", "order"),
    [
        (FROM_THEN_ON, ("note", "late", "mark")),
        (Countdown(since=lambda key: key[1]), ("note", "mark", "late")),
        (Countdown(since=lambda key: key[1], anew=lambda before, after: before > after), ("note", "late", "mark")),
    ],
    ids=["counts on", "begins anew", "counts on where nothing is better"],
)
def test_a_time_begins_anew_with_what_it_counts_from(countdown: Countdown, order: tuple[str, ...]) -> None:
    """A note at 40 s, within the 50 s of a timer, and a mark at 70 s."""
    late = turns("late", 0, 1, 50.0, countdown)
    assert orders(late, others=(notes("note", 40.0), notes("mark", 70.0, "mark"))) == {order}


def test_who_looks_now_and_then_looks_within_the_time() -> None:
    assert orders(turns("period", 0, 1, 90.0, Countdown(periodic=True)), LONG) == {
        ("period", "long"),
        ("long", "period"),
    }
    assert orders(turns("exact", 0, 1, 90.0), LONG) == {("long", "exact")}


@pytest.mark.parametrize(
    ("stored", "order"),
    [(True, ("down", "up", "it", "mark")), (False, ("down", "up", "mark", "it"))],
    ids=["stored", "in memory"],
)
def test_a_stored_beginning_outlives_its_process(stored: bool, order: tuple[str, ...]) -> None:
    """A process that is down from 20 s to 22 s, a timer of it of 30 s, and a mark at 45 s."""
    others = (switches("down", 0, 20.0), switches("up", 1, 2.0), notes("mark", 45.0, "mark"))
    assert orders(turns("it", 0, 1, 30.0, Countdown(stored=stored)), others=others) == {order}


def test_what_was_over_while_its_process_was_down_happens_at_once() -> None:
    others = (switches("down", 0, 20.0), switches("up", 1, 25.0), notes("mark", 46.0, "mark"))
    assert orders(turns("it", 0, 1, 30.0, Countdown(stored=True)), others=others) == {("down", "up", "it", "mark")}


@pytest.mark.parametrize(("shared", "first"), [("time", "second"), ("", "mark")], ids=["shared", "of its own"])
def test_a_timer_may_take_over_from_another(shared: str, first: str) -> None:
    """A time of 50 s is cut to 40 s at 30 s: it ends at 40 s, or at 70 s. A mark at 60 s."""

    def of(name: str, note: int, seconds: float) -> Rule:
        key = Key(LAMP, ("value", "note"), lambda value, found: True if not value and found == note else None)
        decide = [Alternative((Write(KEY, "value", Set(1)),))]
        return Rule(name, key, lambda _key: decide, duration=seconds, countdown=Countdown(shared=shared))

    others = (notes("note", 30.0), notes("mark", 60.0, "mark"))
    (order,) = orders(of("first", 0, 50.0), of("second", 1, 40.0), others=others)
    assert order[:2] == ("note", first)


def test_what_is_slow_may_be_late_and_nobody_waits_for_it() -> None:
    assert orders(SHORT, others=(LONG,)) == {("short", "long")}
    assert orders(SHORT, others=(LONG,), slow=frozenset({ONE})) == {("short", "long"), ("long", "short")}
    assert orders(SHORT, others=(LONG,), slow=frozenset({TWO})) == {("short", "long")}


# A cluster


@pytest.mark.parametrize("settings_", [{"nodes": 1}, {"nodes": 1, "faults": {"node-crash": 1}}, {"nodes": 2}])
def test_where_durations_keep_the_order_of_their_classes_prompt_time_reaches_a_part_of_graded_time(
    settings_: dict[str, Any],
) -> None:
    """Here every chain of shorter times (50 s, 10 s, 300 s) ends before the deadline of 601 s."""
    found = {}
    for mode in (TimeMode.GRADED, TimeMode.PROMPT):
        system = TransitionSystem(cluster.build(scenario(deployment(1), time=mode.value, **settings_)))
        states = reachable(system).states
        bare = [
            tuple(content for pool, content in enumerate(state) if system.pools[pool].name != CLOCK) for state in states
        ]
        found[mode] = projected(system, bare, {TIMERS})
    assert found[TimeMode.PROMPT] <= found[TimeMode.GRADED]
    assert found[TimeMode.PROMPT]
