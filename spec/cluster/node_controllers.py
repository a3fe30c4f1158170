"""The controllers that act on nodes in trouble: node lifecycle, taint eviction, pod garbage collection."""

from __future__ import annotations

from ..control_plane.controllers import node_lifecycle, pod_garbage_collector, taint_eviction
from ..environment import faults
from ..kinds import EVICTION_ENTRY_FIELDS, EVICTION_FIELDS, EVICTION_TIMER_FIELDS, NODE, POD
from ..language.component import Component
from ..language.scenario import Scenario
from ..node.node_shutdown import SHUTDOWN
from ..node.runtime_health import SILENT
from ..switches import SWITCHES
from .over_time import toleration_seconds
from .part import Part


def _needed(scenario: Scenario) -> bool:
    """Whether a node can fall silent, register, run short, carry a taint that evicts, or be changed by a user.

    Or so few finished pods stay that some may have to go.
    """
    node_faults = {faults.NODE_CRASH, faults.LINK_CUT, faults.CONTROL_PLANE_CUT, faults.KUBELET_CRASH}
    node_faults |= {SHUTDOWN, SILENT, *faults.PRESSURES}
    return (
        any(scenario.faults.get(name, 0) for name in node_faults)
        or any(not setup.registered for setup in scenario.nodes)
        or any(taint.effect == "NoExecute" for setup in scenario.nodes for taint in setup.node.spec.taints)
        or any(action.kind in (NODE, POD) for todo in scenario.users for action in todo)
        or _finished_kept(scenario) is not None
    )


def _finished_kept(scenario: Scenario) -> int | None:
    """How many finished pods stay, if so few that a model can hold more."""
    kept = SWITCHES["finished-pods-kept"]
    chosen = scenario.switches.get("finished-pods-kept", kept.default)
    return None if chosen == kept.default else int(chosen)


def _evictions_noted(scenario: Scenario) -> bool:
    """Whether a property tells evictions from other deletions: where all nodes can be cut off."""
    return bool(scenario.faults.get(faults.CONTROL_PLANE_CUT, 0))


def times_change(scenario: Scenario) -> bool:
    """Whether the time that a pod may stay on a tainted node can change: more than one finite time is tolerated."""
    return _needed(scenario) and len(toleration_seconds(scenario)) > 1


def _timers(scenario: Scenario) -> bool:
    per_pod = scenario.switches.get("eviction-reckoning", "per-pod") == "per-pod"
    return times_change(scenario) and per_pod


def _queued_by_name(scenario: Scenario) -> bool:
    """Whether evictions are queued by the names of pods."""
    return _needed(scenario) and scenario.switches.get("eviction-queue-key", "uid") == "name"


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (
        node_lifecycle.component(zone_rules=scenario.switches.get("node-zone-rules", "on") == "on"),
        taint_eviction.component(
            toleration_seconds(scenario),
            noted=_evictions_noted(scenario),
            timers=_timers(scenario),
            by_name=_queued_by_name(scenario),
        ),
        pod_garbage_collector.component(_finished_kept(scenario)),
    )


NODE_CONTROLLERS = Part(
    "node controllers",
    _needed,
    components=_components,
    machines=node_lifecycle.MACHINES,
)

EVICTION_TIMERS = Part("eviction timers", _timers, pod_fields=EVICTION_TIMER_FIELDS)
"""The timer that a pod has whose time on a tainted node can change."""

EVICTION_ENTRIES = Part("eviction entries", _queued_by_name, pod_fields=EVICTION_ENTRY_FIELDS)
"""What is left of the evictions of a name."""

EVICTIONS = Part("evictions", _evictions_noted, pod_fields=EVICTION_FIELDS)
"""What tells evictions from other deletions."""
