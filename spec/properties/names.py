"""Properties of names: what clients are told who look Services up (invariants 92; dns-addons §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from ..addons.dns.server import RECORDS, Headless, Held, named_headless, published
from ..addons.dns.server_caches import Caches, Records
from ..environment.dns_answers import FOUND, NO_SUCH_NAME, OUTSIDE, UNANSWERED
from ..kinds import CONNECTION, NODE, POD, UP, PodRuntime
from ..language.component import Key
from ..language.property import (
    HOLDS,
    IDLE,
    Finding,
    Property,
    Shape,
    StateProperty,
    TemporalProperty,
    suspended,
    violated,
)
from ..language.query import DISTINCT, Query, no_parameter
from ..language.scenario import Scenario
from ..node.kube_proxy import Entries
from .assumptions import PODS_LOST_OTHERWISE, disturbed


def _correct(key: Headless, pods: tuple[Held, ...]) -> Finding:
    for pod in pods:
        if pod.wanted and not pod.held:
            return violated(f"{key.name} has a ready endpoint whose address is not among its records")
        if pod.held and not pod.wanted:
            return violated(f"a record of {key.name} names a pod that is no ready endpoint of it")
    return HOLDS if pods else IDLE


def dns_eventually_correct(names: frozenset[str] = frozenset()) -> TemporalProperty:
    """The records of the headless Services that are called ``names`` come to be those of their ready endpoints."""
    return TemporalProperty(
        name="dns-eventually-correct",
        statement="in the end the name of a headless Service stands for the addresses of its ready endpoints",
        key=named_headless(names),
        queries={"pods": RECORDS},
        judge=_correct,
        shape=Shape.EVENTUALLY_ALWAYS,
        reference="invariants 92",
        advice="look at whether a pod of the DNS server runs and reaches the API server",
    )


@attrs.frozen(cache_hash=True)
class _Listed:
    """A pod that is a ready endpoint of a headless Service, or that the servers of these numbers have records of."""

    wanted: bool
    servers: tuple[int, ...]


def _by_server(key: Headless, entries: Entries, records: Records) -> _Listed | None:
    found = _Listed(
        key.there and published(key.name, entries), tuple(number for number, name in records if name == key.name)
    )
    return found if found.wanted or found.servers else None


def _server(_parameter: None, runtime: PodRuntime | None, server: Caches | None) -> tuple[str, Caches] | None:
    return (runtime.node, server) if server is not None and runtime is not None else None


def _reaches(_parameter: None, name: str, machine: str, link: str) -> str | None:
    return name if machine == UP and link == UP else None


def _each_correct(
    key: Headless, pods: tuple[_Listed, ...], servers: tuple[tuple[str, Caches], ...], reaching: tuple[str, ...]
) -> Finding:
    for node, server in servers:
        for pod in pods if node in reaching else ():
            held = server.number in pod.servers and key.name in server.headless
            if pod.wanted and not held:
                return violated(f"the DNS server on {node} does not know of a ready endpoint of {key.name}")
            if held and not pod.wanted:
                return violated(f"the DNS server on {node} names a pod that is no ready endpoint of {key.name}")
    return HOLDS if pods else IDLE


def dns_servers_eventually_correct(names: frozenset[str]) -> TemporalProperty:
    """The same where each server has caches of its own: of those that reach the API server."""
    return attrs.evolve(
        dns_eventually_correct(names),
        queries={
            "pods": Query(POD, ("endpoints", "records"), _by_server, DISTINCT),
            "servers": Query(POD, ("runtime", "server"), _server, DISTINCT, no_parameter),
            "reaching": Query(NODE, ("name", "machine", "link"), _reaches, DISTINCT, no_parameter),
        },
        judge=_each_correct,
    )


def _of_servers(scenario: Scenario) -> Property:
    apart = scenario.switches.get("dns-servers", "shared") == "apart"
    return (dns_servers_eventually_correct if apart else dns_eventually_correct)(looked_up(scenario))


def _held(lookup: str) -> str:
    return lookup


def _answered(lookup: str, losses: tuple[str, ...]) -> Finding:
    if lookup == UNANSWERED:
        problem = "a client looked the name of a Service up, and no DNS server answered"
        return suspended(f"{problem}; {disturbed(losses)}") if losses else violated(problem)
    return HOLDS if lookup in (FOUND, NO_SUCH_NAME, OUTSIDE) else IDLE


LOOKUPS_ANSWERED = StateProperty(
    name="lookups-answered",
    statement="whenever a client looks the name of a Service up, a DNS server answers",
    key=Key(CONNECTION, ("lookup",), _held),
    queries={"losses": PODS_LOST_OTHERWISE},
    judge=_answered,
    reference="dns-addons §5",
    assumes="no fault takes pods away, and no user deletes or scales",
    advice="keep a DNS server ready all the time: two replicas that are not on one node, an update that takes one away"
    " only when another is ready, and an end that answers until every node has new rules",
)


def looked_up(scenario: Scenario) -> frozenset[str]:
    """The Services that some client knows by name."""
    return frozenset(client.service for client in scenario.clients if client.by_name)


TAILORED: Mapping[str, Callable[[Scenario], Property]] = {
    "dns-eventually-correct": _of_servers,
}
"""Properties that read settings of the scenario, by name."""
