"""The external provisioner: makes a volume for a claim that none serves, as its storage class says.

Not a part of Kubernetes: a storage driver brings it. Duty (controllers-cluster §12, dynamic provisioning): a claim that
binds at once gets a volume in any of the topologies that its class allows, for nobody knows yet where its pod can run;
one that waits for its pod gets one that the node can reach which the scheduler has selected. The volume names the claim
that it is for, with its uid. Where the selected node is gone, the claim is given back to the scheduler.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import attrs

from ..control_plane.controllers.persistent_volume_binding import binds_at_once
from ..control_plane.scheduler.filters.volume_binding import serves
from ..kinds import NODE, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM
from ..language.component import Component, Key, Rule
from ..language.plan import KEY, Alternative, Call, New
from ..language.query import ANY, ONLY, Query, Read
from ..language.request import ApiCall, Verb
from ..objects.metadata import ObjectMeta
from ..objects.node import Node
from ..objects.selectors import NodeSelector, NodeSelectorTerm, Requirement
from ..objects.storage import (
    NO_PROVISIONER,
    SELECTED_NODE,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    StorageClass,
)

NAME = "external-provisioner"


@attrs.frozen(cache_hash=True)
class GiveBack:
    """The edit of a claim whose selected node is gone."""

    def __call__(self, stored: PersistentVolumeClaim, /) -> PersistentVolumeClaim:
        """The claim, for which no node is selected."""
        annotations = stored.metadata.annotations.delete(SELECTED_NODE)
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, annotations=annotations))


def topologies(storage_class: StorageClass, node: Node | None = None) -> tuple[NodeSelector | None, ...]:
    """Where a volume of the class may be: one value of each key. None: in reach of every node.

    ``node``: one that must reach it.
    """
    terms = storage_class.allowed_topologies
    if not terms:
        return (None,)
    found = (
        NodeSelectorTerm(tuple(Requirement(it.key, "In", (value,)) for it, value in zip(wanted, values, strict=True)))
        for wanted in (term.match_expressions for term in terms)
        for values in product(*(it.values for it in wanted))
    )
    labels = None if node is None else node.metadata.labels
    return tuple(
        NodeSelector((term,))
        for term in dict.fromkeys(found)
        if node is None or term.matches(node.metadata.name, labels or {})
    )


def new_volume(
    claim: PersistentVolumeClaim, storage_class: StorageClass, where: NodeSelector | None
) -> PersistentVolume:
    """The volume that is made for a claim; it is called after the claim's incarnation."""
    name = f"pvc-{claim.metadata.name}-{claim.metadata.uid}"
    return PersistentVolume(
        ObjectMeta(name=name, namespace=""),
        storage_class.metadata.name,
        claim.request,
        claim.access_modes,
        where,
        claim=(claim.metadata.namespace, claim.metadata.name),
        claim_uid=claim.metadata.uid,
        reclaim_policy=storage_class.reclaim_policy,
    )


def _serving(claim: PersistentVolumeClaim, volume: PersistentVolume | None) -> bool | None:
    return True if volume is not None and serves(volume, claim) else None


def _selected(claim: PersistentVolumeClaim, node: Node | None) -> Node | None:
    if node is None or node.metadata.name != claim.selected_node:
        return None
    return Node(ObjectMeta(name=node.metadata.name, namespace="", labels=node.metadata.labels))


_NODE = Query(NODE, ("object",), _selected, ONLY, read=Read.QUORUM)
_SERVED = Query(PERSISTENT_VOLUME, ("object",), _serving, ANY, read=Read.QUORUM)


def _rule(classes: tuple[StorageClass, ...]) -> Rule:
    storage = Storage(classes=classes)

    def unserved(claim: PersistentVolumeClaim | None) -> PersistentVolumeClaim | None:
        if claim is None or claim.volume_name or claim.metadata.terminating:
            return None
        found = storage.storage_class(claim.storage_class_name)
        if found is None or found.provisioner in ("", NO_PROVISIONER):
            return None
        return claim if claim.selected_node or binds_at_once(claim, storage) else None

    def decide(key: PersistentVolumeClaim, node: Node | None, served: bool) -> Iterable[Alternative]:
        found = storage.storage_class(key.storage_class_name)
        if served or found is None or (key.selected_node and node is None):
            return
        for where in topologies(found, node):
            volume = new_volume(key, found, where)
            create = ApiCall(Verb.CREATE, PERSISTENT_VOLUME, volume)
            place = _place(where)
            yield Alternative((Call(New(PERSISTENT_VOLUME), create),), f"no volume serves {key.metadata.name}{place}")

    return Rule(
        name="provision volume",
        key=Key(PERSISTENT_VOLUME_CLAIM, ("object",), unserved),
        queries={"node": _NODE, "served": _SERVED},
        decide=decide,
        reference="controllers-cluster §12",
        meaning="makes a volume for a claim that no volume serves, where the selected node reaches it, or anywhere",
    )


def _place(where: NodeSelector | None) -> str:
    if where is None:
        return ""
    found = (it for term in where.node_selector_terms for it in term.match_expressions)
    return "; made where " + ", ".join(f"{it.key} is {it.values[0]}" for it in found)


def _waits_for_node(claim: PersistentVolumeClaim | None) -> PersistentVolumeClaim | None:
    waits = claim is not None and claim.selected_node and not claim.volume_name and not claim.metadata.terminating
    return claim if waits else None


def _give_back(key: PersistentVolumeClaim, node: Node | None, served: bool) -> Iterable[Alternative]:
    if node is None and not served:
        patch = ApiCall(Verb.PATCH, PERSISTENT_VOLUME_CLAIM, GiveBack())
        yield Alternative((Call(KEY, patch),), f"node {key.selected_node} is gone")


GIVE_BACK = Rule(
    name="give claim back",
    key=Key(PERSISTENT_VOLUME_CLAIM, ("object",), _waits_for_node),
    queries={"node": _NODE, "served": _SERVED},
    decide=_give_back,
    reference="controllers-cluster §12",
    meaning="a claim whose selected node is gone waits for the scheduler again",
)


def component(classes: tuple[StorageClass, ...]) -> Component:
    """The provisioner of all classes that have one."""
    return Component(
        name=NAME,
        rules=(_rule(classes), GIVE_BACK),
        place="addons",
        duty="makes volumes for claims that none serves",
        reference="controllers-cluster §12",
    )
