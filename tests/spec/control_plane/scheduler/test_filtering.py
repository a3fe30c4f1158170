from __future__ import annotations

from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.scheduler.filtering import FILTERS, NodeResult, feasible_nodes, filter_node
from kubemodel.spec.control_plane.scheduler.filters.verdict import FEASIBLE, unresolvable, unschedulable
from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot
from kubemodel.spec.objects.decoding import decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.pod import Pod


def node(name: str, zone: str = "z1", **spec: Any) -> Node:
    allocatable = {"cpu": "2", "memory": "4Gi", "pods": 3}
    labels = {"zone": zone, "kubernetes.io/hostname": name}
    return decode_node(
        {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": {"capacity": allocatable}}
    )


def pod(cpu: str = "500m", on: str = "", app: str = "web", **spec: Any) -> Pod:
    containers = [{"resources": {"requests": {"cpu": cpu}}, "ports": spec.pop("ports", [])}]
    return decode_pod(
        {"metadata": {"labels": {"app": app}}, "spec": {"containers": containers, "nodeName": on, **spec}}
    )


NODES = (node("n1", "z1"), node("n2", "z2"))

APP_IS_WEB = {"matchLabels": {"app": "web"}}
APART = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": APP_IS_WEB}
        ]
    }
}
SPREAD = [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": APP_IS_WEB}]


def test_the_default_order_of_the_plugins() -> None:
    assert list(FILTERS) == [
        "NodeUnschedulable",
        "NodeName",
        "TaintToleration",
        "NodeAffinity",
        "NodePorts",
        "NodeResourcesFit",
        "VolumeRestrictions",
        "NodeVolumeLimits",
        "VolumeBinding",
        "VolumeZone",
        "PodTopologySpread",
        "InterPodAffinity",
    ]


def test_the_first_rejection_is_the_result() -> None:
    cordoned = node("n1", unschedulable=True)
    result = filter_node(pod(cpu="64"), cordoned, Snapshot((cordoned,)))
    assert result == NodeResult(unresolvable("node(s) were unschedulable"), "NodeUnschedulable")
    assert not result.feasible


def test_every_node_has_a_result_in_the_order_of_the_nodes() -> None:
    snapshot = Snapshot(NODES, (pod("2", on="n1"),))
    results = feasible_nodes(pod("1"), snapshot)
    assert list(results) == ["n1", "n2"]
    assert results["n1"] == NodeResult(unschedulable("Insufficient cpu"), "NodeResourcesFit")
    assert results["n2"] == NodeResult(FEASIBLE)


def test_no_nodes_no_results() -> None:
    assert feasible_nodes(pod(), Snapshot()) == {}


PODS = st.builds(
    pod,
    st.sampled_from(["0", "500m", "1", "2"]),
    st.sampled_from(["n1", "n2"]),
    st.sampled_from(["web", "db"]),
    ports=st.sampled_from([[], [{"containerPort": 80, "hostPort": 80}]]),
    affinity=st.sampled_from([None, APART]),
)
INCOMING = st.builds(
    pod,
    st.sampled_from(["500m", "3"]),
    affinity=st.sampled_from([None, APART]),
    topologySpreadConstraints=st.sampled_from([[], SPREAD]),
    ports=st.sampled_from([[], [{"containerPort": 80, "hostPort": 80}]]),
)


@given(INCOMING, st.lists(PODS, max_size=5), st.randoms(use_true_random=False))
def test_neither_order_nor_names_nor_uids_of_pods_matter(incoming: Pod, pods: list[Pod], random: Any) -> None:
    named = [
        attrs.evolve(each, metadata=attrs.evolve(each.metadata, name=f"p{index}", uid=index))
        for index, each in enumerate(pods)
    ]
    random.shuffle(named)
    assert feasible_nodes(incoming, Snapshot(NODES, tuple(pods))) == feasible_nodes(
        incoming, Snapshot(NODES, tuple(named))
    )


@given(INCOMING, st.lists(PODS, min_size=1, max_size=4))
def test_what_preemption_cannot_resolve_stays_when_pods_go(incoming: Pod, pods: list[Pod]) -> None:
    before, after = (feasible_nodes(incoming, Snapshot(NODES, existing)) for existing in (tuple(pods), ()))
    for name, result in before.items():
        if result.verdict == unresolvable("Insufficient cpu"):
            assert not after[name].feasible
        if result.feasible and not incoming.spec.topology_spread_constraints:
            assert after[name].feasible
