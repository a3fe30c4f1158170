"""Whether all pods can be placed in some order: numbers, then a packing, then an order; and back, when refused.

Who looks is not believed: what an integer program finds is packed and ordered by the filters, and what it calls
impossible z3 proves. So a "yes" is an order that passes, and a "no" is a proof.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

import attrs

from .columns import Columns, Conflict, Packed
from .counting import Counting, Numbers
from .formula import Formula
from .grouping import Group, groups, single
from .ordering import Where, order
from .packing import Bins, Bound, Refusal, fitted, pack
from .problem import Problem
from .refuting import EFFORT, Prover
from .relations import Relations, relations
from .searching import Column, Searching
from .standing import Move

MOST_ROUNDS = 60
"""Candidates that are refused before the search for one is given up."""

MOST_OF_GROUPS = 4
"""Candidates without an order, of nodes in groups, before each node is looked at by itself."""

NODES_FOR_ROOM = 100
"""Nodes of the tree of the search for numbers that leave room."""

SECONDS = 10.0
"""For z3, and for each search for numbers."""


@attrs.frozen
class Answer:
    """``possible`` None: not decided, ``why`` says what ran out. ``moves``: bindings in an order that passes."""

    possible: bool | None
    moves: tuple[Move, ...] = ()
    why: str = ""


def solve(
    problem: Problem, deadline: float, *, whole: bool = True, grouped: bool = True, thorough: bool = True
) -> Answer:
    """Decides a problem. ``deadline``: by ``time.monotonic()``; beyond it, nothing is decided any more.

    A "yes" comes with the order, found by running the filters; a "no" is proved by z3. Not ``whole``: the order is that
    of the pods alone to which order matters; where the others go has been counted, not tried. Not ``grouped``: nodes
    that are alike are counted one by one, too. Not ``thorough``: it gives up where it would have to try everything out.
    """
    tables = relations(problem)
    alike = groups(tables) if grouped else single(tables)
    answer = _Solving(tables, alike, deadline, thorough=thorough).answer(whole=whole)
    if thorough and answer.possible is None and len(alike) < len(tables.nodes) and time.monotonic() < deadline:
        return _Solving(tables, single(tables), deadline).answer(whole=whole)
    return answer


def refutes(problem: Problem, deadline: float, *, packing: bool = False) -> bool:
    """Whether the numbers alone prove a problem impossible: quicker than ``solve``, which also packs and orders.

    With ``packing``, what nodes can hold in whole pods is counted, too, which takes longer.
    """
    if time.monotonic() > deadline:
        return False
    tables = relations(problem)
    return _Solving(tables, groups(tables), deadline, thorough=False).refuted(packing=packing)


class _Solving:
    """One problem, with one grouping of its nodes."""

    def __init__(self, tables: Relations, of_nodes: Sequence[Group], deadline: float, *, thorough: bool = True) -> None:
        self._thorough = thorough
        self._tables = tables
        self._groups = of_nodes
        self._deadline = deadline
        self._counting = Counting(tables, of_nodes)
        self._columns = Columns(self._counting, of_nodes)
        self._exact = True

    def _seconds(self) -> float:
        return max(0.01, min(SECONDS, self._deadline - time.monotonic()))

    def answer(self, *, whole: bool) -> Answer:
        """``None`` of grouped nodes means that each has to be looked at by itself."""
        unordered = 0
        for _ in range(MOST_ROUNDS):
            if time.monotonic() > self._deadline:
                return Answer(None, why="the time ran out")
            packed = self._packed()
            if packed is False:
                return Answer(False)
            if packed is None:
                return Answer(None, why="no placement was found, and no proof that there is none")
            if packed is True:
                continue
            found = order(self._tables, self._where(packed), self._deadline, whole=whole)
            if found.moves is not None:
                return Answer(True, found.moves)
            unordered += 1
            alone = len(self._groups) == len(self._tables.nodes)
            if not alone and unordered > MOST_OF_GROUPS:
                return Answer(None, why="no order was found in which all filters pass")
            self._counting.forbid(_numbers_of(packed, self._counting))
            self._exact = self._exact and alone and found.complete
        return Answer(None, why=f"{MOST_ROUNDS} candidates were refused")

    def refuted(self, *, packing: bool) -> bool:
        """Whether numbers, or patterns of them, are proved to be in conflict."""
        numbers = self._numbers(roomy=False)
        if numbers is False or not packing or numbers is None:
            return numbers is False
        found = self._columns.solve(self._deadline, whole=False)
        return isinstance(found, Conflict) and self._refuted(found.formulas)

    def _packed(self) -> Packed | bool | None:
        """A packing; False: proved that there is none; True: something was learned, ask again; None: given up."""
        numbers = self._numbers()
        if not isinstance(numbers, Mapping):
            return numbers
        nodes = [fitted(self._counts(numbers, g), bins) for g, bins in enumerate(self._counting.bins)]
        if all(held is not None for held in nodes):
            return Packed(tuple(tuple(held) for held in nodes if held is not None))
        found = self._columns.solve(self._deadline)
        if isinstance(found, Packed):
            return found
        if isinstance(found, Conflict) and self._refuted(found.formulas):
            return self._none()
        return self._tried_out(numbers) if self._thorough else None

    def _none(self) -> bool | None:
        return False if self._exact else None

    def _refuted(self, formulas: Iterable[Formula]) -> bool:
        return Prover(self._counting.program, formulas).refutes(self._seconds(), EFFORT // 10) is True

    def _numbers(self, *, roomy: bool = True) -> Numbers | bool | None:
        """Numbers that satisfy the formula, easily packed if possible; False: proved that there are none."""
        program = self._counting.program
        if self._counting.impossible:
            return self._none()
        searching = Searching(program)
        relaxed = searching.relaxed()
        if relaxed is not None and relaxed.missing:
            if self._refuted(program.formulas[number] for number in relaxed.in_conflict):
                return self._none()
        elif roomy and len(self._groups) < len(self._tables.nodes):
            with_fill = Searching(program)
            found = with_fill.search(self._seconds(), (self._fill(with_fill),), nodes=NODES_FOR_ROOM)
            if isinstance(found, tuple):
                return self._counting.numbers(found[0])
        found = searching.search(self._seconds())
        if isinstance(found, tuple):
            return self._counting.numbers(found[0])
        if found is None and not self._thorough:
            return None
        prover = Prover(program, program.formulas)
        refuted = prover.refutes(self._seconds(), EFFORT if self._thorough else EFFORT // 20)
        if refuted is False:
            return self._counting.numbers(prover.values())
        return self._none() if refuted else None

    def _fill(self, searching: Searching) -> Column:
        """The share to which every group is filled at most: the smaller, the more easily it is packed."""
        entries = {}
        for use in self._counting.uses:
            amount = use.room * use.nodes
            if amount and use.used.terms:
                entries[searching.extra_row({v: n / amount for v, n in use.used.terms.items()})] = -1.0
        return Column(entries, 1.0, cost=1.0, whole=False)

    def _counts(self, numbers: Numbers, group: int) -> dict[int, int]:
        return {k: number for (k, at), number in numbers.items() if at == group and number}

    def _tried_out(self, numbers: Numbers) -> Packed | bool | None:
        """The packing of these very numbers, by trying everything; else what was learned of it."""
        nodes: list[tuple[dict[int, int], ...]] = []
        learned = False
        for g, group in enumerate(self._groups):
            found = pack(self._counts(numbers, g), self._counting.bins[g])
            if isinstance(found, Bound | Refusal):
                learned = True
                for other, bins in enumerate(self._counting.bins):
                    if _same(bins, self._counting.bins[g]) and (isinstance(found, Bound) or bins.size <= len(group)):
                        self._counting.learn(other, found)
            elif found is not None:
                nodes.append(tuple(found))
        if len(nodes) == len(self._groups):
            return Packed(tuple(nodes))
        if not learned:
            self._counting.forbid(numbers)
            self._exact = False
        return True

    def _where(self, packed: Packed) -> Where:
        where: dict[Move, int] = {}
        for group, nodes in zip(self._groups, packed.nodes, strict=True):
            for node, pods in zip(group, nodes, strict=True):
                where.update({(k, node): number for k, number in pods.items()})
        return where


def _numbers_of(packed: Packed, counting: Counting) -> Numbers:
    found = dict.fromkeys(counting.count, 0)
    for g, nodes in enumerate(packed.nodes):
        for pods in nodes:
            for k, number in pods.items():
                found[k, g] += number
    return found


def _same(one: Bins, other: Bins) -> bool:
    """Whether nodes of two groups hold the same, however many there are."""
    return attrs.evolve(one, size=0, even=frozenset()) == attrs.evolve(other, size=0, even=frozenset())
