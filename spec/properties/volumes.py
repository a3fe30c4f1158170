"""Properties of claims and volumes (invariants 32, 54)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from ..control_plane.apiserver.pod_strategy import POD_SCHEDULED
from ..control_plane.scheduler.filters.volume_binding import in_reach
from ..kinds import CLAIM_DELETION, NODE, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, StateProperty, suspended, violated
from ..language.query import DISTINCT, ONLY, Query, no_parameter
from ..language.scenario import Scenario
from ..objects.conditions import condition_is_true
from ..objects.node import Node
from ..objects.pod import Pod, is_terminal
from ..objects.stateful_set import DELETE, ClaimRetention, StatefulSet
from ..objects.storage import PersistentVolume, PersistentVolumeClaim, Storage, claim_names
from .assumptions import disturbed, seen
from .claims_followed import claiming_sets, made_claims


@attrs.frozen(cache_hash=True)
class Placed:
    """A pod on a node, with the claims that it uses, and whether the scheduler put it there."""

    namespace: str
    node: str
    claims: tuple[str, ...]
    scheduled: bool


def _placed(pod: Pod | None) -> Placed | None:
    if pod is None or is_terminal(pod) or not pod.spec.node_name or not claim_names(pod.spec):
        return None
    scheduled = condition_is_true(pod.status.conditions, POD_SCHEDULED)
    return Placed(pod.metadata.namespace, pod.spec.node_name, claim_names(pod.spec), scheduled)


def _mine(key: Placed, claim: PersistentVolumeClaim | None) -> PersistentVolumeClaim | None:
    used = claim is not None and claim.metadata.namespace == key.namespace and claim.metadata.name in key.claims
    return claim if used else None


def _node(key: Placed, node: Node | None) -> Node | None:
    return node if node is not None and node.metadata.name == key.node else None


def _volume(_parameter: None, volume: PersistentVolume | None) -> PersistentVolume | None:
    return volume


def _reached(
    key: Placed, claims: tuple[PersistentVolumeClaim, ...], volumes: tuple[PersistentVolume, ...], node: Node | None
) -> Finding:
    bound = [claim for claim in claims if claim.bound]
    if not bound or node is None:
        return IDLE
    storage = Storage(volumes)
    for claim in bound:
        volume = storage.volume(claim.volume_name)
        if volume is not None and not in_reach(volume, node):
            problem = f"a pod is on {key.node}, which does not reach the volume of its claim {claim.metadata.name}"
            return violated(problem) if key.scheduled else suspended(f"{problem}; it was created with that nodeName")
    return HOLDS


VOLUME_TOPOLOGY_RESPECTED = StateProperty(
    name="volume-topology-respected",
    statement="a pod that has a node is where the volumes of its claims can be reached",
    key=Key(POD, ("object",), _placed),
    queries={
        "claims": Query(PERSISTENT_VOLUME_CLAIM, ("object",), _mine, DISTINCT),
        "volumes": Query(PERSISTENT_VOLUME, ("object",), _volume, DISTINCT, no_parameter),
        "node": Query(NODE, ("object",), _node, ONLY),
    },
    judge=_reached,
    reference="invariants 32",
    assumes="the scheduler puts the pod there",
    advice="let the storage class bind with WaitForFirstConsumer, so that the volume is where the pod can run",
)


def _lost(removals: int, claim: PersistentVolumeClaim | None) -> bool:
    return bool(removals) or (claim is not None and claim.metadata.terminating)


def _policies(sets: Iterable[StatefulSet], name: str) -> tuple[ClaimRetention, ...]:
    """The retention policies that the set of a claim has, or had."""
    versions = tuple(sets)
    mine = {item.metadata.name for item in versions if name in made_claims((item,))}
    return tuple(it.spec.persistent_volume_claim_retention_policy for it in versions if it.metadata.name in mine)


def _kept(name: str, *, excused: str, by_user: tuple[str, ...], gone: bool) -> Finding:
    if not gone:
        return HOLDS
    if by_user:
        return suspended(disturbed(by_user))
    return IDLE if excused else violated(f"claim {name} is deleted, and what its volume held with it")


@attrs.frozen(cache_hash=True)
class KeptClaim:
    """A claim that a StatefulSet has made, and whether it is on its way out, or was replaced."""

    name: str
    gone: bool


def _of_sets(names: frozenset[str]) -> Any:
    def view(name: str, claim: PersistentVolumeClaim | None, removals: int) -> KeptClaim | None:
        if name not in names or (claim is None and not removals):
            return None
        return KeptClaim(name, _lost(removals, claim))

    return view


_USERS = seen(CLAIM_DELETION)
_FIELDS = ("name", "object", "removals")
_RETAINED = "claims of a StatefulSet outlive its pods, and itself, unless its retention policy says otherwise"


def retained_by_default(sets: tuple[StatefulSet, ...] = ()) -> StateProperty:
    """Claims stay under Retain. ``sets``: every version of every StatefulSet that there can be."""

    def judge(key: KeptClaim, deleted: tuple[str, ...]) -> Finding:
        policies = _policies(sets, key.name)
        deletes = any(DELETE in (policy.when_deleted, policy.when_scaled) for policy in policies)
        return _kept(key.name, excused="its policy" if deletes else "", by_user=deleted, gone=key.gone)

    return StateProperty(
        name="pvc-retained-by-default",
        statement=_RETAINED,
        key=Key(PERSISTENT_VOLUME_CLAIM, _FIELDS, _of_sets(made_claims(sets))),
        queries={"deleted": _USERS},
        judge=judge,
        reference="invariants 54",
        assumes="no user deletes a claim, nor its namespace",
        advice="look at who deleted the claim; its owners say with whom it goes",
    )


def keeps_its_data(sets: tuple[StatefulSet, ...] = ()) -> StateProperty:
    """Claims stay whatever the policy says. ``sets``: every version of every StatefulSet that there can be."""
    return StateProperty(
        name="statefulset-keeps-its-data",
        statement="no claim of a StatefulSet is ever deleted, so that no pod comes back to an empty volume",
        key=Key(PERSISTENT_VOLUME_CLAIM, _FIELDS, _of_sets(made_claims(sets))),
        queries={"deleted": _USERS},
        judge=lambda key, deleted: _kept(key.name, excused="", by_user=deleted, gone=key.gone),
        reference="invariants 54, without its assumption",
        assumes="no user deletes a claim, nor its namespace",
        advice="set persistentVolumeClaimRetentionPolicy to Retain, for scaling down above all",
    )


TAILORED: Mapping[str, Callable[[Scenario], StateProperty]] = {
    "pvc-retained-by-default": lambda scenario: retained_by_default(claiming_sets(scenario)),
    "statefulset-keeps-its-data": lambda scenario: keeps_its_data(claiming_sets(scenario)),
}
"""Properties that read the sets of the scenario, by name."""
