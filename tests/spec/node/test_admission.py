"""Why a kubelet rejects a pod."""

from __future__ import annotations

import attrs
import pytest
from frozendict import frozendict
from kubemodel.spec.node.admission import rejection
from kubemodel.spec.objects.containers import Container, ContainerPort
from kubemodel.spec.objects.pod import PodSpec
from kubemodel.spec.objects.quantities import resource_list
from kubemodel.spec.objects.taints import NO_EXECUTE, NO_SCHEDULE, Taint, Toleration

from .small_cluster import node, pod

PORT = PodSpec(containers=(Container("main", ports=(ContainerPort(80, host_port=80),)),), node_name="a")
SMALL = node(cpu="1")
FULL = attrs.evolve(SMALL, status=attrs.evolve(SMALL.status, allocatable=resource_list({"cpu": 1, "pods": 1})))
TAINTED = node(taints=(Taint("maintenance", effect=NO_EXECUTE),))


def test_a_pod_that_fits_is_admitted() -> None:
    assert rejection(pod(cpu="1").spec, SMALL, ()) == ""


@pytest.mark.parametrize(
    ("spec", "others", "where", "reason"),
    [
        (pod(cpu="2").spec, (), SMALL, "OutOfcpu"),
        (pod(cpu="1").spec, (pod(cpu="1").spec,), SMALL, "OutOfcpu"),
        (pod().spec, (pod().spec,), FULL, "OutOfpods"),
        (pod(node_selector=frozendict({"disk": "ssd"})).spec, (), SMALL, "NodeAffinity"),
        (pod("b").spec, (), SMALL, "NodeName"),
        (PORT, (PORT,), SMALL, "NodePorts"),
        (pod().spec, (), TAINTED, "TaintToleration"),
    ],
)
def test_reason(spec: PodSpec, others: tuple[PodSpec, ...], where: object, reason: str) -> None:
    assert rejection(spec, where, others) == reason


def test_a_shortage_is_named_before_anything_else() -> None:
    assert rejection(pod("b", cpu="2").spec, SMALL, ()) == "OutOfcpu"


def test_a_toleration_lets_the_pod_in() -> None:
    tolerating = pod(tolerations=(Toleration("maintenance", "Exists"),))
    assert rejection(tolerating.spec, TAINTED, ()) == ""


def test_no_schedule_taints_do_not_matter_to_the_kubelet() -> None:
    assert rejection(pod().spec, node(taints=(Taint("cordon", effect=NO_SCHEDULE),)), ()) == ""
