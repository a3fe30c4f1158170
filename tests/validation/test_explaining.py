"""What an execution writes is explained; what no execution can write is not, and the report says where and why."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from kubemodel.cli.validating import PATIENT_USERS, _own
from kubemodel.engine.executor import Run, Seeded, run
from kubemodel.engine.successors import transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.cluster import build
from kubemodel.spec.events.observing import Observed, observe, telling
from kubemodel.spec.events.recording import Event
from kubemodel.validation.explaining import Budgets, Explanation, Outcome, explain
from kubemodel.validation.stepping import Stepping

from ..engine.small_clusters import deployment, scenario
from ..thoroughness import examples
from .recorder import recorded

STORY = [[{"scale": "web=2"}, {"drain": "node-1"}, {"uncordon": "node-1"}, {"scale": "web=1"}]]


def cluster() -> TransitionSystem:
    return TransitionSystem(build(scenario(deployment(1), nodes=2, start="created", users=STORY)))


def told(seed: int, steps: int) -> tuple[TransitionSystem, Run]:
    system = cluster()
    return system, run(system, system.initial_state(), Seeded(seed), max_steps=steps)


def explained(
    events: Sequence[Event], budgets: Budgets | None = None
) -> tuple[TransitionSystem, Observed, Explanation]:
    system = cluster()
    observed = observe(events, _own(system))
    budgets = budgets or Budgets(missing=1, nodes=30_000)
    start = [system.initial_state()]
    return system, observed, explain(system, start, observed.observations, telling, observed.fixed, budgets)


@settings(max_examples=examples(6, 15), deadline=None)
@given(seed=st.integers(0, 10_000), steps=st.integers(20, 60))
def test_an_executions_own_events_are_explained(seed: int, steps: int) -> None:
    events = recorded(*told(seed, steps))
    _, observed, found = explained(events)
    assert found.outcome is Outcome.EXPLAINED
    assert found.furthest.seen.bit_count() == len(observed.observations) == len(events)
    assert found.furthest.missing == 0


@settings(max_examples=examples(6, 15), deadline=None)
@given(seed=st.integers(0, 10_000), chance=st.randoms(use_true_random=False))
def test_an_event_that_is_missing_or_moved_within_its_second_changes_nothing(seed: int, chance: random.Random) -> None:
    events = list(recorded(*told(seed, 40)))
    place = chance.randrange(len(events))
    without = [*events[:place], *events[place + 1 :]]
    assert explained(without)[2].outcome is Outcome.EXPLAINED
    shuffled = sorted(events, key=lambda event: (event.first, chance.random()))
    assert explained(shuffled)[2].outcome is Outcome.EXPLAINED


def test_the_witness_is_an_execution() -> None:
    system, _, found = explained(recorded(*told(3, 40)))
    assert found.path[0] == system.initial_state()
    for before, after in zip(found.path, found.path[1:], strict=False):
        assert after in {each.successor for each in transitions(system, before)}


@settings(max_examples=examples(5, 10), deadline=None)
@given(seed=st.integers(0, 10_000))
def test_stepping_agrees_with_the_engine(seed: int) -> None:
    system, done = told(seed, 40)
    stepping = Stepping(system)
    for state in done.path:
        plain = {(id(each.group), each.successor) for each in transitions(system, state) if each.successor is not None}
        assert {(id(each.group), each.successor) for each in stepping.enabled(state)} == plain


def test_patient_users_wait() -> None:
    system, done = told(1, 30)
    patient = Stepping(system, PATIENT_USERS)
    for state in done.path:
        found = patient.enabled(state)
        if any(each.group.rank == 0 and not each.group.environment for each in found):
            assert all(each.group.component.name not in PATIENT_USERS for each in found)
