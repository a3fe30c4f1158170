"""What the scheduler reads of the cluster: its queries, and the snapshot that a scheduling cycle makes of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ...kinds import NODE, POD, POD_DISRUPTION_BUDGET, REPLICA_SET
from ...language.query import ANY, DISTINCT, MULTISET, Query, no_parameter
from ...objects.disruption import PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus
from ...objects.metadata import ObjectMeta, OwnerReference
from ...objects.namespace import Namespace
from ...objects.node import Node, NodeStatus
from ...objects.pod import Pod, PodStatus, bound_to, effective_priority, is_terminal
from ...objects.storage import Storage
from ...objects.workloads import ReplicaSet
from .preemption import PREEMPTED, preempted
from .queue import waits_for_node
from .snapshot import Alike, Snapshot

DEFAULT_SCHEDULER = "default-scheduler"
"""The name by which a pod chooses the default profile, unless it says otherwise."""


def scheduling_view(pod: Pod, node_name: str = "", owners: tuple[OwnerReference, ...] = ()) -> Pod:
    """What filters, scores and preemption read of a pod.

    Labels, namespace, whether it is being deleted, its ``owners``, its spec, the node it is nominated to, and whether
    it was preempted.
    """
    meta = ObjectMeta(
        namespace=pod.metadata.namespace,
        labels=pod.metadata.labels,
        deletion_timestamp=pod.metadata.deletion_timestamp,
        owner_references=owners,
    )
    spec = bound_to(pod.spec, node_name) if node_name and not pod.spec.node_name else pod.spec
    conditions = (PREEMPTED,) if preempted(pod) else ()
    return Pod(meta, spec, PodStatus(nominated_node_name=pod.status.nominated_node_name, conditions=conditions))


def pending(
    pod: Pod | None,
    queue: str | None,
    assumed: str,
    wanted: str | None,
    served: Collection[str] = (DEFAULT_SCHEDULER,),
    *,
    with_owners: bool = False,
) -> Pod | None:
    """The view of a pod whose entry in the queue is ``wanted``, for a rule's key; ``served``: names of profiles."""
    if pod is not None and pod.spec.scheduler_name not in served:
        return None
    if pod is None or not waits_for_node(pod) or pod.spec.scheduling_gates or assumed or queue != wanted:
        return None
    return scheduling_view(pod, owners=pod.metadata.owner_references if with_owners else ())


def _node_view(_parameter: None, node: Node | None) -> Node | None:
    if node is None:
        return None
    meta = ObjectMeta(name=node.metadata.name, namespace="", labels=node.metadata.labels)
    return Node(meta, node.spec, NodeStatus(allocatable=node.status.allocatable, images=node.status.images))


def _occupies(_parameter: None, pod: Pod | None, *assumed: str) -> Pod | None:
    node = next(filter(None, assumed), "")
    if pod is None or is_terminal(pod) or not (pod.spec.node_name or node):
        return None
    return scheduling_view(pod, node)


NODES = Query(NODE, ("object",), _node_view, MULTISET, no_parameter)
"""The nodes in the scheduler's cache: names, labels, taints, images, what is allocatable."""

ASSUMED = "assumed"
"""The field of pods that holds the node on which the scheduler counts a pod that it has not seen bound."""


def occupying(assumed: Iterable[str] = (ASSUMED,)) -> Query:
    """The pods that occupy a node: bound ones, terminating ones too, and those that a field ``assumed`` puts there."""
    return Query(POD, ("object", *assumed), _occupies, MULTISET, no_parameter)


PODS = occupying()
"""The pods in the scheduler's cache that occupy a node."""


def more_urgent(served: Collection[str]) -> Query:
    """Whether a pod of higher priority is in the active queue, which all profiles share; ``served``: their names."""

    def classify(priority: int, pod: Pod | None, queue: str | None, assumed: str) -> bool | None:
        waiting = pending(pod, queue, assumed, None, served)
        return True if waiting is not None and effective_priority(waiting) > priority else None

    return Query(POD, ("object", "queue", "assumed"), classify, ANY, effective_priority)


def _owner_view(_parameter: None, replica_set: ReplicaSet | None) -> Alike | None:
    if replica_set is None or replica_set.spec.selector is None:
        return None
    metadata = replica_set.metadata
    return Alike(metadata.namespace, replica_set.spec.selector, (REPLICA_SET, metadata.name))


def nominated(served: Collection[str] | None = None) -> Query:
    """The other pods that are promised a node: one where preemption made room, or where their volumes are to be.

    ``served``: names of profiles: a scheduler keeps the nominations of its own pods alone. None: of all pods. One that
    is assumed is counted there already.
    """

    def classify(_parameter: None, pod: Pod | None, assumed: str) -> Pod | None:
        if pod is None or assumed or not waits_for_node(pod) or not pod.status.nominated_node_name:
            return None
        return scheduling_view(pod) if served is None or pod.spec.scheduler_name in served else None

    return Query(POD, ("object", ASSUMED), classify, MULTISET, no_parameter, excluding_key=True)


NOMINATED = nominated()
"""Those of all schedulers."""

OWNERS = Query(REPLICA_SET, ("object",), _owner_view, DISTINCT, no_parameter)
"""The selectors of ReplicaSets, which say what a pod's like is where it has no spread constraints of its own."""


def _budget(_parameter: None, budget: PodDisruptionBudget | None) -> PodDisruptionBudget | None:
    if budget is None:
        return None
    metadata = ObjectMeta(namespace=budget.metadata.namespace)
    status = PodDisruptionBudgetStatus(disruptions_allowed=budget.status.disruptions_allowed)
    return PodDisruptionBudget(metadata, PodDisruptionBudgetSpec(selector=budget.spec.selector), status)


BUDGETS = Query(POD_DISRUPTION_BUDGET, ("object",), _budget, MULTISET, no_parameter)
"""The disruption budgets, which preemption heeds where it can."""


def snapshot(
    nodes: tuple[tuple[Node, int], ...],
    pods: tuple[tuple[Pod, int], ...],
    namespaces: tuple[Namespace, ...] = (),
    alike: Iterable[Alike] = (),
    storage: Storage | None = None,
) -> Snapshot:
    """The snapshot of a scheduling cycle, from the answers of NODES and PODS."""
    return Snapshot(
        tuple(sorted((node for node, _ in nodes), key=lambda node: node.metadata.name)),
        tuple(pod for pod, number in pods for _ in range(number)),
        namespaces,
        tuple(alike),
        storage,
    )
