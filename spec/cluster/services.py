"""Services: their endpoints, the rules of nodes, and the clients that make either matter."""

from __future__ import annotations

import attrs

from ..addons.dns.server import is_dns
from ..control_plane.controllers import endpointslice
from ..control_plane.controllers.endpoint_hints import Distribution, Topology, distribution
from ..control_plane.controllers.endpointslice_decisions import is_managed
from ..control_plane.controllers.endpointslice_machines import MACHINES
from ..control_plane.controllers.endpointslice_packing import MOST_ENDPOINTS
from ..environment import name_lookup, traffic
from ..environment.held_addresses import read_environment
from ..environment.name_lookup import to_address_found
from ..environment.round_robin import connect_in_turn
from ..environment.udp_flows import send
from ..kinds import (
    AFFINITY_POD_FIELDS,
    CONNECTION,
    CONNECTION_FIELDS,
    ENDPOINT_POD_FIELDS,
    ENDPOINT_SLICE,
    LATE_ENDPOINT_POD_FIELDS,
    LOOKUP_FIELDS,
    SERVICE,
    named,
)
from ..language.component import Component, Rule
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from ..node import kube_proxy
from ..node.kube_proxy_decisions import ProxyMode
from ..objects.endpoint_slice import slice_names
from ..objects.quantities import CPU
from ..objects.service import CLIENT_IP, Service
from ..properties.near_endpoints import zones_of
from ..properties.services import most_endpoints
from . import proxying
from .part import Bundles, Part, bundles, given, names
from .service_changes import (
    addresses_move,
    assumptions,
    connection_fields,
    every_version,
    manner,
    service_fields,
    services_change,
)
from .services_needed import needed

LATE = (endpointslice.NAME, ENDPOINT_SLICE)
"""The one cache whose lag is part of the specification, since the endpoints of a slice stand with their pods."""

HINTS = (
    "hints follow the zones and the CPU that nodes have at the start, and what is redistributed for topology mode Auto"
    " is reckoned anew each time"
)

SPARE_SLICES = 2
"""Slices that a Service may have besides those that its pods fill: what a cache that lags leads to."""


def topology(scenario: Scenario) -> Topology | None:
    """The zones and the CPU of nodes, None where no Service asks for hints."""
    if all(distribution(it) is Distribution.EVERYBODY for it in every_version(scenario)):
        return None
    nodes = [setup.node for setup in scenario.nodes]
    cpu = {it.metadata.name: int(it.status.allocatable.get(CPU, 0)) for it in nodes}
    return Topology(zones_of(scenario), cpu)


def late(scenario: Scenario) -> bool:
    """Whether the EndpointSlice controller's cache of slices lags."""
    return needed(scenario) and LATE in scenario.lag


def _affinity(scenario: Scenario) -> float | None:
    """The shortest time for which a Service keeps a client at its endpoint; None if none does."""
    found = [
        float(service.spec.session_affinity_config.client_ip.timeout_seconds)
        for service in given(scenario, Service)
        if service.spec.session_affinity == CLIENT_IP
    ]
    return min(found) if found and scenario.clients else None


def has_affinity(scenario: Scenario) -> bool:
    """Whether a client meets a Service with session affinity."""
    return needed(scenario) and _affinity(scenario) is not None


def _components(scenario: Scenario) -> tuple[Component, ...]:
    switches = scenario.switches
    mode = proxying.mode(scenario) or ProxyMode.IPTABLES
    found = [
        endpointslice.component(
            every_version(scenario),
            tracks=switches.get("endpoint-tracker", "on") == "on",
            late=LATE in scenario.lag,
            most=most_endpoints(scenario),
            changing=services_change(scenario),
            topology=topology(scenario),
        ),
        proxying.proxy(scenario),
    ]
    if scenario.clients:
        affinity = _affinity(scenario)
        others = (
            *_by_name(scenario, mode, affinity is not None),
            *((connect_in_turn(traffic.connections(turning)),) if (turning := proxying.in_turn(scenario)) else ()),
            *((send(flows),) if (flows := proxying.flows(scenario)) else ()),
        )
        by_address = proxying.by_address(scenario)
        found.append(traffic.component(by_address, mode=mode, affinity=affinity, by_name=others))
    return tuple(found)


