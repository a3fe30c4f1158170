"""Thirty generated clusters against brute force over the real filters, in every order."""

from __future__ import annotations

import pytest
from kubemodel.proving.placement.clock import now
from kubemodel.proving.placement.relations import relations
from kubemodel.proving.placement.solving import solve
from kubemodel.proving.placement.standing import refused
from kubemodel.proving.placement.stuck import can_get_stuck

from .clusters import brute_force, generated

SEEDS = [*range(1, 9), *range(11, 33)]
PATIENCE = 120.0


def _deadline() -> float:
    return now() + PATIENCE


@pytest.mark.parametrize("seed", SEEDS)
def test_a_placement_is_found_where_there_is_one(seed: int) -> None:
    problem = generated(seed)
    truth = brute_force(problem)
    answer = solve(problem, _deadline())
    assert answer.possible is truth.possible
    if answer.possible:
        assert len(answer.moves) == sum(each.count for each in problem.kinds if each.daemon is None) + sum(
            each.wanted_on(node) for each in problem.kinds for node in problem.nodes
        )
        assert refused(relations(problem), answer.moves) == ""


def test_the_clusters_are_of_both_kinds() -> None:
    found = {brute_force(generated(seed)).possible for seed in SEEDS}
    assert found == {True, False}


@pytest.mark.parametrize("seed", SEEDS)
def test_nodes_in_groups_answer_as_each_node_by_itself(seed: int) -> None:
    problem = generated(seed)
    assert solve(problem, _deadline()).possible is solve(problem, _deadline(), grouped=False).possible


@pytest.mark.parametrize("seed", [1, 5, 13, 19, 21, 35, 38, 53])
def test_the_scheduler_gets_stuck_where_it_can(seed: int) -> None:
    problem = generated(seed)
    truth = brute_force(problem)
    found = can_get_stuck(relations(problem), _deadline())
    assert found.possible is truth.stuck
    if found.possible:
        assert refused(relations(problem), found.moves) == ""
        assert found.waiting
