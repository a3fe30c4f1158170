"""InterPodAffinity: required affinity and anti-affinity between pods."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import attrs

from ....objects.affinity import PodAffinity, PodAffinityTerm
from ....objects.node import Node
from ....objects.pod import Pod
from ....objects.selectors import Requirement
from ..snapshot import Snapshot
from .verdict import FEASIBLE, Verdict, unresolvable, unschedulable

Domain = tuple[str, str]
"""A topology key and a value of it."""


@attrs.frozen
class _Domains:
    """Where the pods are that matter to an incoming pod; nodes without the topology key contribute nothing."""

    affinity: frozenset[Domain]
    anti_affinity: frozenset[Domain]
    forbidden_by_existing: frozenset[Domain]


def term_matches(term: PodAffinityTerm, owner: Pod, other: Pod, snapshot: Snapshot) -> bool:
    """Whether ``other`` is among the pods that a term of ``owner`` is about: by namespace, then by labels.

    ``matchLabelKeys`` and ``mismatchLabelKeys`` are merged into the selector, as the API server does when it creates
    the owner; doing it twice changes nothing.
    """
    namespace = other.metadata.namespace
    if not term.namespaces and term.namespace_selector is None:
        in_scope = namespace == owner.metadata.namespace
    else:
        in_scope = namespace in term.namespaces or (
            term.namespace_selector is not None
            and term.namespace_selector.matches(snapshot.namespace_labels(namespace))
        )
    if not in_scope or term.label_selector is None:
        return False
    return term.label_selector.narrowed(*_own_labels(term, owner)).matches(other.metadata.labels)


def _own_labels(term: PodAffinityTerm, owner: Pod) -> Iterator[Requirement]:
    labels = owner.metadata.labels
    for operator, keys in (("In", term.match_label_keys), ("NotIn", term.mismatch_label_keys)):
        for key in keys:
            if key in labels:
                yield Requirement(key, operator, (labels[key],))


def _required(affinity: PodAffinity | None) -> tuple[PodAffinityTerm, ...]:
    return () if affinity is None else affinity.required_during_scheduling_ignored_during_execution


def _matches_all(terms: tuple[PodAffinityTerm, ...], owner: Pod, other: Pod, snapshot: Snapshot) -> bool:
    return bool(terms) and all(term_matches(term, owner, other, snapshot) for term in terms)


@lru_cache(maxsize=1024)
def _domains(pod: Pod, snapshot: Snapshot) -> _Domains:
    affinity_terms = _required(pod.spec.affinity.pod_affinity)
    anti_terms = _required(pod.spec.affinity.pod_anti_affinity)
    affinity: set[Domain] = set()
    anti_affinity: set[Domain] = set()
    forbidden: set[Domain] = set()
    for node in snapshot.nodes:
        labels = node.metadata.labels
        for existing in snapshot.pods_on(node.metadata.name):
            wanted = affinity_terms if _matches_all(affinity_terms, pod, existing, snapshot) else ()
            unwanted = (term for term in anti_terms if term_matches(term, pod, existing, snapshot))
            theirs = (
                term
                for term in _required(existing.spec.affinity.pod_anti_affinity)
                if term_matches(term, existing, pod, snapshot)
            )
            for terms, domains in ((wanted, affinity), (unwanted, anti_affinity), (theirs, forbidden)):
                domains.update((key, labels[key]) for key in (term.topology_key for term in terms) if key in labels)
    return _Domains(frozenset(affinity), frozenset(anti_affinity), frozenset(forbidden))


def _affinity_satisfied(pod: Pod, node: Node, snapshot: Snapshot, present: frozenset[Domain]) -> bool:
    terms = _required(pod.spec.affinity.pod_affinity)
    labels = node.metadata.labels
    if not all(term.topology_key in labels for term in terms):
        return False
    if all((term.topology_key, labels[term.topology_key]) in present for term in terms):
        return True
    # First of its group: no pod to join anywhere, and the pod would satisfy its own terms.
    return not present and _matches_all(terms, pod, pod, snapshot)


def inter_pod_affinity(pod: Pod, node: Node, snapshot: Snapshot) -> Verdict:
    """Feasible iff required affinity, own and existing pods' required anti-affinity allow it (kube-scheduler §4).

    Affinity: existing pods that match all of the pod's terms must share the node's value of every term's topology key,
    or none exists and the pod matches its own terms (else U). Anti-affinity: none that matches a term may share the
    node's value, and no existing pod's own term may forbid this pod there (else P). Terminating pods count.
    """
    domains = _domains(pod, snapshot)
    if not _affinity_satisfied(pod, node, snapshot, domains.affinity):
        return unresolvable("node(s) didn't match pod affinity rules")
    here = node.metadata.labels.items()
    if not domains.anti_affinity.isdisjoint(here):
        return unschedulable("node(s) didn't match pod anti-affinity rules")
    if not domains.forbidden_by_existing.isdisjoint(here):
        return unschedulable("node(s) didn't satisfy existing pods anti-affinity rules")
    return FEASIBLE
