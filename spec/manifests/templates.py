"""The pods that a workload of any kind would create: their namespace, labels, spec and greatest number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..objects.decoding_pod import decode_pod_template
from ..objects.decoding_shared import decode_label_selector
from ..objects.int_or_percent import scaled_value
from ..objects.pod import PodSpec
from ..objects.selectors import LabelSelector
from .defaulting import with_defaults
from .loading import Document

_TEMPLATE = ("spec", "template")
WORKLOAD_TEMPLATES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (),
    ("", "ReplicationController"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("apps", "DaemonSet"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", *_TEMPLATE),
}
"""Kinds of workload, by group and kind, and where the pod template stands in each."""

SYSTEM_PRIORITIES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
"""Priority classes that every cluster has (kube-apiserver §6, ``pkg/apis/scheduling``)."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A document that creates pods (or is one).

    ``pods``: the most of its pods that are wanted at once, surge included; pods that are terminating come on top.
    ``priority``: as admission would resolve it from the classes of the input.
    """

    document: Document
    namespace: str
    labels: Mapping[str, str]
    selector: LabelSelector | None
    spec: PodSpec
    pods: int
    priority: int

    @property
    def title(self) -> str:
        """Kind and name, for sentences."""
        return f"{self.document.kind} {self.document.name}"


def workloads_of(documents: Sequence[Document], node_count: int) -> tuple[Workload, ...]:
    """The workloads among checked ``documents``, in order. A DaemonSet has one pod on each of ``node_count`` nodes."""
    classes = {d.name: int(d.data.get("value", 0)) for d in documents if d.kind == "PriorityClass"}
    defaults = [d for d in documents if d.kind == "PriorityClass" and d.data.get("globalDefault") is True]
    default_priority = classes[defaults[0].name] if defaults else 0
    found = []
    for document in documents:
        path = WORKLOAD_TEMPLATES.get((document.group, document.kind))
        if path is None:
            continue
        data = with_defaults(document.data)
        template: Any = data
        for step in path:
            template = template.get(step) or {}
        pod = decode_pod_template(template)
        spec = data.get("spec") or {}
        found.append(
            Workload(
                document=document,
                namespace=document.namespace,
                labels=pod.metadata.labels,
                selector=_selector(document.kind, spec),
                spec=pod.spec,
                pods=_most_pods(document.kind, spec, node_count),
                priority=_priority(pod.spec, {**SYSTEM_PRIORITIES, **classes}, default_priority),
            )
        )
    return tuple(found)


def _selector(kind: str, spec: Mapping[str, Any]) -> LabelSelector | None:
    selector = spec.get("selector")
    if not selector:
        return None
    return decode_label_selector({"matchLabels": selector} if kind == "ReplicationController" else selector)


def _priority(spec: PodSpec, classes: Mapping[str, int], default: int) -> int:
    if spec.priority is not None:
        return spec.priority
    return classes.get(spec.priority_class_name, 0) if spec.priority_class_name else default


def _most_pods(kind: str, spec: Mapping[str, Any], node_count: int) -> int:
    """Pods that are wanted at once, at most (controllers-workloads §2-6): a Deployment's replicas and surge, …"""
    if kind == "Pod":
        return 1
    if kind == "DaemonSet":
        surge = (spec["updateStrategy"].get("rollingUpdate") or {}).get("maxSurge", 0)
        return node_count + scaled_value(surge, node_count, round_up=True)
    if kind == "CronJob":
        job = spec["jobTemplate"]["spec"]
        kept = 1 if spec["concurrencyPolicy"] != "Allow" else 2
        return kept * int(job.get("parallelism", 1))
    if kind == "Job":
        return int(spec["parallelism"])
    replicas = int(spec.get("replicas", 1))
    if kind != "Deployment" or spec["strategy"]["type"] != "RollingUpdate":
        return replicas
    rolling = spec["strategy"]["rollingUpdate"]
    return replicas + scaled_value(rolling["maxSurge"], replicas, round_up=True)
