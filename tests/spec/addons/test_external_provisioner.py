"""Where volumes are made, and for whom."""

from __future__ import annotations

import attrs
from frozendict import frozendict
from kubemodel.spec.addons.external_provisioner import component, new_volume, topologies
from kubemodel.spec.language.plan import Call
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.selectors import NodeSelectorTerm, Requirement
from kubemodel.spec.objects.storage import (
    IMMEDIATE,
    NO_PROVISIONER,
    SELECTED_NODE,
    WAIT_FOR_FIRST_CONSUMER,
    PersistentVolumeClaim,
    StorageClass,
)

ZONE = "zone"
ZONES = (NodeSelectorTerm((Requirement(ZONE, "In", ("a", "b")),)),)
AT_ONCE = StorageClass(ObjectMeta("at-once", ""), "disks.example", IMMEDIATE, ZONES)
WAITS = attrs.evolve(AT_ONCE, metadata=ObjectMeta("waits", ""), volume_binding_mode=WAIT_FOR_FIRST_CONSUMER)
BY_HAND = attrs.evolve(AT_ONCE, metadata=ObjectMeta("by-hand", ""), provisioner=NO_PROVISIONER)
NODE = Node(ObjectMeta("node-b", "", labels=frozendict({ZONE: "b"})))
PROVISION, GIVE_BACK = component((AT_ONCE, WAITS, BY_HAND)).rules


def _claim(of: str, node: str = "") -> PersistentVolumeClaim:
    annotations = frozendict({SELECTED_NODE: node} if node else {})
    return PersistentVolumeClaim(ObjectMeta("data", uid=3, annotations=annotations), of, request=5)


def test_a_volume_is_made_in_any_allowed_zone_or_where_the_node_reaches_it() -> None:
    anywhere = topologies(AT_ONCE)
    assert [it is not None and it.matches("", {ZONE: "a"}) for it in anywhere] == [True, False]
    (there,) = topologies(WAITS, NODE)
    assert there is not None and there.matches("", {ZONE: "b"}) and not there.matches("", {ZONE: "a"})
    assert topologies(attrs.evolve(AT_ONCE, allowed_topologies=())) == (None,)


def test_a_claim_that_binds_at_once_may_get_its_volume_in_each_zone() -> None:
    claim = PROVISION.key.view(_claim("at-once"))
    assert len(list(PROVISION.decide(claim, node=None, served=False))) == 2
    assert list(PROVISION.decide(claim, node=None, served=True)) == []


def test_a_claim_that_waits_gets_one_only_for_the_selected_node() -> None:
    assert PROVISION.key.view(_claim("waits")) is None
    assert PROVISION.key.view(_claim("by-hand")) is None
    claim = PROVISION.key.view(_claim("waits", "node-b"))
    assert list(PROVISION.decide(claim, node=None, served=False)) == []
    (found,) = PROVISION.decide(claim, node=NODE, served=False)
    (call,) = found.plan
    assert isinstance(call, Call)
    assert call.request.body == new_volume(claim, WAITS, topologies(WAITS, NODE)[0])


def test_a_volume_is_reserved_for_the_incarnation_that_it_is_made_for() -> None:
    made = new_volume(_claim("at-once"), AT_ONCE, None)
    assert (made.claim, made.claim_uid, made.capacity, made.reclaim_policy) == (("default", "data"), 3, 5, "Delete")


def test_a_claim_is_given_back_where_its_node_is_gone() -> None:
    claim = GIVE_BACK.key.view(_claim("waits", "node-b"))
    assert list(GIVE_BACK.decide(claim, node=NODE, served=False)) == []
    assert list(GIVE_BACK.decide(claim, node=None, served=True)) == []
    (found,) = GIVE_BACK.decide(claim, node=None, served=False)
    (call,) = found.plan
    assert isinstance(call, Call)
    assert call.request.body(claim).selected_node == ""
