"""What of the input the model stands for, and what it leaves out and what that means for a verdict.

The tables here are the one declaration of modelled kinds and fields. Paths are written as Kubernetes writes them, with
``[]`` for every item of a list; a path covers everything below it. Of a pod they are relative to the pod or template.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..kinds import NAMESPACE
from ..objects.decoding_pod import pre_stop_sleep
from .loading import Document
from .removed_versions import consequence, removed_in
from .templates import SYSTEM_PRIORITIES
from .uncovered import (
    ENFORCED_LEVEL,
    GATED_FIELDS,
    KIND_CONSEQUENCES,
    POD_TOPICS,
    RESTRICTED_NAMESPACE,
    UNRESTRICTED,
    WORKLOAD_TOPICS,
    Topic,
)


@dataclass(frozen=True, slots=True)
class NotModelled:
    """A kind, or fields of a modelled kind, that the model leaves out.

    ``name``: the first object concerned. ``field``: empty for a whole kind, else the fields, separated by commas.
    ``consequence``: a sentence. ``count``: objects concerned.
    """

    kind: str
    name: str
    field: str
    consequence: str
    count: int


POD_FIELDS = (
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "spec.containers[].name",
    "spec.containers[].image",
    "spec.containers[].resources.requests",
    "spec.containers[].ports",
    "spec.containers[].lifecycle.preStop",
    "spec.containers[].lifecycle.postStart",
    "spec.initContainers[].name",
    "spec.initContainers[].image",
    "spec.initContainers[].resources.requests",
    "spec.initContainers[].restartPolicy",
    "spec.initContainers[].lifecycle.postStart",
    "spec.resources.requests",
    "spec.overhead",
    "spec.nodeSelector",
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution",
    "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution",
    "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution",
    "spec.tolerations",
    "spec.topologySpreadConstraints",
    "spec.priorityClassName",
    "spec.priority",
    "spec.preemptionPolicy",
    "spec.schedulingGates",
    "spec.schedulerName",
    "spec.restartPolicy",
    "spec.terminationGracePeriodSeconds",
    "spec.hostNetwork",
    "spec.nodeName",
    "spec.activeDeadlineSeconds",
)
"""Fields of a pod or pod template that rules of the model read."""

_JOB_FIELDS = (
    "spec.completions",
    "spec.completionMode",
    "spec.parallelism",
    "spec.backoffLimit",
    "spec.backoffLimitPerIndex",
    "spec.maxFailedIndexes",
    "spec.podFailurePolicy",
    "spec.successPolicy",
    "spec.activeDeadlineSeconds",
    "spec.suspend",
    "spec.ttlSecondsAfterFinished",
    "spec.podReplacementPolicy",
    "spec.selector",
)
KIND_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Deployment": (
        "spec.replicas",
        "spec.selector",
        "spec.strategy",
        "spec.minReadySeconds",
        "spec.progressDeadlineSeconds",
        "spec.revisionHistoryLimit",
        "spec.paused",
    ),
    "ReplicaSet": ("spec.replicas", "spec.selector", "spec.minReadySeconds"),
    "ReplicationController": ("spec.replicas", "spec.selector", "spec.minReadySeconds"),
    "DaemonSet": ("spec.selector", "spec.updateStrategy", "spec.minReadySeconds"),
    "StatefulSet": (
        "spec.replicas",
        "spec.ordinals",
        "spec.selector",
        "spec.serviceName",
        "spec.podManagementPolicy",
        "spec.volumeClaimTemplates",
        "spec.persistentVolumeClaimRetentionPolicy",
        "spec.updateStrategy",
        "spec.minReadySeconds",
    ),
    "Job": _JOB_FIELDS,
    "CronJob": (
        "spec.schedule",
        "spec.timeZone",
        "spec.concurrencyPolicy",
        "spec.suspend",
        "spec.startingDeadlineSeconds",
        "spec.successfulJobsHistoryLimit",
        "spec.failedJobsHistoryLimit",
        "spec.jobTemplate.metadata",
        *(f"spec.jobTemplate.{field}" for field in _JOB_FIELDS),
    ),
    "HorizontalPodAutoscaler": (
        "spec.scaleTargetRef",
        "spec.minReplicas",
        "spec.maxReplicas",
        "spec.metrics",
        "spec.behavior",
        "spec.targetCPUUtilizationPercentage",
    ),
    "Pod": (),
    "Node": ("metadata.labels", "spec.taints", "spec.unschedulable", "status.allocatable", "status.capacity"),
    "ResourceQuota": ("spec.hard",),
    "LimitRange": ("spec.limits",),
    **dict.fromkeys(("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"), ("webhooks",)),
    "PodDisruptionBudget": (
        "spec.minAvailable",
        "spec.maxUnavailable",
        "spec.selector",
        "spec.unhealthyPodEvictionPolicy",
    ),
    "PriorityClass": ("value", "globalDefault", "preemptionPolicy"),
    "PersistentVolume": (
        "spec.capacity",
        "spec.accessModes",
        "spec.storageClassName",
        "spec.nodeAffinity",
        "spec.claimRef",
        "spec.persistentVolumeReclaimPolicy",
        "spec.csi",
    ),
    "PersistentVolumeClaim": (
        "spec.accessModes",
        "spec.resources",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    "StorageClass": ("provisioner", "volumeBindingMode", "allowedTopologies", "reclaimPolicy"),
    "CSINode": ("spec.drivers",),
}
"""Modelled kinds, and their modelled fields besides those of pods."""

READ_KINDS = ("Service",)
"""Kinds that are read to see which workloads belong together; without clients they have no behaviour in the model."""

SERVICE_FIELDS = (
    "spec.type",
    "spec.selector",
    "spec.ports",
    "spec.clusterIP",
    "spec.clusterIPs",
    "spec.ipFamilies",
    "spec.ipFamilyPolicy",
    "spec.externalIPs",
    "spec.externalName",
    "spec.publishNotReadyAddresses",
    "spec.internalTrafficPolicy",
    "spec.externalTrafficPolicy",
    "spec.loadBalancerSourceRanges",
    "spec.trafficDistribution",
    "spec.sessionAffinity",
    "spec.sessionAffinityConfig",
)
"""Fields of a Service that rules of the model read, where it has clients."""

TEMPLATES: dict[str, str] = {
    "Deployment": "spec.template",
    "ReplicaSet": "spec.template",
    "ReplicationController": "spec.template",
    "Job": "spec.template",
    "CronJob": "spec.jobTemplate.spec.template",
    "DaemonSet": "spec.template",
    "StatefulSet": "spec.template",
    "Pod": "",
}
"""Where the pod stands in each modelled kind that has one."""

_MODELLED_GROUPS = {
    "Deployment": "apps",
    "ReplicaSet": "apps",
    "DaemonSet": "apps",
    "StatefulSet": "apps",
    "Job": "batch",
    "CronJob": "batch",
    "HorizontalPodAutoscaler": "autoscaling",
    "PodDisruptionBudget": "policy",
    "StorageClass": "storage.k8s.io",
    "CSINode": "storage.k8s.io",
    "ValidatingWebhookConfiguration": "admissionregistration.k8s.io",
    "MutatingWebhookConfiguration": "admissionregistration.k8s.io",
}
_PRIORITY_GROUP = "scheduling.k8s.io"
_BOOKKEEPING = ("apiVersion", "kind", "metadata", "status")
_DESCRIPTION_OF_PRIORITY = ("description",)


def is_modelled(document: Document) -> bool:
    """Whether the kind has a behaviour in the model (its fields may still be left out in part)."""
    return document.kind in KIND_FIELDS and _own_group(document) and removed_in(document) is None


def not_modelled(
    documents: Sequence[Document],
    scoring: bool = False,
    comparison_tolerations: bool = False,
    services: Collection[str] = (),
) -> tuple[NotModelled, ...]:
    """What of ``documents`` the model leaves out: one entry for each kind, or kind and topic, in order of appearance.

    ``scoring``: the scheduler's scores are modelled, and so preferences are. ``comparison_tolerations``: so are
    tolerations with Lt and Gt, which need a feature gate. ``services``: the names of Services that have clients.
    """
    entries: dict[tuple[str, str], NotModelled] = {}
    fields: dict[tuple[str, str], dict[str, None]] = {}
    for document in documents:
        served = document.kind == "Service" and document.name in services and _own_group(document)
        left_out = _of_service(document) if served else _left_out(document, scoring, comparison_tolerations)
        for topic, found in left_out:
            key = (_kind_label(document), topic)
            fields.setdefault(key, {}).update(dict.fromkeys(found))
            entry = entries.get(key)
            if entry is None:
                entries[key] = NotModelled(key[0], document.name, "", topic, 1)
            else:
                entries[key] = replace(entry, count=entry.count + 1)
    listed = [replace(entry, field=", ".join(fields[key])) for key, entry in entries.items()]
    return (*listed, *_missing_priority_classes(documents))


def _missing_priority_classes(documents: Sequence[Document]) -> Iterator[NotModelled]:
    given = {document.name for document in documents if document.kind == "PriorityClass"} | SYSTEM_PRIORITIES.keys()
    named: dict[str, int] = {}
    for document in documents:
        if is_modelled(document) and document.kind in TEMPLATES:
            name = (_at(document.data, TEMPLATES[document.kind]).get("spec") or {}).get("priorityClassName")
            if name and name not in given:
                named[name] = named.get(name, 0) + 1
    for name, count in named.items():
        yield NotModelled("PriorityClass", name, "", KIND_CONSEQUENCES["PriorityClass"], count)


def _own_group(document: Document) -> bool:
    """Whether the kind is Kubernetes' own: a custom resource may bear the same name."""
    expected = _PRIORITY_GROUP if document.kind == "PriorityClass" else _MODELLED_GROUPS.get(document.kind, "")
    return document.group == expected


