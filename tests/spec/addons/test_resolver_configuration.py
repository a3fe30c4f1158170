"""What stands in a pod's /etc/resolv.conf, and which names are tried (dns-addons §3)."""

from __future__ import annotations

import pytest
from kubemodel.spec.addons.dns.resolver_configuration import (
    CLUSTER_FIRST,
    CLUSTER_FIRST_WITH_HOST_NET,
    DEFAULT,
    MOST_SEARCH_CHARACTERS,
    NODE,
    NONE,
    DnsConfig,
    ResolverConfiguration,
    resolver_configuration,
)
from kubemodel.spec.addons.dns.search import asked_for

DNS = "10.96.0.10"
OF_CLUSTER = ResolverConfiguration(
    (DNS,), ("shop.svc.cluster.local", "svc.cluster.local", "cluster.local", "node.example"), 5
)
OF_NODE = ResolverConfiguration(("192.0.2.1",), ("node.example",))


@pytest.mark.parametrize(
    ("policy", "host_network", "expected"),
    [
        (CLUSTER_FIRST, False, OF_CLUSTER),
        (CLUSTER_FIRST, True, OF_NODE),
        (CLUSTER_FIRST_WITH_HOST_NET, True, OF_CLUSTER),
        (CLUSTER_FIRST_WITH_HOST_NET, False, OF_CLUSTER),
        (DEFAULT, False, OF_NODE),
        (NONE, False, ResolverConfiguration()),
    ],
)
def test_the_policy_says_whose_server_is_asked(
    policy: str, host_network: bool, expected: ResolverConfiguration
) -> None:
    assert resolver_configuration(policy, "shop", DNS, host_network=host_network, node=OF_NODE) == expected


def test_without_a_cluster_server_all_is_as_the_node_has_it() -> None:
    assert resolver_configuration(CLUSTER_FIRST, "shop") == NODE


def test_what_the_pod_says_is_merged() -> None:
    config = DnsConfig(("192.0.2.9", DNS), ("shop.example",), 1)
    found = resolver_configuration(CLUSTER_FIRST, "shop", DNS, config=config)
    assert found.nameservers == (DNS, "192.0.2.9")
    assert found.searches[-1] == "shop.example"
    assert found.dots == 1
    only = resolver_configuration(NONE, "shop", DNS, config=config)
    assert only == ResolverConfiguration(("192.0.2.9", DNS), ("shop.example",), 1)


def test_there_are_limits() -> None:
    many = DnsConfig(tuple(f"192.0.2.{n}" for n in range(5)), tuple(f"zone-{n}.example" for n in range(40)))
    found = resolver_configuration(NONE, config=many)
    assert (len(found.nameservers), len(found.searches)) == (3, 32)
    long = DnsConfig(searches=("a" * 1000, "b" * 1000, "c" * 46, "d" * 47))
    kept = resolver_configuration(NONE, config=long).searches
    assert [path[0] for path in kept] == ["a", "b", "c"]
    assert len(" ".join(kept)) == MOST_SEARCH_CHARACTERS


@pytest.mark.parametrize(
    ("name", "tried"),
    [
        (
            "web",
            ["web.shop.svc.cluster.local", "web.svc.cluster.local", "web.cluster.local", "web.node.example", "web"],
        ),
        ("payments.com", ["payments.com.shop.svc.cluster.local", "payments.com.svc.cluster.local"]),
        ("payments.com.", ["payments.com"]),
        ("a.b.c.d.e.f", ["a.b.c.d.e.f"]),
    ],
)
def test_short_names_are_tried_in_the_search_path_first(name: str, tried: list[str]) -> None:
    found = asked_for(name, OF_CLUSTER.searches, OF_CLUSTER.dots)
    assert list(found[: len(tried)]) == tried
    assert found[-1] == name.removesuffix(".")
