"""PodTopologySpread: prefers nodes in topology domains that hold fewer matching pods (kube-scheduler §5.2)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import attrs
from frozendict import frozendict

from ....objects.affinity import SCHEDULE_ANYWAY, TopologySpreadConstraint
from ....objects.node import Node
from ....objects.pod import Pod
from ....objects.selectors import LabelSelector
from ..snapshot import Snapshot
from ..topology_domains import eligible, matching_pods, with_match_label_keys
from .normalising import MAX_NODE_SCORE, Scores

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"

DEFAULT_CONSTRAINTS = (
    TopologySpreadConstraint(HOSTNAME, max_skew=3, when_unsatisfiable=SCHEDULE_ANYWAY),
    TopologySpreadConstraint(ZONE, max_skew=5, when_unsatisfiable=SCHEDULE_ANYWAY),
)
"""What a pod without constraints of its own gets, if a Service or its owner says which pods are its like."""


@attrs.frozen
class _Spreading:
    """What the scores are made of: a weight and the pods in each domain for each constraint; nodes left out."""

    constraints: tuple[TopologySpreadConstraint, ...]
    weights: tuple[float, ...]
    counts: tuple[Mapping[str, int], ...]
    ignored: frozenset[str]


def default_selector(pod: Pod, snapshot: Snapshot) -> LabelSelector | None:
    """The selectors of the Services that select the pod and of its owner, ANDed; None where there is none."""
    found = [selector for group in snapshot.alike if (selector := group.selector_for(pod)) is not None]
    if not found:
        return None
    return LabelSelector(
        frozendict({key: value for selector in found for key, value in selector.match_labels.items()}),
        tuple(expression for selector in found for expression in selector.match_expressions),
    )


def _constraints(pod: Pod, snapshot: Snapshot, match_label_keys: bool) -> tuple[TopologySpreadConstraint, ...]:
    own = pod.spec.topology_spread_constraints
    if own:
        soft = (constraint for constraint in own if constraint.when_unsatisfiable == SCHEDULE_ANYWAY)
        return tuple(with_match_label_keys(it, pod) if match_label_keys else it for it in soft)
    selector = default_selector(pod, snapshot)
    if selector is None:
        return ()
    return tuple(attrs.evolve(constraint, label_selector=selector) for constraint in DEFAULT_CONSTRAINTS)


def _spreading(
    pod: Pod, candidates: tuple[Node, ...], snapshot: Snapshot, constraints: tuple[TopologySpreadConstraint, ...]
) -> _Spreading:
    # Default constraints leave no node out: clusters without zones have none of their keys but the hostname.
    all_keys = bool(pod.spec.topology_spread_constraints)

    def lacks_a_key(node: Node) -> bool:
        return all_keys and not all(constraint.topology_key in node.metadata.labels for constraint in constraints)

    ignored = frozenset(node.metadata.name for node in candidates if lacks_a_key(node))
    counted = [node for node in candidates if node.metadata.name not in ignored]
    counts: list[dict[str, int]] = []
    weights = []
    for constraint in constraints:
        key = constraint.topology_key
        by_domain = {} if key == HOSTNAME else {n.metadata.labels[key]: 0 for n in counted if key in n.metadata.labels}
        weights.append(math.log((len(counted) if key == HOSTNAME else len(by_domain)) + 2))
        for node in snapshot.nodes:
            domain = node.metadata.labels.get(key)
            if domain in by_domain and not lacks_a_key(node) and eligible(constraint, pod, node):
                by_domain[domain] += matching_pods(constraint, pod, snapshot.pods_on(node.metadata.name))
        counts.append(by_domain)
    return _Spreading(constraints, tuple(weights), tuple(counts), ignored)


def _raw(pod: Pod, node: Node, snapshot: Snapshot, spreading: _Spreading) -> int:
    score = 0.0
    parts = zip(spreading.constraints, spreading.weights, spreading.counts, strict=True)
    for constraint, weight, by_domain in parts:
        domain = node.metadata.labels.get(constraint.topology_key)
        if domain is None:
            continue
        if constraint.topology_key == HOSTNAME:
            count = matching_pods(constraint, pod, snapshot.pods_on(node.metadata.name))
        else:
            count = by_domain[domain]
        score += count * weight + (constraint.max_skew - 1)
    # Half a point is rounded up, as Go's math.Round does for what is positive.
    return math.floor(score + 0.5)


def pod_topology_spread(
    pod: Pod, candidates: tuple[Node, ...], snapshot: Snapshot, *, match_label_keys: bool = True
) -> Scores:
    """Scores of the candidates, 0..100: most for the least crowded domain, 0 for nodes that lack a key.

    Per soft constraint: the matching pods in the node's domain times ln(domains + 2), plus maxSkew - 1; summed,
    rounded, then 100 x (largest + smallest - score) / largest. No soft constraint: 0 for all.
    """
    constraints = _constraints(pod, snapshot, match_label_keys)
    if not constraints:
        return {node.metadata.name: 0 for node in candidates}
    spreading = _spreading(pod, candidates, snapshot, constraints)
    raw = {
        node.metadata.name: _raw(pod, node, snapshot, spreading)
        for node in candidates
        if node.metadata.name not in spreading.ignored
    }
    largest, smallest = max(raw.values(), default=0), min(raw.values(), default=0)

    def normalised(name: str) -> int:
        if name not in raw:
            return 0
        return MAX_NODE_SCORE * (largest + smallest - raw[name]) // largest if largest else MAX_NODE_SCORE

    return {node.metadata.name: normalised(node.metadata.name) for node in candidates}
