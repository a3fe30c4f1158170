"""NodeResourcesBalancedAllocation: prefers nodes whose resources would be used evenly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from ....objects.node import Node
from ....objects.pod import Pod
from ....objects.pod_resources import pod_requests
from ....objects.quantities import is_scalar
from ..filters.node_resources_fit import requested_by
from ..snapshot import Snapshot
from .node_resources_fit import DEFAULT_RESOURCES
from .normalising import MAX_NODE_SCORE, Scores


def _fractions(pod: Pod, node: Node, snapshot: Snapshot, resources: Iterable[tuple[str, int]]) -> Iterator[float]:
    wanted, taken = pod_requests(pod), requested_by(snapshot.pods_on(node.metadata.name))
    for resource, _ in resources:
        allocatable, request = node.status.allocatable.get(resource, 0), wanted.get(resource, 0)
        if allocatable and (request or not is_scalar(resource)):
            yield min(1.0, (request + taken.get(resource, 0)) / allocatable)


def _deviation(fractions: list[float]) -> float:
    if len(fractions) == 2:
        return abs(fractions[0] - fractions[1]) / 2
    if len(fractions) < 2:
        return 0.0
    mean = sum(fractions) / len(fractions)
    return math.sqrt(sum((fraction - mean) ** 2 for fraction in fractions) / len(fractions))


def balanced_allocation(
    pod: Pod,
    candidates: tuple[Node, ...],
    snapshot: Snapshot,
    resources: Iterable[tuple[str, int]] = DEFAULT_RESOURCES,
) -> Scores:
    """Scores of the candidates, 0..100: 100 x (1 - deviation of the used fractions), with the pod (kube-scheduler §5).

    The formula of v1.28; unset requests count as nothing here.
    """
    return {
        node.metadata.name: int((1 - _deviation(list(_fractions(pod, node, snapshot, resources)))) * MAX_NODE_SCORE)
        for node in candidates
    }
