"""An order of binding for pods whose nodes are known: each must pass the real filters at its turn.

Most constraints only get harder with every pod that comes, so that any order does. Spreading and affinity are judged as
each pod is bound: it goes where fewest of its kind are, in turns, and turns back where that leads nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import attrs

from ...spec.control_plane.scheduler.filtering import bound_copy
from ...spec.control_plane.scheduler.snapshot import Snapshot
from .admission import empty, refusal
from .relations import Relations

Where = Mapping[tuple[int, int], int]
"""How many pods of a kind go to a node, both by their numbers."""

Move = tuple[int, int]
"""A pod of a kind is bound to a node."""

MOST_REFUSALS = 20_000
"""Bindings that may be refused before the search for an order is given up."""


@attrs.frozen
class Order:
    """The bindings in order; None if there is none. ``complete``: every order was tried."""

    moves: tuple[Move, ...] | None
    complete: bool = True


class _GivenUp(Exception):
    pass


def order(relations: Relations, where: Where, deadline: float) -> Order:
    """An order in which every pod of ``where``, DaemonSets' included, passes all filters when it is its turn."""
    search = _Search(relations, where, deadline)
    try:
        return Order(search.run())
    except _GivenUp:
        return Order(None, complete=False)


class _Search:
    def __init__(self, relations: Relations, where: Where, deadline: float) -> None:
        self._relations = relations
        self._deadline = deadline
        self._refusals = 0
        self._dead: set[frozenset[tuple[Move, int]]] = set()
        self._left = {move: number for move, number in sorted(where.items()) if number}
        for kind, row in enumerate(relations.wanted):
            for node, number in enumerate(row):
                if number:
                    self._left[kind, node] = number
        self._placed: dict[tuple[int, str, str], int] = {}
        self._moves: list[Move] = []
        self._keys = {it.kind: it.key for it in reversed(relations.spreads)}

    def run(self) -> tuple[Move, ...] | None:
        """Depth first, without recursion: as many pods as there are, turning back at dead ends."""
        snapshots = [empty(self._relations.problem)]
        choices: list[Iterator[Move]] = [self._candidates()]
        while True:
            if not any(self._left.values()):
                return tuple(self._moves)
            move = next((each for each in choices[-1] if self._passes(each, snapshots[-1])), None)
            if move is not None:
                snapshots.append(self._bind(move, snapshots[-1]))
                if self._relations.ordered and self._state() in self._dead:
                    snapshots.pop()
                    self._unbind()
                    continue
                choices.append(self._candidates())
                continue
            if not self._relations.ordered:
                return None
            self._dead.add(self._state())
            choices.pop()
            if not choices or not self._moves:
                return None
            snapshots.pop()
            self._unbind()

    def _state(self) -> frozenset[tuple[Move, int]]:
        return frozenset((move, number) for move, number in self._left.items() if number)

    def _candidates(self) -> Iterator[Move]:
        if not self._relations.ordered:
            return iter([next(move for move, number in self._left.items() if number)] if any(self._left.values()) else [])
        left = [move for move, number in self._left.items() if number]
        return iter(sorted(left, key=self._crowded))

    def _crowded(self, move: Move) -> tuple[int, int, int, Move]:
        kind, node = move
        names = bool(self._relations.pods[kind].spec.node_name)
        return names, self._placed.get(self._domain(move), 0), self._placed.get((kind, "", str(node)), 0), move

    def _domain(self, move: Move) -> tuple[int, str, str]:
        kind, node = move
        key = self._keys.get(kind, "")
        return kind, key, self._relations.nodes[node].metadata.labels.get(key, "") if key else str(node)

    def _passes(self, move: Move, snapshot: Snapshot) -> bool:
        kind, node = move
        there = self._relations.nodes[node]
        if not refusal(self._relations.kinds[kind].pod_for(there), there, snapshot):
            return True
        self._refusals += 1
        if self._refusals > MOST_REFUSALS or time.monotonic() > self._deadline:
            raise _GivenUp
        return False

    def _bind(self, move: Move, snapshot: Snapshot) -> Snapshot:
        kind, node = move
        self._left[move] -= 1
        self._moves.append(move)
        for place in {self._domain(move), (kind, "", str(node))}:
            self._placed[place] = self._placed.get(place, 0) + 1
        there = self._relations.nodes[node]
        return snapshot.with_pods((bound_copy(self._relations.kinds[kind].pod_for(there), there.metadata.name),))

    def _unbind(self) -> None:
        move = self._moves.pop()
        self._left[move] += 1
        for place in {self._domain(move), (move[0], "", str(move[1]))}:
            self._placed[place] -= 1


def refused(relations: Relations, moves: tuple[Move, ...]) -> str:
    """Replays bindings with the real filters; why the first one is refused, "" if none is."""
    snapshot = empty(relations.problem)
    for kind, node in moves:
        there = relations.nodes[node]
        pod = relations.kinds[kind].pod_for(there)
        why = refusal(pod, there, snapshot)
        if why:
            return f"{relations.kinds[kind].title} to {there.metadata.name}: {why}"
        snapshot = snapshot.with_pods((bound_copy(pod, there.metadata.name),))
    return ""
