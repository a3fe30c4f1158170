"""The store against a real etcd over its HTTP/JSON gateway on loopback; skipped where no ``etcd`` binary is found.

The same seeded script of transactions, deletes and leases runs on both; answers, revisions, history and watch events
must agree. On Debian the binary is in the package etcd-server.
"""

from __future__ import annotations

import base64
import http.client
import json
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubemodel.engine.store import (
    Cancelled,
    Committed,
    Compacted,
    Delete,
    DeleteDone,
    Delivery,
    FutureRevision,
    Keys,
    KeyValue,
    Put,
    Relation,
    Snapshot,
    Store,
    Transaction,
    commit,
    compact,
    deliver,
    grant,
    key_prefix,
    one_key,
    open_watch,
    read,
    revoke,
)
from kubemodel.engine.store.transaction import Attribute, Compare

ETCD = shutil.which("etcd")
pytestmark = pytest.mark.skipif(ETCD is None, reason="no etcd binary here (Debian package etcd-server)")

OUT_OF_RANGE = 11
NAMES = ["/a", "/a/x", "/a/y", "/b"]
TARGETS = {
    Attribute.VERSION: ("VERSION", "version"),
    Attribute.CREATE_REVISION: ("CREATE", "create_revision"),
    Attribute.MOD_REVISION: ("MOD", "mod_revision"),
    Attribute.VALUE: ("VALUE", "value"),
    Attribute.LEASE: ("LEASE", "lease"),
}
RELATIONS = {
    Relation.EQUAL: "EQUAL",
    Relation.NOT_EQUAL: "NOT_EQUAL",
    Relation.GREATER: "GREATER",
    Relation.LESS: "LESS",
}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def decoded(text: str) -> str:
    return base64.b64decode(text).decode()


class Gateway:
    """The few calls of etcd's gateway that the test needs; 64-bit integers travel as strings, keys as base64."""

    def __init__(self, port: int) -> None:
        self.port = port

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", f"/v3/{path}", json.dumps(body))
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
            return answer
        finally:
            connection.close()

    def watch(self, start_revision: int, until_revision: int) -> tuple[list[tuple[Any, ...]], int]:
        """Events from ``start_revision`` up to ``until_revision``, and the compact revision if it was cancelled."""
        request = {"create_request": {**selection(key_prefix("/")), "start_revision": start_revision}}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/v3/watch", json.dumps(request))
            stream = connection.getresponse()
            events: list[tuple[Any, ...]] = []
            while not events or events[-1][0] < until_revision:
                result = json.loads(stream.readline())["result"]
                if "compact_revision" in result:
                    return events, int(result["compact_revision"])
                events += [
                    (int(event["kv"]["mod_revision"]), decoded(event["kv"]["key"]), event.get("type") == "DELETE")
                    for event in result.get("events", ())
                ]
            return events, 0
        finally:
            connection.close()


