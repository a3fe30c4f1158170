"""Nodes that are alike, as bins: what each has room for, and what does not share one."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

Counts = Mapping[int, int]
"""How many pods of each kind."""


@attrs.frozen
class Bins:
    """Nodes that are alike. ``room``: of each, by resource. ``most``: pods of a kind on one node, whatever the room.

    ``clashes``: pairs of kinds that do not share a node. ``even``: kinds to be spread evenly rather than tightly.
    """

    size: int
    room: Mapping[str, int]
    requests: Mapping[int, Mapping[str, int]]
    most: Mapping[int, int]
    clashes: frozenset[tuple[int, int]]
    even: frozenset[int] = frozenset()

    def alone(self, kind: int) -> int:
        """How many pods of a kind one node takes."""
        fits = (self.room.get(name, 0) // amount for name, amount in self.requests[kind].items() if amount)
        return max(0, min([self.most[kind], *fits]))

    def hold(self, pods: Counts) -> bool:
        """Whether one node takes all these pods together."""
        if any(kind not in self.most or n > self.most[kind] for kind, n in pods.items()):
            return False
        if any((one, other) in self.clashes for one in pods for other in pods if one < other):
            return False
        used: dict[str, int] = {}
        for kind, n in pods.items():
            for name, amount in self.requests[kind].items():
                used[name] = used.get(name, 0) + n * amount
        return all(amount <= self.room.get(name, 0) for name, amount in used.items())


def load(kind: int, bins: Bins) -> tuple[float, float]:
    """The largest share of a node that a pod takes of any resource, and the sum of all shares."""
    shares = [amount / bins.room[name] for name, amount in bins.requests[kind].items() if bins.room.get(name)]
    return (max(shares, default=0.0), sum(shares))
