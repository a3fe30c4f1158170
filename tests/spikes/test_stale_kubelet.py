"""The stale kubelet explored: what runs twice depends on what a restarted kubelet lists, and on how stale it is."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.checker.naive import Counts, explore
from kubemodel.engine.transition_system import TransitionSystem

from .stale_kubelet import STALE, model


def explored(**arguments: Any) -> Counts:
    return explore(TransitionSystem(model(**arguments)))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"lag": 0}, Counts(25, 31, 7, 8), id="no cache lags"),
        pytest.param({"restarts": 0}, Counts(90, 186, 14, 3), id="caches lag by up to four changes, no restart"),
        pytest.param({}, Counts(265, 641, 14, 8), id="a restart with a consistent list"),
        pytest.param({"source": STALE, "lag": 1}, Counts(86, 179, 10, 8), id="a list that is one change old"),
    ],
)
def test_one_process_runs_under_the_name(given: dict[str, Any], expected: Counts) -> None:
    assert explored(**given) == expected


@pytest.mark.parametrize("lag", [2, 3, 4])
def test_a_list_older_than_the_deletion_starts_the_first_incarnation_again(lag: int) -> None:
    # Delete, seen, ended, confirmed; created, bound, started; the first kubelet restarts and starts what it lists.
    assert explored(source=STALE, lag=lag).violation == ("statefulset-at-most-one-process-per-ordinal", 9)
