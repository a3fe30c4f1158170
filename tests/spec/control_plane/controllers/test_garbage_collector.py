"""What the garbage collector decides of an object, from its references and a live look at its owners."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.spec.control_plane.apiserver.deletion import FOREGROUND_FINALIZER, ORPHAN_FINALIZER
from kubemodel.spec.control_plane.apiserver.strategies import BACKGROUND, FOREGROUND, ORPHAN
from kubemodel.spec.control_plane.controllers.garbage_collector import DropReferences, RemoveFinalizer, Unblock
from kubemodel.spec.control_plane.controllers.garbage_collector_decisions import (
    Attempt,
    Item,
    Owner,
    Standing,
    attempt_to_delete,
    blocks,
    item,
    standing,
)
from kubemodel.spec.objects.metadata import ObjectMeta, OwnerReference
from kubemodel.spec.objects.pod import Pod

A = OwnerReference("ReplicaSet", "a", 1, controller=True, block_owner_deletion=True)
B = OwnerReference("ReplicaSet", "b", 2)
LIVE_A, LIVE_B = Owner("ReplicaSet", "a", 1, False), Owner("ReplicaSet", "b", 2, False)
WAITING_A = attrs.evolve(LIVE_A, waits=True)
DEPENDENT = Item("default", 7, (A,), (), False)


def owned(*references: OwnerReference, finalizers: tuple[str, ...] = (), deleting: bool = False) -> Item:
    return Item("default", 5, references, finalizers, deleting)


def test_an_owner_of_that_name_that_was_created_anew_is_another_one() -> None:
    assert standing(A, [LIVE_A]) is Standing.SOLID
    assert standing(A, [WAITING_A]) is Standing.WAITING
    assert standing(A, [attrs.evolve(LIVE_A, uid=3)]) is Standing.DANGLING
    assert standing(A, []) is Standing.DANGLING


@pytest.mark.parametrize(
    ("found", "owners", "attempt"),
    [
        (owned(), [], None),
        (owned(A, deleting=True), [], None),
        (owned(A), [LIVE_A], None),
        (owned(A, B), [LIVE_A], Attempt(dropped=(B,))),
        (owned(A, B), [WAITING_A, LIVE_B], Attempt(dropped=(A,))),
        (owned(A), [], Attempt(policy=BACKGROUND)),
        (owned(A, finalizers=(ORPHAN_FINALIZER,)), [], Attempt(policy=ORPHAN)),
        (owned(A, finalizers=(FOREGROUND_FINALIZER,)), [], Attempt(policy=FOREGROUND)),
        (owned(A), [WAITING_A], Attempt(policy=BACKGROUND)),
    ],
)
def test_what_becomes_of_an_object_without_dependents(
    found: Item, owners: list[Owner], attempt: Attempt | None
) -> None:
    assert attempt_to_delete(found, owners, []) == attempt


def test_what_waits_for_an_object_with_dependents_has_it_deleted_in_the_foreground_too() -> None:
    assert attempt_to_delete(owned(A), [WAITING_A], [DEPENDENT]) == Attempt(policy=FOREGROUND)
    circle = attrs.evolve(DEPENDENT, deleting=True, finalizers=(FOREGROUND_FINALIZER,))
    assert attempt_to_delete(owned(A), [WAITING_A], [circle]) == Attempt(policy=FOREGROUND, unblocks=True)


def test_only_references_that_say_so_block_their_owner() -> None:
    assert blocks(owned(A, B), LIVE_A)
    assert not blocks(owned(A, B), LIVE_B)


def test_only_its_own_finalizers_matter_to_it() -> None:
    meta = ObjectMeta(finalizers=("example.com/held", ORPHAN_FINALIZER), owner_references=(A,), uid=5)
    assert item(meta) == owned(A, finalizers=(ORPHAN_FINALIZER,))


def test_its_edits_touch_nothing_else() -> None:
    pod = Pod(ObjectMeta(finalizers=("example.com/held", ORPHAN_FINALIZER), owner_references=(A, B)))
    assert DropReferences((B,))(pod).metadata.owner_references == (A,)
    assert RemoveFinalizer(ORPHAN_FINALIZER)(pod).metadata.finalizers == ("example.com/held",)
    freed = Unblock()(pod).metadata.owner_references
    assert [each.name for each in freed] == ["a", "b"]
    assert not any(each.block_owner_deletion for each in freed)
