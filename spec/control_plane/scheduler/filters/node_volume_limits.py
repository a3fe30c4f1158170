"""NodeVolumeLimits: a CSI driver can attach only so many volumes to a node."""

from __future__ import annotations

from collections.abc import Iterator

from ....objects.node import Node
from ....objects.pod import Pod
from ....objects.storage import NO_PROVISIONER, PersistentVolumeClaim, Storage, claim_names
from ..snapshot import Snapshot
from .verdict import FEASIBLE, Verdict, unschedulable

TOO_MANY_VOLUMES = "node(s) exceed max volume count"


def _attached_by(claim: PersistentVolumeClaim, storage: Storage) -> tuple[str, str] | None:
    """The driver that attaches the volume of a claim, and what it calls it; None where no driver is known.

    A claim without volume gets one from the provisioner of its class, which no other claim shares.
    """
    volume = storage.volume(claim.volume_name) if claim.volume_name else None
    if volume is not None and volume.driver:
        return volume.driver, volume.handle or volume.metadata.name
    found = storage.storage_class(volume.storage_class_name if volume is not None else claim.storage_class_name)
    if found is None or found.provisioner in ("", NO_PROVISIONER):
        return None
    own = f"{claim.metadata.namespace}/{claim.metadata.name}"
    return found.provisioner, volume.metadata.name if volume is not None else own


def _volumes(pod: Pod, storage: Storage) -> Iterator[tuple[str, str]]:
    for name in claim_names(pod.spec):
        claim = storage.claim(pod.metadata.namespace, name)
        found = _attached_by(claim, storage) if claim is not None else None
        if found is not None:
            yield found


def node_volume_limits(pod: Pod, node: Node, snapshot: Snapshot) -> Verdict:
    """Feasible iff for each driver the volumes in use on the node and the new ones of the pod are within its limit.

    kube-scheduler §4, P: a volume that several pods use there counts once, and limits are those of the CSINode.
    """
    storage = snapshot.storage
    limits = storage.limits_of(node.metadata.name) if storage is not None else {}
    if storage is None or not limits:
        return FEASIBLE
    used = {volume for other in snapshot.pods_on(node.metadata.name) for volume in _volumes(other, storage)}
    new = set(_volumes(pod, storage)) - used
    for driver, limit in limits.items():
        added = sum(1 for its, _ in new if its == driver)
        if added and added + sum(1 for its, _ in used if its == driver) > limit:
            return unschedulable(TOO_MANY_VOLUMES)
    return FEASIBLE
