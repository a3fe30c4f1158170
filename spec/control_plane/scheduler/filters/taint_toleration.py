"""TaintToleration: keeps pods off nodes whose taints they do not tolerate."""

from __future__ import annotations

from ....objects.node import Node
from ....objects.pod import Pod
from ....objects.taints import NO_EXECUTE, NO_SCHEDULE, Taint, tolerates
from ..snapshot import Snapshot
from .verdict import FEASIBLE, Verdict, unresolvable


def untolerated_taint(pod: Pod, node: Node, comparison_operators: bool = False) -> Taint | None:
    """The first NoSchedule or NoExecute taint of the node that the pod does not tolerate."""
    return next(
        (
            taint
            for taint in node.spec.taints
            if taint.effect in (NO_SCHEDULE, NO_EXECUTE)
            and not tolerates(pod.spec.tolerations, taint, comparison_operators)
        ),
        None,
    )


def taint_toleration(pod: Pod, node: Node, snapshot: Snapshot, *, comparison_operators: bool = False) -> Verdict:
    """Feasible iff every NoSchedule or NoExecute taint is tolerated (kube-scheduler §4, U).

    ``comparison_operators``: feature gate ``TaintTolerationComparisonOperators`` (off by default).
    """
    if untolerated_taint(pod, node, comparison_operators) is None:
        return FEASIBLE
    return unresolvable("node(s) had untolerated taint(s)")
