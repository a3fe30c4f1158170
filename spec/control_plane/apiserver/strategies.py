"""What the API server does differently for each kind (upstream: the registry strategies).

All else about creating, updating and deleting is the same for every kind and stands in the files of those names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from ...language.request import DeleteOptions
from ...objects.cron_job import CronJob
from ...objects.daemon_set import DaemonSet, DaemonSetStatus
from ...objects.disruption import PodDisruptionBudget, PodDisruptionBudgetStatus
from ...objects.endpoint_slice import EndpointSlice
from ...objects.horizontal_pod_autoscaler import HorizontalPodAutoscaler
from ...objects.job import Job, JobStatus
from ...objects.namespace import Namespace
from ...objects.node import Node
from ...objects.pod import Pod
from ...objects.quota import ResourceQuota, ResourceQuotaStatus
from ...objects.service import Service
from ...objects.service_account import ServiceAccount
from ...objects.stateful_set import StatefulSet, StatefulSetStatus
from ...objects.storage import PENDING, PersistentVolume, PersistentVolumeClaim
from ...objects.workloads import (
    Deployment,
    DeploymentStatus,
    ReplicaSet,
    ReplicaSetStatus,
    ReplicationController,
)
from .pod_strategy import (
    grace_period_seconds,
    initial_pod,
    pod_creation_fault,
    pod_update_fault,
)

BACKGROUND, FOREGROUND, ORPHAN = "Background", "Foreground", "Orphan"
"""Propagation policies of a DELETE."""


def _no_fault(*_objects: Any) -> str:
    return ""


def _as_sent(new: Any) -> Any:
    return new


def _never(_before: Any, _after: Any) -> bool:
    return False


def _spec_changed(before: Any, after: Any) -> bool:
    return bool(before.spec != after.spec)


@attrs.frozen(eq=False)
class Strategy:
    """How one kind is stored.

    ``prepare``: a new object as it is stored first. ``creation_fault(new)`` and ``update_fault(before, after)``: what
    validation finds wrong, "" for nothing. ``advances(before, after)``: whether the update is a new generation; kinds
    that count generations start at 1. ``grace_period(object, options)`` in seconds; None: the kind goes at once.
    ``default_propagation`` is what a DELETE that names no policy means. ``scalable``: whether it has the subresource
    scale. ``namespaced``: whether its objects stand in namespaces, and go with them.
    """

    kind: str
    prepare: Callable[[Any], Any] = _as_sent
    creation_fault: Callable[[Any], str] = _no_fault
    update_fault: Callable[[Any, Any], str] = _no_fault
    counts_generations: bool = True
    advances: Callable[[Any, Any], bool] = _spec_changed
    grace_period: Callable[[Any, DeleteOptions], int] | None = None
    default_propagation: str = BACKGROUND
    scalable: bool = False
    namespaced: bool = True


def _new_deployment(new: Deployment) -> Deployment:
    return attrs.evolve(new, status=DeploymentStatus())


def _new_replica_set(new: Any) -> Any:
    return attrs.evolve(new, status=ReplicaSetStatus())


def _new_daemon_set(new: DaemonSet) -> DaemonSet:
    return attrs.evolve(new, status=DaemonSetStatus())


def _new_stateful_set(new: StatefulSet) -> StatefulSet:
    return attrs.evolve(new, status=StatefulSetStatus())


_CHANGEABLE_OF_STATEFUL_SETS = (
    "replicas",
    "template",
    "update_strategy",
    "min_ready_seconds",
    "start",
    "persistent_volume_claim_retention_policy",
    "revision_history_limit",
)


def _stateful_set_fault(before: StatefulSet, after: StatefulSet) -> str:
    """What else of a StatefulSet's spec was changed (pkg/apis/apps/validation)."""
    allowed = {name: getattr(after.spec, name) for name in _CHANGEABLE_OF_STATEFUL_SETS}
    if attrs.evolve(before.spec, **allowed) == after.spec:
        return ""
    return (
        "spec: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy',"
        " 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
    )


def _selector_fault(before: Deployment | ReplicaSet | DaemonSet, after: Deployment | ReplicaSet | DaemonSet) -> str:
    """Selectors of apps/v1 kinds are immutable (kube-apiserver §3)."""
    return "" if before.spec.selector == after.spec.selector else "spec.selector: field is immutable"


def _deployment_advances(before: Deployment, after: Deployment) -> bool:
    # Deployments alone also count a change of annotations (pkg/registry/apps/deployment/strategy.go).
    return before.spec != after.spec or before.metadata.annotations != after.metadata.annotations


