"""The addon manager: it runs where a scenario asks for it."""

from __future__ import annotations

from ..addons import addon_manager
from ..language.component import Component
from ..language.model import Assumption
from ..language.scenario import Scenario
from .part import Part


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (addon_manager.component(scenario.addons),)


def _assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "addons-are-deployments",
            "of addons the addon manager puts Deployments back, field by field of their spec, replicas alone left out"
            " where the manifest names none; their manifests stay, and it always reaches the API server",
            "dns-addons §4",
        ),
    )


ADDON_MANAGEMENT = Part(
    "addon management",
    lambda scenario: bool(scenario.addons),
    components=_components,
    assumptions=_assumptions,
)
