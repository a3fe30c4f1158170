"""Pods and pod templates."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import ClassVar

import attrs
from frozendict import frozendict

from .affinity import Affinity, TopologySpreadConstraint
from .conditions import Condition, condition_is_true
from .containers import Container, ContainerStatus, ResourceRequirements
from .metadata import ObjectMeta
from .quantities import ResourceList
from .taints import Toleration

PENDING = "Pending"
RUNNING = "Running"
SUCCEEDED = "Succeeded"
FAILED = "Failed"

TERMINAL_PHASES = frozenset({SUCCEEDED, FAILED})
"""Phases that a pod never leaves (kubelet §5)."""

CRITICAL_PRIORITY = 2_000_000_000
"""Pods of at least this priority are critical (kubelet §4)."""


@attrs.frozen(cache_hash=True)
class PodSpec:
    """Desired state of a pod. Absent fields have the API's defaults.

    ``node_name`` "" means not bound. ``priority`` None means that priority admission has not set it. ``resources`` are
    the pod-level resources. ``uninterpreted`` as for ``Container``. Pods of one template share one value of this class,
    so that comparing and hashing them stays cheap: see ``bound_to``.
    """

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    resources: ResourceRequirements | None = None
    overhead: ResourceList = frozendict()
    node_name: str = ""
    node_selector: frozendict[str, str] = frozendict()
    affinity: Affinity = Affinity()
    tolerations: tuple[Toleration, ...] = ()
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()
    priority: int | None = None
    priority_class_name: str = ""
    preemption_policy: str = "PreemptLowerPriority"
    scheduling_gates: tuple[str, ...] = ()
    scheduler_name: str = "default-scheduler"
    restart_policy: str = "Always"
    termination_grace_period_seconds: int = 30
    active_deadline_seconds: int | None = None
    readiness_gates: tuple[str, ...] = ()
    host_network: bool = False
    service_account_name: str = ""
    hostname: str = ""
    subdomain: str = ""
    volumes: tuple[Hashable, ...] = ()
    uninterpreted: frozendict[str, Hashable] = frozendict()


@attrs.frozen(cache_hash=True)
class PodStatus:
    """Observed state of a pod; ``start_time`` in seconds."""

    phase: str = PENDING
    conditions: tuple[Condition, ...] = ()
    reason: str = ""
    nominated_node_name: str = ""
    start_time: float | None = None
    pod_ip: str = ""
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    observed_generation: int | None = None


@attrs.frozen(cache_hash=True)
class Pod:
    """A pod."""

    kind: ClassVar[str] = "Pod"

    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


@attrs.frozen(cache_hash=True)
class PodTemplateSpec:
    """What a controller stamps its pods from. Of ``metadata`` only labels, annotations and finalizers count."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()


def is_terminal(pod: Pod) -> bool:
    """Whether the pod has Succeeded or Failed (kubelet §5)."""
    return pod.status.phase in TERMINAL_PHASES


def is_ready(pod: Pod) -> bool:
    """Whether the condition Ready is true."""
    return condition_is_true(pod.status.conditions, "Ready")


def effective_priority(pod: Pod) -> int:
    """The priority that the scheduler ranks by: 0 where none is set."""
    return pod.spec.priority or 0


@lru_cache(maxsize=4096)
def bound_to(spec: PodSpec, node_name: str) -> PodSpec:
    """The spec with ``node_name`` set; equal arguments give the identical value."""
    return attrs.evolve(spec, node_name=node_name)
