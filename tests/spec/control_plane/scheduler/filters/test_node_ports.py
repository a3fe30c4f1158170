from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.control_plane.scheduler.filters.node_ports import node_ports
from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot
from kubemodel.spec.objects.decoding import decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.pod import Pod

NODE = decode_node({"metadata": {"name": "n"}})


def pod(port: dict[str, Any], **spec: Any) -> Pod:
    return decode_pod({"spec": {"nodeName": "n", "containers": [{"ports": [port]}], **spec}})


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        ({"hostPort": 80}, {"hostPort": 80}, True),
        ({"hostPort": 80}, {"hostPort": 81}, False),
        ({"hostPort": 80}, {"hostPort": 80, "protocol": "UDP"}, False),
        ({"hostPort": 80}, {"hostPort": 80, "hostIP": "10.0.0.1"}, True),
        ({"hostPort": 80, "hostIP": "10.0.0.2"}, {"hostPort": 80, "hostIP": "10.0.0.1"}, False),
        ({"hostPort": 80, "hostIP": "10.0.0.1"}, {"hostPort": 80, "hostIP": "10.0.0.1"}, True),
        ({"containerPort": 80}, {"containerPort": 80}, False),
    ],
)
def test_conflicts_go_both_ways(one: dict[str, Any], other: dict[str, Any], conflict: bool) -> None:
    for incoming, existing in ((one, other), (other, one)):
        assert node_ports(pod(incoming), NODE, Snapshot((NODE,), (pod(existing),))).feasible != conflict


def test_ports_on_the_network_of_the_host_conflict() -> None:
    on_host = pod({"containerPort": 80}, hostNetwork=True)
    assert not node_ports(on_host, NODE, Snapshot((NODE,), (on_host,))).feasible
