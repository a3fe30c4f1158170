"""What the pods of one node weigh at most, in whole numbers: an exhaustive search without what is too light.

Kinds are taken in the order of what they weigh by the room that they take; of the rest, the lightest of two bounds says
what can still be hoped for (Martello and Toth, *Knapsack Problems*, Wiley 1990, chapter 2).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from .bins import Bins, Counts, load

MOST_STEPS = 20_000
"""Steps of a search: beyond, nothing is known."""


def heaviest(weights: Counts, bins: Bins) -> tuple[dict[int, int], int] | None:
    """The most that one node's pods can weigh, with the pods; None if finding out takes too long."""
    kinds = [kind for kind in weights if weights[kind]]

    def worth(kind: int) -> float:
        return weights[kind] / (load(kind, bins)[1] or 1e-9)

    kinds.sort(key=lambda kind: (-worth(kind), kind))
    search = _Search(_table(kinds, weights, bins), [bins.room.get(name, 0) for name in _names(kinds, bins)])
    try:
        search.extend(0, 0)
    except _TooLong:
        return None
    return {kind: n for kind, n in zip(kinds, search.best, strict=True) if n}, search.most


@attrs.frozen
class _Kind:
    """``asked``: of each resource. ``rest``, ``hope``: what this kind and those after it weigh at most, by their
    numbers, and for one of each resource; None where one of them does not ask for it."""

    weight: int
    most: int
    asked: tuple[int, ...]
    clashes: tuple[int, ...]
    rest: int
    hope: tuple[tuple[int, float], ...]


def _names(kinds: Sequence[int], bins: Bins) -> list[str]:
    return sorted({name for kind in kinds for name in bins.requests[kind]})


def _table(kinds: Sequence[int], weights: Counts, bins: Bins) -> list[_Kind]:
    names = _names(kinds, bins)
    found: list[_Kind] = []
    rest, hope = 0, dict.fromkeys(range(len(names)), 0.0)
    for at in reversed(range(len(kinds))):
        kind = kinds[at]
        asked = tuple(bins.requests[kind].get(name, 0) for name in names)
        rest += weights[kind] * bins.alone(kind)
        hope = {name: max(ratio, weights[kind] / asked[name]) for name, ratio in hope.items() if asked[name]}
        before = tuple(number for number in range(at) if (kind, kinds[number]) in bins.clashes)
        found.append(_Kind(weights[kind], bins.most[kind], asked, before, rest, tuple(hope.items())))
    return found[::-1]


class _Search:
    def __init__(self, kinds: Sequence[_Kind], room: list[int]) -> None:
        self._kinds = kinds
        self._left = room
        self._held = [0] * len(kinds)
        self._steps = 0
        self.best = [0] * len(kinds)
        self.most = 0

    def extend(self, at: int, weight: int) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise _TooLong
        if weight > self.most:
            self.best, self.most = list(self._held), weight
        if at == len(self._kinds):
            return
        kind, left = self._kinds[at], self._left
        enough = self.most + 1 - 1e-6 - weight
        if kind.rest < enough or any(ratio * left[name] < enough for name, ratio in kind.hope):
            return
        put = self._most_of(kind)
        for number in range(put, -1, -1):
            self._held[at] = number
            self._left = [have - number * amount for have, amount in zip(left, kind.asked, strict=True)]
            self.extend(at + 1, weight + number * kind.weight)
        self._left = left

    def _most_of(self, kind: _Kind) -> int:
        if any(self._held[other] for other in kind.clashes):
            return 0
        fits = [have // amount for have, amount in zip(self._left, kind.asked, strict=True) if amount]
        return max(0, min([kind.most, *fits]))


class _TooLong(Exception):
    pass
