"""Properties of owners and their dependents (invariants 93-96)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..control_plane.apiserver.deletion import FOREGROUND_FINALIZER
from ..control_plane.controllers.garbage_collector import NAME as COLLECTOR
from ..control_plane.controllers.garbage_collector_decisions import Owner, Standing, standing
from ..kinds import COLLECTED, DEPLOYMENT, ORPHANED, REPLICA_SET
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Shape, StateProperty, StepProperty, TemporalProperty, violated
from ..language.query import DISTINCT, Query
from ..objects.metadata import ObjectMeta, OwnerReference
from .assumptions import seen

Change = tuple[Any, ...]
Answers = Mapping[str, Any]


def _said(answers: Answers, prefix: str) -> list[Any]:
    return [each for name, answer in answers.items() if name.startswith(prefix) for each in answer]


def _deleted(before: ObjectMeta, after: Any) -> bool:
    return not before.terminating and (after is None or after.metadata.terminating)


def _ownerless(component: str, rule: str, before: Change, after: Change, seen: Answers) -> Finding:
    (old,), (new,) = before, after
    if component != COLLECTOR or old is None or not rule.startswith("collect") or not _deleted(old.metadata, new):
        return IDLE
    owners: list[Owner] = _said(seen, "owners")
    solid = [it for it in old.metadata.owner_references if standing(it, owners) is Standing.SOLID]
    if not solid:
        return HOLDS
    return violated(f"a {old.kind} is deleted, though its owner {solid[0].kind} {solid[0].name} is there")


def gc_deletes_only_ownerless(kind: str) -> StepProperty:
    """invariants 93, for dependents of ``kind``."""
    return StepProperty(
        name="gc-deletes-only-ownerless",
        statement="the garbage collector deletes an object only if it finds each of its owners gone, or waiting for it",
        kind=kind,
        fields=("object",),
        judge=_ownerless,
        reference="invariants 93",
        advice="owners must be looked up live and by uid, whatever the graph says",
    )


@attrs.frozen(cache_hash=True)
class _Dependent:
    """A live object with owner references."""

    kind: str
    references: tuple[OwnerReference, ...]


def _dependent(found: Any) -> _Dependent | None:
    if found is None or found.metadata.terminating or not found.metadata.owner_references:
        return None
    return _Dependent(found.kind, found.metadata.owner_references)


def _there(key: _Dependent, found: Any) -> Owner | None:
    if found is None or not any((it.kind, it.name) == (found.kind, found.metadata.name) for it in key.references):
        return None
    return Owner(found.kind, found.metadata.name, found.metadata.uid, False)


OWNERS = {
    "replica_sets": Query(REPLICA_SET, ("object",), _there, DISTINCT),
    "deployments": Query(DEPLOYMENT, ("object",), _there, DISTINCT),
}
_KINDS_OF_OWNERS = (REPLICA_SET, DEPLOYMENT)


def _gone(key: _Dependent, owners: tuple[Owner, ...]) -> OwnerReference | None:
    """The reference to an owner that is gone, if all are; of kinds that can be deleted in a model."""
    known = [it for it in key.references if it.kind in _KINDS_OF_OWNERS]
    dangling = [it for it in known if standing(it, owners) is Standing.DANGLING]
    return dangling[0] if dangling and len(dangling) == len(key.references) else None


def _collected(key: _Dependent, replica_sets: tuple[Owner, ...], deployments: tuple[Owner, ...]) -> Finding:
    gone = _gone(key, (*replica_sets, *deployments))
    if gone is None:
        return HOLDS
    return violated(f"a {key.kind} is left of {gone.kind} {gone.name}, which is gone")


def dependents_eventually_collected(kind: str) -> TemporalProperty:
    """invariants 94, for dependents of ``kind``."""
    return TemporalProperty(
        name="dependents-eventually-collected",
        statement="an object whose owners are all gone is collected in the end",
        key=Key(kind, ("object",), _dependent),
        queries=OWNERS,
        judge=_collected,
        shape=Shape.INFINITELY_OFTEN,
        reference="invariants 94",
        advice="the garbage collector must be running, and must know the kind",
    )


def _in_order(_component: str, _rule: str, before: Change, after: Change, seen: Answers) -> Finding:
    (old,), (new,) = before, after
    if old is None or new is not None or FOREGROUND_FINALIZER not in old.metadata.finalizers:
        return IDLE
    if not _said(seen, "blocking"):
        return HOLDS
    return violated(f"{old.kind} {old.metadata.name} goes, though a dependent blocks its deletion")


def foreground_order(kind: str) -> StepProperty:
    """invariants 95, for owners of ``kind``."""
    return StepProperty(
        name="foreground-order",
        statement="an owner that is deleted in the foreground goes only when no known dependent blocks it any more",
        kind=kind,
        fields=("object",),
        judge=_in_order,
        reference="invariants 95",
        advice="the finalizer foregroundDeletion must be taken away last",
    )


def _orphaned(
    key: _Dependent, replica_sets: tuple[Owner, ...], deployments: tuple[Owner, ...], how: tuple[str, ...]
) -> Finding:
    if how != (ORPHANED,):
        return IDLE
    gone = _gone(key, (*replica_sets, *deployments))
    if gone is None:
        return HOLDS
    return violated(f"{gone.kind} {gone.name} was to orphan its dependents, and a {key.kind} will be deleted with it")


def orphan_keeps_dependents(kind: str) -> StateProperty:
    """invariants 96, for dependents of ``kind``."""
    return StateProperty(
        name="orphan-keeps-dependents",
        statement="an owner that is deleted with Orphan leaves no dependent behind that still refers to it",
        key=Key(kind, ("object",), _dependent),
        queries={**OWNERS, "how": seen(ORPHANED, COLLECTED)},
        judge=_orphaned,
        reference="invariants 96",
        advice="a dependent that is created while its owner is being orphaned is missed; stop its controller first",
    )
