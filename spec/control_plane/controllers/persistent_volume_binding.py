"""Which volume a claim is bound to where its class binds at once (controllers-cluster, persistent volumes)."""

from __future__ import annotations

import attrs

from ...objects.storage import (
    BIND_COMPLETED,
    NO_PROVISIONER,
    WAIT_FOR_FIRST_CONSUMER,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
)
from ..scheduler.filters.volume_binding import serves

PROVISIONED = "made-for-"
"""What the name of a volume begins with that was made for a claim."""


def binds_at_once(claim: PersistentVolumeClaim, storage: Storage) -> bool:
    """Whether the claim waits for no pod: its class does not say so, or it has no class."""
    found = storage.storage_class(claim.storage_class_name)
    return found is None or found.volume_binding_mode != WAIT_FOR_FIRST_CONSUMER


def best_volume(claim: PersistentVolumeClaim, storage: Storage) -> PersistentVolume | None:
    """The smallest volume that serves the claim, wherever it is: nobody asks which pods will use it."""
    return min((it for it in storage.volumes if serves(it, claim)), key=lambda it: it.capacity, default=None)


def _made_for(claim: PersistentVolumeClaim, storage: Storage) -> PersistentVolume | None:
    found = storage.storage_class(claim.storage_class_name)
    if found is None or found.provisioner in ("", NO_PROVISIONER):
        return None
    metadata = attrs.evolve(claim.metadata, name=f"{PROVISIONED}{claim.metadata.name}", namespace="")
    return PersistentVolume(
        metadata, claim.storage_class_name or "", claim.request, claim.access_modes, claim=_key(claim), phase="Bound"
    )


def _key(claim: PersistentVolumeClaim) -> tuple[str, str]:
    return claim.metadata.namespace, claim.metadata.name


def bound(claim: PersistentVolumeClaim, volume: PersistentVolume) -> PersistentVolumeClaim:
    """The claim once its binding to the volume is complete."""
    annotations = claim.metadata.annotations | {BIND_COMPLETED: "true"}
    metadata = attrs.evolve(claim.metadata, annotations=annotations)
    return attrs.evolve(claim, metadata=metadata, volume_name=volume.metadata.name, phase="Bound")


def bound_at_once(storage: Storage) -> Storage:
    """The storage once every claim that waits for no pod is bound, in the order of the claims, if it can be.

    Each takes the smallest volume that serves it; where none does, one is made for it, if its class says how.
    """
    for claim in storage.claims:
        if claim.volume_name or not binds_at_once(claim, storage):
            continue
        found = best_volume(claim, storage)
        made = None if found is not None else _made_for(claim, storage)
        volume = found or made
        if volume is None:
            continue
        taken = attrs.evolve(volume, claim=_key(claim), phase="Bound")
        others = tuple(it for it in storage.volumes if it.metadata.name != volume.metadata.name)
        claims = tuple(bound(it, volume) if it == claim else it for it in storage.claims)
        storage = attrs.evolve(storage, volumes=(*others, taken), claims=claims)
    return storage
