"""What becomes of a name on its way: policies, search paths, dots (dns-addons §3, §6)."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.environment.asked_names import STRAIGHT, Way, asks_in_its_own_way, way_of
from kubemodel.spec.environment.dns_answers import (
    FOUND,
    NO_SUCH_NAME,
    OUTSIDE,
    UNANSWERED,
    UNASKED,
    Looking,
    Told,
    told,
)
from kubemodel.spec.environment.traffic import Backend
from kubemodel.spec.language.scenario import Client
from kubemodel.spec.manifests.errors import InputError
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.service import Service, ServiceSpec

from ..exploration import bare_pod, dns_server, explore, scenario, service

DNS = Service(ObjectMeta("kube-dns", "kube-system"), ServiceSpec(cluster_ip="10.96.0.10"))
NONE = {"dns_policy": "None"}
WEB, PAYMENTS = Service(ObjectMeta("web", "shop")), Service(ObjectMeta("payments", "com"))


def _way(asks_for: str, of: Service = WEB, **said: Any) -> Way:
    return way_of(Client(of.metadata.name, "node-1", by_name=True, asks_for=asks_for, **said), of, DNS)


@pytest.mark.parametrize(
    ("asks_for", "said", "expected"),
    [
        ("web", {"namespace": "shop"}, Way(before=0)),
        ("web", {}, Way(reaches=False, before=4)),
        ("web.shop", {}, Way(before=1)),
        ("web.shop.svc", {}, Way(before=2)),
        ("web.shop.svc.cluster.local", {}, Way(before=3)),
        ("web.shop.svc.cluster.local.", {}, Way(before=0)),
        ("WEB.Shop", {}, Way(before=1)),
        ("web.shop", {"dns_dots": 1}, Way(reaches=False, before=1)),
        ("web.shop", {"host_network": True}, Way(False, False, 1)),
        ("web.shop", {"host_network": True, "dns_policy": "ClusterFirstWithHostNet"}, Way(before=1)),
        ("web.shop", {"dns_policy": "Default"}, Way(False, False, 1)),
        ("web.shop", {**NONE, "dns_nameservers": ("192.0.2.1",)}, Way(False, False, 1)),
        (
            "web.shop",
            {
                "dns_policy": "None",
                "dns_nameservers": ("10.96.0.10",),
                "dns_searches": ("svc.cluster.local",),
                "dns_dots": 2,
            },
            Way(before=0),
        ),
    ],
)
def test_a_service_is_found_by(asks_for: str, said: dict[str, Any], expected: Way) -> None:
    assert _way(asks_for, **said) == expected


def test_a_namespace_called_like_a_public_domain_captures_its_names() -> None:
    assert _way("payments.com", PAYMENTS, means_outside=True).reaches
    assert not _way("payments.com.", PAYMENTS, means_outside=True).reaches
    assert not _way("payments.com", PAYMENTS, means_outside=True, dns_dots=1).reaches


def test_who_says_nothing_asks_straight() -> None:
    plain = Client("web", "node-1", by_name=True)
    assert not asks_in_its_own_way(plain)
    assert asks_in_its_own_way(Client("web", "node-1", by_name=True, host_network=True))
    assert Looking(plain, UNASKED).way == STRAIGHT


@pytest.mark.parametrize(
    ("way", "of", "up", "expected"),
    [
        (Way(outside=True), PAYMENTS, True, FOUND),
        (Way(outside=True), None, True, OUTSIDE),
        (Way(reaches=False, outside=True), PAYMENTS, True, OUTSIDE),
        (Way(reaches=False), PAYMENTS, True, NO_SUCH_NAME),
        (Way(outside=True), PAYMENTS, False, UNANSWERED),
        (Way(False, False, outside=True), PAYMENTS, False, OUTSIDE),
        (Way(False, False), PAYMENTS, False, NO_SUCH_NAME),
    ],
    ids=["captured", "no Service", "a full name", "another namespace", "no server", "the node's server", "and no host"],
)
def test_what_comes_of_it(way: Way, of: Service | None, up: bool, expected: str) -> None:
    key = Looking(Client("payments", "node-1", by_name=True), UNASKED, way=way)
    assert [answer.result for answer in told(key, of, False, (Backend(up, False),))] == [expected]
    assert told(key, of, False, ())[0] == (Told(expected) if not way.cluster else Told(UNANSWERED))


def _asking(**said: Any) -> dict[str, str]:
    asked = scenario(
        bare_pod(),
        service(),
        *dns_server(),
        start="running",
        clients=[{"service": "web", "node": "node-1", "byName": True, **said}],
    )
    return dict(explore(asked).violated)


def test_a_pod_in_its_nodes_network_does_not_find_services_unless_its_policy_says_so() -> None:
    assert "answers-eventually-current" in _asking(hostNetwork=True)
    assert _asking(hostNetwork=True, dnsPolicy="ClusterFirstWithHostNet") == {}
    assert _asking(asksFor="web") == {}
    assert "answers-eventually-current" in _asking(asksFor="web", namespace="shop")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"byName": False, "asksFor": "web"}, "looks none up"),
        ({"meansOutside": True}, "does not say by which name"),
        ({"asksFor": "web-0.web"}, "the name of a single endpoint"),
    ],
)
def test_what_a_client_says_of_names_makes_sense(said: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        _asking(**said)
