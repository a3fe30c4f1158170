"""Walks against the search: what they meet is really there, and what they are made short to is no shorter than it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from kubemodel.checker.minimising import minimised
from kubemodel.checker.result import Limits
from kubemodel.checker.search import search
from kubemodel.checker.simulation import Walking, path_of, policy, summed, walk
from kubemodel.engine.successors import transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Category, Verdict
from kubemodel.spec.language.model import Model
from kubemodel.spec.language.property import HOLDS, When, violated

from ..thoroughness import examples
from .random_models import models
from .small_models import always, lights, rule, step

STEPS = 40
SHORT = 12
FEW = Limits(max_states=600)
FEWER = settings(
    max_examples=examples(10, 25),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def bright(level: int) -> object:
    return violated("too bright") if level == 3 else HOLDS


@FEWER
@given(models(), st.integers(0, 100), st.sampled_from(Walking))
def test_what_a_walk_meets_is_really_there(model: Model, seed: int, walking: Walking) -> None:
    system = TransitionSystem(model)
    start = system.initial_state()
    found = walk(system, start, policy(walking, seed, STEPS), seed=seed, steps=STEPS)
    states, taken = path_of(system, start, found.choices)
    for before, step_taken, after in zip(states, taken, states[1:], strict=False):
        assert step_taken.successor == after
        assert after in [transition.successor for transition in transitions(system, before)]
    assert {(step_taken.group.component.name, step_taken.group.rule.name) for step_taken in taken} == found.fired


@FEWER
@given(models(), st.integers(0, 100))
def test_a_walk_made_short_is_between_the_shortest_and_itself(model: Model, seed: int) -> None:
    system = TransitionSystem(model)
    start = system.initial_state()
    found = walk(system, start, policy(Walking.RANDOM, seed, SHORT), seed=seed, steps=SHORT)
    assume(found.met is not None)
    assert found.met is not None
    states, taken = path_of(system, start, found.choices)
    short = minimised(system, start, states, taken, found.met, most_states=300)
    assert (short.states[0], short.met.property) == (start, found.met.property)
    assert len(short.states) == len(short.taken) + 1 <= len(states)
    for before, step_taken, after in zip(short.states, short.taken, short.states[1:], strict=False):
        assert after in [t.successor for t in transitions(system, before)]
        assert step_taken.successor == after
    complete = search(TransitionSystem(model), FEW, keep_going=True)
    assume(all(bound.name != "max-states" for bound in complete.bounds))
    (verdict,) = [prop for prop in complete.properties if prop.name == short.met.property]
    assert verdict.verdict is Verdict.VIOLATED
    assert complete.paths[verdict.trace or 0].length <= len(short.taken)


@given(st.integers(0, 1000), st.sampled_from(Walking))
def test_the_same_seed_gives_the_same_walk(seed: int, walking: Walking) -> None:
    system = lights(*(rule(f"{n} to {m}", n, m) for n in range(4) for m in range(4) if n != m))
    walks = [
        walk(system, system.initial_state(), policy(walking, seed, STEPS), seed=seed, steps=STEPS) for _ in range(2)
    ]
    assert walks[0] == walks[1]
    assert len(walks[0].choices) == STEPS


def test_steps_that_do_not_matter_are_dropped() -> None:
    idle = [rule(f"{n} to {m}", n, m) for n, m in ((0, 1), (1, 0), (1, 2), (2, 1))]
    system = lights(*idle, rule("flare", 2, 3), properties=(always(bright),))
    start = system.initial_state()
    long = next(
        found
        for seed in range(1000)
        if len((found := walk(system, start, policy(Walking.RANDOM, seed, STEPS), seed=seed, steps=STEPS)).choices) > 8
        and found.met is not None
    )
    assert long.met is not None
    short = minimised(system, start, *path_of(system, start, long.choices), long.met)
    assert [taken.group.rule.name for taken in short.taken] == ["0 to 1", "1 to 2", "flare"]


def test_a_search_by_the_same_rules_finds_what_dropping_cannot() -> None:
    # No step of the way 0 1 2 3 can be dropped; that the rule "leap" leads there at once, only a search finds out.
    ways = [rule("climb", 0, 1), rule("leap", 1, 2), rule("flare", 2, 3), rule("leap", 0, 2)]
    system = lights(*ways, properties=(always(bright),))
    start = system.initial_state()
    seeds = (walk(system, start, policy(Walking.RANDOM, n, STEPS), seed=n, steps=STEPS) for n in range(100))
    long = next(found for found in seeds if len(found.choices) == 3)
    assert long.met is not None
    short = minimised(system, start, *path_of(system, start, long.choices), long.met)
    assert len(short.taken) == 2


@pytest.mark.parametrize(("when", "category"), [(When.ALWAYS, Category.SAFETY), (When.QUIESCENT, Category.DEADLOCK)])
def test_what_is_violated_is_told_with_its_category(when: When, category: Category) -> None:
    system = lights(rule("flare", 0, 3), properties=(always(bright, when),))
    found = walk(system, system.initial_state(), policy(Walking.RANDOM, 0, STEPS), seed=0, steps=STEPS)
    assert found.met is not None
    assert (found.met.property, found.met.category, found.met.text) == ("level", category, "too bright")


def test_a_step_can_be_the_violation() -> None:
    jump = step(lambda before, after: violated("jump") if after - before > 1 else HOLDS)
    system = lights(rule("flare", 0, 3), properties=(jump,))
    found = walk(system, system.initial_state(), policy(Walking.RANDOM, 0, STEPS), seed=0, steps=STEPS)
    assert found.met is not None
    assert (found.met.property, len(found.choices)) == ("step", 1)


def test_a_sum_ends_with_the_first_walk_that_met_something() -> None:
    system = lights(rule("on", 0, 1), rule("off", 1, 0), rule("flare", 1, 3), properties=(always(bright),))
    start = system.initial_state()
    walks = [
        walk(system, start, policy(Walking.RANDOM, seed, 1 + seed), seed=seed, steps=1 + seed) for seed in range(9)
    ]
    total = summed(walks)
    first = next(found for found in walks if found.met is not None)
    assert total.found == first
    assert total.walks == walks.index(first) + 1
    assert total.steps == sum(len(found.choices) for found in walks[: total.walks])


def test_a_walk_that_meets_nothing_says_nothing_of_the_rest() -> None:
    system = lights(rule("on", 0, 1), rule("off", 1, 0))
    found = walk(system, system.initial_state(), policy(Walking.RANDOM, 0, 5), seed=0, steps=5)
    assert (found.met, found.rested, len(found.choices)) == (None, False, 5)
    assert search(system, Limits()).states == 2
