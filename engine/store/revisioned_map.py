"""The revisioned map: an etcd-like store as one immutable value (reference etcd §1, §2).

Every operation takes a store and returns a new one, so that a state of the system is a value that can be kept,
compared and gone back to. Nothing here waits or fails: what etcd answers with an error is a typed result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import attrs


def _read_only(mapping: Mapping[Any, Any]) -> Mapping[Any, Any]:
    # A copy behind a proxy: nobody who holds the store, or the mapping it was made from, can change it.
    return MappingProxyType(dict(mapping))


@attrs.frozen
class KeyValue:
    """What is stored under a key (etcd §1).

    ``create_revision`` is the revision that began the key's present generation, ``mod_revision`` that of its last
    write (Kubernetes: the object's resourceVersion), ``version`` counts the writes of the generation from 1.
    ``lease``: the lease whose end deletes the key, None for none.
    """

    value: Any
    create_revision: int
    mod_revision: int
    version: int
    lease: int | None = None


@attrs.frozen
class Event:
    """One change of one key. ``stored`` None: the key was deleted; ``previous`` None: the key did not exist."""

    revision: int
    key: str
    stored: KeyValue | None
    previous: KeyValue | None

    @property
    def is_delete(self) -> bool:
        """Whether the event is a DELETE rather than a PUT."""
        return self.stored is None


@attrs.frozen
class Lease:
    """A promise to delete all attached keys unless it is kept alive; ``ttl`` in seconds, ``expiry`` an instant."""

    ttl: float
    expiry: float


@attrs.frozen
class Keys:
    """The keys that a request or a watch is about: one key, or with ``prefix`` all that begin with ``text``."""

    text: str
    prefix: bool = False

    def __contains__(self, key: str) -> bool:
        """Whether ``key`` is meant."""
        return key.startswith(self.text) if self.prefix else key == self.text


def one_key(key: str) -> Keys:
    """Exactly ``key``."""
    return Keys(key)


def key_prefix(prefix: str) -> Keys:
    """Every key that begins with ``prefix``; the empty prefix means every key."""
    return Keys(prefix, prefix=True)


@attrs.frozen
class Store:
    """The whole content of etcd: the newest state, the history that is still readable, and the leases (etcd §1).

    ``log`` holds the events at or above ``compacted_revision``, in revision order; an event at that very revision is
    kept because a watch may still begin there.
    """

    revision: int = 1
    objects: Mapping[str, KeyValue] = attrs.field(factory=dict, converter=_read_only)
    log: tuple[Event, ...] = ()
    compacted_revision: int = 0
    leases: Mapping[int, Lease] = attrs.field(factory=dict, converter=_read_only)

    def select(self, keys: Keys) -> Iterator[tuple[str, KeyValue]]:
        """The stored keys that are meant, with what they hold now, in key order."""
        return ((key, self.objects[key]) for key in sorted(self.objects) if key in keys)


@attrs.frozen
class Snapshot:
    """Answer of a range: what the keys held at ``revision``, in key order, and the newest revision of the store."""

    revision: int
    items: tuple[tuple[str, KeyValue], ...]
    store_revision: int

    def get(self, key: str) -> KeyValue | None:
        """What ``key`` held, None if it was absent or not asked for."""
        return dict(self.items).get(key)


@attrs.frozen
class FutureRevision:
    """Refusal: the store has not come to ``requested`` yet (etcd §2, Range; ErrFutureRev)."""

    requested: int
    current: int


@attrs.frozen
class Compacted:
    """Refusal: ``requested`` lies in history that was compacted (etcd §2; Kubernetes: 410 Gone)."""

    requested: int
    compacted: int


def read(store: Store, keys: Keys, revision: int = 0) -> Snapshot | FutureRevision | Compacted:
    """A consistent snapshot of ``keys`` at ``revision``; 0 means now (etcd §2, Range)."""
    if revision > store.revision:
        return FutureRevision(revision, store.revision)
    if 0 < revision < store.compacted_revision:
        return Compacted(revision, store.compacted_revision)
    found = dict(store.select(keys))
    if revision:
        # History is a list of changes with what each replaced, so the past is the present with changes taken back.
        for event in reversed(store.log):
            if event.revision <= revision:
                break
            if event.key not in keys:
                continue
            if event.previous is None:
                del found[event.key]
            else:
                found[event.key] = event.previous
    return Snapshot(revision or store.revision, tuple(sorted(found.items(), key=lambda item: item[0])), store.revision)


def compact(store: Store, revision: int) -> tuple[Store, FutureRevision | Compacted | None]:
    """Makes all versions older than ``revision`` unreadable (etcd §2, Compact). Revisions only go up.

    Watches that have not come to ``revision`` are cancelled when they are next served.
    """
    if revision > store.revision:
        return store, FutureRevision(revision, store.revision)
    if revision <= store.compacted_revision:
        return store, Compacted(revision, store.compacted_revision)
    kept = tuple(event for event in store.log if event.revision >= revision)
    return attrs.evolve(store, log=kept, compacted_revision=revision), None
