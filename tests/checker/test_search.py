"""The search: verdicts, shortest counterexamples, and every bound by its name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kubemodel.checker.result import Limits, Progress, SearchResult
from kubemodel.checker.search import search
from kubemodel.engine.judging import UNDECLARED_TRANSITION
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Category, PropertyVerdict, Verdict
from kubemodel.spec.language.component import Component
from kubemodel.spec.language.model import TimeMode
from kubemodel.spec.language.property import HOLDS, IDLE, Finding, When, suspended, violated

from .small_models import act, always, built, flutter, lights, moth, rule, step, switch

UP = (rule("first", 0, 1), rule("second", 1, 2), rule("third", 2, 3))


def below(limit: int) -> Any:
    return always(lambda level: HOLDS if level < limit else violated(f"level {level}"))


def only(result: SearchResult) -> PropertyVerdict:
    (found,) = result.properties
    return found


def levels(system: TransitionSystem, result: SearchResult) -> list[int]:
    return [system.pools[0].bundles[state[0][0]][1] for state in result.paths[0].states]


def bounds(result: SearchResult) -> list[str]:
    return [bound.name for bound in result.bounds]


def test_a_property_of_every_state_holds() -> None:
    result = search(lights(*UP, properties=(below(4),)))
    assert (only(result).verdict, only(result).category) == (Verdict.HOLDS, Category.SAFETY)
    assert (result.states, result.transitions, result.depth, result.quiescent) == (4, 3, 3, 1)
    assert result.complete


def test_the_trace_is_the_shortest() -> None:
    result = search(lights(*UP, rule("shortcut", 0, 2), properties=(below(2),)))
    assert only(result) == PropertyVerdict("level", Verdict.VIOLATED, Category.SAFETY, "level 2", 0)
    assert result.paths[0].length == 1
    assert bounds(result) == ["first-violation"]


def test_what_is_open_at_the_first_violation_is_undetermined() -> None:
    late = always(lambda level: HOLDS if level < 3 else violated("late"), name="late")
    stopped = search(lights(*UP, properties=(late, below(1))))
    assert [prop.verdict for prop in stopped.properties] == [Verdict.UNDETERMINED, Verdict.VIOLATED]


def test_going_on_finds_the_rest() -> None:
    late = always(lambda level: HOLDS if level < 3 else violated("late"), name="late")
    result = search(lights(*UP, properties=(late, below(1))), keep_going=True)
    assert [prop.trace for prop in result.properties] == [1, 0]
    assert [path.length for path in result.paths] == [1, 3]
    assert result.complete


def test_a_property_of_quiescent_states_is_a_deadlock() -> None:
    prop = always(lambda level: violated("stuck") if level else HOLDS, When.QUIESCENT)
    result = search(lights(*UP, properties=(prop,)))
    assert (only(result).verdict, only(result).category) == (Verdict.VIOLATED, Category.DEADLOCK)
    assert result.paths[0].length == 3
    assert result.verdict.exit_code == 11


def test_steps_of_the_environment_do_not_keep_a_state_from_rest() -> None:
    prop = always(lambda level: violated("stuck"), When.QUIESCENT)
    result = search(built((Component("user", UP, environment=True),), (prop,)))
    assert result.paths[0].length == 0


def test_a_step_that_violates_names_its_rule() -> None:
    prop = step(lambda before, after: violated("a leap") if after - before > 1 else HOLDS)
    result = search(lights(*UP, rule("leap", 1, 3), properties=(prop,)))
    assert only(result).verdict is Verdict.VIOLATED
    assert result.paths[0].last == ("controller", "leap")
    assert result.paths[0].length == 2


def test_what_a_sweep_changes_is_judged() -> None:
    prop = step(lambda before, after: violated("up") if after == 2 else IDLE, kind="Moth", field="wing")
    rules = (act("come", 0, (moth(), rule_write(1))), act("flutter", 1, (flutter(1), rule_write(2))))
    result = search(lights(*rules, properties=(prop,)))
    assert result.paths[0].last == ("controller", "flutter")


def rule_write(level: int) -> Any:
    return rule("", 0, level).decide(None)[0].plan[0]  # type: ignore[index]


def test_a_property_that_says_nothing_is_vacuous() -> None:
    result = search(lights(*UP, properties=(always(lambda _: IDLE),)))
    assert only(result).verdict is Verdict.VACUOUS
    assert result.verdict.exit_code == 3


def test_suspensions_are_counted_with_their_reasons() -> None:
    prop = always(lambda level: suspended(f"assumption {level % 2}") if level else IDLE)
    result = search(lights(*UP, properties=(prop,)))
    (found,) = result.suspended
    assert (found.property, found.times, found.texts) == ("level", 3, ("assumption 1", "assumption 0"))
    assert only(result).verdict is Verdict.VACUOUS


def test_an_undeclared_arrow_is_a_violation() -> None:
    result = search(lights(rule("on", 0, 1), rule("off", 1, 0), machines=(switch(("dark", "lit")),)))
    assert only(result).name == UNDECLARED_TRANSITION
    assert result.paths[0].last == ("controller", "off")


def test_arrows_that_were_taken_are_listed() -> None:
    result = search(lights(rule("on", 0, 1), machines=(switch(("dark", "lit")),)))
    assert result.arrows == (("switch", "dark", "lit", "controller"),)
    assert only(result).verdict is Verdict.HOLDS


def test_a_value_without_a_state_is_a_violation() -> None:
    result = search(lights(rule("break", 0, 9), machines=(switch(("dark", "lit")),)))
    assert (only(result).verdict, result.arrows) == (Verdict.VIOLATED, ())


def test_rules_that_never_fire_are_listed() -> None:
    result = search(lights(*UP, rule("never", 7, 8)))
    assert result.never_fired == (("controller", "never"),)
    assert ("controller", "never") not in result.fired
    assert result.views["controller", "first"] == 1


class TestTime:
    def test_a_timer_that_never_gets_its_turn_neither_fires_nor_violates(self) -> None:
        prop = step(lambda _, after: violated("too slow") if after == 9 else HOLDS)
        result = search(lights(rule("slow", 0, 9, 5.0), *UP, properties=(prop,)))
        assert only(result).verdict is Verdict.HOLDS
        assert result.never_fired == (("controller", "slow"),)

    def test_at_any_moment_it_does_both(self) -> None:
        prop = step(lambda _, after: violated("too slow") if after == 9 else HOLDS)
        result = search(lights(rule("slow", 0, 9, 5.0), *UP, properties=(prop,), time=TimeMode.ASYNCHRONOUS))
        assert only(result).verdict is Verdict.VIOLATED

    def test_a_timer_without_a_slot_that_is_not_due_uses_up_nothing(self) -> None:
        assert search(lights(act("come", 0, (moth(), moth()), 5.0), *UP)).complete


class TestRest:
    REST = always(lambda level: HOLDS if level == 3 else violated("dark"), When.QUIESCENT)

    def test_a_cycle_says_nothing_of_states_at_rest(self) -> None:
        result = search(lights(*UP, rule("back", 2, 1), properties=(self.REST,)))
        assert (only(result).verdict, only(result).category) == (Verdict.HOLDS, Category.DEADLOCK)
        assert (result.complete, result.paths) == (True, ())


class TestBounds:
    def test_states(self) -> None:
        result = search(lights(*UP, properties=(below(4),)), Limits(max_states=2))
        assert (bounds(result), result.states, only(result).verdict) == (["max-states"], 2, Verdict.UNDETERMINED)

    def test_as_many_states_as_there_are_is_enough(self) -> None:
        assert search(lights(*UP), Limits(max_states=4)).complete

    def test_depth(self) -> None:
        result = search(lights(*UP, properties=(below(4),)), Limits(max_depth=2))
        assert (bounds(result), result.states, result.depth) == (["max-depth"], 3, 2)

    def test_time(self) -> None:
        assert bounds(search(lights(*UP), Limits(seconds=0.0))) == ["timeout"]

    def test_memory(self) -> None:
        assert bounds(search(lights(*UP), Limits(max_memory_mb=1))) == ["memory"]

    def test_slots(self) -> None:
        result = search(lights(act("come", 0, (moth(), moth())), *UP, properties=(below(4),)))
        assert (bounds(result), only(result).verdict) == (["slots"], Verdict.UNDETERMINED)
        assert "Moth" in only(result).text
        assert result.states == 4

    def test_a_step_that_finds_no_slot_keeps_a_state_from_rest(self) -> None:
        prop = always(lambda _: violated("at rest"), When.QUIESCENT)
        result = search(lights(act("come", 0, (moth(), moth())), properties=(prop,)))
        assert (result.quiescent, only(result).verdict) == (0, Verdict.UNDETERMINED)

    def test_an_interrupt(self) -> None:
        def interrupts(level: int) -> Finding:
            if level == 2:
                raise KeyboardInterrupt
            return HOLDS

        result = search(lights(*UP, properties=(always(interrupts),)))
        assert (bounds(result), only(result).verdict) == (["interrupted"], Verdict.UNDETERMINED)
        assert result.states == 3


def test_progress_does_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubemodel.checker.exploration._REPORT_EVERY", 0.0)
    seen: list[Progress] = []
    system = lights(*UP, properties=(below(4),))
    assert search(system, progress=seen.append) == search(lights(*UP, properties=(below(4),)))
    assert seen[0].states == 1


SCRIPT = """
from kubemodel.benchmarks import rollout
from kubemodel.checker.search import search
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.component import Key
from kubemodel.spec.language.property import HOLDS, StateProperty, violated
import attrs
key = Key("Pod", ("pod",), lambda pod: pod)
prop = StateProperty("place", "", key, lambda pod: violated("placed") if pod.phase == "Running" else HOLDS)
result = search(TransitionSystem(attrs.evolve(rollout.model(2, 3, 2, 1), properties=(prop,))), keep_going=True)
print(attrs.evolve(result, measured=None))
"""


def test_the_result_does_not_depend_on_the_seed_of_hashes() -> None:
    def run(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", SCRIPT]
        done = subprocess.run(
            command, env=environment, cwd=Path.home(), check=True, capture_output=True, text=True, timeout=120
        )
        return done.stdout

    assert run("1") == run("2")
