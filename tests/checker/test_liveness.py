"""Temporal properties of a lamp: what violates them, how fair a loop must be, and what is left undetermined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kubemodel.checker.result import Limits, SearchResult
from kubemodel.checker.search import search
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Category, ExitCode, PropertyVerdict, Verdict
from kubemodel.spec.language.component import Component, Fairness, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model, TimeMode
from kubemodel.spec.language.plan import KEY, Alternative, Set, Write
from kubemodel.spec.language.property import HOLDS, Finding, Shape, TemporalProperty, suspended, violated
from kubemodel.spec.language.witness import OBSERVER, with_witness

from .small_models import LAMP, MOTH, act, built, lights, rule

UP = (rule("first", 0, 1), rule("second", 1, 2), rule("third", 2, 3))
BACK = rule("back", 2, 1)


def temporal(shape: Shape, judge: Callable[[int], Finding], **changes: Any) -> TemporalProperty:
    """A temporal property of the lamp's level."""
    key = Key(LAMP, ("level",), lambda level: (level,))
    asked = changes.pop("asks", None)
    asks = None if asked is None else lambda key: asked(key[0])
    return TemporalProperty("level", "", key, lambda key: judge(key[0]), shape, asks=asks, **changes)


def at(*levels: int) -> Callable[[int], Finding]:
    return lambda level: HOLDS if level in levels else violated(f"level {level}")


def only(result: SearchResult) -> PropertyVerdict:
    (found,) = result.properties
    return found


def levels(system: TransitionSystem, result: SearchResult) -> tuple[list[int], int | None]:
    (path,) = result.paths
    number = system.pool_index[LAMP]
    place = system.pools[number].position["level"]
    return [system.pools[number].bundles[state[number][0]][place] for state in path.states], path.loop


def told(verdict: PropertyVerdict) -> tuple[Verdict, Category, str]:
    return verdict.verdict, verdict.category, verdict.text


class TestShapes:
    def test_eventually_always_is_violated_by_a_state_that_comes_again_and_again(self) -> None:
        system = lights(*UP[:2], BACK, properties=(temporal(Shape.EVENTUALLY_ALWAYS, at(2)),))
        result = search(system)
        assert told(only(result)) == (Verdict.VIOLATED, Category.LIVENESS, "level 1")
        assert levels(system, result) == ([0, 1, 2], 1)
        assert result.verdict.exit_code is ExitCode.LIVENESS

    def test_eventually_always_holds_where_the_way_round_is_over_some_time(self) -> None:
        assert (
            only(search(lights(*UP, properties=(temporal(Shape.EVENTUALLY_ALWAYS, at(3)),)))).verdict is Verdict.HOLDS
        )

    def test_rest_is_a_deadlock_as_it_is_for_a_property_of_states_at_rest(self) -> None:
        system = lights(*UP, properties=(temporal(Shape.EVENTUALLY_ALWAYS, at(2)),))
        result = search(system)
        assert told(only(result)) == (Verdict.VIOLATED, Category.DEADLOCK, "level 3")
        assert levels(system, result) == ([0, 1, 2, 3], None)
        assert result.verdict.exit_code is ExitCode.DEADLOCK

    def test_infinitely_often_asks_for_no_more_than_once_each_round(self) -> None:
        rules = (*UP[:2], BACK)
        assert (
            only(search(lights(*rules, properties=(temporal(Shape.INFINITELY_OFTEN, at(2)),)))).verdict is Verdict.HOLDS
        )
        never = search(lights(*rules, properties=(temporal(Shape.INFINITELY_OFTEN, at(0)),)))
        assert told(only(never))[:2] == (Verdict.VIOLATED, Category.LIVENESS)

    def test_eventually_asks_once(self) -> None:
        system = lights(*UP[:2], BACK, properties=(temporal(Shape.EVENTUALLY, at(0)),))
        assert only(search(system)).verdict is Verdict.HOLDS
        system = lights(*UP[:2], BACK, rule("other", 0, 3), properties=(temporal(Shape.EVENTUALLY, at(3)),))
        result = search(system)
        assert told(only(result)) == (Verdict.VIOLATED, Category.LIVENESS, "level 1")
        assert levels(system, result) == ([0, 1, 2], 1)

    def test_eventually_at_rest_is_a_deadlock(self) -> None:
        system = lights(*UP, properties=(temporal(Shape.EVENTUALLY, at(4)),))
        assert told(only(search(system))) == (Verdict.VIOLATED, Category.DEADLOCK, "level 3")

    def test_leads_to_owes_only_what_was_asked_for(self) -> None:
        owed = temporal(Shape.LEADS_TO, at(3), asks=lambda level: level == 1)
        free = temporal(Shape.LEADS_TO, at(3), asks=lambda level: level == 4)
        rules = (*UP[:2], BACK)
        system = lights(*rules, properties=(owed,))
        result = search(system)
        assert told(only(result))[:2] == (Verdict.VIOLATED, Category.LIVENESS)
        assert levels(system, result) == ([0, 1, 2], 1)
        assert only(search(lights(*rules, properties=(free,)))).verdict is Verdict.VACUOUS

    def test_what_is_owed_is_kept_track_of_over_steps_of_the_environment(self) -> None:
        owed = temporal(Shape.LEADS_TO, at(3), asks=lambda level: level == 0)
        outside = Component("user", (rule("push", 1, 2),), environment=True)
        result = search(built((Component("controller", UP[:1]), outside), (owed,)))
        assert (only(result).category, result.paths[0].length) == (Category.DEADLOCK, 1)

    def test_a_run_that_suspends_it_again_and_again_is_let_off(self) -> None:
        lax = temporal(Shape.EVENTUALLY_ALWAYS, lambda level: suspended("dusk") if level == 2 else violated("dark"))
        result = search(lights(*UP[:2], BACK, properties=(lax,)))
        assert only(result).verdict is Verdict.VACUOUS
        assert result.suspended[0].texts == ("dusk",)

    def test_rest_itself_may_be_asked_for(self) -> None:
        restful = temporal(Shape.EVENTUALLY_ALWAYS, lambda _: HOLDS, restless="it goes on and on")
        result = search(lights(*UP[:2], BACK, properties=(restful,)))
        assert told(only(result)) == (Verdict.VIOLATED, Category.LIVENESS, "it goes on and on")
        assert only(search(lights(*UP, properties=(restful,)))).verdict is Verdict.HOLDS

    def test_of_the_whole_cluster(self) -> None:
        calm = TemporalProperty("calm", "", None, lambda _key: HOLDS, Shape.EVENTUALLY_ALWAYS, restless="no rest")
        assert only(search(lights(*UP[:2], BACK, properties=(calm,)))).verdict is Verdict.VIOLATED

    def test_a_shape_gets_what_belongs_to_it_and_nothing_else(self) -> None:
        with pytest.raises(ValueError, match="what asks for it"):
            temporal(Shape.LEADS_TO, at(1))
        with pytest.raises(ValueError, match="what asks for it"):
            temporal(Shape.EVENTUALLY, at(1), asks=lambda level: True)
        with pytest.raises(ValueError, match="eventually always"):
            temporal(Shape.EVENTUALLY, at(1), restless="no")


