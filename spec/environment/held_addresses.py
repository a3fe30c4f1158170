"""Clients that hold the address of a Service that comes and goes, and those that have it from their environment.

Life of an address: a client is told it, by a DNS server or by the variables with which its container started -> it
connects to that address, whatever becomes of the Service -> where the node's rules match it no longer, there is nothing
behind it (dns-addons §6). What a DNS server said is over in time; a container's environment never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from ..kinds import CONNECTION, SERVICE
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, Set, Write
from ..language.query import ANY, ONLY, Query
from ..language.scenario import Client
from ..node.heartbeat import MACHINE_RUNS
from ..node.kube_proxy_addresses import Programmed
from ..node.kube_proxy_decisions import is_proxied
from ..objects.service import Service
from .dns_answers import FOUND, NO_SUCH_NAME, UNASKED
from .traffic import REFUSED, UNRESOLVED, Connecting


@attrs.frozen(cache_hash=True)
class Holding:
    """A client that holds an address, and what came of its last connection."""

    client: Client
    state: str
    address: str

    @property
    def node(self) -> str:
        """The node whose rules it meets."""
        return self.client.node


def _leads(key: Holding, name: str, programmed: Programmed) -> bool | None:
    return True if name == key.client.service and (key.node, key.address) in programmed else None


LEADS = Query(SERVICE, ("name", "programmed"), _leads, ANY)
"""Whether the rules of the client's node match the address that it holds."""


def holding(clients: Iterable[Client]) -> Key:
    """The key of connections of clients that hold an address."""
    known = {client.name: client for client in clients}

    def view(name: str, state: str, lookup: str, address: str) -> Holding | None:
        return Holding(known[name], state, address) if name in known and lookup == FOUND else None

    return Key(CONNECTION, ("name", "state", "lookup", "address"), view)


def to_held_address(connect: Rule, clients: Iterable[Client]) -> Rule:
    """The rule ``connect`` for clients that hold an address: they come nowhere by one that no rule matches."""

    def decide(key: Holding, leads: bool, **answers: Any) -> Iterable[Alternative]:
        if leads:
            yield from connect.decide(Connecting(key.client, key.state), **answers)
        elif key.state != REFUSED:
            because = f"no rule of {key.node} matches the address that the client holds"
            yield Alternative((Write(KEY, "state", Set(REFUSED)),), because)

    return attrs.evolve(connect, key=holding(clients), decide=decide, queries={**connect.queries, "leads": LEADS})


def _starting(clients: Iterable[Client]) -> Key:
    known = {client.name: client for client in clients}

    def view(name: str, lookup: str) -> Connecting | None:
        return Connecting(known[name], UNASKED) if name in known and lookup == UNASKED else None

    return Key(CONNECTION, ("name", "lookup"), view)


def _service(key: Connecting, service: Service | None) -> Service | None:
    return service if service is not None and service.metadata.name == key.client.service else None


def _read(*, moving: bool) -> Callable[..., Iterable[Alternative]]:
    def decide(key: Connecting, service: Service | None) -> Iterable[Alternative]:
        name = key.client.service
        if service is None or not is_proxied(service):
            plan = (Write(KEY, "lookup", Set(NO_SUCH_NAME)), Write(KEY, "state", Set(UNRESOLVED)))
            yield Alternative(plan, f"its container starts while {name} has no address: no variable tells of one")
            return
        held = (Write(KEY, "address", Set(service.address)),) if moving else ()
        because = f"its container starts with the address of {name} in its environment"
        yield Alternative((Write(KEY, "lookup", Set(FOUND)), *held), because)

    return decide


def read_environment(clients: tuple[Client, ...], *, moving: bool) -> Rule:
    """The rule by which a client's container starts with variables of Services. ``moving``: their addresses change."""
    return Rule(
        name="read environment",
        key=_starting(clients),
        decide=_read(moving=moving),
        queries={"service": Query(SERVICE, ("object",), _service, ONLY)},
        guards=(MACHINE_RUNS,),
        reference="dns-addons §6",
        meaning="a client's container starts, and has the addresses in its environment that Services have now",
    )
