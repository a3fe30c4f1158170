"""Clients that send to a UDP Service from one socket, for ever (kube-proxy §5).

Life of a flow: the first packet meets the rules of the node, which choose an endpoint -> connection tracking remembers
it, and the packets that follow go there, whatever becomes of rules and endpoint -> kube-proxy flushes the entry once
its rules lead there no more -> the next packet meets the rules again.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..kinds import CONNECTION, POD, SERVICE, PodRuntime
from ..language.component import Key, Rule
from ..language.machine import Arrow, Machine, states_by
from ..language.plan import KEY, Alternative, Chosen, Set, Write
from ..language.query import DISTINCT, ONLY, Query
from ..language.scenario import Client
from ..node.conntrack import Flows
from ..node.heartbeat import MACHINE_RUNS
from ..node.kube_proxy import Rules
from ..node.kube_proxy_decisions import is_proxied
from ..objects.service import Service
from .traffic import (
    ANSWERED,
    LOST,
    NAME,
    REFUSED,
    Connecting,
    Remember,
    backend_of,
    policy_parameter,
    service_of_client,
)


@attrs.frozen(cache_hash=True)
class Led:
    """A pod that a client's packets can get to. ``pinned``: its flow is led there; otherwise a rule leads there."""

    answers: bool
    pinned: bool


def _led(wanted: tuple[str, str, str, str], runtime: PodRuntime | None, rules: Rules, flows: Flows) -> Led | None:
    if wanted[3] in flows:
        return Led(runtime is not None and runtime.serving, True)
    found = backend_of(wanted, runtime, rules)
    return Led(found.answers, False) if found is not None else None


def _send(key: Connecting, service: Service | None, backends: tuple[Led, ...]) -> Iterable[Alternative]:
    if service is not None and not is_proxied(service):
        return
    pinned = next((each for each in backends if each.pinned), None)
    if pinned is not None:
        state = ANSWERED if pinned.answers else LOST
        if state != key.state:
            yield Alternative((Write(KEY, "state", Set(state)),), "its flow is led there by connection tracking")
        return
    if not backends and key.state != REFUSED:
        yield Alternative((Write(KEY, "state", Set(REFUSED)),), f"{key.node} has no rule to an endpoint")
    for each in backends:
        state = ANSWERED if each.answers else LOST
        remember = Write(Chosen("backends", each), "flows", Remember(key.client.name))
        yield Alternative(
            (Write(KEY, "state", Set(state)), remember), f"the rules of {key.node} lead its first packet there"
        )


def send(clients: Iterable[Client]) -> Rule:
    """The rule by which ``clients`` send."""
    known = {client.name: client for client in clients}

    def view(name: str, state: str) -> Connecting | None:
        return Connecting(known[name], state) if name in known else None

    return Rule(
        name="send",
        key=Key(CONNECTION, ("name", "state"), view),
        decide=_send,
        queries={"service": Query(SERVICE, ("object",), service_of_client, ONLY)},
        stages=({"backends": Query(POD, ("runtime", "rules", "flows"), _led, DISTINCT, policy_parameter)},),
        guards=(MACHINE_RUNS,),
        reference="kube-proxy §5",
        meaning="a client sends a packet to a UDP Service, which goes where its flow goes, or where rules lead",
    )


MACHINE = Machine(
    name="udp flow",
    kind=POD,
    fields=("flows",),
    states=states_by(
        lambda flows: "Pinned" if flows else "Free",
        {
            "Free": "connection tracking leads no flow to the pod",
            "Pinned": "packets of some client go to the pod, whatever rules say",
        },
    ),
    initial="Free",
    arrows=(
        Arrow("first packet", "Free", "Pinned", NAME, "kube-proxy §5"),
        Arrow("flush", "Pinned", "Free", "kube-proxy", "kube-proxy §6"),
    ),
    meaning="what connection tracking of nodes leads to one endpoint",
    reference="kube-proxy §5",
)
