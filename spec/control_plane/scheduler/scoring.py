"""The weighted sum of all scores of the default profile (kube-scheduler §3 step 7, §5)."""

from __future__ import annotations

from collections.abc import Callable

from frozendict import frozendict

from ...objects.node import Node
from ...objects.pod import Pod
from .scores.balanced_allocation import balanced_allocation
from .scores.image_locality import image_locality
from .scores.inter_pod_affinity import inter_pod_affinity
from .scores.node_affinity import node_affinity
from .scores.node_resources_fit import least_allocated
from .scores.normalising import Scores
from .scores.pod_topology_spread import pod_topology_spread
from .scores.taint_toleration import taint_toleration
from .snapshot import Snapshot

Score = Callable[[Pod, tuple[Node, ...], Snapshot], Scores]
"""A score plugin: the incoming pod, the candidates, the snapshot; node name -> 0..100."""

DEFAULT_PROFILE: frozendict[str, tuple[int, Score]] = frozendict(
    {
        "TaintToleration": (3, taint_toleration),
        "NodeAffinity": (2, node_affinity),
        "PodTopologySpread": (2, pod_topology_spread),
        "InterPodAffinity": (2, inter_pod_affinity),
        "NodeResourcesFit": (1, least_allocated),
        "NodeResourcesBalancedAllocation": (1, balanced_allocation),
        "ImageLocality": (1, image_locality),
    }
)
"""Plugin name -> its weight and its score."""

Profile = frozendict[str, tuple[int, Score]]


def total_scores(
    pod: Pod, candidates: tuple[Node, ...], snapshot: Snapshot, profile: Profile = DEFAULT_PROFILE
) -> Scores:
    """Node name -> weighted sum of the plugins' scores."""
    totals = {node.metadata.name: 0 for node in candidates}
    for weight, score in profile.values():
        for name, points in score(pod, candidates, snapshot).items():
            totals[name] += weight * points
    return totals


def best_nodes(
    pod: Pod, candidates: tuple[Node, ...], snapshot: Snapshot, profile: Profile = DEFAULT_PROFILE
) -> tuple[Node, ...]:
    """The candidates with the highest total: the scheduler picks one of them at random."""
    totals = total_scores(pod, candidates, snapshot, profile)
    highest = max(totals.values(), default=0)
    return tuple(node for node in candidates if totals[node.metadata.name] == highest)
