"""kube-scheduler: picks a node for every pod that has none.

Duty (kube-scheduler §1-§4): keep pods without a node in a queue, take the most urgent one, filter the nodes by what
it sees of the cluster, choose one, assume the pod there, bind it. A pod that fits nowhere waits until something
changes that could help it.

Life of a pod in the queue: Gated until its gates are gone; Active; taken and bound (Assumed until the scheduler sees
it bound); or Unschedulable, then Backoff, then Active again. The queue and the assumed pods are memory: a restarted
scheduler builds them anew from what it lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

import attrs
from frozendict import frozendict

from ...kinds import BACKOFF, KUBE_SCHEDULER, NODE, POD, UNSCHEDULABLE, process_runs
from ...language.component import Component, Handler, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import IT, KEY, Alternative, Call, Set, Write
from ...language.query import ANY, MULTISET, Query, no_parameter
from ...language.request import ApiCall, Binding, Outcome, Verb
from ...objects.conditions import Condition, with_condition
from ...objects.metadata import ObjectMeta
from ...objects.node import Node, NodeStatus
from ...objects.pod import Pod, PodStatus, bound_to, effective_priority, is_terminal
from .filtering import feasible_nodes
from .filters.verdict import Infeasible
from .scoring import DEFAULT_PROFILE, Profile, best_nodes
from .snapshot import Snapshot

NAME = KUBE_SCHEDULER
INITIAL_BACKOFF = 1.0
"""Seconds that a pod waits before it is tried again (kube-scheduler §2)."""


class Scoring(Enum):
    """Which of the feasible nodes may be chosen."""

    ANY_FEASIBLE = "any-feasible"
    LEAST_ALLOCATED = "least-allocated"
    DEFAULT_PROFILE = "default-profile"


PROFILES: Mapping[Scoring, Profile] = {
    Scoring.LEAST_ALLOCATED: frozendict({"NodeResourcesFit": DEFAULT_PROFILE["NodeResourcesFit"]}),
    Scoring.DEFAULT_PROFILE: DEFAULT_PROFILE,
}
"""The score plugins in force for each way to score."""


@attrs.frozen(cache_hash=True)
class MarkUnschedulable:
    """The edit of a pod's status after an attempt that found no node (kube-scheduler §2)."""

    def __call__(self, stored: Pod, /) -> Pod:
        """The pod with PodScheduled=False, reason Unschedulable."""
        condition = Condition("PodScheduled", "False", "Unschedulable")
        status = attrs.evolve(stored.status, conditions=with_condition(stored.status.conditions, condition))
        return attrs.evolve(stored, status=status)


def _scheduling_view(pod: Pod, node_name: str = "") -> Pod:
    """What filters read of a pod: labels, namespace, whether it is being deleted, spec."""
    meta = ObjectMeta(
        namespace=pod.metadata.namespace, labels=pod.metadata.labels, deletion_timestamp=pod.metadata.deletion_timestamp
    )
    spec = bound_to(pod.spec, node_name) if node_name and not pod.spec.node_name else pod.spec
    return Pod(meta, spec, PodStatus())


def waits_for_node(pod: Pod | None) -> bool:
    """Whether the pod belongs into the scheduler's queue (kube-scheduler §1, §3.1)."""
    return (
        pod is not None
        and not pod.spec.node_name
        and not pod.metadata.terminating
        and not is_terminal(pod)
        and pod.spec.scheduler_name == "default-scheduler"
    )


def _pending(pod: Pod | None, queue: str | None, assumed: str, wanted: str | None) -> Pod | None:
    if pod is None or not waits_for_node(pod) or pod.spec.scheduling_gates or assumed or queue != wanted:
        return None
    return _scheduling_view(pod)


def _node_view(_parameter: None, node: Node | None) -> Node | None:
    if node is None:
        return None
    meta = ObjectMeta(name=node.metadata.name, namespace="", labels=node.metadata.labels)
    return Node(meta, node.spec, NodeStatus(allocatable=node.status.allocatable, images=node.status.images))


def _occupies(_parameter: None, pod: Pod | None, assumed: str) -> Pod | None:
    if pod is None or is_terminal(pod) or not (pod.spec.node_name or assumed):
        return None
    return _scheduling_view(pod, assumed)


