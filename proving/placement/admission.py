"""Whether one pod may go to one node beside others: asked of the scheduler's filters, and of nobody else.

Pods that name their node bypass the scheduler; the kubelet there admits them, or not (kubelet §4). Pods with
scheduling gates never enter the queue (kube-scheduler §2).
"""

from __future__ import annotations

from functools import lru_cache

from ...spec.control_plane.scheduler.filtering import FILTERS, bound_copy, filter_node
from ...spec.control_plane.scheduler.filters.node_ports import node_ports
from ...spec.control_plane.scheduler.filters.scheduling_gates import scheduling_gates
from ...spec.control_plane.scheduler.filters.verdict import Infeasible
from ...spec.control_plane.scheduler.filters.volume_restrictions import volume_restrictions
from ...spec.control_plane.scheduler.snapshot import Snapshot
from ...spec.node.admission import rejection
from ...spec.objects.metadata import ObjectMeta
from ...spec.objects.namespace import Namespace
from ...spec.objects.node import Node
from ...spec.objects.pod import Pod
from ...spec.objects.storage import Storage
from .asking import required
from .problem import Problem

ALONE = FILTERS.delete("InterPodAffinity")
"""The filters that say whether an empty cluster admits a pod; others may be what it has an affinity to."""


def refusal(pod: Pod, node: Node, snapshot: Snapshot) -> str:
    """Why ``pod`` may not go to ``node`` now, in Kubernetes' words; "" if it may."""
    gates = scheduling_gates(pod)
    if isinstance(gates, Infeasible):
        return gates.reasons[0]
    if pod.spec.node_name:
        if pod.spec.node_name != node.metadata.name:
            return "node(s) didn't match the requested node name"
        reason = rejection(pod.spec, node, tuple(it.spec for it in snapshot.pods_on(node.metadata.name)))
        return f"the kubelet rejects it: {reason}" if reason else ""
    result = filter_node(pod, node, snapshot)
    return "" if not isinstance(result.verdict, Infeasible) else "; ".join(result.verdict.reasons)


def empty(problem: Problem) -> Snapshot:
    """The cluster with no pod but those that stand there already."""
    nodes = {node.metadata.name: node for node in problem.nodes}
    standing = (
        bound_copy(kind.pod_for(nodes[name]), name)
        for kind in problem.kinds
        for name, number in sorted(kind.bound.items())
        if name in nodes
        for _ in range(number)
    )
    return Snapshot(problem.nodes, tuple(standing), problem.namespaces, storage=problem.storage)


def admits_alone(pod: Pod, node: Node, problem: Problem) -> bool:
    """Whether an empty ``node``, in a cluster of nothing else, takes the pod, its pod affinity taken to be met.

    A node that lacks the topology key of a required term of pod affinity never does.
    """
    return _admits_alone(pod, node, problem.namespaces, problem.storage)


@lru_cache(maxsize=2**16)
def _admits_alone(pod: Pod, node: Node, namespaces: tuple[Namespace, ...], storage: Storage | None) -> bool:
    if not scheduling_gates(pod).feasible:
        return False
    snapshot = Snapshot((node,), (), namespaces, storage=storage)
    if pod.spec.node_name:
        return not refusal(pod, node, snapshot)
    if not filter_node(pod, node, snapshot, ALONE).feasible:
        return False
    keys = {term.topology_key for term in required(pod.spec.affinity.pod_affinity)}
    return all(key in node.metadata.labels for key in keys)


_HERE, _THERE = (Node(ObjectMeta(name=name, namespace="")) for name in ("here", "there"))


def clash(one: Pod, other: Pod, problem: Problem) -> bool:
    """Whether two pods can never be on one node, for a port or a disk; each is asked beside the other.

    The kubelet, which admits the pods that name their node, knows nothing of disks.
    """
    scheduled = not one.spec.node_name and not other.spec.node_name

    def beside(pod: Pod, there: Pod) -> bool:
        snapshot = Snapshot((_HERE,), (bound_copy(there, "here"),), problem.namespaces)
        disks = not scheduled or volume_restrictions(pod, _HERE, snapshot).feasible
        return disks and node_ports(pod, _HERE, snapshot).feasible

    return not (beside(one, other) and beside(other, one))


def exclude_each_other(one: Pod, other: Pod, problem: Problem) -> bool:
    """Whether two pods can never both be in the cluster: they use one claim that one pod alone may use."""
    snapshot = Snapshot((_HERE, _THERE), (bound_copy(other, "there"),), problem.namespaces, storage=problem.storage)
    return problem.storage is not None and not volume_restrictions(one, _HERE, snapshot).feasible
