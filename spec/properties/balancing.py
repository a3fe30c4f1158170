"""Properties of how nodes balance: turns of ipvs, flows of connection tracking (kube-proxy §5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..environment import traffic
from ..environment.round_robin import LAST, Turns
from ..kinds import CONNECTION, NODE, POD, UP
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Shape, StepProperty, TemporalProperty, violated
from ..language.query import DISTINCT, Query, no_parameter
from ..node.conntrack import Flows
from ..node.kube_proxy import Rules

Change = tuple[Any, ...]


def _in_turn(component: str, _rule: str, before: Change, after: Change, seen: Mapping[str, Any]) -> Finding:
    old, new = _last(before[0]), _last(after[0])
    taken = new - old
    if component != traffic.NAME or not taken:
        return IDLE
    fresh = any(not each.turn for each in seen["backends"])
    again = {(node, service) for node, service, _ in before[0]} & taken
    if fresh and again:
        node, service = min(again)
        return violated(f"{node} leads {service} to an endpoint again while it was not another one's turn yet")
    return HOLDS


def _last(turns: Turns) -> set[tuple[str, str]]:
    return {(node, service) for node, service, when in turns if when == LAST}


IPVS_TAKES_TURNS = StepProperty(
    name="ipvs-takes-turns",
    statement="by ipvs no endpoint of a Service is taken again on a node while another one was not taken in its round",
    kind=POD,
    fields=("turns",),
    judge=_in_turn,
    reference="kube-proxy §5",
    advice="look at the scheduler of the virtual server: rr is the default",
)


@attrs.frozen(cache_hash=True)
class _Pinned:
    """A pod to which the flows of these clients are led, and the (node, Service) whose rules lead to it."""

    flows: Flows
    rules: tuple[tuple[str, str], ...]


def _pinned(_parameter: None, rules: Rules, flows: Flows) -> _Pinned | None:
    led = tuple(sorted({(node, service) for node, service, _ in rules}))
    return _Pinned(flows, led) if flows else None


def _reaches(_parameter: None, name: str, machine: str, link: str) -> str | None:
    return name if machine == UP and link == UP else None


def _followed(client: str, pods: tuple[_Pinned, ...], reaching: tuple[str, ...]) -> Finding:
    for pod in pods:
        if client in pod.flows:
            service, _, node = client.partition(" in one flow from ")
            if node in reaching and (node, service) not in pod.rules:
                return violated(f"connection tracking of {node} leads a flow of {service} to an endpoint that went")
            return HOLDS
    return IDLE


UDP_FLOWS_FOLLOW_ENDPOINTS = TemporalProperty(
    name="udp-flows-follow-endpoints",
    statement="in the end no UDP flow is led to an endpoint to which the rules of its node lead no more",
    key=Key(CONNECTION, ("name",), lambda name: name),
    queries={
        "pods": Query(POD, ("rules", "flows"), _pinned, DISTINCT, no_parameter),
        "reaching": Query(NODE, ("name", "machine", "link"), _reaches, DISTINCT, no_parameter),
    },
    judge=_followed,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="kube-proxy §5",
    advice="look at whether kube-proxy flushes connection tracking after it has loaded rules (conntrack -L -p udp)",
)
