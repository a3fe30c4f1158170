"""Clients that know a Service by its name: they look it up before they connect (dns-addons §3, §5, §6).

Life of an answer: a client asks for the name, through the rules of its node for the Service kube-dns -> a DNS server
answers with addresses, or that there is no such name; or none answers -> the client keeps an answer for its time to
live, also that there is no such name, and connects to what it says, whatever becomes of pods and Services meanwhile ->
the answer expires, and the client asks again.
Asking again only to be told the same is no step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import attrs

from ..kinds import CONNECTION, POD, SERVICE, PodRuntime
from ..language.component import Component, Countdown, Key, Rule
from ..language.machine import Arrow, Machine, states_by
from ..language.plan import KEY, Alternative, Set, Step, Sweep, Write
from ..language.query import ANY, DISTINCT, ONLY, Query
from ..language.scenario import Client
from ..node.heartbeat import MACHINE_RUNS
from ..node.kube_proxy_decisions import ProxyMode
from ..objects.service import Service
from .asked_names import STRAIGHT, Way
from .dns_answers import (
    FOUND,
    NO_SUCH_NAME,
    OUTSIDE,
    UNANSWERED,
    UNASKED,
    Listed,
    Looking,
    Record,
    Server,
    Told,
    servers,
    told,
)
from .held_addresses import to_held_address
from .traffic import ANSWERED, LOST, NAME, UNRESOLVED, Backend, Connecting, connect

RESOLVER = "resolver"

TIME_TO_LIVE = 30.0
"""Seconds for which an answer is kept, also that there is no such name: what the stock addon sets (dns-addons §1)."""

Resolved = tuple[str, ...]
"""The clients that hold an answer in which a pod's address stands, in order."""


@attrs.frozen(cache_hash=True)
class Answered:
    """A pod in a client's answer (``held``), or in what it would be answered now (``listed``)."""

    listed: Listed
    held: bool

    def by(self, server: int) -> bool:
        """Whether that server, or the records that all share, would name it."""
        return server in self.listed if isinstance(self.listed, tuple) else self.listed


@attrs.frozen
class Manner:
    """How names are looked up. ``moving``: Services come and go, so that clients hold their addresses.

    ``apart``: each DNS server has caches of its own. ``ways``: of clients that ask in a way of their own, by name.
    """

    moving: bool = False
    apart: bool = False
    ways: Mapping[str, Way] = attrs.field(factory=dict)


def _service(key: Looking | Connecting, service: Service | None) -> Service | None:
    return service if service is not None and service.metadata.name == key.client.service else None


SERVICE_ASKED_FOR = Query(SERVICE, ("object",), _service, ONLY)


def _lists(key: Looking, records: tuple[Record, ...]) -> bool | None:
    return True if key.client.service in records else None


def numbers(service: str, records: tuple[Record, ...]) -> tuple[int, ...]:
    """The servers that have a record of a pod under the name of a headless Service."""
    return tuple(each[0] for each in records if isinstance(each, tuple) and each[1] == service)


def _listed_by(key: Looking, records: tuple[Record, ...]) -> tuple[int, ...] | None:
    return numbers(key.client.service, records) or None


def _listing(manner: Manner) -> Query:
    if manner.apart:
        return Query(POD, ("records",), _listed_by, DISTINCT)
    return Query(POD, ("records",), _lists, ANY)


def _joined(listed: bool | tuple[tuple[int, ...], ...]) -> Listed:
    return listed if isinstance(listed, bool) else tuple({number for each in listed for number in each})


def _answered(key: Looking, records: tuple[Record, ...], resolved: Resolved) -> Answered | None:
    found = Answered(key.client.service in records, key.client.name in resolved)
    return found if found.listed or found.held else None


def _answered_by(key: Looking, records: tuple[Record, ...], resolved: Resolved) -> Answered | None:
    found = Answered(numbers(key.client.service, records), key.client.name in resolved)
    return found if found.listed or found.held else None


