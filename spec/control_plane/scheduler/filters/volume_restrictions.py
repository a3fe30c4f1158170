"""VolumeRestrictions: disks that only one pod at a time may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frozendict import frozendict

from ....objects.node import Node
from ....objects.pod import Pod
from ....objects.storage import claim_names
from ..snapshot import Snapshot
from .verdict import FEASIBLE, Verdict, unresolvable, unschedulable

READ_WRITE_ONCE_POD = "ReadWriteOncePod"


def _both_only_read(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one.get("readOnly") and other.get("readOnly"))


def _same_rbd(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    shared = set(one.get("monitors", ())) & set(other.get("monitors", ()))
    image = (one.get("pool", "rbd"), one.get("image")) == (other.get("pool", "rbd"), other.get("image"))
    return bool(shared) and image and not _both_only_read(one, other)


def _conflict(one: Any, other: Any) -> bool:
    """Whether two volumes are one disk that both may not use (kube-scheduler §4)."""
    if not isinstance(one, frozendict) or not isinstance(other, frozendict):
        return False
    for source, name, may_share in (
        ("gcePersistentDisk", "pdName", True),
        ("awsElasticBlockStore", "volumeID", False),
        ("iscsi", "iqn", True),
    ):
        if source in one and source in other and one[source].get(name) == other[source].get(name):
            return not (may_share and _both_only_read(one[source], other[source]))
    return "rbd" in one and "rbd" in other and _same_rbd(one["rbd"], other["rbd"])


def _exclusive_claims(pod: Pod, snapshot: Snapshot) -> frozenset[str]:
    assert snapshot.storage is not None
    namespace = pod.metadata.namespace
    found = ((name, snapshot.storage.claim(namespace, name)) for name in claim_names(pod.spec))
    return frozenset(name for name, claim in found if claim is not None and READ_WRITE_ONCE_POD in claim.access_modes)


def volume_restrictions(pod: Pod, node: Node, snapshot: Snapshot) -> Verdict:
    """Feasible iff no disk of the pod is in use on the node, and no claim of it that one pod alone may use is taken.

    P, but U where a claim does not exist. Claims are looked at only where the snapshot holds storage.
    """
    namespace = pod.metadata.namespace
    if snapshot.storage is not None and claim_names(pod.spec):
        if any(snapshot.storage.claim(namespace, name) is None for name in claim_names(pod.spec)):
            return unresolvable("claim not found")
        exclusive = _exclusive_claims(pod, snapshot)
        others = (other for other in snapshot.pods if other.metadata.namespace == namespace)
        if exclusive and any(exclusive & set(claim_names(other.spec)) for other in others):
            return unschedulable("node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod")
    existing = (volume for other in snapshot.pods_on(node.metadata.name) for volume in other.spec.volumes)
    if pod.spec.volumes and any(_conflict(own, volume) for volume in existing for own in pod.spec.volumes):
        return unschedulable("node(s) had no available disk")
    return FEASIBLE