class TestFairness:
    """The lamp goes round between 1 and 2; at 2 it could go on to 3, where it stays."""

    DONE = temporal(Shape.EVENTUALLY_ALWAYS, at(3))

    def verdict(self, *rules: Rule, **changes: Any) -> Verdict:
        return only(search(lights(*rules, properties=(self.DONE,), **changes))).verdict

    def test_a_weakly_fair_rule_need_not_act_where_it_cannot_act_all_the_time(self) -> None:
        assert self.verdict(*UP, BACK) is Verdict.VIOLATED

    def test_a_strongly_fair_rule_must(self) -> None:
        strong = rule("third", 2, 3, fairness=Fairness.STRONG)
        assert self.verdict(*UP[:2], strong, BACK) is Verdict.HOLDS

    def test_a_weakly_fair_rule_must_act_where_it_can_act_all_the_time(self) -> None:
        anywhere = Rule(
            "out",
            Key(LAMP, ("level",), lambda level: level if level in (1, 2) else None),
            lambda _: [Alternative((Write(KEY, "level", Set(3)),))],
        )
        assert self.verdict(*UP[:2], BACK, anywhere) is Verdict.HOLDS
        lazy = Component("lazy", (anywhere,), fairness=Fairness.NONE)
        result = search(built((Component("controller", (*UP[:2], BACK)), lazy), (self.DONE,)))
        assert only(result).verdict is Verdict.VIOLATED

    def test_the_environment_neither_goes_round_nor_gets_a_turn(self) -> None:
        back = Component("user", (BACK,), environment=True)
        controller = Component("controller", (*UP[:2], rule("third", 2, 3)))
        assert only(search(built((controller, back), (self.DONE,)))).verdict is Verdict.HOLDS
        helper = Component("user", (rule("help", 2, 3),), environment=True)
        result = search(built((Component("controller", (*UP[:2], BACK)), helper), (self.DONE,)))
        assert only(result).verdict is Verdict.VIOLATED

    def test_a_timer_that_graded_time_starves_leaves_it_undetermined(self) -> None:
        slow = Rule(
            "give up",
            Key(LAMP, ("level",), lambda level: level if level in (1, 2) else None),
            lambda _: [Alternative((Write(KEY, "level", Set(3)),))],
            duration=600.0,
        )
        result = search(lights(*UP[:2], BACK, slow, properties=(self.DONE,)))
        assert only(result).verdict is Verdict.UNDETERMINED
        assert "controller: give up" in only(result).text and "asynchronous" in only(result).text
        assert result.paths[0].loop is not None
        assert self.verdict(*UP[:2], BACK, slow, time=TimeMode.ASYNCHRONOUS) is Verdict.HOLDS

    def test_rest_violates_whatever_a_loop_leaves_undetermined(self) -> None:
        """Time cannot tell what comes of the loop of 1 and 2, which is sooner there than the rest at 4."""
        slow = Rule(
            "give up",
            Key(LAMP, ("level",), lambda level: level if level in (1, 2) else None),
            lambda _: [Alternative((Write(KEY, "level", Set(5)),))],
            duration=600.0,
        )
        owed = temporal(Shape.LEADS_TO, at(5), asks=lambda level: level == 0)
        controller = Component("controller", (*UP[:2], BACK, slow, rule("fourth", 3, 4)))
        push = Component("user", (rule("push", 2, 3),), environment=True)
        assert told(only(search(built((controller, push), (owed,))))) == (
            Verdict.VIOLATED,
            Category.DEADLOCK,
            "level 4",
        )
        assert only(search(built((controller,), (owed,)))).verdict is Verdict.UNDETERMINED


