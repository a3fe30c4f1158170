"""PodTopologySpread: hard limits on how unevenly pods spread over topology domains."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, reduce

import attrs
from frozendict import frozendict

from ....language.arithmetic import Number, Truth, minimum
from ....objects.affinity import DO_NOT_SCHEDULE, TopologySpreadConstraint
from ....objects.node import Node
from ....objects.pod import Pod
from ....objects.selectors import selects
from ..snapshot import Snapshot
from ..topology_domains import eligible, matching_pods, with_match_label_keys
from .verdict import FEASIBLE, Verdict, unresolvable, unschedulable

_REASON = "node(s) didn't match pod topology spread constraints"


def global_minimum(counts: Iterable[Number], min_domains: int) -> Number:
    """The smallest count of all eligible domains; 0 if there are fewer than ``min_domains`` of them."""
    each = tuple(counts)
    return 0 if len(each) < min_domains else reduce(minimum, each)


def skew(count: Number, self_match: Number, least: Number) -> Number:
    """By how much a domain with ``count`` matching pods exceeds the ``least`` once the pod, if it matches, is there."""
    return count + self_match - least


def fits_skew(count: Number, self_match: Number, least: Number, max_skew: Number) -> Truth:
    """Whether the pod may be placed in the domain."""
    return skew(count, self_match, least) <= max_skew


@attrs.frozen(cache_hash=True)
class DomainCounts:
    """How many matching pods each eligible domain of a constraint holds; other domains are absent.

    The constraint's selector has ``matchLabelKeys`` already merged in.
    """

    constraint: TopologySpreadConstraint
    counts: frozendict[str, int]

    @property
    def global_minimum(self) -> int:
        """The smallest count; 0 if fewer domains than ``minDomains`` (default 1) are eligible."""
        return int(global_minimum(self.counts.values(), self.constraint.min_domains or 1))


def hard_constraints(pod: Pod, match_label_keys: bool = True) -> tuple[TopologySpreadConstraint, ...]:
    """The pod's constraints that forbid scheduling, with ``matchLabelKeys`` merged into their selectors.

    ``match_label_keys``: feature gate ``MatchLabelKeysInPodTopologySpread``. Kubernetes' own default constraints are
    all soft, so they do not appear here.
    """
    constraints = (
        constraint
        for constraint in pod.spec.topology_spread_constraints
        if constraint.when_unsatisfiable == DO_NOT_SCHEDULE
    )
    if not match_label_keys:
        return tuple(constraints)
    return tuple(with_match_label_keys(constraint, pod) for constraint in constraints)


@lru_cache(maxsize=1024)
def domain_counts(pod: Pod, snapshot: Snapshot, match_label_keys: bool = True) -> tuple[DomainCounts, ...]:
    """Matching pods per domain, for each hard constraint in the pod's order (kube-scheduler §5.2).

    Counted are pods of the pod's namespace that the selector matches and that are not terminating. Eligible are nodes
    with the topology keys of all the hard constraints that the constraint's two policies let in.
    """
    constraints = hard_constraints(pod, match_label_keys)
    counts: list[dict[str, int]] = [{} for _ in constraints]
    for node in snapshot.nodes:
        labels = node.metadata.labels
        if not all(constraint.topology_key in labels for constraint in constraints):
            continue
        existing = snapshot.pods_on(node.metadata.name)
        for constraint, by_domain in zip(constraints, counts, strict=True):
            if eligible(constraint, pod, node):
                domain = labels[constraint.topology_key]
                by_domain[domain] = by_domain.get(domain, 0) + matching_pods(constraint, pod, existing)
    return tuple(
        DomainCounts(constraint, frozendict(by_domain))
        for constraint, by_domain in zip(constraints, counts, strict=True)
    )


def pod_topology_spread(pod: Pod, node: Node, snapshot: Snapshot, *, match_label_keys: bool = True) -> Verdict:
    """Feasible iff, for each hard constraint, count(domain) + self match - global minimum is at most ``maxSkew``.

    kube-scheduler §4 and §5.2; P, but U if the node lacks a topology key.
    """
    for domains in domain_counts(pod, snapshot, match_label_keys):
        constraint = domains.constraint
        domain = node.metadata.labels.get(constraint.topology_key)
        if domain is None:
            return unresolvable(f"{_REASON} (missing required label)")
        self_match = 1 if selects(constraint.label_selector, pod.metadata.labels) else 0
        if not fits_skew(domains.counts.get(domain, 0), self_match, domains.global_minimum, constraint.max_skew):
            return unschedulable(_REASON)
    return FEASIBLE
