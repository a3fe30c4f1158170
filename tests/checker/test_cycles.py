"""Cycles in explored graphs."""

from __future__ import annotations

import numpy
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.checker.cycles import shortest_cycle

STATES = 6
EDGES = st.lists(
    st.tuples(st.integers(0, STATES - 1), st.integers(0, STATES - 1)).filter(lambda edge: edge[0] != edge[1])
)


def cycle_of(edges: list[tuple[int, int]]) -> list[int] | None:
    return shortest_cycle(
        STATES,
        numpy.array([s for s, _ in edges], dtype=numpy.uint32),
        numpy.array([t for _, t in edges], dtype=numpy.uint32),
    )


def length_of_way(edges: list[tuple[int, int]], start: int) -> int | None:
    """The length of a shortest way from ``start`` back to it."""
    reached = {start}
    for length in range(1, STATES + 1):
        reached = {target for source, target in edges if source in reached}
        if start in reached:
            return length
    return None


def test_no_edges_no_cycle() -> None:
    assert cycle_of([]) is None


@given(EDGES)
def test_a_cycle_is_shortest_through_the_first_state_on_any(edges: list[tuple[int, int]]) -> None:
    lengths = [length_of_way(edges, state) for state in range(STATES)]
    found = cycle_of(edges)
    if found is None:
        assert not any(lengths)
        return
    assert set(zip(found, [*found[1:], found[0]], strict=True)) <= set(edges)
    assert found[0] == next(state for state, length in enumerate(lengths) if length)
    assert len(found) == lengths[found[0]]
