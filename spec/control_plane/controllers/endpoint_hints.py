"""Hints of endpoints: for clients in which zones, or on which nodes, they are meant (controllers-cluster §3).

A Service asks for them: by `trafficDistribution` each ready endpoint is meant for its own zone (PreferClose,
PreferSameZone), and first for its own node (PreferSameNode); by the annotation for topology mode Auto endpoints are
shared out among zones by their CPU. A hint that cannot be given to all is given to none.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from math import ceil
from typing import TypeVar

import attrs

from ...objects.endpoint_slice import Endpoint
from ...objects.service import Service
from ...objects.service_hints import asks_for_hints

Item = TypeVar("Item")

OVERLOAD = Fraction(20, 100)
"""By how much more traffic an endpoint may get in one zone than the average before hints are taken away."""


class Distribution(Enum):
    """Whom endpoints are meant for."""

    EVERYBODY = "everybody"
    ZONE = "zone"
    NODE = "node"
    AUTO = "auto"


_BY_FIELD = {
    "PreferClose": Distribution.ZONE,
    "PreferSameZone": Distribution.ZONE,
    "PreferSameNode": Distribution.NODE,
}


def distribution(service: Service) -> Distribution:
    """What a Service asks for; the annotation counts where both are there."""
    if asks_for_hints(service):
        return Distribution.AUTO
    return _BY_FIELD.get(service.spec.traffic_distribution, Distribution.EVERYBODY)


@attrs.frozen
class Topology:
    """The nodes of a cluster: the zone of each, "" where it has none, and its allocatable CPU, in thousandths."""

    zones: Mapping[str, str]
    cpu: Mapping[str, int]


def hinted(service: Service, endpoints: Mapping[Item, Endpoint], topology: Topology) -> Mapping[Item, Endpoint]:
    """``endpoints`` with the hints that the Service asks for; by whose they are."""
    asked = distribution(service)
    ready = {item: topology.zones.get(it.node_name, "") for item, it in endpoints.items() if it.ready}
    if asked is Distribution.AUTO:
        found = shared_out(ready, topology)
        return {item: attrs.evolve(it, zones=(found[item],) if item in found else ()) for item, it in endpoints.items()}
    if asked is Distribution.EVERYBODY:
        return endpoints
    by_node = asked is Distribution.NODE
    return {
        item: attrs.evolve(
            it,
            zones=(ready[item],) if ready.get(item) else (),
            nodes=(it.node_name,) if by_node and item in ready else (),
        )
        for item, it in endpoints.items()
    }


def shared_out(ready: Mapping[Item, str], topology: Topology) -> Mapping[Item, str]:
    """The zone that each ready endpoint is meant for, given the one that it is in; empty where hints are taken away.

    Each zone gets endpoints in proportion to its CPU: at least so many that none of them gets more than ``OVERLOAD``
    above the average. What a zone has too few of comes from where there are most too many.
    """
    cpu: dict[str, int] = {}
    for node, zone in topology.zones.items():
        cpu[zone] = cpu.get(zone, 0) + topology.cpu.get(node, 0)
    if "" in ready.values() or "" in cpu or len(cpu) < 2 or not all(cpu.values()) or len(cpu) > len(ready):
        return {}
    desired = {zone: Fraction(amount * len(ready), sum(cpu.values())) for zone, amount in cpu.items()}
    least = {zone: ceil(share / (1 + OVERLOAD)) for zone, share in desired.items()}
    if sum(least.values()) > len(ready) or not set(ready.values()) <= set(cpu):
        return {}
    found = dict(ready)
    for zone in sorted(cpu):
        while _held(found, zone) < least[zone]:
            giver = max(sorted(cpu), key=lambda each: _held(found, each) - desired[each])
            if _held(found, giver) - 1 < least[giver]:
                return {}
            moved = next(item for item, meant in found.items() if meant == giver)
            found[moved] = zone
    return found


def _held(found: Mapping[Item, str], zone: str) -> int:
    return sum(meant == zone for meant in found.values())
