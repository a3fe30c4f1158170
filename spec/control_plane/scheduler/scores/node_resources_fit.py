"""NodeResourcesFit: prefers nodes by how much of their resources would be used, after one of three strategies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from ....objects.containers import Container
from ....objects.node import Node
from ....objects.pod import Pod, PodSpec
from ....objects.pod_resources import combined_requests, container_requests
from ....objects.quantities import CPU, MEMORY, ResourceList, is_scalar
from ..snapshot import Snapshot
from .normalising import MAX_NODE_SCORE, Scores

DEFAULT_MILLI_CPU_REQUEST = 100
"""What a container without a cpu request counts as, in thousandths of a core; in scores only (kube-scheduler §5)."""

DEFAULT_MEMORY_REQUEST = 200 * 1024 * 1024
"""What a container without a memory request counts as, in bytes; in scores only (kube-scheduler §5)."""

DEFAULT_RESOURCES = ((CPU, 1), (MEMORY, 1))
"""Resources that are scored, with their weights."""


def _non_zero(container: Container) -> ResourceList:
    requests = container_requests(container)
    return ResourceList({CPU: DEFAULT_MILLI_CPU_REQUEST, MEMORY: DEFAULT_MEMORY_REQUEST, **requests})


@lru_cache(maxsize=4096)
def non_zero_requests(spec: PodSpec) -> ResourceList:
    """A pod's requests with the defaults above in place of the cpu and memory requests that containers leave out."""
    return combined_requests(
        [_non_zero(container) for container in spec.containers],
        [(container.sidecar, _non_zero(container)) for container in spec.init_containers],
        spec.resources,
        spec.overhead,
    )


Resources = Iterable[tuple[str, int]]
"""Resources to look at, each with its weight."""

Shape = tuple[tuple[int, int], ...]
"""Points of a piecewise linear function: (utilisation in percent, score 0..10), by utilisation."""

MAX_SHAPE_SCORE = 10


def _used(pod: Pod, node: Node, snapshot: Snapshot, resources: Resources) -> Iterator[tuple[int, int, int]]:
    """Weight, what would be requested with the pod, and what is allocatable of each resource that counts.

    Resources that the node does not have are left out, and so are extended ones that the pod does not ask for.
    """
    wanted = non_zero_requests(pod.spec)
    taken = [non_zero_requests(existing.spec) for existing in snapshot.pods_on(node.metadata.name)]
    for resource, weight in resources:
        allocatable = node.status.allocatable.get(resource, 0)
        request = wanted.get(resource, 0)
        if allocatable == 0 or (request == 0 and is_scalar(resource)):
            continue
        yield weight, request + sum(requests.get(resource, 0) for requests in taken), allocatable


def _weighted_mean(
    pod: Pod, node: Node, snapshot: Snapshot, resources: Resources, share: Callable[[int, int], int]
) -> int:
    score = weights = 0
    for weight, requested, allocatable in _used(pod, node, snapshot, resources):
        score += weight * share(requested, allocatable)
        weights += weight
    return score // weights if weights else 0


def least_allocated(
    pod: Pod, candidates: tuple[Node, ...], snapshot: Snapshot, resources: Resources = DEFAULT_RESOURCES
) -> Scores:
    """Scores 0..100, the default strategy: weighted mean of the share, in percent, that is left with the pod there.

    kube-scheduler §5: sum of weight x ((allocatable - requested) x 100 / allocatable) / sum of weights, in integer
    division; 0 for a resource that is overcommitted.
    """

    def left(requested: int, allocatable: int) -> int:
        return max(0, allocatable - requested) * MAX_NODE_SCORE // allocatable

    return {node.metadata.name: _weighted_mean(pod, node, snapshot, resources, left) for node in candidates}


def most_allocated(
    pod: Pod, candidates: tuple[Node, ...], snapshot: Snapshot, resources: Resources = DEFAULT_RESOURCES
) -> Scores:
    """Scores 0..100, for bin packing: weighted mean of the share, in percent, that is used with the pod there."""

    def used(requested: int, allocatable: int) -> int:
        return min(requested, allocatable) * MAX_NODE_SCORE // allocatable

    return {node.metadata.name: _weighted_mean(pod, node, snapshot, resources, used) for node in candidates}


def requested_to_capacity_ratio(
    pod: Pod,
    candidates: tuple[Node, ...],
    snapshot: Snapshot,
    shape: Shape,
    resources: Resources = DEFAULT_RESOURCES,
) -> Scores:
    """Scores 0..100: weighted mean of a function of the utilisation in percent.

    Resources that score 0 do not count in the mean, which is rounded (kube-scheduler §5).
    """

    def score(node: Node) -> int:
        found = [
            (weight, _on_shape(shape, 100 if requested > allocatable else requested * 100 // allocatable))
            for weight, requested, allocatable in _used(pod, node, snapshot, resources)
        ]
        weights = sum(weight for weight, points in found if points > 0)
        total = sum(weight * points for weight, points in found if points > 0)
        # Half a point is rounded up, as Go's math.Round does for what is positive.
        return (2 * total + weights) // (2 * weights) if weights else 0

    return {node.metadata.name: score(node) for node in candidates}


def _on_shape(shape: Shape, utilization: int) -> int:
    """The value of the piecewise linear function, times 10, in integer division that rounds towards zero."""
    scaled = [(at, points * (MAX_NODE_SCORE // MAX_SHAPE_SCORE)) for at, points in shape]
    left, low = scaled[0]
    for right, high in scaled:
        if utilization <= right:
            return low + int((high - low) * (utilization - left) / (right - left)) if right > left else high
        left, low = right, high
    return low
