"""The garbage collector: deletes what has lost its owners, and lets owners go as they were deleted.

References: controllers-cluster §6. Duty: an object whose owners are all gone is deleted (Background). An owner that is
deleted in the Foreground waits until no dependent is left that blocks it; these are deleted meanwhile. One that is
deleted with Orphan waits until its dependents no longer refer to it.

Life of a key: an object appears or loses an owner -> its owners are looked up live, by uid -> references that lead
nowhere are dropped if an owner is left; otherwise it is deleted. The graph of who depends on whom is made from watches;
no owner is judged by it alone. An owner in another namespace does not exist for its dependent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import attrs

from ...kinds import KUBE_CONTROLLER_MANAGER, process_runs
from ...language.component import Component, Key, Rule
from ...language.plan import KEY, Alternative, Call, Chosen, Step
from ...language.query import DISTINCT, Query, Read
from ...language.request import ApiCall, DeleteOptions, Outcome, Preconditions, Verb
from ...objects.metadata import OwnerReference
from ..apiserver.deletion import FOREGROUND_FINALIZER, ORPHAN_FINALIZER
from .garbage_collector_decisions import Item, Owner, attempt_to_delete, blocks, depends_on, item, refers_to

NAME = "garbage-collector"


@attrs.frozen(cache_hash=True)
class DropReferences:
    """The edit that takes owner references off an object."""

    references: tuple[OwnerReference, ...]

    def __call__(self, stored: Any, /) -> Any:
        """The object without them."""
        kept = tuple(each for each in stored.metadata.owner_references if each not in self.references)
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, owner_references=kept))


@attrs.frozen(cache_hash=True)
class Unblock:
    """The edit by which an object no longer holds up the deletion of its owners."""

    def __call__(self, stored: Any, /) -> Any:
        """The object with references that block nothing."""
        free = tuple(attrs.evolve(each, block_owner_deletion=False) for each in stored.metadata.owner_references)
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, owner_references=free))


@attrs.frozen(cache_hash=True)
class RemoveFinalizer:
    """The edit that takes a finalizer of the garbage collector away."""

    name: str

    def __call__(self, stored: Any, /) -> Any:
        """The object without it."""
        left = tuple(name for name in stored.metadata.finalizers if name != self.name)
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, finalizers=left))


@attrs.frozen(cache_hash=True)
class Member:
    """An object of the graph: what is known of its owners, and what it is to its dependents."""

    item: Item
    identity: Owner


def _identity(found: Any) -> Owner:
    meta = found.metadata
    return Owner(found.kind, meta.name, meta.uid, meta.terminating and FOREGROUND_FINALIZER in meta.finalizers)


def _member(found: Any) -> Member:
    return Member(item(found.metadata), _identity(found))


def _owned(found: Any) -> Member | None:
    """What has owners and is not being deleted: the rest the garbage collector skips."""
    if found is None or found.metadata.terminating or not found.metadata.owner_references:
        return None
    return _member(found)


def _held_by(finalizer: str) -> Callable[[Any], Member | None]:
    def view(found: Any) -> Member | None:
        held = found is not None and found.metadata.terminating and finalizer in found.metadata.finalizers
        return _member(found) if held else None

    return view


def _owners(kind: str) -> Query:
    """The objects of ``kind`` that the key's references name, as they are stored now."""

    def classify(key: Member, found: Any) -> Owner | None:
        if found is None or found.metadata.namespace not in (key.item.namespace, ""):
            return None
        named = any((each.kind, each.name) == (kind, found.metadata.name) for each in key.item.references)
        return _identity(found) if named else None

    return Query(kind, ("object",), classify, DISTINCT, read=Read.QUORUM)


def _dependents(kind: str, counts: Callable[[Item, Owner], bool]) -> Query:
    """The objects of ``kind`` in the graph that depend on the key, and that ``counts`` says yes to."""

    def classify(key: Member, found: Any) -> Item | None:
        if found is None or found.metadata.namespace != key.item.namespace:
            return None
        known = item(found.metadata)
        return known if counts(known, key.identity) else None

    return Query(kind, ("object",), classify)


def _found(answers: Mapping[str, Any], prefix: str) -> list[Any]:
    return [each for name, answer in answers.items() if name.startswith(prefix) for each in answer]


