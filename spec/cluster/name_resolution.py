"""Names: a cluster's DNS server, and the clients that know a Service by its name and not by its address."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..addons.dns import server, server_caches
from ..addons.dns.server import is_dns
from ..environment import name_lookup
from ..environment.asked_names import asks_in_its_own_way
from ..kinds import DNS_SERVER_POD_FIELDS, KUBELET, NAME_POD_FIELDS
from ..language.component import Component
from ..language.model import Assumption
from ..language.scenario import Scenario
from ..node.probes import PROBE_SUCCEEDS
from ..objects.service import Service
from ..properties.names import looked_up
from .part import Part, given
from .service_changes import apart, manner


def dns_service(scenario: Scenario) -> Service | None:
    """The Service that queries go to, None where the manifests bring none."""
    return next(filter(is_dns, given(scenario, Service)), None)


def needed(scenario: Scenario) -> bool:
    """Whether somebody looks a Service up."""
    return bool(looked_up(scenario)) and dns_service(scenario) is not None


def servers_apart(scenario: Scenario) -> bool:
    """Whether somebody does, and each DNS server has caches of its own."""
    return needed(scenario) and apart(scenario)


def _components(scenario: Scenario) -> tuple[Component, ...]:
    dns = dns_service(scenario)
    assert dns is not None, "a part is asked only about what it is needed for"
    clients = tuple(client for client in scenario.clients if client.by_name)
    servers = server_caches if apart(scenario) else server
    return servers.component(dns, looked_up(scenario)), name_lookup.resolver(dns, clients, manner(scenario))


def with_readiness(scenario: Scenario, found: Iterable[Component]) -> list[Component]:
    """The components, of which the kubelet takes a DNS server for ready only once its caches are filled."""
    dns = dns_service(scenario)
    if dns is None or not servers_apart(scenario):
        return list(found)
    filled = server_caches.ready_when_filled(dns, PROBE_SUCCEEDS)
    return [
        attrs.evolve(it, rules=tuple(filled if rule is PROBE_SUCCEEDS else rule for rule in it.rules))
        if it.name == KUBELET
        else it
        for it in found
    ]


_SHARED = Assumption(
    "dns-servers-share-records",
    "all pods of the DNS server answer from the same records, which may be late, also just after a start; a pod that"
    " serves answers",
    "dns-addons §1",
)
_APART = Assumption(
    "dns-servers-list-once",
    "a DNS server that starts lists Services and slices as they are then, in one step; a container that ends and starts"
    " again before anybody has noticed keeps what it knew",
    "dns-addons §1",
)


_STRAIGHT = Assumption(
    "one-question-a-lookup",
    "a lookup is one query for the full name, to one endpoint of the DNS server; there is no other resolver,"
    " and no cache between the client's own and the server",
    "dns-addons §3",
)
_SEARCHING = Assumption(
    "one-question-a-lookup",
    "a lookup is one query for each name that its search path makes of a short one, all to one endpoint of the first"
    " name server; of hosts outside of the cluster there are those that clients mean; there is no cache between the"
    " client's own and the server",
    "dns-addons §3",
)
_WRITTEN_ONCE = Assumption(
    "resolv-conf-stays",
    "a client's /etc/resolv.conf is what its pod's DNS policy makes of it, with a node's own that names no search path,"
    " and stays so; the Service of the DNS server keeps its address",
    "dns-addons §3",
)


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    own = any(map(asks_in_its_own_way, scenario.clients))
    return (
        _APART if apart(scenario) else _SHARED,
        _SEARCHING if own else _STRAIGHT,
        *((_WRITTEN_ONCE,) if own else ()),
    )


NAMES = Part(
    "names",
    needed,
    components=_components,
    pod_fields=NAME_POD_FIELDS,
    machines=(server.RECORD, name_lookup.MACHINE),
    assumptions=_assumptions,
)
"""What there is to see where Services are looked up."""

DNS_SERVERS = Part("dns servers", servers_apart, pod_fields=DNS_SERVER_POD_FIELDS, machines=(server_caches.CACHES,))
"""What there is to see of each DNS server by itself."""
