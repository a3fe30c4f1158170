"""Container runtimes that answer nothing."""

from __future__ import annotations

from ..language.model import Assumption, Field
from ..language.scenario import Scenario
from ..node import runtime_health
from .part import Part


def may_be_silent(scenario: Scenario) -> bool:
    """Whether a container runtime may answer nothing."""
    return bool(scenario.faults.get(runtime_health.SILENT, 0))


def runtime_fields(scenario: Scenario) -> tuple[Field, ...]:
    """What is kept of nodes besides."""
    return runtime_health.RUNTIME_FIELDS if may_be_silent(scenario) else ()


def _assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "silent-runtimes",
            "while its container runtime answers nothing a kubelet admits, starts, stops and evicts nothing;"
            " probes go on, and so does what runs; a restart of the node is one of the runtime",
            "kubelet §1",
        ),
    )


SILENT_RUNTIMES = Part("silent runtimes", may_be_silent, machines=(runtime_health.MACHINE,), assumptions=_assumptions)
"""Container runtimes that answer nothing."""
