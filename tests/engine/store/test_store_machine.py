"""The store as a state machine against a plain model, with the properties that only revisions can express.

Names of the properties as in the reference (invariants A); each stands as an assertion where it can break.
"""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule
from kubemodel.engine.store import (
    Cancelled,
    Committed,
    Compacted,
    Compare,
    Delete,
    DeleteDone,
    Delivery,
    DuplicateKey,
    FutureRevision,
    KeyValue,
    Lease,
    LeaseExists,
    LeaseNotFound,
    Mismatch,
    Progress,
    Put,
    Range,
    Relation,
    Removed,
    Snapshot,
    Store,
    Stored,
    Transaction,
    commit,
    compact,
    create,
    delete,
    deliver,
    expire,
    extend_all,
    grant,
    keep_alive,
    key_prefix,
    one_key,
    open_watch,
    progress,
    put,
    read,
    remove,
    revoke,
    update,
)
from kubemodel.engine.store.transaction import Attribute

from .plain_store import PlainStore, Row

NAMES = ["/a", "/a/x", "/a/y", "/b"]
KEYS = st.sampled_from(NAMES)
VALUES = st.integers(0, 2)
LEASES = st.integers(1, 3)
SELECTIONS = st.one_of(KEYS.map(one_key), st.sampled_from(["", "/a", "/a/", "/c"]).map(key_prefix))
COMPARES = st.builds(
    Compare, KEYS, st.sampled_from(list(Attribute)), st.sampled_from(list(Relation)), operand=st.integers(0, 4)
)
OPERATIONS = st.one_of(st.builds(Put, KEYS, VALUES), st.builds(Delete, SELECTIONS))
COLUMNS = {
    Attribute.VALUE: 0,
    Attribute.CREATE_REVISION: 1,
    Attribute.MOD_REVISION: 2,
    Attribute.VERSION: 3,
    Attribute.LEASE: 4,
}


def row(stored: KeyValue) -> Row:
    return (stored.value, stored.create_revision, stored.mod_revision, stored.version, stored.lease)


def rows(items: tuple[tuple[str, KeyValue], ...]) -> list[tuple[str, Row]]:
    return [(key, row(stored)) for key, stored in items]


