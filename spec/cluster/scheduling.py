"""The scheduler."""

from __future__ import annotations

from ..control_plane.scheduler import component as scheduler
from ..control_plane.scheduler.component import Scoring
from ..language.component import Component
from ..language.model import Assumption
from ..language.scenario import Scenario
from .part import Part


def _scoring(scenario: Scenario) -> Scoring:
    return Scoring(scenario.switches.get("scoring", Scoring.ANY_FEASIBLE.value))


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (scheduler.component(_scoring(scenario)),)


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    if _scoring(scenario) is not Scoring.ANY_FEASIBLE:
        return ()
    return (Assumption("any-feasible-node", "the scheduler may choose any feasible node; scores are not modelled"),)


SCHEDULING = Part(
    "scheduling",
    components=_components,
    machines=(scheduler.MACHINE,),
    assumptions=_assumptions,
)
