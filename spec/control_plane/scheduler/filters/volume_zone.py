"""VolumeZone: a bound volume's zone and region must be the node's."""

from __future__ import annotations

from frozendict import frozendict

from ....objects.node import Node
from ....objects.pod import Pod
from ....objects.storage import WAIT_FOR_FIRST_CONSUMER, PersistentVolumeClaim, Storage, claim_names
from ..snapshot import Snapshot
from .verdict import FEASIBLE, Infeasible, Verdict, unresolvable

NEWER_LABELS = frozendict(
    {
        "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    }
)
"""Labels of zone and region as they were called once, and are called since v1.17."""

TOPOLOGY_LABELS = frozenset({*NEWER_LABELS, *NEWER_LABELS.values()})

_SEPARATOR = "__"
"""Between the zones of a volume that several zones can reach."""


def _topologies(claim: PersistentVolumeClaim, storage: Storage) -> tuple[tuple[str, str], ...] | Infeasible:
    """Zone and region labels of the claim's volume; none where its pod decides; why it cannot be scheduled."""
    if not claim.volume_name:
        if not claim.storage_class_name:
            return unresolvable("PersistentVolumeClaim had no pv name and storageClass name")
        storage_class = storage.storage_class(claim.storage_class_name)
        if storage_class is None:
            return unresolvable("unable to find storage class")
        if storage_class.volume_binding_mode is None:
            return unresolvable("VolumeBindingMode not set for StorageClass")
        if storage_class.volume_binding_mode == WAIT_FOR_FIRST_CONSUMER:
            return ()
        return unresolvable("PersistentVolume had no name")
    volume = storage.volume(claim.volume_name)
    if volume is None:
        return unresolvable("unable to find persistent volume")
    return tuple((key, value) for key, value in volume.metadata.labels.items() if key in TOPOLOGY_LABELS)


def volume_zone(pod: Pod, node: Node, snapshot: Snapshot) -> Verdict:
    """Feasible iff zone and region labels of every bound volume name the node's (kube-scheduler §4, U).

    A node without any such label can reach every volume. Only where the snapshot holds storage.
    """
    if snapshot.storage is None:
        return FEASIBLE
    wanted: list[tuple[str, str]] = []
    for name in claim_names(pod.spec):
        claim = snapshot.storage.claim(pod.metadata.namespace, name)
        if claim is None:
            return unresolvable("claim not found")
        found = _topologies(claim, snapshot.storage)
        if isinstance(found, Infeasible):
            return found
        wanted += found
    labels = node.metadata.labels
    if TOPOLOGY_LABELS.isdisjoint(labels):
        return FEASIBLE
    for key, zones in wanted:
        here = labels.get(key, labels.get(NEWER_LABELS.get(key, "")))
        if here is None or here not in zones.split(_SEPARATOR):
            return unresolvable("node(s) had no available volume zone")
    return FEASIBLE
