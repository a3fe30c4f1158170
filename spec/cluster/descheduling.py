"""The descheduler: it runs where a scenario asks for it."""

from __future__ import annotations

from ..addons import descheduler
from ..kinds import DESCHEDULER, named
from ..language.component import Component
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from .part import Bundles, Part


def _needed(scenario: Scenario) -> bool:
    return scenario.descheduler is not None


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (descheduler.component(scenario.descheduler),) if scenario.descheduler is not None else ()


def _kinds(_scenario: Scenario) -> tuple[Kind, ...]:
    return (named(DESCHEDULER, (descheduler.NAME,)),)


def _initial(scenario: Scenario) -> Bundles:
    return {DESCHEDULER: ({"name": descheduler.NAME, "policy": scenario.descheduler},)}


def _assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "descheduler-round",
            "a round of the descheduler deals with one strategy, and with one constraint or one owner; the others have"
            " rounds of their own, in any order; its evictions are asked for at once, and its own pod is none of those"
            " in the model",
            "Descheduler, README",
        ),
    )


DESCHEDULING = Part(
    "descheduling",
    _needed,
    components=_components,
    kinds=_kinds,
    initial=_initial,
    assumptions=_assumptions,
)
