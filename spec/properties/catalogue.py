"""All properties, by name, and which of them a scenario is checked for."""

from __future__ import annotations

from collections.abc import Mapping

from ..environment.faults import KUBELET_CRASH, LINK_CUT, NODE_CRASH
from ..kinds import DEPLOYMENT, NODE, POD, REPLICA_SET
from ..language.property import Property
from ..language.scenario import Scenario
from ..objects.workloads import RECREATE, ROLLING_UPDATE, Deployment, ReplicaSet
from . import deployments, nodes, objects

PROPERTIES: Mapping[str, tuple[Property, ...]] = {
    "node-name-write-once": (objects.NODE_NAME_WRITE_ONCE,),
    "deletion-timestamp-irrevocable": tuple(
        objects.deletion_timestamp_irrevocable(kind) for kind in (POD, NODE, REPLICA_SET, DEPLOYMENT)
    ),
    "finalizers-block-removal": tuple(
        objects.finalizers_block_removal(kind) for kind in (POD, NODE, REPLICA_SET, DEPLOYMENT)
    ),
    "phase-terminal-absorbing": (objects.PHASE_TERMINAL_ABSORBING,),
    "terminal-phase-implies-stopped": (objects.TERMINAL_PHASE_IMPLIES_STOPPED,),
    "assigned-node-feasible-at-decision": (nodes.ASSIGNED_NODE_FEASIBLE,),
    "no-overcommit-of-requests": (nodes.NODE_CAPACITY,),
    "replicaset-no-overshoot": (deployments.REPLICASET_NO_OVERSHOOT,),
    "replicaset-stable-count": (deployments.REPLICASET_STABLE_COUNT,),
    "deployment-min-available": (deployments.DEPLOYMENT_MIN_AVAILABLE,),
    "deployment-max-surge-spec": (deployments.DEPLOYMENT_MAX_SURGE_SPEC,),
    "at-most-one-new-replicaset": (deployments.AT_MOST_ONE_NEW_REPLICASET,),
    "recreate-no-overlap": (deployments.RECREATE_NO_OVERLAP,),
    "deployment-eventually-complete": (deployments.DEPLOYMENT_EVENTUALLY_COMPLETE,),
    "deployment-min-serving": (deployments.DEPLOYMENT_MIN_SERVING,),
    "deployment-survives-faults": (deployments.DEPLOYMENT_SURVIVES_FAULTS,),
    "dead-node-eventually-unknown-and-tainted": (nodes.DEAD_NODE_EVENTUALLY_UNKNOWN,),
    "dead-node-pods-replaced": (nodes.DEAD_NODE_PODS_REPLACED,),
}
"""Every named property. One that speaks of several kinds stands here once for each of them."""

ON_REQUEST = ("deployment-min-serving", "deployment-survives-faults")
"""Properties that Kubernetes does not promise: checked only where a scenario names them."""


def describe(name: str) -> Property:
    """One of the properties called ``name``, for its texts; raises ``KeyError`` if there is none."""
    return PROPERTIES[name][0]


def default_names(scenario: Scenario) -> tuple[str, ...]:
    """The properties that what stands in the scenario calls for, in the order of the catalogue."""
    wanted = {"node-name-write-once", "assigned-node-feasible-at-decision", "no-overcommit-of-requests"}
    strategies = {d.spec.strategy.type for d in scenario.objects if isinstance(d, Deployment)}
    if strategies or any(isinstance(item, ReplicaSet) for item in scenario.objects):
        wanted |= {"replicaset-stable-count", "replicaset-no-overshoot"}
    if strategies:
        wanted |= {"at-most-one-new-replicaset", "deployment-eventually-complete"}
    if ROLLING_UPDATE in strategies:
        wanted |= {"deployment-max-surge-spec"}
        if scenario.users or scenario.faults:
            wanted |= {"deployment-min-available"}
    if RECREATE in strategies:
        wanted |= {"recreate-no-overlap"}
    disturbed = bool(scenario.users or any(scenario.faults.values()))
    if disturbed:
        wanted |= {"deletion-timestamp-irrevocable", "phase-terminal-absorbing", "terminal-phase-implies-stopped"}
        wanted |= {"finalizers-block-removal"}
    if any(scenario.faults.get(fault, 0) for fault in (NODE_CRASH, LINK_CUT, KUBELET_CRASH)):
        wanted |= {"dead-node-eventually-unknown-and-tainted", "dead-node-pods-replaced"}
    return tuple(name for name in PROPERTIES if name in wanted)


def chosen_properties(scenario: Scenario) -> tuple[Property, ...]:
    """The properties of a scenario: those it names, or the defaults, and those it names besides.

    Raises ``KeyError`` on a name that is not in the catalogue.
    """
    names = scenario.properties or default_names(scenario)
    ordered = [name for name in PROPERTIES if name in {*names, *scenario.extra_properties}]
    unknown = {*names, *scenario.extra_properties} - set(PROPERTIES)
    if unknown:
        raise KeyError(min(unknown))
    return tuple(prop for name in ordered for prop in PROPERTIES[name])
