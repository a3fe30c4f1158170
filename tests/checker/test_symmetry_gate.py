"""The gate of symmetry (design §7): what is explored is the naive set, quotiented by brute force."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from kubemodel.checker.naive import explore
from kubemodel.checker.result import Explorer, Limits, SearchResult
from kubemodel.checker.search import search
from kubemodel.engine.equivariance import Equivariance
from kubemodel.engine.pools import EMPTY, State
from kubemodel.engine.successors import transitions
from kubemodel.engine.symmetry import up_to_symmetry
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Verdict
from kubemodel.spec.language.model import Model

from ..thoroughness import examples
from .symmetric_models import exchanged, symmetric_models

MOST = 200
THOROUGH = settings(
    max_examples=examples(12, 25),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
EXPLORERS = st.sampled_from((Explorer.TABLES, Explorer.KERNEL))


def orbit(system: TransitionSystem, state: State, names: tuple[str, ...]) -> str:
    """What a state is up to who is who, by brute force: names are exchanged in its text, and what bears them sorted."""
    pools = []
    for pool, content in zip(system.pools, state, strict=True):
        texts = [repr(pool.bundles[bundle]) for bundle in content if bundle != EMPTY or pool.ordered]
        every = zip(*(exchanged(each, names) for each in texts), strict=True) if texts else itertools.repeat(())
        pools.append(every if pool.ordered and not pool.names else map(sorted, every))
    orders = range(math.factorial(len(names)))
    return min(repr([list(next(pool)) for pool in pools]) for pools in [list(map(iter, pools))] for _ in orders)


def traded(model: Model) -> tuple[str, ...]:
    """The spots that nothing tells apart; there are some."""
    symmetry = up_to_symmetry(TransitionSystem(model)).symmetry
    assume(symmetry is not None)
    assert symmetry is not None
    return symmetry.groups[0]


def reachable(system: TransitionSystem) -> list[list[State]]:
    """Every state, by its depth."""
    levels = [[system.initial_state()]]
    seen = set(levels[0])
    while levels[-1]:
        following = [t.successor for state in levels[-1] for t in transitions(system, state) if t.successor is not None]
        levels.append([state for state in dict.fromkeys(following) if state not in seen])
        seen.update(levels[-1])
        assume(len(seen) <= MOST)
    return levels[:-1]


def lengths(result: SearchResult) -> dict[str, int]:
    violated = [prop for prop in result.properties if prop.verdict is Verdict.VIOLATED]
    return {prop.name: result.paths[prop.trace or 0].length for prop in violated}


@THOROUGH
@given(symmetric_models(), EXPLORERS, st.booleans(), st.booleans())
def test_what_is_explored_is_the_naive_set_quotiented(
    model: Model, explorer: Explorer, positional: bool, limited: bool
) -> None:
    names = traded(model)
    naive = TransitionSystem(model, positional=positional)
    levels = reachable(naive)
    every = [state for level in levels for state in level]
    reduced = up_to_symmetry(TransitionSystem(model, positional=positional))
    limits = Limits(max_states=10 * MOST) if limited else Limits()
    found = search(reduced, limits, explorer=explorer, keep_going=True)
    expected = explore(naive, keep_going=True)
    assert found.states == len({orbit(naive, state, names) for state in every})
    assert found.depth == expected.depth == len(levels) - 1
    assert lengths(found) == expected.violations
    assert found.transitions <= expected.transitions


@THOROUGH
@given(symmetric_models())
def test_both_explorers_count_the_steps_of_one_state_of_each_orbit(model: Model) -> None:
    names = traded(model)
    naive = TransitionSystem(model)
    orbits: dict[str, State] = {}
    for level in reachable(naive):
        for state in level:
            orbits.setdefault(orbit(naive, state, names), state)
    steps = [[t for t in transitions(naive, state) if t.successor is not None] for state in orbits.values()]
    resting = sum(all(t.group.environment for t in transitions(naive, state)) for state in orbits.values())
    for explorer in (Explorer.TABLES, Explorer.KERNEL):
        found = search(up_to_symmetry(TransitionSystem(model)), explorer=explorer, keep_going=True)
        assert (found.states, found.transitions, found.quiescent) == (len(orbits), sum(map(len, steps)), resting)


@THOROUGH
@given(symmetric_models(), EXPLORERS)
def test_counterexamples_are_runs_of_the_system_itself(model: Model, explorer: Explorer) -> None:
    system = TransitionSystem(model)
    for path in search(up_to_symmetry(system), Limits(max_states=MOST), explorer=explorer, keep_going=True).paths:
        assert path.states[0] == system.initial_state()
        follows(system, path.states)


def follows(system: TransitionSystem, states: Sequence[State]) -> None:
    for before, after in itertools.pairwise(states):
        assert after in [transition.successor for transition in transitions(system, before)]


@THOROUGH
@given(symmetric_models(temporal=True), EXPLORERS)
def test_loops_are_judged_with_every_object_as_itself(model: Model, explorer: Explorer) -> None:
    system = TransitionSystem(model)
    plain = search(system, Limits(max_states=MOST))
    assume(plain.complete)
    found = search(up_to_symmetry(system), Limits(max_states=MOST), explorer=explorer)
    assert [(prop.name, prop.verdict) for prop in found.properties] == [
        (prop.name, prop.verdict) for prop in plain.properties
    ]
    for path in found.paths:
        assert path.states[0] == system.initial_state()
        follows(system, path.states)
        if path.loop is not None:
            assert path.states[path.loop] in [t.successor for t in transitions(system, path.states[-1])]


@THOROUGH
@given(symmetric_models())
def test_nothing_tells_spots_apart(model: Model) -> None:
    system = TransitionSystem(model)
    symmetry = up_to_symmetry(system).symmetry
    if symmetry is not None:
        for level in reachable(system)[:4]:
            for state in level[:5]:
                assert not list(Equivariance(system, symmetry).differences(state))
