"""Whether so many pods of each kind fit on nodes that are all alike: vector bin packing, with pairs that clash.

First by trying; then by an exhaustive search where the nodes are few; else by a bound: weights of the kinds such that
no node can hold more weight than so much (Gilmore and Gomory, *A linear programming approach to the cutting-stock
problem*, Operations Research 9, 1961: the weights are the duals of its linear program). A bound is only believed once
an exhaustive search over what one node can hold has confirmed it in whole numbers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

import attrs
import numpy as np
from scipy.optimize import LinearConstraint, linprog, milp

from .bins import Bins, Counts, load
from .knapsack import heaviest

FEW_TRIES, MOST_TRIES = 2, 40
MOST_STEPS = 20_000
"""Steps of each exhaustive search: beyond, nothing is known."""

SCALE = 840
"""The weights of a bound are multiples of one part in so many: many fractions of small numbers are whole then."""


@attrs.frozen
class Bound:
    """On each node, the pods weigh at most ``limit``; so no counts that weigh more than ``limit`` a node fit."""

    weights: Counts
    limit: int


@attrs.frozen
class Refusal:
    """Counts that do not fit, and nothing larger does."""

    counts: Counts


def pack(counts: Counts, bins: Bins) -> list[dict[int, int]] | Bound | Refusal | None:
    """The pods of each node; or why there are too many of them; None where neither was found."""
    wanted = {kind: number for kind, number in counts.items() if number}
    found = fitted(wanted, bins, MOST_TRIES)
    if found is not None:
        return found
    exhausted, found = _Exhaustive(wanted, bins).search()
    if found is not None:
        return found
    found_or_bound = _by_columns(wanted, bins)
    if found_or_bound is not None:
        return found_or_bound
    return Refusal(wanted) if exhausted else None


class _Node:
    """A node that is being filled."""

    def __init__(self, bins: Bins) -> None:
        self.bins = bins
        self.left = dict(bins.room)
        self.pods: dict[int, int] = {}

    def takes(self, kind: int) -> bool:
        if self.pods.get(kind, 0) >= self.bins.most[kind]:
            return False
        if any((kind, other) in self.bins.clashes for other in self.pods if other != kind):
            return False
        return all(amount <= self.left.get(name, 0) for name, amount in self.bins.requests[kind].items())

    def put(self, kind: int, number: int = 1) -> None:
        for name, amount in self.bins.requests[kind].items():
            self.left[name] = self.left.get(name, 0) - amount * number
        self.pods[kind] = self.pods.get(kind, 0) + number
        if not self.pods[kind]:
            del self.pods[kind]

    def fullness(self) -> float:
        return max((1 - self.left[name] / amount for name, amount in self.bins.room.items() if amount), default=0.0)


def fitted(counts: Counts, bins: Bins, tries: int = FEW_TRIES) -> list[dict[int, int]] | None:
    """A packing that is easily found, if there is one."""
    return next((nodes for nodes, whole in attempts(counts, bins, tries) if whole), None)


def attempts(counts: Counts, bins: Bins, tries: int = FEW_TRIES) -> Iterator[tuple[list[dict[int, int]], bool]]:
    """Nodes as they are filled in some order of the kinds, and whether all pods found room: up to the first such.

    Largest first, the fullest node that takes it; then in shuffled orders.
    """
    kinds = sorted(counts, key=lambda kind: (kind not in bins.even, *(-share for share in load(kind, bins)), kind))
    shuffles = random.Random(len(counts))
    for attempt in range(tries):
        if attempt == 1:
            kinds = sorted(counts, key=lambda kind: (-load(kind, bins)[1], kind))
        elif attempt:
            shuffles.shuffle(kinds)
        nodes, whole = _filled(kinds, counts, bins, tight=attempt % 3 != 2)
        yield nodes, whole
        if whole:
            return


def _filled(kinds: Sequence[int], counts: Counts, bins: Bins, *, tight: bool) -> tuple[list[dict[int, int]], bool]:
    nodes = [_Node(bins) for _ in range(bins.size)]
    whole = True
    for kind in kinds:
        left = counts[kind]
        while left:
            open_to = [node for node in nodes if node.takes(kind)]
            if not open_to:
                whole = False
                break
            if kind in bins.even:
                chosen = min(open_to, key=lambda node: (node.pods.get(kind, 0), node.fullness()))
            else:
                chosen = max(open_to, key=_Node.fullness) if tight else min(open_to, key=_Node.fullness)
            chosen.put(kind)
            left -= 1
            # The fullest node that took one is the fullest that takes the next.
            while left and tight and kind not in bins.even and chosen.takes(kind):
                chosen.put(kind)
                left -= 1
    return [node.pods for node in nodes], whole


class _Exhaustive:
    """Node after node, everything that it could hold; nodes that are alike are filled in falling order."""

    def __init__(self, counts: Counts, bins: Bins) -> None:
        self.kinds = sorted(counts, key=lambda kind: (-load(kind, bins)[0], kind))
        self.counts = [counts[kind] for kind in self.kinds]
        self.bins = bins
        self.steps = 0
        self.refused: set[tuple[int, tuple[int, ...]]] = set()

    def search(self) -> tuple[bool, list[dict[int, int]] | None]:
        """Whether everything was tried, and a packing."""
        try:
            found = self._from(self.bins.size, tuple(self.counts))
        except _TooLong:
            return False, None
        return True, found

    def _from(self, nodes: int, left: tuple[int, ...]) -> list[dict[int, int]] | None:
        if not any(left):
            return [{} for _ in range(nodes)]
        if not nodes or (nodes, left) in self.refused:
            return None
        for pattern in self._patterns(0, left, _Node(self.bins)):
            rest = self._from(nodes - 1, tuple(have - used for have, used in zip(left, pattern, strict=True)))
            if rest is not None:
                held = {kind: n for kind, n in zip(self.kinds, pattern, strict=True) if n}
                return [held, *rest]
        self.refused.add((nodes, left))
        return None

    def _patterns(self, at: int, left: tuple[int, ...], node: _Node) -> list[tuple[int, ...]]:
        """What one node can hold, to which nothing can be added: less is never better."""
        found: list[tuple[int, ...]] = []
        self._extend(at, left, node, (), found)
        return found

    def _extend(
        self, at: int, left: tuple[int, ...], node: _Node, held: tuple[int, ...], found: list[tuple[int, ...]]
    ) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise _TooLong
        if at == len(self.kinds):
            full = not any(left[i] > n and node.takes(self.kinds[i]) for i, n in enumerate(held))
            if full:
                found.append(held)
            return
        kind, put = self.kinds[at], 0
        while put < left[at] and node.takes(kind):
            node.put(kind)
            put += 1
        for number in range(put, -1, -1):
            self._extend(at + 1, left, node, (*held, number), found)
            if number:
                node.put(kind, -1)


class _TooLong(Exception):
    pass


def _by_columns(counts: Counts, bins: Bins) -> list[dict[int, int]] | Bound | None:
    """A bound that the counts break, if the duals of the linear program give one; else a packing by its columns."""
    kinds = sorted(counts)
    if any(not bins.alone(kind) for kind in kinds):
        return None
    columns = [{kind: bins.alone(kind)} for kind in kinds]
    weights: dict[int, float] = {}
    for _ in range(200):
        table = np.array([[-float(column.get(kind, 0)) for column in columns] for kind in kinds])
        wanted = np.array([-float(counts[kind]) for kind in kinds])
        solved = linprog(np.ones(len(columns)), A_ub=table, b_ub=wanted, method="highs")
        if not solved.success:
            return None
        weights = {kind: max(0.0, -float(dual)) for kind, dual in zip(kinds, solved.ineqlin.marginals, strict=True)}
        whole = {kind: round(weight * SCALE) for kind, weight in weights.items()}
        best = heaviest(whole, bins)
        if best is None:
            return None
        pattern, weight = best
        if sum(whole[kind] * counts[kind] for kind in kinds) > weight * bins.size:
            return Bound({kind: n for kind, n in whole.items() if n}, weight)
        if weight <= SCALE or pattern in columns:
            return _rounded(counts, columns, bins)
        columns.append(pattern)
    return None


def _rounded(counts: Counts, columns: Sequence[Mapping[int, int]], bins: Bins) -> list[dict[int, int]] | None:
    """A packing out of what nodes may hold, ``columns``; what is more than was asked for is left away."""
    kinds = sorted(counts)
    table = np.array([[float(column.get(kind, 0)) for column in columns] for kind in kinds])
    enough = LinearConstraint(table, lb=np.array([float(counts[kind]) for kind in kinds]))
    options = {"node_limit": 500}
    solved = milp(np.ones(len(columns)), constraints=enough, integrality=np.ones(len(columns)), options=options)
    if solved.x is None or round(solved.fun) > bins.size:
        return None
    left, nodes = dict(counts), []
    for column, number in zip(columns, solved.x, strict=True):
        for _ in range(round(number)):
            held = {kind: min(n, left[kind]) for kind, n in column.items() if min(n, left[kind])}
            for kind, n in held.items():
                left[kind] -= n
            nodes.append(held)
    return None if any(left.values()) else [*nodes, *({} for _ in range(bins.size - len(nodes)))]
