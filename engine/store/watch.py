"""Watches: cursors into the history, served in revision order (reference etcd §3).

A watch is a value: the keys it is about and the first revision that it has not been served yet. It lags as long as
nobody serves it, which is how an unbounded delay of delivery is modelled.
"""

from __future__ import annotations

from itertools import takewhile

import attrs

from .revisioned_map import Event, Keys, Store


@attrs.frozen
class WatchCursor:
    """A watch of ``keys`` that has been served everything below ``next_revision``."""

    keys: Keys
    next_revision: int


@attrs.frozen
class Delivery:
    """All events of one revision that the watch is about; a revision is never split (etcd §3, atomic)."""

    revision: int
    events: tuple[Event, ...]


@attrs.frozen
class Progress:
    """A bookmark: every event at or below ``revision`` has been delivered, so none of them follows."""

    revision: int


@attrs.frozen
class Cancelled:
    """The watch has ended: history it still needed is compacted (Kubernetes: 410 Gone); the client lists again."""

    compacted_revision: int


def open_watch(store: Store, keys: Keys, start_revision: int = 0) -> WatchCursor:
    """A watch of the events at or above ``start_revision``; 0 means those after now (etcd §2, Watch).

    A Kubernetes watch from resourceVersion N starts at N + 1. A start in compacted history is cancelled when the
    watch is first served; one in the future waits.
    """
    return WatchCursor(keys, start_revision or store.revision + 1)


def deliver(store: Store, cursor: WatchCursor) -> tuple[WatchCursor, Delivery | Cancelled | None]:
    """Serves the watch its next revision; None: there is nothing for it yet."""
    if cursor.next_revision < store.compacted_revision:
        return cursor, Cancelled(store.compacted_revision)
    due = [event for event in store.log if event.revision >= cursor.next_revision and event.key in cursor.keys]
    if not due:
        return cursor, None
    revision = due[0].revision
    events = tuple(takewhile(lambda event: event.revision == revision, due))
    return attrs.evolve(cursor, next_revision=revision + 1), Delivery(revision, events)


def progress(store: Store, cursor: WatchCursor) -> tuple[WatchCursor, Progress | Cancelled | None]:
    """Answers a request for progress; None: the watch has not caught up, and etcd stays silent (etcd §3)."""
    _, pending = deliver(store, cursor)
    if isinstance(pending, Cancelled):
        return cursor, pending
    if pending is not None:
        return cursor, None
    caught_up = max(cursor.next_revision, store.revision + 1)
    return attrs.evolve(cursor, next_revision=caught_up), Progress(store.revision)
