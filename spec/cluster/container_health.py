"""What containers run right after their start, and sidecars that hang."""

from __future__ import annotations

from ..environment import faults
from ..language.component import Rule
from ..language.model import Assumption
from ..language.scenario import Scenario
from ..node import post_start, sidecar_probes
from ..node.pod_containers import told_apart
from ..node.post_start import with_hooks
from ..node.sidecar_probes import has_probed_sidecars
from .over_time import pod_specs
from .part import Part


def apart(scenario: Scenario) -> bool:
    """Whether the scenario has pods whose containers are told apart."""
    if scenario.switches.get("containers", "apart") != "apart":
        return False
    return any(map(told_apart, pod_specs(scenario)))


def hangs(scenario: Scenario) -> bool:
    """Whether applications may hang."""
    return bool(scenario.faults.get(faults.APPLICATION_HANG, 0))


def sidecars_hang(scenario: Scenario) -> bool:
    """Whether a sidecar may hang that somebody asks."""
    return hangs(scenario) and apart(scenario) and any(map(has_probed_sidecars, pod_specs(scenario)))


def has_hooks(scenario: Scenario) -> bool:
    """Whether some container has a postStart hook."""
    return any(map(with_hooks, pod_specs(scenario)))


def rules(scenario: Scenario) -> tuple[Rule, ...]:
    """The rules that kubelets have for them."""
    fails = bool(scenario.faults.get(post_start.POST_START_ERROR, 0))
    return (
        *post_start.rules(pod_specs(scenario), fails=fails),
        *(sidecar_probes.rules(pod_specs(scenario)) if sidecars_hang(scenario) else ()),
    )


def _hook_assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "post-start-hooks",
            "a postStart hook returns at once unless it is a sleep, and fails only where the fault post-start-error is"
            " asked for; where containers are not told apart, one hook stands for those of all",
            "container-runtime §3",
        ),
    )


SIDECARS_HANG = Part("sidecars that hang", sidecars_hang, machines=(sidecar_probes.SIDECAR_HEALTH,))
"""Sidecars that run and answer nothing."""

POST_START = Part("postStart hooks", has_hooks, machines=(post_start.POST_START,), assumptions=_hook_assumptions)
"""Containers that run something right after their start."""
