"""What runs on each node: the kubelet and the container runtime."""

from __future__ import annotations

from ..environment import faults
from ..kinds import NODE, POD, named
from ..language.component import Component
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from ..node import container_runtime, kubelet
from ..node.old_lists import BEHIND, OLD_LIST_FIELDS
from ..node.pod_life import POD_LIFE
from ..node.termination import longest_sleep
from ..objects.pod import Pod
from ..properties.deployments import DEPLOYMENT_MIN_SERVING
from . import jobs
from .over_time import templates, versions
from .part import Bundles, Part, given


def _tracks_serving(scenario: Scenario) -> bool:
    return DEPLOYMENT_MIN_SERVING.name in (*scenario.properties, *scenario.extra_properties)


def fused(scenario: Scenario) -> frozenset[str]:
    """The components whose plans are one step, because nothing can fall between their requests that shows.

    What a runtime holds of a pod is read by its own kubelet alone. A node crash leaves the same behind halfway through
    a start as after it; only a kubelet that ends, or is cut off, in between makes a difference.
    """
    between = (
        faults.KUBELET_CRASH,
        faults.LINK_CUT,
        faults.CONTROL_PLANE_CUT,
        faults.CONTAINER_EXIT,
        faults.CONTAINER_COMPLETION,
    )
    return frozenset() if any(scenario.faults.get(name, 0) for name in between) else frozenset({kubelet.NAME})


def _pre_stops(scenario: Scenario) -> tuple[int, ...]:
    """For how many seconds preStop hooks of the scenario's pods hold their deletion up, ascending."""
    specs = (*(template.spec for template in templates(scenario)), *(pod.spec for pod in versions(scenario, Pod)))
    found = {min(longest_sleep(spec), spec.termination_grace_period_seconds) for spec in specs}
    return tuple(sorted(found - {0}))


def old_lists(scenario: Scenario) -> bool:
    """Whether a kubelet that restarts may list pods from an API server that is behind."""
    behind = (BEHIND, POD) in scenario.lag and scenario.faults.get(faults.KUBELET_CRASH, 0)
    return bool(behind) and scenario.switches.get("kubelet-list", "any-server") == "any-server"


def _components(scenario: Scenario) -> tuple[Component, ...]:
    serving = _tracks_serving(scenario)
    tracked = serving or bool(scenario.faults.get(faults.PROBE_FAILURE, 0))
    return (
        kubelet.component(
            old_lists=old_lists(scenario),
            nodes={s.node.metadata.name: s.node for s in scenario.nodes},
            track_serving=serving,
            pre_stops=_pre_stops(scenario),
            early_phase=scenario.switches.get("terminal-phase", "after-clean-up") == "before-clean-up",
        ),
        container_runtime.component(track_serving=tracked, programs_finish=jobs.needed(scenario)),
    )


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    return (named(NODE, tuple(setup.node.metadata.name for setup in scenario.nodes)),)


def _pods(scenario: Scenario) -> int:
    return len(given(scenario, Pod))


def _initial(scenario: Scenario) -> Bundles:
    return {
        NODE: tuple(
            {"name": setup.node.metadata.name, "object": setup.node if setup.registered else None}
            for setup in scenario.nodes
        ),
    }


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    found = []
    if fused(scenario):
        found.append(
            Assumption(
                "runtime-calls-together",
                "a kubelet's calls to its runtime for one pod are one step: no fault asked for falls between them",
                "container-runtime §3",
            )
        )
    if not _tracks_serving(scenario):
        found.append(Assumption("serving-when-started", "an application answers requests as soon as it has started"))
    return tuple(found)


NODE_AGENTS = Part(
    "node agents",
    components=_components,
    kinds=_kinds,
    pods=_pods,
    initial=_initial,
    machines=(POD_LIFE, *container_runtime.MACHINES, *kubelet.MACHINES),
    assumptions=_assumptions,
)

OLD_LISTS = Part("old lists", old_lists, pod_fields=OLD_LIST_FIELDS)
"""What a kubelet keeps of a list that was old."""
