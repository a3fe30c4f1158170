"""What the scheduler does about the volumes of a pod between the choice of its node and its binding."""

from __future__ import annotations

import attrs
import pytest
from frozendict import frozendict
from kubemodel.spec.control_plane.scheduler.back_off import BackOff
from kubemodel.spec.control_plane.scheduler.filters.volume_binding import volume_binding, volumes_for
from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot
from kubemodel.spec.control_plane.scheduler.volumes import Waiting, reserve, volume_rules
from kubemodel.spec.language.plan import Call
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.plain_data import freeze
from kubemodel.spec.objects.pod import Pod, PodSpec
from kubemodel.spec.objects.selectors import NodeSelector, NodeSelectorTerm, Requirement
from kubemodel.spec.objects.storage import (
    BIND_COMPLETED,
    SELECTED_NODE,
    WAIT_FOR_FIRST_CONSUMER,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    StorageClass,
)

DISKS = StorageClass(ObjectMeta("disks", ""), "disks.example", WAIT_FOR_FIRST_CONSUMER)
NODES = tuple(Node(ObjectMeta(f"node-{zone}", "", labels=frozendict(zone=zone))) for zone in "ab")
POD = Pod(
    ObjectMeta("db-0"),
    PodSpec(volumes=freeze([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}])),  # type: ignore[arg-type]
)
ERRED = BackOff().erred
BIND, FORGET, TIME_OUT = volume_rules(ERRED)


def claim(volume: str = "", *, node: str = "", going: bool = False) -> PersistentVolumeClaim:
    told = {**({SELECTED_NODE: node} if node else {}), **({BIND_COMPLETED: "true"} if volume else {})}
    metadata = ObjectMeta("data", uid=1, annotations=frozendict(told), deletion_timestamp=0.0 if going else None)
    return PersistentVolumeClaim(metadata, "disks", volume, request=1)


def disk(zone: str, name: str = "disk", **more: object) -> PersistentVolume:
    affinity = NodeSelector((NodeSelectorTerm((Requirement("zone", "In", (zone,)),)),))
    return attrs.evolve(PersistentVolume(ObjectMeta(name, ""), "disks", 1, node_affinity=affinity), **more)


def storage(*volumes: PersistentVolume, of: PersistentVolumeClaim | None = None) -> Storage:
    return Storage(volumes, (of or claim(),), (DISKS,))


def test_a_free_volume_that_the_node_reaches_is_reserved() -> None:
    call = reserve(POD, NODES[0], storage(disk("a")), ERRED)[-1]
    assert isinstance(call, Call)
    reserved = call.request.body(disk("a"))
    assert (reserved.claim, reserved.claim_uid, reserved.phase) == (("default", "data"), 1, "Available")


def test_where_none_is_in_reach_one_is_asked_for() -> None:
    call = reserve(POD, NODES[1], storage(disk("a")), ERRED)[-1]
    assert isinstance(call, Call)
    assert call.request.body(claim()).selected_node == "node-b"


def test_a_pod_whose_claims_are_bound_waits_for_nothing() -> None:
    assert reserve(POD, NODES[0], storage(disk("a"), of=claim("disk")), ERRED) == ()


def test_a_volume_that_is_being_made_ties_its_pod_to_the_node() -> None:
    made = storage(of=claim(node="node-b"))
    assert volumes_for(made.claims, NODES[0], made) is None
    assert volumes_for(made.claims, NODES[1], made) == ((made.claims[0], None),)
    verdicts = [volume_binding(POD, node, Snapshot(NODES, storage=made)).feasible for node in NODES]
    assert verdicts == [False, True]


def test_a_claim_that_is_being_deleted_serves_nobody() -> None:
    snapshot = Snapshot(NODES, storage=storage(disk("a"), of=claim("disk", going=True)))
    assert not volume_binding(POD, NODES[0], snapshot).feasible


@pytest.mark.parametrize(
    ("found", "volumes", "does"),
    [
        (claim("disk"), (disk("a"),), "bind"),
        (claim("disk"), (disk("b"),), "forget"),
        (claim("disk"), (), "forget"),
        (claim(node="node-a"), (), "wait"),
        (claim(), (disk("a", claim=("default", "data")),), "wait"),
        (claim(node="node-b"), (), "forget"),
        (claim(), (), "forget"),
        (claim("disk", going=True), (disk("a"),), "forget"),
        (None, (), "forget"),
    ],
)
def test_what_becomes_of_a_pod_that_waits(
    found: PersistentVolumeClaim | None, volumes: tuple[PersistentVolume, ...], does: str
) -> None:
    key = Waiting("default", "node-a", ("data",))
    seen = {"nodes": tuple((node, 1) for node in NODES), "claims": (found,) if found else (), "volumes": volumes}
    done = {
        name for name, rule in (("bind", BIND), ("forget", FORGET), ("wait", TIME_OUT)) if [*rule.decide(key, **seen)]
    }
    assert done == {does}
