"""API objects in plain form (as JSON or YAML yields them) to the values of this package.

Decoding is lenient: nothing is validated, unknown fields are ignored (or kept as ``uninterpreted`` where they make a
pod template what it is), absent and null fields take the default of the value's class. Only text that cannot be read at
all, as a number, a quantity or a time, raises ValueError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from frozendict import frozendict

from .conditions import Condition
from .daemon_set import (
    DaemonSet,
    DaemonSetSpec,
    DaemonSetStatus,
    DaemonSetUpdateStrategy,
    RollingUpdateDaemonSet,
)
from .decoding_admission import (
    decode_limit_range,
    decode_mutating_webhooks,
    decode_resource_quota,
    decode_validating_webhooks,
)
from .decoding_autoscaler import decode_autoscaler
from .decoding_cron_job import decode_cron_job
from .decoding_job import decode_job
from .decoding_pod import decode_pod, decode_pod_template
from .decoding_shared import decode_condition, decode_label_selector, decode_metadata, decode_taint
from .decoding_stateful_set import decode_stateful_set
from .decoding_storage import (
    decode_csi_node,
    decode_persistent_volume,
    decode_persistent_volume_claim,
    decode_storage_class,
)
from .disruption import PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus
from .namespace import Namespace
from .node import ContainerImage, Node, NodeSpec, NodeStatus
from .plain_data import Data, Reader, amounts, build, each, same, seconds, text_map
from .priority import PriorityClass
from .selectors import LabelSelector
from .service import ClientIPConfig, Service, ServicePort, ServiceSpec, SessionAffinityConfig
from .workloads import (
    Deployment,
    DeploymentSpec,
    DeploymentStatus,
    DeploymentStrategy,
    ReplicaSet,
    ReplicaSetSpec,
    ReplicaSetStatus,
    ReplicationController,
    RollingUpdateDeployment,
)

_CONDITIONS: Callable[[Any], tuple[Condition, ...]] = each(decode_condition)


def decode(data: Mapping[str, Any]) -> object | None:
    """The value of an API object, by its ``kind`` and the group of its ``apiVersion``; None for what is not modelled.

    The group is checked only where ``apiVersion`` is given, so that a custom kind of a familiar name is not mistaken.
    """
    group, decoder = _DECODERS.get(str(data.get("kind")), ("", None))
    if decoder is None:
        return None
    version = data.get("apiVersion")
    if version is not None and str(version).rpartition("/")[0] != group:
        return None
    return decoder(data)


def _image(data: Data) -> ContainerImage:
    return build(ContainerImage, data, {"names": each(str), "size_bytes": int})


def decode_node(data: Data) -> Node:
    """A Node; capacity stands in for an absent ``allocatable``, as API defaulting has it."""
    status = dict(data.get("status") or {})
    if status.get("allocatable") is None:
        status["allocatable"] = status.get("capacity")
    return Node(
        metadata=decode_metadata(data.get("metadata"), default_namespace=""),
        spec=build(NodeSpec, data.get("spec"), {"unschedulable": bool, "taints": each(decode_taint)}),
        status=build(
            NodeStatus,
            status,
            {"allocatable": amounts, "capacity": amounts, "conditions": _CONDITIONS, "images": each(_image)},
        ),
    )


def _strategy(data: Data) -> DeploymentStrategy:
    def rolling_update(fields: Data) -> RollingUpdateDeployment:
        return build(RollingUpdateDeployment, fields, {"max_surge": same, "max_unavailable": same})

    return build(DeploymentStrategy, data, {"type": str, "rolling_update": rolling_update})


_REPLICAS: dict[str, Reader] = {
    "replicas": int,
    "selector": decode_label_selector,
    "template": decode_pod_template,
    "min_ready_seconds": int,
}
_DEPLOYMENT_SPEC: dict[str, Reader] = {
    **_REPLICAS,
    "strategy": _strategy,
    "progress_deadline_seconds": int,
    "revision_history_limit": int,
    "paused": bool,
}
_REPLICAS_STATUS: dict[str, Reader] = {
    "observed_generation": int,
    "replicas": int,
    "ready_replicas": int,
    "available_replicas": int,
    "terminating_replicas": int,
    "conditions": _CONDITIONS,
}
_DEPLOYMENT_STATUS: dict[str, Reader] = {
    **_REPLICAS_STATUS,
    "updated_replicas": int,
    "unavailable_replicas": int,
    "collision_count": int,
}


def decode_deployment(data: Data) -> Deployment:
    """A Deployment."""
    return Deployment(
        metadata=decode_metadata(data.get("metadata")),
        spec=build(DeploymentSpec, data.get("spec"), _DEPLOYMENT_SPEC),
        status=build(DeploymentStatus, data.get("status"), _DEPLOYMENT_STATUS),
    )


def decode_replica_set(data: Data) -> ReplicaSet:
    """A ReplicaSet."""
    return ReplicaSet(
        metadata=decode_metadata(data.get("metadata")),
        spec=build(ReplicaSetSpec, data.get("spec"), _REPLICAS),
        status=build(ReplicaSetStatus, data.get("status"), {**_REPLICAS_STATUS, "fully_labeled_replicas": int}),
    )


def _plain_selector(data: Data) -> LabelSelector:
    return LabelSelector(match_labels=text_map(data))


def decode_replication_controller(data: Data) -> ReplicationController:
    """A ReplicationController; what it selects by stands in for an absent selector: the labels of its template."""
    spec = dict(data.get("spec") or {})
    if not spec.get("selector"):
        spec["selector"] = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    return ReplicationController(
        metadata=decode_metadata(data.get("metadata")),
        spec=build(ReplicaSetSpec, spec, {**_REPLICAS, "selector": _plain_selector}),
        status=build(ReplicaSetStatus, data.get("status"), {**_REPLICAS_STATUS, "fully_labeled_replicas": int}),
    )


def _update_strategy(data: Data) -> DaemonSetUpdateStrategy:
    def rolling_update(fields: Data) -> RollingUpdateDaemonSet:
        return build(RollingUpdateDaemonSet, fields, {"max_unavailable": same, "max_surge": same})

    return build(DaemonSetUpdateStrategy, data, {"type": str, "rolling_update": rolling_update})


_DAEMON_SET_SPEC: dict[str, Reader] = {
    "selector": decode_label_selector,
    "template": decode_pod_template,
    "update_strategy": _update_strategy,
    "min_ready_seconds": int,
    "revision_history_limit": int,
}
_DAEMON_SET_STATUS: dict[str, Reader] = {
    "observed_generation": int,
    "desired_number_scheduled": int,
    "current_number_scheduled": int,
    "number_misscheduled": int,
    "number_ready": int,
    "updated_number_scheduled": int,
    "number_available": int,
    "number_unavailable": int,
}


def decode_daemon_set(data: Data) -> DaemonSet:
    """A DaemonSet."""
    return DaemonSet(
        metadata=decode_metadata(data.get("metadata")),
        spec=build(DaemonSetSpec, data.get("spec"), _DAEMON_SET_SPEC),
        status=build(DaemonSetStatus, data.get("status"), _DAEMON_SET_STATUS),
    )


def _service_port(data: Data) -> ServicePort:
    readers: dict[str, Reader] = {
        "name": str,
        "protocol": str,
        "port": int,
        "target_port": same,
        "node_port": int,
        "app_protocol": str,
    }
    return build(ServicePort, data, readers)


def _affinity_config(data: Data) -> SessionAffinityConfig:
    return SessionAffinityConfig(build(ClientIPConfig, data.get("clientIP"), {"timeout_seconds": int}))


_SERVICE_SPEC: dict[str, Reader] = {
    "type": str,
    "selector": text_map,
    "ports": each(_service_port),
    "cluster_ip": str,
    "ip_families": each(str),
    "external_ips": each(str),
    "external_name": str,
    "publish_not_ready_addresses": bool,
    "internal_traffic_policy": str,
    "external_traffic_policy": str,
    "load_balancer_source_ranges": each(str),
    "traffic_distribution": str,
    "session_affinity": str,
    "session_affinity_config": _affinity_config,
}


def decode_service(data: Data) -> Service:
    """A Service."""
    return Service(
        metadata=decode_metadata(data.get("metadata")), spec=build(ServiceSpec, data.get("spec"), _SERVICE_SPEC)
    )


def _times(data: Data) -> frozendict[str, float]:
    return frozendict({str(name): seconds(time) for name, time in data.items()})


_BUDGET_SPEC: dict[str, Reader] = {
    "min_available": same,
    "max_unavailable": same,
    "selector": decode_label_selector,
    "unhealthy_pod_eviction_policy": str,
}
_BUDGET_STATUS: dict[str, Reader] = {
    "observed_generation": int,
    "disruptions_allowed": int,
    "current_healthy": int,
    "desired_healthy": int,
    "expected_pods": int,
    "disrupted_pods": _times,
    "conditions": _CONDITIONS,
}


def decode_pod_disruption_budget(data: Data) -> PodDisruptionBudget:
    """A PodDisruptionBudget."""
    return PodDisruptionBudget(
        metadata=decode_metadata(data.get("metadata")),
        spec=build(PodDisruptionBudgetSpec, data.get("spec"), _BUDGET_SPEC),
        status=build(PodDisruptionBudgetStatus, data.get("status"), _BUDGET_STATUS),
    )


def decode_priority_class(data: Data) -> PriorityClass:
    """A PriorityClass."""
    return build(
        PriorityClass,
        data,
        {"value": int, "global_default": bool, "preemption_policy": str},
        metadata=decode_metadata(data.get("metadata"), default_namespace=""),
    )


def decode_namespace(data: Data) -> Namespace:
    """A Namespace."""
    fields = {**(data.get("spec") or {}), **(data.get("status") or {})}
    return build(
        Namespace,
        fields,
        {"finalizers": each(str), "phase": str, "conditions": _CONDITIONS},
        metadata=decode_metadata(data.get("metadata"), default_namespace=""),
    )


_DECODERS: dict[str, tuple[str, Callable[[Data], object]]] = {
    "Pod": ("", decode_pod),
    "Node": ("", decode_node),
    "Service": ("", decode_service),
    "Namespace": ("", decode_namespace),
    "ReplicationController": ("", decode_replication_controller),
    "Deployment": ("apps", decode_deployment),
    "ReplicaSet": ("apps", decode_replica_set),
    "DaemonSet": ("apps", decode_daemon_set),
    "StatefulSet": ("apps", decode_stateful_set),
    "Job": ("batch", decode_job),
    "CronJob": ("batch", decode_cron_job),
    "HorizontalPodAutoscaler": ("autoscaling", decode_autoscaler),
    "PodDisruptionBudget": ("policy", decode_pod_disruption_budget),
    "ResourceQuota": ("", decode_resource_quota),
    "LimitRange": ("", decode_limit_range),
    "ValidatingWebhookConfiguration": ("admissionregistration.k8s.io", decode_validating_webhooks),
    "MutatingWebhookConfiguration": ("admissionregistration.k8s.io", decode_mutating_webhooks),
    "PriorityClass": ("scheduling.k8s.io", decode_priority_class),
    "PersistentVolume": ("", decode_persistent_volume),
    "PersistentVolumeClaim": ("", decode_persistent_volume_claim),
    "StorageClass": ("storage.k8s.io", decode_storage_class),
    "CSINode": ("storage.k8s.io", decode_csi_node),
}
