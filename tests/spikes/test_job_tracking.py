"""Job tracking explored: each finished pod is counted once, whatever crashes; and what it takes for that."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.checker.naive import Counts, explore
from kubemodel.engine.transition_system import TransitionSystem

from .job_tracking import model


def explored(**arguments: Any) -> Counts:
    return explore(TransitionSystem(model(**arguments)))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"pods": 1, "lag": 0}, Counts(5, 4, 4, 1), id="one pod: it ends, list, free, count"),
        pytest.param({"pods": 1}, Counts(8, 8, 6, 1), id="one pod, and two events on their way"),
        pytest.param({"lag": 0}, Counts(15, 17, 7, 1), id="two pods"),
        pytest.param({"lag": 2}, Counts(37, 56, 11, 1), id="two pods and a cache two changes behind"),
        pytest.param({"lag": 2, "crashes": 2}, Counts(143, 304, 11, 3), id="and two crashes"),
        pytest.param({"lag": 2, "crashes": 1, "deletes": 1}, Counts(386, 973, 11, 4), id="a crash and a clean-up"),
    ],
)
def test_every_pod_is_counted_once(given: dict[str, Any], expected: Counts) -> None:
    assert explored(**given) == expected


def test_without_the_record_of_removals_a_stale_pod_is_counted_again() -> None:
    # It ends and is seen; listed, freed, counted; the cache still shows the finalizer: listed, freed, counted.
    assert explored(pods=1, expects=False).violation == ("succeeded-at-most-distinct-pods", 8)


def test_without_the_record_a_fresh_cache_suffices() -> None:
    assert explored(pods=1, lag=0, expects=False) == Counts(5, 4, 4, 1)


def test_the_record_is_memory_so_a_restart_needs_a_consistent_list() -> None:
    # The eight steps above and the crash; #105200's remedy does not reach over a restart that lists stale pods.
    assert explored(pods=1, crashes=1, relist=False).violation == ("succeeded-at-most-distinct-pods", 9)


def test_a_controller_that_does_not_list_first_can_lose_a_pod() -> None:
    assert explored(pods=1, lag=0, lists=False).violation == ("job-pod-not-lost-before-counting", 2)
