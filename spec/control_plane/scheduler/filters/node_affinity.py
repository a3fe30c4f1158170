"""NodeAffinity: node selector and required node affinity."""

from __future__ import annotations

from ....objects.affinity import NodeAffinity
from ....objects.node import Node
from ....objects.pod import Pod
from ..snapshot import Snapshot
from .verdict import FEASIBLE, Verdict, unresolvable


def _meets(affinity: NodeAffinity | None, node: Node) -> bool:
    required = None if affinity is None else affinity.required_during_scheduling_ignored_during_execution
    return required is None or required.matches(node.metadata.name, node.metadata.labels)


def matches_node_affinity(pod: Pod, node: Node) -> bool:
    """Whether the node has the pod's ``nodeSelector`` labels and meets its required node affinity."""
    labels = node.metadata.labels
    selected = all(labels.get(key) == value for key, value in pod.spec.node_selector.items())
    return selected and _meets(pod.spec.affinity.node_affinity, node)


def node_affinity(pod: Pod, node: Node, snapshot: Snapshot, *, added_affinity: NodeAffinity | None = None) -> Verdict:
    """Feasible iff node selector and required node affinity match (kube-scheduler §4, U).

    ``added_affinity``: node affinity that the scheduler's configuration adds to every pod's own.
    """
    if not _meets(added_affinity, node):
        return unresolvable("node(s) didn't match scheduler-enforced node affinity")
    if not matches_node_affinity(pod, node):
        return unresolvable("node(s) didn't match Pod's node affinity/selector")
    return FEASIBLE
