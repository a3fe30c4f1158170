"""Nodes that are shut down, with or without grace."""

from __future__ import annotations

from ..language.model import Assumption
from ..language.scenario import Scenario
from ..node import node_shutdown
from .part import Part


def may_shut_down(scenario: Scenario) -> bool:
    """Whether nodes may be shut down."""
    return bool(scenario.faults.get(node_shutdown.SHUTDOWN, 0))


def shutdown_grace(scenario: Scenario) -> float:
    """How many seconds a node that is shut down waits for its kubelet."""
    return float(scenario.constants.get(node_shutdown.GRACE_PERIOD, 0.0))


def ends_gracefully(scenario: Scenario) -> bool:
    """Whether nodes may be shut down, and wait for their kubelet."""
    return may_shut_down(scenario) and shutdown_grace(scenario) > 0


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    if not ends_gracefully(scenario):
        return (
            Assumption(
                "shuts-down-at-once",
                "a node that is shut down waits for nobody: its shutdownGracePeriod is 0, unless shutdown-grace-period"
                " says otherwise",
                "kubelet §8",
            ),
        )
    return (
        Assumption(
            "shuts-down-in-time",
            "the containers of a node that is shut down take a second to end, preStop hooks included;"
            " its kubelet ends pods while it reaches the API server, and knows of the shutdown also after a restart;"
            " static pods end with their machine; shutdownGracePeriodByPodPriority is not set",
            "kubelet §8",
        ),
    )


NODE_SHUTDOWN = Part("node shutdown", may_shut_down, machines=(node_shutdown.MACHINE,), assumptions=_assumptions)
"""Machines that are shut down."""
