"""Whether a scenario follows where volumes are attached, which have to be, and who uses which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..control_plane.controllers.attach_detach import MANY_NODES, Claim
from ..control_plane.controllers.pod_garbage_collector import OUT_OF_SERVICE
from ..control_plane.controllers.statefulset_identity import claims as claims_of
from ..control_plane.controllers.statefulset_identity import pod_name
from ..environment.faults import CONTROL_PLANE_CUT, LINK_CUT, NODE_CRASH
from ..environment.users import Action, Delete, Edit, SetTaint
from ..kinds import NODE, POD
from ..language.scenario import Scenario
from ..node.node_shutdown import SHUTDOWN
from ..objects.pod import Pod
from ..objects.storage import NO_PROVISIONER, PersistentVolume, PersistentVolumeClaim, claim_names
from .claims_followed import claiming_sets, follows_claims
from .happenings import actions, controlled_specs, faults
from .storage_classes import classes

SWITCH, AT_ONCE = "attachments", "at-once"
"""The switch with which volumes are wherever their pods are, though a node may keep one."""


def _loses_node(action: Action) -> bool:
    if isinstance(action, Delete):
        return action.kind == NODE or (action.kind == POD and action.force)
    change = action.change if isinstance(action, Edit) else None
    return isinstance(change, SetTaint) and change.taint.key == OUT_OF_SERVICE


def _shared_by_replicas(scenario: Scenario) -> bool:
    """Whether a controller has pods of one claim: the next may start while the last one still has it."""
    of_sets = {id(version.spec.template.spec) for version in claiming_sets(scenario)}
    return any(claim_names(spec) and id(spec) not in of_sets for spec in controlled_specs(scenario))


def attachable(scenario: Scenario) -> Callable[[PersistentVolume], bool]:
    """Which volumes have to be attached: those of a CSI driver, and those of classes that have a provisioner."""
    provisioned = frozenset(it.metadata.name for it in classes(scenario) if it.provisioner not in ("", NO_PROVISIONER))
    return lambda volume: bool(volume.driver) or volume.storage_class_name in provisioned


def _some_attachable(scenario: Scenario) -> bool:
    given = any(item.driver for item in scenario.objects if isinstance(item, PersistentVolume))
    return given or any(it.provisioner not in ("", NO_PROVISIONER) for it in classes(scenario))


def follows_attachments(scenario: Scenario) -> bool:
    """Whether it is followed where volumes are attached: claims are followed, and a node may keep a volume."""
    if not follows_claims(scenario) or scenario.switches.get(SWITCH) == AT_ONCE or not _some_attachable(scenario):
        return False
    lost = faults(scenario, NODE_CRASH, SHUTDOWN, LINK_CUT, CONTROL_PLANE_CUT) or any(
        map(_loses_node, actions(scenario))
    )
    return lost or _shared_by_replicas(scenario)


def attaches_to_one_node(scenario: Scenario) -> bool:
    """Whether it is followed where volumes are attached that one node may have at a time."""
    given = (it for it in scenario.objects if isinstance(it, PersistentVolume | PersistentVolumeClaim))
    modes: list[Any] = [it.access_modes for it in given]
    for item in claiming_sets(scenario):
        modes += [template.spec.get("accessModes", ()) for template in item.spec.volume_claim_templates]
    return follows_attachments(scenario) and any(it and not MANY_NODES.intersection(it) for it in modes)


def claims_by_pod(scenario: Scenario) -> Mapping[str, frozenset[Claim]]:
    """The claims of each pod that has a name of its own, in all versions that there may be of it."""
    found: dict[str, set[Claim]] = {}
    for item in claiming_sets(scenario):
        spec, namespace = item.spec, item.metadata.namespace
        for ordinal in range(spec.start, spec.start + spec.replicas):
            names = (*claims_of(item, ordinal), *claim_names(spec.template.spec))
            found.setdefault(pod_name(item.metadata.name, ordinal), set()).update((namespace, it) for it in names)
    for item in scenario.objects:
        if isinstance(item, Pod):
            names = claim_names(item.spec)
            found.setdefault(item.metadata.name, set()).update((item.metadata.namespace, it) for it in names)
    return {name: frozenset(claims) for name, claims in found.items()}