def hold(
    parameter: tuple[str, Record], records: tuple[Record, ...], resolved: Resolved
) -> tuple[tuple[Record, ...], Resolved]:
    """A client keeps an answer: it names the pods that have that record. ``parameter``: the client, and the record."""
    client, record = parameter
    return records, tuple(sorted({*resolved, client})) if record in records else resolved


def forget(client: str, resolved: Resolved) -> tuple[Resolved]:
    """A client's answer is over."""
    return (tuple(each for each in resolved if each != client),)


def _kept(key: Looking, answer: Told, service: Service | None, manner: Manner) -> tuple[Step, ...]:
    if answer.result == OUTSIDE:
        return (Write(KEY, "lookup", Set(OUTSIDE)),)
    if answer.result != FOUND:
        return (Write(KEY, "lookup", Set(answer.result)), Write(KEY, "state", Set(UNRESOLVED)))
    found = Write(KEY, "lookup", Set(FOUND))
    if answer.address:
        return (found, *((Write(KEY, "address", Set(answer.address)),) if manner.moving else ()))
    record = answer.record(key.client.service, apart=manner.apart)
    return (found, Sweep(POD, ("records", "resolved"), hold, (key.client.name, record)))


def _look_up(manner: Manner) -> Callable[..., Iterable[Alternative]]:
    def decide(
        key: Looking,
        service: Service | None,
        listed: bool | tuple[tuple[int, ...], ...],
        servers: tuple[Backend | Server, ...],
    ) -> Iterable[Alternative]:
        for answer in told(key, service, _joined(listed), servers):
            if answer.result != key.lookup:
                yield Alternative(_kept(key, answer, service, manner), _why(key, answer, servers, manner))

    return decide


def _why(key: Looking, answer: Told, servers: tuple[Backend | Server, ...], manner: Manner) -> str:
    asked = f"asked for {key.client.asks_for}, " if key.client.asks_for else ""
    if answer.result == OUTSIDE:
        return f"{asked}a server outside of the cluster answers with the address of the host"
    if asked and answer.result in (FOUND, NO_SUCH_NAME):
        number = key.way.before + (answer.result == NO_SUCH_NAME and key.way.reaches)
        tried = f"after {number} {'name that does' if number == 1 else 'names that do'} not exist, "
        asked += tried if number else ""
    return asked + _why_straight(key, answer, servers, manner)


def _why_straight(key: Looking, answer: Told, servers: tuple[Backend | Server, ...], manner: Manner) -> str:
    if answer.result == FOUND and manner.moving and answer.address:
        return f"a DNS server answers with {answer.address} for {key.client.service}"
    if answer.result == FOUND:
        return f"a DNS server answers with the addresses of {key.client.service}"
    if answer.result == NO_SUCH_NAME:
        return f"a DNS server answers that there is no name {key.client.service}"
    if not servers:
        return f"{key.node} has no rule to a DNS server"
    if all(server.answers for server in servers):
        return "a DNS server whose caches are not filled answers SERVFAIL"
    return f"the rules of {key.node} lead to a DNS server that does not answer"


def _expires(manner: Manner) -> Callable[..., Iterable[Alternative]]:
    def decide(
        key: Looking, service: Service | None, pods: tuple[Answered, ...], servers: tuple[Backend | Server, ...]
    ) -> Iterable[Alternative]:
        listed = _joined(tuple(pod.listed for pod in pods if isinstance(pod.listed, tuple)))
        if not manner.apart:
            listed = any(pod.listed for pod in pods)
        if any(_another(key, answer, pods, manner) for answer in told(key, service, listed, servers)):
            forgets = (Write(KEY, "address", Set("")),) if manner.moving else ()
            plan = (
                Write(KEY, "lookup", Set(UNASKED)),
                *forgets,
                Sweep(POD, ("resolved",), forget, key.client.name),
            )
            yield Alternative(plan, "its time to live is over")

    return decide


def _another(key: Looking, answer: Told, pods: tuple[Answered, ...], manner: Manner) -> bool:
    """Whether an answer is not what the client holds."""
    if answer.result != key.lookup:
        return True
    if answer.result != FOUND:
        return False
    if answer.address:
        return manner.moving and answer.address != key.address
    return any(pod.by(answer.server) != pod.held for pod in pods)


