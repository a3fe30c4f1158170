"""Which records Services and pods get, and how queries are answered."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.addons.dns.records import (
    Answer,
    Code,
    PodNames,
    Published,
    Record,
    RecordType,
    Slice,
    View,
    answer,
    endpoint_label,
    records,
    records_of,
)
from kubemodel.spec.addons.dns.search import MOST_PATHS, asked_for, search_paths
from kubemodel.spec.objects.endpoint_slice import Endpoint, EndpointPort
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.service import HEADLESS, Service, ServicePort, ServiceSpec

WEB = "web.shop.svc.cluster.local"
PORTS = (ServicePort("http", "TCP", 80), ServicePort("", "TCP", 81))
META = ObjectMeta(name="web", namespace="shop")
LISTENING = (EndpointPort("http", 8080, "TCP"), EndpointPort("", 8081, "TCP"))


def _service(address: str) -> Service:
    return Service(META, ServiceSpec(cluster_ip=address, ports=PORTS))


ADDRESSES = st.ip_addresses().map(str)
ENDPOINTS = st.builds(
    Endpoint,
    addresses=st.tuples(ADDRESSES),
    ready=st.booleans(),
    hostname=st.sampled_from(("", "web-0", "Web-1")),
)
SLICES = st.lists(st.builds(Slice, st.just(LISTENING), st.lists(ENDPOINTS, max_size=4).map(tuple)), max_size=2)
PUBLISHED = st.builds(Published, st.one_of(st.just(HEADLESS), st.just(""), ADDRESSES).map(_service), SLICES.map(tuple))
VIEWS = st.builds(View, st.tuples(PUBLISHED))


def _view(address: str, *endpoints: Endpoint) -> View:
    return View((Published(_service(address), (Slice(LISTENING, endpoints),)),))


def _data(found: Answer | None) -> list[str]:
    assert found is not None
    return [record.data for record in found.records]


@given(ADDRESSES, SLICES)
def test_the_address_of_a_service_does_not_depend_on_its_endpoints(address: str, slices: list[Slice]) -> None:
    service = _service(address)
    assert records_of(Published(service, tuple(slices))) == records_of(Published(service))


@given(SLICES)
def test_a_headless_service_has_the_addresses_of_its_ready_endpoints(slices: list[Slice]) -> None:
    view = View((Published(_service(HEADLESS), tuple(slices)),))
    found = [answer(view, WEB, kind) for kind in (RecordType.A, RecordType.AAAA)]
    ready = {one for each in slices for endpoint in each.endpoints if endpoint.ready for one in endpoint.addresses}
    assert sorted(address for each in found for address in _data(each)) == sorted(ready)
    if not ready:
        assert found == [Answer(Code.NO_SUCH_NAME)] * 2
    elif all(":" in address for address in ready):
        assert found[0] == Answer(Code.NO_DATA)


@given(VIEWS)
def test_every_target_and_every_address_leads_back(view: View) -> None:
    held = records(view)
    for record in (each for found in held.values() for each in found):
        if record.type is RecordType.SRV:
            assert {each.type for each in held[record.data]} & {RecordType.A, RecordType.AAAA}
            assert record.port in (80, 8080)
        if record.type is RecordType.PTR:
            assert record.name in {ip_address(each.data).reverse_pointer for each in held[record.data]}


@given(VIEWS, st.sampled_from((WEB, f"_http._tcp.{WEB}", f"none.{WEB}")), st.sampled_from(RecordType))
def test_an_answer_tells_a_missing_type_from_a_missing_name(view: View, name: str, kind: RecordType) -> None:
    found = answer(view, name, kind)
    assert found is not None
    assert (found.code is Code.SUCCESS) == bool(found.records)
    assert all(record.type is kind and record.name == name for record in found.records)
    assert (found.code is Code.NO_SUCH_NAME) == (name not in records(view))


@given(VIEWS, st.sampled_from(RecordType))
def test_names_are_the_same_in_any_case(view: View, kind: RecordType) -> None:
    assert answer(view, WEB.upper() + ".", kind) == answer(view, WEB, kind)


def test_only_named_ports_have_names() -> None:
    cluster, headless = _view("10.0.0.7"), _view(HEADLESS, Endpoint(("10.1.0.1",), hostname="web-0"))
    name = f"_http._tcp.{WEB}"
    assert answer(cluster, name, RecordType.SRV) == Answer(Code.SUCCESS, (Record(name, RecordType.SRV, WEB, 80),))
    assert answer(headless, name, RecordType.SRV) == Answer(
        Code.SUCCESS, (Record(name, RecordType.SRV, f"web-0.{WEB}", 8080),)
    )
    found = [each for view in (cluster, headless) for held in records(view).values() for each in held]
    assert [each.port for each in found if each.type is RecordType.SRV] == [80, 8080]


def test_addresses_lead_to_names() -> None:
    assert _data(answer(_view("10.0.0.7"), "7.0.0.10.in-addr.arpa", RecordType.PTR)) == [WEB]
    headless = _view(HEADLESS, Endpoint(("10.1.0.1",)))
    assert _data(answer(headless, "1.0.1.10.in-addr.arpa", RecordType.PTR)) == [f"10-1-0-1.{WEB}"]
    assert answer(headless, "2.0.1.10.in-addr.arpa", RecordType.PTR) == Answer(Code.NO_SUCH_NAME)


def test_the_name_of_an_endpoint_is_its_host_name_or_its_address() -> None:
    assert endpoint_label(Endpoint(hostname="web-0"), "10.1.0.1") == "web-0"
    assert endpoint_label(Endpoint(), "10.1.0.1") == "10-1-0-1"
    assert endpoint_label(Endpoint(), "fd00::1") == "fd00--1"


def test_the_peers_of_a_stateful_set_have_names_before_they_are_ready_only_where_all_are_published() -> None:
    peer = Endpoint(("10.1.0.1",), ready=False, serving=False, hostname="web-0")
    assert answer(_view(HEADLESS, peer), f"web-0.{WEB}", RecordType.A) == Answer(Code.NO_SUCH_NAME)
    published = Endpoint(("10.1.0.1",), ready=True, serving=False, hostname="web-0")
    assert _data(answer(_view(HEADLESS, published), f"web-0.{WEB}", RecordType.A)) == ["10.1.0.1"]


@pytest.mark.parametrize("kind", list(RecordType))
def test_an_external_name_is_answered_with_what_it_stands_for(kind: RecordType) -> None:
    service = Service(META, ServiceSpec(type="ExternalName", external_name="db.example.com", ports=PORTS))
    found = answer(View((Published(service),)), WEB, kind)
    assert found == Answer(Code.SUCCESS, (Record(WEB, RecordType.CNAME, "db.example.com"),))


@pytest.mark.parametrize(
    ("names", "name", "kind", "code"),
    [
        (PodNames.DISABLED, "10-1-0-1.shop", RecordType.A, Code.NO_SUCH_NAME),
        (PodNames.INSECURE, "10-1-0-2.any", RecordType.A, Code.SUCCESS),
        (PodNames.INSECURE, "10-1-0-2.any", RecordType.SRV, Code.NO_DATA),
        (PodNames.INSECURE, "10-1-0-999.any", RecordType.A, Code.NO_SUCH_NAME),
        (PodNames.INSECURE, "shop", RecordType.A, Code.NO_SUCH_NAME),
        (PodNames.VERIFIED, "10-1-0-1.shop", RecordType.A, Code.SUCCESS),
        (PodNames.VERIFIED, "10-1-0-1.any", RecordType.A, Code.NO_SUCH_NAME),
        (PodNames.VERIFIED, "10-1-0-2.shop", RecordType.A, Code.NO_SUCH_NAME),
    ],
)
def test_names_of_pods(names: PodNames, name: str, kind: RecordType, code: Code) -> None:
    view = View(pods=frozenset({("shop", "10.1.0.1")}), pod_names=names)
    found = answer(view, f"{name}.pod.cluster.local", kind)
    assert found is not None
    assert found.code is code
    assert _data(found) == ([name.split(".")[0].replace("-", ".")] if code is Code.SUCCESS else [])


def test_a_server_without_its_caches_cannot_say_and_other_zones_are_not_its_own() -> None:
    assert answer(None, WEB, RecordType.A) == Answer(Code.FAILURE)
    assert answer(None, "example.com", RecordType.A) is None
    assert answer(View(), "example.com", RecordType.A) is None
    assert answer(View(), "notcluster.local", RecordType.A) is None
    assert _data(answer(View(), "dns-version.cluster.local", RecordType.TXT)) == ["1.1.0"]


def test_short_names_find_services_of_the_own_namespace_and_of_others() -> None:
    paths = search_paths("shop")
    view = _view("10.0.0.7")
    for name, place in (("web", 0), ("web.shop", 1), ("web.shop.svc", 2), (WEB, 3)):
        found = [answer(view, tried, RecordType.A) for tried in asked_for(name, paths)]
        codes = [each.code if each is not None else None for each in found]
        assert codes.index(Code.SUCCESS) == place
        assert set(codes[:place]) <= {Code.NO_SUCH_NAME}


def test_a_short_name_of_another_zone_costs_queries_that_find_nothing() -> None:
    found = [answer(View(), name, RecordType.A) for name in asked_for("example.com", search_paths("shop"))]
    assert found == [*[Answer(Code.NO_SUCH_NAME)] * 3, None]


def test_a_full_name_is_asked_for_as_it_is() -> None:
    assert asked_for("web.", search_paths("shop")) == ("web",)
    assert asked_for("a.b.c.d.e.f", search_paths("shop")) == ("a.b.c.d.e.f",)


@given(st.lists(st.just("node.example"), max_size=40))
def test_a_pod_searches_its_own_paths_first_and_not_too_many(of_node: list[str]) -> None:
    found = search_paths("shop", of_node=tuple(of_node))
    assert found[:3] == ("shop.svc.cluster.local", "svc.cluster.local", "cluster.local")
    assert len(found) == min(3 + len(of_node), MOST_PATHS)
