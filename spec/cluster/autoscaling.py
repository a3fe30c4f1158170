"""HorizontalPodAutoscalers, and the load that they follow."""

from __future__ import annotations

from typing import Any

import attrs

from ..control_plane.controllers import horizontal_pod_autoscaler as controller
from ..control_plane.controllers.deployment_rollout import max_surge
from ..environment import load
from ..kinds import HORIZONTAL_POD_AUTOSCALER, LOAD, METERED_POD_FIELDS, named
from ..language.component import Component
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from ..objects.horizontal_pod_autoscaler import HorizontalPodAutoscaler
from ..objects.stateful_set import StatefulSet
from ..objects.workloads import Deployment
from ..properties.happenings import SCALABLE, most_asked_for
from .over_time import versions
from .part import Bundles, Part, bundles, given, names


def autoscalers(scenario: Scenario) -> tuple[HorizontalPodAutoscaler, ...]:
    """Those whose target is there."""
    targets = {(kind.kind, name) for kind in SCALABLE for name in names(scenario, kind)}
    return tuple(
        item
        for item in given(scenario, HorizontalPodAutoscaler)
        if (item.spec.scale_target_ref.kind, item.spec.scale_target_ref.name) in targets
    )


def _needed(scenario: Scenario) -> bool:
    return bool(autoscalers(scenario))


def _components(scenario: Scenario) -> tuple[Component, ...]:
    found = autoscalers(scenario)
    components = [controller.component(found, scenario.loads)]
    if scenario.loads:
        components += [
            load.metrics_server(),
            load.application(scenario.loads.values()),
            load.changing(scenario.loads),
        ]
    return tuple(components)


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    found = [named(HORIZONTAL_POD_AUTOSCALER, tuple(sorted(item.metadata.name for item in autoscalers(scenario))))]
    if scenario.loads:
        found.append(named(LOAD, tuple(sorted(load.load_name(*key) for key in scenario.loads))))
    return tuple(found)


def _pods(scenario: Scenario) -> int:
    """The pods that an autoscaler can ask for beyond those that its target asks for itself."""
    return 3 * sum(_more(scenario, item) for item in autoscalers(scenario))


def _more(scenario: Scenario, autoscaler: HorizontalPodAutoscaler) -> int:
    most = most_asked_for(scenario, autoscaler)
    targets = (version for kind in SCALABLE for version in versions(scenario, kind))
    meant = (autoscaler.spec.scale_target_ref.kind, autoscaler.spec.scale_target_ref.name)
    found = [item for item in targets if (item.kind, item.metadata.name) == meant]
    largest = max(_at_once(item, most) - _at_once(item, item.spec.replicas) for item in found)
    return max(0, largest)


def _at_once(target: Any, replicas: int) -> int:
    """The pods with generated names that a target can have at once; those of a StatefulSet have names of their own."""
    if isinstance(target, StatefulSet):
        return 0
    if not isinstance(target, Deployment):
        return replicas
    return replicas + max_surge(attrs.evolve(target.spec, replicas=replicas))


def _initial(scenario: Scenario) -> Bundles:
    there = {item.metadata.name for item in autoscalers(scenario)}
    return {
        HORIZONTAL_POD_AUTOSCALER: tuple(
            bundle for bundle in bundles(scenario, HorizontalPodAutoscaler) if bundle["name"] in there
        )
    }


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    unknown = {item.metadata.name for item in autoscalers(scenario)} - {name for name, _ in scenario.loads}
    found = []
    if unknown:
        found.append(
            Assumption(
                "no-load",
                f"nothing is said of the load of {', '.join(sorted(unknown))}: without metrics an autoscaler keeps"
                " its target within minReplicas and maxReplicas, and does nothing else",
                "controllers-cluster §10.1",
            )
        )
    if scenario.loads:
        found.append(
            Assumption(
                "load-is-shared",
                "pods that serve share the load evenly; a sample shows what a pod uses at that moment; metrics are"
                " never withheld from a pod that runs for long enough",
                "controllers-cluster §10.2",
            )
        )
    return tuple(found)


AUTOSCALING = Part(
    "autoscaling",
    _needed,
    components=_components,
    kinds=_kinds,
    pod_fields=METERED_POD_FIELDS,
    pods=_pods,
    initial=_initial,
    machines=(controller.MACHINE,),
    events=(controller.RESCALED,),
    assumptions=_assumptions,
)
