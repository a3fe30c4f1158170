"""Nodes by their shape, and clusters with more or fewer of one: what somebody who buys nodes can choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
from frozendict import frozendict

from ...spec.objects.metadata import ObjectMeta
from ...spec.objects.node import Node, NodeStatus
from ...spec.objects.quantities import CPU, MEMORY, PODS, amount_text
from .asking import listed, taint_name
from .problem import Problem

HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


@attrs.frozen
class Shape:
    """Nodes that differ in name and zone only. ``text``: what they are, and which."""

    nodes: tuple[Node, ...]
    text: str

    @property
    def names(self) -> frozenset[str]:
        """The names of the nodes."""
        return frozenset(node.metadata.name for node in self.nodes)


def _shape(node: Node) -> Node:
    """The node without what tells it from others of its shape."""
    own = (HOSTNAME, ZONE)
    name, labels = node.metadata.name, node.metadata.labels
    kept = frozendict({key: value for key, value in labels.items() if key not in own and value != name})
    metadata = ObjectMeta(name="", namespace="", labels=kept)
    return Node(metadata, node.spec, NodeStatus(allocatable=node.status.allocatable))


def shapes(nodes: Sequence[Node]) -> tuple[Shape, ...]:
    """The shapes, in the order of their first nodes; cordoned nodes, which take nobody, are of none."""
    found: dict[Node, list[Node]] = {}
    for node in nodes:
        if not node.spec.unschedulable:
            found.setdefault(_shape(node), []).append(node)
    return tuple(Shape(tuple(alike), _text(alike)) for alike in found.values())


def _text(nodes: Sequence[Node]) -> str:
    node = nodes[0]
    amounts = node.status.allocatable
    shown = [f"{name} {amount_text(name, amounts[name])}" for name in (CPU, MEMORY) if name in amounts]
    shown += [f"{name} {n}" for name, n in sorted(amounts.items()) if name not in (CPU, MEMORY, PODS) and "/" in name]
    taints = [f"taint {taint_name(taint)}" for taint in node.spec.taints]
    return f"{', '.join((*shown, *taints))} (as {listed([each.metadata.name for each in nodes])})"


def more(problem: Problem, shape: Shape, number: int) -> Problem:
    """The problem with ``number`` more nodes of a shape, always in the zone that has fewest of it."""
    nodes = list(problem.nodes)
    taken = {node.metadata.name for node in nodes}
    zones: dict[str | None, int] = {}
    for node in shape.nodes:
        zone = node.metadata.labels.get(ZONE)
        zones[zone] = zones.get(zone, 0) + 1
    added = 0
    while len(nodes) < len(problem.nodes) + number:
        added += 1
        name = f"new-node-{added}"
        if name in taken:
            continue
        zone = min(zones, key=lambda each: (zones[each], each or ""))
        zones[zone] += 1
        model = next(node for node in shape.nodes if node.metadata.labels.get(ZONE) == zone)
        own = {key: name for key, value in model.metadata.labels.items() if value == model.metadata.name}
        labels = model.metadata.labels | own | ({HOSTNAME: name} if HOSTNAME in model.metadata.labels else {})
        nodes.append(attrs.evolve(model, metadata=attrs.evolve(model.metadata, name=name, labels=labels)))
    return problem.with_nodes(nodes)


def fewer(problem: Problem, shape: Shape, number: int) -> Problem:
    """The problem without ``number`` nodes of a shape, always one of the zone that has most of it, the last first."""
    left = list(shape.nodes)
    gone: set[str] = set()
    for _ in range(number):
        zones: dict[str | None, list[Node]] = {}
        for node in left:
            zones.setdefault(node.metadata.labels.get(ZONE), []).append(node)
        largest = max(zones, key=lambda each: (len(zones[each]), each or ""))
        last = zones[largest][-1]
        left.remove(last)
        gone.add(last.metadata.name)
    return problem.with_nodes(node for node in problem.nodes if node.metadata.name not in gone)


def zones(nodes: Sequence[Node]) -> Mapping[str, tuple[Node, ...]]:
    """The nodes of each zone; nodes that are in none are left out."""
    found: dict[str, list[Node]] = {}
    for node in nodes:
        zone = node.metadata.labels.get(ZONE)
        if zone is not None:
            found.setdefault(zone, []).append(node)
    return {zone: tuple(there) for zone, there in sorted(found.items())}
