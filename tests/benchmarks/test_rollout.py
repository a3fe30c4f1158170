"""The explorers count what is known of the small instances of the benchmark (benchmarks/README.md)."""

from __future__ import annotations

import pytest
from kubemodel.benchmarks import handwritten, rollout
from kubemodel.checker.naive import explore
from kubemodel.checker.search import search
from kubemodel.engine.transition_system import TransitionSystem

SMALL = (2, 3, 2, 1)
MIDDLE = (2, 4, 3, 1)
CANONICAL = {SMALL: (8_253, 28_337), MIDDLE: (35_285, 137_116)}
POSITIONAL = (42_207, 149_754)


@pytest.mark.parametrize("instance", CANONICAL, ids=str)
def test_tables_count_canonical_states(instance: tuple[int, int, int, int]) -> None:
    result = search(TransitionSystem(rollout.model(*instance)))
    assert (result.states, result.transitions) == CANONICAL[instance]
    assert result.complete
    assert result.never_fired == ()


def test_tables_count_positional_states() -> None:
    result = search(TransitionSystem(rollout.model(*SMALL), positional=True))
    assert (result.states, result.transitions) == POSITIONAL


def test_the_naive_explorer_counts_canonical_states() -> None:
    counts = explore(TransitionSystem(rollout.model(*SMALL)))
    assert (counts.states, counts.transitions) == CANONICAL[SMALL]


@pytest.mark.parametrize("instance", CANONICAL, ids=str)
def test_the_hand_written_explorer_counts_canonical_states(instance: tuple[int, int, int, int]) -> None:
    assert handwritten.explore(*instance) == CANONICAL[instance]