def _by_name(scenario: Scenario, mode: ProxyMode, affinity: bool) -> tuple[Rule, ...]:
    """What clients do that know their Service by name alone, or by their environment."""
    dns = next(filter(is_dns, given(scenario, Service)), None)
    clients = tuple(client for client in scenario.clients if client.by_name)
    headless = frozenset(each.metadata.name for each in given(scenario, Service) if each.spec.headless)
    found: tuple[Rule, ...] = ()
    if dns is not None and clients:
        found = name_lookup.rules(dns, clients, headless, mode=mode, affinity=affinity, manner=manner(scenario))
    started = tuple(client for client in scenario.clients if client.by_environment)
    if started:
        moving = addresses_move(scenario)
        to_address = to_address_found(started, mode=mode, affinity=affinity, moving=moving)
        to_address = attrs.evolve(to_address, name="connect to address in environment")
        found = (*found, read_environment(started, moving=moving), to_address)
    return found


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    slices = [
        name
        for service in given(scenario, Service)
        if is_managed(service)
        for name in slice_names(service.metadata.name, _most_slices(scenario))
    ]
    found = [named(SERVICE, names(scenario, Service), service_fields(scenario)), named(ENDPOINT_SLICE, tuple(slices))]
    if scenario.clients:
        looks = any(it.by_name or it.by_environment for it in scenario.clients)
        fields = (*CONNECTION_FIELDS, *(LOOKUP_FIELDS if looks else ()), *connection_fields(scenario))
        found.append(Kind(CONNECTION, fields, names=tuple(client.name for client in scenario.clients)))
    return tuple(found)


def _most_slices(scenario: Scenario) -> int:
    """Slices that the pods of a Service fill, and a spare one; more where a cache of slices lags."""
    few = most_endpoints(scenario) >= MOST_ENDPOINTS
    return (1 if few else 4) + (SPARE_SLICES if LATE in scenario.lag else 0)


def _initial(scenario: Scenario) -> Bundles:
    return {SERVICE: bundles(scenario, Service)}


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    found = [
        Assumption(
            "addresses-from-the-start",
            "a pod has an address, of the first family of each Service, once its phase is no longer Pending",
            "controllers-cluster §3",
        ),
        Assumption(
            "slices-with-their-pods",
            "a reply that is lost of a write of a slice is taken for a lost request"
            + ("" if services_change(scenario) else "; Services and their selectors stay"),
            "design §3.2",
        ),
        Assumption(
            "proxies-load-late",
            "a kube-proxy loads new rules in a step that may come late; it has no watch caches besides",
            "kube-proxy §2",
        ),
        Assumption(
            "rules-outlast-crashes",
            "a node that returns has the rules that it had, until it has loaded new ones; "
            + ("no hints by zone are given" if topology(scenario) is None else HINTS),
            "kube-proxy §2",
        ),
    ]
    if scenario.clients:
        found += proxying.assumptions(scenario)
    if any(client.by_environment for client in scenario.clients):
        found.append(
            Assumption(
                "one-start-of-a-container",
                "the container of a client that goes by its environment starts once, at any moment, and never again",
                "dns-addons §6",
            )
        )
    found += assumptions(scenario)
    if LATE in scenario.lag:
        found.append(
            Assumption("slices-one-change-late", "the cache of EndpointSlices of their controller is one change behind")
        )
    return tuple(found)


SERVICES = Part(
    "services",
    needed,
    components=_components,
    kinds=_kinds,
    pod_fields=ENDPOINT_POD_FIELDS,
    pods=lambda _scenario: 1,
    initial=_initial,
    machines=(*MACHINES, kube_proxy.RULE),
    assumptions=_assumptions,
)

CLIENTS = Part("clients", lambda scenario: needed(scenario) and bool(scenario.clients), machines=(traffic.MACHINE,))
"""What there is to see of clients."""

LATE_SLICES = Part("late slices", late, pod_fields=LATE_ENDPOINT_POD_FIELDS)
"""What is kept of slices that their controller sees late."""

AFFINITY = Part("session affinity", has_affinity, pod_fields=AFFINITY_POD_FIELDS)
"""What is kept of clients that stay with their endpoints."""


def _left_out(scenario: Scenario) -> bool:
    return bool(names(scenario, Service)) and not needed(scenario)


SERVICES_LEFT_OUT = Part(
    "services left out",
    _left_out,
    assumptions=lambda _scenario: (
        Assumption(
            "no-traffic", "endpoints, rules of nodes and connections are left out: no client of a Service is given"
        ),
    ),
)
