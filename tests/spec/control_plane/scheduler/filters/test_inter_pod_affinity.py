from __future__ import annotations

from typing import Any

from kubemodel.spec.control_plane.scheduler.filters.inter_pod_affinity import inter_pod_affinity
from kubemodel.spec.control_plane.scheduler.filters.verdict import FEASIBLE, unresolvable, unschedulable
from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot
from kubemodel.spec.objects.decoding import decode_namespace, decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.pod import Pod

NO_AFFINITY = unresolvable("node(s) didn't match pod affinity rules")
ANTI_AFFINITY = unschedulable("node(s) didn't match pod anti-affinity rules")
FORBIDDEN = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules")


def node(name: str, **labels: str) -> Node:
    return decode_node({"metadata": {"name": name, "labels": labels}})


def term(app: str, **further: Any) -> dict[str, Any]:
    return {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": app}}, **further}


def pod(app: str, on: str = "", near: Any = (), apart: Any = (), namespace: str = "default", **labels: str) -> Pod:
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    affinity = {"podAffinity": {required: list(near)}, "podAntiAffinity": {required: list(apart)}}
    metadata = {"labels": {"app": app, **labels}, "namespace": namespace}
    return decode_pod({"metadata": metadata, "spec": {"nodeName": on, "affinity": affinity}})


A, B, BARE = node("a", zone="z1"), node("b", zone="z2"), node("bare")
NODES = (A, B, BARE)


def test_affinity_needs_a_matching_pod_in_the_domain() -> None:
    snapshot = Snapshot(NODES, (pod("db", on="a"),))
    web = pod("web", near=[term("db")])
    assert [inter_pod_affinity(web, each, snapshot) for each in NODES] == [FEASIBLE, NO_AFFINITY, NO_AFFINITY]


def test_the_first_of_a_group_may_go_anywhere_that_has_the_key() -> None:
    web = pod("web", near=[term("web")])
    assert [inter_pod_affinity(web, each, Snapshot(NODES)) for each in NODES] == [FEASIBLE, FEASIBLE, NO_AFFINITY]
    joined = Snapshot(NODES, (pod("web", on="a"),))
    assert inter_pod_affinity(web, B, joined) == NO_AFFINITY


def test_only_pods_that_match_all_terms_count() -> None:
    both = pod("web", near=[term("db"), {"topologyKey": "zone", "labelSelector": {"matchLabels": {"tier": "1"}}}])
    halves = Snapshot(NODES, (pod("db", on="a"), pod("x", on="a", tier="1")))
    assert inter_pod_affinity(both, A, halves) == NO_AFFINITY
    assert inter_pod_affinity(both, A, Snapshot(NODES, (pod("db", on="a", tier="1"),))) == FEASIBLE


def test_anti_affinity_goes_both_ways() -> None:
    shy, plain = pod("web", apart=[term("db")]), pod("db")
    assert inter_pod_affinity(shy, A, Snapshot(NODES, (pod("db", on="a"),))) == ANTI_AFFINITY
    there = Snapshot(NODES, (pod("web", on="a", apart=[term("db")]),))
    assert [inter_pod_affinity(plain, each, there) for each in NODES] == [FORBIDDEN, FEASIBLE, FEASIBLE]


def test_namespaces_of_a_term() -> None:
    elsewhere = Snapshot(
        NODES,
        (pod("db", on="a", namespace="shop"),),
        (decode_namespace({"metadata": {"name": "shop", "labels": {"team": "x"}}}),),
    )
    for scope, forbidden in (
        ({}, False),
        ({"namespaces": ["shop"]}, True),
        ({"namespaces": ["default"]}, False),
        ({"namespaceSelector": {}}, True),
        ({"namespaceSelector": {"matchLabels": {"team": "x"}}}, True),
        ({"namespaceSelector": {"matchLabels": {"team": "y"}}}, False),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}, True),
    ):
        verdict = inter_pod_affinity(pod("web", apart=[term("db", **scope)]), A, elsewhere)
        assert verdict == (ANTI_AFFINITY if forbidden else FEASIBLE), scope


def test_label_keys_narrow_a_term_to_the_own_revision() -> None:
    old = Snapshot(NODES, (pod("web", on="a", revision="1"),))
    for keys, revision, forbidden in (
        ({"matchLabelKeys": ["revision"]}, "2", False),
        ({"matchLabelKeys": ["revision"]}, "1", True),
        ({"mismatchLabelKeys": ["revision"]}, "2", True),
        ({"mismatchLabelKeys": ["revision"]}, "1", False),
        ({"matchLabelKeys": ["absent"]}, "2", True),
    ):
        web = pod("web", apart=[term("web", **keys)], revision=revision)
        assert inter_pod_affinity(web, A, old) == (ANTI_AFFINITY if forbidden else FEASIBLE), (keys, revision)
