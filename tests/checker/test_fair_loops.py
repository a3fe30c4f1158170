"""Loops in labelled graphs: one is found wherever a component is fair, and it is fair itself."""

from __future__ import annotations

import numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from kubemodel.checker.fair_loops import Demands, Graph, Loop, Looping, fair_components

CLAIMS = frozenset(range(4))


def graph(states: int, steps: list[tuple[int, int, int]], meets: list[set[int]], owed: list[set[int]]) -> Graph:
    """Steps are (source, target, label); ``meets`` by label, ``owed`` by state."""
    columns = numpy.array(steps, dtype=numpy.int64).reshape(-1, 3)
    sets = [frozenset(claims) for claims in owed]
    numbers = numpy.arange(states, dtype=numpy.int64)
    return Graph(states, columns[:, 0], columns[:, 1], columns[:, 2], [frozenset(met) for met in meets], numbers, sets)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    states, labels = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    state, label = st.integers(0, states - 1), st.integers(0, labels - 1)
    claims = st.sets(st.sampled_from(sorted(CLAIMS)))
    steps = draw(st.lists(st.tuples(state, state, label), min_size=1, max_size=14, unique=True))
    few = st.sets(st.sampled_from(sorted(CLAIMS)), max_size=1)
    return graph(states, steps, [draw(few) for _ in range(labels)], [draw(claims) for _ in range(states)])


def is_fair(graph: Graph, loop: Loop, demands: Demands) -> bool:
    met = frozenset[int]().union(*(graph.meets[label] for label in loop.labels))
    owed = [graph.owed_in(state) for state in loop.states]
    always = owed[0].intersection(*owed)
    sometimes = owed[0].union(*owed)
    return not always & demands.weak - met and not sometimes & demands.strong - met


def goes_round(graph: Graph, loop: Loop) -> bool:
    steps = set(zip(graph.sources.tolist(), graph.targets.tolist(), graph.labels.tolist(), strict=True))
    following = (*loop.states[1:], loop.states[0])
    return all(step in steps for step in zip(loop.states, following, loop.labels, strict=True))


def test_ways_home_that_each_meet_one_claim_are_all_taken() -> None:
    """Leaving the loop on the last step, for the other way home, loses the first one again."""
    two_ways = graph(2, [(0, 1, 0), (1, 0, 1), (1, 0, 2)], [set(), {1}, {2}], [{1, 2}, {1, 2}])
    demands = Demands(weak=frozenset({1, 2}), strong=frozenset())
    loop = Looping.inside(two_ways, numpy.arange(2), demands, None).loop(0)
    assert loop.states == (0, 1, 0, 1) and set(loop.labels) == {0, 1, 2}


@settings(deadline=None)
@given(graphs(), st.sets(st.sampled_from(sorted(CLAIMS))), st.data())
def test_every_fair_component_has_a_fair_loop_through_each_of_its_states(
    graph: Graph, weak: set[int], data: st.DataObject
) -> None:
    demands = Demands(frozenset(weak), CLAIMS - frozenset(weak))
    for component in fair_components(graph, numpy.arange(graph.states), demands):
        states = component.tolist()
        visits = data.draw(st.none() | st.sampled_from(states).map(lambda state: frozenset({state})))
        first = data.draw(st.sampled_from(states))
        loop = Looping.inside(graph, component, demands, visits).loop(first)
        assert loop.states[0] == first and set(loop.states) <= set(states)
        assert goes_round(graph, loop) and is_fair(graph, loop, demands)
        assert visits is None or not visits.isdisjoint(loop.states)
