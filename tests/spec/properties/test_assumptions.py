"""What properties take for granted, where the case of one property alone does not show it."""

from __future__ import annotations

from ..exploration import autoscaler, deployment, explore, scenario


def test_an_autoscaler_may_ask_for_more_pods_than_there_are_yet() -> None:
    found = explore(scenario(deployment(), autoscaler(2, 3), alsoCheck=["deployment-min-available"]))
    assert found.violated == {}
    assert found.suspended == {"deployment-min-available": "after an autoscaler's change of replicas"}