def _to_pod(key: Connecting, pods: tuple[Backend, ...]) -> Iterable[Alternative]:
    for pod in pods:
        state = ANSWERED if pod.answers else LOST
        if state != key.state:
            yield Alternative((Write(KEY, "state", Set(state)),), "the answer that it holds names the pod")


def _in_answer(key: Connecting, runtime: PodRuntime | None, resolved: Resolved) -> Backend | None:
    return Backend(runtime is not None and runtime.serving, False) if key.client.name in resolved else None


def _key(clients: Iterable[Client], *states: str, manner: Manner, held: bool = False) -> Key:
    by_name = {client.name: client for client in clients}

    def view(name: str, lookup: str, address: str = "") -> Looking | None:
        if name not in by_name or lookup not in states:
            return None
        return Looking(by_name[name], lookup, address, manner.ways.get(name, STRAIGHT))

    return Key(CONNECTION, ("name", "lookup", *(("address",) if held and manner.moving else ())), view)


def found_by(clients: Iterable[Client]) -> Key:
    """The key of connections of clients that hold addresses."""
    by_name = {client.name: client for client in clients}

    def view(name: str, state: str, lookup: str) -> Connecting | None:
        return Connecting(by_name[name], state) if name in by_name and lookup == FOUND else None

    return Key(CONNECTION, ("name", "state", "lookup"), view)


def rules(
    dns: Service,
    clients: tuple[Client, ...],
    headless: frozenset[str],
    *,
    mode: ProxyMode,
    affinity: bool,
    manner: Manner = Manner(),
) -> tuple[Rule, ...]:
    """What clients do that go by names.

    ``dns``: the Service of the DNS server; ``headless``: the Services without an address. Who was told the address of a
    Service connects to that as all clients do; who was told those of pods, to one of them.
    """
    look_up = Rule(
        name="look up",
        key=_key(clients, UNASKED, UNANSWERED, manner=manner),
        decide=_look_up(manner),
        queries={
            "service": SERVICE_ASKED_FOR,
            "listed": _listing(manner),
            "servers": servers(dns, apart=manner.apart),
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
    to_address = to_address_found(others, mode=mode, affinity=affinity, moving=manner.moving)
    return (look_up, *((to_address,) if others else ()), *((to_pod,) if direct else ()))


def to_address_found(clients: tuple[Client, ...], *, mode: ProxyMode, affinity: bool, moving: bool) -> Rule:
    """The rule by which clients connect that were told the address of their Service."""
    found = connect(found_by(clients), mode=mode, affinity=affinity, name="connect to address found")
    return to_held_address(found, clients) if moving else found


def resolver(dns: Service, clients: tuple[Client, ...], manner: Manner = Manner()) -> Component:
    """The resolvers of clients that go by names: they let answers go in time, whatever their clients do."""
    answered = _answered_by if manner.apart else _answered
    expires = Rule(
        name="answer expires",
        key=_key(clients, FOUND, NO_SUCH_NAME, OUTSIDE, manner=manner, held=True),
        decide=_expires(manner),
        queries={
            "service": SERVICE_ASKED_FOR,
            "pods": Query(POD, ("records", "resolved"), answered, DISTINCT),
            "servers": servers(dns, apart=manner.apart),
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


_NAMES = {UNASKED: "Unasked", FOUND: "Found", NO_SUCH_NAME: "NoSuchName", UNANSWERED: "Unanswered", OUTSIDE: "Outside"}
_STATES = {
    "Unasked": "it has not asked, or its answer has expired",
    "Found": "it holds addresses",
    "NoSuchName": "it holds that there is no such name",
    "Unanswered": "it has asked, and no DNS server answered",
    "Outside": "it holds the address of a host outside of the cluster",
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
            for dest in ("Found", "NoSuchName", "Unanswered", "Outside")
            if source != dest
        ),
        *(
            Arrow("expire", source, "Unasked", RESOLVER, "dns-addons §6")
            for source in ("Found", "NoSuchName", "Outside")
        ),
    ),
    meaning="what a client holds of the name of its Service",
    reference="dns-addons §3, §5",
)
