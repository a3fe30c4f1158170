"""PodDisruptionBudgets: they matter where somebody evicts pods, or makes some go for others."""

from __future__ import annotations

from ..control_plane.controllers import disruption
from ..kinds import BUDGET_POD_FIELDS, DEPLOYMENT, POD_DISRUPTION_BUDGET, REPLICA_SET, REPLICATION_CONTROLLER, named
from ..language.component import Component
from ..language.model import Kind
from ..language.scenario import Scenario
from ..objects.disruption import PodDisruptionBudget
from . import api_evictions, replication_controllers
from .part import Bundles, Part, bundles, names
from .scheduling import several_priorities


def _needed(scenario: Scenario) -> bool:
    heeded = api_evictions.needed(scenario) or several_priorities(scenario)
    return heeded and bool(names(scenario, PodDisruptionBudget))


def _components(scenario: Scenario) -> tuple[Component, ...]:
    historic = scenario.switches.get("budget-conflict") == disruption.OVERWRITE
    more = (REPLICATION_CONTROLLER,) if replication_controllers.needed(scenario) else ()
    return (disruption.component(overwrites=historic, scalable=(DEPLOYMENT, REPLICA_SET, *more)),)


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    return (named(POD_DISRUPTION_BUDGET, names(scenario, PodDisruptionBudget)),)


def _initial(scenario: Scenario) -> Bundles:
    return {POD_DISRUPTION_BUDGET: bundles(scenario, PodDisruptionBudget)}


DISRUPTION_BUDGETS = Part(
    "disruption budgets",
    _needed,
    components=_components,
    kinds=_kinds,
    pod_fields=BUDGET_POD_FIELDS,
    initial=_initial,
    machines=(disruption.MACHINE,),
)
