"""Hints of endpoints: near to clients, or shared out among zones by their CPU (controllers-cluster §3)."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from frozendict import frozendict
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.controllers.endpoint_hints import (
    OVERLOAD,
    Distribution,
    Topology,
    distribution,
    hinted,
    shared_out,
)
from kubemodel.spec.objects.endpoint_slice import Endpoint
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.service import Service, ServiceSpec
from kubemodel.spec.objects.service_hints import MODE_ANNOTATION

AUTO = Service(ObjectMeta("web", annotations=frozendict({MODE_ANNOTATION: "Auto"})))
TWO = Topology({"n1": "a", "n2": "b"}, {"n1": 4000, "n2": 4000})


def _preferring(what: str) -> Service:
    return Service(ObjectMeta("web"), ServiceSpec(traffic_distribution=what))


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (_preferring("PreferClose"), Distribution.ZONE),
        (_preferring("PreferSameZone"), Distribution.ZONE),
        (_preferring("PreferSameNode"), Distribution.NODE),
        (_preferring(""), Distribution.EVERYBODY),
        (AUTO, Distribution.AUTO),
    ],
)
def test_a_service_asks_for(service: Service, expected: Distribution) -> None:
    assert distribution(service) is expected


@pytest.mark.parametrize(
    ("what", "zones", "nodes"),
    [("PreferClose", ("a",), ()), ("PreferSameNode", ("a",), ("n1",)), ("", (), ())],
)
def test_an_endpoint_is_meant_for_its_own(what: str, zones: tuple[str, ...], nodes: tuple[str, ...]) -> None:
    endpoints = {"x": Endpoint(node_name="n1"), "y": Endpoint(ready=False, node_name="n1")}
    found = hinted(_preferring(what), endpoints, TWO)
    assert (found["x"].zones, found["x"].nodes) == (zones, nodes)
    assert (found["y"].zones, found["y"].nodes) == ((), ())


@pytest.mark.parametrize(
    ("ready", "topology", "expected"),
    [
        (["a", "b"], TWO, {"a": 1, "b": 1}),
        (["a", "a", "a", "b"], TWO, {"a": 2, "b": 2}),
        (["a", "a", "a", "b", "b"], TWO, {}),
        (["a"], TWO, {}),
        (["a", ""], TWO, {}),
        (["a", "a"], Topology({"n1": "a"}, {"n1": 4000}), {}),
        (["a", "b"], Topology({"n1": "a", "n2": "b"}, {"n1": 4000, "n2": 0}), {}),
        (["a", "b"], Topology({"n1": "a", "n2": "b"}, {"n1": 8000, "n2": 1000}), {}),
    ],
    ids=[
        "even",
        "one moves",
        "an odd number",
        "fewer than zones",
        "no zone",
        "one zone",
        "no CPU",
        "infeasible",
    ],
)
def test_zones_get_their_share(ready: list[str], topology: Topology, expected: dict[str, int]) -> None:
    found = shared_out(dict(enumerate(ready)), topology)
    assert Counter(found.values()) == expected


@given(
    st.lists(st.sampled_from("abc"), max_size=12),
    st.fixed_dictionaries({zone: st.integers(1, 16) for zone in "abc"}),
)
def test_no_endpoint_gets_more_than_a_fifth_above_the_average(ready: list[str], cores: dict[str, int]) -> None:
    topology = Topology({zone: zone for zone in "abc"}, {zone: 1000 * number for zone, number in cores.items()})
    found = shared_out(dict(enumerate(ready)), topology)
    counts = Counter(found.values())
    assert not found or len(found) == len(ready)
    for zone, number in cores.items() if found else ():
        share = Fraction(number * len(ready), sum(cores.values()))
        assert share / counts[zone] <= 1 + OVERLOAD


def test_hints_are_taken_away_from_all_where_one_endpoint_has_no_zone() -> None:
    endpoints = {"x": Endpoint(node_name="n1"), "y": Endpoint(node_name="n3")}
    assert {it.zones for it in hinted(AUTO, endpoints, TWO).values()} == {()}
