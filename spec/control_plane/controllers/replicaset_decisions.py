"""What the ReplicaSet controller decides, as functions of concrete values (controllers-workloads §1)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import attrs
from frozendict import frozendict

from ...language.arithmetic import Number, maximum, minimum
from ...objects.conditions import Condition, find_condition
from ...objects.metadata import ObjectMeta, OwnerReference
from ...objects.pod import PENDING, RUNNING, Pod, is_ready, is_terminal
from ...objects.selectors import LabelSelector, selects
from ...objects.workloads import ReplicaSet, ReplicaSetStatus

BURST = 500
"""Creates or deletes in one sync at most (controllers-workloads §1.3)."""

INITIAL_BATCH = 1
"""Creates of the first batch; each further batch doubles (00-index §4, slow start)."""

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
REPLICA_FAILURE = "ReplicaFailure"
FAILED_CREATE, FAILED_DELETE = "FailedCreate", "FailedDelete"

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


def replicas_to_change(active: Number, wanted: Number) -> Number:
    """How many pods to create (positive) or delete (negative) in one sync (controllers-workloads §1.3)."""
    return maximum(-BURST, minimum(BURST, wanted - active))


def batches(count: int) -> tuple[int, ...]:
    """The sizes of the batches in which ``count`` creates are sent: 1, 2, 4, … and the rest (00-index §4)."""
    sizes = []
    size = min(INITIAL_BATCH, count)
    while size > 0:
        sizes.append(size)
        count -= size
        size = min(2 * size, count)
    return tuple(sizes)


def adoptable(pod: Pod, namespace: str, selector: LabelSelector | None) -> bool:
    """Whether a ReplicaSet with this selector claims a pod that nobody controls (00-index §4, ref manager)."""
    return (
        is_active(pod)
        and pod.metadata.controller_reference is None
        and pod.metadata.namespace == namespace
        and selects(selector, pod.metadata.labels)
    )


def may_adopt(seen: ObjectMeta, live: ObjectMeta) -> bool:
    """Whether the ReplicaSet that the controller sees is still the stored one, and not being deleted (#42639)."""
    return seen.uid == live.uid and not live.terminating


def shares_controller(reference: OwnerReference | None, replica_set: ReplicaSet) -> bool:
    """Whether ``replica_set`` has the controller ``reference``; what nobody controls shares with nothing."""
    other = replica_set.metadata.controller_reference
    if reference is None or other is None:
        return False
    return (reference.kind, reference.name, reference.uid) == (other.kind, other.name, other.uid)


def related(pod: Pod, selectors: Iterable[tuple[str, LabelSelector | None]]) -> bool:
    """Whether the pod counts as colocated: active, and selected by a ReplicaSet of the same controller.

    ``selectors``: (namespace, selector) of each of these ReplicaSets.
    """
    return is_active(pod) and any(
        pod.metadata.namespace == namespace and selects(selector, pod.metadata.labels)
        for namespace, selector in selectors
    )


def deletion_cost(pod: Pod) -> int:
    """The pod's deletion cost; what is not a number counts as 0, as the controller takes it."""
    text = pod.metadata.annotations.get(DELETION_COST, "0")
    try:
        return int(text)
    except ValueError:
        return 0


def _age_bucket(now: float, since: float | None) -> float:
    """The logarithm of an age in nanoseconds, rounded down; an unknown time goes before all others."""
    if since is None:
        return -math.inf
    age = (now - since) * 1e9
    return math.floor(math.log2(age)) if age > 0 else -1


def deletion_rank(pod: Pod, colocated: int, now: float | None, restarts: int | None = None) -> Rank:
    """The place of an active pod in the order of deletion: the least goes first (controllers-workloads §1).

    ``colocated``: how many active pods of the same controller's ReplicaSets are on its node. ``now`` None: ages are
    not known, so what follows the first comparison of ages decides nothing. ``restarts`` None: as the status says.
    Pods with equal ranks are told apart by uid in a cluster.
    """
    ready = is_ready(pod)
    rank: Rank = (
        1 if pod.spec.node_name else 0,
        _PHASES.get(pod.status.phase, 1),
        1 if ready else 0,
        deletion_cost(pod),
        -colocated,
    )
    if ready and now is None:
        return rank
    if restarts is None:
        statuses = (*pod.status.container_statuses, *pod.status.init_container_statuses)
        restarts = max((status.restart_count for status in statuses), default=0)
    if now is None:
        return (*rank, -restarts)
    condition = find_condition(pod.status.conditions, "Ready")
    ready_since = _age_bucket(now, condition.last_transition_time) if ready and condition else 0.0
    return (*rank, ready_since, -restarts, _age_bucket(now, pod.metadata.creation_timestamp))


@attrs.frozen(cache_hash=True)
class Ranked:
    """What the order of deletion reads of a pod; ``restarts`` None: as its status says."""

    pod: Pod
    restarts: int | None = None


def victims(
    ranked: Iterable[tuple[Ranked, int]], colocated: Mapping[str, int], count: int, now: float | None = None
) -> list[tuple[Ranked, ...]]:
    """Every choice of the ``count`` pods that go first; pods of equal rank are alternatives.

    ``ranked``: pods with how many there are of each. ``colocated``: active related pods by node.
    """
    by_rank: dict[Rank, list[tuple[Ranked, int]]] = {}
    for one, number in ranked:
        rank = deletion_rank(one.pod, colocated.get(one.pod.spec.node_name, 0), now, one.restarts)
        by_rank.setdefault(rank, []).append((one, number))
    chosen: list[tuple[Ranked, ...]] = [()]
    left = count
    for rank in sorted(by_rank):
        take = min(left, sum(number for _, number in by_rank[rank]))
        chosen = [(*before, *some) for before in chosen for some in _selections(by_rank[rank], take)]
        left -= take
    return chosen


def _selections(tied: list[tuple[Ranked, int]], take: int) -> list[tuple[Ranked, ...]]:
    if not tied:
        return [()] if take == 0 else []
    (one, number), *rest = tied
    return [
        (*((one,) * some), *others)
        for some in range(min(number, take), -1, -1)
        for others in _selections(rest, take - some)
    ]


@attrs.frozen(cache_hash=True)
class Counted:
    """What the status counts of one active pod."""

    fully_labeled: bool
    ready: bool
    available: bool


def counted(pod: Pod, template_labels: frozendict[str, str], min_ready_seconds: int, now: float) -> Counted:
    """How the status counts an active pod; ``now`` in seconds (controllers-workloads §1.4)."""
    return Counted(
        fully_labeled=LabelSelector(template_labels).matches(pod.metadata.labels),
        ready=is_ready(pod),
        available=is_available(pod, min_ready_seconds, now),
    )


def count(status: ReplicaSetStatus, pods: Iterable[tuple[Counted, int]], generation: int) -> ReplicaSetStatus:
    """The status that counts these pods, the active ones, each with how many there are of it."""
    found = tuple(pods)
    return attrs.evolve(
        status,
        observed_generation=generation,
        replicas=sum(number for _, number in found),
        fully_labeled_replicas=sum(number for one, number in found if one.fully_labeled),
        ready_replicas=sum(number for one, number in found if one.ready),
        available_replicas=sum(number for one, number in found if one.available),
    )


def replica_failure(conditions: tuple[Condition, ...], reason: str) -> tuple[Condition, ...]:
    """The conditions after a round that failed for ``reason`` (FAILED_CREATE, FAILED_DELETE), or did not ("").

    A failure that stands there already keeps its reason.
    """
    if not reason:
        return tuple(condition for condition in conditions if condition.type != REPLICA_FAILURE)
    if find_condition(conditions, REPLICA_FAILURE) is not None:
        return conditions
    return (*conditions, Condition(REPLICA_FAILURE, "True", reason))
