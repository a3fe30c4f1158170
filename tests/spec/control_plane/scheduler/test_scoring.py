from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.scheduler.scores.normalising import place_in_range, share_of_largest
from kubemodel.spec.control_plane.scheduler.scores.pod_topology_spread import default_selector
from kubemodel.spec.control_plane.scheduler.scoring import DEFAULT_PROFILE, best_nodes, total_scores
from kubemodel.spec.control_plane.scheduler.snapshot import Alike, Snapshot, take_snapshot
from kubemodel.spec.objects.decoding import decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.pod import Pod
from kubemodel.spec.objects.selectors import LabelSelector

ZONE = "topology.kubernetes.io/zone"


def pod(node: str = "", **spec: Any) -> Pod:
    metadata = {
        "labels": {"app": "web"},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web-1", "controller": True}],
    }
    return decode_pod({"metadata": metadata, "spec": {"nodeName": node, "containers": [{"image": "web"}], **spec}})


def cluster(*pods_on: int, taints: dict[int, str] | None = None) -> Snapshot:
    nodes = []
    for number in range(len(pods_on)):
        name = f"n{number}"
        labels = {"kubernetes.io/hostname": name, ZONE: f"z{number % 2}"}
        effect = (taints or {}).get(number)
        spec = {"taints": [{"key": "k", "effect": effect}]} if effect else {}
        status = {"capacity": {"cpu": "4", "memory": "8Gi", "pods": "10"}}
        nodes.append(decode_node({"metadata": {"name": name, "labels": labels}, "spec": spec, "status": status}))
    return take_snapshot(nodes, [pod(f"n{number}") for number, count in enumerate(pods_on) for _ in range(count)])


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4))
def test_every_plugin_scores_every_candidate_from_0_to_100(pods_on: list[int]) -> None:
    snapshot = cluster(*pods_on)
    for _, score in DEFAULT_PROFILE.values():
        found = score(pod(), snapshot.nodes, snapshot)
        assert set(found) == {node.metadata.name for node in snapshot.nodes}
        assert all(0 <= points <= 100 for points in found.values())


@given(st.lists(st.integers(0, 3), min_size=2, max_size=4))
def test_the_total_is_the_weighted_sum(pods_on: list[int]) -> None:
    snapshot = cluster(*pods_on)
    totals = total_scores(pod(), snapshot.nodes, snapshot)
    parts = [(weight, score(pod(), snapshot.nodes, snapshot)) for weight, score in DEFAULT_PROFILE.values()]
    assert totals == {name: sum(weight * part[name] for weight, part in parts) for name in totals}


@given(st.lists(st.integers(0, 3), min_size=2, max_size=4))
def test_the_best_nodes_are_all_that_share_the_highest_total(pods_on: list[int]) -> None:
    snapshot = cluster(*pods_on)
    totals = total_scores(pod(), snapshot.nodes, snapshot)
    best = [node.metadata.name for node in best_nodes(pod(), snapshot.nodes, snapshot)]
    assert best == [name for name, points in totals.items() if points == max(totals.values())]


def test_an_emptier_node_is_better() -> None:
    snapshot = cluster(0, 2)
    assert [node.metadata.name for node in best_nodes(pod(), snapshot.nodes, snapshot)] == ["n0"]


def test_a_soft_taint_outweighs_an_empty_node() -> None:
    snapshot = cluster(0, 1, taints={0: "PreferNoSchedule"})
    assert [node.metadata.name for node in best_nodes(pod(), snapshot.nodes, snapshot)] == ["n1"]


def test_a_pod_without_constraints_spreads_away_from_its_like() -> None:
    web = Alike("default", LabelSelector(pod().metadata.labels), ("ReplicaSet", "web-1"))
    snapshot = cluster(1, 0, 0)
    alike = Snapshot(snapshot.nodes, snapshot.pods, (), (web,))
    _, spread = DEFAULT_PROFILE["PodTopologySpread"]
    assert set(spread(pod(), snapshot.nodes, snapshot).values()) == {0}
    assert spread(pod(), alike.nodes, alike) == {"n0": 66, "n1": 100, "n2": 88}


def test_only_the_owner_and_services_that_select_a_pod_say_what_is_like_it() -> None:
    labels = pod().metadata.labels
    owner = Alike("default", LabelSelector(labels), ("ReplicaSet", "web-1"))
    other = Alike("default", LabelSelector(labels), ("ReplicaSet", "web-2"))
    elsewhere = Alike("kube-system", LabelSelector(labels))
    assert default_selector(pod(), Snapshot(alike=(other, elsewhere))) is None
    assert default_selector(pod(), Snapshot(alike=(owner, other))) == LabelSelector(labels)


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 1000), min_size=1))
def test_normalising_keeps_the_order_and_ends_at_100(raw: dict[str, int]) -> None:
    shares = share_of_largest(raw)
    reverse = share_of_largest(raw, reverse=True)
    placed = place_in_range(raw)
    for one in raw:
        for other in raw:
            if raw[one] <= raw[other]:
                assert shares[one] <= shares[other]
                assert reverse[one] >= reverse[other]
                assert placed[one] <= placed[other]
    assert max(shares.values()) in (0, 100)
    assert max(placed.values()) in (0, 100)
