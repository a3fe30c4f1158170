"""Plain data to persistent volumes, claims, storage classes, and what nodes can attach."""

from __future__ import annotations

from frozendict import frozendict

from .decoding_shared import decode_metadata, decode_node_selector
from .plain_data import Data
from .quantities import value
from .selectors import NodeSelectorTerm, Requirement
from .storage import DELETE, RETAIN, CSINode, PersistentVolume, PersistentVolumeClaim, StorageClass


def decode_persistent_volume(data: Data) -> PersistentVolume:
    """A volume."""
    spec, status = data.get("spec") or {}, data.get("status") or {}
    required = (spec.get("nodeAffinity") or {}).get("required")
    claim = spec.get("claimRef")
    return PersistentVolume(
        metadata=decode_metadata(data.get("metadata"), ""),
        storage_class_name=spec.get("storageClassName") or "",
        capacity=value(str((spec.get("capacity") or {}).get("storage") or 0)),
        access_modes=tuple(map(str, spec.get("accessModes") or ())),
        node_affinity=decode_node_selector(required) if required else None,
        claim=(str(claim.get("namespace") or "default"), str(claim.get("name"))) if claim else None,
        phase=str(status.get("phase") or "Available"),
        claim_uid=claim.get("uid") if claim else None,
        reclaim_policy=str(spec.get("persistentVolumeReclaimPolicy") or RETAIN),
        driver=str((spec.get("csi") or {}).get("driver") or ""),
        handle=str((spec.get("csi") or {}).get("volumeHandle") or ""),
    )


def decode_persistent_volume_claim(data: Data) -> PersistentVolumeClaim:
    """A claim."""
    spec, status = data.get("spec") or {}, data.get("status") or {}
    request = ((spec.get("resources") or {}).get("requests") or {}).get("storage") or 0
    return PersistentVolumeClaim(
        metadata=decode_metadata(data.get("metadata")),
        storage_class_name=spec.get("storageClassName"),
        volume_name=str(spec.get("volumeName") or ""),
        access_modes=tuple(map(str, spec.get("accessModes") or ())),
        request=value(str(request)),
        phase=str(status.get("phase") or ""),
    )


def _topology(data: Data) -> NodeSelectorTerm:
    expressions = data.get("matchLabelExpressions") or ()
    return NodeSelectorTerm(tuple(Requirement(it["key"], "In", tuple(it.get("values") or ())) for it in expressions))


def decode_storage_class(data: Data) -> StorageClass:
    """A storage class."""
    return StorageClass(
        metadata=decode_metadata(data.get("metadata"), ""),
        provisioner=str(data.get("provisioner") or ""),
        volume_binding_mode=data.get("volumeBindingMode"),
        allowed_topologies=tuple(map(_topology, data.get("allowedTopologies") or ())),
        reclaim_policy=str(data.get("reclaimPolicy") or DELETE),
    )


def decode_csi_node(data: Data) -> CSINode:
    """What the CSI drivers of a node can do."""
    drivers = (data.get("spec") or {}).get("drivers") or ()
    counts = {str(it.get("name")): (it.get("allocatable") or {}).get("count") for it in drivers}
    limits = {name: int(count) for name, count in counts.items() if count is not None}
    return CSINode(decode_metadata(data.get("metadata"), ""), frozendict(limits))
