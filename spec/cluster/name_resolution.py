"""Names: a cluster's DNS server, and the clients that know a Service by its name and not by its address."""

from __future__ import annotations

from ..addons.dns import server
from ..addons.dns.server import is_dns
from ..environment import name_lookup
from ..kinds import NAME_POD_FIELDS
from ..language.component import Component
from ..language.model import Assumption
from ..language.scenario import Scenario
from ..objects.service import Service
from ..properties.names import looked_up
from .part import Part, given


def dns_service(scenario: Scenario) -> Service | None:
    """The Service that queries go to, None where the manifests bring none."""
    return next(filter(is_dns, given(scenario, Service)), None)


def needed(scenario: Scenario) -> bool:
    """Whether somebody looks a Service up."""
    return bool(looked_up(scenario)) and dns_service(scenario) is not None


def _components(scenario: Scenario) -> tuple[Component, ...]:
    dns = dns_service(scenario)
    assert dns is not None, "a part is asked only about what it is needed for"
    clients = tuple(client for client in scenario.clients if client.by_name)
    return server.component(dns, looked_up(scenario)), name_lookup.resolver(dns, clients)


def _assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "dns-servers-share-records",
            "all pods of the DNS server answer from the same records, which may be late, also just after a start; a pod"
            " that serves answers",
            "dns-addons §1",
        ),
        Assumption(
            "one-question-a-lookup",
            "a lookup is one query for the full name, to one endpoint of the DNS server; there is no other resolver,"
            " and no cache between the client's own and the server",
            "dns-addons §3",
        ),
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
