"""VolumeBinding: bound volumes must be in reach of the node, and unbound claims must find one there."""

from __future__ import annotations

from collections.abc import Sequence

from ....objects.node import Node
from ....objects.pod import Pod
from ....objects.storage import (
    AVAILABLE,
    LOST,
    NO_PROVISIONER,
    WAIT_FOR_FIRST_CONSUMER,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    claim_names,
)
from ..snapshot import Snapshot
from .verdict import FEASIBLE, Verdict, unresolvable

NO_SUCH_VOLUME = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
OUT_OF_REACH = "node(s) had volume node affinity conflict"
NOTHING_TO_BIND = "node(s) didn't find available persistent volumes to bind"
UNBOUND_IMMEDIATE = "pod has unbound immediate PersistentVolumeClaims"


def in_reach(volume: PersistentVolume, node: Node) -> bool:
    """Whether the node reaches the volume."""
    affinity = volume.node_affinity
    return affinity is None or affinity.matches(node.metadata.name, node.metadata.labels)


def _waits(claim: PersistentVolumeClaim, storage: Storage) -> bool:
    """Whether the claim is bound only when a pod that uses it is scheduled."""
    storage_class = storage.storage_class(claim.storage_class_name)
    waits = storage_class is not None and storage_class.volume_binding_mode == WAIT_FOR_FIRST_CONSUMER
    return waits and not claim.volume_name


def serves(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Whether a volume may be bound to a claim; one that is reserved for a claim is for that incarnation only."""
    free = volume.claim is None and volume.phase == AVAILABLE
    named = volume.claim == (claim.metadata.namespace, claim.metadata.name)
    reserved = named and volume.claim_uid in (None, claim.metadata.uid)
    return (
        (free or reserved)
        and volume.storage_class_name == (claim.storage_class_name or "")
        and volume.capacity >= claim.request
        and set(claim.access_modes) <= set(volume.access_modes)
    )


def _provisioned(claim: PersistentVolumeClaim, node: Node, storage: Storage) -> bool:
    """Whether a volume can be made for the claim where the node reaches it."""
    found = storage.storage_class(claim.storage_class_name)
    if found is None or found.provisioner in ("", NO_PROVISIONER):
        return False
    terms = found.allowed_topologies
    return not terms or any(term.matches(node.metadata.name, node.metadata.labels) for term in terms)


def volumes_for(
    claims: Sequence[PersistentVolumeClaim], node: Node, storage: Storage
) -> tuple[tuple[PersistentVolumeClaim, PersistentVolume | None], ...] | None:
    """Which volume each claim gets if its pod goes to the node; no volume: one is made for it. None: not possible.

    Smallest claims first, each takes the smallest that serves it there. A claim for which a volume is being made can
    go to no other node than the one that it is made for.
    """
    taken: list[tuple[PersistentVolumeClaim, PersistentVolume | None]] = []
    for claim in sorted(claims, key=lambda claim: claim.request):
        if claim.selected_node:
            if claim.selected_node != node.metadata.name or not _provisioned(claim, node, storage):
                return None
            taken.append((claim, None))
            continue
        names = {volume.metadata.name for _, volume in taken if volume is not None}
        serving = [
            volume
            for volume in storage.volumes
            if volume.metadata.name not in names and serves(volume, claim) and in_reach(volume, node)
        ]
        if not serving and not _provisioned(claim, node, storage):
            return None
        taken.append((claim, min(serving, key=lambda volume: volume.capacity, default=None)))
    return tuple(taken)


def waiting_claims(pod: Pod, storage: Storage) -> tuple[PersistentVolumeClaim, ...]:
    """The claims of a pod that get their volumes when the pod gets its node."""
    found = (storage.claim(pod.metadata.namespace, name) for name in claim_names(pod.spec))
    return tuple(claim for claim in found if claim is not None and _waits(claim, storage))


def volume_binding(pod: Pod, node: Node, snapshot: Snapshot) -> Verdict:
    """Feasible iff the node reaches all bound volumes, and unbound claims that wait for a pod find volumes there.

    kube-scheduler §4, U: also where a claim is missing, or one that should be bound at once is not. Only where the
    snapshot holds storage.
    """
    storage = snapshot.storage
    if storage is None:
        return FEASIBLE
    found = [storage.claim(pod.metadata.namespace, name) for name in claim_names(pod.spec)]
    claims = [claim for claim in found if claim is not None]
    if len(claims) < len(found):
        return unresolvable("claim not found")
    waiting: list[PersistentVolumeClaim] = []
    for claim in claims:
        if claim.metadata.terminating:
            return unresolvable(f'persistentvolumeclaim "{claim.metadata.name}" is being deleted')
        if claim.phase == LOST:
            return unresolvable(NO_SUCH_VOLUME)
        if claim.bound:
            volume = storage.volume(claim.volume_name)
            if volume is None:
                return unresolvable(NO_SUCH_VOLUME)
            if not in_reach(volume, node):
                return unresolvable(OUT_OF_REACH)
        elif _waits(claim, storage):
            waiting.append(claim)
        else:
            return unresolvable(UNBOUND_IMMEDIATE)
    return unresolvable(NOTHING_TO_BIND) if volumes_for(waiting, node, storage) is None else FEASIBLE
