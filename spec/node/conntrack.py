"""Connection tracking of a node, and what kube-proxy flushes of it (kube-proxy §5, §6).

The kernel remembers for each flow which endpoint it was led to, and asks no rule again. An open TCP connection keeps
its endpoint so, and breaks with it. UDP has no end: packets of one client go on to an endpoint that is gone, until its
entry is flushed. kube-proxy does that after it has loaded rules without the endpoint; the switch `conntrack-flush`
shows what happens where it does not.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..kinds import POD
from ..language.component import Rule
from ..language.plan import Alternative, Sweep
from .kube_proxy import Proxy, Rules

Flows = tuple[str, ...]
"""The clients whose UDP flow is led to a pod, in order."""

UDP = "UDP"


@attrs.frozen(cache_hash=True)
class Flush:
    """The flows of a node's clients: (client, Service), in order."""

    node: str
    clients: tuple[tuple[str, str], ...]


def flushed(of: Flush, rules: Rules, flows: Flows) -> tuple[Rules, Flows]:
    """The flows that are left of a pod once those are flushed that no rule of the node would lead to it."""
    led = {service for node, service, _ in rules if node == of.node}
    stale = {client for client, service in of.clients if service not in led}
    return rules, tuple(client for client in flows if client not in stale)


def with_flushing(sync: Rule, clients: Iterable[tuple[str, str, str]]) -> Rule:
    """The rule by which a node loads its rules, which flushes what conntrack has of endpoints that went.

    ``clients``: those that keep a flow open, as (node, client, Service).
    """
    known = tuple(sorted(clients))

    def decide(key: Proxy, **answers: object) -> Iterable[Alternative]:
        here = tuple((client, service) for node, client, service in known if node == key.node)
        flush = Sweep(POD, ("rules", "flows"), flushed, Flush(key.node, here))
        for each in sync.decide(key, **answers):
            yield attrs.evolve(each, plan=(*each.plan, flush))

    return attrs.evolve(sync, decide=decide)
