"""Compaction, bookmarks, and watches that are too old."""

from __future__ import annotations

import pytest
from kubemodel.spec.control_plane.apiserver import watch_history
from kubemodel.spec.control_plane.apiserver.watch_history import MACHINE, SEND_BOOKMARK, component, horizons
from kubemodel.spec.language.model import BEYOND, INFORMER

from ...environment.walking import begin, reachable
from ...exploration import replica_set, scenario

CONTROLLER = "replicaset-controller"


@pytest.mark.parametrize(
    ("pending", "beyond", "bookmarks", "expected"),
    [
        (0, 0, True, []),
        (0, 0, False, [1]),
        (0, 1, False, []),
        (2, 0, True, [1, 2, 3]),
        (2, 2, True, [3]),
        (2, 3, False, []),
    ],
)
def test_history_ends_at_any_change_on_its_way_and_never_moves_back(
    pending: int, beyond: int, bookmarks: bool, expected: list[int]
) -> None:
    assert list(horizons(pending, beyond, bookmarks=bookmarks)) == expected


def test_without_bookmarks_nobody_sends_any() -> None:
    assert [rule.name for rule in component().rules] == ["compact", "send bookmark"]
    assert [rule.name for rule in component(bookmarks=False).rules] == ["compact"]


def test_a_bookmark_waits_for_the_events_before_it() -> None:
    assert SEND_BOOKMARK.key.view("web/Pod", 0, 1) is not None
    assert SEND_BOOKMARK.key.view("web/Pod", 1, 1) is None
    assert SEND_BOOKMARK.key.view("web/Pod", 0, 0) is None


@pytest.mark.parametrize(("bookmarks", "old"), [("on", {0}), ("off", {0, 1})])
def test_a_watch_of_what_is_quiet_is_too_old_in_the_end_unless_there_are_bookmarks(
    bookmarks: str, old: set[int]
) -> None:
    quiet = scenario(
        replica_set(),
        lag={CONTROLLER: {"Pod": 2}},
        faults={"watch-end": 1},
        switches={"bookmarks": bookmarks},
        properties=["node-name-write-once"],
    )
    assert {walk.see(INFORMER, BEYOND)[0] for walk in reachable(begin(quiet))} == old


def test_compaction_overtakes_only_a_watch_that_is_slow() -> None:
    slow = scenario(
        replica_set(),
        lag={CONTROLLER: {"Pod": 2}},
        slow=[f"{CONTROLLER}/Pod"],
        faults={"watch-end": 1},
        properties=["node-name-write-once"],
    )
    found = {(walk.see(INFORMER, "pending")[0], walk.see(INFORMER, BEYOND)[0]) for walk in reachable(begin(slow))}
    assert (1, 2) in found, "a change on its way is compacted"
    assert all(beyond <= pending + 1 for pending, beyond in found)


@pytest.mark.parametrize("beyond", range(4))
def test_the_states_of_a_watch_are_disjoint_and_complete(beyond: int) -> None:
    assert MACHINE.classify(beyond) == ("Too old" if beyond else "Resumable")


def test_its_process_is_the_api_server() -> None:
    assert watch_history.component().process == "kube-apiserver"
