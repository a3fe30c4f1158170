"""NodeName: a pod that names its node goes nowhere else."""

from __future__ import annotations

from ....objects.node import Node
from ....objects.pod import Pod
from ..snapshot import Snapshot
from .verdict import FEASIBLE, Verdict, unresolvable


def node_name(pod: Pod, node: Node, snapshot: Snapshot) -> Verdict:
    """Feasible iff ``spec.nodeName`` is empty or this node's name (kube-scheduler §4, U)."""
    if pod.spec.node_name in ("", node.metadata.name):
        return FEASIBLE
    return unresolvable("node(s) didn't match the requested node name")
