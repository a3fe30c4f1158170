"""How a node's rules choose endpoints."""

from __future__ import annotations

from fractions import Fraction

import pytest
from frozendict import frozendict
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.node.kube_proxy_decisions import ProxyMode, choices, is_proxied, merged
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
