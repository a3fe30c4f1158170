"""Properties of Services whose traffic stays near to its clients (controllers-cluster §3, kube-proxy §3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from ..control_plane.controllers.endpoint_hints import Distribution, distribution
from ..control_plane.controllers.endpointslice_decisions import ZONE_LABEL
from ..kinds import NODE, POD, SERVICE, UP
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Property, Shape, TemporalProperty, violated
from ..language.query import DISTINCT, Query, no_parameter
from ..language.scenario import Scenario
from ..node.kube_proxy import Entries, Rules, backends
from ..objects.node import Node
from ..objects.service import CLUSTER, Service


def zones_of(scenario: Scenario | None) -> Mapping[str, str]:
    """The zone of each node, "" where it has none."""
    setups = scenario.nodes if scenario is not None else ()
    return {it.node.metadata.name: it.node.metadata.labels.get(ZONE_LABEL, "") for it in setups}


@attrs.frozen(cache_hash=True)
class _Behind:
    """A pod on ``node``: the Services of which it is a ready endpoint, and those (node, Service) that lead to it."""

    node: str
    ready: tuple[str, ...]
    led: tuple[tuple[str, str], ...]


def _behind(_parameter: None, entries: Entries, rules: Rules) -> _Behind | None:
    listed = backends(entries)
    if not listed:
        return None
    led = tuple((node, service) for node, service, policy in rules if policy == CLUSTER)
    return _Behind(listed[0][1].node_name, tuple(name for name, it in listed if it.ready), led)


def _near(_parameter: None, service: Service | None) -> str | None:
    near = service is not None and distribution(service) in (Distribution.ZONE, Distribution.NODE)
    return service.metadata.name if service is not None and near else None


def _reaching(name: str, node: Node | None, machine: str, link: str) -> str | None:
    return name if node is not None and machine == UP and link == UP else None


def _stays(zones: Mapping[str, str]) -> Callable[..., Finding]:
    def judge(key: str, services: tuple[str, ...], pods: tuple[_Behind, ...]) -> Finding:
        zone = zones.get(key, "")
        judged = False
        for service in services:
            found = {zones.get(pod.node, "") for pod in pods if service in pod.ready}
            if not zone or zone not in found or "" in found:
                continue
            judged = True
            for pod in pods:
                if (key, service) in pod.led and zones.get(pod.node) != zone:
                    away = f"to a pod in zone {zones.get(pod.node)}, although one is ready in its own"
                    return violated(f"{key} in zone {zone} leads {service} {away}")
        return HOLDS if judged else IDLE

    return judge


def traffic_stays_near(scenario: Scenario | None = None) -> TemporalProperty:
    """In ``scenario``, traffic to Services that prefer their clients' zone stays there while it can."""
    return TemporalProperty(
        name="traffic-stays-near",
        statement="in the end the rules of a node lead to no other zone for a Service that prefers the client's own,"
        " while an endpoint is ready there and the zones of all are known",
        key=Key(NODE, ("name", "object", "machine", "link"), _reaching),
        queries={
            "services": Query(SERVICE, ("object",), _near, DISTINCT, no_parameter),
            "pods": Query(POD, ("endpoints", "rules"), _behind, DISTINCT, no_parameter),
        },
        judge=_stays(zones_of(scenario)),
        shape=Shape.EVENTUALLY_ALWAYS,
        reference="controllers-cluster §3; kube-proxy §3",
        advice="look at the hints of the slices: a ready endpoint without one makes every node ignore all of them",
    )


TAILORED: Mapping[str, Callable[[Scenario], Property]] = {"traffic-stays-near": traffic_stays_near}
"""Properties that read settings of the scenario, by name."""
