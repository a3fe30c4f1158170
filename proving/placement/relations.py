"""What the filters say of kinds and nodes, as tables: the numbers that counting is about.

Everything here is asked of the scheduler's own functions: whether a node takes a pod alone, what two pods on one node
cannot share, whom a term or a constraint is about, which nodes count as its domains. What is left is arithmetic over
how many pods of each kind are on each node.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from ...spec.control_plane.scheduler.filtering import bound_copy
from ...spec.control_plane.scheduler.filters.inter_pod_affinity import term_matches
from ...spec.control_plane.scheduler.filters.pod_topology_spread import hard_constraints
from ...spec.control_plane.scheduler.snapshot import Snapshot
from ...spec.control_plane.scheduler.topology_domains import eligible, matching_pods
from ...spec.objects.node import Node
from ...spec.objects.pod import Pod
from ...spec.objects.pod_resources import spec_requests
from ...spec.objects.quantities import PODS
from ...spec.objects.selectors import selects
from .admission import admits_alone, clash, exclude_each_other
from .asking import required
from .problem import PodKind, Problem


@attrs.frozen
class Apart:
    """A required anti-affinity term: pods of ``kind`` are never in one domain of ``key`` with one of ``others``."""

    kind: int
    key: str
    others: frozenset[int]


@attrs.frozen
class Together:
    """Required pod affinity of ``kind``: a domain of each key must hold one of ``others``, who match all its terms.

    ``founder``: its pods match their own terms, so that the first of the group may go anywhere.
    """

    kind: int
    keys: tuple[str, ...]
    others: frozenset[int]
    founder: bool


@attrs.frozen
class Spread:
    """A hard spread constraint of ``kind``: pods of ``counted`` kinds over the domains of ``key``.

    ``nodes``: those that count. ``itself``: whether a pod counts itself as it comes. ``floor``: whether the emptiest
    domain counts; with fewer than minDomains domains it is taken to be empty.
    """

    kind: int
    key: str
    skew: int
    counted: frozenset[int]
    nodes: frozenset[int]
    itself: bool
    floor: bool


@attrs.frozen
class Relations:
    """The tables of one problem; kinds and nodes go by their numbers.

    ``admitted[k][n]``: the node takes a pod of the kind alone. ``fixed[k][n]``: pods that are there, or, of a
    DaemonSet, must be: ``wanted[k][n]`` of these are still to be placed. ``requests[k]``, ``capacity[n]``: by resource,
    pods among them. ``clashes``: pairs of kinds, a kind with itself too, that cannot share a node. ``exclusive``: pairs
    of which the cluster holds one pod at most.
    """

    problem: Problem
    pods: tuple[Pod, ...]
    admitted: tuple[tuple[bool, ...], ...]
    fixed: tuple[tuple[int, ...], ...]
    wanted: tuple[tuple[int, ...], ...]
    requests: tuple[dict[str, int], ...]
    capacity: tuple[dict[str, int], ...]
    clashes: frozenset[tuple[int, int]]
    exclusive: frozenset[tuple[int, int]]
    apart: tuple[Apart, ...]
    together: tuple[Together, ...]
    spreads: tuple[Spread, ...]

    @property
    def kinds(self) -> tuple[PodKind, ...]:
        """The kinds of the problem."""
        return self.problem.kinds

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes of the problem."""
        return self.problem.nodes

    def free(self, kind: int) -> bool:
        """Whether it is open where the pods of the kind go: not of a DaemonSet, and some are to be placed."""
        return self.kinds[kind].daemon is None and self.kinds[kind].count > 0

    @property
    def ordered(self) -> bool:
        """Whether the order of binding matters: it does for affinity, spreading, and pods that name their node."""
        return bool(self.together or self.spreads or self.naming)

    @property
    def naming(self) -> frozenset[int]:
        """The kinds whose pods name their node, so that the kubelet alone admits them."""
        return frozenset(k for k, pod in enumerate(self.pods) if pod.spec.node_name)


