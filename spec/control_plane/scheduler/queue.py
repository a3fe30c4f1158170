"""A pod in the scheduler's queue: when it belongs there, and the machine of its entry (kube-scheduler §1, §2)."""

from __future__ import annotations

from ...kinds import BACKOFF, KUBE_SCHEDULER, POD, UNSCHEDULABLE
from ...language.machine import Arrow, Machine, states_by
from ...objects.pod import Pod, is_terminal


def waits_for_node(pod: Pod | None) -> bool:
    """Whether the pod belongs into the queue of the scheduler that serves its profile (kube-scheduler §1, §3.1)."""
    return pod is not None and not pod.spec.node_name and not pod.metadata.terminating and not is_terminal(pod)


def leave_queue(queue: str | None, _before: Pod | None, after: Pod | None) -> str | None:
    """The queue entry after the scheduler saw a pod change: gone once the pod is bound, finished or deleted."""
    return queue if waits_for_node(after) else None


def forget_assumed(assumed: str, _before: Pod | None, after: Pod | None) -> str:
    """The assumed node after the scheduler saw a pod change: kept until it sees it bound, or gone (§3.9)."""
    return assumed if after is not None and not after.spec.node_name else ""


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
    "Active": "waits for its turn, or for a scheduler that serves it",
    "Backoff": "waits for its back-off to pass",
    "Unschedulable": "waits for an event that may help",
    "Assumed": "counted on a node, not yet seen bound",
}

_CREATORS = (
    "replicaset-controller",
    "replicationcontroller-controller",
    "daemonset-controller",
    "statefulset-controller",
)

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
        *(
            Arrow("collected by name", state, "Not queued", "pod-garbage-collector", "controllers-cluster §8")
            for state in ("Active", "Backoff", "Unschedulable", "Assumed")
        ),
        Arrow("bind", "Active", "Not queued", KUBE_SCHEDULER, "kube-scheduler §3.9"),
        Arrow("bind, not yet seen", "Active", "Assumed", KUBE_SCHEDULER, "kube-scheduler §3.8"),
        Arrow("no node feasible", "Active", "Unschedulable", KUBE_SCHEDULER, "kube-scheduler §3.6"),
        Arrow("error ends an attempt", "Active", "Backoff", KUBE_SCHEDULER, "kube-scheduler §2"),
        Arrow("event that helps", "Unschedulable", "Backoff", KUBE_SCHEDULER, "kube-scheduler §2"),
        Arrow("flushed, or helped after its back-off", "Unschedulable", "Active", KUBE_SCHEDULER, "kube-scheduler §2"),
        Arrow("back-off completes", "Backoff", "Active", KUBE_SCHEDULER, "kube-scheduler §2"),
        Arrow("volumes are bound, bind", "Assumed", "Not queued", KUBE_SCHEDULER, "kube-scheduler §3.9"),
        Arrow("volumes are not bound", "Assumed", "Backoff", KUBE_SCHEDULER, "kube-scheduler §3.9"),
        *(
            Arrow("deleted", "Assumed", "Not queued", component, "kube-scheduler §3.9")
            for component in (*_CREATORS, "job-controller", "garbage-collector", "namespace-controller", "user")
        ),
        Arrow("seen bound", "Assumed", "Not queued", "watch", "kube-scheduler §3.9"),
        *(
            Arrow("deleted", state, "Not queued", component, "kube-scheduler §2")
            for state in ("Gated", "Active", "Unschedulable", "Backoff")
            for component in (*_CREATORS, "garbage-collector", "namespace-controller", "kube-apiserver", "user")
        ),
        *(
            Arrow("scheduler restarts", state, dest, "fault", "kube-scheduler §1")
            for state, dest in (
                ("Unschedulable", "Active"),
                ("Backoff", "Active"),
                ("Assumed", "Not queued"),
                ("Assumed", "Active"),
            )
        ),
    ),
    meaning="a pod in the scheduler's queue",
    reference="kube-scheduler §1-§2",
)
