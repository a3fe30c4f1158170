"""All filters in their default order: which nodes are feasible for a pod, and why the others are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs
from frozendict import frozendict

from ...objects.node import Node
from ...objects.pod import Pod, bound_to, effective_priority
from .filters.inter_pod_affinity import inter_pod_affinity
from .filters.node_affinity import node_affinity
from .filters.node_name import node_name
from .filters.node_ports import node_ports
from .filters.node_resources_fit import node_resources_fit
from .filters.node_unschedulable import node_unschedulable
from .filters.node_volume_limits import node_volume_limits
from .filters.pod_topology_spread import pod_topology_spread
from .filters.taint_toleration import taint_toleration
from .filters.verdict import FEASIBLE, Verdict
from .filters.volume_binding import volume_binding
from .filters.volume_restrictions import volume_restrictions
from .filters.volume_zone import volume_zone
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
        "VolumeRestrictions": volume_restrictions,
        "NodeVolumeLimits": node_volume_limits,
        "VolumeBinding": volume_binding,
        "VolumeZone": volume_zone,
        "PodTopologySpread": pod_topology_spread,
        "InterPodAffinity": inter_pod_affinity,
    }
)
"""Plugin name -> filter, in the default order (kube-scheduler §4)."""


@attrs.frozen(cache_hash=True)
class NodeResult:
    """How a node came out of filtering: the verdict, and the plugin that gave it ("" if all agree)."""

    verdict: Verdict
    plugin: str = ""

    @property
    def feasible(self) -> bool:
        """Whether every filter accepted the node."""
        return self.verdict.feasible


def filter_node(pod: Pod, node: Node, snapshot: Snapshot, filters: frozendict[str, Filter] = FILTERS) -> NodeResult:
    """The result for one node: filters run in order and stop at the first rejection (kube-scheduler §3, step 5)."""
    for plugin, run in filters.items():
        verdict = run(pod, node, snapshot)
        if not verdict.feasible:
            return NodeResult(verdict, plugin)
    return NodeResult(FEASIBLE)


def filter_with_nominated(
    pod: Pod,
    node: Node,
    snapshot: Snapshot,
    nominated: Iterable[Pod] = (),
    filters: frozendict[str, Filter] = FILTERS,
) -> NodeResult:
    """As ``filter_node``, with the pods of at least the same priority that are ``nominated`` to the node.

    They may come or not, so the pod must fit beside them and without them (kube-scheduler §3, step 5).
    """
    name, priority = node.metadata.name, effective_priority(pod)
    coming = tuple(
        bound_copy(other, name)
        for other in nominated
        if other.status.nominated_node_name == name and effective_priority(other) >= priority
    )
    if coming:
        beside = filter_node(pod, node, snapshot.with_pods(coming), filters)
        if not beside.feasible:
            return beside
    return filter_node(pod, node, snapshot, filters)


def bound_copy(pod: Pod, node_name: str) -> Pod:
    """The pod as it would be on the node."""
    return attrs.evolve(pod, spec=bound_to(pod.spec, node_name))


def feasible_nodes(
    pod: Pod, snapshot: Snapshot, nominated: Iterable[Pod] = (), filters: frozendict[str, Filter] = FILTERS
) -> frozendict[str, NodeResult]:
    """Node name -> result, for every node of the snapshot in its order.

    All nodes are examined; in which turn, and which of the feasible ones are found, is asked in ``sampling``. A node to
    which the pod itself is nominated is tried first, and alone if it is feasible.
    """
    others = tuple(nominated)
    own = pod.status.nominated_node_name
    results = {
        node.metadata.name: filter_with_nominated(pod, node, snapshot, others, filters)
        for node in sorted(snapshot.nodes, key=lambda node: node.metadata.name != own)
    }
    if own in results and results[own].feasible:
        return frozendict({own: results[own]})
    return frozendict({node.metadata.name: results[node.metadata.name] for node in snapshot.nodes})