@pytest.fixture(scope="module")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    assert ETCD is not None
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        ports = (first.getsockname()[1], second.getsockname()[1])
    client, peer = (f"http://127.0.0.1:{port}" for port in ports)
    folder: Path = tmp_path_factory.mktemp("etcd")
    process = subprocess.Popen(
        [
            ETCD,
            *("--data-dir", str(folder / "data")),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", f"default={peer}"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    gateway = Gateway(ports[0])
    try:
        for _ in range(100):
            try:
                gateway.post("kv/range", selection(one_key("/")))
                break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail("etcd did not answer within 10 s")
        yield gateway
    finally:
        process.terminate()
        process.wait(timeout=10)


def selection(keys: Keys) -> dict[str, str]:
    if not keys.prefix:
        return {"key": encoded(keys.text)}
    return {"key": encoded(keys.text), "range_end": encoded(keys.text[:-1] + chr(ord(keys.text[-1]) + 1))}


def wire_compare(compare: Compare) -> dict[str, Any]:
    target, field = TARGETS[compare.attribute]
    operand = encoded(compare.operand) if compare.attribute is Attribute.VALUE else str(compare.operand)
    return {"key": encoded(compare.key), "target": target, "result": RELATIONS[compare.relation], field: operand}


def wire_operation(operation: Any) -> dict[str, Any]:
    if isinstance(operation, Put):
        body = {"key": encoded(operation.key), "value": encoded(operation.value), "lease": str(operation.lease or 0)}
        return {"request_put": {**body, "prev_kv": True}}
    return {"request_delete_range": {**selection(operation.keys), "prev_kv": True}}


def wire_row(row: dict[str, Any]) -> tuple[Any, ...]:
    numbers = (int(row.get(field, 0)) for field in ("create_revision", "mod_revision", "version", "lease"))
    return (decoded(row["key"]), decoded(row.get("value", "")), *numbers)


def our_row(key: str, stored: KeyValue) -> tuple[Any, ...]:
    return (key, stored.value, stored.create_revision, stored.mod_revision, stored.version, stored.lease or 0)


def some_transaction(chance: random.Random, store: Store) -> Transaction:
    def operation() -> Put | Delete:
        if chance.random() < 0.7:
            lease = chance.choice([None, *store.leases])
            return Put(chance.choice(NAMES), chance.choice("xyz"), lease)
        return Delete(chance.choice([one_key(chance.choice(NAMES)), key_prefix("/a")]))

    def compare() -> Compare:
        attribute = chance.choice(list(Attribute))
        operand = chance.choice("xyz") if attribute is Attribute.VALUE else chance.randint(0, store.revision)
        return Compare(chance.choice(NAMES), attribute, chance.choice(list(Relation)), operand)

    compares = tuple(compare() for _ in range(chance.randint(0, 2)))
    return Transaction(compares, (operation(), operation()), (operation(),))


def apply_to_both(etcd: Gateway, store: Store, transaction: Transaction) -> Store:
    after, ours = commit(store, transaction)
    theirs = etcd.post(
        "kv/txn",
        {
            "compare": [wire_compare(compare) for compare in transaction.compares],
            "success": [wire_operation(operation) for operation in transaction.then],
            "failure": [wire_operation(operation) for operation in transaction.otherwise],
        },
    )
    if not isinstance(ours, Committed):
        assert "error" in theirs, f"{ours} but etcd answers {theirs}"
        return after
    assert "error" not in theirs, f"{ours} but etcd answers {theirs}"
    assert theirs.get("succeeded", False) == ours.succeeded
    assert int(theirs["header"]["revision"]) == ours.revision
    for wire, answer in zip(theirs["responses"], ours.answers, strict=True):
        if isinstance(answer, DeleteDone):
            previous = [wire_row(row) for row in wire["response_delete_range"].get("prev_kvs", ())]
            assert previous == [our_row(key, stored) for key, stored in answer.previous]
    return after


def same_range(etcd: Gateway, store: Store, revision: int) -> None:
    ours = read(store, key_prefix("/"), revision)
    theirs = etcd.post("kv/range", {**selection(key_prefix("/")), "revision": str(revision)})
    if isinstance(ours, Snapshot):
        assert [wire_row(row) for row in theirs.get("kvs", ())] == [our_row(*item) for item in ours.items]
    else:
        assert isinstance(ours, FutureRevision | Compacted)
        assert theirs["code"] == OUT_OF_RANGE
        assert ("future" if isinstance(ours, FutureRevision) else "compacted") in theirs["error"]


def our_events(store: Store, start_revision: int) -> tuple[list[tuple[Any, ...]], int]:
    cursor = open_watch(store, key_prefix("/"), start_revision)
    events: list[tuple[Any, ...]] = []
    while True:
        cursor, served = deliver(store, cursor)
        if isinstance(served, Cancelled):
            return events, served.compacted_revision
        if not isinstance(served, Delivery):
            return events, 0
        events += [(event.revision, event.key, event.is_delete) for event in served.events]


def same_events(etcd: Gateway, store: Store, start_revision: int) -> None:
    events, compacted = our_events(store, start_revision)
    wire_events, wire_compacted = etcd.watch(start_revision, events[-1][0] if events else store.revision)
    assert wire_compacted == compacted
    # Inside one revision etcd orders by its own sub-revisions; what is promised is the order of revisions.
    assert [event[0] for event in wire_events] == [event[0] for event in events]
    assert sorted(wire_events) == sorted(events)


def test_the_same_script_gives_the_same_answers(etcd: Gateway) -> None:
    chance, store = random.Random(20), Store()
    for step in range(120):
        if step % 30 == 10:
            lease = 100 + step
            store, _ = grant(store, lease, ttl=3600, now=0.0)
            assert "error" not in etcd.post("lease/grant", {"TTL": "3600", "ID": str(lease)})
        if step % 30 == 25:
            lease = max(store.leases)
            store, _ = revoke(store, lease)
            assert int(etcd.post("lease/revoke", {"ID": str(lease)})["header"]["revision"]) == store.revision
        store = apply_to_both(etcd, store, some_transaction(chance, store))
    for revision in range(store.revision + 2):
        same_range(etcd, store, revision)
    same_events(etcd, store, 2)

    # A put is the last write, so that no tombstone stands at the compacted revision: etcd before 3.4.34 and 3.5.15
    # loses that one event for a watch that begins there.
    store = apply_to_both(etcd, store, Transaction(then=(Put("/a", "x"),)))
    edge = store.revision
    store = apply_to_both(etcd, store, Transaction(then=(Delete(key_prefix("/")), Put("other", "y"))))
    store, refused = compact(store, edge)
    assert refused is None
    assert "error" not in etcd.post("kv/compaction", {"revision": str(edge), "physical": True})
    for revision, refusal in ((edge, "compacted"), (store.revision + 1, "future")):
        assert compact(store, revision)[1] is not None
        assert refusal in etcd.post("kv/compaction", {"revision": str(revision)})["error"]
    for revision in range(edge - 2, store.revision + 2):
        same_range(etcd, store, revision)
    for start_revision in (edge - 1, edge, edge + 1):
        same_events(etcd, store, start_revision)
