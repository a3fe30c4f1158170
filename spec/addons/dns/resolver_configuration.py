"""What the kubelet writes into a pod's /etc/resolv.conf, by the pod's DNS policy (dns-addons §3).

It is written when the pod's sandbox is created, and never again: what changes later needs a new pod.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

import attrs

from .records import CLUSTER_DOMAIN
from .search import MOST_DOTS, MOST_PATHS, search_paths

CLUSTER_FIRST, CLUSTER_FIRST_WITH_HOST_NET = "ClusterFirst", "ClusterFirstWithHostNet"
DEFAULT, NONE = "Default", "None"
POLICIES = (CLUSTER_FIRST, CLUSTER_FIRST_WITH_HOST_NET, DEFAULT, NONE)
"""DNS policies: the cluster's server; also for a pod in its node's network; as the node has it; dnsConfig alone."""

MOST_NAMESERVERS = 3
MOST_SEARCH_CHARACTERS = 2048
"""How many name servers count, and how long all search paths may be together, with a space between any two."""

ORDINARY_DOTS = 1
"""``ndots`` where nobody says anything."""


@attrs.frozen(cache_hash=True)
class DnsConfig:
    """``spec.dnsConfig`` of a pod, as far as it says where names are looked up. ``dots``: the option ndots, if any."""

    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    dots: int | None = None


@attrs.frozen(cache_hash=True)
class ResolverConfiguration:
    """What /etc/resolv.conf says: whom to ask, what to try behind a name, from how many dots on a name is full."""

    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    dots: int = ORDINARY_DOTS


NODE = ResolverConfiguration(("the node's name server",))
"""The resolv.conf of a node of which nothing is known."""


def asks_cluster(policy: str, *, host_network: bool) -> bool:
    """Whether the policy means the cluster's DNS server: ClusterFirst does not in the node's own network."""
    return policy == CLUSTER_FIRST_WITH_HOST_NET or (policy == CLUSTER_FIRST and not host_network)


def resolver_configuration(
    policy: str = CLUSTER_FIRST,
    namespace: str = "default",
    cluster_dns: str = "",
    *,
    host_network: bool = False,
    config: DnsConfig = DnsConfig(),
    node: ResolverConfiguration = NODE,
    domain: str = CLUSTER_DOMAIN,
) -> ResolverConfiguration:
    """What the kubelet writes. ``cluster_dns``: its flag; where that is not set, all is as the node has it.

    ``dnsConfig`` is merged in all cases; what is beyond the limits is left out.
    """
    base = node
    if policy == NONE:
        base = ResolverConfiguration()
    elif asks_cluster(policy, host_network=host_network) and cluster_dns:
        base = ResolverConfiguration((cluster_dns,), search_paths(namespace, domain, node.searches), MOST_DOTS)
    nameservers = dict.fromkeys((*base.nameservers, *config.nameservers))
    searches = dict.fromkeys((*base.searches, *config.searches))
    return ResolverConfiguration(
        tuple(nameservers)[:MOST_NAMESERVERS],
        _short(searches),
        base.dots if config.dots is None else config.dots,
    )


def _short(searches: Iterable[str]) -> tuple[str, ...]:
    """The search paths up to the limits of their number and of their length."""
    found = tuple(searches)[:MOST_PATHS]
    lengths = accumulate(len(path) + 1 for path in found)
    return tuple(path for path, length in zip(found, lengths, strict=True) if length - 1 <= MOST_SEARCH_CHARACTERS)
