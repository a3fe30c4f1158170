"""What a client can be told that asks for the name of a Service (dns-addons §1, §2, §5).

All servers answer alike, from records that they share; or each from caches of its own, where a scenario asks for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from ..addons.dns.server_caches import Caches
from ..kinds import POD, PodRuntime
from ..language.query import DISTINCT, Query
from ..language.scenario import Client
from ..node.kube_proxy import Rules
from ..objects.service import HEADLESS, Service
from .asked_names import STRAIGHT, Way
from .traffic import Backend, backend_of, policy_of

UNASKED, FOUND, NO_SUCH_NAME, UNANSWERED = "unasked", "found", "no such name", "unanswered"
OUTSIDE = "outside"
"""What a client holds of its Service's name: nothing (yet, or any more); addresses; that there is no such name; it has
asked, and no DNS server answered, or one could not say (SERVFAIL); the address of a host outside of the cluster."""

SHARED = 0
"""The number of the one server where all share their records."""

Record = str | tuple[int, str]
"""What a DNS server says of a pod's address: the headless Service; with the server's number, where each has its own."""

Listed = bool | tuple[int, ...]
"""Whether there are records of a name, or the numbers of the servers that have some."""


@attrs.frozen(cache_hash=True)
class Looking:
    """A client that goes by a name, and what it holds of that; ``address``: where Services come and go."""

    client: Client
    lookup: str
    address: str = ""
    way: Way = STRAIGHT

    @property
    def node(self) -> str:
        """The node whose rules it meets."""
        return self.client.node


@attrs.frozen(cache_hash=True)
class Server:
    """A DNS server that a client may get. ``answers``: something serves there. ``caches``: what it knows, if any."""

    answers: bool
    caches: Caches | None


@attrs.frozen(cache_hash=True, order=True)
class Told:
    """What can come of a query. ``address``: of the Service, "" for a headless one. ``server``: whose records hold."""

    result: str
    address: str = ""
    server: int = SHARED

    def record(self, service: str, *, apart: bool) -> Record:
        """How the pods are marked that stand in the answer."""
        return (self.server, service) if apart else service


def servers(dns: Service, *, apart: bool) -> Query:
    """The endpoints of the DNS server that a client may get: ``Backend``, or ``Server`` where each has its own."""

    def parameter(key: Looking) -> tuple[str, str, str, str]:
        return key.client.node, dns.metadata.name, policy_of(dns, key.client), key.client.name

    def with_caches(
        wanted: tuple[str, str, str, str], runtime: PodRuntime | None, rules: Rules, server: Caches | None
    ) -> Server | None:
        found = backend_of(wanted, runtime, rules)
        return Server(found.answers, server) if found is not None else None

    if apart:
        return Query(POD, ("runtime", "rules", "server"), with_caches, DISTINCT, parameter)
    return Query(POD, ("runtime", "rules"), backend_of, DISTINCT, parameter)


def _by_store(service: Service | None, listed: Listed) -> Told:
    """What servers say that share their records: a headless Service without records has no name at all (§2)."""
    if service is None or (service.spec.headless and not listed):
        return Told(NO_SUCH_NAME)
    return Told(FOUND, "" if service.spec.headless else service.address)


def _by_caches(name: str, listed: Listed, caches: Caches | None) -> Told:
    if caches is None:
        return Told(UNANSWERED)
    address = dict(caches.services).get(name)
    if address is None:
        return Told(NO_SUCH_NAME)
    if address != HEADLESS:
        return Told(FOUND, address)
    named = isinstance(listed, tuple) and caches.number in listed
    return Told(FOUND, "", caches.number) if named else Told(NO_SUCH_NAME)


def _each(key: Looking, service: Service | None, listed: Listed, found: Iterable[Backend | Server]) -> Iterator[Told]:
    for server in found:
        if not server.answers:
            yield Told(UNANSWERED)
        elif isinstance(server, Server):
            yield _by_caches(key.client.service, listed, server.caches)
        else:
            yield _by_store(service, listed)


def told(key: Looking, service: Service | None, listed: Listed, found: Iterable[Backend | Server]) -> tuple[Told, ...]:
    """All that can come of a query now, by the servers that may be asked, in order."""
    if not key.way.cluster:
        return (_elsewhere(key.way),)
    answers = set(_each(key, service, listed, found)) or {Told(UNANSWERED)}
    return tuple(sorted({_on_its_way(key.way, answer) for answer in answers}))


def _elsewhere(way: Way) -> Told:
    """What a server outside of the cluster says, to which a query is forwarded that is not of the cluster's zone."""
    return Told(OUTSIDE if way.outside else NO_SUCH_NAME)


def _on_its_way(way: Way, answer: Told) -> Told:
    """What comes of all the names that are tried, where the full name of the Service would be answered so."""
    if answer.result == UNANSWERED or (way.reaches and answer.result == FOUND):
        return answer
    return _elsewhere(way)
