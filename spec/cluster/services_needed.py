"""When Services come to life in a model: where somebody cares (design §6)."""

from __future__ import annotations

from ..language.scenario import Scenario
from ..objects.service import Service
from ..properties.catalogue import chosen_names
from ..properties.services import NETWORK
from .part import names


def needed(scenario: Scenario) -> bool:
    """Whether there is a Service, and somebody who cares: a client, or a property that speaks of endpoints or rules."""
    asked = bool(scenario.clients) or bool(set(NETWORK) & set(chosen_names(scenario)))
    return asked and bool(names(scenario, Service))
