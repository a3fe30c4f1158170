"""Documents to a placement problem: which pods there are to be, what each asks, on which nodes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
from frozendict import frozendict

from ...spec.control_plane.apiserver.limits import with_limit_defaults
from ...spec.control_plane.controllers.deployment_replica_sets import template_hash
from ...spec.control_plane.controllers.node_labels import reconciled_labels
from ...spec.control_plane.controllers.persistent_volume_binding import bound_at_once
from ...spec.control_plane.scheduler.views import scheduling_view
from ...spec.manifests.coverage import NotModelled, not_modelled
from ...spec.manifests.errors import InputError
from ...spec.manifests.fields import FieldPath, Lines
from ...spec.manifests.kustomize_base import assumption, completed, is_unbuilt
from ...spec.manifests.loading import Document, load
from ...spec.manifests.removed_versions import removed_in
from ...spec.manifests.scenarios import COMMAND_LINE, DEFAULT_NODES, checked, default_nodes
from ...spec.manifests.settings import Settings
from ...spec.manifests.templates import WORKLOAD_TEMPLATES, Workload, workloads_of
from ...spec.objects.daemon_set import DaemonSet
from ...spec.objects.decoding import decode, decode_node
from ...spec.objects.int_or_percent import scaled_value
from ...spec.objects.metadata import ObjectMeta
from ...spec.objects.namespace import Namespace
from ...spec.objects.node import Node
from ...spec.objects.pod import Pod, PodTemplateSpec, is_terminal
from ...spec.objects.quantities import PODS
from ...spec.objects.quota import LimitRange
from ...spec.objects.storage import CSINode, PersistentVolume, PersistentVolumeClaim, Storage, StorageClass, claim_names
from .asking import asked, place, pod_limit
from .problem import Ask, Item, PodKind, Problem

_HASH = "pod-template-hash"
_NEXT = "next"
"""What the hash of a template is called that nobody has written yet."""

CLAIMS_SERVED = "claims that the input does not hold are bound to volumes that every node reaches"
CLAIMS_BOUND_FIRST = (
    "claims whose class binds at once are bound before any pod is placed, each to the smallest volume that serves it;"
    " claims that wait for a pod stay as they are, so two of them may count on one volume"
)
CLAIM_TEMPLATES = "volumes that a StatefulSet claims for its pods can be mounted on every node"
ONE_RUN = "of a CronJob one run is placed, with its parallelism"
AUTOSCALED = "autoscalers are not asked: spec.replicas counts (--replicas NAME=N asks for another number)"


@attrs.frozen
class Reading:
    """A problem, and how it was read. ``left_out``: pods that are not asked about, and why; a sentence each."""

    problem: Problem
    assumed_nodes: bool
    assumptions: tuple[str, ...]
    left_out: tuple[str, ...]
    not_modelled: tuple[NotModelled, ...]


def read(documents: Sequence[Document], settings: Settings, folder: str = "") -> Reading:
    """The problem of ``documents``, and of the manifests and nodes that the settings name, relative to ``folder``.

    Raises ``InputError`` where Kubernetes would reject the input.
    """
    named = load([os.path.join(folder, path) for path in settings.manifests]) if settings.manifests else ()
    inline = (Document(dict(data), settings.name or COMMAND_LINE, Lines(1)) for data in settings.objects)
    everything = (*documents, *named, *inline)
    written = tuple(map(completed, _served(everything)))
    given = checked(written)
    node_documents, assumed = _node_documents(given, settings, folder)
    nodes = tuple(map(_node, node_documents.values()))
    by_name = {name: document for name, document in node_documents.items() if document.source}
    ranges = [item for item in map(_decoded, given) if isinstance(item, LimitRange)]
    workloads = workloads_of(given, len(nodes))
    reader = _Reader(nodes, by_name, ranges, workloads)
    kinds = tuple(reader.kinds())
    used = {(kind.pod.metadata.namespace, name) for kind in kinds for name in claim_names(kind.pod.spec)}
    storage = _storage(given, used)
    problem = Problem(
        nodes,
        kinds,
        tuple(item for item in map(_decoded, given) if isinstance(item, Namespace)),
        storage,
        pod_limit(nodes, by_name, (node.status.allocatable.get(PODS, 0) for node in nodes)),
    )
    unbuilt = tuple(assumption(document) for document in everything if is_unbuilt(document))
    gone = [document for document in everything if removed_in(document) is not None]
    return Reading(
        problem,
        assumed,
        (*unbuilt, *_assumptions(given, used, storage)),
        tuple(reader.left_out),
        not_modelled((*written, *gone), scoring=False),
    )


def _served(documents: Iterable[Document]) -> tuple[Document, ...]:
    return tuple(document for document in documents if removed_in(document) is None)


def _decoded(document: Document) -> object:
    return decode(document.data)


def _node_documents(given: Sequence[Document], settings: Settings, folder: str) -> tuple[Mapping[str, Document], bool]:
    """The nodes by name, as ``check`` takes them; without a source where nobody wrote them."""
    inside = {document.name: document for document in given if document.kind == "Node"}
    wanted = settings.nodes
    if wanted is None and inside:
        return inside, False
    if isinstance(wanted, str):
        found = checked(_served(load([os.path.join(folder, wanted)])))
        nodes = {document.name: document for document in found if document.kind == "Node"}
        if not nodes:
            raise InputError("no Node in it", source=wanted, expected="a list of Nodes")
        return nodes, False
    plain = wanted if isinstance(wanted, tuple) else default_nodes(DEFAULT_NODES if wanted is None else wanted)
    return {str(data["metadata"]["name"]): Document(dict(data), "", Lines(1)) for data in plain}, wanted is None


def _node(document: Document) -> Node:
    node = decode_node(document.data)
    return attrs.evolve(node, metadata=attrs.evolve(node.metadata, labels=reconciled_labels(node)))


def _storage(given: Sequence[Document], used: set[tuple[str, str]]) -> Storage | None:
    """Volumes, claims and classes where every claim that pods use is there; None otherwise, as in a check."""
    items = tuple(map(_decoded, given))
    claims = tuple(item for item in items if isinstance(item, PersistentVolumeClaim))
    if not used or not used <= {(claim.metadata.namespace, claim.metadata.name) for claim in claims}:
        return None
    volumes = tuple(item for item in items if isinstance(item, PersistentVolume))
    classes = tuple(item for item in items if isinstance(item, StorageClass))
    csi_nodes = tuple(item for item in items if isinstance(item, CSINode))
    return bound_at_once(Storage(volumes, claims, classes, csi_nodes))


def _assumptions(given: Sequence[Document], used: set[tuple[str, str]], storage: Storage | None) -> Iterator[str]:
    if used:
        yield CLAIMS_SERVED if storage is None else CLAIMS_BOUND_FIRST
    if any(d.kind == "StatefulSet" and (d.data.get("spec") or {}).get("volumeClaimTemplates") for d in given):
        yield CLAIM_TEMPLATES
    if any(d.kind == "CronJob" for d in given):
        yield ONE_RUN
    if any(d.kind == "HorizontalPodAutoscaler" for d in given):
        yield AUTOSCALED


_Identity = tuple[str, str, str]
"""Namespace, kind and name."""


class _Reader:
    """Workloads to kinds of pods; pods that a workload of the input owns are counted as its own."""

    def __init__(
        self,
        nodes: Sequence[Node],
        node_documents: Mapping[str, Document],
        ranges: Sequence[LimitRange],
        workloads: Sequence[Workload],
    ) -> None:
        self._nodes = nodes
        self._node_documents = node_documents
        self._ranges = ranges
        self._workloads = {_identity(workload): workload for workload in workloads}
        names = Counter((w.document.kind, w.document.name) for w in workloads)
        self._ambiguous = {name for name, count in names.items() if count > 1}
        self.left_out: list[str] = []

    def kinds(self) -> Iterator[PodKind]:
        """The kinds, in the order of the input; pods that stand on nodes already, alike ones together, last."""
        bound: dict[_Identity, Counter[str]] = {}
        strangers: dict[Pod, list[Workload]] = {}
        wanted: list[Workload] = []
        for workload in self._workloads.values():
            owner = self._owner(workload.document)
            if workload.document.kind != "Pod":
                if owner is None or owner == _identity(workload) or workload.document.kind not in ("ReplicaSet", "Job"):
                    wanted.append(workload)
                continue
            pod = decode(workload.document.data)
            assert isinstance(pod, Pod), "the schema check lets only Pods through"
            if is_terminal(pod):
                continue
            if pod.spec.node_name and (workload.document.data.get("status") or {}).get("phase"):
                if owner is not None:
                    bound.setdefault(owner, Counter())[pod.spec.node_name] += 1
                else:
                    strangers.setdefault(self._view(workload, pod.metadata.deletion_timestamp), []).append(workload)
            elif owner is None and not pod.metadata.terminating:
                wanted.append(workload)
        for workload in wanted:
            kind = self._kind(workload, bound.get(_identity(workload), Counter()))
            if kind is not None:
                yield kind
        for view, alike in strangers.items():
            yield self._standing(view, alike)

    def _owner(self, document: Document) -> _Identity | None:
        """The workload of the input that has the object, over its ReplicaSet or Job, too."""
        found = None
        while True:
            owners = document.data["metadata"].get("ownerReferences") or ()
            owner = next((each for each in owners if each.get("controller")), None)
            identity = (document.namespace, owner.get("kind"), owner.get("name")) if owner else None
            if identity is None or identity not in self._workloads or identity == found:
                return found
            found = identity
            document = self._workloads[identity].document

    def _title(self, document: Document) -> str:
        ambiguous = (document.kind, document.name) in self._ambiguous
        return (
            f"{document.kind} {document.namespace}/{document.name}" if ambiguous else f"{document.kind} {document.name}"
        )

    def _view(
        self, workload: Workload, terminating: float | None = None, labels: Mapping[str, str] = frozendict()
    ) -> Pod:
        """A pod of the workload as the scheduler sees it, with what admission fills in."""
        metadata = ObjectMeta(
            namespace=workload.namespace,
            labels=frozendict(workload.labels) | dict(labels),
            deletion_timestamp=terminating,
        )
        spec = attrs.evolve(workload.spec, priority=workload.priority)
        ranges = [each for each in self._ranges if each.metadata.namespace == workload.namespace]
        return scheduling_view(with_limit_defaults(Pod(metadata, spec), ranges))

    def _kind(self, workload: Workload, bound: Counter[str]) -> PodKind | None:
        document = workload.document
        title = self._title(document)
        scheduler = workload.spec.scheduler_name
        if scheduler != "default-scheduler":
            self.left_out.append(f"{title}: its pods ask for the scheduler {scheduler}, which is not modelled")
            return None
        template = WORKLOAD_TEMPLATES[document.group, document.kind]
        spec = document.data.get("spec") or {}
        hashed = {_HASH: _hash(workload)} if document.kind == "Deployment" else {}
        pod = self._view(workload, labels=hashed)
        count, where = _count(document.kind, spec)
        decoded = decode(document.data)
        daemon = decoded.spec if isinstance(decoded, DaemonSet) else None
        if daemon is not None:
            daemon = attrs.evolve(daemon, template=PodTemplateSpec(daemon.template.metadata, pod.spec))
        text = (
            f"{title}: wants a pod on each node that it selects"
            if daemon is not None
            else f"{title}: {count} pod{'s' if count != 1 else ''}"
        )
        items = (
            Item(title, Ask.PODS, "", text, place(document, where)),
            *asked(title, pod, document, template, self._nodes, self._node_documents, daemon=daemon is not None),
        )
        standing = sum(bound.values())
        return PodKind(
            title,
            pod,
            count if daemon is not None else max(0, count - standing),
            frozendict(bound),
            daemon,
            scalable=daemon is None and document.kind not in ("Pod", "CronJob", "Job"),
            surge=_surge(document.kind, spec, count),
            next_labels=frozendict({_HASH: _NEXT}) if hashed else frozendict(),
            items=items,
        )

    def _standing(self, view: Pod, alike: Sequence[Workload]) -> PodKind:
        first = alike[0].document
        title = self._title(first) if len(alike) == 1 else f"{len(alike)} pods like {self._title(first)}"
        bound = Counter(workload.spec.node_name for workload in alike)
        where: FieldPath = ("spec", "nodeName")
        stands = "stands" if len(alike) == 1 else "stand"
        item = Item(title, Ask.PODS, "", f"{title}: {stands} on {', '.join(sorted(bound))}", place(first, where))
        spec = attrs.evolve(view.spec, node_name="")
        asks = asked(title, attrs.evolve(view, spec=spec), first, (), self._nodes, self._node_documents, daemon=True)
        return PodKind(title, attrs.evolve(view, spec=spec), 0, frozendict(bound), items=(item, *asks))


def _identity(workload: Workload) -> _Identity:
    return workload.namespace, workload.document.kind, workload.document.name


def _hash(workload: Workload) -> str:
    return template_hash(PodTemplateSpec(ObjectMeta(labels=frozendict(workload.labels)), workload.spec))


def _count(kind: str, spec: Mapping[str, Any]) -> tuple[int, FieldPath]:
    """How many pods a workload wants at once, and the field that says so (controllers-workloads §2-§7)."""
    if kind == "Pod":
        return 1, ("metadata", "name")
    if kind == "DaemonSet":
        return 1, ("metadata", "name")
    path: FieldPath = ()
    if kind == "CronJob":
        spec, path = spec["jobTemplate"]["spec"], ("spec", "jobTemplate")
    if kind in ("CronJob", "Job"):
        parallel = int(spec.get("parallelism", 1))
        most = spec.get("completions")
        number = parallel if most is None else min(parallel, int(most))
        return 0 if spec.get("suspend") else number, (*path, "spec", "parallelism")
    return int(spec.get("replicas", 1)), ("spec", "replicas")


def _surge(kind: str, spec: Mapping[str, Any], replicas: int) -> int:
    if kind != "Deployment" or spec["strategy"]["type"] != "RollingUpdate":
        return 0
    return scaled_value(spec["strategy"]["rollingUpdate"]["maxSurge"], replicas, round_up=True)