def _more_urgent(priority: int, pod: Pod | None, queue: str | None, assumed: str) -> bool | None:
    pending = _pending(pod, queue, assumed, None)
    return True if pending is not None and effective_priority(pending) > priority else None


NODES = Query(NODE, ("object",), _node_view, MULTISET, no_parameter)
"""The nodes in the scheduler's cache: names, labels, taints, images, what is allocatable."""

PODS = Query(POD, ("object", "assumed"), _occupies, MULTISET, no_parameter)
"""The pods in the scheduler's cache that occupy a node: bound ones and assumed ones, terminating ones too."""

MORE_URGENT = Query(POD, ("object", "queue", "assumed"), _more_urgent, ANY, effective_priority)
"""Whether a pod of higher priority is in the active queue."""


def snapshot(nodes: tuple[tuple[Node, int], ...], pods: tuple[tuple[Pod, int], ...]) -> Snapshot:
    """The snapshot of a scheduling cycle, from the answers of NODES and PODS."""
    return Snapshot(
        tuple(sorted((node for node, _ in nodes), key=lambda node: node.metadata.name)),
        tuple(pod for pod, number in pods for _ in range(number)),
    )


def _schedule(
    pod: Pod,
    nodes: tuple[tuple[Node, int], ...],
    pods: tuple[tuple[Pod, int], ...],
    more_urgent: bool,
    scoring: Scoring,
) -> Iterable[Alternative]:
    if more_urgent:
        return
    seen = snapshot(nodes, pods)
    results = feasible_nodes(pod, seen)
    feasible = tuple(node for node in seen.nodes if results[node.metadata.name].feasible)
    if not feasible:
        rejections = [result.verdict for result in results.values()]
        reasons = sorted({reason for it in rejections if isinstance(it, Infeasible) for reason in it.reasons})
        because = "; ".join(reasons) or "no nodes available to schedule pods"
        patch = ApiCall(Verb.PATCH, POD, MarkUnschedulable(), "status")
        yield Alternative((Write(KEY, "queue", Set(UNSCHEDULABLE)), Call(KEY, patch)), because)
        return
    profile = PROFILES.get(scoring)
    chosen = feasible if profile is None or len(feasible) == 1 else best_nodes(pod, feasible, seen, profile)
    names = ", ".join(node.metadata.name for node in feasible)
    for node in chosen:
        name = node.metadata.name
        bind = Call(
            KEY,
            ApiCall(Verb.BIND, POD, Binding(name)),
            memory=(("assumed", Set(name)),),
            on=tuple((outcome, (Write(IT, "assumed", Set("")),)) for outcome in Outcome if not outcome.success),
        )
        yield Alternative((bind,), f"feasible: {names}")


def _requeue(pod: Pod, nodes: tuple[tuple[Node, int], ...], pods: tuple[tuple[Pod, int], ...]) -> Iterable[Alternative]:
    feasible = [name for name, result in feasible_nodes(pod, snapshot(nodes, pods)).items() if result.feasible]
    if feasible:
        yield Alternative((Write(KEY, "queue", Set(BACKOFF)),), f"now feasible: {', '.join(feasible)}")


def _end_backoff(_pod: Pod) -> Iterable[Alternative]:
    yield Alternative((Write(KEY, "queue", Set(None)),), "its back-off is over")


def _queue_key(wanted: str | None) -> Key:
    return Key(POD, ("object", "queue", "assumed"), lambda pod, queue, assumed: _pending(pod, queue, assumed, wanted))


def leave_queue(queue: str | None, _before: Pod | None, after: Pod | None) -> str | None:
    """The queue entry after the scheduler saw a pod change: gone once the pod is bound, finished or deleted."""
    return queue if waits_for_node(after) else None


def forget_assumed(assumed: str, _before: Pod | None, after: Pod | None) -> str:
    """The assumed node after the scheduler saw a pod change: kept until it sees it bound, or gone (§3.9)."""
    return assumed if after is not None and not after.spec.node_name else ""


