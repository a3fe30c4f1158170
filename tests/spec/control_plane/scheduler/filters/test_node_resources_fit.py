from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.scheduler.filters.node_resources_fit import node_resources_fit
from kubemodel.spec.control_plane.scheduler.filters.verdict import FEASIBLE, unresolvable, unschedulable
from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot
from kubemodel.spec.objects.decoding import decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.pod import Pod


def node(**capacity: Any) -> Node:
    return decode_node({"metadata": {"name": "n"}, "status": {"capacity": {"pods": 10, **capacity}}})


def pod(**requests: Any) -> Pod:
    return decode_pod({"spec": {"nodeName": "n", "containers": [{"resources": {"requests": requests}}]}})


def test_all_reasons_are_reported_and_one_hopeless_request_decides_the_code() -> None:
    small = node(cpu=1, memory=100, pods=1)
    existing = Snapshot((small,), (pod(cpu="600m"),))
    assert node_resources_fit(pod(cpu="500m", memory=50), small, existing) == unschedulable(
        "Too many pods", "Insufficient cpu"
    )
    assert node_resources_fit(pod(cpu="500m", memory=101), small, existing) == unresolvable(
        "Too many pods", "Insufficient cpu", "Insufficient memory"
    )


def test_a_request_of_zero_always_fits() -> None:
    overcommitted = node(cpu=1)
    existing = Snapshot((overcommitted,), (pod(cpu=2),))
    assert node_resources_fit(pod(cpu=0), overcommitted, existing) == FEASIBLE


def test_resources_that_the_scheduler_does_not_count_are_ignored() -> None:
    assert node_resources_fit(pod(bananas=1), node(), Snapshot()) == FEASIBLE


def test_terminating_pods_still_count() -> None:
    leaving = decode_pod(
        {
            "metadata": {"deletionTimestamp": 1},
            "spec": {"nodeName": "n", "containers": [{"resources": {"requests": {"cpu": 1}}}]},
        }
    )
    assert node_resources_fit(pod(cpu=1), node(cpu=1), Snapshot(pods=(leaving,))) == unschedulable("Insufficient cpu")


@given(st.lists(st.integers(1, 2000), max_size=8), st.integers(1, 4000))
def test_a_pod_fits_iff_the_sum_stays_within_the_node(taken: list[int], request: int) -> None:
    roomy = node(cpu="3")
    existing = Snapshot((roomy,), tuple(pod(cpu=f"{milli}m") for milli in taken))
    verdict = node_resources_fit(pod(cpu=f"{request}m"), roomy, existing)
    assert verdict.feasible == (sum(taken) + request <= 3000)
    if not verdict.feasible:
        assert verdict == (unresolvable if request > 3000 else unschedulable)("Insufficient cpu")
