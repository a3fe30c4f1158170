"""A pod that waits for volumes which no node reaches does not wait in vain."""

from __future__ import annotations

import pytest

from ..exploration import bare_pod, explore, pod_spec, scenario
from ..volume_scenarios import claim, volume, zoned

ALSO = "schedulable-pod-eventually-bound"
COMPLETE = {"name": "x", "annotations": {"pv.kubernetes.io/bind-completed": "yes"}}
BOUND = {**claim("x", volumeName="x"), "metadata": COMPLETE}
USING = pod_spec(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "x"}}])


@pytest.mark.parametrize("claims", ["as-needed", "moving"])
@pytest.mark.parametrize("zone", ["a", "b"])
def test_a_node_from_which_a_pod_does_not_reach_its_volumes_would_not_do(claims: str, zone: str) -> None:
    found = explore(
        scenario(
            bare_pod(USING),
            BOUND,
            volume("x", "a", claimRef={"name": "x"}),
            nodes=zoned(zone),
            start="created",
            alsoCheck=[ALSO],
            switches={"claims": claims},
        )
    )
    assert found.violated == {}
    assert ALSO in found.triggered
