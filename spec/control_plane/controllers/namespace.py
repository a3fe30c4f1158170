"""The namespace controller: empties a namespace that is deleted, then lets it go (controllers-cluster §5).

Duty: delete whatever stands in a namespace that is Terminating, again and again until a listing finds nothing; tell in
its conditions what holds it; take the finalizer ``kubernetes`` off its spec once nothing does.

Life of a key: a user deletes the namespace -> 5 seconds pass, in which every API server hears of it and admits nothing
more -> every object in it is deleted in the background -> pods run out their grace period, finalizers are waited for ->
the conditions say what remains -> nothing remains -> the finalizer goes, and the namespace with it. An object that a
finalizer holds, or an aggregated API whose objects can not be listed, holds the namespace for as long as it is there:
stuck in Terminating (#60807). The wait is memory of kube-controller-manager; all else is found again by listing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import attrs

from ...kinds import FAULT, KUBE_CONTROLLER_MANAGER, NAMESPACE, process_runs
from ...language.component import Component, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Call, Set, Step, Write
from ...language.query import ANY, DISTINCT, Query, Read, no_parameter
from ...language.request import ApiCall, Verb
from ...objects.conditions import Condition, with_condition
from ...objects.namespace import KUBERNETES, Namespace
from .namespace_contents import CONTENTS, deleting, is_doomed, there

NAME = "namespace-controller"

WAIT = 5.0
"""Seconds from a deletion to the first look at what is to be deleted."""

DISCOVERY_FAILED = "aggregated-api-down"
"""Name under which it is remembered that some API can not be discovered any more."""

CONTENT_REMAINING, FINALIZERS_REMAINING = "NamespaceContentRemaining", "NamespaceFinalizersRemaining"
DISCOVERY_FAILURE = "NamespaceDeletionDiscoveryFailure"
"""Types of a namespace's conditions."""


@attrs.frozen(cache_hash=True)
class Remains:
    """What a listing finds of one object: it is still to be deleted, or waited for; whether a finalizer holds it."""

    live: bool
    held: bool


@attrs.frozen(cache_hash=True)
class WriteConditions:
    """The edit that stores a namespace's conditions."""

    conditions: tuple[Condition, ...]

    def __call__(self, stored: Namespace, /) -> Namespace:
        """The namespace with these conditions."""
        return attrs.evolve(stored, conditions=self.conditions)


@attrs.frozen(cache_hash=True)
class Finalize:
    """The edit that takes the controller's finalizer off a namespace's spec."""

    def __call__(self, stored: Namespace, /) -> Namespace:
        """The namespace without it."""
        return attrs.evolve(stored, finalizers=tuple(name for name in stored.finalizers if name != KUBERNETES))


def conditions_of(stored: tuple[Condition, ...], remains: Iterable[Remains], *, discovered: bool) -> Any:
    """The conditions after a pass that found ``remains``; ``discovered``: every API told what objects it has."""
    found = tuple(remains)
    held = any(each.held for each in found)
    told = (
        (DISCOVERY_FAILURE, not discovered, "DiscoveryFailed", "ResourcesDiscovered"),
        (CONTENT_REMAINING, bool(found), "SomeResourcesRemain", "ContentRemoved"),
        (FINALIZERS_REMAINING, held, "SomeFinalizersRemain", "ContentHasNoFinalizers"),
    )
    for type_, fails, why, fine in told:
        stored = with_condition(stored, Condition(type_, "True" if fails else "False", why if fails else fine))
    return stored


def _waiting(found: Namespace | None, due: bool) -> str | None:
    return found.metadata.name if found is not None and is_doomed(found) and not due else None


WAITED = Rule(
    name="deletion is due",
    key=Key(NAMESPACE, ("object", "due"), _waiting),
    decide=lambda name: [Alternative((Write(KEY, "due", Set(True)),), f"{name} has been Terminating for 5 seconds")],
    duration=WAIT,
    reference="controllers-cluster §5",
    meaning="waits until every API server has heard that the namespace is Terminating",
)


def _remains(name: str, found: Any) -> Remains | None:
    if found is None or found.metadata.namespace != name:
        return None
    return Remains(not found.metadata.terminating, bool(found.metadata.finalizers))


def _namespace_name(key: Namespace) -> str:
    return key.metadata.name


