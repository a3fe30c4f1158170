"""The compiled kernel finds what tables find: the same states in the same order, and the same about each of them."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kubemodel.benchmarks import rollout
from kubemodel.checker.result import Explorer, Limits, SearchResult
from kubemodel.checker.search import search
from kubemodel.engine.pools import State
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.model import Model

from .random_models import models

THOROUGH = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def explored(model: Model, explorer: Explorer, *, positional: bool = False, **options: Any) -> tuple[SearchResult, Any]:
    """The result without what is the explorer's own, and its paths by value: the numbers of bundles differ."""
    system = TransitionSystem(model, positional=positional)
    result = search(system, explorer=explorer, **options)
    paths = [(path.last, path.loop, [by_value(system, state) for state in path.states]) for path in result.paths]
    # How often a step property was not required counts decisions: tables may hold one twice, the kernel once.
    suspended = tuple(attrs.evolve(each, times=0) for each in result.suspended)
    return attrs.evolve(result, paths=(), suspended=suspended), paths


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
