"""What the hard and the soft side of PodTopologySpread have in common: which pods and nodes a constraint is about."""

from __future__ import annotations

import attrs

from ...objects.affinity import HONOR, TopologySpreadConstraint
from ...objects.node import Node
from ...objects.pod import Pod
from ...objects.selectors import LabelSelector, Requirement, selects
from .filters.node_affinity import matches_node_affinity
from .filters.taint_toleration import untolerated_taint

_EMPTY_SELECTOR = LabelSelector()


def with_match_label_keys(constraint: TopologySpreadConstraint, pod: Pod) -> TopologySpreadConstraint:
    """The constraint with the pod's own values of ``matchLabelKeys`` ANDed into its selector (kube-scheduler §5.2)."""
    labels = pod.metadata.labels
    own = [Requirement(key, "In", (labels[key],)) for key in constraint.match_label_keys if key in labels]
    if not own or constraint.label_selector is None:
        return constraint
    return attrs.evolve(constraint, label_selector=constraint.label_selector.narrowed(*own))


def eligible(constraint: TopologySpreadConstraint, pod: Pod, node: Node) -> bool:
    """Whether the constraint's two policies let the node in."""
    if constraint.node_affinity_policy == HONOR and not matches_node_affinity(pod, node):
        return False
    return constraint.node_taints_policy != HONOR or untolerated_taint(pod, node) is None


def matching_pods(constraint: TopologySpreadConstraint, pod: Pod, existing: tuple[Pod, ...]) -> int:
    """How many of ``existing`` the constraint counts: of the pod's namespace, matched, not terminating."""
    # As upstream, a selector without any requirement counts no pod here, though it matches the incoming one.
    if constraint.label_selector == _EMPTY_SELECTOR:
        return 0
    return sum(
        1
        for other in existing
        if not other.metadata.terminating
        and other.metadata.namespace == pod.metadata.namespace
        and selects(constraint.label_selector, other.metadata.labels)
    )
