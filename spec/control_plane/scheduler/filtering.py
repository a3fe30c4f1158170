"""All filters in their default order: which nodes are feasible for a pod, and why the others are not."""

from __future__ import annotations

from collections.abc import Callable

import attrs
from frozendict import frozendict

from ...objects.node import Node
from ...objects.pod import Pod
from .filters.inter_pod_affinity import inter_pod_affinity
from .filters.node_affinity import node_affinity
from .filters.node_name import node_name
from .filters.node_ports import node_ports
from .filters.node_resources_fit import node_resources_fit
from .filters.node_unschedulable import node_unschedulable
from .filters.pod_topology_spread import pod_topology_spread
from .filters.taint_toleration import taint_toleration
from .filters.verdict import FEASIBLE, Verdict
from .snapshot import Snapshot

Filter = Callable[[Pod, Node, Snapshot], Verdict]

FILTERS: frozendict[str, Filter] = frozendict(
    {
        "NodeUnschedulable": node_unschedulable,
        "NodeName": node_name,
        "TaintToleration": taint_toleration,
        "NodeAffinity": node_affinity,
        "NodePorts": node_ports,
        "NodeResourcesFit": node_resources_fit,
        "PodTopologySpread": pod_topology_spread,
        "InterPodAffinity": inter_pod_affinity,
    }
)
"""Plugin name -> filter, in the default order (kube-scheduler §4); those that read volumes are not modelled."""


@attrs.frozen(cache_hash=True)
class NodeResult:
    """How a node came out of filtering: the verdict, and the plugin that gave it ("" if all agree)."""

    verdict: Verdict
    plugin: str = ""

    @property
    def feasible(self) -> bool:
        """Whether every filter accepted the node."""
        return self.verdict.feasible


def filter_node(pod: Pod, node: Node, snapshot: Snapshot) -> NodeResult:
    """The result for one node: filters run in order and stop at the first rejection (kube-scheduler §3, step 5)."""
    for plugin, run in FILTERS.items():
        verdict = run(pod, node, snapshot)
        if not verdict.feasible:
            return NodeResult(verdict, plugin)
    return NodeResult(FEASIBLE)


def feasible_nodes(pod: Pod, snapshot: Snapshot) -> frozendict[str, NodeResult]:
    """Node name -> result, for every node of the snapshot in its order.

    All nodes are examined: sampling in big clusters (kube-scheduler §3, step 5) and nominated pods are the caller's.
    """
    return frozendict({node.metadata.name: filter_node(pod, node, snapshot) for node in snapshot.nodes})
