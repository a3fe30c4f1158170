"""Properties of EndpointSlices, of the rules of nodes, and of connections (invariants 84 to 91)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ..control_plane.controllers import endpointslice
from ..control_plane.controllers.endpointslice import Entries, Listed, Queued, Selected
from ..control_plane.controllers.endpointslice_packing import MOST_ENDPOINTS
from ..environment import traffic
from ..environment.traffic import LOST
from ..kinds import CONNECTION, ENDPOINT_SLICE, NODE, POD, SERVICE, UP
from ..language.component import Key
from ..language.property import (
    HOLDS,
    IDLE,
    Finding,
    Property,
    Shape,
    StateProperty,
    StepProperty,
    TemporalProperty,
    suspended,
    violated,
)
from ..language.query import COUNT, DISTINCT, MULTISET, Query, no_parameter
from ..language.scenario import Scenario
from ..node.kube_proxy import LOADED, SERVICES, Loaded, Proxy, Rules, compiled
from ..objects.endpoint_slice import Endpoint, service_of
from ..objects.node import Node
from ..objects.pod import Pod, is_ready
from ..objects.service import LOCAL, Service
from .assumptions import PODS_LOST_OTHERWISE, disturbed

Change = tuple[Any, ...]
Answers = Mapping[str, Any]


def _managed(service: Service | None) -> Queued | None:
    return endpointslice.managed(service, False)


def _pod(service: Service, pod: Pod | None, entries: Entries) -> Selected | None:
    return endpointslice.selected(service, pod, entries, ())


def _matches(
    key: Queued, pods: tuple[tuple[Selected, int], ...], slices: tuple[Listed, ...], nodes: tuple[str, ...]
) -> Finding:
    name = key.service.metadata.name
    if not pods:
        return IDLE if not slices else HOLDS
    for pod, count in pods:
        wanted = pod.wanted if endpointslice.known(pod, key.service, nodes) else None
        listed = tuple(endpoint for _, endpoint in pod.seen)
        if len(listed) > 1:
            where = " and ".join(slice_ for slice_, _ in pod.seen)
            return violated(f"{_pods(count)} behind {name} stands in {where}")
        listed = tuple(attrs.evolve(each, zones=(), nodes=()) for each in listed)
        if listed != ((wanted,) if wanted is not None else ()):
            shown = f"lists {_pods(count)} as {_said(listed[0])}" if listed else f"does not list {_pods(count)}"
            meant = f"it is {_said(wanted)}" if wanted is not None else "it should not be listed"
            return violated(f"{name} {shown}: {meant}")
    return HOLDS


def _pods(count: int) -> str:
    return "a pod" if count == 1 else f"each of {count} pods"


def _said(endpoint: Endpoint) -> str:
    ready = "ready" if endpoint.ready else "not ready"
    return f"{ready} and terminating" if endpoint.terminating else ready


ENDPOINTSLICE_MATCHES_PODS = TemporalProperty(
    name="endpointslice-matches-pods",
    statement="in the end the slices of a Service list each pod behind it exactly once, as it is",
    key=Key(SERVICE, ("object",), _managed),
    queries={
        "pods": Query(POD, ("object", "endpoints"), _pod, MULTISET, lambda key, **_: key.service),
        "slices": endpointslice.SLICES,
        "nodes": endpointslice.NODES,
    },
    judge=_matches,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="invariants 85",
    advice="the controller must wait until it has seen its own writes before it computes slices anew",
)


def _slice_name(name: str, stored: Any) -> str | None:
    return name if stored is not None else None


def _entry(name: str, entries: Entries) -> bool | None:
    return True if any(slice_ == name for slice_, _ in entries) else None


def slice_size_bound(most: int = MOST_ENDPOINTS) -> StateProperty:
    """No slice holds more than ``most`` endpoints."""

    def judge(name: str, size: int) -> Finding:
        if size <= most:
            return HOLDS if size else IDLE
        return violated(f"{name} holds {size} endpoints, more than {most}")

    return StateProperty(
        name="slice-size-bound",
        statement="no EndpointSlice holds more endpoints than the controller's flag allows",
        key=Key(ENDPOINT_SLICE, ("name", "object"), _slice_name),
        queries={"size": Query(POD, ("endpoints",), _entry, COUNT)},
        judge=judge,
        reference="invariants 86",
        advice="look at how the controller packs endpoints into slices",
    )


def _publishes(_parameter: None, service: Service | None) -> str | None:
    return service.metadata.name if service is not None and service.spec.publish_not_ready_addresses else None


def _never_ready(entries: Entries, published: tuple[str, ...]) -> Finding:
    draining = [(name, each) for name, each in entries if each.terminating]
    if not draining:
        return IDLE
    for name, endpoint in draining:
        if endpoint.ready and service_of(name) not in published:
            return violated(f"{name} lists a pod that terminates as ready")
    return HOLDS


TERMINATING_NEVER_READY = StateProperty(
    name="terminating-never-ready",
    statement="no EndpointSlice lists an endpoint as terminating and ready, unless its Service publishes all",
    key=Key(POD, ("endpoints",), lambda entries: entries or None),
    queries={"published": Query(SERVICE, ("object",), _publishes, DISTINCT, no_parameter)},
    judge=_never_ready,
    reference="invariants 87",
    advice="ready means: serving and not terminating",
)


def _proxy(name: str, node: Node | None, machine: str, link: str) -> Proxy | None:
    if node is None or machine != UP or link != UP:
        return None
    return Proxy(name, node.metadata.labels)


def proxy_converges(
    nodes: frozenset[str] | None = None, *, terminating: bool = True, annotated: bool = False
) -> TemporalProperty:
    """The rules of ``nodes`` (None: of all) come to what Services and slices ask for."""

    def judge(key: Proxy, services: tuple[Service, ...], pods: tuple[tuple[Loaded, int], ...]) -> Finding:
        if not pods or (nodes is not None and key.node not in nodes):
            return IDLE
        listed = (pod.backends for pod, _ in pods)
        table = compiled(services, listed, key, terminating=terminating, annotated=annotated)
        for pod, _ in pods:
            if table[pod.backends] != pod.programmed:
                has, wants = (
                    ", ".join(sorted({it for it, _ in each})) for each in (pod.programmed, table[pod.backends])
                )
                return violated(f"{key.node} leads {has or 'nothing'} to a pod, slices ask for {wants or 'nothing'}")
        return HOLDS

    return TemporalProperty(
        name="proxy-converges",
        statement="in the end every node that reaches the API server has the rules that Services and slices ask for",
        key=Key(NODE, ("name", "object", "machine", "link"), _proxy),
        queries={"services": SERVICES, "pods": LOADED},
        judge=judge,
        shape=Shape.EVENTUALLY_ALWAYS,
        reference="invariants 88",
        advice="look at kube-proxy on that node",
    )


@attrs.frozen(cache_hash=True)
class _Led:
    """A pod that the rules of a node lead to, for ``services``: whether it is ready, and whether it is gone."""

    ready: bool
    gone: bool
    services: tuple[str, ...]


def _led(key: Proxy, pod: Pod | None, rules: Rules) -> _Led | None:
    services = tuple(sorted({service for node, service, _ in rules if node == key.node}))
    return _Led(pod is not None and is_ready(pod), pod is None, services) if services else None


def _gated(key: Proxy, pods: tuple[_Led, ...], published: tuple[str, ...]) -> Finding:
    for pod in pods:
        named = [service for service in pod.services if service not in published]
        if named and not pod.ready:
            what = "is gone" if pod.gone else "is not ready"
            return violated(f"{key.node} leads {named[0]} to a pod that {what}")
    return HOLDS if pods else IDLE


READINESS_GATES_TRAFFIC = TemporalProperty(
    name="readiness-gates-traffic-eventually",
    statement="in the end no node that reaches the API server leads traffic to a pod that is not ready",
    key=Key(NODE, ("name", "object", "machine", "link"), _proxy),
    queries={
        "pods": Query(POD, ("object", "rules"), _led, DISTINCT),
        "published": Query(SERVICE, ("object",), _publishes, DISTINCT, no_parameter),
    },
    judge=_gated,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="invariants 84",
    advice="look at the EndpointSlice controller, and at kube-proxy on that node",
)


@attrs.frozen(cache_hash=True)
class _Local:
    """A pod of ``node`` that rules for traffic that stays on its node lead to, from ``nodes``."""

    node: str
    nodes: tuple[str, ...]


def _local(pod: Pod | None, rules: Rules) -> _Local | None:
    nodes = tuple(sorted({node for node, _, policy in rules if policy == LOCAL}))
    return _Local(pod.spec.node_name, nodes) if pod is not None and nodes else None


def _stays(key: _Local) -> Finding:
    away = [node for node in key.nodes if node != key.node]
    return violated(f"{away[0]} leads traffic that should stay there to a pod on {key.node}") if away else HOLDS


LOCAL_POLICY_KEEPS_LOCALITY = StateProperty(
    name="local-policy-keeps-locality",
    statement="rules for a traffic policy Local lead to pods of their own node only",
    key=Key(POD, ("object", "rules"), _local),
    judge=_stays,
    reference="invariants 90",
    advice="look at how kube-proxy tells local endpoints",
)


def _sticks(component: str, _rule: str, before: Change, after: Change, _seen: Answers) -> Finding:
    (clients, rules), (still, _) = before, after
    if component != traffic.NAME or not clients or _rule != "connect":
        return IDLE
    left = [client for client in clients if client not in still]
    if not left:
        return HOLDS
    if any(left[0].startswith(f"{service} ") and left[0].endswith(f" {node}") for node, service, _ in rules):
        return violated(f"the client of {left[0]} got another endpoint, although its own was still there")
    return HOLDS


SESSION_AFFINITY_STICKY = StepProperty(
    name="session-affinity-sticky",
    statement="with session affinity ClientIP a client keeps its endpoint as long as its node's rules have it",
    kind=POD,
    fields=("clients", "rules"),
    judge=_sticks,
    reference="invariants 91",
    advice="look at how kube-proxy remembers clients",
)


def _reached(state: str) -> str:
    return state


def _answers(state: str, losses: tuple[str, ...]) -> Finding:
    if state == traffic.ANSWERED:
        return HOLDS
    if state != LOST:
        return IDLE
    problem = "a client's connection was led to a pod that does not answer"
    return suspended(f"{problem}; {disturbed(losses)}") if losses else violated(problem)


CONNECTION_REACHES_BACKEND = StateProperty(
    name="connection-reaches-serving-backend",
    statement="whenever the rules of a node lead a client's connection somewhere, something answers there",
    key=Key(CONNECTION, ("state",), _reached),
    queries={"losses": PODS_LOST_OTHERWISE},
    judge=_answers,
    reference="kube-proxy §7",
    assumes="no fault takes pods away, and no user deletes or scales",
    advice="rules come to nodes later than a pod ends: give its containers a preStop hook that sleeps, so that they"
    " answer until every node has new rules; and a readiness probe, so that none is listed too early",
)


MOST_ENDPOINTS_NAME = "max-endpoints-per-slice"
"""The constant that says how many endpoints a slice may hold."""


def most_endpoints(scenario: Scenario) -> int:
    """How many endpoints a slice holds at most."""
    return int(scenario.constants.get(MOST_ENDPOINTS_NAME, MOST_ENDPOINTS))


def proxy_nodes(scenario: Scenario) -> frozenset[str]:
    """The nodes whose rules matter: those that clients come by, or all if there are no clients."""
    every = (setup.node.metadata.name for setup in scenario.nodes)
    return frozenset(client.node for client in scenario.clients) or frozenset(every)


def uses_terminating(scenario: Scenario) -> bool:
    """Whether endpoints that terminate are used while no other is ready."""
    return scenario.switches.get("proxy-terminating-endpoints", "on") == "on"


def heeds_annotated(scenario: Scenario) -> bool:
    """Whether hints count only of Services with the annotation for topology mode Auto."""
    return scenario.switches.get("topology-hints", "any") == "annotated"


TAILORED: Mapping[str, Callable[[Scenario], Property]] = {
    "slice-size-bound": lambda scenario: slice_size_bound(most_endpoints(scenario)),
    "proxy-converges": lambda scenario: proxy_converges(
        proxy_nodes(scenario), terminating=uses_terminating(scenario), annotated=heeds_annotated(scenario)
    ),
}
"""Properties that read settings of the scenario, by name."""

NETWORK = (
    "readiness-gates-traffic-eventually",
    "endpointslice-matches-pods",
    "slice-size-bound",
    "terminating-never-ready",
    "proxy-converges",
    "local-policy-keeps-locality",
    "session-affinity-sticky",
    "connection-reaches-serving-backend",
    "traffic-stays-near",
    "ipvs-takes-turns",
    "udp-flows-follow-endpoints",
    "dns-eventually-correct",
    "lookups-answered",
    "answers-eventually-current",
    "answers-current",
    "outside-names-stay-outside",
)
"""Properties that speak of endpoints, of rules, of connections: where one is asked for, these are modelled."""
