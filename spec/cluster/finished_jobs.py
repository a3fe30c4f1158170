"""What becomes of Jobs that have finished, where they say how long they are kept."""

from __future__ import annotations

from ..control_plane.controllers import ttl_after_finished
from ..language.component import Component
from ..language.scenario import Scenario
from .jobs import times_to_live
from .part import Part


def _needed(scenario: Scenario) -> bool:
    return bool(times_to_live(scenario))


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (ttl_after_finished.component(times_to_live(scenario)),)


FINISHED_JOBS = Part("finished jobs", _needed, components=_components)
