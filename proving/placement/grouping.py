"""Nodes in groups that no filter tells apart: what is said of one of them is said of all."""

from __future__ import annotations

from typing import Any

from .relations import Relations

Group = tuple[int, ...]
"""Nodes that no filter tells apart, by their numbers."""


def _topology_keys(relations: Relations) -> list[str]:
    apart = {it.key for it in relations.apart}
    return sorted(apart | {it.key for it in relations.spreads} | {key for it in relations.together for key in it.keys})


def own_keys(relations: Relations) -> frozenset[str]:
    """Topology keys of which every node that has them has a value of its own, as of ``kubernetes.io/hostname``."""
    found = set()
    for key in _topology_keys(relations):
        values = [node.metadata.labels[key] for node in relations.nodes if key in node.metadata.labels]
        if len(set(values)) == len(values):
            found.add(key)
    return frozenset(found)


def groups(relations: Relations) -> tuple[Group, ...]:
    """The nodes in groups that are alike for every filter, but for a name of their own."""
    own = own_keys(relations)
    keys = _topology_keys(relations)
    if any(key in own for it in relations.together for key in it.keys):
        return single(relations)
    found: dict[Any, list[int]] = {}
    for number, node in enumerate(relations.nodes):
        labels = node.metadata.labels
        alike = (
            tuple(row[number] for row in relations.admitted),
            tuple(row[number] for row in relations.fixed),
            tuple(row[number] for row in relations.wanted),
            tuple(sorted(relations.capacity[number].items())),
            tuple((key in labels) if key in own else labels.get(key) for key in keys),
            tuple(number in spread.nodes for spread in relations.spreads),
        )
        found.setdefault(alike, []).append(number)
    return tuple(map(tuple, found.values()))


def single(relations: Relations) -> tuple[Group, ...]:
    """Every node by itself."""
    return tuple((number,) for number in range(len(relations.nodes)))