class TestOneOfMany:
    """Moths that beat their wings for ever, and one that must settle, each for itself."""

    SETTLES = TemporalProperty(
        "settles",
        "",
        Key(MOTH, ("wing",), lambda wing: (wing,)),
        lambda key: HOLDS if key == (9,) else violated("it flutters"),
        Shape.EVENTUALLY,
    )

    def model(self, *rules: Rule, moths: int = 2) -> Model:
        return with_witness(
            Model(
                "moths",
                (Kind(LAMP, (Field("level", 0),), names=("lamp",)), Kind(MOTH, (Field("wing", 0),), slots=moths)),
                (Component("wind", rules),),
                {MOTH: ({"wing": 1},) * moths},
                properties=(self.SETTLES,),
            )
        )

    @staticmethod
    def beat(name: str, before: int, after: int) -> Rule:
        return Rule(
            name,
            Key(MOTH, ("wing",), lambda wing: True if wing == before else None),
            lambda _: [Alternative((Write(KEY, "wing", Set(after)),))],
        )

    def test_each_gets_its_turn(self) -> None:
        result = search(TransitionSystem(self.model(self.beat("settle", 1, 9))))
        assert only(result).verdict is Verdict.HOLDS

    def test_one_that_flutters_for_ever_is_followed(self) -> None:
        system = TransitionSystem(self.model(self.beat("up", 1, 2), self.beat("down", 2, 1), self.beat("settle", 2, 9)))
        result = search(system)
        assert told(only(result)) == (Verdict.VIOLATED, Category.LIVENESS, "it flutters")
        assert OBSERVER in [transition.group.component.name for transition in result.paths[0].taken]

    def test_without_a_witness_it_is_refused(self) -> None:
        kinds = (Kind(LAMP, (Field("level", 0),), names=("lamp",)), Kind(MOTH, (Field("wing", 0),), slots=1))
        model = Model("moths", kinds, (), {}, properties=(self.SETTLES,))
        result = search(TransitionSystem(model))
        assert only(result).verdict is Verdict.UNDETERMINED
        assert "one Moth cannot be told from another" in only(result).text

    def test_nobody_is_watched_where_nothing_asks_for_it(self) -> None:
        bare = Model("moths", (), (), {})
        assert with_witness(bare) is bare


class TestBounds:
    CALM = temporal(Shape.EVENTUALLY_ALWAYS, lambda _: HOLDS, restless="no rest")

    def test_a_loop_in_what_was_explored_is_a_violation_all_the_same(self) -> None:
        rules = (*UP[:2], BACK, rule("away", 1, 7), rule("further", 7, 8))
        result = search(lights(*rules, properties=(self.CALM,)), Limits(max_states=4))
        assert only(result).verdict is Verdict.VIOLATED

    def test_without_a_loop_it_is_undetermined(self) -> None:
        result = search(lights(*UP, properties=(self.CALM,)), Limits(max_states=2))
        assert only(result).verdict is Verdict.UNDETERMINED

    def test_slots_that_ran_out_leave_it_undetermined(self) -> None:
        result = search(lights(act("come", 0, ()), *UP, properties=(self.CALM,)))
        assert only(result).verdict is Verdict.HOLDS
