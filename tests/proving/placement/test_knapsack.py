"""The heaviest pods of one node, against trying everything."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from kubemodel.proving.placement.bins import Bins
from kubemodel.proving.placement.knapsack import heaviest

KINDS = (0, 1, 2)


@given(
    room=st.fixed_dictionaries({"cpu": st.integers(-1, 8), "pods": st.integers(0, 4)}),
    cpu=st.tuples(*(st.integers(1, 5) for _ in KINDS)),
    most=st.tuples(*(st.sampled_from((0, 1, 9)) for _ in KINDS)),
    clashes=st.sets(st.sampled_from([(0, 1), (1, 2)])),
    weights=st.tuples(*(st.integers(0, 9) for _ in KINDS)),
)
def test_nothing_that_a_node_holds_weighs_more(
    room: dict[str, int],
    cpu: tuple[int, ...],
    most: tuple[int, ...],
    clashes: set[tuple[int, int]],
    weights: tuple[int, ...],
) -> None:
    both = frozenset(clashes | {(b, a) for a, b in clashes})
    bins = Bins(1, room, {k: {"cpu": cpu[k], "pods": 1} for k in KINDS}, dict(zip(KINDS, most, strict=True)), both)
    everything = [{k: n for k, n in zip(KINDS, held, strict=True) if n} for held in product(range(5), repeat=3)]
    possible = [held for held in everything if bins.hold(held) or not held]
    found = heaviest(dict(zip(KINDS, weights, strict=True)), bins)
    assert found is not None
    pods, weight = found
    assert pods in possible
    assert weight == sum(weights[k] * n for k, n in pods.items())
    assert weight == max(sum(weights[k] * n for k, n in held.items()) for held in possible)
