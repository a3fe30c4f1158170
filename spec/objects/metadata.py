"""Object metadata: identity, labels, ownership and the marks that deletion leaves."""

from __future__ import annotations

import attrs
from frozendict import frozendict

Uid = int | str
"""Identity of one incarnation: a string in real API objects, a small rank in a model (design §3.2, identity)."""


@attrs.frozen(cache_hash=True)
class OwnerReference:
    """An entry of ``metadata.ownerReferences``; ``controller`` is true on at most one of an object's references.

    ``group``: the API group of the owner, None for the one in which Kubernetes itself has the kind.
    """

    kind: str = ""
    name: str = ""
    uid: Uid | None = None
    controller: bool = False
    block_owner_deletion: bool = False
    group: str | None = None


@attrs.frozen(cache_hash=True)
class ObjectMeta:
    """Metadata of every object.

    ``namespace`` is "" for cluster-scoped kinds. Times are seconds since the epoch, or since the start of a model's
    clock. ``deletion_timestamp`` None means that the object is live; ``deletion_grace_period_seconds`` is the grace
    period in force once it is set.
    """

    name: str = ""
    namespace: str = "default"
    uid: Uid | None = None
    labels: frozendict[str, str] = frozendict()
    annotations: frozendict[str, str] = frozendict()
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()
    deletion_timestamp: float | None = None
    deletion_grace_period_seconds: int | None = None
    generation: int = 1
    creation_timestamp: float | None = None

    @property
    def terminating(self) -> bool:
        """Whether deletion has been asked for."""
        return self.deletion_timestamp is not None

    @property
    def controller_reference(self) -> OwnerReference | None:
        """The managing owner, if any (reference index §4, controller ref manager)."""
        return next((reference for reference in self.owner_references if reference.controller), None)
