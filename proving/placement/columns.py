"""Numbers and their packing at once: which patterns of pods the nodes of each group hold, and how often.

A pattern is what one node can hold. Patterns are generated as the prices of a linear program ask for them (Gilmore and
Gomory, *A linear programming approach to the cutting-stock problem*, Operations Research 9, 1961). Where no pattern
helps any more and pods are still missing, the prices say why: weights of the kinds, and how much weight a node of each
group holds at most, which an exhaustive search in whole numbers confirms. These bounds are what z3 needs for its proof.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from .bins import Bins, load
from .clock import by_the_wall, passed
from .counting import Counting, Numbers
from .formula import Formula
from .grouping import Group
from .knapsack import heaviest
from .packing import Bound
from .searching import Column, Relaxed, Searching

MOST_ROUNDS, FEW_ROUNDS = 120, 30
MOST_ATTEMPTS = 3
FULL_ONES, ENOUGH = 6, 24
"""Well filled patterns, added for each sort of node where there are fewer than ``ENOUGH``, or these do not suffice."""

NODES_OF_PATTERNS, FEW_NODES = 200, 20
ROUNDS_FOR_ROOM = 5
"""Rounds in which patterns are looked for that leave more room, before whole numbers are."""

MOST_DIVES = 60
"""Linear programs whose numbers are rounded until all are whole."""

CHEAP_ONES = 300
"""Patterns beside those of a linear program of which whole numbers next to its own are made at first."""

FULL = 0.985
"""Where patterns fill more than this, in parts, whole ones are seldom found, and only after long."""

NEARLY_FULL = 0.95
"""Where they fill more than this, patterns are needed that leave more room."""

_USED = 1e-6
SCALE = 5_040
"""The weights of a bound are whole, the largest of them so many: of fractions of small numbers nothing is lost."""

Pattern = tuple[tuple[int, int], ...]
"""How many pods of each kind, by the numbers of kinds."""


@attrs.frozen
class Packed:
    """The pods of each node of each group."""

    nodes: tuple[tuple[dict[int, int], ...], ...]


@attrs.frozen
class Conflict:
    """Formulas that cannot all hold: some of the program, and bounds that were learned."""

    formulas: tuple[Formula, ...]


class Pool:
    """Patterns that were found for nodes with so much room: of use wherever such nodes can hold them.

    Problems that differ in a number only share most of theirs, so that each begins where the last one ended.
    """

    def __init__(self) -> None:
        """No pattern is known."""
        self._found: dict[object, dict[Pattern, None]] = {}

    def add(self, bins: Bins, pattern: Pattern) -> None:
        """The pattern has been of use for such nodes."""
        self._found.setdefault(self._key(bins), {})[pattern] = None

    def of(self, bins: Bins) -> Iterator[Pattern]:
        """The patterns that such nodes can hold."""
        return (pattern for pattern in self._found.get(self._key(bins), ()) if bins.hold(dict(pattern)))

    @staticmethod
    def _key(bins: Bins) -> object:
        return tuple(sorted(bins.room.items()))


class Columns:
    """Patterns of the groups of one counting; groups of like nodes share theirs."""

    def __init__(self, counting: Counting, of_nodes: Sequence[Group], pool: Pool) -> None:
        """Begins with the patterns of the pool, and those that nodes full of one kind have."""
        self._pool = pool
        self._begun = False
        self._filled = 0.0
        self._counting = counting
        self._groups = of_nodes
        self._like: list[Bins] = [attrs.evolve(bins, size=0, even=frozenset()) for bins in counting.bins]
        self._patterns: dict[int, dict[Pattern, None]] = {g: {} for g in range(len(of_nodes))}
        self._first = {bins: g for g, bins in reversed(list(enumerate(map(_key, self._like))))}
        self._shuffles = random.Random(len(of_nodes))

    def _of(self, group: int) -> dict[Pattern, None]:
        return self._patterns[self._first[_key(self._like[group])]]

    def solve(
        self, deadline: float, *, whole: bool = True, thorough: bool = True, crowded: bool = False
    ) -> Packed | Conflict | None:
        """A packing that satisfies the formula; or what is in conflict; None where neither was found.

        Not ``whole``: only what is in conflict is looked for. ``crowded``: it is room that is short, so that whole
        patterns are not looked for where they would have to fill nearly all.
        """
        if not self._begun:
            self._begun = True
            for g in sorted(set(self._first.values())):
                self._begin(g)
        for _ in range(MOST_ROUNDS if thorough else FEW_ROUNDS):
            if passed(deadline):
                return None
            searching, rows, sizes = self._table()
            columns, _ = self._columns(rows, sizes)
            relaxed = searching.relaxed(columns)
            if relaxed is None:
                return None
            if not relaxed.missing:
                if not whole:
                    return None
                if crowded and self._full():
                    return None
                near = self._dived(deadline) or (None if self._filled > FULL else self._whole_nearby(deadline))
                return near or (self._in_whole(deadline) if thorough else None)
            priced = [self._priced(g, relaxed, rows, sizes) for g in range(len(self._groups))]
            if not any(improves for improves, _ in priced):
                bounds = [bound for _, bound in priced]
                return None if None in bounds else self._conflict(relaxed, bounds)
        return None

    def _full(self) -> bool:
        """Whether patterns have to fill nearly all, those included with which more room is left."""
        self._filled = self._fullness()
        if self._filled > FULL:
            self._add_roomy_ones(*self._table())
            self._filled = self._fullness()
        return self._filled > FULL

    def _fullness(self) -> float:
        """The share of the nodes of every group that patterns take at least, in parts; 1.0 where it is not known."""
        searching = Searching(self._counting.program)
        rows = {key: searching.extra_row(count.terms) for key, count in sorted(self._counting.count.items())}
        sizes = [searching.extra_row({}) for _ in self._groups]
        share = Column({row: -float(len(group)) for row, group in zip(sizes, self._groups, strict=True)}, 1.0, cost=1.0)
        found = searching.cheapest([*self._columns(rows, sizes)[0], share])
        return 1.0 if found is None else found.often[-1]

    def _dived(self, deadline: float) -> Packed | None:
        """Whole numbers by rounding those of a linear program one after the other, of which each is solved anew.

        What is whole of a number stays, and the largest rest is rounded up, until all are whole or nothing is left
        (Wäscher and Gau, as below). Where groups of nodes are large this seldom fails, and is soon done.
        """
        searching, rows, sizes = self._table()
        columns, whose = self._columns(rows, sizes)
        columns = [attrs.evolve(column, cost=1.0) for column in columns]
        for _ in range(MOST_DIVES):
            found = searching.cheapest(columns)
            if found is None or passed(deadline):
                return None
            low = [math.floor(times + _USED) for times in found.often]
            rest = [times - whole for times, whole in zip(found.often, low, strict=True)]
            at = max(range(len(rest)), key=rest.__getitem__)
            if rest[at] < _USED:
                kept = [attrs.evolve(it, low=float(n), high=float(n)) for it, n in zip(columns, low, strict=True)]
                return self._searched(searching, kept, whose, deadline)
            low[at] += 1
            columns = [attrs.evolve(each, low=float(n)) for each, n in zip(columns, low, strict=True)]
        return None

    def _whole_nearby(self, deadline: float) -> Packed | None:
        """Whole numbers of the patterns where that is quickly found: next to those in parts, where there is room.

        Where there is little, or they do not suffice, with patterns that leave more: any numbers, then those as before.
        """
        searching, rows, sizes = self._table()
        found = self._next_to_parts(searching, rows, sizes, deadline) if self._filled <= NEARLY_FULL else None
        if found is not None:
            return found
        self._add_roomy_ones(searching, rows, sizes)
        found = self._searched(searching, *self._columns(rows, sizes), deadline)
        return found or self._next_to_parts(searching, rows, sizes, deadline)

    def _next_to_parts(
        self, searching: Searching, rows: Mapping[tuple[int, int], int], sizes: Sequence[int], deadline: float
    ) -> Packed | None:
        """Whole numbers next to those of a linear program that leaves as much room as it can, of its patterns.

        A whole program with many of its numbers at hand is solved quickly (Wäscher and Gau, *Heuristics for the integer
        one-dimensional cutting stock problem*, OR Spektrum 18, 1996): half of the times that a pattern is used stay,
        and only patterns are added that cost least.
        """
        columns, whose = self._columns(rows, sizes)
        found = searching.cheapest(self._weighed(columns, whose))
        if found is None:
            return None
        order = sorted(range(len(columns)), key=lambda at: (found.often[at] < _USED, found.dearer[at], at))
        near = sorted(order[: CHEAP_ONES + sum(times >= _USED for times in found.often)])
        kept = [attrs.evolve(columns[at], low=float(math.floor(found.often[at] / 2))) for at in near]
        return self._searched(searching, kept, [whose[at] for at in near], deadline)

    def _searched(
        self, searching: Searching, columns: Sequence[Column], whose: Sequence[tuple[int, Pattern]], deadline: float
    ) -> Packed | None:
        """Whole numbers of some patterns, if they are quickly found."""
        whole = searching.search(by_the_wall(deadline), columns, nodes=FEW_NODES)
        if not isinstance(whole, tuple):
            return None
        return self._of_patterns(self._counting.numbers(whole[0]), whole[1], whose)

    def _costs(self) -> list[float]:
        """What a node of each group costs: the more, the more it has of what is scarce."""
        scarce = self._counting.scarcest()
        room = [float(max(0, bins.room.get(scarce, 0))) for bins in self._counting.bins]
        return [each / (max(room) or 1.0) for each in room]

    def _weighed(self, columns: Sequence[Column], whose: Sequence[tuple[int, Pattern]]) -> list[Column]:
        costs = self._costs()
        return [attrs.evolve(column, cost=costs[g]) for column, (g, _) in zip(columns, whose, strict=True)]

    def _add_roomy_ones(self, searching: Searching, rows: Mapping[tuple[int, int], int], sizes: Sequence[int]) -> None:
        """Adds patterns with which more room is left, in parts, than with those that there are."""
        costs = self._costs()
        for _ in range(ROUNDS_FOR_ROOM):
            found = searching.cheapest(self._weighed(*self._columns(rows, sizes)))
            if found is None:
                return
            prices = list(found.prices)
            for g, cost in enumerate(costs):
                prices[sizes[g]] += cost
            asked = Relaxed(0.0, (), tuple(prices))
            priced = [self._priced(g, asked, rows, sizes) for g in range(len(self._groups))]
            if not any(improves for improves, _ in priced):
                return

    def seed(self, group: int, nodes: Iterable[Mapping[int, int]]) -> None:
        """Nodes that were filled when something else was tried: each has a pattern."""
        for held in nodes:
            if held:
                self._add(group, tuple(sorted(held.items())))

    def _begin(self, group: int) -> None:
        bins = self._counting.bins[group]
        for kind in self._counting.kinds:
            if bins.alone(kind):
                self._of(group)[(kind, bins.alone(kind)),] = None
        self._of(group).update(dict.fromkeys(self._pool.of(bins)))
        if len(self._of(group)) < ENOUGH:
            self._add_full_ones(group)

    def _table(self) -> tuple[Searching, Mapping[tuple[int, int], int], Sequence[int]]:
        searching = Searching(self._counting.program)
        rows = {key: searching.extra_row(count.terms) for key, count in sorted(self._counting.count.items())}
        sizes = [searching.extra_row({}, -len(group)) for group in self._groups]
        return searching, rows, sizes

    def _columns(
        self, rows: Mapping[tuple[int, int], int], sizes: Sequence[int]
    ) -> tuple[list[Column], list[tuple[int, Pattern]]]:
        columns, whose = [], []
        for g, group in enumerate(self._groups):
            for pattern in self._of(g):
                entries = {rows[kind, g]: -float(n) for kind, n in pattern}
                columns.append(Column({**entries, sizes[g]: 1.0}, float(len(group))))
                whose.append((g, pattern))
        return columns, whose

    def _priced(
        self, group: int, relaxed: Relaxed, rows: Mapping[tuple[int, int], int], sizes: Sequence[int]
    ) -> tuple[bool, Bound | None]:
        """Whether a new pattern is worth more than a node costs, and the bound that the prices give."""
        prices = {k: relaxed.prices[rows[k, group]] for k in self._counting.kinds}
        largest = max(prices.values(), default=0.0)
        if largest <= 1e-9:
            return False, Bound({}, 0)
        whole = {k: round(price / largest * SCALE) for k, price in prices.items()}
        best = heaviest(whole, self._counting.bins[group])
        if best is None:
            return False, None
        pattern, weight = tuple(sorted(best[0].items())), best[1]
        node = relaxed.prices[sizes[group]] / largest * SCALE
        new = weight > node * (1 + 1e-6) + len(whole) and pattern not in self._of(group)
        if new:
            self._add(group, pattern)
        return new, Bound({k: n for k, n in whole.items() if n}, weight)

    def _conflict(self, relaxed: Relaxed, bounds: Sequence[Bound | None]) -> Conflict:
        program = self._counting.program
        learned = [
            self._counting.learn(g, bound) for g, bound in enumerate(bounds) if bound is not None and bound.weights
        ]
        return Conflict((*(program.formulas[number] for number in relaxed.in_conflict), *learned))

    def _in_whole(self, deadline: float) -> Packed | None:
        """Whole numbers of the patterns; of more patterns, well filled ones, where those do not suffice."""
        for attempt in range(MOST_ATTEMPTS):
            if attempt:
                for g in sorted(set(self._first.values())):
                    self._add_full_ones(g)
            searching, rows, sizes = self._table()
            columns, whose = self._columns(rows, sizes)
            found = searching.search(by_the_wall(deadline), columns, nodes=NODES_OF_PATTERNS)
            if isinstance(found, tuple):
                return self._of_patterns(self._counting.numbers(found[0]), found[1], whose)
            if passed(deadline):
                return None
        return None

    def _add(self, group: int, pattern: Pattern) -> None:
        self._of(group)[pattern] = None
        self._pool.add(self._counting.bins[group], pattern)

    def _add_full_ones(self, group: int) -> None:
        bins = self._counting.bins[group]
        for _ in range(FULL_ONES):
            weights = {
                k: round(SCALE * load(k, bins)[0] * self._shuffles.uniform(0.9, 1.0)) if bins.alone(k) else 0
                for k in self._counting.kinds
            }
            best = heaviest(weights, bins)
            if best is not None and best[0]:
                self._add(group, tuple(sorted(best[0].items())))

    def _of_patterns(
        self, numbers: Numbers, often: Sequence[int], whose: Sequence[tuple[int, Pattern]]
    ) -> Packed | None:
        """So many nodes of each pattern, with no more pods than the numbers say."""
        nodes: list[list[dict[int, int]]] = [[] for _ in self._groups]
        left = dict(numbers)
        for (g, pattern), times in zip(whose, often, strict=True):
            for _ in range(times):
                held = {kind: min(n, left[kind, g]) for kind, n in pattern if left[kind, g]}
                for kind, n in held.items():
                    left[kind, g] -= n
                nodes[g].append(held)
        if any(left.values()) or any(len(held) > len(group) for held, group in zip(nodes, self._groups, strict=True)):
            return None
        return Packed(
            tuple(
                (*held, *({} for _ in range(len(group) - len(held))))
                for held, group in zip(nodes, self._groups, strict=True)
            )
        )


def _key(bins: Bins) -> tuple[object, ...]:
    return (
        tuple(sorted(bins.room.items())),
        tuple((kind, tuple(sorted(requests.items()))) for kind, requests in sorted(bins.requests.items())),
        tuple(sorted(bins.most.items())),
        bins.clashes,
    )
