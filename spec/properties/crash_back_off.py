"""The back-off of containers that keep ending, where it doubles (invariants 80; kubelet §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..kinds import CREATED, EXITED, RUNNING, SANDBOX_READY
from ..language.property import HOLDS, IDLE, Finding, StepProperty, violated
from ..language.scenario import Scenario
from ..node.crash_back_off import DELAYS, rule_name
from .kubelets import ADOPT, CRASHLOOP_BACKOFF

RESTART = "restart containers"
"""Name of the rule by which containers start again; how long they have waited stands behind it."""

_WAITS = {rule_name(RESTART, seconds): seconds for seconds in DELAYS}


def _doubled(
    component: str, rule: str, before: tuple[Any, ...], after: tuple[Any, ...], seen: Mapping[str, Any]
) -> Finding:
    (pod, runtime, worker), (then, now, _) = before, after
    if runtime is not None and runtime.each:
        return CRASHLOOP_BACKOFF.judge(component, rule, (pod, runtime), (then, now), seen)
    if runtime is None or worker is None or runtime.sandbox != SANDBOX_READY or runtime.containers != EXITED:
        return IDLE
    if now is None or now.containers not in (CREATED, RUNNING) or rule == ADOPT or not worker.crashes:
        return IDLE
    waited, due = _WAITS.get(rule, 0), DELAYS[worker.crashes]
    if waited < due:
        return violated(f"containers that were started again {worker.crashes} times wait {waited} s, not {due} s")
    return HOLDS


CRASHLOOP_BACKOFF_DOUBLES = attrs.evolve(CRASHLOOP_BACKOFF, fields=("object", "runtime", "worker"), judge=_doubled)
"""As ``CRASHLOOP_BACKOFF``: each time containers wait for as long as is due by how often they were started again."""


def crashloop_backoff(scenario: Scenario) -> StepProperty:
    """The property as a scenario needs it."""
    doubles = scenario.switches.get("crash-back-off", "constant") == "doubling"
    return CRASHLOOP_BACKOFF_DOUBLES if doubles else CRASHLOOP_BACKOFF


TAILORED = {"crashloop-backoff": crashloop_backoff}

__all__ = ["CRASHLOOP_BACKOFF_DOUBLES", "RESTART", "TAILORED", "crashloop_backoff"]
