"""Namespaces in the API server: a life of their own, held by finalizers of two kinds (controllers-cluster §5).

A namespace that is deleted is Terminating at once, and gone only when nobody holds it any more: neither the finalizers
of its spec, which only the subresource ``finalize`` writes, nor those of its metadata.
"""

from __future__ import annotations

import attrs

from ...language.request import Outcome, Response
from ...objects.namespace import TERMINATING, Namespace
from .metadata_rules import of_updated_object, update_fault

PERMANENT = ("default", "kube-public", "kube-system")
"""The namespaces that nobody can delete (kube-apiserver §6, NamespaceLifecycle)."""


def delete_namespace(stored: Namespace, now: float) -> Response:
    """Marks the namespace: its deletion timestamp and its phase are one write, so nothing is created in it any more."""
    if stored.metadata.name in PERMANENT:
        return Response(
            Outcome.FORBIDDEN,
            stored,
            f'namespaces "{stored.metadata.name}" is forbidden: this namespace may not be deleted',
        )
    if stored.metadata.terminating:
        return Response(Outcome.UNCHANGED, stored, "finalizers hold the namespace")
    metadata = attrs.evolve(stored.metadata, deletion_timestamp=now, deletion_grace_period_seconds=0)
    return _held(attrs.evolve(stored, metadata=metadata, phase=TERMINATING), stored)


def update_namespace(sent: Namespace, stored: Namespace, subresource: str) -> Response:
    """Writes one part of it: ``status`` its phase and conditions, ``finalize`` the finalizers of its spec."""
    if subresource == "status":
        return _held(attrs.evolve(stored, phase=sent.phase, conditions=sent.conditions), stored)
    if subresource == "finalize":
        return _held(attrs.evolve(stored, finalizers=sent.finalizers), stored)
    metadata = of_updated_object(sent.metadata, stored.metadata)
    fault = update_fault(stored.metadata, metadata)
    if fault:
        return Response(Outcome.INVALID, stored, fault)
    return _held(attrs.evolve(stored, metadata=metadata), stored)


def _held(after: Namespace, stored: Namespace) -> Response:
    """The namespace as it is stored, unless nothing holds it any more."""
    if after.metadata.terminating and not after.finalizers and not after.metadata.finalizers:
        return Response(Outcome.DONE, None, "the last finalizer of a deleted namespace is gone")
    return Response(Outcome.UNCHANGED if after == stored else Outcome.DONE, after)
