"""Which workloads can influence each other, and through what: each link is a sentence (design §6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ..addons.dns.server import DNS_NAMESPACE, DNS_SERVICE
from ..control_plane.controllers.statefulset_identity import parent_and_ordinal
from ..objects.affinity import DO_NOT_SCHEDULE, PodAffinity, PodAffinityTerm
from ..objects.containers import ContainerPort
from ..objects.decoding import decode_pod_disruption_budget, decode_service
from ..objects.pod_resources import spec_host_ports
from ..objects.selectors import LabelSelector, selects
from ..objects.storage import claim_names
from .loading import Document
from .templates import Workload

_LINKING = (
    "Service",
    "PodDisruptionBudget",
    "HorizontalPodAutoscaler",
    "PersistentVolumeClaim",
    "CSINode",
    "ResourceQuota",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
)
"""Kinds through which the workloads that they concern influence each other."""

_ANY_ADDRESS = ("", "0.0.0.0", "::")
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True)
class Link:
    """``workloads``: indexes of those that influence each other. ``reason``: a clause that says through what."""

    workloads: tuple[int, ...]
    reason: str


def touched_by(document: Document, workloads: Sequence[Workload]) -> tuple[int, ...]:
    """Indexes of the workloads that a document concerns: selected, targeted, named by their pods, or all (nodes)."""
    match (document.group, document.kind):
        case ("", "Service") | ("policy", "PodDisruptionBudget"):
            return _selected_by(document, workloads)
        case ("autoscaling", "HorizontalPodAutoscaler"):
            target = (document.data.get("spec") or {}).get("scaleTargetRef") or {}
            same = (document.namespace, target.get("kind"), target.get("name"))
            return _where(workloads, lambda w: (w.namespace, w.document.kind, w.document.name) == same)
        case ("", "Node"):
            return tuple(range(len(workloads)))
        case ("", "ResourceQuota" | "LimitRange"):
            return _where(workloads, lambda w: w.namespace == document.namespace)
        case ("admissionregistration.k8s.io", _):
            return tuple(range(len(workloads)))
        case ("", "Namespace"):
            return _where(workloads, lambda w: w.namespace == document.name)
        case ("", "ServiceAccount"):
            account = (document.namespace, document.name)
            return _where(workloads, lambda w: (w.namespace, w.spec.service_account_name) == account)
        case ("scheduling.k8s.io", "PriorityClass"):
            fallback = document.data.get("globalDefault") is True
            named = document.name
            return _where(workloads, lambda w: (w.spec.priority_class_name or (named if fallback else "")) == named)
        case ("", "PersistentVolumeClaim"):
            claim = (document.namespace, document.name)
            return _where(workloads, lambda w: _claims(w, claim))
        case ("", "PersistentVolume") | ("storage.k8s.io", "StorageClass" | "CSINode"):
            return _where(workloads, lambda w: bool(claim_names(w.spec)) or bool(_claim_templates(w)))
        case _:
            return ()


def _claim_templates(workload: Workload) -> Sequence[Mapping[str, Any]]:
    templates = (workload.document.data.get("spec") or {}).get("volumeClaimTemplates")
    return templates if workload.document.kind == "StatefulSet" and isinstance(templates, list) else ()


def _claims(workload: Workload, claim: tuple[str, str]) -> bool:
    """Whether pods of the workload use the claim: they name it, or it is called as theirs are."""
    namespace, name = claim
    if workload.namespace != namespace:
        return False
    bases = {f"{it['metadata']['name']}-{workload.document.name}" for it in _claim_templates(workload)}
    return name in claim_names(workload.spec) or parent_and_ordinal(name)[0] in bases


def links(documents: Sequence[Document], workloads: Sequence[Workload]) -> Iterator[Link]:
    """Every link among ``workloads`` but those through capacity, in a stable order."""
    yield from _owners(workloads)
    yield from _selectors(workloads)
    for document in documents:
        if document.kind in _LINKING:
            touched = touched_by(document, workloads)
            if len(touched) > 1:
                yield Link(touched, f"{document.kind} {document.name} covers {_titles(touched, workloads)}")
    namespaces = {d.name: (d.data["metadata"].get("labels") or {}) for d in documents if d.kind == "Namespace"}
    yield from _terms(workloads, namespaces)
    yield from _host_ports(workloads)


def lookup_links(
    documents: Sequence[Document], workloads: Sequence[Workload], looked_up: frozenset[str]
) -> Iterator[Link]:
    """Who looks a Service up needs the DNS server, too: links between the pods behind both (dns-addons §5)."""
    services = [document for document in documents if (document.group, document.kind) == ("", "Service")]
    for dns in services:
        if (dns.name, dns.namespace) == (DNS_SERVICE, DNS_NAMESPACE):
            for document in services:
                touched = {*touched_by(document, workloads), *touched_by(dns, workloads)}
                if document.name in looked_up and len(touched) > 1:
                    yield Link(tuple(sorted(touched)), f"clients look {document.name} up at {DNS_SERVICE}")


def _where(workloads: Sequence[Workload], holds: Callable[[Workload], bool]) -> tuple[int, ...]:
    return tuple(index for index, workload in enumerate(workloads) if holds(workload))


def _titles(indexes: Iterable[int], workloads: Sequence[Workload]) -> str:
    return ", ".join(workloads[index].title for index in indexes)


def _selected_by(document: Document, workloads: Sequence[Workload]) -> tuple[int, ...]:
    namespace = document.namespace
    if document.kind == "Service":
        pairs = decode_service(document.data).spec.selector
        if not pairs:
            return ()  # a Service without selector selects nothing, unlike an empty label selector
        selector: LabelSelector | None = LabelSelector(match_labels=pairs)
    else:
        selector = decode_pod_disruption_budget(document.data).spec.selector
    return _where(workloads, lambda w: w.namespace == namespace and selects(selector, w.labels))


def _owners(workloads: Sequence[Workload]) -> Iterator[Link]:
    by_identity = {(w.namespace, w.document.kind, w.document.name): index for index, w in enumerate(workloads)}
    for index, workload in enumerate(workloads):
        for owner in workload.document.data["metadata"].get("ownerReferences") or ():
            other = by_identity.get((workload.namespace, owner.get("kind"), owner.get("name")))
            if other is not None and other != index:
                yield Link((other, index), f"{workloads[other].title} owns {workload.title}")


def _selectors(workloads: Sequence[Workload]) -> Iterator[Link]:
    for first, one in enumerate(workloads):
        for second, other in enumerate(workloads):
            if first != second and one.namespace == other.namespace and selects(one.selector, other.labels):
                yield Link((first, second), f"the selector of {one.title} matches the pods of {other.title}")


def _terms(workloads: Sequence[Workload], namespaces: Mapping[str, Mapping[str, str]]) -> Iterator[Link]:
    """Required pod affinity and anti-affinity, and DoNotSchedule spreading, that count another workload's pods.

    ``matchLabelKeys`` only narrow a term; leaving them out can only make groups larger.
    """
    for first, one in enumerate(workloads):
        affinity = one.spec.affinity
        for second, other in enumerate(workloads):
            if first == second:
                continue
            for what, terms in (
                ("pod affinity", affinity.pod_affinity),
                ("pod anti-affinity", affinity.pod_anti_affinity),
            ):
                if any(_term_selects(term, one, other, namespaces) for term in _required(terms)):
                    yield Link((first, second), f"the required {what} of {one.title} matches {other.title}")
            if one.namespace == other.namespace and any(
                constraint.when_unsatisfiable == DO_NOT_SCHEDULE and selects(constraint.label_selector, other.labels)
                for constraint in one.spec.topology_spread_constraints
            ):
                yield Link((first, second), f"the topology spread of {one.title} counts {other.title}")


def _required(affinity: PodAffinity | None) -> tuple[PodAffinityTerm, ...]:
    return affinity.required_during_scheduling_ignored_during_execution if affinity else ()


def _term_selects(
    term: PodAffinityTerm, owner: Workload, other: Workload, namespaces: Mapping[str, Mapping[str, str]]
) -> bool:
    if not selects(term.label_selector, other.labels):
        return False
    if not term.namespaces and term.namespace_selector is None:
        return other.namespace == owner.namespace
    if other.namespace in term.namespaces or term.namespace_selector is None:
        return other.namespace in term.namespaces
    if other.namespace not in namespaces:
        return True  # its labels are not known, so it may match
    labels = {**namespaces[other.namespace], _NAMESPACE_LABEL: other.namespace}
    return selects(term.namespace_selector, labels)


def _host_ports(workloads: Sequence[Workload]) -> Iterator[Link]:
    claims = [(index, spec_host_ports(workload.spec)) for index, workload in enumerate(workloads)]
    for (first, ports), (second, others) in combinations([claim for claim in claims if claim[1]], 2):
        clash = next((port for port in ports for other in others if _conflict(port, other)), None)
        if clash is not None:
            both = _titles((first, second), workloads)
            yield Link((first, second), f"host port {clash.host_port} {clash.protocol} is claimed by {both}")


def _conflict(one: ContainerPort, other: ContainerPort) -> bool:
    """Whether two claims cannot share a node (kube-scheduler §4, NodePorts)."""
    same_address = one.host_ip == other.host_ip or one.host_ip in _ANY_ADDRESS or other.host_ip in _ANY_ADDRESS
    return (one.host_port, one.protocol) == (other.host_port, other.protocol) and same_address
