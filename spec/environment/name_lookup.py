"""Clients that know a Service by its name: they look it up before they connect (dns-addons §3, §5, §6).

Life of an answer: a client asks for the name, through the rules of its node for the Service kube-dns -> a DNS server
answers with addresses, or that there is no such name; or none answers -> the client keeps an answer for its time to
live, and connects to what it says, whatever happens to pods meanwhile -> the answer expires, and the client asks again.
Asking again only to be told the same is no step.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..addons.dns.server import Records
from ..kinds import CONNECTION, POD, SERVICE, PodRuntime
from ..language.component import Component, Countdown, Key, Rule
from ..language.machine import Arrow, Machine, states_by
from ..language.plan import KEY, Alternative, Set, Step, Sweep, Write
from ..language.query import ANY, DISTINCT, ONLY, Query
from ..language.scenario import Client
from ..node.heartbeat import MACHINE_RUNS
from ..node.kube_proxy_decisions import ProxyMode
from ..objects.service import Service
from .traffic import ANSWERED, LOST, NAME, UNRESOLVED, Backend, Connecting, backend_of, connect, policy_of

RESOLVER = "resolver"

UNASKED, FOUND, NO_SUCH_NAME, UNANSWERED = "unasked", "found", "no such name", "unanswered"
"""What a client holds of its Service's name: nothing (yet, or any more); addresses; that there is no such name; it has
asked, and no DNS server answered."""

TIME_TO_LIVE = 30.0
"""Seconds for which an answer is kept: what the stock addon sets (dns-addons §1)."""

Resolved = tuple[str, ...]
"""The clients that hold an answer in which a pod's address stands, in order."""


@attrs.frozen(cache_hash=True)
class Looking:
    """A client that goes by a name, and what it holds of that."""

    client: Client
    lookup: str

    @property
    def node(self) -> str:
        """The node whose rules it meets."""
        return self.client.node


@attrs.frozen(cache_hash=True)
class Answered:
    """A pod in a client's answer (``held``), or in what it would be answered now (``listed``)."""

    listed: bool
    held: bool


def _service(key: Looking | Connecting, service: Service | None) -> Service | None:
    return service if service is not None and service.metadata.name == key.client.service else None


SERVICE_ASKED_FOR = Query(SERVICE, ("object",), _service, ONLY)


def _lists(key: Looking, records: Records) -> bool | None:
    return True if key.client.service in records else None


def _answered(key: Looking, records: Records, resolved: Resolved) -> Answered | None:
    found = Answered(key.client.service in records, key.client.name in resolved)
    return found if found.listed or found.held else None


def _servers(dns: Service) -> Query:
    """The endpoints of the DNS server that a client may get, as ``Backend``."""

    def parameter(key: Looking) -> tuple[str, str, str, str]:
        return key.client.node, dns.metadata.name, policy_of(dns, key.client), key.client.name

    return Query(POD, ("runtime", "rules"), backend_of, DISTINCT, parameter)


def _result(service: Service | None, listed: bool) -> str:
    """What a server answers, if it does: a headless Service without records has no name at all (dns-addons §2)."""
    return FOUND if service is not None and (listed or not service.spec.headless) else NO_SUCH_NAME


def _results(service: Service | None, listed: bool, servers: Iterable[Backend]) -> tuple[str, ...]:
    """All that can come of a query now."""
    answers = {_result(service, listed) if server.answers else UNANSWERED for server in servers}
    return tuple(sorted(answers or {UNANSWERED}))


def hold(parameter: tuple[str, str], records: Records, resolved: Resolved) -> tuple[Records, Resolved]:
    """A client keeps an answer: it names the pods that have a record of the Service. ``parameter``: both names."""
    client, service = parameter
    return records, tuple(sorted({*resolved, client})) if service in records else resolved


def forget(client: str, resolved: Resolved) -> tuple[Resolved]:
    """A client's answer is over."""
    return (tuple(each for each in resolved if each != client),)


def _kept(key: Looking, result: str, service: Service | None) -> tuple[Step, ...]:
    if result != FOUND:
        return (Write(KEY, "lookup", Set(result)), Write(KEY, "state", Set(UNRESOLVED)))
    kept = Sweep(POD, ("records", "resolved"), hold, (key.client.name, key.client.service))
    headless = service is not None and service.spec.headless
    return (Write(KEY, "lookup", Set(FOUND)), *((kept,) if headless else ()))


def _look_up(
    key: Looking, service: Service | None, listed: bool, servers: tuple[Backend, ...]
) -> Iterable[Alternative]:
    for result in _results(service, listed, servers):
        if result != key.lookup:
            yield Alternative(_kept(key, result, service), _why(key, result, servers))


def _why(key: Looking, result: str, servers: tuple[Backend, ...]) -> str:
    if result == FOUND:
        return f"a DNS server answers with the addresses of {key.client.service}"
    if result == NO_SUCH_NAME:
        return f"a DNS server answers that there is no name {key.client.service}"
    if not servers:
        return f"{key.node} has no rule to a DNS server"
    return f"the rules of {key.node} lead to a DNS server that does not answer"