def _kind_label(document: Document) -> str:
    if removed_in(document) is not None:
        return f"{document.kind} of {document.api_version}"
    known = document.kind in KIND_FIELDS or document.kind in READ_KINDS
    return document.kind if not known or _own_group(document) else f"{document.kind}.{document.group}"


def _left_out(document: Document, scoring: bool, comparisons: bool) -> Iterator[tuple[str, list[str]]]:
    """Each consequence that applies to the document, with the fields that bring it about (none: the whole kind)."""
    if not is_modelled(document):
        yield _consequence_of_kind(document), []
        return
    by_topic: dict[str, list[str]] = {}
    for topic, field in _fields_left_out(document, scoring, comparisons):
        by_topic.setdefault(topic.consequence, []).append(field)
    yield from by_topic.items()


def _of_service(document: Document) -> Iterator[tuple[str, list[str]]]:
    covered = {*SERVICE_FIELDS, *_BOOKKEEPING}
    found = [path.removeprefix("spec.") for path in _uncovered(document.data, "", covered, _ancestors(covered))]
    if found:
        yield WORKLOAD_TOPICS[-1].consequence, list(dict.fromkeys(found))


def _consequence_of_kind(document: Document) -> str:
    release = removed_in(document)
    if release is not None:
        return consequence(release)
    if document.kind in READ_KINDS and _own_group(document):
        return KIND_CONSEQUENCES[document.kind]
    group = document.group
    builtin = "." not in group or group.endswith(".k8s.io")
    if not builtin:
        return KIND_CONSEQUENCES["custom resource"]
    if document.kind == NAMESPACE and _holds_pods_to_a_level(document):
        return KIND_CONSEQUENCES[RESTRICTED_NAMESPACE]
    return KIND_CONSEQUENCES.get(document.kind, KIND_CONSEQUENCES["other"])


