"""What the scheduler sees of the cluster in a case."""

from __future__ import annotations

from ..spec.control_plane.scheduler.snapshot import Alike, Snapshot, take_snapshot
from ..spec.objects.decoding import decode_namespace, decode_node, decode_service
from ..spec.objects.decoding_pod import decode_pod
from ..spec.objects.decoding_storage import (
    decode_persistent_volume,
    decode_persistent_volume_claim,
    decode_storage_class,
)
from ..spec.objects.selectors import LabelSelector
from ..spec.objects.storage import Storage
from .question import Given


def snapshot_of(case: Given) -> Snapshot:
    """Nodes, pods and namespaces of a scheduler's case; ``podsAdded`` and ``podsRemoved`` have happened."""
    other = case["other"]
    removed = other.get("podsRemoved", ())
    pods = [pod for pod in case["existingPods"] if pod["metadata"]["name"] not in removed]
    return take_snapshot(
        map(decode_node, case["nodes"]),
        map(decode_pod, [*pods, *other.get("podsAdded", ())]),
        map(decode_namespace, other.get("namespaces", ())),
        map(_alike, other.get("services", ())),
        Storage(
            tuple(map(decode_persistent_volume, other.get("persistentVolumes", ()))),
            tuple(map(decode_persistent_volume_claim, other.get("persistentVolumeClaims", ()))),
            tuple(map(decode_storage_class, other.get("storageClasses", ()))),
        ),
    )


def _alike(service: Given) -> Alike:
    decoded = decode_service(service)
    return Alike(decoded.metadata.namespace, LabelSelector(decoded.spec.selector))
