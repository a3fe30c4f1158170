"""What the strategies of a descheduler evict, by their laws."""

from __future__ import annotations

import itertools
import math
from typing import Any

import attrs
from frozendict import frozendict
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.addons.descheduler_decisions import (
    REMOVE_DUPLICATES,
    TOPOLOGY_SPREAD,
    Cluster,
    Placed,
    first_of,
    gifts,
    given_away,
    has_local_storage,
    may_be_evicted,
    rounds,
    surplus,
)
from kubemodel.spec.objects.affinity import TopologySpreadConstraint
from kubemodel.spec.objects.containers import Container
from kubemodel.spec.objects.metadata import ObjectMeta, OwnerReference
from kubemodel.spec.objects.node import Node, NodeSpec, NodeStatus
from kubemodel.spec.objects.pod import Pod, PodSpec
from kubemodel.spec.objects.selectors import LabelSelector
from kubemodel.spec.objects.taints import Taint

SIZES = st.lists(st.integers(0, 9), min_size=1, max_size=6)
_LABELS = frozendict(app="web")
_ROOM = NodeStatus(allocatable=frozendict(cpu=4000, memory=2**34, pods=110))


def _pod(node: str, kind: str = "ReplicaSet", soft: bool = False, **spec: Any) -> Pod:
    owner = OwnerReference(kind, "web", 1, controller=True)
    when = "ScheduleAnyway" if soft else "DoNotSchedule"
    spread = TopologySpreadConstraint(
        "zone", max_skew=1, when_unsatisfiable=when, label_selector=LabelSelector(_LABELS)
    )
    read = PodSpec((Container("web", image="web:1"),), node_name=node, topology_spread_constraints=(spread,))
    return Pod(ObjectMeta(namespace="default", labels=_LABELS, owner_references=(owner,)), attrs.evolve(read, **spec))


def _node(name: str, *taints: Taint) -> Node:
    return Node(ObjectMeta(name=name, namespace="", labels=frozendict(zone=name)), NodeSpec(taints=taints), _ROOM)


def _cluster(placed: dict[str, int], soft: bool = False, *nodes: Node) -> Cluster:
    pods = tuple((Placed(_pod(node, soft=soft), True), number) for node, number in placed.items() if number)
    return Cluster(nodes or tuple(map(_node, placed)), pods)


@given(SIZES, st.integers(1, 4))
def test_a_domain_above_the_average_gives_and_keeps_nearly_the_average(sizes: list[int], skew: int) -> None:
    ordered = sorted(sizes)
    average = sum(sizes) / len(sizes)
    for size, given_up in zip(ordered, given_away(ordered, skew), strict=True):
        assert given_up >= 0
        assert not given_up or size - given_up >= math.floor(average)


@given(SIZES, st.integers(1, 4))
def test_domains_give_exactly_where_they_differ_by_more_than_the_skew(sizes: list[int], skew: int) -> None:
    domains = {f"zone-{number}": size for number, size in enumerate(sizes)}
    found = gifts(domains, skew)
    assert bool(found) == (max(sizes) - min(sizes) > skew)
    assert all(gift for gift in found)
    assert len({sum(number for _, number in gift) for gift in found}) <= 1


def test_any_of_the_largest_domains_may_be_the_one_that_gives() -> None:
    many = {f"zone-{number}": 0 for number in range(60)}
    assert gifts({**many, "a": 2, "b": 0}, 1) == {frozenset({("a", 1)})}
    assert gifts({"a": 3, "b": 3, "c": 1}, 1) == {frozenset({("a", 1)}), frozenset({("b", 1)})}


@given(st.lists(st.integers(0, 9), min_size=2, max_size=2), st.integers(1, 4))
def test_two_domains_are_balanced_once_what_was_given_has_landed_in_the_smaller(sizes: list[int], skew: int) -> None:
    small, large = sorted(sizes)
    moved = sum(given_away((small, large), skew))
    assert abs((large - moved) - (small + moved)) <= skew


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(1, 9), min_size=1), st.integers(0, 6))
def test_no_node_keeps_more_duplicates_than_the_average(counts: dict[str, int], targets: int) -> None:
    leaving = surplus(counts, targets)
    assert bool(leaving) == (targets > 1 and max(counts.values()) > math.ceil(sum(counts.values()) / targets))
    assert all(counts[node] - number >= 1 for node, number in leaving.items())


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), max_size=4), st.integers(0, 6))
def test_the_first_are_taken_in_every_way_and_no_other(found: list[tuple[int, int]], number: int) -> None:
    ranked = [(rank, name, count) for name, (rank, count) in enumerate(found)]
    items = [(rank, name) for rank, name, count in ranked for _ in range(count)]
    best = sorted(rank for rank, _ in items)[:number]
    wanted = {
        tuple(sorted(name for _, name in each))
        for each in itertools.combinations(items, min(number, len(items)))
        if sorted(rank for rank, _ in each) == best
    }
    ways = [tuple(sorted(way)) for way in first_of(ranked, number)]
    assert sorted(ways) == sorted(wanted)


def test_soft_constraints_count_only_if_included() -> None:
    crowded = _cluster({"a": 3, "b": 0}, True)
    assert not rounds(crowded, TOPOLOGY_SPREAD, soft=False)
    (evictions,) = rounds(crowded, TOPOLOGY_SPREAD, soft=True)
    assert [it.pod.spec.node_name for it in evictions] == ["a"]


def test_nothing_is_evicted_that_would_fit_nowhere_else_or_on_a_single_node() -> None:
    tainted = (_node("a"), _node("b", Taint("maintenance", effect="NoSchedule")))
    for strategy in (REMOVE_DUPLICATES, TOPOLOGY_SPREAD):
        assert rounds(_cluster({"a": 3, "b": 0}), strategy, soft=False)
        assert not rounds(_cluster({"a": 3, "b": 0}, False, *tainted), strategy, soft=False)
        assert not rounds(_cluster({"a": 3}), strategy, soft=False)


def test_pods_that_say_nothing_of_nodes_go_first_and_those_that_must_stay_are_counted() -> None:
    plain, bound = (Placed(_pod("a", node_selector=it), True) for it in (frozendict(), frozendict(app="a")))
    kept = Placed(_pod("a"), False)
    nodes = (_node("a"), _node("b"))
    (evictions,) = rounds(Cluster(nodes, ((bound, 1), (kept, 1), (plain, 1))), TOPOLOGY_SPREAD, soft=False)
    assert evictions == (plain,)
    assert not rounds(Cluster(nodes, ((kept, 3),)), TOPOLOGY_SPREAD, soft=False)
    assert not rounds(Cluster(nodes, ((kept, 3),)), REMOVE_DUPLICATES, soft=False)


def test_who_may_be_evicted() -> None:
    assert may_be_evicted(_pod("a"))
    assert not may_be_evicted(attrs.evolve(_pod("a"), metadata=ObjectMeta()))
    assert not may_be_evicted(_pod("a", "DaemonSet"))
    assert not may_be_evicted(_pod("a", priority=2_000_000_000))
    going = attrs.evolve(_pod("a").metadata, deletion_timestamp=1.0)
    assert not may_be_evicted(attrs.evolve(_pod("a"), metadata=going))
    assert has_local_storage(_pod("a", volumes=(frozendict(name="cache", emptyDir=frozendict()),)))
    assert not may_be_evicted(_pod("a", volumes=(frozendict(name="cache", hostPath=frozendict()),)))
