"""In a big cluster the scheduler looks at enough feasible nodes only, not at all of them (kube-scheduler §3, step 5).

It examines the nodes in turn, from where it stopped the last time, until it has found so many that accept the pod; of
these alone it then takes the best. Where that was is memory that every pod moves on, so any start is an alternative.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...objects.node import Node

LEAST_TO_FIND = 100
"""In a cluster of up to so many nodes all are examined, and never fewer feasible ones are looked for."""

LEAST_PERCENTAGE = 5
"""The share, in percent, that is looked for at least where none is configured."""


def number_to_find(nodes: int, percentage: int = 0) -> int:
    """How many feasible nodes are looked for in a cluster of so many; ``percentage`` 0: the share falls with its size.

    kube-scheduler §3, step 5: 50 - nodes / 125 percent, at least 5; in integer division.
    """
    if nodes < LEAST_TO_FIND:
        return nodes
    share = percentage or max(LEAST_PERCENTAGE, 50 - nodes // 125)
    return max(LEAST_TO_FIND, nodes * min(share, 100) // 100)


def samples(feasible: tuple[Node, ...], number: int) -> Iterator[tuple[Node, ...]]:
    """The sets of nodes that may be found: ``number`` of the feasible ones in turn, from any of them on."""
    if len(feasible) <= number:
        yield feasible
        return
    twice = (*feasible, *feasible)
    for start in range(len(feasible)):
        yield twice[start : start + number]
