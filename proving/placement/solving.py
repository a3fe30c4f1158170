"""Whether the pods of a problem can be placed, in some order: numbers from z3, nodes packed, bound one after the other."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import attrs

from .counting import Counting, Group, groups, single
from .ordering import Move, Where, order
from .packing import Bound, Refusal, pack
from .problem import Problem
from .relations import Relations, relations

MOST_ROUNDS = 400
"""Candidates that are refused before the search for one is given up."""


@attrs.frozen
class Answer:
    """``possible`` None: not decided, ``why`` says what ran out. ``moves``: bindings in an order that passes all filters."""

    possible: bool | None
    moves: tuple[Move, ...] = ()
    why: str = ""


def solve(problem: Problem, deadline: float) -> Answer:
    """Decides a problem. ``deadline``: by ``time.monotonic()``; beyond it, nothing is decided any more.

    A "yes" comes with the order, found by running the filters; a "no" is proved by z3.
    """
    tables = relations(problem)
    alike = groups(tables)
    answer = _with_groups(tables, alike, deadline)
    if answer.possible is None and len(alike) < len(tables.nodes) and time.monotonic() < deadline:
        return _with_groups(tables, single(tables), deadline)
    return answer


def _with_groups(tables: Relations, of_nodes: Sequence[Group], deadline: float) -> Answer:
    """``None`` of grouped nodes means that each has to be looked at by itself."""
    counting = Counting(tables, of_nodes)
    alone = len(of_nodes) == len(tables.nodes)
    exact = True
    for _ in range(MOST_ROUNDS):
        numbers = counting.solve(deadline - time.monotonic())
        if numbers is None or time.monotonic() > deadline:
            return Answer(None, why="z3 did not decide it in the time that it had")
        if isinstance(numbers, bool):
            if exact:
                return Answer(False)
            return Answer(None, why="no placement was found, and no proof that there is none")
        where, learned = _packed(counting, of_nodes, numbers)
        if where is None:
            if not learned:
                counting.forbid(numbers)
                exact = False
            continue
        found = order(tables, where, deadline)
        if found.moves is not None:
            return Answer(True, found.moves)
        if not alone:
            return Answer(None)
        counting.forbid(numbers)
        exact = exact and found.complete
    return Answer(None, why=f"{MOST_ROUNDS} candidates had no order in which all filters pass")


def _packed(
    counting: Counting, of_nodes: Sequence[Group], numbers: Mapping[tuple[int, int], int]
) -> tuple[Where | None, bool]:
    """The nodes of each pod; None where some group cannot hold its own: then, whether something was learned of it."""
    where: dict[Move, int] = {}
    fits, learned = True, False
    for g, group in enumerate(of_nodes):
        counts = {k: number for (k, at), number in numbers.items() if at == g and number}
        found = pack(counts, counting.bins[g])
        if isinstance(found, Bound | Refusal):
            for other, bins in enumerate(counting.bins):
                if _same(bins, counting.bins[g]) and (isinstance(found, Bound) or bins.size <= len(group)):
                    counting.learn(other, found)
            fits, learned = False, True
        elif found is None:
            fits = False
        else:
            for node, pods in zip(group, found, strict=True):
                where.update({(k, node): number for k, number in pods.items()})
    return (where if fits else None), learned


def _same(one: object, other: object) -> bool:
    """Whether nodes of two groups hold the same: their numbers aside, and how evenly they are to be filled."""
    drop = {"size", "even"}
    fields = [field.name for field in attrs.fields(type(one)) if field.name not in drop]
    return all(getattr(one, name) == getattr(other, name) for name in fields)
