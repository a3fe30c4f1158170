"""LeastAllocated, the default strategy of NodeResourcesFit: prefers nodes with more left over."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ....objects.containers import Container
from ....objects.node import Node
from ....objects.pod import Pod, PodSpec
from ....objects.pod_resources import combined_requests, container_requests
from ....objects.quantities import CPU, MEMORY, ResourceList, is_scalar
from ..snapshot import Snapshot

MAX_NODE_SCORE = 100

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


def least_allocated(
    pod: Pod, node: Node, snapshot: Snapshot, resources: Iterable[tuple[str, int]] = DEFAULT_RESOURCES
) -> int:
    """Score 0..100 of a node: weighted mean of the share, in percent, that is left with the pod on it.

    kube-scheduler §5: sum of weight x ((allocatable - requested) x 100 / allocatable) / sum of weights, in integer
    division; 0 for a resource that is overcommitted. Resources that the node does not have are left out, and so are
    extended ones that the pod does not ask for.
    """
    wanted = non_zero_requests(pod.spec)
    taken = [non_zero_requests(existing.spec) for existing in snapshot.pods_on(node.metadata.name)]
    score = weights = 0
    for resource, weight in resources:
        allocatable = node.status.allocatable.get(resource, 0)
        request = wanted.get(resource, 0)
        if allocatable == 0 or (request == 0 and is_scalar(resource)):
            continue
        requested = request + sum(requests.get(resource, 0) for requests in taken)
        score += weight * (max(0, allocatable - requested) * MAX_NODE_SCORE // allocatable)
        weights += weight
    return score // weights if weights else 0
