"""What the disruption controller decides: how many disruptions a budget allows (controllers-cluster §9)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

import attrs
from frozendict import frozendict

from ...kinds import DEPLOYMENT, REPLICA_SET
from ...language.arithmetic import Number, maximum, select
from ...objects.conditions import Condition, find_condition, with_condition
from ...objects.disruption import (
    DISRUPTION_ALLOWED,
    SYNC_FAILED,
    PodDisruptionBudget,
    PodDisruptionBudgetStatus,
    with_allowed,
)
from ...objects.int_or_percent import IntOrPercent, percentage, scaled_value
from ...objects.metadata import OwnerReference, Uid
from ...objects.pod import Pod, is_ready
from ...objects.selectors import is_readable

DELETION_TIMEOUT = 120.0
"""Seconds that a granted eviction counts although its pod has not been deleted."""

DISRUPTION_TARGET = "DisruptionTarget"
"""Type of the condition of pods that somebody is about to delete."""


@attrs.frozen(cache_hash=True)
class Covered:
    """What the controller reads of a pod that a budget selects.

    ``controller``: its controller. ``entry``: under what ``status.disruptedPods`` lists it, if it does.
    """

    controller: OwnerReference | None
    ready: bool
    terminating: bool
    entry: str | None


def covered(pod: Pod, entry: str | None) -> Covered:
    """``pod`` as the controller reads it."""
    return Covered(pod.metadata.controller_reference, is_ready(pod), pod.metadata.terminating, entry)


@attrs.frozen(cache_hash=True)
class Scaled:
    """An object that has replicas, as the controller reads it. ``reference``: to its own controller."""

    kind: str
    name: str
    uid: Uid | None
    replicas: int
    reference: OwnerReference | None = None


def scaled(item: object) -> Scaled:
    """A workload with ``spec.replicas`` as the controller reads it."""
    meta = item.metadata  # type: ignore[attr-defined]
    return Scaled(item.kind, meta.name, meta.uid, item.spec.replicas, meta.controller_reference)  # type: ignore[attr-defined]


def _named(reference: OwnerReference, scales: Iterable[Scaled]) -> Scaled | None:
    wanted = (reference.kind, reference.name, reference.uid)
    if reference.group is not None:
        # A kind of a custom resource: it is looked up through its scale, not among Kubernetes' own.
        return None
    return next((item for item in scales if (item.kind, item.name, item.uid) == wanted), None)


def _of_deployment(reference: OwnerReference, scales: tuple[Scaled, ...]) -> Scaled | None:
    found = _named(reference, scales) if reference.kind == REPLICA_SET else None
    if found is None or found.reference is None or found.reference.kind != DEPLOYMENT:
        return None
    return _named(found.reference, scales)


def _of_replica_set(reference: OwnerReference, scales: tuple[Scaled, ...]) -> Scaled | None:
    found = _named(reference, scales) if reference.kind == REPLICA_SET else None
    if found is None or (found.reference is not None and found.reference.kind == DEPLOYMENT):
        return None
    return found


def _of_kind(reference: OwnerReference, scales: tuple[Scaled, ...]) -> Scaled | None:
    return _named(reference, scales) if reference.kind not in (REPLICA_SET, DEPLOYMENT) else None


def lookups(kind: str) -> Callable[[OwnerReference, tuple[Scaled, ...]], Scaled | None]:
    """How the controller finds, from the controller reference of a pod, the workload of ``kind`` behind it."""
    return {DEPLOYMENT: _of_deployment, REPLICA_SET: _of_replica_set}.get(kind, _of_kind)


def find_scale(reference: OwnerReference, scales: tuple[Scaled, ...]) -> Scaled | None:
    """The workload whose replicas a pod with this controller counts to; None: no such workload has a scale.

    A ReplicaSet of a Deployment stands for the Deployment.
    """
    for lookup in (_of_kind, _of_deployment, _of_replica_set):
        found = lookup(reference, scales)
        if found is not None:
            return found
    return None


class SyncFailedError(ValueError):
    """The budget cannot be computed; the controller allows no disruption then."""


def needs_scale(budget: PodDisruptionBudget) -> bool:
    """Whether the budget counts from what controllers want: it does unless ``minAvailable`` is a plain number."""
    least = budget.spec.min_available
    return budget.spec.max_unavailable is not None or (least is not None and percentage(least) is not None)


def _expected_scale(pods: Iterable[tuple[Covered, int]], scales: tuple[Scaled, ...]) -> int:
    found: dict[Uid | tuple[str, str] | None, int] = {}
    for pod, _ in pods:
        if pod.controller is None:
            continue  # only reported, as an event: a pod without controller is not counted
        scale = find_scale(pod.controller, scales)
        if scale is None:
            raise SyncFailedError(f"found no controller with a scale for {pod.controller.kind} {pod.controller.name}")
        found[scale.kind, scale.name] = scale.replicas
    return sum(found.values())


def _wanted(budget: PodDisruptionBudget, pods: list[tuple[Covered, int]], scales: tuple[Scaled, ...]) -> Iterator[int]:
    """Expected pods, then desired healthy ones."""
    most, least = budget.spec.max_unavailable, budget.spec.min_available
    if most is not None:
        expected = _expected_scale(pods, scales)
        yield expected
        yield least_healthy(most, expected)
    elif least is None:
        yield from (0, 0)
    elif percentage(least) is None:
        yield sum(count for _, count in pods)
        yield scaled_value(least, 0, round_up=True)
    else:
        expected = _expected_scale(pods, scales)
        yield expected
        yield scaled_value(least, expected, round_up=True)


def least_healthy(max_unavailable: IntOrPercent, expected: Number) -> Number:
    """How many of the ``expected`` pods must be healthy where ``max_unavailable`` need not be."""
    return maximum(0, expected - scaled_value(max_unavailable, expected, round_up=True))


def healthy_pods(pods: Iterable[tuple[Covered, Number]], disrupted: Collection[str]) -> Number:
    """How many pods are healthy: ready, not being deleted, and none whose eviction was granted a short while ago."""
    healthy = (count for pod, count in pods if pod.ready and not pod.terminating and pod.entry not in disrupted)
    return sum(healthy, 0)


def disruptions_allowed(healthy: Number, desired: Number, expected: Number) -> Number:
    """How many of the ``healthy`` pods may go if ``desired`` must be; none where no pod is ``expected``."""
    return select(expected > 0, maximum(0, healthy - desired), 0)


def recent_disruptions(
    status: PodDisruptionBudgetStatus, pods: Iterable[Covered], now: float
) -> frozendict[str, float]:
    """The evictions that still count: their pod is there, is not being deleted, and was granted at most 2 min ago."""
    here = {pod.entry for pod in pods if not pod.terminating}
    entries = status.disrupted_pods.items()
    return frozendict({name: at for name, at in entries if name in here and now <= at + DELETION_TIMEOUT})


def budget_status(
    budget: PodDisruptionBudget, pods: Iterable[tuple[Covered, int]], scales: tuple[Scaled, ...], now: float
) -> PodDisruptionBudgetStatus:
    """The status of a budget with these pods. ``scales``: the workloads that there are; ``now`` in seconds.

    What cannot be computed allows no disruption, and leaves the other counts as they were.
    """
    selected = list(pods)
    status = budget.status
    try:
        if not is_readable(budget.spec.selector):
            raise SyncFailedError("the selector cannot be read")
        expected, desired = _wanted(budget, selected, scales)
    except SyncFailedError:
        condition = Condition(DISRUPTION_ALLOWED, "False", SYNC_FAILED)
        conditions = with_condition(status.conditions, condition)
        return attrs.evolve(status, disruptions_allowed=0, conditions=conditions)
    disrupted = recent_disruptions(status, (pod for pod, _ in selected), now)
    healthy = healthy_pods(selected, disrupted)
    counted = attrs.evolve(
        status,
        observed_generation=budget.metadata.generation,
        current_healthy=healthy,
        desired_healthy=desired,
        expected_pods=expected,
        disrupted_pods=disrupted,
    )
    return with_allowed(counted, int(disruptions_allowed(healthy, desired, expected)))


def is_stale_disruption(pod: Pod, now: float) -> bool:
    """Whether a pod says that somebody is about to delete it, and nobody has for 2 min. ``now`` in seconds."""
    condition = find_condition(pod.status.conditions, DISRUPTION_TARGET)
    if condition is None or condition.status != "True" or pod.metadata.terminating:
        return False
    return now - (condition.last_transition_time or 0.0) > DELETION_TIMEOUT


@attrs.frozen(cache_hash=True)
class NoLongerTarget:
    """The edit by which a pod no longer says that it is about to be deleted."""

    def __call__(self, pod: Pod, /) -> Pod:
        """The pod after the write."""
        conditions = with_condition(pod.status.conditions, Condition(DISRUPTION_TARGET, "False"))
        return attrs.evolve(pod, status=attrs.evolve(pod.status, conditions=conditions))
