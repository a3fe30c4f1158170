"""Strongly connected components of a graph of states: where a run can go round for ever.

After Pearce, An improved algorithm for finding the strongly connected components of a directed graph, 2005, as scipy
has it.
"""

from __future__ import annotations

from typing import Any

import numpy
from numpy.typing import NDArray

Numbers = NDArray[numpy.int64]
Whole = NDArray[numpy.integer[Any]]


def strong_components(states: int, sources: Whole, targets: Whole) -> list[Numbers]:
    """The components that hold more than one state, each as ascending numbers, in the order of their first state.

    The edges lead from ``sources[i]`` to ``targets[i]``, numbers below ``states``; none leads from a state to itself.
    """
    # Loading scipy takes longer than many a search; only this file needs it.
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    if not len(sources):
        return []
    graph = csr_matrix((numpy.ones(len(sources), dtype=bool), (sources, targets)), shape=(states, states))
    count, component = connected_components(graph, connection="strong")
    if count == states:
        return []
    large = numpy.flatnonzero((numpy.bincount(component) > 1)[component])
    order = large[numpy.argsort(component[large], kind="stable")]
    cuts = numpy.flatnonzero(numpy.diff(component[order])) + 1
    return sorted(numpy.split(order, cuts), key=lambda found: int(found[0]))