def _expires(
    key: Looking, service: Service | None, pods: tuple[Answered, ...], servers: tuple[Backend, ...]
) -> Iterable[Alternative]:
    listed = any(pod.listed for pod in pods)
    headless = service is not None and service.spec.headless
    changed = headless and any(pod.listed != pod.held for pod in pods)
    if changed or _results(service, listed, servers) != (key.lookup,):
        plan = (Write(KEY, "lookup", Set(UNASKED)), Sweep(POD, ("resolved",), forget, key.client.name))
        yield Alternative(plan, "its time to live is over")


def _to_pod(key: Connecting, pods: tuple[Backend, ...]) -> Iterable[Alternative]:
    for pod in pods:
        state = ANSWERED if pod.answers else LOST
        if state != key.state:
            yield Alternative((Write(KEY, "state", Set(state)),), "the answer that it holds names the pod")


def _in_answer(key: Connecting, runtime: PodRuntime | None, resolved: Resolved) -> Backend | None:
    return Backend(runtime is not None and runtime.serving, False) if key.client.name in resolved else None


def _key(clients: Iterable[Client], *states: str) -> Key:
    by_name = {client.name: client for client in clients}

    def view(name: str, lookup: str) -> Looking | None:
        return Looking(by_name[name], lookup) if name in by_name and lookup in states else None

    return Key(CONNECTION, ("name", "lookup"), view)


def found_by(clients: Iterable[Client]) -> Key:
    """The key of connections of clients that hold addresses."""
    by_name = {client.name: client for client in clients}

    def view(name: str, state: str, lookup: str) -> Connecting | None:
        return Connecting(by_name[name], state) if name in by_name and lookup == FOUND else None

    return Key(CONNECTION, ("name", "state", "lookup"), view)


def rules(
    dns: Service, clients: tuple[Client, ...], headless: frozenset[str], *, mode: ProxyMode, affinity: bool
) -> tuple[Rule, ...]:
    """What clients do that go by names.

    ``dns``: the Service of the DNS server; ``headless``: the Services without an address. Who was told the address of a
    Service connects to that as all clients do; who was told those of pods, to one of them.
    """
    servers = _servers(dns)
    look_up = Rule(
        name="look up",
        key=_key(clients, UNASKED, UNANSWERED),
        decide=_look_up,
        queries={
            "service": SERVICE_ASKED_FOR,
            "listed": Query(POD, ("records",), _lists, ANY),
            "servers": servers,
        },
        guards=(MACHINE_RUNS,),
        reference="dns-addons §3, §5",
        meaning="a client asks for the addresses of a Service, and keeps what it is answered",
    )
    direct = tuple(client for client in clients if client.service in headless)
    others = tuple(client for client in clients if client.service not in headless)
    to_pod = Rule(
        name="connect to pod",
        key=found_by(direct),
        decide=_to_pod,
        queries={"pods": Query(POD, ("runtime", "resolved"), _in_answer, DISTINCT)},
        guards=(MACHINE_RUNS,),
        reference="dns-addons §6",
        meaning="a client connects to a pod whose address it was given for the name of a headless Service",
    )
    to_address = connect(found_by(others), mode=mode, affinity=affinity, name="connect to address found")
    return (look_up, *((to_address,) if others else ()), *((to_pod,) if direct else ()))


def resolver(dns: Service, clients: tuple[Client, ...]) -> Component:
    """The resolvers of clients that go by names: they let answers go in time, whatever their clients do."""
    expires = Rule(
        name="answer expires",
        key=_key(clients, FOUND, NO_SUCH_NAME),
        decide=_expires,
        queries={
            "service": SERVICE_ASKED_FOR,
            "pods": Query(POD, ("records", "resolved"), _answered, DISTINCT),
            "servers": _servers(dns),
        },
        guards=(MACHINE_RUNS,),
        duration=TIME_TO_LIVE,
        countdown=Countdown(periodic=True),
        reference="dns-addons §1, §6",
        meaning="an answer is over that would be another one now",
    )
    return Component(
        RESOLVER,
        (expires,),
        place="environment",
        duty="keeps what clients were answered for the time that it may live",
        reference="dns-addons §3",
    )


def _lookup_state(lookup: str) -> str:
    return _NAMES[lookup]


_NAMES = {UNASKED: "Unasked", FOUND: "Found", NO_SUCH_NAME: "NoSuchName", UNANSWERED: "Unanswered"}
_STATES = {
    "Unasked": "it has not asked, or its answer has expired",
    "Found": "it holds addresses",
    "NoSuchName": "it holds that there is no such name",
    "Unanswered": "it has asked, and no DNS server answered",
}

MACHINE = Machine(
    name="name lookup",
    kind=CONNECTION,
    fields=("lookup",),
    states=states_by(_lookup_state, _STATES),
    initial="Unasked",
    arrows=(
        *(
            Arrow("look up", source, dest, NAME, "dns-addons §5")
            for source in ("Unasked", "Unanswered")
            for dest in ("Found", "NoSuchName", "Unanswered")
            if source != dest
        ),
        *(Arrow("expire", source, "Unasked", RESOLVER, "dns-addons §6") for source in ("Found", "NoSuchName")),
    ),
    meaning="what a client holds of the name of its Service",
    reference="dns-addons §3, §5",
)
