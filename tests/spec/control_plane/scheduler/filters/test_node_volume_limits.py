"""NodeVolumeLimits: how many volumes a CSI driver can attach to a node, and what counts as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from frozendict import frozendict
from kubemodel.spec import cluster
from kubemodel.spec.control_plane.scheduler.filters.node_volume_limits import TOO_MANY_VOLUMES, node_volume_limits
from kubemodel.spec.control_plane.scheduler.filters.verdict import FEASIBLE, unschedulable
from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.manifests.fields import Lines
from kubemodel.spec.manifests.loading import Document
from kubemodel.spec.manifests.scenarios import plan
from kubemodel.spec.manifests.settings import Settings
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.decoding_storage import (
    decode_csi_node,
    decode_persistent_volume,
    decode_persistent_volume_claim,
    decode_storage_class,
)
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.storage import Storage

from ....exploration import bare_pod, explore, pod_spec, replica_set, scenario
from ....volume_scenarios import claim, storage_class, volume

DRIVER = "driver.example.com"
NODE = Node(ObjectMeta("a", ""))


def csi_node(count: int | None, name: str = "a", driver: str = DRIVER) -> Mapping[str, Any]:
    allocatable = {} if count is None else {"allocatable": {"count": count}}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSINode",
        "metadata": {"name": name},
        "spec": {"drivers": [{"name": driver, "nodeID": name, **allocatable}]},
    }


def disk(name: str, driver: str = DRIVER) -> Mapping[str, Any]:
    return volume(name, csi={"driver": driver, "volumeHandle": f"handle-{name}"}, claimRef={"name": name})


def bound(name: str) -> Mapping[str, Any]:
    metadata = {"name": name, "annotations": {"pv.kubernetes.io/bind-completed": "yes"}}
    return {**claim(name, volumeName=name), "metadata": metadata}


def using(*claims: str, **spec: Any) -> Mapping[str, Any]:
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]
    return pod_spec(volumes=volumes, **spec)


def verdict(*new: str, there: tuple[str, ...] = (), count: int | None = 1, of: str = DRIVER) -> Any:
    names = sorted({*new, *there})
    storage = Storage(
        tuple(decode_persistent_volume(disk(name)) for name in names if not name.startswith("unbound")),
        tuple(decode_persistent_volume_claim(claim(it) if it.startswith("unbound") else bound(it)) for it in names),
        (decode_storage_class(storage_class("WaitForFirstConsumer")),),
        (decode_csi_node(csi_node(count, driver=of)),),
    )
    existing = tuple(decode_pod(bare_pod(using(name, nodeName="a"), name=f"with-{name}")) for name in there)
    return node_volume_limits(decode_pod(bare_pod(using(*new))), NODE, Snapshot((NODE,), existing, storage=storage))


TOO_MANY = unschedulable(TOO_MANY_VOLUMES)


@pytest.mark.parametrize(
    ("new", "more", "expected"),
    [
        (("x",), {}, FEASIBLE),
        (("x", "y"), {}, TOO_MANY),
        (("x",), {"there": ("y",)}, TOO_MANY),
        (("x",), {"there": ("y",), "count": 2}, FEASIBLE),
        (("x",), {"there": ("x",)}, FEASIBLE),
        (("x", "y"), {"there": ("x",)}, TOO_MANY),
        (("x",), {"there": ("x", "y")}, FEASIBLE),
        (("unbound",), {"there": ("y",)}, TOO_MANY),
        (("unbound",), {"there": ("unbound",)}, FEASIBLE),
        (("x",), {"there": ("y",), "count": None}, FEASIBLE),
        (("x",), {"there": ("y",), "of": "another.example.com"}, FEASIBLE),
        (("x",), {"count": 0}, TOO_MANY),
    ],
)
def test_volumes_in_use_and_new_ones_are_within_the_limit(new: Any, more: Any, expected: Any) -> None:
    assert verdict(*new, **more) == expected


def test_a_volume_without_driver_is_attached_by_the_provisioner_of_its_class_or_counts_for_none() -> None:
    plain = decode_persistent_volume(volume("x", claimRef={"name": "x"}))
    for provisioner, expected in ((DRIVER, TOO_MANY), ("kubernetes.io/no-provisioner", FEASIBLE)):
        storage = Storage(
            (plain,),
            (decode_persistent_volume_claim(bound("x")),),
            (decode_storage_class(storage_class("Immediate", provisioner)),),
            (decode_csi_node(csi_node(0)),),
        )
        pod = decode_pod(bare_pod(using("x")))
        assert node_volume_limits(pod, NODE, Snapshot((NODE,), storage=storage)) == expected


def test_what_a_csi_node_says() -> None:
    assert decode_csi_node(csi_node(3)).limits == frozendict({DRIVER: 3})
    assert decode_csi_node(csi_node(None)).limits == frozendict()
    assert decode_persistent_volume(disk("x")).driver == DRIVER
    assert decode_persistent_volume(disk("x")).handle == "handle-x"


def _two(*limits: Mapping[str, Any], **settings: Any) -> Scenario:
    """Two pods, each with a volume, on one node; a user takes the first one away."""
    objects = [
        *(bare_pod(using(name), name=name) for name in ("x", "y")),
        *(disk(name) for name in ("x", "y")),
        *(bound(name) for name in ("x", "y")),
        storage_class(),
    ]
    return scenario(*objects, *limits, users=[[{"delete": "pod/x"}]], start="created", **settings)


def test_a_pod_waits_until_another_one_has_given_its_volume_back() -> None:
    limited, free = explore(_two(csi_node(1, "node-1"))), explore(_two(csi_node(2, "node-1")))
    assert ("kube-scheduler", "requeue") in limited.rules
    assert ("kube-scheduler", "requeue") not in free.rules
    assert limited.violated == free.violated == {}


def test_the_limit_holds_where_claims_are_followed_too() -> None:
    found = explore(_two(csi_node(1, "node-1"), switches={"claims": "moving"}, alsoCheck=[ALSO]))
    assert ("kube-scheduler", "requeue") in found.rules
    assert found.violated == {}
    assert ALSO in found.triggered


ALSO = "schedulable-pod-eventually-bound"


def test_without_the_filter_nobody_waits() -> None:
    disabled = {"default-scheduler": {"filter": {"disabled": ["NodeVolumeLimits"]}}}
    assert ("kube-scheduler", "requeue") not in explore(_two(csi_node(1, "node-1"), profiles=disabled)).rules


def test_a_verdict_says_how_long_a_volume_counts() -> None:
    assert "attached-with-pods" in {it.name for it in cluster.build(_two(csi_node(1, "node-1"))).assumptions}
    assert "attached-with-pods" not in {it.name for it in cluster.build(scenario(bare_pod())).assumptions}


def test_workloads_with_volumes_influence_each_other_where_nodes_have_limits() -> None:
    sets = [replica_set(1, using(name), name=name, app=name) for name in ("x", "y")]
    for limits, groups in (((csi_node(1, "node-1"),), 1), ((), 2)):
        documents = [Document(dict(item), "small.yaml", Lines(1)) for item in (*sets, bound("x"), bound("y"), *limits)]
        assert len(plan(documents, Settings()).jobs) == groups
