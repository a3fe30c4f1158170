"""The addresses under which a node's rules lead to the endpoints of Services, where Services come and go.

A Service that is deleted and made anew may have another clusterIP (dns-addons §6): rules match addresses, so what is
sent to the old one meets no rule once the node has loaded new ones (kube-proxy §4, §6).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ..kinds import SERVICE
from ..language.component import Rule
from ..language.plan import Alternative, Sweep
from ..language.query import DISTINCT, Query
from ..objects.service import Service
from .kube_proxy import Proxy
from .kube_proxy_decisions import is_proxied

Programmed = tuple[tuple[str, str], ...]
"""Under which address nodes' rules lead to a Service's endpoints: (node, address), in order."""


@attrs.frozen(cache_hash=True)
class Addressed:
    """A Service as one node has it: the address that it has, and the one that the node's rules match; "" for none."""

    service: str
    wanted: str
    loaded: str


def _wanted(service: Service | None) -> str:
    return service.address if service is not None and is_proxied(service) else ""


def _addressed(key: Proxy, name: str, service: Service | None, programmed: Programmed) -> Addressed:
    return Addressed(name, _wanted(service), dict(programmed).get(key.node, ""))


ADDRESSES = Query(SERVICE, ("name", "object", "programmed"), _addressed, DISTINCT)
"""Every Service, as the key's node has it."""


def _load(node: str, service: Service | None, programmed: Programmed) -> tuple[Service | None, Programmed]:
    others = tuple(entry for entry in programmed if entry[0] != node)
    wanted = _wanted(service)
    return service, tuple(sorted((*others, *(((node, wanted),) if wanted else ()))))


def with_addresses(sync: Rule) -> Rule:
    """The rule by which a node loads its rules, which loads the addresses of Services with them, all at once."""

    def decide(key: Proxy, addresses: tuple[Addressed, ...], **answers: Any) -> Iterable[Alternative]:
        load = Sweep(SERVICE, ("object", "programmed"), _load, key.node)
        found = tuple(sync.decide(key, **answers))
        for each in found:
            yield attrs.evolve(each, plan=(*each.plan, load))
        if not found and any(each.wanted != each.loaded for each in addresses):
            yield Alternative((load,), f"the rules of {key.node} match other addresses than Services have")

    return attrs.evolve(sync, decide=decide, queries={**sync.queries, "addresses": ADDRESSES})