def _attempt(kind: str) -> Callable[..., Iterable[Alternative]]:
    def decide(key: Member, **answers: Any) -> Iterable[Alternative]:
        owners = _found(answers, "owners")
        attempt = attempt_to_delete(key.item, owners, [found for found, _ in _found(answers, "dependents")])
        if attempt is None:
            return
        guard = Preconditions(uid=key.item.uid)
        if attempt.dropped:
            patch = ApiCall(Verb.PATCH, kind, DropReferences(attempt.dropped), preconditions=guard)
            yield Alternative((Call(KEY, patch),), "some of its owners are gone, not all")
            return
        options = DeleteOptions(propagation_policy=attempt.policy)
        plan: tuple[Step, ...] = (Call(KEY, ApiCall(Verb.DELETE, kind, options, preconditions=guard)),)
        if attempt.unblocks:
            plan = (Call(KEY, ApiCall(Verb.PATCH, kind, Unblock(), preconditions=guard)), *plan)
        waits = any(owner.waits for owner in owners)
        yield Alternative(plan, "its owner waits for it to go" if waits else "its owners are gone")

    return decide


def _collect(kind: str, owners: Iterable[str], dependents: Iterable[str]) -> Rule:
    return Rule(
        name=f"collect {kind}",
        key=Key(kind, ("object",), _owned),
        decide=_attempt(kind),
        queries={
            **{f"owners of kind {each}": _owners(each) for each in owners},
            **{f"dependents of kind {each}": _dependents(each, depends_on) for each in dependents},
        },
        several_requests=True,
        reference="controllers-cluster §6",
        meaning="deletes an object whose owners are gone, or wait for it to go; drops references that lead nowhere",
    )


def _finish(kind: str, dependents: Iterable[str]) -> Rule:
    def decide(_key: Member, **blocking: Any) -> Iterable[Alternative]:
        if not _found(blocking, "blocking"):
            patch = ApiCall(Verb.PATCH, kind, RemoveFinalizer(FOREGROUND_FINALIZER))
            yield Alternative((Call(KEY, patch),), "no dependent is left that blocks its deletion")

    return Rule(
        name=f"finish foreground deletion of {kind}",
        key=Key(kind, ("object",), _held_by(FOREGROUND_FINALIZER)),
        decide=decide,
        queries={f"blocking of kind {each}": _dependents(each, blocks) for each in dependents},
        reference="controllers-cluster §6",
        meaning="lets an owner go that is deleted in the foreground, once no dependent blocks it",
    )


def _orphan(kind: str, dependents: Iterable[str]) -> Rule:
    def decide(key: Member, **found: Any) -> Iterable[Alternative]:
        plan: list[Step] = []
        for name, items in found.items():
            of_kind = name.rpartition(" ")[2]
            for dependent, count in items:
                dropped = tuple(each for each in dependent.references if refers_to(each, key.identity))
                patch = ApiCall(
                    Verb.PATCH, of_kind, DropReferences(dropped), preconditions=Preconditions(uid=dependent.uid)
                )
                for number in range(count):
                    target = Chosen(name, dependent, label=(dependent, number))
                    plan.append(Call(target, patch, tolerates=(Outcome.NOT_FOUND,)))
        plan.append(Call(KEY, ApiCall(Verb.PATCH, kind, RemoveFinalizer(ORPHAN_FINALIZER))))
        yield Alternative(tuple(plan), "it is deleted, its dependents stay")

    return Rule(
        name=f"orphan dependents of {kind}",
        key=Key(kind, ("object",), _held_by(ORPHAN_FINALIZER)),
        decide=decide,
        queries={f"dependents of kind {each}": _dependents(each, depends_on) for each in dependents},
        several_requests=True,
        reference="controllers-cluster §6",
        meaning="takes the references to an owner off all its dependents, then lets the owner go",
    )


def component(owners: Mapping[str, tuple[str, ...]], *, at_once: Collection[str] = ()) -> Component:
    """The garbage collector. ``owners``: for each kind whose objects have owners, the kinds of these.

    ``at_once``: kinds of owners that nobody deletes but in the background.
    """
    dependents: dict[str, list[str]] = {}
    for kind, above in owners.items():
        for each in above:
            dependents.setdefault(each, []).append(kind)
    rules = [_collect(kind, above, dependents.get(kind, ())) for kind, above in owners.items()]
    waited_for = {kind: below for kind, below in dependents.items() if kind not in at_once}
    rules += [_finish(kind, below) for kind, below in waited_for.items()]
    rules += [_orphan(kind, below) for kind, below in waited_for.items()]
    return Component(
        name=NAME,
        rules=tuple(rules),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        duty="deletes what has lost its owners, and lets owners go as they were deleted: before, after or without it",
        reference="controllers-cluster §6",
    )
