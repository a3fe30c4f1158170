"""NodeUnschedulable, NodeName, TaintToleration and NodeAffinity: filters that read nothing but the pod and the node."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.control_plane.scheduler.filtering import FILTERS
from kubemodel.spec.control_plane.scheduler.filters.verdict import FEASIBLE, unresolvable
from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot
from kubemodel.spec.objects.decoding import decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod

CORDON = "node.kubernetes.io/unschedulable"


def required(*terms: dict[str, Any]) -> dict[str, Any]:
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}}


SSD = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}


@pytest.mark.parametrize(
    ("plugin", "pod_spec", "node_spec", "reason"),
    [
        ("NodeUnschedulable", {}, {}, None),
        ("NodeUnschedulable", {}, {"unschedulable": True}, "node(s) were unschedulable"),
        (
            "NodeUnschedulable",
            {"tolerations": [{"key": CORDON, "operator": "Exists", "effect": "NoSchedule"}]},
            {"unschedulable": True},
            None,
        ),
        (
            "NodeUnschedulable",
            {"tolerations": [{"key": CORDON, "operator": "Exists", "effect": "NoExecute"}]},
            {"unschedulable": True},
            "node(s) were unschedulable",
        ),
        ("NodeName", {"nodeName": "n"}, {}, None),
        ("NodeName", {"nodeName": "m"}, {}, "node(s) didn't match the requested node name"),
        ("TaintToleration", {}, {"taints": [{"key": "a", "effect": "PreferNoSchedule"}]}, None),
        ("TaintToleration", {}, {"taints": [{"key": "a", "effect": "NoExecute"}]}, "node(s) had untolerated taint(s)"),
        ("NodeAffinity", {"nodeSelector": {"disk": "ssd"}, "affinity": required(SSD)}, {}, None),
        (
            "NodeAffinity",
            {"nodeSelector": {"disk": "hdd"}, "affinity": required(SSD)},
            {},
            "node(s) didn't match Pod's node affinity/selector",
        ),
        ("NodeAffinity", {"affinity": required()}, {}, "node(s) didn't match Pod's node affinity/selector"),
    ],
)
def test_verdict(plugin: str, pod_spec: dict[str, Any], node_spec: dict[str, Any], reason: str | None) -> None:
    node = decode_node({"metadata": {"name": "n", "labels": {"disk": "ssd"}}, "spec": node_spec})
    verdict = FILTERS[plugin](decode_pod({"spec": pod_spec}), node, Snapshot((node,)))
    assert verdict == (FEASIBLE if reason is None else unresolvable(reason))
