"""The space quota of etcd, where it can be used up."""

from __future__ import annotations

from ..control_plane.etcd import space
from ..environment.space_faults import SPACE_EXHAUSTED
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from .part import Part


def needed(scenario: Scenario) -> bool:
    """Whether etcd can run out of space."""
    return bool(scenario.faults.get(SPACE_EXHAUSTED, 0))


def _kinds(_scenario: Scenario) -> tuple[Kind, ...]:
    return (space.KIND,)


def _assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "alarm-forgiven",
            "once etcd has space again every kubelet renews its lease before its node counts as silent; a put that"
            " raises the alarm is refused itself",
            "etcd §5, controllers-cluster §1",
        ),
    )


ETCD_SPACE = Part("space of etcd", needed, kinds=_kinds, machines=(space.MACHINE,), assumptions=_assumptions)
"""What etcd refuses once its space is used up."""
