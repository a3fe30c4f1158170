"""NodeAffinity: prefers nodes that match the pod's preferred terms."""

from __future__ import annotations

from ....objects.affinity import NodeAffinity
from ....objects.node import Node
from ....objects.pod import Pod
from ..snapshot import Snapshot
from .normalising import Scores, share_of_largest


def _weights(affinity: NodeAffinity | None, node: Node) -> int:
    terms = () if affinity is None else affinity.preferred_during_scheduling_ignored_during_execution
    return sum(term.weight for term in terms if term.preference.matches(node.metadata.name, node.metadata.labels))


def node_affinity(
    pod: Pod, candidates: tuple[Node, ...], snapshot: Snapshot, *, added_affinity: NodeAffinity | None = None
) -> Scores:
    """Scores of the candidates, 0..100: by the sum of the weights of the terms that match (kube-scheduler §5).

    ``added_affinity``: node affinity that the scheduler's configuration adds to every pod's own.
    """
    own = pod.spec.affinity.node_affinity
    raw = {node.metadata.name: _weights(own, node) + _weights(added_affinity, node) for node in candidates}
    return share_of_largest(raw)
