"""Deployments and ReplicaSets."""

from __future__ import annotations

from ..control_plane.controllers import deployment, replicaset
from ..control_plane.controllers.deployment_replica_sets import replica_set_name
from ..control_plane.controllers.deployment_rollout import max_surge
from ..environment.users import Delete
from ..kinds import DEPLOYMENT, MIN_READY_POD_FIELDS, REPLICA_SET, named
from ..language.component import Component
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from ..objects.workloads import Deployment, ReplicaSet
from .deletions import deletes_namespaces
from .over_time import versions
from .part import Bundles, Part, bundles, given, names


def progress_deadlines(scenario: Scenario) -> tuple[int, ...]:
    """Every progress deadline that some Deployment of the scenario has, in seconds, ascending."""
    found = {version.spec.progress_deadline_seconds for version in versions(scenario, Deployment)}
    return tuple(sorted(seconds for seconds in found if seconds is not None))


def min_ready_seconds(scenario: Scenario) -> tuple[int, ...]:
    """Every minReadySeconds above zero that some ReplicaSet of the scenario has, ascending."""
    found = {item.spec.min_ready_seconds for item in versions(scenario, Deployment)}
    found |= {item.spec.min_ready_seconds for item in versions(scenario, ReplicaSet)}
    return tuple(sorted(found - {0}))


def replica_set_names(scenario: Scenario) -> tuple[str, ...]:
    """The names of all ReplicaSets that can exist: given ones, and one for each template of a Deployment."""
    made = {replica_set_name(version) for version in versions(scenario, Deployment)}
    return tuple(sorted(made | set(names(scenario, ReplicaSet))))


def _components(scenario: Scenario) -> tuple[Component, ...]:
    switches = scenario.switches
    return (
        deployment.component(progress_deadlines(scenario)),
        replicaset.component(
            expectations=switches.get("expectations", "on") == "on",
            expiry=switches.get("expectation-expiry", "on") == "on",
            drops=deletes_namespaces(scenario),
            min_ready=min_ready_seconds(scenario),
        ),
    )


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    return (named(REPLICA_SET, replica_set_names(scenario)), named(DEPLOYMENT, names(scenario, Deployment)))


def _pods(scenario: Scenario) -> int:
    wanted: dict[str, int] = {}
    for version in versions(scenario, Deployment):
        name = version.metadata.name
        wanted[name] = max(wanted.get(name, 0), version.spec.replicas + max_surge(version.spec))
    return 3 * (sum(wanted.values()) + sum(rs.spec.replicas for rs in given(scenario, ReplicaSet)))


def _initial(scenario: Scenario) -> Bundles:
    return {REPLICA_SET: bundles(scenario, ReplicaSet), DEPLOYMENT: bundles(scenario, Deployment)}


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    if not any(isinstance(a, Delete) and a.kind == DEPLOYMENT for todo in scenario.users for a in todo):
        return ()
    return (
        Assumption(
            "no-second-name",
            "a Deployment that is applied again creates its ReplicaSet when its predecessor's of that name is gone, not"
            " under another name",
            "controllers-workloads §2",
        ),
    )


DEPLOYMENTS = Part(
    "deployments",
    components=_components,
    kinds=_kinds,
    pods=_pods,
    initial=_initial,
    machines=(replicaset.MACHINE, deployment.MACHINE),
    assumptions=_assumptions,
)

MIN_READY = Part(
    "minReadySeconds of ReplicaSets",
    lambda scenario: bool(min_ready_seconds(scenario)),
    pod_fields=MIN_READY_POD_FIELDS,
)
