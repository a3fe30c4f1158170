"""The store's rules one by one, as the reference states them (etcd §2, §3)."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.engine.store import (
    Cancelled,
    Committed,
    Compacted,
    Delete,
    Delivery,
    DuplicateKey,
    FutureRevision,
    LeaseNotFound,
    Progress,
    Put,
    PutDone,
    Range,
    Snapshot,
    Store,
    Transaction,
    attached_keys,
    commit,
    compact,
    create,
    delete,
    deliver,
    exists,
    expire,
    grant,
    key_prefix,
    object_key,
    one_key,
    open_watch,
    progress,
    put,
    read,
    update,
    version_is,
)


def filled(*keys: str) -> Store:
    store = Store()
    for key in keys:
        store, _ = put(store, key, key)
    return store


def test_a_store_begins_at_revision_one_and_empty() -> None:
    assert Store().revision == 1
    assert read(Store(), key_prefix("")) == Snapshot(1, (), 1)


def test_nobody_can_change_a_store() -> None:
    store = filled("/a")
    with pytest.raises(TypeError):
        store.objects["/a"] = None  # type: ignore[index]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        store.revision = 7  # type: ignore[misc]


def test_a_transaction_over_several_keys_takes_one_revision() -> None:
    store, result = commit(Store(), Transaction(then=(Put("/a", 1), Put("/b", 2))))
    assert isinstance(result, Committed)
    assert store.revision == result.revision == 2
    assert {stored.mod_revision for stored in store.objects.values()} == {2}


def test_a_transaction_without_effect_takes_none() -> None:
    store = filled("/a")
    for transaction in (
        Transaction(then=(Range(one_key("/a")),)),
        Transaction((version_is("/a", 5),), then=(Put("/a", 1),)),
        Transaction(then=(Delete(one_key("/absent")),)),
    ):
        after, _ = commit(store, transaction)
        assert after == store


def test_writing_the_same_value_again_is_a_write() -> None:
    store, _ = put(filled("/a"), "/a", "/a")
    assert (store.revision, store.objects["/a"].version) == (3, 2)


def test_later_operations_of_a_transaction_see_the_earlier_ones() -> None:
    _, result = commit(filled("/a"), Transaction((exists("/a"),), (Put("/b", 9), Range(key_prefix("/")))))
    assert isinstance(result, Committed)
    written, seen = result.answers
    assert written == PutDone(None)
    assert isinstance(seen, Snapshot)
    assert [key for key, _ in seen.items] == ["/a", "/b"]


@pytest.mark.parametrize("second", [Put("/a", 2), Delete(key_prefix("/"))])
def test_a_key_is_written_once_in_a_transaction(second: Put | Delete) -> None:
    store = Store()
    assert commit(store, Transaction(then=(Put("/a", 1), second))) == (store, DuplicateKey("/a"))
    assert commit(store, Transaction((exists("/x"),), (), (Put("/a", 1), second))) == (store, DuplicateKey("/a"))


def test_a_refused_operation_undoes_the_whole_transaction() -> None:
    store = Store()
    assert commit(store, Transaction(then=(Put("/a", 1), Put("/b", 2, lease=7)))) == (store, LeaseNotFound(7))
    assert commit(store, Transaction(then=(Put("/a", 1), Range(one_key("/a"), 9)))) == (store, FutureRevision(9, 2))


def test_deleting_ends_the_generation() -> None:
    store = filled("/a", "/a")
    assert store.objects["/a"].version == 2
    store, _ = delete(store, "/a")
    store, _ = create(store, "/a", "again")
    assert (store.objects["/a"].version, store.objects["/a"].create_revision) == (1, 5)


def test_the_past_reads_as_it_was_until_it_is_compacted() -> None:
    store = filled("/a", "/b")
    store, _ = delete(store, key_prefix("/"))
    past = read(store, key_prefix("/"), 3)
    assert isinstance(past, Snapshot)
    assert [key for key, _ in past.items] == ["/a", "/b"]
    assert past.get("/a") is not None
    assert past.get("/c") is None
    store, _ = compact(store, 3)
    assert read(store, key_prefix("/"), 3) == past
    assert read(store, key_prefix("/"), 2) == Compacted(2, 3)
    assert read(store, key_prefix("/"), 5) == FutureRevision(5, 4)


def test_of_two_updates_that_saw_the_same_version_one_wins() -> None:
    store = filled("/a")
    first, _ = update(store, "/a", "first", 2)
    second, result = update(first, "/a", "second", 2)
    assert second == first
    assert type(result).__name__ == "Mismatch"


def test_a_lease_takes_all_its_keys_in_one_revision() -> None:
    store, _ = grant(Store(), 1, ttl=15.0, now=0.0)
    for key in ("/b", "/a", "/c"):
        store, _ = put(store, key, 0, lease=1)
    store, _ = put(store, "/c", 0)
    assert attached_keys(store, 1) == ("/a", "/b")
    same, nothing = expire(store, now=14.9)
    assert (same, nothing) == (store, ())
    after, (ended,) = expire(store, now=15.0)
    assert after.revision == ended.revision == store.revision + 1
    assert [key for key, _ in ended.keys] == ["/a", "/b"]
    assert list(after.objects) == ["/c"]
    _, served = deliver(after, open_watch(store, key_prefix("/")))
    assert isinstance(served, Delivery)
    assert [event.key for event in served.events] == ["/a", "/b"]


def test_a_watch_resumes_where_it_was_and_ends_where_history_is_gone() -> None:
    store = filled("/a", "/a", "/a")
    cursor = open_watch(store, one_key("/a"), 2)
    cursor, first = deliver(store, cursor)
    assert isinstance(first, Delivery)
    assert first.revision == 2
    at_the_edge, _ = compact(store, 3)
    resumed, second = deliver(at_the_edge, cursor)
    assert isinstance(second, Delivery)
    assert second.revision == 3
    beyond, _ = compact(store, 4)
    assert deliver(beyond, cursor) == (cursor, Cancelled(4))
    assert progress(beyond, cursor) == (cursor, Cancelled(4))
    assert isinstance(deliver(beyond, resumed)[1], Delivery)


def test_a_delete_at_the_compacted_revision_still_reaches_a_watch_that_begins_there() -> None:
    store, _ = delete(filled("/a"), "/a")
    store, _ = compact(store, 3)
    _, served = deliver(store, open_watch(store, one_key("/a"), 3))
    assert isinstance(served, Delivery)
    assert served.events[0].is_delete


def test_progress_is_only_told_to_a_watch_that_caught_up() -> None:
    store = filled("/a", "/b")
    cursor = open_watch(store, one_key("/a"), 2)
    assert progress(store, cursor) == (cursor, None)
    cursor, _ = deliver(store, cursor)
    cursor, told = progress(store, cursor)
    assert told == Progress(3)
    assert cursor.next_revision == 4


def test_keys_of_objects() -> None:
    assert object_key("pods", "default", "web-0") == "/registry/pods/default/web-0"
    assert object_key("nodes", "", "n1") == "/registry/nodes/n1"
