"""Whether the pods of a problem can be placed, in some order.

Numbers from z3, nodes packed, pods bound one after the other; each refusal of the later steps is learned by the first.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import attrs

from .counting import Counting, Group, groups, single
from .ordering import Move, Where, order
from .packing import Bins, Bound, Refusal, pack
from .problem import Problem
from .relations import Relations, relations

MOST_ROUNDS = 400
"""Candidates that are refused before the search for one is given up."""

MOST_OF_GROUPS = 4
"""Candidates without an order, of nodes in groups, before each node is looked at by itself."""


@attrs.frozen
class Answer:
    """``possible`` None: not decided, ``why`` says what ran out. ``moves``: bindings in an order that passes."""

    possible: bool | None
    moves: tuple[Move, ...] = ()
    why: str = ""


def solve(problem: Problem, deadline: float, *, whole: bool = True, grouped: bool = True) -> Answer:
    """Decides a problem. ``deadline``: by ``time.monotonic()``; beyond it, nothing is decided any more.

    A "yes" comes with the order, found by running the filters; a "no" is proved by z3. Not ``whole``: the order is that
    of the pods alone to which order matters; where the others go has been counted, not tried. Not ``grouped``: nodes
    that are alike are counted one by one, too.
    """
    tables = relations(problem)
    alike = groups(tables) if grouped else single(tables)
    answer = _with_groups(tables, alike, deadline, whole=whole)
    if answer.possible is None and len(alike) < len(tables.nodes) and time.monotonic() < deadline:
        return _with_groups(tables, single(tables), deadline, whole=whole)
    return answer


def counted_out(problem: Problem, deadline: float) -> bool:
    """Whether the numbers alone prove a problem impossible: quicker than ``solve``, which also packs and orders."""
    tables = relations(problem)
    return Counting(tables, groups(tables)).refutes(deadline - time.monotonic())


def _with_groups(tables: Relations, of_nodes: Sequence[Group], deadline: float, *, whole: bool) -> Answer:
    """``None`` of grouped nodes means that each has to be looked at by itself."""
    counting = Counting(tables, of_nodes)
    alone = len(of_nodes) == len(tables.nodes)
    exact, unordered = True, 0
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
        found = order(tables, where, deadline, whole=whole)
        if found.moves is not None:
            return Answer(True, found.moves)
        unordered += 1
        if not alone and unordered > MOST_OF_GROUPS:
            return Answer(None)
        counting.forbid(numbers)
        exact = exact and alone and found.complete
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


def _same(one: Bins, other: Bins) -> bool:
    """Whether nodes of two groups hold the same, however many there are."""
    return attrs.evolve(one, size=0, even=frozenset()) == attrs.evolve(other, size=0, even=frozenset())
