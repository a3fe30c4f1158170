"""Update and patch of an object and of its status (kube-apiserver §3), and the removal that an update can cause (§4.5).

Both verbs come here with the object as it would be: whether the client's version is current has been decided before.
"""

from __future__ import annotations

from typing import Any

import attrs

from ...language.request import Outcome, Response
from ...objects.metadata import ObjectMeta
from .metadata_rules import of_updated_object, update_fault
from .strategies import Strategy


def update(sent: Any, stored: Any, strategy: Strategy) -> Response:
    """Writes everything but the status."""
    metadata = of_updated_object(sent.metadata, stored.metadata)
    if metadata.uid != stored.metadata.uid:
        return Response(Outcome.CONFLICT, stored, "uid mismatch: the object was deleted and created again")
    kept = {"status": stored.status} if hasattr(stored, "status") else {}
    after = attrs.evolve(sent, metadata=metadata, **kept)
    fault = update_fault(stored.metadata, metadata) or strategy.update_fault(stored, after)
    if fault:
        return Response(Outcome.INVALID, stored, fault)
    if strategy.advances(stored, after):
        after = attrs.evolve(after, metadata=attrs.evolve(metadata, generation=metadata.generation + 1))
    return _write(after, stored)


def update_status(sent: Any, stored: Any) -> Response:
    """Writes the status and nothing else: what else the request changes is ignored."""
    return _write(attrs.evolve(stored, status=sent.status), stored)


def update_scale(sent: Any, stored: Any, strategy: Strategy) -> Response:
    """Writes the replica count and nothing else."""
    return update(attrs.evolve(stored, spec=attrs.evolve(stored.spec, replicas=sent.spec.replicas)), stored, strategy)


def _write(after: Any, stored: Any) -> Response:
    if _ends_deletion(stored.metadata, after.metadata):
        return Response(Outcome.DONE, None, "the last finalizer of a deleted object is gone")
    if after == stored:
        return Response(Outcome.UNCHANGED, stored)
    return Response(Outcome.DONE, after)


def _ends_deletion(before: ObjectMeta, after: ObjectMeta) -> bool:
    """Whether nothing holds a deleted object any more; with a grace period somebody must delete it again (§4.5)."""
    return before.terminating and not before.deletion_grace_period_seconds and not after.finalizers
