"""ReplicationControllers."""

from __future__ import annotations

from ..control_plane.controllers import replicationcontroller
from ..kinds import MIN_READY_POD_FIELDS, REPLICATION_CONTROLLER, named
from ..language.component import Component
from ..language.model import Kind
from ..language.scenario import Scenario
from ..objects.workloads import ReplicationController
from .deletions import deletes_namespaces
from .deployments import min_ready_seconds as of_replica_sets
from .over_time import versions
from .part import Bundles, Part, bundles, names


def needed(scenario: Scenario) -> bool:
    """Whether there is a ReplicationController."""
    return bool(names(scenario, ReplicationController))


def min_ready_seconds(scenario: Scenario) -> tuple[int, ...]:
    """Every minReadySeconds above zero that some ReplicationController of the scenario has, ascending."""
    return tuple(sorted({item.spec.min_ready_seconds for item in versions(scenario, ReplicationController)} - {0}))


def _components(scenario: Scenario) -> tuple[Component, ...]:
    drops = deletes_namespaces(scenario)
    return (replicationcontroller.component(drops=drops, min_ready=min_ready_seconds(scenario)),)


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    return (named(REPLICATION_CONTROLLER, names(scenario, ReplicationController)),)


def _pods(scenario: Scenario) -> int:
    wanted: dict[str, int] = {}
    for version in versions(scenario, ReplicationController):
        name = version.metadata.name
        wanted[name] = max(wanted.get(name, 0), version.spec.replicas)
    return 3 * sum(wanted.values())


def _initial(scenario: Scenario) -> Bundles:
    return {REPLICATION_CONTROLLER: bundles(scenario, ReplicationController)}


REPLICATION_CONTROLLERS = Part(
    "replication controllers",
    needed,
    components=_components,
    kinds=_kinds,
    pods=_pods,
    initial=_initial,
    machines=(replicationcontroller.MACHINE,),
)

MIN_READY = Part(
    "minReadySeconds of ReplicationControllers",
    lambda scenario: bool(min_ready_seconds(scenario)) and not of_replica_sets(scenario),
    pod_fields=MIN_READY_POD_FIELDS,
)
"""What pods keep for it, unless ReplicaSets make them keep it anyway."""
