"""Persistent volumes, the claims on them, and storage classes, as far as scheduling reads them."""

from __future__ import annotations

from typing import ClassVar

import attrs
from frozendict import frozendict

from .metadata import ObjectMeta
from .pod import PodSpec
from .selectors import NodeSelector, NodeSelectorTerm

IMMEDIATE = "Immediate"
WAIT_FOR_FIRST_CONSUMER = "WaitForFirstConsumer"
"""When claims of a class are bound: at once, or when a pod that uses them is scheduled."""

NO_PROVISIONER = "kubernetes.io/no-provisioner"
"""The provisioner of a class whose volumes somebody makes by hand."""

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
"""The annotation of a claim that says that its binding is complete."""

LOST = "Lost"
AVAILABLE = "Available"


@attrs.frozen(cache_hash=True)
class PersistentVolume:
    """A volume; cluster-scoped. ``capacity`` in bytes; ``node_affinity`` None: every node can reach it.

    ``claim``: (namespace, name) of the claim that it is bound to, None if it is free.
    """

    kind: ClassVar[str] = "PersistentVolume"

    metadata: ObjectMeta = ObjectMeta(namespace="")
    storage_class_name: str = ""
    capacity: int = 0
    access_modes: tuple[str, ...] = ()
    node_affinity: NodeSelector | None = None
    claim: tuple[str, str] | None = None
    phase: str = AVAILABLE


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


@attrs.frozen(cache_hash=True)
class StorageClass:
    """A storage class; cluster-scoped. ``volume_binding_mode`` None: not set, which the API server never leaves so."""

    kind: ClassVar[str] = "StorageClass"

    metadata: ObjectMeta = ObjectMeta(namespace="")
    provisioner: str = ""
    volume_binding_mode: str | None = None
    allowed_topologies: tuple[NodeSelectorTerm, ...] = ()


@attrs.frozen(cache_hash=True)
class Storage:
    """All volumes, claims and classes of a cluster."""

    volumes: tuple[PersistentVolume, ...] = ()
    claims: tuple[PersistentVolumeClaim, ...] = ()
    classes: tuple[StorageClass, ...] = ()

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
