"""Properties of namespaces that go away (invariants 17 and 97)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import attrs

from ..control_plane.controllers.namespace import DISCOVERY_FAILURE, FINALIZERS_REMAINING
from ..control_plane.controllers.namespace_contents import CONTENTS, there
from ..kinds import NAMESPACE
from ..language.component import Key
from ..language.property import HOLDS, Finding, Shape, StateProperty, TemporalProperty, violated
from ..language.query import DISTINCT, Query
from ..objects.conditions import condition_is_true
from ..objects.namespace import KUBERNETES, Namespace


@attrs.frozen(cache_hash=True)
class _Doomed:
    """A namespace that is being deleted, or is gone; whether something was created in it since."""

    name: str
    late: bool


def _doomed(name: str, found: Namespace | None, late: bool) -> _Doomed | None:
    return _Doomed(name, late) if found is None or found.metadata.terminating else None


def _admits_nothing(key: _Doomed) -> Finding:
    return violated(f"something was created in {key.name}, which was Terminating") if key.late else HOLDS


NO_CREATE = StateProperty(
    name="no-create-in-terminating-namespace",
    statement="nothing is created in a namespace once it is Terminating",
    key=Key(NAMESPACE, ("name", "object", "late"), _doomed),
    judge=_admits_nothing,
    reference="invariants 17",
    advice="an instance of kube-apiserver admits by its own cache of namespaces: one that is behind lets more in",
)
"""What a stale cache of another instance violates (kube-apiserver §6)."""


def _gone(name: str, found: Namespace | None) -> str | None:
    return name if found is None else None


def _left(kind: str) -> Query:
    def classify(name: str, found: Any) -> str | None:
        return kind if found is not None and found.metadata.namespace == name else None

    return Query(kind, ("object",), classify, DISTINCT)


def _empty(name: str, **left: tuple[str, ...]) -> Finding:
    found = sorted(kind for kinds in left.values() for kind in kinds)
    return violated(f"{name} is gone, and a {found[0]} of it is left") if found else HOLDS


EMPTY_BEFORE_GONE = StateProperty(
    name="namespace-empty-before-gone",
    statement="a namespace that is gone has left no object behind",
    key=Key(NAMESPACE, ("name", "object"), _gone),
    queries={f"left of kind {kind}": _left(kind) for kind in CONTENTS},
    judge=_empty,
    reference="invariants 97",
    advice="the finalizer of the namespace may go only after a listing of every kind that found nothing, and not"
    " before every API server refuses what is new",
)


def about(asked: StateProperty, kinds: Collection[str]) -> StateProperty:
    """A property in a model that holds ``kinds``: of others there is nothing to ask for."""
    return attrs.evolve(asked, queries=there(dict(asked.queries), kinds))


@attrs.frozen(cache_hash=True)
class _Standing:
    """A namespace that is being deleted, or is gone, and what its conditions say."""

    name: str
    gone: bool = False
    empty: bool = False
    finalizers: bool = False
    discovery: bool = False


def _standing(name: str, found: Namespace | None) -> _Standing | None:
    if found is None:
        return _Standing(name, gone=True)
    if not found.metadata.terminating:
        return None
    held, failed = (condition_is_true(found.conditions, it) for it in (FINALIZERS_REMAINING, DISCOVERY_FAILURE))
    return _Standing(name, empty=KUBERNETES not in found.finalizers, finalizers=held, discovery=failed)


def _stuck(key: _Standing) -> Finding:
    if key.gone:
        return HOLDS
    why = "what is in it does not end"
    if key.empty:
        why = "it is empty, but a finalizer of its own stays"
    elif key.discovery:
        why = "an API can not be discovered"
    elif key.finalizers:
        why = "a finalizer of something in it stays"
    return violated(f"{key.name} stays Terminating: {why}")


EVENTUALLY_GONE = TemporalProperty(
    name="terminating-namespace-eventually-gone",
    statement="a namespace that is deleted is gone in the end",
    key=Key(NAMESPACE, ("name", "object"), _standing),
    judge=_stuck,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="controllers-cluster §5 (#60807)",
    advice="its conditions tell what holds it: delete what has finalizers first, while the controller that removes them"
    " runs; remove the APIService of a server that is gone",
)
"""What a finalizer that nobody removes violates, or an aggregated API that is gone."""
