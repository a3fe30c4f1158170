"""Names and objects of nodes as kubelets register them."""

from __future__ import annotations

import pytest
from kubemodel.spec.node.registration import PostReady, node_name, node_object
from kubemodel.spec.objects.conditions import Condition, condition_is_true
from kubemodel.spec.objects.node import Node, NodeStatus
from kubemodel.spec.objects.quantities import resource_list


@pytest.mark.parametrize(
    ("hostname", "override", "name"),
    [("Worker-1", "", "worker-1"), (" worker-1\n", "", "worker-1"), ("host", " Other ", "other")],
)
def test_node_name(hostname: str, override: str, name: str) -> None:
    assert node_name(hostname, override) == name


def test_a_node_registers_with_its_labels_and_room_for_pods() -> None:
    made = node_object("Worker-1", resource_list({"cpu": 4}), labels={"zone": "z"})
    assert dict(made.metadata.labels) == {"kubernetes.io/hostname": "worker-1", "zone": "z"}
    assert made.status.allocatable == resource_list({"cpu": 4, "pods": 110})


def test_a_node_is_not_ready_when_it_registers() -> None:
    assert not condition_is_true(node_object("a", resource_list({})).status.conditions, "Ready")


def test_the_kubelets_report_clears_what_was_unknown() -> None:
    before = Node(status=NodeStatus(conditions=(Condition("MemoryPressure"), Condition("Ready"))))
    after = PostReady()(before).status.conditions
    assert [(item.type, item.status) for item in after] == [("MemoryPressure", "False"), ("Ready", "True")]
