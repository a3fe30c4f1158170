"""Which objects of a scenario might be interchangeable, and by what names manifests and rules may know each.

Whether something does tell them apart is found out by looking at the whole model (engine/symmetry.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from ..language.scenario import NodeSetup, Scenario
from ..objects.daemon_set import DaemonSet
from .part import given

ZONE = "topology.kubernetes.io/zone"

Names = tuple[str, ...]


def interchangeable(scenario: Scenario) -> tuple[tuple[Names, ...], ...]:
    """The nodes, each with the names that it and its kubelet go by; zones, each with those of the nodes in it.

    None where there is a DaemonSet: its controller goes through the nodes in the order of their names.
    """
    if given(scenario, DaemonSet):
        return ()
    zones: dict[str, list[NodeSetup]] = {}
    for setup in scenario.nodes:
        zones.setdefault(setup.node.metadata.labels.get(ZONE, ""), []).append(setup)
    found = tuple(_names([setup]) for setup in scenario.nodes)
    if len(zones) < 2 or "" in zones:
        return (found,)
    return found, tuple((zone, *_names(nodes)) for zone, nodes in zones.items())


def _names(nodes: Sequence[NodeSetup]) -> Names:
    every = (name for it in nodes for name in (it.node.metadata.name, it.hostname, it.hostname_override))
    return tuple(dict.fromkeys(filter(None, every)))
