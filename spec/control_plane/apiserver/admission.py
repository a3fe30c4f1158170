"""Admission: what the API server adds to new objects, or refuses, before it stores them (kube-apiserver §6).

Each plug-in is a function of the object and of ``AdmissionReads`` that returns the object, changed or not, or a
refusal. They run in the order in which kube-apiserver runs them. Not modelled: PodSecurity, RuntimeClass and admission
policies, which admit everything unchanged here. Quotas are charged by ``creation``, after all plug-ins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from ...language.request import Outcome
from ...objects.metadata import ObjectMeta
from ...objects.namespace import TERMINATING, Namespace
from ...objects.node import Node
from ...objects.pod import Pod
from ...objects.priority import PriorityClass
from ...objects.quota import LimitRange, ResourceQuota
from ...objects.service_account import DEFAULT_ACCOUNT
from ...objects.storage import PV_PROTECTION, PVC_PROTECTION, PersistentVolume, PersistentVolumeClaim
from ...objects.taints import (
    NO_EXECUTE,
    NO_SCHEDULE,
    TAINT_NOT_READY,
    TAINT_UNREACHABLE,
    Taint,
    Toleration,
)
from .limits import limits_fault, with_limit_defaults
from .webhooks import WebhookState, webhook_fault

MIRROR = "kubernetes.io/config.mirror"
"""The annotation of a mirror pod: what the API shows of a static pod."""

MIRROR = "kubernetes.io/config.mirror"
"""The annotation of a mirror pod: what the API shows of a static pod."""

DEFAULT_TOLERATION_SECONDS = 300
"""How long a pod tolerates a not-ready or unreachable node unless it says otherwise (kube-apiserver §6)."""

SYSTEM_NAMESPACES = tuple(
    Namespace(ObjectMeta(name=name, namespace=""))
    for name in ("default", "kube-node-lease", "kube-public", "kube-system")
)
"""The namespaces that every cluster has."""

SYSTEM_PRIORITY_CLASSES = (
    PriorityClass(ObjectMeta(name="system-cluster-critical", namespace=""), 2_000_000_000),
    PriorityClass(ObjectMeta(name="system-node-critical", namespace=""), 2_000_001_000),
)
"""The priority classes that every cluster has; their names are reserved (``pkg/apis/scheduling``)."""

DEFAULT_PRIORITY = PriorityClass(ObjectMeta(name="", namespace=""), 0)
"""What a pod without a class gets where no class is the global default."""


@attrs.frozen(cache_hash=True)
class AdmissionReads:
    """What the API server reads besides the request and the object it is about.

    ``now``: the instant of the request, in seconds; a model passes 0, so that deletion timestamps are grace periods.
    ``namespaces`` and ``priority_classes``: those of the cluster; the ones that every cluster has need not be named.
    ``service_accounts``: namespace and name of those that are there, None: all that any pod needs.
    ``limit_ranges``, ``quotas``: of all namespaces. ``webhooks``: each with whether it can be reached.
    ``default_storage_class``: the name of the class of claims that name none, None if there is none.
    The toleration periods are the flags ``--default-not-ready-toleration-seconds`` and ``--default-unreachable-...``.
    """

    now: float = 0.0
    namespaces: tuple[Namespace, ...] = ()
    priority_classes: tuple[PriorityClass, ...] = ()
    service_accounts: frozenset[tuple[str, str]] | None = None
    limit_ranges: tuple[LimitRange, ...] = ()
    quotas: tuple[ResourceQuota, ...] = ()
    webhooks: tuple[WebhookState, ...] = ()
    default_storage_class: str | None = None
    not_ready_toleration_seconds: int = DEFAULT_TOLERATION_SECONDS
    unreachable_toleration_seconds: int = DEFAULT_TOLERATION_SECONDS

    def namespace(self, name: str) -> Namespace | None:
        """The namespace called ``name``; one that is given stands before the one that every cluster has."""
        return next((item for item in (*self.namespaces, *SYSTEM_NAMESPACES) if item.metadata.name == name), None)

    def priority_class(self, name: str) -> PriorityClass | None:
        """The priority class called ``name``."""
        classes = (*SYSTEM_PRIORITY_CLASSES, *self.priority_classes)
        return next((item for item in classes if item.metadata.name == name), None)

    def limits_of(self, namespace: str) -> tuple[LimitRange, ...]:
        """The limit ranges of a namespace."""
        return tuple(item for item in self.limit_ranges if item.metadata.namespace == namespace)

    def quotas_of(self, namespace: str) -> tuple[ResourceQuota, ...]:
        """The quotas of a namespace."""
        return tuple(item for item in self.quotas if item.metadata.namespace == namespace)

    def default_priority_class(self) -> PriorityClass:
        """The class of pods that name none: the global default, of several the least important; else priority 0."""
        defaults = [item for item in self.priority_classes if item.global_default]
        return min(defaults, key=lambda item: item.value, default=DEFAULT_PRIORITY)


@attrs.frozen
class Refused:
    """Admission refuses the request."""

    outcome: Outcome
    reason: str


Plugin = Callable[[Any, AdmissionReads], Any]
"""An admission plug-in: the new object and what admission reads -> the object as admitted, or ``Refused``."""


def namespace_lifecycle(new: Any, reads: AdmissionReads) -> Any:
    """Nothing is created in a namespace that is missing or goes away (kube-apiserver §6, NamespaceLifecycle)."""
    name = new.metadata.namespace
    if not name:
        return new
    namespace = reads.namespace(name)
    if namespace is None:
        return Refused(Outcome.NOT_FOUND, f'namespaces "{name}" not found')
    if namespace.phase == TERMINATING:
        reason = f"unable to create new content in namespace {name} because it is being terminated"
        return Refused(Outcome.NAMESPACE_TERMINATING, reason)
    return new


def service_account(new: Any, reads: AdmissionReads) -> Any:
    """A pod runs under an account that is there; mirror pods under none (kube-apiserver §6, ServiceAccount)."""
    if reads.service_accounts is None or not isinstance(new, Pod) or MIRROR in new.metadata.annotations:
        return new
    namespace, name = new.metadata.namespace, new.spec.service_account_name or DEFAULT_ACCOUNT
    if (namespace, name) not in reads.service_accounts:
        reason = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
        return Refused(Outcome.FORBIDDEN, reason)
    return attrs.evolve(new, spec=attrs.evolve(new.spec, service_account_name=name))


def limit_ranger(new: Any, reads: AdmissionReads) -> Any:
    """Containers get the requests and limits of their namespace, and keep to them (kube-apiserver §6, LimitRanger)."""
    ranges = reads.limits_of(new.metadata.namespace) if isinstance(new, Pod) else ()
    if not ranges:
        return new
    defaulted = with_limit_defaults(new, ranges)
    fault = limits_fault(defaulted, ranges)
    return Refused(Outcome.FORBIDDEN, fault) if fault else defaulted


def webhooks(new: Any, reads: AdmissionReads) -> Any:
    """Who is asked about new objects must be there to answer (kube-apiserver §6, failurePolicy)."""
    fault = webhook_fault(reads.webhooks, "CREATE", new.kind, new, reads.namespace(new.metadata.namespace))
    return Refused(Outcome.FORBIDDEN, fault) if fault else new


def taint_nodes_by_condition(new: Any, _reads: AdmissionReads) -> Any:
    """A new node takes no pods until it is found Ready (kube-apiserver §6, TaintNodesByCondition)."""
    if not isinstance(new, Node):
        return new
    if any(taint.key == TAINT_NOT_READY and taint.effect == NO_SCHEDULE for taint in new.spec.taints):
        return new
    taints = (*new.spec.taints, Taint(TAINT_NOT_READY, effect=NO_SCHEDULE))
    return attrs.evolve(new, spec=attrs.evolve(new.spec, taints=taints))


def priority(new: Any, reads: AdmissionReads) -> Any:
    """A pod's priority and preemption policy are those of its class (kube-apiserver §6, Priority).

    A pod may state them itself only as its class has them.
    """
    if not isinstance(new, Pod):
        return new
    spec = new.spec
    name = spec.priority_class_name
    found = reads.priority_class(name) if name else reads.default_priority_class()
    if found is None:
        return Refused(Outcome.FORBIDDEN, f"no PriorityClass with name {name} was found")
    if spec.priority not in (None, found.value):
        reason = f"the integer value of priority ({spec.priority}) must not be provided in pod spec"
        return Refused(Outcome.FORBIDDEN, f"{reason}; priority admission controller computed {found.value}")
    # An absent policy decodes to PreemptLowerPriority, so that value can not be told from silence.
    if spec.preemption_policy not in ("PreemptLowerPriority", found.preemption_policy):
        reason = f"the string value of PreemptionPolicy ({spec.preemption_policy}) must not be provided in pod spec"
        return Refused(Outcome.FORBIDDEN, f"{reason}; priority admission controller computed {found.preemption_policy}")
    resolved = attrs.evolve(
        spec,
        priority=found.value,
        priority_class_name=found.metadata.name,
        preemption_policy=found.preemption_policy,
    )
    return attrs.evolve(new, spec=resolved)


def default_toleration_seconds(new: Any, reads: AdmissionReads) -> Any:
    """A pod stays for a while on a node that is not ready or unreachable (kube-apiserver §6, DefaultTolerationSeconds).

    A toleration of its own, of that key or of every key and for NoExecute or every effect, stands in for the default.
    """
    if not isinstance(new, Pod):
        return new
    tolerations = new.spec.tolerations
    added = tuple(
        Toleration(key, "Exists", effect=NO_EXECUTE, toleration_seconds=seconds)
        for key, seconds in (
            (TAINT_NOT_READY, reads.not_ready_toleration_seconds),
            (TAINT_UNREACHABLE, reads.unreachable_toleration_seconds),
        )
        if not any(own.key in (key, "") and own.effect in (NO_EXECUTE, "") for own in tolerations)
    )
    return attrs.evolve(new, spec=attrs.evolve(new.spec, tolerations=tolerations + added)) if added else new


def default_storage_class(new: Any, reads: AdmissionReads) -> Any:
    """A claim that names no class gets the cluster's (kube-apiserver §6, DefaultStorageClass)."""
    if not isinstance(new, PersistentVolumeClaim) or new.storage_class_name is not None:
        return new
    return attrs.evolve(new, storage_class_name=reads.default_storage_class)


def storage_object_in_use_protection(new: Any, _reads: AdmissionReads) -> Any:
    """Claims and volumes are held while they are in use (kube-apiserver §6, StorageObjectInUseProtection)."""
    if not isinstance(new, PersistentVolumeClaim | PersistentVolume):
        return new
    finalizer = PVC_PROTECTION if isinstance(new, PersistentVolumeClaim) else PV_PROTECTION
    held = tuple(dict.fromkeys((*new.metadata.finalizers, finalizer)))
    return attrs.evolve(new, metadata=attrs.evolve(new.metadata, finalizers=held))


PLUGINS: tuple[Plugin, ...] = (
    namespace_lifecycle,
    limit_ranger,
    service_account,
    taint_nodes_by_condition,
    priority,
    default_toleration_seconds,
    default_storage_class,
    storage_object_in_use_protection,
    webhooks,
)
"""The plug-ins that act on creation, in kube-apiserver's order."""


def admit(new: Any, reads: AdmissionReads) -> Any:
    """The new object as admission leaves it, or ``Refused`` by the first plug-in that refuses it."""
    for plugin in PLUGINS:
        new = plugin(new, reads)
        if isinstance(new, Refused):
            return new
    return new
