"""NodeUnschedulable: keeps pods off cordoned nodes."""

from __future__ import annotations

from ....objects.node import Node
from ....objects.pod import Pod
from ....objects.taints import NO_SCHEDULE, TAINT_UNSCHEDULABLE, Taint, tolerates
from ..snapshot import Snapshot
from .verdict import FEASIBLE, Verdict, unresolvable

_CORDON = Taint(TAINT_UNSCHEDULABLE, effect=NO_SCHEDULE)


def node_unschedulable(pod: Pod, node: Node, snapshot: Snapshot) -> Verdict:
    """Feasible iff the node is not cordoned or the pod tolerates the cordon's taint (kube-scheduler §4, U)."""
    if not node.spec.unschedulable or tolerates(pod.spec.tolerations, _CORDON):
        return FEASIBLE
    return unresolvable("node(s) were unschedulable")