def _new_job(new: Job) -> Job:
    return attrs.evolve(new, status=JobStatus())


def _job_fault(before: Job, after: Job) -> str:
    """Completions, selector and template of a Job are immutable (pkg/apis/batch/validation)."""
    for name in ("completions", "completion_mode", "selector", "template"):
        if getattr(before.spec, name) != getattr(after.spec, name):
            return f"spec.{name}: field is immutable"
    return ""


def _new_budget(new: PodDisruptionBudget) -> PodDisruptionBudget:
    return attrs.evolve(new, status=PodDisruptionBudgetStatus())


POD = Strategy(
    Pod.kind,
    prepare=initial_pod,
    creation_fault=pod_creation_fault,
    update_fault=pod_update_fault,
    grace_period=grace_period_seconds,
)
NODE = Strategy(
    Node.kind,
    # A node's status may be sent with it, and its generation is never set (pkg/registry/core/node/strategy.go):
    # otherwise every taint that comes and goes would be a new version of everything.
    counts_generations=False,
    advances=_never,
    namespaced=False,
)
DEPLOYMENT = Strategy(
    Deployment.kind,
    prepare=_new_deployment,
    update_fault=_selector_fault,
    advances=_deployment_advances,
    scalable=True,
)
# As ReplicationControllers, for compatibility: what names no policy leaves the pods (kube-apiserver §4.2).
JOB = Strategy(Job.kind, prepare=_new_job, update_fault=_job_fault, default_propagation=ORPHAN)
REPLICA_SET = Strategy(ReplicaSet.kind, prepare=_new_replica_set, update_fault=_selector_fault, scalable=True)
REPLICATION_CONTROLLER = Strategy(
    ReplicationController.kind, prepare=_new_replica_set, default_propagation=ORPHAN, scalable=True
)
CRON_JOB = Strategy(CronJob.kind)
HORIZONTAL_POD_AUTOSCALER = Strategy(HorizontalPodAutoscaler.kind)
STATEFUL_SET = Strategy(StatefulSet.kind, prepare=_new_stateful_set, update_fault=_stateful_set_fault, scalable=True)
DAEMON_SET = Strategy(DaemonSet.kind, prepare=_new_daemon_set, update_fault=_selector_fault)


def _new_quota(new: ResourceQuota) -> ResourceQuota:
    return attrs.evolve(new, status=ResourceQuotaStatus())


NAMESPACE = Strategy(Namespace.kind, counts_generations=False, advances=_never, namespaced=False)
SERVICE_ACCOUNT = Strategy(ServiceAccount.kind, counts_generations=False, advances=_never)
RESOURCE_QUOTA = Strategy(ResourceQuota.kind, prepare=_new_quota, counts_generations=False, advances=_never)
POD_DISRUPTION_BUDGET = Strategy(PodDisruptionBudget.kind, prepare=_new_budget)
SERVICE = Strategy(Service.kind, counts_generations=False, advances=_never)
ENDPOINT_SLICE = Strategy(EndpointSlice.kind, counts_generations=False, advances=_never)


def _new_claim(new: PersistentVolumeClaim) -> PersistentVolumeClaim:
    return attrs.evolve(new, phase=PENDING)


PERSISTENT_VOLUME_CLAIM = Strategy(
    PersistentVolumeClaim.kind, prepare=_new_claim, counts_generations=False, advances=_never
)
PERSISTENT_VOLUME = Strategy(PersistentVolume.kind, counts_generations=False, advances=_never, namespaced=False)

_SERVED = (
    POD,
    NODE,
    DEPLOYMENT,
    JOB,
    REPLICA_SET,
    DAEMON_SET,
    STATEFUL_SET,
    POD_DISRUPTION_BUDGET,
    HORIZONTAL_POD_AUTOSCALER,
    CRON_JOB,
    SERVICE,
    ENDPOINT_SLICE,
    RESOURCE_QUOTA,
    SERVICE_ACCOUNT,
    NAMESPACE,
    REPLICATION_CONTROLLER,
    PERSISTENT_VOLUME_CLAIM,
    PERSISTENT_VOLUME,
)
STRATEGIES = {strategy.kind: strategy for strategy in _SERVED}


def strategy_of(kind: str) -> Strategy:
    """How ``kind`` is stored; raises ``ValueError`` for a kind that this API server does not serve."""
    if kind not in STRATEGIES:
        raise ValueError(f"the API server does not serve the kind {kind}")
    return STRATEGIES[kind]
