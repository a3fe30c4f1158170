"""An order of binding for pods whose nodes are known: each must pass the real filters at its turn.

Most constraints only get harder with every pod that comes, so that any order does. Spreading and affinity are judged as
each pod is bound: it goes where fewest of its kind are, in turns, and turns back where that leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from .clock import passed
from .relations import Relations
from .standing import Move, Standing

Where = Mapping[tuple[int, int], int]
"""How many pods of a kind go to a node, both by their numbers."""

MOST_BINDINGS = 20_000
"""Bindings that are tried, beside those that there must be, before the search for an order is given up."""


@attrs.frozen
class Order:
    """The bindings in order; None if there is none. ``complete``: every order was tried."""

    moves: tuple[Move, ...] | None
    complete: bool = True


class _GivenUp(Exception):
    pass


def order(relations: Relations, where: Where, deadline: float, *, whole: bool = True) -> Order:
    """An order in which every pod of ``where``, DaemonSets' included, passes all filters when it is its turn.

    Not ``whole``: of the kinds alone that order matters to; all others can come after them, in any order.
    """
    search = _Search(relations, where, deadline, whole=whole)
    try:
        return Order(search.run())
    except _GivenUp:
        return Order(None, complete=False)


class _Search:
    """Depth first: as many pods as there are, turning back at dead ends.

    A binding that was refused is not asked for again before a pod has come that may help it: one that it has affinity
    to, or that its spreading counts. No other pod makes anything possible.
    """

    def __init__(self, relations: Relations, where: Where, deadline: float, *, whole: bool) -> None:
        self._relations = relations
        self._deadline = deadline
        self._standing = Standing(relations)
        self._tried = 0
        self._dead: set[frozenset[tuple[Move, int]]] = set()
        self._left = {move: number for move, number in sorted(where.items()) if number}
        for kind, row in enumerate(relations.wanted):
            for node, number in enumerate(row):
                if number:
                    self._left[kind, node] = number
        self._placed: dict[tuple[int, str, str], int] = {}
        self._moves: list[Move] = []
        self._spreads: dict[int, list[str]] = {}
        self._helpers: dict[int, set[int]] = {}
        for spread in relations.spreads:
            self._spreads.setdefault(spread.kind, []).append(spread.key)
            self._helpers.setdefault(spread.kind, set()).update(spread.counted)
        for together in relations.together:
            self._helpers.setdefault(together.kind, set()).update(together.others)
        self._aside: dict[Move, int] = {}
        concerned = set(self._helpers).union(*self._helpers.values(), relations.naming)
        self._rest = {move: number for move, number in self._left.items() if whole and move[0] not in concerned}
        self._left = {move: number for move, number in self._left.items() if move[0] in concerned}
        self._spare = MOST_BINDINGS + sum(self._left.values())

    def run(self) -> tuple[Move, ...] | None:
        """The bindings in order, None if no order passes: first those to which order matters, then all others."""
        choices: list[Iterator[Move]] = [self._candidates()]
        while self._left:
            move = self._next(choices[-1])
            if move is not None:
                self._bind(move)
                if frozenset(self._left.items()) in self._dead:
                    self._unbind()
                else:
                    choices.append(self._candidates())
                continue
            if not self._moves:
                return None
            self._dead.add(frozenset(self._left.items()))
            choices.pop()
            self._unbind()
        return tuple(self._moves) if self._others_pass() else None

    def _others_pass(self) -> bool:
        """Whether all others pass at the end; who does not would not at any other turn, or would keep another out."""
        for move, number in self._rest.items():
            for _ in range(number):
                if passed(self._deadline):
                    raise _GivenUp
                if self._standing.refusal(move):
                    return False
                self._standing.put(move)
                self._moves.append(move)
        return True

    def _next(self, candidates: Iterator[Move]) -> Move | None:
        for move in candidates:
            if self._passes(move):
                return move
            if self._hopeless():
                return None
        return None

    def _hopeless(self) -> bool:
        """Whether some kinds are refused wherever they are still to go, and nobody who could help is still to come."""
        open_kinds = {move[0] for move in self._left if move not in self._aside}
        stuck = {move[0] for move in self._left} - open_kinds
        helped = True
        while helped:
            coming = {move[0] for move in self._left} - stuck
            freed = {kind for kind in stuck if self._helpers.get(kind, set()) & coming}
            stuck, helped = stuck - freed, bool(freed)
        return bool(stuck)

    def _candidates(self) -> Iterator[Move]:
        return iter(sorted(self._left, key=self._crowded))

    def _crowded(self, move: Move) -> tuple[bool, tuple[int, ...], int, Move]:
        """Sorts first what goes where fewest of its kind are; what names its node, and so asks nobody, comes last."""
        kind, node = move
        places = tuple(self._placed.get(place, 0) for place in self._domains(move))
        return bool(self._relations.pods[kind].spec.node_name), places, self._placed.get((kind, "", str(node)), 0), move

    def _domains(self, move: Move) -> list[tuple[int, str, str]]:
        kind, node = move
        labels = self._relations.nodes[node].metadata.labels
        return [(kind, key, labels.get(key, "")) for key in self._spreads.get(kind, ())]

    def _passes(self, move: Move) -> bool:
        if move in self._aside:
            return False
        self._tried += 1
        if self._tried > self._spare or passed(self._deadline):
            raise _GivenUp
        if not self._standing.refusal(move):
            return True
        self._aside[move] = len(self._moves)
        return False

    def _bind(self, move: Move) -> None:
        kind, node = move
        self._left[move] -= 1
        if not self._left[move]:
            del self._left[move]
        self._moves.append(move)
        for place in (*self._domains(move), (kind, "", str(node))):
            self._placed[place] = self._placed.get(place, 0) + 1
        self._aside = {it: at for it, at in self._aside.items() if kind not in self._helpers.get(it[0], ())}
        self._standing.put(move)

    def _unbind(self) -> None:
        move = self._moves.pop()
        self._standing.put(move, -1)
        self._left[move] = self._left.get(move, 0) + 1
        for place in (*self._domains(move), (move[0], "", str(move[1]))):
            self._placed[place] -= 1
        self._aside = {it: at for it, at in self._aside.items() if at <= len(self._moves)}
