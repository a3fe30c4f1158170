"""What the API server demands of the metadata of every kind, and what it does not let a client change."""

from __future__ import annotations

import attrs

from ...objects.metadata import ObjectMeta


def owner_references_fault(metadata: ObjectMeta) -> str:
    """At most one owner is the controller (invariants C38, adoption-exclusive; 00-index §4, owner references)."""
    if sum(reference.controller for reference in metadata.owner_references) > 1:
        return "metadata.ownerReferences: only one reference can have controller set to true"
    return ""


def of_new_object(metadata: ObjectMeta, *, counts_generations: bool) -> ObjectMeta:
    """The metadata of an object that is stored for the first time (kube-apiserver §3, Create).

    uid and creation time stay as sent: a model ranks incarnations and orders ages itself (design §3.2).
    """
    return attrs.evolve(
        metadata,
        deletion_timestamp=None,
        deletion_grace_period_seconds=None,
        generation=1 if counts_generations else metadata.generation,
    )


def of_updated_object(sent: ObjectMeta, stored: ObjectMeta) -> ObjectMeta:
    """The metadata of an update, with what clients do not decide as it is stored (kube-apiserver §3, §4)."""
    period = sent.deletion_grace_period_seconds
    return attrs.evolve(
        sent,
        uid=stored.uid if sent.uid is None else sent.uid,
        generation=stored.generation,
        creation_timestamp=stored.creation_timestamp,
        # An update can not take a deletion back: it is told what is stored, without an error.
        deletion_timestamp=stored.deletion_timestamp if stored.terminating else sent.deletion_timestamp,
        deletion_grace_period_seconds=stored.deletion_grace_period_seconds if period is None else period,
    )


def update_fault(before: ObjectMeta, after: ObjectMeta) -> str:
    """What an update of the metadata may not do, "" for nothing (kube-apiserver §4)."""
    for name in ("name", "namespace", "deletion_timestamp", "deletion_grace_period_seconds"):
        if getattr(before, name) != getattr(after, name):
            return f"metadata.{name}: field is immutable"
    added = set(after.finalizers) - set(before.finalizers)
    if before.terminating and added:
        return f"metadata.finalizers: no new finalizers can be added if the object is being deleted, found {added}"
    return owner_references_fault(after)
