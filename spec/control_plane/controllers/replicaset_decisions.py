"""What the ReplicaSet controller decides, as functions of concrete values (controllers-workloads §1)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import attrs

from ...objects.conditions import Condition, find_condition
from ...objects.pod import PENDING, RUNNING, Pod, is_ready, is_terminal
from ...objects.workloads import ReplicaSetStatus

BURST = 500
"""Creates or deletes in one sync at most (controllers-workloads §1.3)."""

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"

_PHASES = {PENDING: 0, "Unknown": 1, RUNNING: 2}

Rank = tuple[float | int | str, ...]


def is_active(pod: Pod) -> bool:
    """Active: not finished and not being deleted (controllers-workloads, definitions)."""
    return not is_terminal(pod) and not pod.metadata.terminating


def is_available(pod: Pod, min_ready_seconds: int, now: float) -> bool:
    """Ready, and for long enough; ``now`` in seconds (controllers-workloads, definitions)."""
    ready = find_condition(pod.status.conditions, "Ready")
    if ready is None or ready.status != "True":
        return False
    since = ready.last_transition_time
    return min_ready_seconds == 0 or (since is not None and since + min_ready_seconds <= now)


def replicas_to_change(active: int, wanted: int) -> int:
    """How many pods to create (positive) or delete (negative) in one sync (controllers-workloads §1.3)."""
    return max(-BURST, min(BURST, wanted - active))


def deletion_cost(pod: Pod) -> int:
    """The pod's deletion cost; what is not a number counts as 0, as the controller takes it."""
    text = pod.metadata.annotations.get(DELETION_COST, "0")
    try:
        return int(text)
    except ValueError:
        return 0


def _age_bucket(now: float, since: float | None) -> float:
    # An unknown time is the zero time: the oldest of all.
    if since is None:
        return math.inf
    age = now - since
    return math.floor(math.log2(age)) if age > 0 else -math.inf


def deletion_rank(pod: Pod, colocated: int, now: float, restarts: int | None = None) -> Rank:
    """The place of an active pod in the order of deletion: the least goes first (controllers-workloads §1).

    ``colocated``: how many active pods of the same owner's ReplicaSets are on its node. Pods with equal ranks are told
    apart by uid in a cluster; here they are alternatives.
    """
    ready_condition = find_condition(pod.status.conditions, "Ready")
    ready = is_ready(pod)
    if restarts is None:
        statuses = (*pod.status.container_statuses, *pod.status.init_container_statuses)
        restarts = max((status.restart_count for status in statuses), default=0)
    ready_since = _age_bucket(now, ready_condition.last_transition_time) if ready and ready_condition else 0.0
    return (
        1 if pod.spec.node_name else 0,
        _PHASES.get(pod.status.phase, 1),
        1 if ready else 0,
        deletion_cost(pod),
        -colocated,
        ready_since,
        -restarts,
        _age_bucket(now, pod.metadata.creation_timestamp),
        str(pod.metadata.uid or ""),
    )


def replica_set_status(
    pods: Iterable[Pod], template_labels: Iterable[tuple[str, str]], generation: int, min_ready_seconds: int, now: float
) -> ReplicaSetStatus:
    """The status that counts these pods, which are the active ones (controllers-workloads §1.4)."""
    labels = tuple(template_labels)
    active: Sequence[Pod] = tuple(pods)
    return ReplicaSetStatus(
        observed_generation=generation,
        replicas=len(active),
        fully_labeled_replicas=sum(
            all(pod.metadata.labels.get(key) == value for key, value in labels) for pod in active
        ),
        ready_replicas=sum(is_ready(pod) for pod in active),
        available_replicas=sum(is_available(pod, min_ready_seconds, now) for pod in active),
    )


def replica_failure(conditions: tuple[Condition, ...], reason: str) -> tuple[Condition, ...]:
    """The conditions with ReplicaFailure for ``reason`` (FailedCreate, FailedDelete), or without it for ""."""
    rest = tuple(condition for condition in conditions if condition.type != "ReplicaFailure")
    if not reason:
        return rest
    old = find_condition(conditions, "ReplicaFailure")
    if old is not None:
        return conditions
    return (*rest, Condition("ReplicaFailure", "True", reason))


@attrs.frozen(cache_hash=True)
class Counted:
    """What the status counts of one active pod."""

    fully_labeled: bool
    ready: bool
    available: bool
