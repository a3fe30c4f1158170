"""The compiled kernel finds what tables find: the same states in the same order, and the same about each of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from kubemodel.benchmarks import rollout
from kubemodel.checker.kernel import compiled
from kubemodel.checker.naive import explore
from kubemodel.checker.result import Explorer, Limits, SearchResult
from kubemodel.checker.search import search
from kubemodel.engine.pools import State
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.model import Model

from ..thoroughness import examples
from .random_models import models

THOROUGH = settings(
    max_examples=examples(60, 100),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def explored(model: Model, explorer: Explorer, *, positional: bool = False, **options: Any) -> tuple[SearchResult, Any]:
    """The result without what is the explorer's own, and its paths by value: the numbers of bundles differ."""
    system = TransitionSystem(model, positional=positional)
    result = search(system, explorer=explorer, **options)
    paths = [(path.last, path.loop, [by_value(system, state) for state in path.states]) for path in result.paths]
    return attrs.evolve(result, paths=(), collisions=None), paths


def by_value(system: TransitionSystem, state: State) -> list[list[str]]:
    return [
        sorted(repr(pool.bundles[bundle]) for bundle in content)
        if not pool.ordered
        else [repr(pool.bundles[bundle]) for bundle in content]
        for pool, content in zip(system.pools, state, strict=True)
    ]


@THOROUGH
@given(models(), st.booleans(), st.booleans(), st.sampled_from((3, 40, 600)))
def test_the_kernel_agrees_with_tables(model: Model, positional: bool, keep_going: bool, most: int) -> None:
    options = {"positional": positional, "keep_going": keep_going}
    bounded = explored(model, Explorer.TABLES, limits=Limits(max_states=most), **options)
    assert explored(model, Explorer.KERNEL, limits=Limits(max_states=most), **options) == bounded
    if bounded[0].states < most:
        # Without a bound the kernel looks at several states at a time.
        assert explored(model, Explorer.KERNEL, **options) == bounded


@pytest.mark.parametrize("positional", [False, True])
def test_the_kernel_agrees_with_tables_on_the_benchmark(positional: bool) -> None:
    model = rollout.model(2, 3, 2, 1)
    found, _ = explored(model, Explorer.KERNEL, positional=positional)
    assert (found, _) == explored(model, Explorer.TABLES, positional=positional)
    assert found.states == (42_207 if positional else 8_253)


WAYS: tuple[dict[str, Any], ...] = ({"cores": 2}, {"fingerprint": True}, {"cores": 3, "fingerprint": True})


@settings(THOROUGH, max_examples=examples(30, 100))
@given(models(), st.booleans(), st.booleans(), st.sampled_from(WAYS))
def test_neither_cores_nor_fingerprints_change_what_is_found(
    model: Model, positional: bool, keep_going: bool, way: dict[str, Any]
) -> None:
    options = {"positional": positional, "keep_going": keep_going}
    bounded, _ = explored(model, Explorer.KERNEL, limits=Limits(max_states=600), **options)
    assume(bounded.states < 600)
    with_one = explored(model, Explorer.KERNEL, **options)
    with pytest.MonkeyPatch.context() as patch:
        # Small models, too, are then looked at by several workers.
        patch.setattr(compiled, "MANY", 0)
        assert explored(model, Explorer.KERNEL, **options, **way) == with_one
    found = with_one[0]
    expected = explore(TransitionSystem(model, positional=positional), keep_going=keep_going)
    assert (found.states, found.transitions, found.depth, found.quiescent) == (
        expected.states,
        expected.transitions,
        expected.depth,
        expected.quiescent,
    )


@pytest.mark.parametrize("way", WAYS, ids=repr)
def test_a_search_of_many_states_is_the_same_in_every_way(way: dict[str, Any]) -> None:
    model = rollout.model(2, 4, 3, 1)
    assert explored(model, Explorer.KERNEL, **way) == explored(model, Explorer.KERNEL)


def test_the_odds_that_fingerprints_miss_a_state_are_told() -> None:
    system = TransitionSystem(rollout.model(2, 3, 2, 1))
    assert search(system, explorer=Explorer.KERNEL).collisions is None
    assert search(system, fingerprint=True).collisions == 8_253 * (28_337 + 1 - 8_253) / 2**64


def test_fingerprints_take_less_memory() -> None:
    model = rollout.model(2, 4, 3, 2)
    exact, _ = explored(model, Explorer.KERNEL)
    known, _ = explored(model, Explorer.KERNEL, fingerprint=True)
    assert known.states == exact.states
    assert known.measured.bytes_per_state < exact.measured.bytes_per_state <= 64


@pytest.mark.parametrize("kept", ["checkpoint", "resume"])
def test_a_search_by_fingerprints_is_not_kept(kept: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be kept"):
        search(TransitionSystem(rollout.model(2, 3, 2, 1)), fingerprint=True, **{kept: tmp_path / "search"})  # type: ignore[arg-type]
