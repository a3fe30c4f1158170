"""Names as a client's program asks for them, and what becomes of them on the way (dns-addons §3, §6).

A name with few dots is tried with each path of the search path first: `web` means the Service web of the pod's own
namespace, `web.shop` that of the namespace shop; and what is meant for a host outside, such as `payments.com`, gets to
a Service if there is one called payments in a namespace called com. Whom it asks at all the pod's DNS policy says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from ..addons.dns.records import service_name
from ..addons.dns.resolver_configuration import CLUSTER_FIRST, DnsConfig, ResolverConfiguration, resolver_configuration
from ..addons.dns.search import asked_for
from ..language.scenario import Client
from ..objects.service import Service


@attrs.frozen(cache_hash=True)
class Way:
    """How a client comes to the name of its Service. ``cluster``: it asks the cluster's DNS server at all.

    ``reaches``: the full name of the Service is among the names that are tried; ``before``: how many are tried before
    it. ``outside``: the client means a host outside the cluster, which has the name that it asks for.
    """

    cluster: bool = True
    reaches: bool = True
    before: int = 0
    outside: bool = False


def asks_in_its_own_way(client: Client) -> bool:
    """Whether anything is said of how a client looks names up."""
    said = (client.asks_for, client.host_network, client.dns_nameservers, client.dns_searches, client.dns_dots)
    return client.dns_policy is not None or any(each not in ("", False, (), None) for each in said)


STRAIGHT = Way()
"""The client asks the cluster's DNS server for the full name of its Service."""


def full_name(service: Service | None) -> str:
    """The name of a Service, "" for none."""
    return service_name(service.metadata.name, service.metadata.namespace) if service is not None else ""


def configuration_of(client: Client, dns: Service) -> ResolverConfiguration:
    """What the kubelet writes for a client's pod; ``dns``: the Service of the cluster's DNS server."""
    config = DnsConfig(client.dns_nameservers, client.dns_searches, client.dns_dots)
    policy = client.dns_policy or CLUSTER_FIRST
    return resolver_configuration(
        policy, client.namespace, dns.address, host_network=client.host_network, config=config
    )


def tried_names(client: Client, service: Service | None, dns: Service) -> tuple[str, ...]:
    """The full names that a client's resolver tries, in order."""
    found = configuration_of(client, dns)
    return asked_for((client.asks_for or full_name(service)).lower(), found.searches, found.dots)


def way_of(client: Client, service: Service | None, dns: Service) -> Way:
    """The way of a client; ``service``: the one that it connects to, ``dns``: that of the cluster's DNS server."""
    tried, full = tried_names(client, service, dns), full_name(service)
    # A resolver asks the first server, and another one only where that does not answer.
    cluster = configuration_of(client, dns).nameservers[:1] == (dns.address,)
    reaches = cluster and full in tried
    return Way(cluster, reaches, tried.index(full) if full in tried else len(tried), client.means_outside)


def ways(clients: Iterable[Client], services: Iterable[Service], dns: Service) -> Mapping[str, Way]:
    """The ways of clients, by their names."""
    known = {service.metadata.name: service for service in services}
    return {client.name: way_of(client, known.get(client.service), dns) for client in clients}
