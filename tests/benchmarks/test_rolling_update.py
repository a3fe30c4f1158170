"""The smallest instances of the rolling update close, up to symmetry and without, to the same verdict."""

from __future__ import annotations

import pytest
from kubemodel.benchmarks.rolling_update import FAULTS, LAG, explored, scenario
from kubemodel.checker.result import NO_LIMITS
from kubemodel.engine.verdicts import Verdict

CRASHES = {"controller-manager-crash": 1}
DEPTH = 22


@pytest.mark.parametrize(("symmetry", "states"), [("objects", 4_650), ("nodes", 2_325)])
def test_one_replica_is_rolled_out_while_caches_lag_and_the_controllers_crash(symmetry: str, states: int) -> None:
    checked = explored(scenario(1, faults=CRASHES, symmetry=symmetry), NO_LIMITS)
    assert checked.verdict.verdict is Verdict.HOLDS
    assert checked.result.complete
    assert checked.result.states == states
    assert checked.result.depth == DEPTH


def test_the_whole_has_both_caches_and_both_crashes() -> None:
    document = scenario(3)
    assert (document["lag"], document["faults"]) == (LAG, FAULTS)
    assert [item["spec"]["replicas"] for item in document["objects"]] == [3]
    assert document["objects"] != document["applied"]["update.yaml"]
