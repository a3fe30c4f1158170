"""InterPodAffinity: prefers nodes near pods that this pod likes, or that like it (kube-scheduler §5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ....objects.affinity import PodAffinity, PodAffinityTerm, WeightedPodAffinityTerm
from ....objects.node import Node
from ....objects.pod import Pod
from ..filters.inter_pod_affinity import Domain, term_matches
from ..snapshot import Snapshot
from .normalising import Scores, place_in_range

HARD_POD_AFFINITY_WEIGHT = 1
"""What a match of an existing pod's required affinity adds."""


class _Weighted(NamedTuple):
    """A term of ``owner`` that is about ``other``, and what a match adds to the domain."""

    term: PodAffinityTerm
    weight: int
    owner: Pod
    other: Pod


def _preferred(affinity: PodAffinity | None) -> tuple[WeightedPodAffinityTerm, ...]:
    return () if affinity is None else affinity.preferred_during_scheduling_ignored_during_execution


def _preferences(owner: Pod, other: Pod) -> Iterator[_Weighted]:
    affinity = owner.spec.affinity
    for sign, terms in ((1, _preferred(affinity.pod_affinity)), (-1, _preferred(affinity.pod_anti_affinity))):
        for weighted in terms:
            yield _Weighted(weighted.pod_affinity_term, sign * weighted.weight, owner, other)


def _requirements(owner: Pod, other: Pod, weight: int) -> Iterator[_Weighted]:
    affinity = owner.spec.affinity.pod_affinity
    if affinity is not None and weight:
        for term in affinity.required_during_scheduling_ignored_during_execution:
            yield _Weighted(term, weight, owner, other)


def _domain_scores(pod: Pod, snapshot: Snapshot, hard_weight: int) -> dict[Domain, int]:
    scores: dict[Domain, int] = {}
    for node in snapshot.nodes:
        labels = node.metadata.labels
        for existing in snapshot.pods_on(node.metadata.name):
            theirs = (*_requirements(existing, pod, hard_weight), *_preferences(existing, pod))
            for term, weight, owner, other in (*_preferences(pod, existing), *theirs):
                key = term.topology_key
                if key in labels and term_matches(term, owner, other, snapshot):
                    scores[key, labels[key]] = scores.get((key, labels[key]), 0) + weight
    return scores


def inter_pod_affinity(
    pod: Pod,
    candidates: tuple[Node, ...],
    snapshot: Snapshot,
    *,
    hard_weight: int = HARD_POD_AFFINITY_WEIGHT,
    ignore_preferences_of_existing: bool = False,
) -> Scores:
    """Scores of the candidates, 0..100.

    Per (topology key, value): the weights of the pod's preferred terms that match a pod there, minus those of its
    anti-affinity; ``hard_weight`` for each required term, and the weights of the preferred terms, of a pod there that
    match this pod. ``ignore_preferences_of_existing``: a pod that prefers nothing itself gets no scores at all.
    """
    own = pod.spec.affinity
    prefers = bool(_preferred(own.pod_affinity) or _preferred(own.pod_anti_affinity))
    ignored = ignore_preferences_of_existing and not prefers
    scores = {} if ignored else _domain_scores(pod, snapshot, hard_weight)
    return place_in_range(
        {
            node.metadata.name: sum(scores.get(domain, 0) for domain in node.metadata.labels.items())
            for node in candidates
        }
    )
