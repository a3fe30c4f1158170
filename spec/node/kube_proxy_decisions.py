"""Which endpoints a node's rules lead to, and how one of them is chosen (kube-proxy §3, §4, §5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from fractions import Fraction
from ipaddress import ip_address, ip_network
from typing import Generic, TypeVar

import attrs

from ..control_plane.controllers.endpointslice_decisions import ZONE_LABEL
from ..objects.endpoint_slice import Endpoint
from ..objects.service import LOCAL, Service
from ..objects.service_hints import asks_for_hints

Item = TypeVar("Item")


def is_proxied(service: Service) -> bool:
    """Whether there are rules for the Service at all: it has an address in the cluster (kube-proxy §1)."""
    ignored = "service.kubernetes.io/service-proxy-name" in service.metadata.labels
    return service.spec.type != "ExternalName" and not service.spec.headless and not ignored


def externally_reachable(service: Service) -> bool:
    """Whether it takes traffic from outside: by node port, load balancer or external address."""
    return service.spec.type in ("NodePort", "LoadBalancer") or bool(service.spec.external_ips)


def uses_cluster_endpoints(service: Service) -> bool:
    """Whether some of its traffic may go to endpoints anywhere; clients on the node go so to an external address."""
    return service.spec.internal_traffic_policy != LOCAL or externally_reachable(service)


def uses_local_endpoints(service: Service) -> bool:
    """Whether some of its traffic may go to endpoints on the node only."""
    external = service.spec.external_traffic_policy == LOCAL and externally_reachable(service)
    return service.spec.internal_traffic_policy == LOCAL or external


@attrs.frozen
class Candidate(Generic[Item]):
    """An endpoint of a service port, whose it is, and whether it is on the proxy's own node."""

    item: Item
    endpoint: Endpoint
    local: bool


@attrs.frozen
class Usable(Generic[Item]):
    """The endpoints for traffic to anywhere and for traffic that stays on the node; None: no traffic of that sort.

    ``any``: there are endpoints somewhere that would do, so that traffic without one is dropped, not rejected.
    """

    cluster: tuple[Item, ...] | None
    local: tuple[Item, ...] | None
    any: bool

    @property
    def all(self) -> tuple[Item, ...]:
        """Every endpoint that some traffic goes to."""
        cluster = self.cluster or ()
        return (*cluster, *(item for item in self.local or () if item not in cluster))


def categorize(
    service: Service,
    candidates: Iterable[Candidate[Item]],
    node_labels: Mapping[str, str],
    *,
    node: str = "",
    hints: bool = True,
    annotated: bool = False,
    terminating: bool = True,
) -> Usable[Item]:
    """The endpoints that a node's rules use.

    Ready ones; where there is none, those that terminate and still serve. ``hints``: topology hints are heeded;
    ``annotated``: only those of zones, of Services with the annotation, as in Kubernetes 1.28. ``node``: its own.
    ``terminating``: that fallback exists, as it does since Kubernetes 1.26.
    """
    found = tuple(candidates)
    ready = tuple(it for it in found if it.endpoint.ready)
    last = tuple(it for it in found if terminating and it.endpoint.serving and it.endpoint.terminating)
    cluster: tuple[Candidate[Item], ...] | None = None
    if uses_cluster_endpoints(service):
        heeded = hints and (asks_for_hints(service) or not annotated)
        cluster = (_near(ready, node_labels, "" if annotated else node) if heeded else ready) or last
    local: tuple[Candidate[Item], ...] | None = None
    if uses_local_endpoints(service):
        local = tuple(it for it in ready if it.local) or tuple(it for it in last if it.local)
    exist = bool(ready or last) if local is not None else bool(cluster)
    return Usable(_items(cluster), _items(local), exist)


def _near(ready: tuple[Candidate[Item], ...], node_labels: Mapping[str, str], node: str) -> tuple[Candidate[Item], ...]:
    """Those that are meant for the node, else those for its zone, else all: every one must have a hint of that sort."""
    zone = node_labels.get(ZONE_LABEL, "")
    for_node = tuple(it for it in ready if node in it.endpoint.nodes)
    if for_node and all(it.endpoint.nodes for it in ready):
        return for_node
    for_zone = tuple(it for it in ready if zone in it.endpoint.zones)
    return for_zone if for_zone and all(it.endpoint.zones for it in ready) else ready


def _items(candidates: tuple[Candidate[Item], ...] | None) -> tuple[Item, ...] | None:
    return None if candidates is None else tuple(it.item for it in candidates)


def merged(endpoints: Iterable[Endpoint]) -> Endpoint | None:
    """What a proxy makes of an address that several slices of a Service list: the first that is ready, else the first.

    None for an address that none lists.
    """
    listed = tuple(endpoints)
    return next((it for it in listed if it.ready), listed[0] if listed else None)


def admits(service: Service, address: str) -> bool:
    """Whether the load balancer's address of a Service lets a client in: its ranges, if any, say so (kube-proxy §4)."""
    ranges = service.spec.load_balancer_source_ranges if service.spec.type == "LoadBalancer" else ()
    return not ranges or any(ip_address(address) in ip_network(each.strip(), strict=False) for each in ranges)


def health_check_answers(service: Service, local_ready: int, *, node_deleted: bool = False) -> int | None:
    """What a node's health check port of a Service answers: 200 or 503; None: the Service has none (kube-proxy §4).

    ``local_ready``: its ready endpoints on the node. A node that is being deleted fails its checks.
    """
    if service.spec.type != "LoadBalancer" or service.spec.external_traffic_policy != LOCAL:
        return None
    return 200 if local_ready and not node_deleted else 503


def mode_in_use(asked: str, *, ipvs: bool = True, packet_filter: bool = True, falls_back: bool = False) -> str | None:
    """The mode of a proxy that is asked for ``asked``, "" for the default; None: it cannot run (kube-proxy §5).

    ``ipvs``, ``packet_filter``: what the node's kernel supports. ``falls_back``: older versions take iptables where
    there is no ipvs. Nothing is left to fall back to without a packet filter, since userspace is gone.
    """
    mode = asked or ProxyMode.IPTABLES.value
    if mode == ProxyMode.IPVS.value and not ipvs:
        mode = ProxyMode.IPTABLES.value if falls_back else ""
    return mode if mode and packet_filter else None


class ProxyMode(Enum):
    """What carries out a node's rules."""

    IPTABLES = "iptables"
    NFTABLES = "nftables"
    IPVS = "ipvs"
    USERSPACE = "userspace"

    @property
    def retries(self) -> bool:
        """Whether a connection that an endpoint refuses is tried at the next one: only where the proxy forwards it."""
        return self is ProxyMode.USERSPACE


def choices(mode: ProxyMode, endpoints: int, last: int = -1) -> tuple[Fraction, ...]:
    """The probability with which a new connection goes to each of ``endpoints`` (kube-proxy §5).

    iptables has one rule an endpoint, of which the i-th matches with probability 1/(n-i); nftables draws a number
    modulo n. ipvs and the proxy that forwards itself take one after the other; ``last``: the one that was taken before.
    """
    if mode in (ProxyMode.IPVS, ProxyMode.USERSPACE):
        return tuple(Fraction(place == (last + 1) % endpoints) for place in range(endpoints))
    if mode is ProxyMode.NFTABLES:
        return (Fraction(1, endpoints),) * endpoints
    found: list[Fraction] = []
    for place in range(endpoints):
        found.append((1 - sum(found)) * Fraction(1, endpoints - place))
    return tuple(found)
