"""The scheduler's scores against the tables of Kubernetes' own unit tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..spec.control_plane.scheduler.scores.balanced_allocation import balanced_allocation
from ..spec.control_plane.scheduler.scores.inter_pod_affinity import inter_pod_affinity
from ..spec.control_plane.scheduler.scores.node_resources_fit import (
    least_allocated,
    most_allocated,
    requested_to_capacity_ratio,
)
from ..spec.control_plane.scheduler.scores.pod_topology_spread import pod_topology_spread
from ..spec.control_plane.scheduler.scores.taint_toleration import taint_toleration
from ..spec.control_plane.scheduler.scoring import DEFAULT_PROFILE, Score
from ..spec.objects.decoding_pod import decode_pod
from .question import Answer, Given, Question, Questions
from .scheduler_snapshot import snapshot_of

_Weights = tuple[tuple[str, int], ...]


def _strategy(case: Given) -> Given:
    found: Given = case["other"]["pluginArgs"]["scoringStrategy"]
    return found


def _resources(settings: Given) -> _Weights:
    return tuple((resource["name"], resource.get("weight", 1)) for resource in settings["resources"])


def _capacity_ratio(case: Given) -> Score:
    points = _strategy(case)["requestedToCapacityRatio"]["shape"]
    shape = tuple((point.get("utilization", 0), point.get("score", 0)) for point in points)
    return partial(requested_to_capacity_ratio, shape=shape, resources=_resources(_strategy(case)))


def _inter_pod_affinity(case: Given) -> Score:
    arguments = case["other"].get("pluginArgs", {})
    return partial(
        inter_pod_affinity,
        hard_weight=arguments.get("hardPodAffinityWeight", 1),
        ignore_preferences_of_existing=arguments.get("ignorePreferredTermsOfExistingPods", False),
    )


def _taint_toleration(case: Given) -> Score:
    gates = case["other"].get("featureGates", {})
    return partial(taint_toleration, comparison_operators=gates.get("TaintTolerationComparisonOperators", False))


def _pod_topology_spread(case: Given) -> Score:
    gates = case["other"].get("featureGates", {})
    return partial(pod_topology_spread, match_label_keys=gates.get("MatchLabelKeysInPodTopologySpread", True))


def _question(score_of: Callable[[Given], Score]) -> Question:
    def answer(case: Given) -> Answer:
        infeasible = case["other"].get("infeasibleNodes", ())
        snapshot = snapshot_of(case)
        candidates = tuple(node for node in snapshot.nodes if node.metadata.name not in infeasible)
        scores = score_of(case)(decode_pod(case["pod"]), candidates, snapshot)
        return {node: {"score": score} for node, score in scores.items()}

    return Question(answer, complete=frozenset({""}))


QUESTIONS: Questions = {
    "NodeResourcesFit: score (LeastAllocated)": _question(
        lambda case: partial(least_allocated, resources=_resources(_strategy(case)))
    ),
    "NodeResourcesFit: score (MostAllocated)": _question(
        lambda case: partial(most_allocated, resources=_resources(_strategy(case)))
    ),
    "NodeResourcesFit: score (RequestedToCapacityRatio)": _question(_capacity_ratio),
    "NodeResourcesBalancedAllocation: score": _question(
        lambda case: partial(balanced_allocation, resources=_resources(case["other"]["pluginArgs"]))
    ),
    "ImageLocality: score": _question(lambda _case: DEFAULT_PROFILE["ImageLocality"][1]),
    "InterPodAffinity: normalized-score": _question(_inter_pod_affinity),
    "NodeAffinity: normalized-score": _question(lambda _case: DEFAULT_PROFILE["NodeAffinity"][1]),
    "PodTopologySpread: normalized-score": _question(_pod_topology_spread),
    "TaintToleration: normalized-score": _question(_taint_toleration),
}
