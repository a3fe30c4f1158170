"""Packing against trying everything; what is learned from a refusal must hold of every packing."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from kubemodel.proving.placement.bins import Bins
from kubemodel.proving.placement.packing import Bound, Refusal, pack

KINDS = (0, 1, 2)


@st.composite
def bins(draw: st.DrawFn) -> Bins:
    clashes = draw(st.sets(st.sampled_from([(0, 1), (1, 2)])))
    return Bins(
        size=draw(st.integers(1, 3)),
        room={"cpu": draw(st.integers(0, 8)), "pods": 4},
        requests={kind: {"cpu": draw(st.integers(1, 5)), "pods": 1} for kind in KINDS},
        most={kind: draw(st.sampled_from((0, 1, 9))) for kind in KINDS},
        clashes=frozenset(clashes | {(b, a) for a, b in clashes}),
    )


def fits(pods: Mapping[int, int], it: Bins) -> bool:
    """Whether one node holds these pods."""
    used = {name: sum(n * it.requests[k].get(name, 0) for k, n in pods.items()) for name in it.room}
    return (
        all(used[name] <= it.room[name] for name in used)
        and all(n <= it.most[k] for k, n in pods.items())
        and not any(pods.get(a) and pods.get(b) for a, b in it.clashes)
    )


def reachable(it: Bins) -> set[tuple[int, ...]]:
    """Every number of pods of each kind that the nodes hold together."""
    one = [p for p in product(range(5), repeat=len(KINDS)) if fits(dict(zip(KINDS, p, strict=True)), it)]
    found = {(0,) * len(KINDS)}
    for _ in range(it.size):
        found = {tuple(a + b for a, b in zip(x, y, strict=True)) for x in found for y in one}
    return found


@settings(max_examples=60, deadline=None)
@given(bins(), st.tuples(*(st.integers(0, 5) for _ in KINDS)))
def test_a_packing_is_found_where_there_is_one(it: Bins, wanted: tuple[int, ...]) -> None:
    possible = reachable(it)
    found = pack(dict(zip(KINDS, wanted, strict=True)), it)
    if isinstance(found, list):
        assert len(found) == it.size
        assert all(fits(node, it) for node in found)
        assert all(sum(node.get(kind, 0) for node in found) == n for kind, n in zip(KINDS, wanted, strict=True))
        return
    assert wanted not in possible
    if isinstance(found, Bound):
        assert sum(found.weights.get(k, 0) * n for k, n in enumerate(wanted)) > found.limit * it.size
        for counts in possible:
            assert sum(found.weights.get(k, 0) * n for k, n in enumerate(counts)) <= found.limit * it.size
    if isinstance(found, Refusal):
        assert not any(all(counts[k] >= n for k, n in found.counts.items()) for counts in possible)


def test_a_bound_refuses_what_resources_in_all_would_allow() -> None:
    """Eight nodes of 4 cpu have 32, but nine pods of 3 cpu need nine nodes, though they ask for 27 only."""
    it = Bins(8, {"cpu": 4000}, {0: {"cpu": 3000}}, {0: 99}, frozenset())
    found = pack({0: 9}, it)
    assert isinstance(found, Bound)
    assert found.weights[0] * 8 <= found.limit * 8 < found.weights[0] * 9
