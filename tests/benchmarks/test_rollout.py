"""The explorers count what is known of the small instances of the benchmark (benchmarks/README.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kubemodel.benchmarks import handwritten, lagging, lattice, promela, rollout
from kubemodel.checker.naive import explore
from kubemodel.checker.result import Explorer
from kubemodel.checker.search import search
from kubemodel.engine.symmetry import up_to_symmetry
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


@pytest.mark.parametrize(("instance", "known"), [(SMALL, (4_165, 14_322)), (MIDDLE, (17_753, 69_036))], ids=str)
@pytest.mark.parametrize("explorer", [Explorer.TABLES, Explorer.KERNEL])
def test_nodes_are_interchangeable(instance: tuple[int, int, int, int], known: Any, explorer: Explorer) -> None:
    result = search(up_to_symmetry(TransitionSystem(rollout.model(*instance))), explorer=explorer)
    assert (result.states, result.transitions) == known
    assert result.complete


def test_the_naive_explorer_counts_canonical_states() -> None:
    counts = explore(TransitionSystem(rollout.model(*SMALL)))
    assert (counts.states, counts.transitions) == CANONICAL[SMALL]


@pytest.mark.parametrize("instance", CANONICAL, ids=str)
def test_the_hand_written_explorer_counts_canonical_states(instance: tuple[int, int, int, int]) -> None:
    assert handwritten.explore(*instance) == CANONICAL[instance]


@pytest.mark.skipif(not promela.available(), reason="Spin is not installed")
def test_spin_counts_positional_states(tmp_path: Path) -> None:
    assert promela.run(SMALL, tmp_path, 20)[:2] == POSITIONAL


def test_with_no_client_that_lags_it_is_the_same_model() -> None:
    found = search(TransitionSystem(lagging.model(*SMALL)))
    assert (found.states, found.transitions) == CANONICAL[SMALL]


@pytest.mark.parametrize(("clients", "known"), [(1, (138_723, 669_606)), (2, (359_877, 1_888_393))])
def test_lagging_clients(clients: int, known: tuple[int, int]) -> None:
    model = lagging.model(*SMALL, lagging.CLIENTS[:clients])
    found = search(TransitionSystem(model), explorer=Explorer.KERNEL)
    assert (found.states, found.transitions) == known
    assert found.complete


def test_a_lattice_has_as_many_states_as_it_must() -> None:
    found = search(TransitionSystem(lattice.model(12)), explorer=Explorer.KERNEL)
    assert (found.states, found.transitions, found.depth) == lattice.expected(12)
    assert found.measured.bytes_per_state < 64
