"""Persistent volumes, the claims on them, and storage classes."""

from __future__ import annotations

from typing import ClassVar

import attrs
from frozendict import frozendict

from .metadata import ObjectMeta, Uid
from .pod import PodSpec
from .selectors import NodeSelector, NodeSelectorTerm

IMMEDIATE = "Immediate"
WAIT_FOR_FIRST_CONSUMER = "WaitForFirstConsumer"
"""When claims of a class are bound: at once, or when a pod that uses them is scheduled."""

NO_PROVISIONER = "kubernetes.io/no-provisioner"
"""The provisioner of a class whose volumes somebody makes by hand."""

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
"""The annotation of a claim that says that its binding is complete."""

SELECTED_NODE = "volume.kubernetes.io/selected-node"
"""The annotation of a claim by which the scheduler says for which node a volume is to be made."""

PVC_PROTECTION, PV_PROTECTION = "kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"
"""The finalizers that hold a claim that a pod uses, and a volume that is bound to a claim."""

LOST = "Lost"
PENDING = "Pending"
AVAILABLE = "Available"
BOUND = "Bound"
RELEASED = "Released"
"""Phases of claims (Pending, Bound, Lost) and of volumes (Available, Bound, Released)."""

RETAIN, DELETE = "Retain", "Delete"
"""What becomes of a volume whose claim is gone: its reclaim policy."""


@attrs.frozen(cache_hash=True)
class PersistentVolume:
    """A volume; cluster-scoped. ``capacity`` in bytes; ``node_affinity`` None: every node can reach it.

    ``claim``: (namespace, name) of the claim that it is bound to, None if it is free. ``claim_uid``: the incarnation of
    that claim, None where it is reserved for whichever bears the name. ``driver``: the CSI driver that attaches it, by
    its ``handle``; "" for none.
    """

    kind: ClassVar[str] = "PersistentVolume"

    metadata: ObjectMeta = ObjectMeta(namespace="")
    storage_class_name: str = ""
    capacity: int = 0
    access_modes: tuple[str, ...] = ()
    node_affinity: NodeSelector | None = None
    claim: tuple[str, str] | None = None
    phase: str = AVAILABLE
    claim_uid: Uid | None = None
    reclaim_policy: str = RETAIN
    driver: str = ""
    handle: str = ""


@attrs.frozen(cache_hash=True)
class PersistentVolumeClaim:
    """A claim; ``request`` in bytes. ``volume_name`` "" means that it has no volume yet; ``phase`` "" is unknown."""

    kind: ClassVar[str] = "PersistentVolumeClaim"

    metadata: ObjectMeta = ObjectMeta()
    storage_class_name: str | None = None
    volume_name: str = ""
    access_modes: tuple[str, ...] = ()
    request: int = 0
    phase: str = ""

    @property
    def bound(self) -> bool:
        """Whether its binding is complete."""
        return bool(self.volume_name) and BIND_COMPLETED in self.metadata.annotations

    @property
    def selected_node(self) -> str:
        """The node for which a volume is to be made, "" if the scheduler has chosen none."""
        return self.metadata.annotations.get(SELECTED_NODE, "")


@attrs.frozen(cache_hash=True)
class StorageClass:
    """A storage class; cluster-scoped. ``volume_binding_mode`` None: not set, which the API server never leaves so."""

    kind: ClassVar[str] = "StorageClass"

    metadata: ObjectMeta = ObjectMeta(namespace="")
    provisioner: str = ""
    volume_binding_mode: str | None = None
    allowed_topologies: tuple[NodeSelectorTerm, ...] = ()
    reclaim_policy: str = DELETE


@attrs.frozen(cache_hash=True)
class CSINode:
    """What the CSI drivers of a node can do; it bears the node's name. ``limits``: driver -> volumes at once."""

    kind: ClassVar[str] = "CSINode"

    metadata: ObjectMeta = ObjectMeta(namespace="")
    limits: frozendict[str, int] = frozendict()


@attrs.frozen(cache_hash=True)
class Storage:
    """All volumes, claims and classes of a cluster, and what each node can attach."""

    volumes: tuple[PersistentVolume, ...] = ()
    claims: tuple[PersistentVolumeClaim, ...] = ()
    classes: tuple[StorageClass, ...] = ()
    csi_nodes: tuple[CSINode, ...] = ()

    def limits_of(self, node: str) -> frozendict[str, int]:
        """Driver -> how many volumes it can attach to the node at once; drivers without a limit are not there."""
        return next((it.limits for it in self.csi_nodes if it.metadata.name == node), frozendict())

    def claim(self, namespace: str, name: str) -> PersistentVolumeClaim | None:
        """The claim of that name."""
        named = (it for it in self.claims if (it.metadata.namespace, it.metadata.name) == (namespace, name))
        return next(named, None)

    def volume(self, name: str) -> PersistentVolume | None:
        """The volume of that name."""
        return next((volume for volume in self.volumes if volume.metadata.name == name), None)

    def storage_class(self, name: str | None) -> StorageClass | None:
        """The class of that name."""
        return next((found for found in self.classes if found.metadata.name == name), None)


def claim_names(spec: PodSpec) -> tuple[str, ...]:
    """The names of the claims that a pod uses, in its order."""
    found = (volume.get("persistentVolumeClaim") for volume in spec.volumes if isinstance(volume, frozendict))
    return tuple(str(source.get("claimName", "")) for source in found if isinstance(source, frozendict))
