"""TaintToleration: prefers nodes with fewer PreferNoSchedule taints that the pod does not tolerate."""

from __future__ import annotations

from ....objects.node import Node
from ....objects.pod import Pod
from ....objects.taints import PREFER_NO_SCHEDULE, tolerates
from ..snapshot import Snapshot
from .normalising import Scores, share_of_largest


def _intolerable(pod: Pod, node: Node, comparison_operators: bool) -> int:
    soft = (taint for taint in node.spec.taints if taint.effect == PREFER_NO_SCHEDULE)
    return sum(not tolerates(pod.spec.tolerations, taint, comparison_operators) for taint in soft)


def taint_toleration(
    pod: Pod, candidates: tuple[Node, ...], snapshot: Snapshot, *, comparison_operators: bool = False
) -> Scores:
    """Scores of the candidates, 0..100: fewest such taints first (kube-scheduler §5).

    ``comparison_operators``: feature gate ``TaintTolerationComparisonOperators`` (off by default).
    """
    raw = {node.metadata.name: _intolerable(pod, node, comparison_operators) for node in candidates}
    return share_of_largest(raw, reverse=True)
