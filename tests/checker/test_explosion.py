"""What multiplies the states, on models whose states can be counted."""

from __future__ import annotations

import pytest
from kubemodel.benchmarks import rollout
from kubemodel.checker.explosion import estimate, orders
from kubemodel.checker.result import Explorer, Explosion, Limits, RuleShare
from kubemodel.checker.search import search
from kubemodel.engine.pools import Pool
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Set, Write

EXPLORERS = (Explorer.TABLES, Explorer.KERNEL)


def grows(field: str, most: int) -> Rule:
    """A field of the lamp goes up by one, as far as ``most``."""
    key = Key("Lamp", (field,), lambda value: value if value < most else None)
    return Rule(f"{field} up", key, lambda value: [Alternative((Write(KEY, field, Set(value + 1)),))])


def grid() -> TransitionSystem:
    """A lamp of 3 levels and 4 hues that go up apart: 12 states."""
    kind = Kind("Lamp", (Field("level", 0), Field("hue", 0), Field("age", 7)), names=("lamp",))
    rules = (grows("level", 2), grows("hue", 3))
    return TransitionSystem(Model("grid", (kind,), (Component("controller", rules),), {}))


def told(system: TransitionSystem, explorer: Explorer, limits: Limits | None = None) -> Explosion:
    found = search(system, limits or Limits(), explorer=explorer, diagnose=True).explosion
    assert found is not None
    return found


@pytest.mark.parametrize("explorer", EXPLORERS)
class TestGrid:
    def test_states_of_each_depth(self, explorer: Explorer) -> None:
        found = told(grid(), explorer)
        assert (found.levels, found.estimate, found.states_read) == ((1, 2, 3, 3, 2, 1), 12, 12)

    def test_fields_that_multiply(self, explorer: Explorer) -> None:
        fields = [(share.kind, share.field, share.values, share.factor) for share in told(grid(), explorer).fields]
        assert fields == [("Lamp", "hue", 4, 4.0), ("Lamp", "level", 3, 3.0)]

    def test_rules_that_find_states(self, explorer: Explorer) -> None:
        level, hue = ("controller", "level up"), ("controller", "hue up")
        found = told(grid(), explorer).rules
        # Of two states that lead to one, that with the higher level stands first: it takes the step in hue.
        assert [(share.rule, share.steps, share.new) for share in found] == [(hue, 9, 9), (level, 8, 2)]
        assert sum(share.share for share in found) == 1.0

    def test_a_search_that_was_cut_off(self, explorer: Explorer) -> None:
        found = told(grid(), explorer, Limits(max_depth=2))
        assert (found.levels, found.estimate, found.states_read) == ((1, 2, 3), None, 6)


def test_it_is_told_unasked_only_where_a_bound_was_hit() -> None:
    assert search(grid()).explosion is None
    assert search(grid(), Limits(max_states=5)).explosion is not None


@pytest.mark.parametrize("limits", [Limits(), Limits(max_states=2_000), Limits(max_depth=4)])
def test_tables_and_the_kernel_tell_the_same(limits: Limits) -> None:
    first, second = (told(TransitionSystem(rollout.model(2, 3, 2, 1)), explorer, limits) for explorer in EXPLORERS)
    assert first == second
    assert first.states_expanded == min(first.states_read, 500)


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_the_time_of_each_rule_is_measured(explorer: Explorer) -> None:
    rules = search(grid(), explorer=explorer).measured.rules
    assert {each.rule for each in rules} == {("controller", "level up"), ("controller", "hue up")}
    assert all(each.seconds > 0 for each in rules)
    assert [each.seconds for each in rules] == sorted((each.seconds for each in rules), reverse=True)


def test_the_environment_is_told_apart() -> None:
    kind = Kind("Lamp", (Field("level", 0),), names=("lamp",))
    model = Model("lamp", (kind,), (Component("child", (grows("level", 2),), environment=True),), {})
    assert told(TransitionSystem(model), Explorer.TABLES).rules == (RuleShare(("child", "level up"), True, 2, 2, 1.0),)


@pytest.mark.parametrize(
    ("levels", "total"),
    [
        ((), None),
        ((10, 8, 4), None),
        ((10, 8, 4, 1), 23),
        ((8, 4, 2, 1), None),
        ((1, 4, 12, 28, 53), None),
        ((5, 10, 9, 9, 7), None),
    ],
)
def test_an_estimate_asks_for_levels_that_shrink_more_and_more(levels: tuple[int, ...], total: int | None) -> None:
    assert estimate(levels) == total


def test_the_estimate_of_a_search_that_was_nearly_over() -> None:
    """Of 8,253 states, 6,269 were found when the levels had shrunk for the third time."""
    system = TransitionSystem(rollout.model(2, 3, 2, 1))
    found = told(system, Explorer.TABLES, Limits(max_depth=18))
    assert (sum(found.levels), found.estimate) == (6_269, 8_351)


def test_orders_of_interchangeable_objects() -> None:
    pool = Pool(Kind("Moth", (Field("wing", 0),), names=("queen",), slots=5), {}, positional=False)
    queen, one, two = (pool.intern((name, wing)) for name, wing in (("queen", 1), ("", 1), ("", 2)))
    assert orders((pool,), (pool.content([queen, one, one, two]),)) == 3
    assert orders((pool,), (pool.content([queen, one, one]),)) == 1
    in_order = Pool(pool.kind, {}, positional=True)
    assert orders((in_order,), ((0, 1, 1, 2),)) == 1