def _listing(kind: str) -> Query:
    """What a live listing of a kind finds in the namespace."""
    return Query(kind, ("object",), _remains, DISTINCT, _namespace_name, read=Read.QUORUM)


def _failed(_parameter: None, name: str, used: bool) -> bool | None:
    return True if name == DISCOVERY_FAILED and used else None


def _sync(key: Namespace, undiscovered: bool, **listings: tuple[Remains, ...]) -> Iterable[Alternative]:
    found = {each for listing in listings.values() for each in listing}
    if any(each.live for each in found):
        return
    told = conditions_of(key.conditions, found, discovered=not undiscovered)
    plan: list[Step] = []
    if told != key.conditions:
        plan.append(Call(KEY, ApiCall(Verb.UPDATE, NAMESPACE, WriteConditions(told), "status")))
    if not found and not undiscovered:
        plan.append(Call(KEY, ApiCall(Verb.UPDATE, NAMESPACE, Finalize(), "finalize")))
    if plan:
        name = key.metadata.name
        because = f"nothing is left in {name}" if not found else f"what is left in {name} is being deleted"
        yield Alternative(tuple(plan), because if not undiscovered else f"{because}; an API can not be discovered")


def _due(found: Namespace | None, due: bool) -> Namespace | None:
    return found if due and is_doomed(found) else None


_SYNC = Rule(
    name="sync",
    key=Key(NAMESPACE, ("object", "due"), _due),
    queries={
        "undiscovered": Query(FAULT, ("name", "used"), _failed, ANY, no_parameter),
        **{f"listing of {kind}": _listing(kind) for kind in CONTENTS},
    },
    decide=_sync,
    several_requests=True,
    reference="controllers-cluster §5",
    meaning="tells what holds the namespace; lets it go once a listing finds nothing in it",
)


def component(*, late_slices: bool = False) -> Component:
    """The namespace controller. ``late_slices``: the cache of EndpointSlices of their controller lags."""
    return Component(
        name=NAME,
        rules=(WAITED, *(deleting(kind, late_slices=late_slices) for kind in CONTENTS), _SYNC),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        duty="deletes all that stands in a namespace that is deleted, then lets the namespace go",
        reference="controllers-cluster §5",
    )


def concerning(whole: Component, kinds: Collection[str]) -> Component:
    """The controller in a model that holds ``kinds``: of others there is nothing to delete, and nothing to list."""
    rules = (
        attrs.evolve(rule, queries=there(dict(rule.queries), {*kinds, FAULT}))
        for rule in whole.rules
        if rule.key.kind in kinds
    )
    return attrs.evolve(whole, rules=tuple(rules))


GONE, ACTIVE, TERMINATING, HELD, FINALIZED = "Gone", "Active", "Terminating", "Held", "Finalized"

_MEANINGS = {
    GONE: "no such namespace: what names it is refused",
    ACTIVE: "objects are created in it",
    TERMINATING: "is being deleted: nothing is created in it any more",
    HELD: "is being deleted, and its conditions say what it waits for",
    FINALIZED: "is empty; a finalizer of its own metadata holds it",
}


def _stands(found: Namespace | None) -> str:
    if found is None:
        return GONE
    if not found.metadata.terminating:
        return ACTIVE
    if KUBERNETES not in found.finalizers:
        return FINALIZED
    return HELD if any(condition.status == "True" for condition in found.conditions) else TERMINATING


_TRIGGERS: Mapping[tuple[str, str], str] = {
    (TERMINATING, HELD): "report what remains",
    (HELD, TERMINATING): "report that nothing remains",
    (TERMINATING, GONE): "finalize",
    (TERMINATING, FINALIZED): "finalize, held by its metadata",
}

MACHINE = Machine(
    name="namespace",
    kind=NAMESPACE,
    fields=("object",),
    states=states_by(_stands, _MEANINGS),
    initial=ACTIVE,
    arrows=(
        Arrow("delete", ACTIVE, TERMINATING, "user", "controllers-cluster §5"),
        *(Arrow(trigger, *step, NAME, "controllers-cluster §5") for step, trigger in _TRIGGERS.items()),
        Arrow("last finalizer removed", FINALIZED, GONE, "user", "kube-apiserver §4.5"),
    ),
    meaning="a namespace on its way out",
    reference="controllers-cluster §5",
)
