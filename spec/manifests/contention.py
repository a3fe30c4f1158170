"""Whether pods can be short of room at all, whatever the scheduler picks and whichever nodes crash.

Where the answer is no, capacity need not be modelled: every node that the filters leave is an alternative (design §6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..control_plane.controllers.daemonset_decisions import tolerations
from ..objects.affinity import NodeAffinity
from ..objects.decoding import decode_node
from ..objects.node import Node
from ..objects.pod_resources import spec_requests
from ..objects.quantities import PODS
from ..objects.taints import NO_EXECUTE, NO_SCHEDULE, TAINT_UNSCHEDULABLE, Taint, tolerates
from .templates import Workload


@dataclass(frozen=True, slots=True)
class Room:
    """What was found for one workload. ``scarce``: resources that can block nodes; empty if there is always room.

    ``sure_nodes``: nodes that the workload's selector, affinity and tolerations admit.
    """

    scarce: frozenset[str]
    sure_nodes: int


def requests_of(workload: Workload) -> dict[str, int]:
    """What one pod of the workload takes on its node, itself as one of ``pods`` included (kube-scheduler §4)."""
    return {**{name: amount for name, amount in spec_requests(workload.spec).items() if amount}, PODS: 1}


def room_for(workload: Workload, all_workloads: Sequence[Workload], nodes: Sequence[Node], node_crashes: int) -> Room:
    """Whether every pod of ``workload`` always finds room, with all workloads at their greatest size.

    Node n is blocked for the pod by resource r only if others use more than allocatable(n, r) - request(r) there.
    The others' total bounds how many nodes r can block at once; if all resources together block fewer nodes than
    the crashes leave, some node has room. This holds for any placement, so it errs only towards scarcity. A daemon pod
    has one node only, so no node may be blocked for it.
    """
    sure = [node for node in nodes if _admits(node, workload)]
    pod = requests_of(workload)
    blocked = 0
    scarce = set()
    for resource, request in pod.items():
        total = sum(other.pods * requests_of(other).get(resource, 0) for other in all_workloads) - request
        count = _blocked_nodes([free(node, resource) - request for node in sure], total)
        blocked += count
        if count:
            scarce.add(resource)
    elsewhere = workload.document.kind != "DaemonSet"
    if (blocked < len(sure) - node_crashes) if elsewhere else not blocked:
        return Room(frozenset(), len(sure))
    return Room(frozenset(scarce or pod), len(sure))


def decoded_nodes(nodes: Sequence[Mapping[str, Any]]) -> tuple[Node, ...]:
    """Nodes from their plain form, with the API's defaults."""
    return tuple(decode_node(node) for node in nodes)


def free(node: Node, resource: str) -> int:
    """Allocatable of the resource; a node that says nothing of pods takes the kubelet's default of 110."""
    return node.status.allocatable.get(resource, 110 if resource == PODS else 0)


def _blocked_nodes(slack: Sequence[int], total: int) -> int:
    """How many nodes usage of ``total`` can fill beyond their ``slack``; those with negative slack are full anyway."""
    blocked = 0
    for room in sorted(slack):
        if room >= 0:
            total -= room + 1
            if total < 0:
                break
        blocked += 1
    return blocked


def _admits(node: Node, workload: Workload) -> bool:
    """Whether the filters that look at the node alone admit it (kube-scheduler §4, first four rows)."""
    spec = workload.spec
    taints = list(node.spec.taints)
    if node.spec.unschedulable:
        taints.append(Taint(TAINT_UNSCHEDULABLE, effect=NO_SCHEDULE))
    tolerated = tolerations(spec) if workload.document.kind == "DaemonSet" else spec.tolerations
    if any(t.effect in (NO_SCHEDULE, NO_EXECUTE) and not tolerates(tolerated, t) for t in taints):
        return False
    labels = node.metadata.labels
    affinity = spec.affinity.node_affinity or NodeAffinity()
    required = affinity.required_during_scheduling_ignored_during_execution
    return (
        spec.node_name in ("", node.metadata.name)
        and all(labels.get(key) == value for key, value in spec.node_selector.items())
        and (required is None or required.matches(node.metadata.name, labels))
    )
