"""Deletion: Live -> Deleting (deletionTimestamp, grace period, finalizers) -> Gone (kube-apiserver §4)."""

from __future__ import annotations

from typing import Any

import attrs

from ...language.request import DeleteOptions, Outcome, Response
from .strategies import BACKGROUND, FOREGROUND, ORPHAN, Strategy

ORPHAN_FINALIZER = "orphan"
FOREGROUND_FINALIZER = "foregroundDeletion"

_FINALIZER_OF = {BACKGROUND: (), FOREGROUND: (FOREGROUND_FINALIZER,), ORPHAN: (ORPHAN_FINALIZER,)}
_POLICY_OF = {FOREGROUND_FINALIZER: FOREGROUND, ORPHAN_FINALIZER: ORPHAN}


def finalizers_on_deletion(finalizers: tuple[str, ...], policy: str | None, default: str) -> tuple[str, ...]:
    """The finalizers once an object is deleted under ``policy`` (kube-apiserver §4.2).

    The policy decides which of the two finalizers of the garbage collector is there. Without one the object's own
    finalizer decides, without that the kind's ``default``.
    """
    if policy is None:
        policy = next((_POLICY_OF[finalizer] for finalizer in finalizers if finalizer in _POLICY_OF), default)
    adjusted = tuple(finalizer for finalizer in finalizers if finalizer not in _POLICY_OF) + _FINALIZER_OF[policy]
    return finalizers if set(adjusted) == set(finalizers) else adjusted


def _grace(stored: Any, options: DeleteOptions, strategy: Strategy, now: float) -> tuple[int, float] | None:
    """Grace period and deletion timestamp that a deletion asks for; None: a graceful one is pending and goes on."""
    metadata = stored.metadata
    pending = metadata.deletion_grace_period_seconds or 0
    if strategy.grace_period is None or (metadata.terminating and not pending):
        # §4.4: the kind is not graceful, or the period is over: only finalizers can hold the object.
        return 0, now
    if not metadata.terminating:
        period = strategy.grace_period(stored, options)
        return period, now + period
    # §4.3: a later deletion can shorten the period, never lengthen it.
    asked = options.grace_period_seconds
    if asked is not None and asked < 0:
        asked = 1
    if asked is None or asked >= pending:
        return None
    return asked, metadata.deletion_timestamp - pending + asked


def delete(stored: Any, options: DeleteOptions, strategy: Strategy, now: float) -> Response:
    """Deletes the object, or marks it as being deleted if a grace period or a finalizer holds it (kube-apiserver §4).

    Where Kubernetes marks a pod and removes it in two writes (period 0, no finalizer), this is one.
    """
    policy = options.propagation_policy
    if policy is not None and policy not in _FINALIZER_OF:
        return Response(Outcome.INVALID, stored, f"propagationPolicy: {policy} is none of {', '.join(_FINALIZER_OF)}")
    grace = _grace(stored, options, strategy, now)
    if grace is None:
        return Response(Outcome.UNCHANGED, stored, "a graceful deletion is pending")
    metadata = stored.metadata
    period, instant = grace
    finalizers = finalizers_on_deletion(metadata.finalizers, policy, strategy.default_propagation)
    if not period and not finalizers:
        return Response(Outcome.DONE, None)
    first = not metadata.terminating
    marked = attrs.evolve(
        metadata,
        finalizers=finalizers,
        deletion_timestamp=instant if first else min(instant, metadata.deletion_timestamp),
        deletion_grace_period_seconds=period,
        # Kinds that do not count generations may have none to raise (00-index §3).
        generation=metadata.generation + 1 if first and metadata.generation else metadata.generation,
    )
    if marked == metadata:
        return Response(Outcome.UNCHANGED, stored, "finalizers hold the object")
    return Response(Outcome.DONE, attrs.evolve(stored, metadata=marked))
