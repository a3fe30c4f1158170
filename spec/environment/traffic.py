"""Traffic: clients that connect to Services through the rules of a node (kube-proxy §4, §5, §6).

A client may connect at any time, again and again. Which endpoint it gets is any of those that the rules of its node
allow: what one client draws, or where a round robin stands because of all others, is not followed. What came of its
last connection is remembered; a connection that was made is not cut by what happens to rules later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from ..kinds import CONNECTION, POD, SERVICE, PodRuntime
from ..language.component import Component, Countdown, Key, Rule
from ..language.machine import Arrow, Machine, states_by
from ..language.plan import KEY, Alternative, Chosen, Set, Step, Sweep, Write
from ..language.query import DISTINCT, ONLY, Query
from ..language.scenario import Client
from ..node.heartbeat import MACHINE_RUNS
from ..node.kube_proxy import Rules
from ..node.kube_proxy_decisions import ProxyMode, admits, is_proxied
from ..objects.service import CLIENT_IP, CLUSTER, Service

NAME = "client"

IDLE, ANSWERED, REFUSED, LOST, UNRESOLVED = "idle", "answered", "refused", "lost", "unresolved"
"""What came of a client's last connection: none yet; its backend answers; there is no endpoint for it (rejected, or
dropped where others exist that a policy Local does not allow); the rules led to something that does not answer; it did
not come so far, since the name of the Service told it no address."""

ANY_POLICY = ""
"""The policy where the Service is gone from the API: what rules a node still has for it stay in force."""


@attrs.frozen(cache_hash=True)
class Connecting:
    """A client that may connect, and what came of its last connection."""

    client: Client
    state: str

    @property
    def node(self) -> str:
        """The node whose rules it meets."""
        return self.client.node


@attrs.frozen(cache_hash=True)
class Backend:
    """An endpoint that a client may get. ``answers``: something serves there. ``last``: the client got it last."""

    answers: bool
    last: bool


def policy_of(service: Service, client: Client) -> str:
    """Which traffic policy a client's connection is under: it comes from inside the cluster, or from outside.

    Who is inside and uses the external address is led as by policy Cluster, whatever the Service says (kube-proxy §4).
    """
    spec = service.spec
    if client.external and not client.outside:
        return CLUSTER
    return spec.external_traffic_policy if client.outside else spec.internal_traffic_policy


def service_of_client(key: Connecting, service: Service | None) -> Service | None:
    """The Service that a client connects to, None while there is none of that name."""
    return service if service is not None and service.metadata.name == key.client.service else None


def policy_parameter(key: Connecting, service: Service | None, **_others: Any) -> tuple[str, str, str, str]:
    """What ``backend_of`` asks of pods for a client: (node, Service, traffic policy, client)."""
    policy = policy_of(service, key.client) if service is not None else ANY_POLICY
    return key.client.node, key.client.service, policy, key.client.name


def backend_of(
    wanted: tuple[str, str, str, str], runtime: PodRuntime | None, rules: Rules, *clients: tuple[str, ...]
) -> Backend | None:
    """A pod that the rules of a node lead to; ``wanted``: (node, Service, traffic policy, client)."""
    node, service, policy, client = wanted
    if not any(rule[:2] == (node, service) and policy in (rule[2], ANY_POLICY) for rule in rules):
        return None
    return Backend(runtime is not None and runtime.serving, bool(clients) and client in clients[0])


def _connect(mode: ProxyMode, *, affinity: bool) -> Callable[..., Iterable[Alternative]]:
    def decide(key: Connecting, service: Service | None, backends: tuple[Backend, ...]) -> Iterable[Alternative]:
        if service is not None and not is_proxied(service):
            return
        if service is not None and key.client.address and not admits(service, key.client.address):
            if key.state != REFUSED:
                because = f"loadBalancerSourceRanges do not admit {key.client.address}: its packets are dropped"
                yield Alternative((Write(KEY, "state", Set(REFUSED)),), because)
            return
        if not backends:
            if key.state != REFUSED:
                yield Alternative((Write(KEY, "state", Set(REFUSED)),), f"{key.node} has no rule to an endpoint")
            return
        sticky = affinity and service is not None and service.spec.session_affinity == CLIENT_IP
        allowed = [each for each in backends if each.last] if sticky else []
        for each in allowed or backends:
            if mode.retries and not each.answers and any(other.answers for other in backends):
                continue
            state = ANSWERED if each.answers else LOST
            if state != key.state or (sticky and not each.last):
                remembered = _remember(key.client, each) if sticky and not each.last else ()
                yield Alternative((Write(KEY, "state", Set(state)), *remembered), f"the rules of {key.node} lead there")

    return decide


def _remember(client: Client, chosen: Backend) -> tuple[Step, ...]:
    return (
        Sweep(POD, ("clients",), forgotten, client.name),
        Write(Chosen("backends", chosen), "clients", Remember(client.name)),
    )


def forgotten(client: str, clients: tuple[str, ...]) -> tuple[tuple[str, ...]]:
    """The clients of a pod without ``client``."""
    return (tuple(each for each in clients if each != client),)


@attrs.frozen(cache_hash=True)
class Remember:
    """The edit that remembers a client with the endpoint that it got."""

    client: str

    def __call__(self, clients: tuple[str, ...], /) -> tuple[str, ...]:
        """The clients after it."""
        return tuple(sorted({*clients, self.client}))


def _forget(seconds: float) -> Rule:
    return Rule(
        name="affinity ends",
        key=Key(POD, ("clients",), lambda clients: clients or None),
        decide=lambda _clients: [Alternative((Write(KEY, "clients", Set(())),), f"no connection for {seconds:g} s")],
        duration=seconds,
        countdown=Countdown(since=lambda clients: clients),
        reference="kube-proxy §5",
        meaning="a client that has not connected for the time of its session affinity may get another endpoint",
    )


def connections(clients: Iterable[Client]) -> Key:
    """The key of connections of ``clients``."""
    known = {client.name: client for client in clients}

    def view(name: str, state: str) -> Connecting | None:
        return Connecting(known[name], state) if name in known else None

    return Key(CONNECTION, ("name", "state"), view)


def connect(key: Key, *, mode: ProxyMode = ProxyMode.IPTABLES, affinity: bool = False, name: str = "connect") -> Rule:
    """The rule by which clients that know the address of their Service connect to it; ``key`` says which they are."""
    fields = ("runtime", "rules", *(("clients",) if affinity else ()))
    return Rule(
        name=name,
        key=key,
        decide=_connect(mode, affinity=affinity),
        queries={"service": Query(SERVICE, ("object",), service_of_client, ONLY)},
        stages=({"backends": Query(POD, fields, backend_of, DISTINCT, policy_parameter)},),
        guards=(MACHINE_RUNS,),
        reference="kube-proxy §4, §5",
        meaning="a client opens a connection to a Service, and gets an endpoint that the rules of its node allow",
    )


def component(
    clients: tuple[Client, ...],
    *,
    mode: ProxyMode = ProxyMode.IPTABLES,
    affinity: float | None = None,
    by_name: tuple[Rule, ...] = (),
) -> Component:
    """The clients. ``affinity``: seconds for which a client's endpoint is remembered, None if no Service wants that.

    ``by_name``: what those do that know a Service by its name alone, or are led otherwise; ``clients`` are the others.
    """
    own = (connect(connections(clients), mode=mode, affinity=affinity is not None),) if clients else ()
    forgets = () if affinity is None else (_forget(affinity),)
    rules = (*own, *by_name, *forgets)
    return Component(NAME, rules, place="environment", environment=True, duty="connects to Services")


def _named(state: str) -> str:
    return state.capitalize()


_STATES = {
    "Idle": "it has not connected yet",
    "Answered": "its connection reached something that answers",
    "Refused": "there was no endpoint for it",
    "Lost": "it was led to something that does not answer",
    "Unresolved": "the name of the Service told it no address",
}

MACHINE = Machine(
    name="connection",
    kind=CONNECTION,
    fields=("state",),
    states=states_by(_named, _STATES),
    initial="Idle",
    arrows=tuple(
        Arrow("connect", source, dest, NAME, "kube-proxy §6")
        for source in _STATES
        for dest in ("Answered", "Refused", "Lost", "Unresolved")
        if source != dest
    ),
    meaning="what came of a client's last connection",
    reference="kube-proxy §6",
)
