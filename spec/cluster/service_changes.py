"""Services that come and go: users delete them, and make them anew, with another address (dns-addons §6)."""

from __future__ import annotations

from ..addons.dns.server import is_dns
from ..environment.asked_names import asks_in_its_own_way, ways
from ..environment.name_lookup import Manner
from ..environment.users import Edit
from ..kinds import ADDRESS_FIELDS, PROGRAMMED_FIELDS
from ..language.model import Assumption, Field
from ..language.scenario import Scenario
from ..objects.service import Service
from ..properties.happenings import deletes_service
from .deletions import applies_services
from .part import given


def addresses_move(scenario: Scenario) -> bool:
    """Whether a Service can come to have another address than it had: a user deletes one."""
    return deletes_service(scenario)


def services_change(scenario: Scenario) -> bool:
    """Whether a user deletes or applies a Service."""
    return deletes_service(scenario) or applies_services(scenario)


def every_version(scenario: Scenario) -> tuple[Service, ...]:
    """The Services as they are given, and as users apply them."""
    edits = (it for todo in scenario.users for it in todo if isinstance(it, Edit))
    return (*given(scenario, Service), *(it.new for it in edits if isinstance(it.new, Service)))


def service_fields(scenario: Scenario) -> tuple[Field, ...]:
    """What is kept of Services besides."""
    return PROGRAMMED_FIELDS if addresses_move(scenario) else ()


def connection_fields(scenario: Scenario) -> tuple[Field, ...]:
    """What is kept of clients besides."""
    return ADDRESS_FIELDS if addresses_move(scenario) else ()


def assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    """What verdicts rest on where Services come and go."""
    if not addresses_move(scenario):
        return ()
    return (
        Assumption(
            "a-new-address-each-time",
            "a Service that is made anew has an address that none had before, unless its manifest says which; what it"
            " leaves is nobody else's meanwhile",
            "dns-addons §6",
        ),
    )


def apart(scenario: Scenario) -> bool:
    """Whether each DNS server has caches of its own."""
    return scenario.switches.get("dns-servers", "shared") == "apart"


def manner(scenario: Scenario) -> Manner:
    """How names are looked up."""
    dns = next(filter(is_dns, given(scenario, Service)), None)
    asking = [client for client in scenario.clients if client.by_name and asks_in_its_own_way(client)]
    return Manner(
        addresses_move(scenario),
        apart(scenario),
        ways(asking, given(scenario, Service), dns) if dns is not None else {},
    )
