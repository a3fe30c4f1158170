"""How the API server keeps objects: one key an object, every write a compare-and-swap (reference etcd §2).

The object's resourceVersion is the mod_revision of its key.
"""

from __future__ import annotations

from typing import Any

import attrs

from .revisioned_map import KeyValue, Store, one_key
from .transaction import Committed, Delete, Put, Refusal, Transaction, commit, mod_revision_is


@attrs.frozen
class Stored:
    """A create or update was applied."""

    stored: KeyValue


@attrs.frozen
class Removed:
    """A delete was applied at ``revision``, which the DELETE event carries; ``last`` is what was stored."""

    last: KeyValue
    revision: int


@attrs.frozen
class AlreadyExists:
    """A create failed: the key is taken."""


@attrs.frozen
class Mismatch:
    """A compare-and-swap failed; ``current`` is what is stored (None: nothing), to try again on."""

    current: KeyValue | None


def object_key(resource: str, namespace: str, name: str) -> str:
    """The key of an object: ``/registry/<resource>/<namespace>/<name>``, without namespace if it has none."""
    return "/".join(("/registry", resource, *((namespace,) if namespace else ()), name))


def _swap(store: Store, key: str, expected: int, write: Put | Delete) -> tuple[Store, Committed | Refusal]:
    return commit(store, Transaction((mod_revision_is(key, expected),), (write,)))


def create(
    store: Store, key: str, value: Any, lease: int | None = None
) -> tuple[Store, Stored | AlreadyExists | Refusal]:
    """Stores a new object: Txn(If modRevision = 0 Then put)."""
    after, result = _swap(store, key, 0, Put(key, value, lease))
    if not isinstance(result, Committed):
        return store, result
    return (after, Stored(after.objects[key])) if result.succeeded else (store, AlreadyExists())


def update(
    store: Store, key: str, value: Any, expected: int, lease: int | None = None
) -> tuple[Store, Stored | Mismatch | Refusal]:
    """Replaces the version written at ``expected``: Txn(If modRevision = expected Then put Else get).

    Of several updates that expect the same revision exactly one is applied (etcd §6.3).
    """
    after, result = _swap(store, key, expected, Put(key, value, lease))
    if not isinstance(result, Committed):
        return store, result
    return (after, Stored(after.objects[key])) if result.succeeded else (store, Mismatch(store.objects.get(key)))


def remove(store: Store, key: str, expected: int) -> tuple[Store, Removed | Mismatch | Refusal]:
    """Deletes the version written at ``expected``: Txn(If modRevision = expected Then delete Else get)."""
    last = store.objects.get(key)
    after, result = _swap(store, key, expected, Delete(one_key(key)))
    if not isinstance(result, Committed):
        return store, result
    if last is None or not result.succeeded:
        return store, Mismatch(last)
    return after, Removed(last, after.revision)
