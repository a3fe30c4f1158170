"""Zones of nodes and how disrupted they are: how fast NoExecute taints may come (controllers-cluster §1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...objects.node import Node
from .node_taints import ready_status

NORMAL, PARTIAL_DISRUPTION, FULL_DISRUPTION = "Normal", "PartialDisruption", "FullDisruption"

UNHEALTHY_ZONE_THRESHOLD = 0.55
"""Fraction of nodes not ready from which a zone counts as partially disrupted."""

LARGE_CLUSTER = 50
"""Nodes above which a partially disrupted zone still gets taints, at the secondary rate."""

EVICTION_RATE, SECONDARY_EVICTION_RATE = 0.1, 0.01
"""Nodes a second that get a NoExecute taint, for each zone."""

_REGION, _ZONE = "topology.kubernetes.io/region", "topology.kubernetes.io/zone"
_EXCLUDED = "node.kubernetes.io/exclude-disruption"

Zone = tuple[str, str]
"""Region and zone."""


def zone_of(node: Node) -> Zone:
    """The zone of a node, by its labels."""
    labels = node.metadata.labels
    return labels.get(_REGION, ""), labels.get(_ZONE, "")


def counts_for_disruption(node: Node) -> bool:
    """Whether the node is counted when the state of its zone is computed."""
    return _EXCLUDED not in node.metadata.labels


def zone_state(ready: int, not_ready: int, threshold: float = UNHEALTHY_ZONE_THRESHOLD) -> str:
    """The state of a zone with so many nodes ready and not ready."""
    if ready == 0 and not_ready > 0:
        return FULL_DISRUPTION
    if not_ready > 2 and not_ready / (ready + not_ready) >= threshold:
        return PARTIAL_DISRUPTION
    return NORMAL


def counted(node: Node) -> tuple[Zone, bool] | None:
    """What a node contributes to the count of its zone: the zone and whether it is Ready; None if nothing."""
    return (zone_of(node), ready_status(node.status.conditions) == "True") if counts_for_disruption(node) else None


def zone_counts(nodes: Iterable[tuple[tuple[Zone, bool], int]]) -> dict[Zone, tuple[int, int]]:
    """Zone -> numbers of nodes ready and not ready, from ``counted`` classes with their numbers."""
    counts: dict[Zone, tuple[int, int]] = {}
    for (zone, is_ready), number in nodes:
        ready, not_ready = counts.get(zone, (0, 0))
        counts[zone] = (ready + number, not_ready) if is_ready else (ready, not_ready + number)
    return counts


def zone_states(counts: Mapping[Zone, tuple[int, int]], threshold: float = UNHEALTHY_ZONE_THRESHOLD) -> dict[Zone, str]:
    """Zone -> its state, from the numbers of nodes ready and not ready."""
    return {zone: zone_state(ready, not_ready, threshold) for zone, (ready, not_ready) in counts.items()}


def master_disruption(states: Mapping[Zone, str]) -> bool:
    """Whether every zone is fully disrupted: the fault is then thought to be the control plane's own."""
    return bool(states) and all(state == FULL_DISRUPTION for state in states.values())


def eviction_rate(state: str, size: int, everywhere: bool) -> float:
    """Nodes a second of a zone in ``state`` with ``size`` nodes that get a NoExecute taint; 0 stops them.

    ``everywhere``: every zone is fully disrupted.
    """
    if everywhere:
        return 0.0
    if state == PARTIAL_DISRUPTION:
        return SECONDARY_EVICTION_RATE if size > LARGE_CLUSTER else 0.0
    return EVICTION_RATE
