"""The status of a Deployment: counts and conditions (controllers-workloads §2, conditions).

Conditions carry no times, and stand in the order of their types: when and in which order they came distinguishes no
two states. Where a function needs the last update of the condition Progressing and it has none, it was at 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from ...objects.conditions import Condition, find_condition, with_condition
from ...objects.workloads import Deployment, DeploymentSpec, DeploymentStatus, ReplicaSet
from .deployment_replica_sets import find_new_replica_set, find_old_replica_sets
from .deployment_rollout import max_unavailable
from .deployment_scaling import is_scaling_event

AVAILABLE, PROGRESSING, REPLICA_FAILURE = "Available", "Progressing", "ReplicaFailure"

NEW_REPLICA_SET_CREATED = "NewReplicaSetCreated"
FOUND_NEW_REPLICA_SET = "FoundNewReplicaSet"
REPLICA_SET_UPDATED = "ReplicaSetUpdated"
NEW_REPLICA_SET_AVAILABLE = "NewReplicaSetAvailable"
PROGRESS_DEADLINE_EXCEEDED = "ProgressDeadlineExceeded"
PAUSED, RESUMED = "DeploymentPaused", "DeploymentResumed"

_NO_DEADLINE = 2**31 - 1


@attrs.frozen(cache_hash=True)
class Totals:
    """Counts over several ReplicaSets. ``terminating`` None: some ReplicaSet does not report it."""

    desired: int = 0
    actual: int = 0
    ready: int = 0
    available: int = 0
    terminating: int | None = 0


def totals(replica_sets: Iterable[ReplicaSet]) -> Totals:
    """The counts that ReplicaSets ask for and report, summed; one that was never synced has nothing terminating."""
    sets = tuple(replica_sets)
    terminating: int | None = 0
    for rs in sets:
        reported = rs.status.terminating_replicas
        if reported is not None and terminating is not None:
            terminating += reported
        elif rs.status.observed_generation != 0:
            terminating = None
    return Totals(
        desired=sum(rs.spec.replicas for rs in sets),
        actual=sum(rs.status.replicas for rs in sets),
        ready=sum(rs.status.ready_replicas for rs in sets),
        available=sum(rs.status.available_replicas for rs in sets),
        terminating=terminating,
    )


def has_progress_deadline(spec: DeploymentSpec) -> bool:
    """Whether a rollout without progress is ever reported as failed."""
    return spec.progress_deadline_seconds is not None and spec.progress_deadline_seconds != _NO_DEADLINE


def is_complete(deployment: Deployment, status: DeploymentStatus) -> bool:
    """Whether ``status`` shows the rollout done: all replicas updated and available, no others, spec observed."""
    replicas = deployment.spec.replicas
    return (
        status.updated_replicas == status.replicas == status.available_replicas == replicas
        and status.observed_generation >= deployment.metadata.generation
    )


def is_progressing(old: DeploymentStatus, new: DeploymentStatus) -> bool:
    """Whether the new status shows progress: more updated, fewer old, more ready or more available replicas."""
    return (
        new.updated_replicas > old.updated_replicas
        or new.replicas - new.updated_replicas < old.replicas - old.updated_replicas
        or new.ready_replicas > old.ready_replicas
        or new.available_replicas > old.available_replicas
    )


def is_timed_out(spec: DeploymentSpec, status: DeploymentStatus, now: float) -> bool:
    """Whether nothing has moved for longer than the progress deadline; once reported it stays so."""
    condition = find_condition(status.conditions, PROGRESSING)
    if spec.progress_deadline_seconds is None or not has_progress_deadline(spec) or condition is None:
        return False
    if condition.reason in (NEW_REPLICA_SET_AVAILABLE, PROGRESS_DEADLINE_EXCEEDED):
        return condition.reason == PROGRESS_DEADLINE_EXCEEDED
    return (condition.last_update_time or 0.0) + spec.progress_deadline_seconds < now


def calculate_status(deployment: Deployment, new: ReplicaSet | None, old: Sequence[ReplicaSet]) -> DeploymentStatus:
    """Counts and the condition Available, other conditions as they were."""
    sets = (*old, new) if new is not None else tuple(old)
    everything = totals(sets)
    # ReplicaSets report terminating replicas only where that feature is on.
    reported = any(rs.status.terminating_replicas is not None for rs in sets)
    is_available = everything.available >= deployment.spec.replicas - max_unavailable(deployment.spec)
    status = attrs.evolve(
        deployment.status,
        observed_generation=deployment.metadata.generation,
        replicas=everything.actual,
        updated_replicas=new.status.replicas if new is not None else 0,
        ready_replicas=everything.ready,
        available_replicas=everything.available,
        unavailable_replicas=max(0, everything.desired - everything.available),
        terminating_replicas=everything.terminating if reported else None,
    )
    if is_available:
        return _with(status, AVAILABLE, "True", "MinimumReplicasAvailable")
    return _with(status, AVAILABLE, "False", "MinimumReplicasUnavailable")


def with_progress(status: DeploymentStatus, value: str, reason: str) -> DeploymentStatus:
    """The status with the condition Progressing so; ``value`` is "True", "False" or "Unknown"."""
    return _with(status, PROGRESSING, value, reason)


def _with(status: DeploymentStatus, type_: str, value: str, reason: str) -> DeploymentStatus:
    conditions = with_condition(status.conditions, Condition(type_, value, reason))
    return attrs.evolve(status, conditions=tuple(sorted(conditions, key=lambda condition: condition.type)))


def _without(status: DeploymentStatus, type_: str) -> DeploymentStatus:
    kept = tuple(condition for condition in status.conditions if condition.type != type_)
    return attrs.evolve(status, conditions=kept)


def rollout_status(
    deployment: Deployment, new: ReplicaSet | None, old: Sequence[ReplicaSet], now: float
) -> DeploymentStatus:
    """The status at the end of a sync that rolls out: counts, and how the rollout gets on."""
    status = calculate_status(deployment, new, old)
    current = find_condition(deployment.status.conditions, PROGRESSING)
    if not has_progress_deadline(deployment.spec):
        status = _without(status, PROGRESSING)
    else:
        done = current is not None and current.reason == NEW_REPLICA_SET_AVAILABLE
        if not (done and status.replicas == status.updated_replicas):
            if is_complete(deployment, status):
                status = with_progress(status, "True", NEW_REPLICA_SET_AVAILABLE)
            elif is_progressing(deployment.status, status):
                status = with_progress(status, "True", REPLICA_SET_UPDATED)
            elif is_timed_out(deployment.spec, status, now):
                status = with_progress(status, "False", PROGRESS_DEADLINE_EXCEEDED)
    return _with_failure(status, new, old)


def _with_failure(status: DeploymentStatus, new: ReplicaSet | None, old: Sequence[ReplicaSet]) -> DeploymentStatus:
    """ReplicaFailure of the new ReplicaSet, else of some old one, is the Deployment's."""
    for rs in (new, *old):
        failure = find_condition(rs.status.conditions, REPLICA_FAILURE) if rs is not None else None
        if failure is not None:
            return _with(status, REPLICA_FAILURE, failure.status, failure.reason)
    return _without(status, REPLICA_FAILURE)


