from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.scheduler.filters.pod_topology_spread import domain_counts, pod_topology_spread
from kubemodel.spec.control_plane.scheduler.filters.verdict import FEASIBLE, unresolvable, unschedulable
from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot
from kubemodel.spec.objects.decoding import decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.pod import Pod

REASON = "node(s) didn't match pod topology spread constraints"


def node(name: str, **labels: str) -> Node:
    return decode_node({"metadata": {"name": name, "labels": labels}})


def pod(on: str = "", **constraint: Any) -> Pod:
    spread = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "web"}}, **constraint}
    spec = {"nodeName": on, "topologySpreadConstraints": [spread]}
    return decode_pod({"metadata": {"labels": {"app": "web"}}, "spec": spec})


ZONES = (node("n1", zone="a"), node("n2", zone="b"), node("n3", zone="c"))


@given(st.lists(st.sampled_from(["n1", "n2", "n3"]), max_size=8), st.integers(1, 3))
def test_the_pod_may_join_a_domain_iff_the_skew_stays_within_bounds(places: list[str], max_skew: int) -> None:
    snapshot = Snapshot(ZONES, tuple(pod(on=place) for place in places))
    fewest = min(places.count(each.metadata.name) for each in ZONES)
    for each in ZONES:
        skew = places.count(each.metadata.name) + 1 - fewest
        verdict = pod_topology_spread(pod(maxSkew=max_skew), each, snapshot)
        assert verdict == (FEASIBLE if skew <= max_skew else unschedulable(REASON))


def test_a_node_without_the_key_is_hopeless() -> None:
    bare = node("bare")
    expected = unresolvable(f"{REASON} (missing required label)")
    assert pod_topology_spread(pod(), bare, Snapshot((*ZONES, bare))) == expected


def test_too_few_domains_make_the_minimum_zero() -> None:
    snapshot = Snapshot(ZONES, tuple(pod(on=each.metadata.name) for each in ZONES))
    assert pod_topology_spread(pod(minDomains=3), ZONES[0], snapshot) == FEASIBLE
    assert pod_topology_spread(pod(minDomains=4), ZONES[0], snapshot) == unschedulable(REASON)


def test_soft_constraints_forbid_nothing() -> None:
    soft = pod(whenUnsatisfiable="ScheduleAnyway")
    assert domain_counts(soft, Snapshot(ZONES)) == ()
    assert pod_topology_spread(soft, node("bare"), Snapshot(ZONES)) == FEASIBLE


def test_terminating_pods_are_not_counted() -> None:
    leaving = decode_pod({"metadata": {"labels": {"app": "web"}, "deletionTimestamp": 1}, "spec": {"nodeName": "n1"}})
    (domains,) = domain_counts(pod(), Snapshot(ZONES, (leaving,)))
    assert domains.counts == {"a": 0, "b": 0, "c": 0}


def test_a_selector_without_requirements_counts_no_pod() -> None:
    (domains,) = domain_counts(pod(labelSelector={}), Snapshot(ZONES, (pod(on="n1"),)))
    assert domains.counts == {"a": 0, "b": 0, "c": 0}
