"""Affinity of pods to nodes and to other pods, and the spreading of pods over topology domains."""

from __future__ import annotations

import attrs

from .selectors import LabelSelector, NodeSelector, NodeSelectorTerm

DO_NOT_SCHEDULE = "DoNotSchedule"
SCHEDULE_ANYWAY = "ScheduleAnyway"
HONOR = "Honor"
IGNORE = "Ignore"


@attrs.frozen(cache_hash=True)
class PreferredSchedulingTerm:
    """A node term with the weight (1..100) it adds to a matching node's score."""

    weight: int
    preference: NodeSelectorTerm


@attrs.frozen(cache_hash=True)
class NodeAffinity:
    """Node affinity; a required selector of None places no requirement."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    preferred_during_scheduling_ignored_during_execution: tuple[PreferredSchedulingTerm, ...] = ()


@attrs.frozen(cache_hash=True)
class PodAffinityTerm:
    """Pods, by label and namespace, that this pod wants (or does not want) within one value of ``topology_key``.

    Without ``namespaces`` and ``namespace_selector`` the pod's own namespace is meant; an empty selector means all.
    The API server merges ``match_label_keys`` and ``mismatch_label_keys`` into the selector when the pod is created.
    """

    topology_key: str
    label_selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()


@attrs.frozen(cache_hash=True)
class WeightedPodAffinityTerm:
    """A pod affinity term with the weight (1..100) it adds to the score."""

    weight: int
    pod_affinity_term: PodAffinityTerm


@attrs.frozen(cache_hash=True)
class PodAffinity:
    """Affinity, or anti-affinity, to other pods; the required terms are ANDed."""

    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()


@attrs.frozen(cache_hash=True)
class Affinity:
    """The three kinds of affinity of a pod; None where the API object has none."""

    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAffinity | None = None


@attrs.frozen(cache_hash=True)
class TopologySpreadConstraint:
    """How evenly matching pods are spread over the values of ``topology_key`` (kube-scheduler §5.2).

    ``max_skew`` and ``min_domains`` count pods and domains. ``when_unsatisfiable`` is DoNotSchedule or ScheduleAnyway,
    the two policies are Honor or Ignore.
    """

    topology_key: str
    max_skew: int = 1
    when_unsatisfiable: str = DO_NOT_SCHEDULE
    label_selector: LabelSelector | None = None
    min_domains: int | None = None
    node_affinity_policy: str = HONOR
    node_taints_policy: str = IGNORE
    match_label_keys: tuple[str, ...] = ()
