"""Cycles in an explored graph: where a system can go on for ever without anything from outside.

Strongly connected components after Pearce, An improved algorithm for finding the strongly connected components of a
directed graph, 2005, as scipy has them.
"""

from __future__ import annotations

from collections import deque

import numpy
from numpy.typing import NDArray


def shortest_cycle(states: int, sources: NDArray[numpy.uint32], targets: NDArray[numpy.uint32]) -> list[int] | None:
    """A shortest cycle through the first state that is on any, as state numbers from that state on; None if none is.

    The edges lead from ``sources[i]`` to ``targets[i]``; none may lead from a state to itself.
    """
    # Loading scipy takes longer than many a search; only this file needs it.
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    if not len(sources):
        return None
    graph = csr_matrix((numpy.ones(len(sources), dtype=bool), (sources, targets)), shape=(states, states))
    count, component = connected_components(graph, connection="strong")
    if count == states:
        return None
    large = numpy.bincount(component) > 1
    first = int(numpy.argmax(large[component]))
    came_from = {first: first}
    waiting = deque([first])
    while waiting:
        state = waiting.popleft()
        for following in graph.indices[graph.indptr[state] : graph.indptr[state + 1]].tolist():
            if following == first:
                return _back(came_from, first, state)
            if component[following] == component[first] and following not in came_from:
                came_from[following] = state
                waiting.append(following)
    raise AssertionError(f"state {first} is on a cycle, yet none leads back to it")


def _back(came_from: dict[int, int], first: int, last: int) -> list[int]:
    way = [last]
    while way[-1] != first:
        way.append(came_from[way[-1]])
    return way[::-1]
