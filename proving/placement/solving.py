"""Whether all pods can be placed in some order: numbers, then a packing, then an order; and back, when refused.

Who looks is not believed: what an integer program finds is packed and ordered by the filters, and what it calls
impossible z3 proves. So a "yes" is an order that passes, and a "no" is a proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

import attrs
from frozendict import frozendict

from .bins import Bins
from .clock import by_the_wall, passed
from .columns import Columns, Conflict, Packed, Pool
from .counting import Counting, Numbers
from .formula import Formula
from .grouping import Group, groups, single
from .ordering import Where, order
from .packing import Bound, Refusal, attempts, pack
from .problem import Problem
from .refuting import EFFORT, Prover
from .relations import Relations, relations
from .searching import NODES, Column, Searching
from .standing import Move

MOST_ROUNDS = 60
"""Candidates that are refused before the search for one is given up."""

MOST_OF_GROUPS = 4
"""Candidates without an order, of nodes in groups, before each node is looked at by itself."""

NODES_FOR_ROOM = 100
"""Nodes of the tree of the search for numbers that leave room."""

CROWDED = 0.9
"""Where groups of nodes are filled more than this, in parts, patterns are tried first: numbers can seldom be packed."""

FEW_NODES = 10
"""The same where only a proof that there are none is looked for, which must be quick."""


@attrs.frozen
class Answer:
    """``possible`` None: not decided, ``why`` says what ran out. ``moves``: bindings in an order that passes.

    ``where``: how many pods of each kind go to each node, those counted whose order does not matter.
    """

    possible: bool | None
    moves: tuple[Move, ...] = ()
    why: str = ""
    where: Where = frozendict()


def solve(
    problem: Problem,
    deadline: float,
    *,
    whole: bool = True,
    grouped: bool = True,
    thorough: bool = True,
    pool: Pool | None = None,
) -> Answer:
    """Decides a problem. ``deadline``: a moment of ``clock``; beyond it, nothing is decided any more.

    A "yes" comes with the order, found by running the filters; a "no" is proved by z3. Not ``whole``: the order is that
    of the pods alone to which order matters; where the others go has been counted, not tried. Not ``grouped``: nodes
    that are alike are counted one by one, too. Not ``thorough``: it gives up where it would have to try everything out.
    ``pool``: what is known of problems like it, and will be of this one.
    """
    known = Pool() if pool is None else pool
    tables = relations(problem)
    alike = groups(tables) if grouped else single(tables)
    answer = _Solving(tables, alike, deadline, known, thorough=thorough).answer(whole=whole)
    if thorough and answer.possible is None and len(alike) < len(tables.nodes) and not passed(deadline):
        return _Solving(tables, single(tables), deadline, known).answer(whole=whole)
    return answer


def fits_without(problem: Problem, kind: int, where: Where, deadline: float) -> bool:
    """Whether pods can be placed as in ``where`` but for those of one kind, of which ``problem`` asks for no number.

    ``where`` is a placement of a problem in which that kind asks for less, and all else for as much or more.
    """
    others = {move: number for move, number in where.items() if move[0] != kind}
    return order(relations(problem), others, deadline, whole=False).moves is not None


class Depth(Enum):
    """How far numbers are looked into for a proof that a problem is impossible; each takes about ten times as long."""

    LINEAR = "numbers that need not be whole"
    WHOLE = "whole numbers"
    PACKING = "whole numbers, and what nodes can hold in whole pods"


def refutes(problem: Problem, deadline: float, depth: Depth = Depth.WHOLE, pool: Pool | None = None) -> bool:
    """Whether the numbers alone prove a problem impossible: quicker than ``solve``, which also packs and orders."""
    if passed(deadline):
        return False
    tables = relations(problem)
    solving = _Solving(tables, groups(tables), deadline, Pool() if pool is None else pool, thorough=False)
    return solving.refuted(depth)


def fullness(problem: Problem) -> float:
    """The share of what each group of nodes has that is asked for at least, in parts of pods; more than 1.0: too much.

    A guess how hard a problem is: where little is left over, whole pods are placed after long, or not at all.
    """
    tables = relations(problem)
    return _fullness(Counting(tables, groups(tables)))


def _fullness(counting: Counting) -> float:
    if counting.impossible:
        return 2.0
    searching = Searching(counting.program)
    found = searching.cheapest((_fill(counting, searching),))
    return 2.0 if found is None else found.often[0]


def _fill(counting: Counting, searching: Searching) -> Column:
    """The share to which every group is filled at most: the smaller, the more easily it is packed."""
    entries = {}
    for use in counting.uses:
        amount = use.room * use.nodes
        if amount and use.used.terms:
            entries[searching.extra_row({v: n / amount for v, n in use.used.terms.items()})] = -1.0
    return Column(entries, 1.0, cost=1.0, whole=False)


class _Solving:
    """One problem, with one grouping of its nodes."""

    def __init__(
        self, tables: Relations, of_nodes: Sequence[Group], deadline: float, pool: Pool, *, thorough: bool = True
    ) -> None:
        self._thorough = thorough
        self._tables = tables
        self._groups = of_nodes
        self._deadline = deadline
        self._counting = Counting(tables, of_nodes)
        self._columns = Columns(self._counting, of_nodes, pool)
        self._exact = True

    def _seconds(self) -> float:
        return by_the_wall(self._deadline)

    def answer(self, *, whole: bool) -> Answer:
        """``None`` of grouped nodes means that each has to be looked at by itself."""
        unordered = 0
        for _ in range(MOST_ROUNDS):
            if passed(self._deadline):
                return Answer(None, why="the time ran out")
            packed = self._packed()
            if packed is False:
                return Answer(False)
            if packed is None:
                return Answer(None, why="no placement was found, and no proof that there is none")
            if packed is True:
                continue
            where = self._where(packed)
            found = order(self._tables, where, self._deadline, whole=whole)
            if found.moves is not None:
                return Answer(True, found.moves, where=where)
            unordered += 1
            alone = len(self._groups) == len(self._tables.nodes)
            if not alone and unordered > MOST_OF_GROUPS:
                return Answer(None, why="no order was found in which all filters pass")
            self._counting.forbid(_numbers_of(packed, self._counting))
            self._exact = self._exact and alone and found.complete
        return Answer(None, why=f"{MOST_ROUNDS} candidates were refused")

    def refuted(self, depth: Depth) -> bool:
        """Whether numbers, or patterns of them, are proved to be in conflict."""
        linear = self._linear()
        if linear is False or depth is Depth.LINEAR:
            return linear is False
        numbers = self._in_whole(FEW_NODES)
        if numbers is False or depth is Depth.WHOLE or numbers is None:
            return numbers is False
        found = self._columns.solve(self._deadline, whole=False)
        return isinstance(found, Conflict) and self._refuted(found.formulas)

    def _packed(self) -> Packed | bool | None:
        """A packing; False: proved that there is none; True: something was learned, ask again; None: given up."""
        linear = self._linear()
        if linear is False:
            return self._none()
        if linear and len(self._groups) < len(self._tables.nodes) and _fullness(self._counting) > CROWDED:
            found = self._of_patterns(thorough=False, crowded=True)
            if found is not None or not self._thorough:
                return found
        numbers = self._numbers(linear)
        if not isinstance(numbers, Mapping):
            return numbers
        filled = [list(attempts(self._counts(numbers, g), bins)) for g, bins in enumerate(self._counting.bins)]
        if all(tried[-1][1] for tried in filled):
            return Packed(tuple(tuple(tried[-1][0]) for tried in filled))
        for g, tried in enumerate(filled):
            self._columns.seed(g, (held for nodes, _ in tried for held in nodes))
        found = self._of_patterns(thorough=self._thorough)
        return found if found is not None or not self._thorough else self._tried_out(numbers)

    def _of_patterns(self, *, thorough: bool, crowded: bool = False) -> Packed | bool | None:
        """A packing by patterns of nodes; False: proved that there is none; None: neither was found."""
        found = self._columns.solve(self._deadline, thorough=thorough, crowded=crowded)
        if isinstance(found, Packed):
            return found
        return self._none() if isinstance(found, Conflict) and self._refuted(found.formulas) else None

    def _none(self) -> bool | None:
        return False if self._exact else None

    def _refuted(self, formulas: Iterable[Formula]) -> bool:
        return Prover(self._counting.program, formulas).refutes(self._seconds(), EFFORT // 10) is True

    def _linear(self) -> bool | None:
        """Whether a linear program finds no conflict; False: one is proved; None: what it found is not."""
        if self._counting.impossible:
            return False
        program = self._counting.program
        relaxed = Searching(program).relaxed()
        if relaxed is None or not relaxed.missing:
            return True
        return False if self._refuted(program.formulas[number] for number in relaxed.in_conflict) else None

    def _numbers(self, linear: bool | None) -> Numbers | bool | None:
        """Numbers that satisfy the formula, easily packed if possible; False: proved that there are none.

        ``linear``: what a linear program says.
        """
        if linear and len(self._groups) < len(self._tables.nodes):
            searching = Searching(self._counting.program)
            found = searching.search(self._seconds(), (_fill(self._counting, searching),), nodes=NODES_FOR_ROOM)
            if isinstance(found, tuple):
                return self._counting.numbers(found[0])
        return self._in_whole(NODES if self._thorough else NODES_FOR_ROOM)

    def _in_whole(self, nodes: int) -> Numbers | bool | None:
        """Any numbers that satisfy the formula."""
        program = self._counting.program
        found = Searching(program).search(self._seconds(), nodes=nodes)
        if isinstance(found, tuple):
            return self._counting.numbers(found[0])
        if found is None and not self._thorough:
            return None
        prover = Prover(program, program.formulas)
        refuted = prover.refutes(self._seconds(), EFFORT if self._thorough else EFFORT // 20)
        if refuted is False:
            return self._counting.numbers(prover.values())
        return self._none() if refuted else None

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
