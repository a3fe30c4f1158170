"""The smallest instances of the rolling update close, up to symmetry and without, to the same verdict."""

from __future__ import annotations

import pytest
from kubemodel.benchmarks.rolling_update import FAULTS, LAG, explored, scenario
from kubemodel.checker.result import NO_LIMITS
from kubemodel.engine.verdicts import Verdict

CRASHES = {"controller-manager-crash": 1}


@pytest.mark.parametrize(
    ("statuses", "symmetry", "states", "depth"),
    [
        ("whole", "objects", 4_650, 22),
        ("whole", "nodes", 2_325, 22),
        ("as-read", "objects", 518, 19),
        ("as-read", "nodes", 259, 19),
    ],
)
def test_one_replica_is_rolled_out_while_caches_lag_and_the_controllers_crash(
    statuses: str, symmetry: str, states: int, depth: int
) -> None:
    checked = explored(scenario(1, faults=CRASHES, symmetry=symmetry, statuses=statuses), NO_LIMITS)
    assert checked.verdict.verdict is Verdict.HOLDS
    assert checked.result.complete
    assert checked.result.states == states
    assert checked.result.depth == depth


def test_the_whole_has_both_caches_and_both_crashes() -> None:
    document = scenario(3)
    assert (document["lag"], document["faults"]) == (LAG, FAULTS)
    assert [item["spec"]["replicas"] for item in document["objects"]] == [3]
    assert document["objects"] != document["applied"]["update.yaml"]
