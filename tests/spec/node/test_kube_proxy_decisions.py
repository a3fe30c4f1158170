"""How a node's rules choose endpoints."""

from __future__ import annotations

from fractions import Fraction

import pytest
from frozendict import frozendict
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.node.kube_proxy_decisions import (
    Candidate,
    ProxyMode,
    admits,
    categorize,
    choices,
    health_check_answers,
    is_proxied,
    merged,
    mode_in_use,
)
from kubemodel.spec.objects.endpoint_slice import Endpoint
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.service import HEADLESS, Service, ServiceSpec


@given(st.integers(1, 20))
@pytest.mark.parametrize("mode", [ProxyMode.IPTABLES, ProxyMode.NFTABLES])
def test_a_packet_filter_chooses_evenly(mode: ProxyMode, endpoints: int) -> None:
    assert choices(mode, endpoints) == (Fraction(1, endpoints),) * endpoints


@given(st.integers(1, 20), st.data())
@pytest.mark.parametrize("mode", [ProxyMode.IPVS, ProxyMode.USERSPACE])
def test_a_round_robin_takes_one_after_the_other(mode: ProxyMode, endpoints: int, data: st.DataObject) -> None:
    last = data.draw(st.integers(-1, endpoints - 1))
    found = choices(mode, endpoints, last)
    assert [place for place, chance in enumerate(found) if chance] == [(last + 1) % endpoints]
    assert sum(found) == 1


def test_an_address_that_several_slices_list_counts_as_ready_where_one_says_so() -> None:
    ready, unready = Endpoint(), Endpoint(ready=False, serving=False)
    assert merged((unready, ready)) == ready
    assert merged((unready,)) == unready
    assert merged(()) is None


@pytest.mark.parametrize(
    ("service", "proxied"),
    [
        (Service(spec=ServiceSpec(cluster_ip="10.0.0.1")), True),
        (Service(spec=ServiceSpec(cluster_ip=HEADLESS)), False),
        (Service(spec=ServiceSpec(type="ExternalName", external_name="example.com")), False),
        (Service(ObjectMeta(labels=frozendict({"service.kubernetes.io/service-proxy-name": "other"}))), False),
    ],
)
def test_services_without_an_address_in_the_cluster_have_no_rules(service: Service, proxied: bool) -> None:
    assert is_proxied(service) is proxied


BALANCED = ServiceSpec(type="LoadBalancer", external_traffic_policy="Local")


@pytest.mark.parametrize(
    ("spec", "address", "admitted"),
    [
        (ServiceSpec(type="LoadBalancer"), "203.0.113.5", True),
        (ServiceSpec(type="LoadBalancer", load_balancer_source_ranges=("203.0.113.0/24",)), "203.0.113.5", True),
        (ServiceSpec(type="LoadBalancer", load_balancer_source_ranges=("203.0.113.0/24",)), "198.51.100.5", False),
        (ServiceSpec(type="NodePort", load_balancer_source_ranges=("203.0.113.0/24",)), "198.51.100.5", True),
        (ServiceSpec(type="LoadBalancer", load_balancer_source_ranges=("2001:db8::/32",)), "198.51.100.5", False),
    ],
)
def test_a_load_balancer_admits_its_ranges(spec: ServiceSpec, address: str, admitted: bool) -> None:
    assert admits(Service(spec=spec), address) is admitted


@pytest.mark.parametrize(
    ("spec", "ready", "deleted", "code"),
    [
        (BALANCED, 1, False, 200),
        (BALANCED, 0, False, 503),
        (BALANCED, 1, True, 503),
        (ServiceSpec(type="LoadBalancer"), 1, False, None),
        (ServiceSpec(type="NodePort", external_traffic_policy="Local"), 1, False, None),
    ],
)
def test_a_node_is_healthy_while_it_has_a_local_ready_endpoint(
    spec: ServiceSpec, ready: int, deleted: bool, code: int | None
) -> None:
    assert health_check_answers(Service(spec=spec), ready, node_deleted=deleted) == code


@pytest.mark.parametrize(
    ("asked", "supported", "mode"),
    [
        ("", {}, "iptables"),
        ("ipvs", {}, "ipvs"),
        ("ipvs", {"ipvs": False}, None),
        ("ipvs", {"ipvs": False, "falls_back": True}, "iptables"),
        ("nftables", {"ipvs": False}, "nftables"),
        ("", {"packet_filter": False}, None),
        ("ipvs", {"ipvs": False, "falls_back": True, "packet_filter": False}, None),
    ],
)
def test_a_mode_that_the_kernel_does_not_support(asked: str, supported: dict[str, bool], mode: str | None) -> None:
    assert mode_in_use(asked, **supported) == mode


def _near(node: str, zone: str, *endpoints: Endpoint, annotated: bool = False, service: Service | None = None) -> int:
    """How many of ``endpoints`` a node leads to."""
    found = [Candidate(number, each, False) for number, each in enumerate(endpoints)]
    labels = {"topology.kubernetes.io/zone": zone}
    usable = categorize(service or Service(), found, labels, node=node, annotated=annotated)
    return len(usable.cluster or ())


HERE, THERE = Endpoint(zones=("a",), nodes=("n1",)), Endpoint(zones=("b",), nodes=("n2",))


@pytest.mark.parametrize(
    ("node", "zone", "endpoints", "used"),
    [
        ("n1", "a", (HERE, THERE), 1),
        ("n3", "a", (HERE, HERE, THERE), 2),
        ("n3", "c", (HERE, THERE), 2),
        ("n1", "a", (HERE, Endpoint()), 2),
        ("n1", "a", (Endpoint(zones=("a",)), THERE), 1),
    ],
    ids=["its node", "its zone", "neither", "one without a hint", "one that names no node"],
)
def test_hints_count_where_all_have_them(node: str, zone: str, endpoints: tuple[Endpoint, ...], used: int) -> None:
    assert _near(node, zone, *endpoints) == used


def test_older_proxies_heed_zones_of_annotated_services_alone() -> None:
    auto = Service(ObjectMeta(annotations=frozendict({"service.kubernetes.io/topology-mode": "Auto"})))
    assert _near("n1", "a", HERE, THERE, annotated=True) == 2
    assert _near("n1", "a", HERE, HERE, THERE, annotated=True, service=auto) == 2
