"""Counters that the store keeps of what came and went under a name: only where a property asks for them."""

from __future__ import annotations

from ..kinds import CREATIONS_FIELDS, REMOVALS_FIELDS
from ..language.scenario import Scenario
from ..properties.churn import BACK, NEEDLESS, STAYS
from .part import Part


def _asked(scenario: Scenario, *names: str) -> bool:
    return not {*scenario.properties, *scenario.extra_properties}.isdisjoint(names)


CREATIONS = Part("creations", lambda scenario: _asked(scenario, NEEDLESS), pod_fields=CREATIONS_FIELDS)
"""How often each pod with a name of its own was created."""

REMOVALS = Part("removals", lambda scenario: _asked(scenario, STAYS, BACK), pod_fields=REMOVALS_FIELDS)
"""How often each of them has gone."""
