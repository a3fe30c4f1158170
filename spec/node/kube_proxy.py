"""kube-proxy: rules on each node that lead from a Service's address to its endpoints (kube-proxy §1, §2, §6).

Duty: read Services and EndpointSlices, compute which endpoints each traffic policy may use, load that into the node's
kernel at once. It writes nothing to the API. What is loaded stays in force while it, or the API server, is away.

Life of a rule: a slice comes to list a pod that may be used -> the node loads a rule for it -> the slice lists it no
longer, or other pods are to be preferred -> the rule goes. Each node does so when it comes to it: a step of its own, so
that what a node's rules say may be any earlier state of the slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import attrs
from frozendict import frozendict

from ..kinds import NODE, POD, SERVICE
from ..language.component import Component, Key, Rule
from ..language.machine import Arrow, Machine, states_by
from ..language.plan import Alternative, Sweep
from ..language.query import DISTINCT, MULTISET, Query, no_parameter
from ..objects.endpoint_slice import Endpoint, service_of
from ..objects.node import Node
from ..objects.service import CLUSTER, LOCAL, Service
from .heartbeat import PROXY_CONNECTED
from .kube_proxy_decisions import Candidate, categorize, is_proxied, merged

NAME = "kube-proxy"

Programmed = tuple[tuple[str, str], ...]
"""What one node's rules do with a pod: (Service, traffic policy) for which they lead to it, in order."""

Rules = tuple[tuple[str, str, str], ...]
"""What all nodes' rules do with a pod: (node, Service, traffic policy), in order."""

Entries = tuple[tuple[str, Endpoint], ...]
"""A pod as slices list it: (slice, Endpoint)."""

Backends = tuple[tuple[str, Endpoint], ...]
"""A pod as the slices list it: (Service, Endpoint), in order, each Service once."""


def backends(entries: Iterable[tuple[str, Endpoint]]) -> Backends:
    """What slices list of a pod, by Service: an address that several of them list counts once (kube-proxy §3)."""
    found: dict[str, list[Endpoint]] = {}
    for name, endpoint in entries:
        found.setdefault(service_of(name), []).append(endpoint)
    return tuple((service, each) for service in sorted(found) if (each := merged(found[service])) is not None)


@attrs.frozen(cache_hash=True)
class Loaded:
    """A pod that slices list, or that the rules of a node lead to."""

    backends: Backends
    programmed: Programmed


@attrs.frozen(cache_hash=True)
class Proxy:
    """The kube-proxy of ``node``, with the node's labels."""

    node: str
    labels: frozendict[str, str]


def compiled(
    services: Iterable[Service], pods: Iterable[Backends], proxy: Proxy, *, terminating: bool, annotated: bool = False
) -> Mapping[Backends, Programmed]:
    """What a node's rules shall do with each pod that slices list, by what they list of it (kube-proxy §3)."""
    listed = tuple(dict.fromkeys(pods))
    found: dict[Backends, list[tuple[str, str]]] = {each: [] for each in listed}
    for service in services:
        name = service.metadata.name
        candidates = [
            Candidate(each, endpoint, endpoint.node_name == proxy.node)
            for each in listed
            for behind, endpoint in each
            if behind == name
        ]
        if is_proxied(service):
            usable = categorize(
                service, candidates, proxy.labels, node=proxy.node, annotated=annotated, terminating=terminating
            )
            for policy, chosen in ((CLUSTER, usable.cluster), (LOCAL, usable.local)):
                for each in chosen or ():
                    found[each].append((name, policy))
    return {each: tuple(sorted(programmed)) for each, programmed in found.items()}


@attrs.frozen
class Load:
    """The parameter of the edit that loads a node's rules: for each pod as slices list it, what they do with it."""

    node: str
    table: frozendict[Backends, Programmed]


def programmed_on(node: str, rules: Rules) -> Programmed:
    """What the rules of one node do with a pod."""
    return tuple((service, policy) for name, service, policy in rules if name == node)


def _load(load: Load, entries: Entries, rules: Rules) -> tuple[Entries, Rules]:
    programmed = load.table.get(backends(entries), ())
    others = tuple(rule for rule in rules if rule[0] != load.node)
    return entries, tuple(sorted((*others, *((load.node, *each) for each in programmed))))


def _sync(*, terminating: bool, annotated: bool) -> Callable[..., Iterable[Alternative]]:
    def decide(
        key: Proxy, services: tuple[Service, ...], pods: tuple[tuple[Loaded, int], ...]
    ) -> Iterable[Alternative]:
        listed = (pod.backends for pod, _ in pods)
        table = compiled(services, listed, key, terminating=terminating, annotated=annotated)
        if any(table[pod.backends] != pod.programmed for pod, _ in pods):
            load = Load(key.node, frozendict(table))
            because = f"the rules of {key.node} are not those that Services and EndpointSlices ask for"
            yield Alternative((Sweep(POD, ("endpoints", "rules"), _load, load),), because)

    return decide


SERVICES = Query(SERVICE, ("object",), lambda _, service: service, DISTINCT, no_parameter)
"""All Services."""


def _loaded(key: Proxy, entries: Entries, rules: Rules) -> Loaded | None:
    found = Loaded(backends(entries), programmed_on(key.node, rules))
    return found if found.backends or found.programmed else None


LOADED = Query(POD, ("endpoints", "rules"), _loaded, MULTISET)
"""The pods that slices list, or that the rules of the key's node lead to."""


def proxies(nodes: frozenset[str]) -> Key:
    """The key of what concerns the kube-proxies of ``nodes``, while their Node objects exist."""

    def view(name: str, node: Node | None) -> Proxy | None:
        return Proxy(name, node.metadata.labels) if node is not None and name in nodes else None

    return Key(NODE, ("name", "object"), view)


def component(nodes: frozenset[str], *, terminating: bool = True, annotated: bool = False) -> Component:
    """The kube-proxies of ``nodes``. ``terminating``: endpoints that terminate are used while no other is ready.

    ``annotated``: hints count only of Services with the annotation.
    """
    sync = Rule(
        name="sync rules",
        key=proxies(nodes),
        decide=_sync(terminating=terminating, annotated=annotated),
        queries={"services": SERVICES, "pods": LOADED},
        guards=(PROXY_CONNECTED,),
        reference="kube-proxy §2, §6",
        meaning="a node's rules become those that Services and EndpointSlices ask for, all at once",
    )
    return Component(
        name=NAME,
        rules=(sync,),
        place="node",
        duty="leads what is sent to a Service's address on to one of its endpoints",
        reference="kube-proxy",
    )


def _rule_state(rules: Rules) -> str:
    return "Loaded" if rules else "Absent"


RULE = Machine(
    name="service rule",
    kind=POD,
    fields=("rules",),
    states=states_by(
        _rule_state,
        {"Absent": "no node sends anything to the pod", "Loaded": "some node sends what is meant for a Service to it"},
    ),
    initial="Absent",
    arrows=(
        Arrow("load", "Absent", "Loaded", NAME, "kube-proxy §6"),
        Arrow("remove", "Loaded", "Absent", NAME, "kube-proxy §6"),
    ),
    meaning="the rules of all nodes for one endpoint",
    reference="kube-proxy §6",
)
