"""NodeResourcesFit: a pod's requests must fit into what the node has left."""

from __future__ import annotations

from functools import lru_cache

from ....objects.node import Node
from ....objects.pod import Pod
from ....objects.pod_resources import pod_requests
from ....objects.quantities import CPU, EPHEMERAL_STORAGE, MEMORY, PODS, ResourceList, add_resources, is_scalar
from ..snapshot import Snapshot
from .verdict import FEASIBLE, Code, Infeasible, Verdict


@lru_cache(maxsize=4096)
def requested_by(pods: tuple[Pod, ...]) -> ResourceList:
    """The sum of the pods' requests."""
    return add_resources(*(pod_requests(pod) for pod in pods))


def node_resources_fit(pod: Pod, node: Node, snapshot: Snapshot) -> Verdict:
    """Feasible iff one more pod is allowed and each request is at most what is left of it (kube-scheduler §4).

    All reasons are reported: pods, cpu, memory, ephemeral storage, then the other resources by name. U if a request
    exceeds even what the empty node could offer, else P.
    """
    existing = snapshot.pods_on(node.metadata.name)
    allocatable, requested, requests = node.status.allocatable, requested_by(existing), pod_requests(pod)
    reasons: list[str] = []
    code = Code.UNSCHEDULABLE
    if len(existing) + 1 > allocatable.get(PODS, 0):
        reasons.append("Too many pods")
    for resource in (CPU, MEMORY, EPHEMERAL_STORAGE, *sorted(filter(is_scalar, requests))):
        request, offered = requests.get(resource, 0), allocatable.get(resource, 0)
        if request > 0 and request > offered - requested.get(resource, 0):
            reasons.append(f"Insufficient {resource}")
            if request > offered:
                code = Code.UNRESOLVABLE
    return Infeasible(code, tuple(reasons)) if reasons else FEASIBLE