def due_status(deployment: Deployment, replica_sets: Sequence[ReplicaSet], now: float) -> DeploymentStatus:
    """The status that the controller writes next: its stored one if nothing is due.

    A sync first notes that the Deployment was paused or resumed, then that it found its new ReplicaSet, each by a write
    of its own, and ends with the counts. How a rollout gets on is judged only by syncs that roll out: not while
    deleting, paused or scaling.
    """
    new = find_new_replica_set(deployment, replica_sets)
    old = find_old_replica_sets(deployment, replica_sets)
    condition = find_condition(deployment.status.conditions, PROGRESSING)
    deadline = has_progress_deadline(deployment.spec)
    reason = condition.reason if condition is not None else ""
    if deadline and not deployment.metadata.terminating and reason != PROGRESS_DEADLINE_EXCEEDED:
        if deployment.spec.paused and reason != PAUSED:
            return with_progress(deployment.status, "Unknown", PAUSED)
        if not deployment.spec.paused and reason == PAUSED:
            return with_progress(deployment.status, "Unknown", RESUMED)
    if deadline and condition is None and new is not None:
        return with_progress(deployment.status, "True", FOUND_NEW_REPLICA_SET)
    if deployment.metadata.terminating or deployment.spec.paused or is_scaling_event(deployment, replica_sets):
        return calculate_status(deployment, new, old)
    return rollout_status(deployment, new, old, now)
