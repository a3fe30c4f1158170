from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.scheduler.scores.node_resources_fit import (
    least_allocated,
    most_allocated,
    non_zero_requests,
    requested_to_capacity_ratio,
)
from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot
from kubemodel.spec.objects.decoding import decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.pod import Pod

MIB = 1024 * 1024
NODE = decode_node({"metadata": {"name": "n"}, "status": {"capacity": {"cpu": "4", "memory": "8000Mi"}}})


def left_on(incoming: Pod, node: Node, snapshot: Snapshot, *resources: Any) -> int:
    return least_allocated(incoming, (node,), snapshot, *resources)[node.metadata.name]


def pod(*requests: dict[str, str], **spec: Any) -> Pod:
    return decode_pod({"spec": {"containers": [{"resources": {"requests": each}} for each in requests], **spec}})


@pytest.mark.parametrize(
    ("existing", "incoming", "score"),
    [
        ([], {"cpu": "1", "memory": "2000Mi"}, 75),
        ([], {"cpu": "4", "memory": "8000Mi"}, 0),
        ([], {"cpu": "8", "memory": "4000Mi"}, 25),
        ([], {}, (97 + 97) // 2),
        ([{"cpu": "1", "memory": "2000Mi"}], {"cpu": "1", "memory": "2000Mi"}, 50),
        ([{}], {"cpu": "1900m", "memory": "3800Mi"}, 50),
    ],
)
def test_mean_of_what_is_left(existing: list[dict[str, str]], incoming: dict[str, str], score: int) -> None:
    pods = tuple(
        decode_pod({"spec": {"nodeName": "n", "containers": [{"resources": {"requests": each}}]}}) for each in existing
    )
    assert left_on(pod(incoming), NODE, Snapshot((NODE,), pods)) == score


def test_each_container_without_requests_counts_as_the_default() -> None:
    assert non_zero_requests(pod({}, {"cpu": "1"}).spec) == {"cpu": 1100, "memory": 400 * MIB}
    assert non_zero_requests(pod({"cpu": "0", "memory": "0"}).spec) == {"cpu": 0, "memory": 0}


def test_pod_level_requests_replace_the_defaults() -> None:
    assert non_zero_requests(pod({}, resources={"requests": {"cpu": "2"}}).spec)["cpu"] == 2000


def test_resources_that_play_no_part_are_left_out() -> None:
    scored = (("cpu", 1), ("example.com/gpu", 1))
    with_gpu = decode_node({"metadata": {"name": "n"}, "status": {"capacity": {"cpu": "4", "example.com/gpu": 4}}})
    assert left_on(pod({"cpu": "1"}), with_gpu, Snapshot(), scored) == 75
    assert left_on(pod({"cpu": "1", "example.com/gpu": "2"}), with_gpu, Snapshot(), scored) == (75 + 50) // 2
    assert left_on(pod({"cpu": "1"}), decode_node({}), Snapshot(), scored) == 0


@given(st.integers(0, 10), st.integers(0, 10))
def test_asking_for_more_never_scores_higher(one: int, other: int) -> None:
    less, more = sorted((one, other))
    scores = [left_on(pod({"cpu": str(cpu), "memory": "0"}), NODE, Snapshot()) for cpu in (less, more)]
    assert scores[0] >= scores[1]


@given(st.integers(0, 5), st.integers(0, 9000))
def test_a_straight_line_is_most_allocated_where_nothing_scores_0(cpu: int, mebibytes: int) -> None:
    incoming = pod({"cpu": str(cpu + 1), "memory": f"{mebibytes + 100}Mi"})
    line = requested_to_capacity_ratio(incoming, (NODE,), Snapshot(), ((0, 0), (100, 10)))
    assert abs(line["n"] - most_allocated(incoming, (NODE,), Snapshot())["n"]) <= 1


def test_a_falling_line_rounds_towards_zero() -> None:
    incoming = pod({"cpu": "1", "memory": "0"})
    shape = ((0, 10), (30, 5), (100, 0))
    assert requested_to_capacity_ratio(incoming, (NODE,), Snapshot(), shape, (("cpu", 1),)) == {"n": 59}
