"""What carries out the rules of nodes: modes of kube-proxy, turns of ipvs, flows of connection tracking."""

from __future__ import annotations

import attrs

from ..environment import udp_flows
from ..environment.faults import CONTROL_PLANE_CUT, LINK_CUT
from ..environment.round_robin import with_turns
from ..kinds import FLOW_POD_FIELDS, TURN_POD_FIELDS
from ..language.component import Component
from ..language.model import Assumption
from ..language.scenario import Client, Scenario
from ..node import kube_proxy
from ..node.conntrack import with_flushing
from ..node.kube_proxy_addresses import with_addresses
from ..node.kube_proxy_decisions import ProxyMode, mode_in_use
from ..objects.service import CLIENT_IP, LOCAL, Service
from ..properties.services import heeds_annotated, proxy_nodes, uses_terminating
from .part import Part, given
from .service_changes import addresses_move
from .services_needed import needed


def mode(scenario: Scenario) -> ProxyMode | None:
    """What carries out the rules of every node; None: kube-proxy cannot run there, so that nothing does."""
    asked = scenario.switches.get("proxy-mode", "")
    support = scenario.switches.get("ipvs-support", "there")
    found = mode_in_use(asked, ipvs=support == "there", falls_back=support == "missing-falls-back")
    return ProxyMode(found) if found is not None else None


def flows(scenario: Scenario) -> tuple[Client, ...]:
    """The clients that keep a UDP flow open."""
    return tuple(client for client in scenario.clients if client.keeps_flow)


def has_flows(scenario: Scenario) -> bool:
    """Whether connection tracking has anything to remember that matters."""
    return needed(scenario) and bool(flows(scenario))


def in_turn(scenario: Scenario) -> tuple[Client, ...]:
    """The clients that get the endpoint whose turn it is: by ipvs, of Services without session affinity."""
    if mode(scenario) is not ProxyMode.IPVS:
        return ()
    sticky = {it.metadata.name for it in given(scenario, Service) if it.spec.session_affinity == CLIENT_IP}
    return tuple(it for it in scenario.clients if _by_address(it) and it.service not in sticky)


def takes_turns(scenario: Scenario) -> bool:
    """Whether there are such clients."""
    return needed(scenario) and bool(in_turn(scenario))


def _by_address(client: Client) -> bool:
    return not (client.by_name or client.by_environment or client.keeps_flow or client.address)


def by_address(scenario: Scenario) -> tuple[Client, ...]:
    """The clients that know an address, and get any endpoint that the rules allow."""
    turning = in_turn(scenario)
    known = (it for it in scenario.clients if not (it.by_name or it.by_environment or it.keeps_flow))
    return tuple(it for it in known if it not in turning)


def proxy(scenario: Scenario) -> Component:
    """kube-proxy, as the scenario has it; without rules where it cannot run."""
    terminating, annotated = uses_terminating(scenario), heeds_annotated(scenario)
    found = kube_proxy.component(proxy_nodes(scenario), terminating=terminating, annotated=annotated)
    if mode(scenario) is None:
        return attrs.evolve(found, rules=())
    (sync,) = found.rules
    if addresses_move(scenario):
        sync = with_addresses(sync)
    if in_turn(scenario):
        sync = with_turns(sync)
    if flows(scenario) and scenario.switches.get("conntrack-flush", "on") == "on":
        sync = with_flushing(sync, ((it.node, it.name, it.service) for it in flows(scenario)))
    return attrs.evolve(found, rules=(sync,))


def assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    """What verdicts rest on of how rules are carried out."""
    found = []
    if in_turn(scenario):
        found.append(
            Assumption(
                "turns-in-any-order",
                "by ipvs the endpoints of a Service take turns on each node, in an order that is not kept: each once"
                " before any again, none twice in a row; established connections stay; of its schedulers there is rr",
                "kube-proxy §5",
            )
        )
    if by_address(scenario) or any(client.by_name or client.by_environment for client in scenario.clients):
        found.append(
            Assumption(
                "any-usable-endpoint",
                "a connection may get any endpoint that the rules allow, in every proxy mode; established ones stay",
                "kube-proxy §5",
            )
        )
    if flows(scenario):
        found.append(
            Assumption(
                "flows-of-endpoints",
                "a client that keeps a UDP flow open sends again and again, so that its entry does not run out; entries"
                " of clients that found no rule, and of addresses that went, are flushed in time",
                "kube-proxy §5",
            )
        )
    balanced = [
        it.metadata.name
        for it in given(scenario, Service)
        if it.spec.type == "LoadBalancer" and it.spec.external_traffic_policy == LOCAL
    ]
    if any(client.outside and client.service in balanced for client in scenario.clients):
        found.append(
            Assumption(
                "load-balancers-look-late",
                "a client from outside comes by the node that it names, also while its health check port answers 503: a"
                " load balancer notices that some time later",
                "kube-proxy §4",
            )
        )
    if any(client.outside or client.external for client in scenario.clients):
        found.append(
            Assumption(
                "no-masquerade",
                "whether an endpoint sees the address of its client, or that of a node, makes no difference; external"
                " addresses of two Services are never the same",
                "kube-proxy §4, §7",
            )
        )
    if any(scenario.faults.get(fault, 0) for fault in (LINK_CUT, CONTROL_PLANE_CUT)) and scenario.clients:
        found.append(
            Assumption(
                "addresses-not-reused",
                "the address of a pod that is gone is no other pod's: rules that a node keeps while it is cut off lead"
                " to nothing, never to a wrong pod",
                "kube-proxy §7",
            )
        )
    return tuple(found)


TURNS = Part("turns", takes_turns, pod_fields=TURN_POD_FIELDS)
"""What is kept of endpoints that take turns."""

FLOWS = Part(
    "udp flows",
    has_flows,
    pod_fields=FLOW_POD_FIELDS,
    pods=lambda scenario: len(flows(scenario)),
    machines=(udp_flows.MACHINE,),
)
"""What connection tracking remembers. A flow to a pod that is gone takes its place among pods."""