class StoreMachine(RuleBasedStateMachine):
    watches: Bundle[int] = Bundle("watches")

    @initialize()
    def begin(self) -> None:
        self.store = Store()
        self.plain = PlainStore()
        self.clock = 0.0
        self.cursors: list[Any] = []
        self.seen: list[list[tuple[int, str, Any]]] = []
        self.starts: list[int] = []
        self.promised: list[int] = []
        self.swapped: set[tuple[str, int]] = set()

    def became(self, after: Store, changed: bool) -> None:
        before = self.store.revision
        assert after.revision == before + (1 if changed else 0), "revision-monotonic"
        self.store = after

    # Transactions

    @rule(key=KEYS, value=VALUES, lease=st.none() | LEASES)
    def put(self, key: str, value: int, lease: int | None) -> None:
        after, result = put(self.store, key, value, lease)
        if lease is not None and lease not in self.plain.leases:
            assert result == LeaseNotFound(lease)
            self.became(after, changed=False)
        else:
            self.plain.apply([(key, value, lease)], [])
            assert isinstance(result, Committed)
            self.became(after, changed=True)

    @rule(keys=SELECTIONS)
    def delete(self, keys: Any) -> None:
        after, result = delete(self.store, keys)
        doomed = [name for name in sorted(self.plain.now) if name in keys]
        assert isinstance(result, Committed)
        (answer,) = result.answers
        assert isinstance(answer, DeleteDone)
        assert [key for key, _ in answer.previous] == doomed
        self.became(after, self.plain.apply([], doomed))

    @rule(key=KEYS, value=VALUES)
    def create(self, key: str, value: int) -> None:
        after, result = create(self.store, key, value)
        fresh = key not in self.plain.now
        assert isinstance(result, Stored) is fresh, "create-unique-name"
        if fresh:
            self.plain.apply([(key, value, None)], [])
        self.became(after, changed=fresh)

    @rule(key=KEYS, value=VALUES, data=st.data())
    def update(self, key: str, value: int, data: st.DataObject) -> None:
        expected = data.draw(st.integers(1, self.plain.revision), label="expected")
        after, result = update(self.store, key, value, expected)
        matches = self.plain.column(key, 2) == expected
        if matches:
            assert isinstance(result, Stored)
            assert (key, expected) not in self.swapped, "no-lost-update"
            self.swapped.add((key, expected))
            self.plain.apply([(key, value, None)], [])
        else:
            assert result == Mismatch(self.store.objects.get(key))
        self.became(after, changed=matches)

    @rule(key=KEYS, data=st.data())
    def remove(self, key: str, data: st.DataObject) -> None:
        expected = data.draw(st.integers(0, self.plain.revision), label="expected")
        after, result = remove(self.store, key, expected)
        matches = key in self.plain.now and self.plain.now[key][2] == expected
        if matches:
            assert isinstance(result, Removed)
            assert row(result.last) == self.plain.now[key]
            assert result.revision == self.plain.revision + 1
            assert (key, expected) not in self.swapped, "no-lost-update"
            self.swapped.add((key, expected))
            self.plain.apply([], [key])
        else:
            assert result == Mismatch(self.store.objects.get(key))
        self.became(after, changed=matches)

    def compare_holds(self, compare: Compare) -> bool:
        if compare.attribute is Attribute.VALUE and compare.key not in self.plain.now:
            return False
        actual = self.plain.column(compare.key, COLUMNS[compare.attribute])
        operand = compare.operand
        relations = {"=": actual == operand, "!=": actual != operand, ">": actual > operand, "<": actual < operand}
        return bool(relations[compare.relation.value])

    @rule(
        compares=st.lists(COMPARES, max_size=2),
        then=st.lists(OPERATIONS, max_size=3),
        otherwise=st.lists(OPERATIONS, max_size=3),
    )
    def transaction(self, compares: list[Compare], then: list[Any], otherwise: list[Any]) -> None:
        after, result = commit(self.store, Transaction(tuple(compares), tuple(then), tuple(otherwise)))
        for branch in (then, otherwise):
            puts = [operation.key for operation in branch if isinstance(operation, Put)]
            cleared = [operation.keys for operation in branch if isinstance(operation, Delete)]
            if len(set(puts)) < len(puts) or any(key in keys for key in puts for keys in cleared):
                assert isinstance(result, DuplicateKey)
                self.became(after, changed=False)
                return
        assert isinstance(result, Committed)
        assert result.succeeded == all(self.compare_holds(compare) for compare in compares)
        branch = then if result.succeeded else otherwise
        writes = [(step.key, step.value, step.lease) for step in branch if isinstance(step, Put)]
        doomed = [
            name for name in self.plain.now if any(isinstance(step, Delete) and name in step.keys for step in branch)
        ]
        self.became(after, self.plain.apply(writes, doomed))
        assert result.revision == self.plain.revision

    @rule(keys=SELECTIONS, data=st.data())
    def read_at(self, keys: Any, data: st.DataObject) -> None:
        revision = data.draw(st.integers(0, self.plain.revision + 1), label="revision")
        result = read(self.store, keys, revision)
        if revision > self.plain.revision:
            assert result == FutureRevision(revision, self.plain.revision)
        elif 0 < revision < self.plain.compacted:
            assert result == Compacted(revision, self.plain.compacted)
        else:
            content = self.plain.past[revision] if revision else self.plain.now
            assert isinstance(result, Snapshot)
            assert rows(result.items) == sorted((key, held) for key, held in content.items() if key in keys)
        _, in_transaction = commit(self.store, Transaction(then=(Range(keys, revision),)))
        assert in_transaction == result or getattr(in_transaction, "answers", None) == (result,)

    @rule(data=st.data())
    def compact(self, data: st.DataObject) -> None:
        revision = data.draw(st.integers(0, self.plain.revision + 1), label="revision")
        after, refusal = compact(self.store, revision)
        if revision > self.plain.revision:
            assert refusal == FutureRevision(revision, self.plain.revision)
        elif revision <= self.plain.compacted:
            assert refusal == Compacted(revision, self.plain.compacted)
        else:
            assert refusal is None
            self.plain.compacted = revision
        self.became(after, changed=False)
        assert all(event.revision >= self.plain.compacted for event in self.store.log)

    # Leases

    @rule(seconds=st.integers(0, 3))
    def time_passes(self, seconds: int) -> None:
        self.clock += seconds

    @rule(lease=LEASES, ttl=st.integers(0, 4))
    def grant(self, lease: int, ttl: int) -> None:
        after, result = grant(self.store, lease, ttl, self.clock)
        if lease in self.plain.leases:
            assert result == LeaseExists(lease)
        else:
            self.plain.leases[lease] = (max(ttl, 2), self.clock + max(ttl, 2))
        self.became(after, changed=False)

    @rule(lease=LEASES)
    def keep_alive(self, lease: int) -> None:
        after, result = keep_alive(self.store, lease, self.clock)
        if lease in self.plain.leases:
            ttl, _ = self.plain.leases[lease]
            assert result == Lease(ttl, self.clock + ttl)
            self.plain.leases[lease] = (ttl, self.clock + ttl)
        else:
            assert result == LeaseNotFound(lease)
        self.became(after, changed=False)

    @rule(lease=LEASES)
    def revoke(self, lease: int) -> None:
        after, result = revoke(self.store, lease)
        before = self.plain.revision
        if lease in self.plain.leases:
            self.plain.end_lease(lease)
        else:
            assert result == LeaseNotFound(lease)
        self.became(after, changed=self.plain.revision > before)

    @rule()
    def expire(self) -> None:
        self.store, ended = expire(self.store, self.clock)
        due = sorted((expiry, lease) for lease, (_, expiry) in self.plain.leases.items() if expiry <= self.clock)
        assert [ending.lease for ending in ended] == [lease for _, lease in due]
        for ending in ended:
            self.plain.end_lease(ending.lease)
            assert ending.revision == self.plain.revision, "one revision a lease, none for a lease without keys"

    @rule()
    def leader_changes(self) -> None:
        self.became(extend_all(self.store, self.clock), changed=False)
        for lease, (ttl, expiry) in self.plain.leases.items():
            self.plain.leases[lease] = (ttl, max(expiry, self.clock + ttl + 1))

    # Watches

    @rule(target=watches, keys=SELECTIONS, data=st.data())
    def open_watch(self, keys: Any, data: st.DataObject) -> int:
        start = data.draw(st.integers(0, self.plain.revision + 2), label="start")
        self.cursors.append(open_watch(self.store, keys, start))
        self.starts.append(start or self.plain.revision + 1)
        self.seen.append([])
        self.promised.append(0)
        return len(self.cursors) - 1

    @rule(watch=watches)
    def deliver(self, watch: int) -> None:
        cursor, result = deliver(self.store, self.cursors[watch])
        self.cursors[watch] = cursor
        if isinstance(result, Cancelled):
            due = max([self.starts[watch], *(event[0] + 1 for event in self.seen[watch]), self.promised[watch] + 1])
            assert due < self.plain.compacted, "a watch ends only where history that it needs is gone"
            return
        if isinstance(result, Delivery):
            assert result.revision > self.promised[watch], "bookmark-sound"
            self.seen[watch] += [
                (event.revision, event.key, event.stored.value if event.stored else None) for event in result.events
            ]
            assert all(event.is_delete is (event.stored is None) for event in result.events)
        wanted = [
            change for change in self.plain.changes if change[0] >= self.starts[watch] and change[1] in cursor.keys
        ]
        served = self.seen[watch]
        # Within one revision the order of keys is etcd's own affair; across revisions it is the revision's.
        assert served == sorted(served, key=lambda change: change[0]), "watch-no-gap-no-reorder"
        assert sorted(served, key=str) == sorted(wanted[: len(served)], key=str), "watch-no-gap-no-reorder"
        if result is None:
            assert len(served) == len(wanted), "watch-no-gap-no-reorder"

    @rule(watch=watches)
    def progress(self, watch: int) -> None:
        cursor, result = progress(self.store, self.cursors[watch])
        assert cursor.next_revision >= self.cursors[watch].next_revision
        self.cursors[watch] = cursor
        if isinstance(result, Progress):
            assert result.revision == self.plain.revision
            self.promised[watch] = result.revision
            due = [
                change for change in self.plain.changes if change[0] >= self.starts[watch] and change[1] in cursor.keys
            ]
            assert len(due) == len(self.seen[watch]), "bookmark-sound"

    # What holds in every state

    @invariant()
    @precondition(lambda self: hasattr(self, "store"))
    def the_same_content(self) -> None:
        assert self.store.revision == self.plain.revision
        assert {key: row(stored) for key, stored in self.store.objects.items()} == self.plain.now
        assert {name: (held.ttl, held.expiry) for name, held in self.store.leases.items()} == self.plain.leases

    @invariant()
    @precondition(lambda self: hasattr(self, "store"))
    def object_rv_equals_last_write(self) -> None:
        for key, stored in self.store.objects.items():
            last = [revision for revision, changed, _ in self.plain.changes if changed == key][-1]
            assert stored.mod_revision == last, "object-rv-equals-last-write"


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
