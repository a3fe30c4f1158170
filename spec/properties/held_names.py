"""Properties of what clients hold of the names of Services that come and go (dns-addons §5, §6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from ..addons.dns.server import published
from ..environment.dns_answers import FOUND, NO_SUCH_NAME, OUTSIDE, UNANSWERED, UNASKED, Looking
from ..kinds import CONNECTION, NODE, POD, SERVICE, UP
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Property, Shape, StateProperty, TemporalProperty, violated
from ..language.query import ANY, DISTINCT, ONLY, Query, no_parameter
from ..language.scenario import Client, Scenario
from ..node.kube_proxy import Entries
from ..objects.service import Service
from .happenings import deletes_service


@attrs.frozen(cache_hash=True)
class Named:
    """A pod: whether it is a ready endpoint of a client's Service, and whether the client's answer names it."""

    ready: bool
    held: bool


def _clients(scenario: Scenario | None) -> Mapping[str, Client]:
    clients = scenario.clients if scenario is not None else ()
    return {client.name: client for client in clients if client.by_name and not client.means_outside}


def _key(known: Mapping[str, Client], *, moving: bool) -> Key:
    def view(name: str, lookup: str, address: str = "") -> Looking | None:
        asked = name in known and lookup not in (UNASKED, UNANSWERED)
        return Looking(known[name], lookup, address) if asked else None

    return Key(CONNECTION, ("name", "lookup", *(("address",) if moving else ())), view)


def _service(key: Looking, service: Service | None) -> Service | None:
    return service if service is not None and service.metadata.name == key.client.service else None


def _pod(key: Looking, entries: Entries, resolved: tuple[str, ...]) -> Named | None:
    found = Named(published(key.client.service, entries), key.client.name in resolved)
    return found if found.ready or found.held else None


def _cut(_parameter: None, link: str) -> bool | None:
    return True if link != UP else None


QUERIES = {
    "service": Query(SERVICE, ("object",), _service, ONLY),
    "pods": Query(POD, ("endpoints", "resolved"), _pod, DISTINCT),
    "cut": Query(NODE, ("link",), _cut, ANY, no_parameter),
}


def _current(*, moving: bool, lasting: bool) -> Callable[..., Finding]:
    def judge(key: Looking, service: Service | None, pods: tuple[Named, ...], cut: bool) -> Finding:
        name = key.client.service
        if cut and lasting:
            return IDLE
        if lasting and key.lookup == FOUND and service is None:
            return violated(f"a client holds an address of {name}, which does not exist")
        if service is None:
            return HOLDS
        if not service.spec.headless:
            return _addressed(key, service, moving=moving)
        if key.lookup == NO_SUCH_NAME and any(pod.ready for pod in pods):
            return violated(f"a client holds that there is no name {name}, which has a ready endpoint")
        if any(pod.held and not pod.ready for pod in pods):
            return violated(f"a client's answer for {name} names a pod that is no ready endpoint of it")
        return HOLDS

    return judge


def _addressed(key: Looking, service: Service, *, moving: bool) -> Finding:
    name = service.metadata.name
    if key.lookup == NO_SUCH_NAME:
        return violated(f"a client holds that there is no name {name}, although the Service exists")
    if moving and key.address != service.address:
        return violated(f"a client holds {key.address} for {name}, which has {service.address}")
    return HOLDS


def _moving(scenario: Scenario | None) -> bool:
    return scenario is not None and deletes_service(scenario)


def answers_eventually_current(scenario: Scenario | None = None) -> TemporalProperty:
    """What clients of ``scenario`` hold of a name comes to be what is so."""
    moving = _moving(scenario)
    return TemporalProperty(
        name="answers-eventually-current",
        statement="in the end no client holds anything else of its Service's name than what is so, if no link is cut",
        key=_key(_clients(scenario), moving=moving),
        queries=QUERIES,
        judge=_current(moving=moving, lasting=True),
        shape=Shape.EVENTUALLY_ALWAYS,
        reference="dns-addons §5, §6",
        advice="look at whether a pod of the DNS server runs, and at how long clients keep what they are told",
    )


def answers_current(scenario: Scenario | None = None) -> StateProperty:
    """What clients of ``scenario`` hold of a name is so at every moment at which its Service exists."""
    moving = _moving(scenario)
    return StateProperty(
        name="answers-current",
        statement="while a Service exists, no client holds anything else of its name than what is so",
        key=_key(_clients(scenario), moving=moving),
        queries=QUERIES,
        judge=_current(moving=moving, lasting=False),
        reference="dns-addons §6",
        advice="wait for the time to live of answers, also of those that there is no such name, before anybody counts"
        " on a new Service, and before an old address or pod goes",
    )


@attrs.frozen(cache_hash=True)
class _Meant:
    """A client that means a host outside of the cluster, and what it holds of its name."""

    client: Client
    lookup: str


def _captured(key: _Meant) -> Finding:
    if key.lookup == FOUND:
        said = f"{key.client.asks_for}, by which a client means a host outside of the cluster"
        return violated(f"{said}, stands for the Service {key.client.service}")
    return HOLDS if key.lookup == OUTSIDE else IDLE


def outside_names_stay_outside(scenario: Scenario | None = None) -> StateProperty:
    """What clients of ``scenario`` call a host outside by stands for no Service."""
    clients = scenario.clients if scenario is not None else ()
    known = {client.name: client for client in clients if client.means_outside}

    def view(name: str, lookup: str) -> _Meant | None:
        return _Meant(known[name], lookup) if name in known else None

    return StateProperty(
        name="outside-names-stay-outside",
        statement="the name of a host outside of the cluster never stands for a Service",
        key=Key(CONNECTION, ("name", "lookup"), view),
        judge=_captured,
        reference="dns-addons §6",
        advice="call no namespace or Service like a public domain; end the name with a dot, or set ndots to 1 in the"
        " pod's dnsConfig, so that it is not looked for in the search path first",
    )


TAILORED: Mapping[str, Callable[[Scenario], Property]] = {
    "answers-eventually-current": answers_eventually_current,
    "answers-current": answers_current,
    "outside-names-stay-outside": outside_names_stay_outside,
}
"""Properties that read settings of the scenario, by name."""
