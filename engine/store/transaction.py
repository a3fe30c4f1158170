"""Transactions: If compares, Then operations, Else operations, applied at one revision (reference etcd §2).

The revision of the store grows by exactly one with every transaction that changed something and not otherwise;
all keys that a transaction changed share the revision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from operator import attrgetter, eq, gt, lt, ne
from typing import Any

import attrs

from .revisioned_map import Compacted, Event, FutureRevision, Keys, KeyValue, Snapshot, Store, one_key, read


class Attribute(Enum):
    """What a compare looks at."""

    VALUE = "value"
    VERSION = "version"
    CREATE_REVISION = "create_revision"
    MOD_REVISION = "mod_revision"
    LEASE = "lease"


class Relation(Enum):
    """How a compare relates what is stored to its operand."""

    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER = ">"
    LESS = "<"


_HOLDS: dict[Relation, Callable[[Any, Any], bool]] = {
    Relation.EQUAL: eq,
    Relation.NOT_EQUAL: ne,
    Relation.GREATER: gt,
    Relation.LESS: lt,
}


@attrs.frozen
class Compare:
    """One guard of a transaction: ``attribute`` of ``key`` stands in ``relation`` to ``operand``.

    An absent key has version, revisions and lease 0, and no value: every compare of its value is false.
    """

    key: str
    attribute: Attribute
    relation: Relation
    operand: Any

    def holds(self, store: Store) -> bool:
        """Whether the guard holds in ``store``."""
        stored = store.objects.get(self.key)
        if stored is None and self.attribute is Attribute.VALUE:
            return False
        actual = 0 if stored is None else attrgetter(self.attribute.value)(stored)
        return _HOLDS[self.relation](0 if actual is None else actual, self.operand)


def mod_revision_is(key: str, revision: int) -> Compare:
    """The guard of every write of the API server: the key was last written at ``revision``; 0: it is absent."""
    return Compare(key, Attribute.MOD_REVISION, Relation.EQUAL, revision)


def version_is(key: str, version: int) -> Compare:
    """The guard that the key's generation has seen ``version`` writes."""
    return Compare(key, Attribute.VERSION, Relation.EQUAL, version)


def exists(key: str) -> Compare:
    """The guard that the key is stored."""
    return Compare(key, Attribute.VERSION, Relation.GREATER, 0)


@attrs.frozen
class Put:
    """Stores ``value`` under ``key``; ``lease`` replaces the key's lease, None detaches it."""

    key: str
    value: Any
    lease: int | None = None


@attrs.frozen
class Delete:
    """Deletes every key that is meant."""

    keys: Keys


@attrs.frozen
class Range:
    """Reads the keys that are meant, at ``revision`` (0: as the transaction's earlier operations left them)."""

    keys: Keys
    revision: int = 0


Operation = Put | Delete | Range


@attrs.frozen
class PutDone:
    """A put was applied; ``previous`` is what the key held before."""

    previous: KeyValue | None


@attrs.frozen
class DeleteDone:
    """A delete was applied; ``previous`` holds the deleted keys in key order."""

    previous: tuple[tuple[str, KeyValue], ...]


Answer = PutDone | DeleteDone | Snapshot


@attrs.frozen
class Transaction:
    """If all of ``compares`` hold, Then ``then``, Else ``otherwise``."""

    compares: tuple[Compare, ...] = ()
    then: tuple[Operation, ...] = ()
    otherwise: tuple[Operation, ...] = ()


@attrs.frozen
class Committed:
    """A transaction took effect. ``succeeded``: which branch ran; ``revision``: of the store afterwards."""

    succeeded: bool
    revision: int
    answers: tuple[Answer, ...]


@attrs.frozen
class DuplicateKey:
    """Refusal: a branch of the transaction writes ``key`` twice (etcd §2)."""

    key: str


@attrs.frozen
class LeaseNotFound:
    """Refusal: there is no such lease, or it has ended."""

    lease: int


Refusal = DuplicateKey | LeaseNotFound | FutureRevision | Compacted


def _written_twice(operations: Sequence[Operation]) -> str | None:
    # etcd refuses a branch in which a put meets another put or a delete of the same key; two deletes may overlap.
    puts = [operation.key for operation in operations if isinstance(operation, Put)]
    deletes = [operation.keys for operation in operations if isinstance(operation, Delete)]
    for position, key in enumerate(puts):
        if key in puts[:position] or any(key in keys for keys in deletes):
            return key
    return None


def _put(store: Store, operation: Put, revision: int) -> tuple[Store, PutDone | LeaseNotFound]:
    if operation.lease is not None and operation.lease not in store.leases:
        return store, LeaseNotFound(operation.lease)
    previous = store.objects.get(operation.key)
    stored = KeyValue(
        value=operation.value,
        create_revision=revision if previous is None else previous.create_revision,
        mod_revision=revision,
        version=1 if previous is None else previous.version + 1,
        lease=operation.lease,
    )
    event = Event(revision, operation.key, stored, previous)
    objects = {**store.objects, operation.key: stored}
    return attrs.evolve(store, revision=revision, objects=objects, log=(*store.log, event)), PutDone(previous)


def _delete(store: Store, operation: Delete, revision: int) -> tuple[Store, DeleteDone]:
    previous = tuple(store.select(operation.keys))
    if not previous:
        return store, DeleteDone(())
    objects = {key: stored for key, stored in store.objects.items() if key not in operation.keys}
    events = tuple(Event(revision, key, None, stored) for key, stored in previous)
    return attrs.evolve(store, revision=revision, objects=objects, log=store.log + events), DeleteDone(previous)


def commit(store: Store, transaction: Transaction) -> tuple[Store, Committed | Refusal]:
    """Applies ``transaction`` atomically: all of one branch, or on a refusal nothing (etcd §2, Txn)."""
    for branch in (transaction.then, transaction.otherwise):
        key = _written_twice(branch)
        if key is not None:
            return store, DuplicateKey(key)
    succeeded = all(compare.holds(store) for compare in transaction.compares)
    revision = store.revision + 1
    after, answers = store, []
    for operation in transaction.then if succeeded else transaction.otherwise:
        answer: Answer | Refusal
        if isinstance(operation, Put):
            after, answer = _put(after, operation, revision)
        elif isinstance(operation, Delete):
            after, answer = _delete(after, operation, revision)
        else:
            answer = read(after, operation.keys, operation.revision)
        if isinstance(answer, LeaseNotFound | FutureRevision | Compacted):
            return store, answer
        answers.append(answer)
    return after, Committed(succeeded, after.revision, tuple(answers))


def put(store: Store, key: str, value: Any, lease: int | None = None) -> tuple[Store, Committed | Refusal]:
    """Stores ``value`` under ``key``, whatever was there."""
    return commit(store, Transaction(then=(Put(key, value, lease),)))


def delete(store: Store, keys: Keys | str) -> tuple[Store, Committed | Refusal]:
    """Deletes the keys that are meant, all in one revision; of none that is stored, nothing changes."""
    return commit(store, Transaction(then=(Delete(one_key(keys) if isinstance(keys, str) else keys),)))
