"""Replays a run's API writes onto the store, so that every write has its revision and every lagging cache its watch.

A model has no revisions: it compares values and counts the changes that are on their way. Here the same steps are done
on ``engine.store`` as an API server does them, each a compare-and-swap on the revision that its client had read, and
lagging clients are served by real watches. That both agree is what the model's shortcuts rest on (design §3.2, §5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ..spec.language.plan import Sweep
from ..spec.language.request import ApiCall, Outcome, Verb
from .effects import CallRecord
from .identities import Identities, Naming, Unrolled
from .pools import State
from .store import (
    AlreadyExists,
    Delivery,
    KeyValue,
    Mismatch,
    Removed,
    Snapshot,
    Store,
    Stored,
    WatchCursor,
    create,
    deliver,
    key_prefix,
    object_key,
    open_watch,
    read,
    remove,
    update,
)
from .store.transaction import Refusal
from .successors import Transition
from .transition_system import TransitionSystem

Objects = Mapping[str, KeyValue]
"""What is stored, by key."""

Result = Stored | Removed | Mismatch | AlreadyExists | Refusal
"""What the store says of a write."""

NEVER_READ = 0
"""The revision of a version that a client has not read anywhere: no stored object has it."""


@attrs.frozen
class Write:
    """One request of a step that wrote, or failed because of a version.

    ``outcome`` is what the model answered, ``result`` what the store did. ``expected``: the revision that the write was
    compared with: that of the version that its client had read, or for a request that names none, the newest.
    ``changed_back``: that version is not the newest, but looks like it.
    """

    key: str
    verb: Verb
    outcome: Outcome
    expected: int
    result: Result
    changed_back: bool = False

    @property
    def agrees(self) -> bool:
        """Whether the store did what the model answered."""
        if isinstance(self.result, Stored | Removed):
            return self.outcome is Outcome.DONE
        if isinstance(self.result, Mismatch):
            return self.outcome is Outcome.CONFLICT
        return isinstance(self.result, AlreadyExists) and self.outcome is Outcome.ALREADY_EXISTS


@attrs.frozen
class Cache:
    """What a watch has made of a list: the objects of one kind as one client knows them, and the watch itself."""

    objects: Objects
    watch: WatchCursor

    @property
    def revision(self) -> int:
        """The newest revision of which it has been told."""
        return self.watch.next_revision - 1


@attrs.frozen
class _Reading:
    """What a component had read when it began a plan, and ``own``: what responses have told it since."""

    begun: tuple[Objects, ...]
    own: Objects

    def revision_of(self, key: str, seen: Any) -> int:
        """The revision at which ``seen`` was read: from its last response, its caches, or the store itself."""
        known = (objects.get(key) for objects in (self.own, *self.begun))
        return next((item.mod_revision for item in known if item is not None and item.value == seen), NEVER_READ)


@attrs.frozen
class Mirrored:
    """A state with the store that all writes so far have led to.

    ``caches``: of lagging clients, by (client, kind). ``writes``: those of the last step. ``readings``: by component,
    kind and name of a rule's key, what the plan that it last began for it goes by.
    """

    unrolled: Unrolled
    store: Store
    caches: Mapping[tuple[str, str], Cache]
    writes: tuple[Write, ...] = ()
    readings: Mapping[tuple[str, str, str], _Reading] = attrs.field(factory=dict)


class Mirror:
    """Follows runs of one system on a store."""

    def __init__(self, system: TransitionSystem, naming: Naming | None = None) -> None:
        """``naming``: what objects without a name of their own are called, as in a trace."""
        self.system = system
        self.identities = Identities(system, naming or Naming())
        self.kinds = tuple(pool.name for pool in system.pools if "object" in pool.position)

    def begin(self, state: State) -> Mirrored:
        """A store that holds the objects of ``state``, each created by a write of its own; caches are up to date.

        Raises ``ValueError`` where a cache is not: the past that it shows is not in the state.
        """
        unrolled = self.identities.begin(state)
        for client, kind in self.system.model.lag:
            if self.objects(unrolled, kind, f"object@{client}") != self.objects(unrolled, kind):
                raise ValueError(f"the cache of {client} is behind in the first state: begin where it is up to date")
        store = Store()
        for kind in self.kinds:
            for key, value in self.objects(unrolled, kind).items():
                store, _ = create(store, key, value)
        return Mirrored(unrolled, store, {name: _listed(store, name[1]) for name in self.system.model.lag})

    def advance(self, before: Mirrored, transition: Transition) -> Mirrored:
        """The store and the caches after one step."""
        effects = transition.effects
        assert effects is not None, "a step that finds room"
        after, _, chosen = self.identities.advance(before.unrolled, transition)
        component = transition.group.component.name
        pool, index, _ = transition.chosen[0]
        plan = (component, self.system.pools[pool].name, self.identities.name_at(before.unrolled, pool, index))
        reading = before.readings[plan] if transition.group.continues else _reading(before, component)
        caches = dict(before.caches)
        for client, kind, source in self._relists(effects.sweeps):
            caches[client, kind] = caches[source, kind] if source else _listed(before.store, kind)
        store = before.store
        writes = []
        for call in effects.calls:
            if isinstance(call.request, ApiCall):
                kind = self.system.pools[transition.chosen[call.target][0]].name
                key = _key(kind, chosen[call.target])
                store, write = _judged(store, key, call.request, call, reading)
                writes += [write] if write is not None else []
                if call.response is not None and call.response.outcome.success and key in store.objects:
                    reading = attrs.evolve(reading, own={**reading.own, key: store.objects[key]})
        # A queue that was full let its oldest event go before the write; the order of the events is the same.
        for client, kind in self._deliveries(effects.sweeps):
            caches[client, kind] = _served(store, caches[client, kind])
        return Mirrored(after, store, caches, tuple(writes), {**before.readings, plan: reading})

    def objects(self, unrolled: Unrolled, kind: str, field: str = "object") -> dict[str, Any]:
        """What a state holds in ``field`` of the objects of ``kind``, by key; those that hold nothing are left out."""
        number = self.system.pool_index[kind]
        pool = self.system.pools[number]
        place = pool.position[field]
        content = unrolled.state[number]
        found = {}
        for index in self.identities.in_order(unrolled, number):
            value = pool.bundles[content[index]][place]
            if value is not None:
                found[_key(kind, self.identities.name_at(unrolled, number, index))] = value
        return found

    def _relists(self, sweeps: tuple[tuple[int, Sweep], ...]) -> Iterator[tuple[str, str, str]]:
        done = [sweep for _, sweep in sweeps]
        return (name for name, sweep in self.system.relists.items() if sweep in done)

    def _deliveries(self, sweeps: tuple[tuple[int, Sweep], ...]) -> Iterator[tuple[str, str]]:
        for _, sweep in sweeps:
            yield from (name for name, delivery in self.system.deliveries.items() if delivery == sweep)


def changes_behind(store: Store, cache: Cache) -> int:
    """How many events of its kind the store has that ``cache`` has not been told of."""
    return sum(event.revision > cache.revision and event.key in cache.watch.keys for event in store.log)


def shown_at(store: Store, cache: Cache) -> dict[str, Any]:
    """What the store held of the cache's kind at the cache's revision."""
    snapshot = read(store, cache.watch.keys, cache.revision)
    assert isinstance(snapshot, Snapshot), "nothing is compacted, and no cache is ahead of the store"
    return {key: stored.value for key, stored in snapshot.items}


def _key(kind: str, name: str) -> str:
    return object_key(kind.lower(), "", name)


def _listed(store: Store, kind: str) -> Cache:
    keys = key_prefix(_key(kind, ""))
    return Cache(dict(store.select(keys)), open_watch(store, keys))


def _served(store: Store, cache: Cache) -> Cache:
    """The cache after the next revision that its watch is due."""
    watch, due = deliver(store, cache.watch)
    objects = dict(cache.objects)
    if isinstance(due, Delivery):
        for event in due.events:
            if event.stored is None:
                del objects[event.key]
            else:
                objects[event.key] = event.stored
    return Cache(objects, watch)


def _reading(before: Mirrored, component: str) -> _Reading:
    mine = [cache.objects for (client, _), cache in before.caches.items() if client == component]
    return _Reading((*mine, before.store.objects), {})


def _judged(store: Store, key: str, asked: ApiCall, call: CallRecord, reading: _Reading) -> tuple[Store, Write | None]:
    """Makes one request on the store. What would fail before it writes, or writes nothing, is no write.

    Where the store refuses what the model did, the store follows all the same, for the sake of what comes after.
    """
    assert call.response is not None, "the API server answers"
    outcome, value, seen = call.response.outcome, call.response.stored, asked.preconditions.seen
    stored = store.objects.get(key)
    if outcome is Outcome.ALREADY_EXISTS or (outcome is Outcome.DONE and asked.verb is Verb.CREATE):
        created, answer = create(store, key, value)
        return created, Write(key, asked.verb, outcome, NEVER_READ, answer)
    if stored is None or outcome not in (Outcome.DONE, Outcome.CONFLICT):
        return store, None
    # A conflict of a request that names no version is one of uids; an API server writes nothing that changes nothing.
    if seen is None if outcome is Outcome.CONFLICT else value == stored.value:
        return store, None
    expected = stored.mod_revision if seen is None else reading.revision_of(key, seen)
    after, result = _swap(store, key, value, expected)
    write = Write(key, asked.verb, outcome, expected, result, isinstance(result, Mismatch) and seen == stored.value)
    if outcome is Outcome.CONFLICT:
        return store, write
    return (after if write.agrees else _swap(store, key, value, stored.mod_revision)[0]), write


def _swap(store: Store, key: str, value: Any, expected: int) -> tuple[Store, Stored | Removed | Mismatch | Refusal]:
    return remove(store, key, expected) if value is None else update(store, key, value, expected)


__all__ = ["NEVER_READ", "Cache", "Mirror", "Mirrored", "Result", "Write", "changes_behind", "shown_at"]
