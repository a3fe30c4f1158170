"""A binding is judged alike with and without the bystanders, whatever stands there already."""

from __future__ import annotations

import random

import pytest
from kubemodel.proving.placement.admission import empty, refusal
from kubemodel.proving.placement.relations import Relations, relations
from kubemodel.proving.placement.standing import Move, Standing
from kubemodel.spec.control_plane.scheduler.filtering import bound_copy

from .clusters import generated

BINDINGS = 8


def judged_in_full(tables: Relations, moves: list[Move], move: Move) -> str:
    def bound(kind: int, number: int):
        there = tables.nodes[number]
        return bound_copy(tables.kinds[kind].pod_for(there), there.metadata.name)

    snapshot = empty(tables.problem).with_pods(bound(*each) for each in moves)
    there = tables.nodes[move[1]]
    return refusal(tables.kinds[move[0]].pod_for(there), there, snapshot)


@pytest.mark.parametrize("seed", range(40))
def test_bystanders_change_nothing(seed: int) -> None:
    tables = relations(generated(seed))
    rng = random.Random(seed)
    standing, moves = Standing(tables), []
    all_moves = [(k, n) for k, kind in enumerate(tables.kinds) if kind.count for n in range(len(tables.nodes))]
    for _ in range(BINDINGS):
        for move in all_moves:
            assert standing.refusal(move) == judged_in_full(tables, moves, move)
        chosen = rng.choice(all_moves)
        standing.put(chosen)
        moves.append(chosen)


def test_what_is_taken_away_is_gone() -> None:
    tables = relations(generated(5))
    before, after = Standing(tables), Standing(tables)
    after.put((0, 0), 2)
    assert after.number_on(0) == before.number_on(0) + 2
    after.put((0, 0), -2)
    assert [after.refusal((0, n)) for n in range(len(tables.nodes))] == [
        before.refusal((0, n)) for n in range(len(tables.nodes))
    ]
