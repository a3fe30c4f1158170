"""What the garbage collector decides of an object, from its owner references and a live look at the owners (§6).

References: controllers-cluster §6.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

import attrs

from ...objects.metadata import ObjectMeta, OwnerReference, Uid
from ..apiserver.deletion import FOREGROUND_FINALIZER, ORPHAN_FINALIZER
from ..apiserver.strategies import BACKGROUND, FOREGROUND, ORPHAN


@attrs.frozen(cache_hash=True)
class Owner:
    """An object that is there, as a live read shows it. ``waits``: it is being deleted once its dependents are gone."""

    kind: str
    name: str
    uid: Uid | None
    waits: bool


@attrs.frozen(cache_hash=True)
class Item:
    """What the garbage collector knows of an object that has owners.

    ``finalizers``: those of the garbage collector alone. ``deleting``: its deletion was asked for.
    """

    namespace: str
    uid: Uid | None
    references: tuple[OwnerReference, ...]
    finalizers: tuple[str, ...]
    deleting: bool

    @property
    def deletes_dependents(self) -> bool:
        """Whether it is being deleted once its dependents are gone."""
        return self.deleting and FOREGROUND_FINALIZER in self.finalizers


def item(meta: ObjectMeta) -> Item:
    """An object as the garbage collector knows it."""
    own = tuple(name for name in meta.finalizers if name in (FOREGROUND_FINALIZER, ORPHAN_FINALIZER))
    return Item(meta.namespace, meta.uid, meta.owner_references, own, meta.terminating)


class Standing(Enum):
    """How a reference stands to its owner."""

    SOLID = "solid"
    DANGLING = "dangling"
    WAITING = "waiting"


def standing(reference: OwnerReference, owners: Collection[Owner]) -> Standing:
    """How ``reference`` stands: its owner is there, is gone or was created anew, or waits for its dependents to go."""
    for owner in owners:
        if refers_to(reference, owner):
            return Standing.WAITING if owner.waits else Standing.SOLID
    return Standing.DANGLING


@attrs.frozen(cache_hash=True)
class Attempt:
    """What is done about an object: references that are ``dropped``, or its deletion by a propagation ``policy``.

    ``unblocks``: its references let their owners go first, so that two that wait for each other do not.
    """

    dropped: tuple[OwnerReference, ...] = ()
    policy: str | None = None
    unblocks: bool = False


def attempt_to_delete(found: Item, owners: Collection[Owner], dependents: Collection[Item]) -> Attempt | None:
    """What is done about ``found``, None for nothing. ``owners``: those that a live read finds under its references."""
    if not found.references or found.deleting:
        return None
    stands = [(reference, standing(reference, owners)) for reference in found.references]
    if any(how is Standing.SOLID for _, how in stands):
        dropped = tuple(reference for reference, how in stands if how is not Standing.SOLID)
        return Attempt(dropped) if dropped else None
    if any(how is Standing.WAITING for _, how in stands) and dependents:
        return Attempt(policy=FOREGROUND, unblocks=any(each.deletes_dependents for each in dependents))
    if ORPHAN_FINALIZER in found.finalizers:
        return Attempt(policy=ORPHAN)
    return Attempt(policy=FOREGROUND if FOREGROUND_FINALIZER in found.finalizers else BACKGROUND)


def refers_to(reference: OwnerReference, owner: Owner) -> bool:
    """Whether the reference means ``owner``, this incarnation of it."""
    return (reference.kind, reference.name, reference.uid) == (owner.kind, owner.name, owner.uid)


def blocks(dependent: Item, owner: Owner) -> bool:
    """Whether a foreground deletion of ``owner`` waits for ``dependent``."""
    return any(each.block_owner_deletion and refers_to(each, owner) for each in dependent.references)


def depends_on(dependent: Item, owner: Owner) -> bool:
    """Whether ``dependent`` has a reference to ``owner``."""
    return any(refers_to(each, owner) for each in dependent.references)