def relations(problem: Problem) -> Relations:
    """The tables of ``problem``."""
    nodes = problem.nodes
    pods = tuple(kind.pod for kind in problem.kinds)
    scope = Snapshot(nodes, (), problem.namespaces, storage=problem.storage)
    wanted = tuple(tuple(_wanted(kind, node) for node in nodes) for kind in problem.kinds)
    kinds = problem.kinds
    placed = frozenset(k for k, it in enumerate(kinds) if it.count and (it.daemon is None or any(wanted[k])))
    present = placed | {k for k, kind in enumerate(kinds) if kind.bound}
    # Whoever names a node bypasses the scheduler: coming last, such a pod troubles nobody's terms.
    scheduled = frozenset(k for k in present if not pods[k].spec.node_name)
    return Relations(
        problem,
        pods,
        tuple(tuple(_admitted(kind, node, problem) for node in nodes) for kind in problem.kinds),
        tuple(
            tuple(kind.bound.get(node.metadata.name, 0) + wanted[k][n] for n, node in enumerate(nodes))
            for k, kind in enumerate(problem.kinds)
        ),
        wanted,
        tuple({**{name: n for name, n in spec_requests(pod.spec).items() if n}, PODS: 1} for pod in pods),
        tuple(dict(node.status.allocatable) for node in nodes),
        frozenset(_clashes(pods, present, problem)),
        frozenset(_exclusive(pods, scheduled, problem)),
        tuple(_apart(pods, scheduled, scope)),
        tuple(_together(k, pods, present, scope) for k in sorted(placed & scheduled) if _terms(pods[k])),
        tuple(spread for k in sorted(placed & scheduled) for spread in _spreads(k, pods, present, nodes)),
    )


def _wanted(kind: PodKind, node: Node) -> int:
    return 1 if kind.wanted_on(node) and not kind.bound.get(node.metadata.name) else 0


def _admitted(kind: PodKind, node: Node, problem: Problem) -> bool:
    return kind.count > 0 and admits_alone(kind.pod_for(node), node, problem)


def _clashes(pods: Sequence[Pod], present: frozenset[int], problem: Problem) -> Iterator[tuple[int, int]]:
    for one in sorted(present):
        for other in sorted(present):
            if one <= other and clash(pods[one], pods[other], problem):
                yield one, other
                yield other, one


def _exclusive(pods: Sequence[Pod], present: frozenset[int], problem: Problem) -> Iterator[tuple[int, int]]:
    for one in sorted(present):
        for other in sorted(present):
            if exclude_each_other(pods[one], pods[other], problem):
                yield one, other


def _apart(pods: Sequence[Pod], present: frozenset[int], scope: Snapshot) -> Iterator[Apart]:
    for one in sorted(present):
        for term in required(pods[one].spec.affinity.pod_anti_affinity):
            others = frozenset(k for k in present if term_matches(term, pods[one], pods[k], scope))
            if others:
                yield Apart(one, term.topology_key, others)


def _terms(pod: Pod) -> bool:
    return bool(required(pod.spec.affinity.pod_affinity))


def _together(kind: int, pods: Sequence[Pod], present: frozenset[int], scope: Snapshot) -> Together:
    terms = required(pods[kind].spec.affinity.pod_affinity)

    def matched(other: Pod) -> bool:
        return all(term_matches(term, pods[kind], other, scope) for term in terms)

    keys = tuple(dict.fromkeys(term.topology_key for term in terms))
    return Together(kind, keys, frozenset(k for k in present if matched(pods[k])), matched(pods[kind]))


def _spreads(kind: int, pods: Sequence[Pod], present: frozenset[int], nodes: Sequence[Node]) -> Iterator[Spread]:
    pod = pods[kind]
    constraints = hard_constraints(pod)
    keyed = [n for n, node in enumerate(nodes) if all(it.topology_key in node.metadata.labels for it in constraints)]
    for constraint in constraints:
        counted = frozenset(k for k in present if matching_pods(constraint, pod, (bound_copy(pods[k], "?"),)))
        there = frozenset(n for n in keyed if eligible(constraint, pod, nodes[n]))
        key = constraint.topology_key
        domains = {nodes[n].metadata.labels[key] for n in there}
        yield Spread(
            kind,
            key,
            constraint.max_skew,
            counted,
            there,
            selects(constraint.label_selector, pod.metadata.labels),
            bool(domains) and len(domains) >= (constraint.min_domains or 1),
        )
