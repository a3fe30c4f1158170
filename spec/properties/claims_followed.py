"""Whether a scenario follows claims and volumes, and which claims StatefulSets make in it."""

from __future__ import annotations

from collections.abc import Iterable

from ..control_plane.controllers.statefulset_identity import claims as claims_of
from ..environment.users import Delete
from ..kinds import PERSISTENT_VOLUME_CLAIM
from ..language.scenario import Scenario
from ..objects.pod import Pod
from ..objects.stateful_set import DELETE, StatefulSet
from ..objects.storage import PersistentVolume, StorageClass, claim_names
from .happenings import actions, can_run, controlled_specs, daemon_specs, enlarged_sets, histories

MOVING = "moving"
"""The value of the switch ``claims`` with which all claims are followed."""


def claiming_sets(scenario: Scenario) -> tuple[StatefulSet, ...]:
    """Every version of every StatefulSet whose pods have claims."""
    found = (version for history in histories(scenario, StatefulSet) for version in history)
    return tuple(item for item in (*found, *enlarged_sets(scenario)) if item.spec.volume_claim_templates)


def made_claims(sets: Iterable[StatefulSet]) -> frozenset[str]:
    """The names of all claims that the sets may make."""
    return frozenset(
        name
        for item in sets
        for ordinal in range(item.spec.start, item.spec.start + item.spec.replicas)
        for name in claims_of(item, ordinal)
    )


def _deletes_claims(scenario: Scenario) -> bool:
    return any(isinstance(it, Delete) and it.kind == PERSISTENT_VOLUME_CLAIM for it in actions(scenario))


def deletes_by_policy(scenario: Scenario) -> bool:
    """Whether some StatefulSet lets claims go."""
    policies = (item.spec.persistent_volume_claim_retention_policy for item in claiming_sets(scenario))
    return any(DELETE in (policy.when_deleted, policy.when_scaled) for policy in policies)


def follows_claims(scenario: Scenario) -> bool:
    """Whether claims are followed: their sets delete some, a user does, or the manifests say what storage there is."""
    making = claiming_sets(scenario)
    storage = any(isinstance(item, StorageClass | PersistentVolume) for item in scenario.objects)
    if making and (storage or deletes_by_policy(scenario)):
        return True
    named = any(claim_names(spec) for spec in (*controlled_specs(scenario), *daemon_specs(scenario)))
    named = named or any(isinstance(item, Pod) and claim_names(item.spec) for item in scenario.objects)
    wanted = scenario.switches.get("claims") == MOVING
    return _deletes_claims(scenario) or (wanted and (bool(making) or named))


def retaining_sets(scenario: Scenario) -> tuple[StatefulSet, ...]:
    """Those of ``claiming_sets`` with pods whose claims outlive them and the set."""
    policies = ((item, item.spec.persistent_volume_claim_retention_policy) for item in claiming_sets(scenario))
    return tuple(
        item
        for item, policy in policies
        if item.spec.replicas and DELETE not in (policy.when_deleted, policy.when_scaled)
    )


def pods_with_claims_get_nodes(scenario: Scenario) -> bool:
    """Whether pods whose claims are followed can get nodes."""
    if not follows_claims(scenario):
        return False
    if any(item.spec.replicas and can_run(item) for item in claiming_sets(scenario)):
        return True
    bare = (item.spec for item in scenario.objects if isinstance(item, Pod))
    specs = (*controlled_specs(scenario), *daemon_specs(scenario), *bare)
    return any(claim_names(spec) and not spec.scheduling_gates and not spec.node_name for spec in specs)
