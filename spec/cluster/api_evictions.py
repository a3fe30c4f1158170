"""Evictions: who asks the API server for them, and how it carries them out."""

from __future__ import annotations

from ..control_plane.apiserver import evicting
from ..environment.drain import EvictAll
from ..kinds import EVICTION, EVICTION_POD_FIELDS
from ..language.component import Component
from ..language.scenario import Scenario
from ..objects.disruption import PodDisruptionBudget
from .part import Part, names


def needed(scenario: Scenario) -> bool:
    """Whether somebody evicts pods: a user who drains a node, or a descheduler."""
    drained = any(isinstance(action, EvictAll) for todo in scenario.users for action in todo)
    return drained or scenario.descheduler is not None


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (evicting.component(budgets=bool(names(scenario, PodDisruptionBudget))),)


API_EVICTIONS = Part(
    "API evictions",
    needed,
    components=_components,
    pod_fields=EVICTION_POD_FIELDS,
    machines=(evicting.MACHINE,),
    events=(EVICTION,),
)