def component(scoring: Scoring = Scoring.ANY_FEASIBLE) -> Component:
    """The scheduler with one profile; ``scoring`` says which feasible nodes it may choose."""

    def schedule(
        pod: Pod, nodes: tuple[tuple[Node, int], ...], pods: tuple[tuple[Pod, int], ...], more_urgent: bool
    ) -> Iterable[Alternative]:
        return _schedule(pod, nodes, pods, more_urgent, scoring)

    return Component(
        name=NAME,
        process=KUBE_SCHEDULER,
        guards=(process_runs(KUBE_SCHEDULER),),
        rules=(
            Rule(
                name="schedule",
                key=_queue_key(None),
                queries={"nodes": NODES, "pods": PODS, "more_urgent": MORE_URGENT},
                decide=schedule,
                reference="kube-scheduler §3",
                meaning="filters the nodes, assumes the pod on one of them and binds it, or finds it unschedulable",
            ),
            Rule(
                name="requeue",
                key=_queue_key(UNSCHEDULABLE),
                queries={"nodes": NODES, "pods": PODS},
                decide=_requeue,
                reference="kube-scheduler §2",
                meaning="a cluster event made an unschedulable pod feasible: it goes to the back-off queue",
            ),
            Rule(
                name="back-off completes",
                key=_queue_key(BACKOFF),
                decide=_end_backoff,
                duration=INITIAL_BACKOFF,
                reference="kube-scheduler §2",
                meaning="a pod whose back-off is over is active again",
            ),
        ),
        handlers=(Handler(POD, "queue", leave_queue), Handler(POD, "assumed", forget_assumed)),
        duty="picks a node for every pod that has none",
        reference="kube-scheduler §1-§4",
    )


def _queue_state(pod: Pod | None, queue: str | None, assumed: str) -> str:
    if assumed:
        return "Assumed"
    if pod is None or not waits_for_node(pod):
        return "Not queued"
    if pod.spec.scheduling_gates:
        return "Gated"
    return {None: "Active", BACKOFF: "Backoff", UNSCHEDULABLE: "Unschedulable"}[queue]


_STATES = {
    "Not queued": "no such pod, or it has a node, or it is finished or being deleted",
    "Gated": "scheduling gates keep it out of the queue",
    "Active": "waits for its turn",
    "Backoff": "waits for its back-off to pass",
    "Unschedulable": "waits for an event that may help",
    "Assumed": "counted on a node, not yet seen bound",
}

_CREATORS = ("replicaset-controller", "daemonset-controller")

MACHINE = Machine(
    name="scheduling-queue",
    kind=POD,
    fields=("object", "queue", "assumed"),
    states=states_by(_queue_state, _STATES),
    initial="Not queued",
    arrows=(
        *(
            Arrow(trigger, "Not queued", dest, component, "kube-scheduler §2")
            for trigger, dest in (("pod created", "Active"), ("gated pod created", "Gated"))
            for component in _CREATORS
        ),
        Arrow("pod created", "Not queued", "Active", "job-controller", "kube-scheduler §2"),
        Arrow("gated pod created", "Not queued", "Gated", "job-controller", "kube-scheduler §2"),
        *(
            Arrow("deleted", state, "Not queued", "job-controller", "kube-scheduler §2")
            for state in ("Gated", "Active", "Unschedulable", "Backoff")
        ),
        Arrow("bind", "Active", "Not queued", NAME, "kube-scheduler §3.9"),
        Arrow("bind, not yet seen", "Active", "Assumed", NAME, "kube-scheduler §3.8"),
        Arrow("no node feasible", "Active", "Unschedulable", NAME, "kube-scheduler §3.6"),
        Arrow("event that helps", "Unschedulable", "Backoff", NAME, "kube-scheduler §2"),
        Arrow("back-off completes", "Backoff", "Active", NAME, "kube-scheduler §2"),
        Arrow("seen bound", "Assumed", "Not queued", "watch", "kube-scheduler §3.9"),
        *(
            Arrow("deleted", state, "Not queued", component, "kube-scheduler §2")
            for state in ("Gated", "Active", "Unschedulable", "Backoff")
            for component in (*_CREATORS, "garbage-collector", "user")
        ),
        *(
            Arrow("scheduler restarts", state, dest, "fault", "kube-scheduler §1")
            for state, dest in (("Unschedulable", "Active"), ("Backoff", "Active"), ("Assumed", "Not queued"))
        ),
    ),
    meaning="a pod in the scheduler's queue",
    reference="kube-scheduler §1-§2",
)