def _holds_pods_to_a_level(document: Document) -> bool:
    labels = (document.data.get("metadata") or {}).get("labels") or {}
    return bool(labels.get(ENFORCED_LEVEL, UNRESTRICTED) != UNRESTRICTED)


def _fields_left_out(document: Document, scoring: bool, comparisons: bool) -> Iterator[tuple[Topic, str]]:
    kind = document.kind
    prefix = TEMPLATES.get(kind)
    covered = {*KIND_FIELDS[kind], *_BOOKKEEPING, *_DESCRIPTION_OF_PRIORITY}
    topics = list(WORKLOAD_TOPICS)
    if prefix is not None:
        dot = prefix + "." if prefix else ""
        covered |= {dot + field for field in POD_FIELDS} | {dot + "metadata"}
        topics = [*POD_TOPICS, *topics]
        pod = _at(document.data, prefix)
        yield from _by_value(pod, scoring, comparisons)
    ancestors = _ancestors(covered | {((prefix + ".") if prefix else "") + f for t in POD_TOPICS for f in t.fields})
    for path in dict.fromkeys(_uncovered(document.data, "", covered, ancestors)):
        relative = (path.removeprefix(prefix + ".") if prefix else path).removeprefix("spec.jobTemplate.")
        topic = next(t for t in topics if any(_is_within(relative, field) for field in t.fields) or not t.fields)
        if not (scoring and topic.scores):
            yield topic, relative.removeprefix("spec.")


PRE_STOP = "containers[].lifecycle.preStop (more than a sleep)"


def _by_value(pod: Mapping[str, Any], scoring: bool, comparisons: bool) -> Iterator[tuple[Topic, str]]:
    """Fields that are modelled for some of their values only."""
    spec = pod.get("spec") or {}
    for container in spec.get("containers") or ():
        hook = (container.get("lifecycle") or {}).get("preStop")
        if hook and pre_stop_sleep(hook) is None:
            yield next(topic for topic in POD_TOPICS if "spec.containers[].lifecycle" in topic.fields), PRE_STOP
    constraints = spec.get("topologySpreadConstraints") or ()
    if not scoring and any(c.get("whenUnsatisfiable") == "ScheduleAnyway" for c in constraints):
        yield next(topic for topic in POD_TOPICS if topic.scores), "topologySpreadConstraints (ScheduleAnyway)"
    if not comparisons and any(t.get("operator") in ("Lt", "Gt") for t in spec.get("tolerations") or ()):
        yield GATED_FIELDS, "tolerations (Lt, Gt)"


def _at(data: Mapping[str, Any], prefix: str) -> Mapping[str, Any]:
    for step in prefix.split(".") if prefix else ():
        data = data.get(step) or {}
    return data


def _ancestors(paths: set[str]) -> set[str]:
    """Every path that has one of ``paths`` below it."""
    found = set()
    for path in paths:
        steps = path.replace("[]", ".[]").split(".")
        for length in range(1, len(steps)):
            found.add(".".join(steps[:length]).replace(".[]", "[]"))
    return found


def _uncovered(value: Any, path: str, covered: set[str], ancestors: set[str]) -> Iterator[str]:
    """The highest fields below ``path`` that are neither covered nor on the way to something declared."""
    if path in covered or value in (None, {}, []):
        return
    if path and path not in ancestors:
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _uncovered(item, f"{path}.{key}" if path else str(key), covered, ancestors)
    elif isinstance(value, list):
        for item in value:
            yield from _uncovered(item, path + "[]", covered, ancestors)


def _is_within(path: str, field: str) -> bool:
    return path == field or path.startswith((field + ".", field + "["))
