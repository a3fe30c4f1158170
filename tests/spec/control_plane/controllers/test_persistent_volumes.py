"""Which volume a claim is bound to, when volumes are given back, and what holds claims and volumes."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.spec.control_plane.apiserver.admission import AdmissionReads, admit
from kubemodel.spec.control_plane.controllers.persistent_volumes import RECLAIM, RELEASE, bind_rule, candidates
from kubemodel.spec.control_plane.controllers.volume_protection import CLAIM, VOLUME, uses
from kubemodel.spec.kinds import PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM
from kubemodel.spec.language.plan import Call
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.plain_data import freeze
from kubemodel.spec.objects.pod import FAILED, Pod, PodSpec, PodStatus
from kubemodel.spec.objects.storage import (
    BOUND,
    DELETE,
    IMMEDIATE,
    PV_PROTECTION,
    PVC_PROTECTION,
    RELEASED,
    WAIT_FOR_FIRST_CONSUMER,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    StorageClass,
)

CLASSES = (
    StorageClass(ObjectMeta("at-once", ""), "disks.example", IMMEDIATE),
    StorageClass(ObjectMeta("waits", ""), "disks.example", WAIT_FOR_FIRST_CONSUMER),
)
STORAGE = Storage(classes=CLASSES)
NAME = ("default", "data")


def volume(name: str, size: int = 1, of: str = "at-once", **more: object) -> PersistentVolume:
    return attrs.evolve(PersistentVolume(ObjectMeta(name, ""), of, size), **more)


def claim(of: str = "at-once", **more: object) -> PersistentVolumeClaim:
    return attrs.evolve(PersistentVolumeClaim(ObjectMeta("data", uid=2), of, request=1), **more)


def test_a_claim_takes_any_of_the_smallest_volumes() -> None:
    found = candidates(claim(), [volume("a", 2), volume("b"), volume("c")], STORAGE)
    assert [it.metadata.name for it in found] == ["b", "c"]


def test_what_is_reserved_for_a_claim_comes_before_what_is_smaller() -> None:
    reserved = volume("a", 5, claim=NAME)
    assert candidates(claim(), [reserved, volume("b")], STORAGE) == (reserved,)


def test_a_claim_that_waits_for_its_pod_takes_only_what_is_reserved_for_it() -> None:
    assert candidates(claim("waits"), [volume("a", of="waits")], STORAGE) == ()
    reserved = volume("a", of="waits", claim=NAME, claim_uid=2)
    assert candidates(claim("waits"), [reserved], STORAGE) == (reserved,)


@pytest.mark.parametrize(
    ("found", "serves"),
    [
        (volume("a"), True),
        (volume("a", claim=NAME), True),
        (volume("a", claim=NAME, claim_uid=2), True),
        (volume("a", claim=NAME, claim_uid=1), False),
        (volume("a", claim=("default", "other")), False),
        (volume("a", claim=NAME, claim_uid=2, phase=RELEASED), False),
        (volume("a", size=0), False),
        (volume("a", of="waits"), False),
    ],
)
def test_which_volumes_serve_a_claim(found: PersistentVolume, serves: bool) -> None:
    query = bind_rule(CLASSES).queries["volumes"]
    assert (query.classify(claim(), found) is not None) is serves


def test_a_claim_that_names_its_volume_gets_no_other() -> None:
    query = bind_rule(CLASSES).queries["volumes"]
    wanted = claim(volume_name="b")
    assert query.classify(wanted, volume("a")) is None
    assert query.classify(wanted, volume("b", of="waits")) is not None


def test_the_volume_is_bound_before_the_claim() -> None:
    (found,) = bind_rule(CLASSES).decide(claim(), volumes=(volume("a"),))
    first, second = found.plan
    assert isinstance(first, Call) and isinstance(second, Call)
    given = first.request.body(volume("a"))
    assert (given.claim, given.claim_uid, given.phase) == (NAME, 2, BOUND)
    after = second.request.body(claim())
    assert (after.bound, after.volume_name, after.phase) == (True, "a", BOUND)
    assert [call.request.kind for call in (first, second)] == [PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM]


def test_a_crash_between_the_two_is_made_good() -> None:
    half = volume("a", claim=NAME, claim_uid=2, phase=BOUND)
    (found,) = bind_rule(CLASSES).decide(claim(), volumes=(half,))
    assert [step.request.kind for step in found.plan if isinstance(step, Call)] == [PERSISTENT_VOLUME_CLAIM]


@pytest.mark.parametrize(("uid", "same"), [(2, True), (3, None)])
def test_a_new_claim_of_the_same_name_does_not_keep_the_volume(uid: int, same: bool | None) -> None:
    held = volume("a", claim=NAME, claim_uid=2, phase=BOUND)
    new = attrs.evolve(claim(), metadata=ObjectMeta("data", uid=uid))
    assert RELEASE.queries["claimed"].classify(held, new) is same
    assert bool(list(RELEASE.decide(held, claimed=bool(same)))) is not bool(same)


@pytest.mark.parametrize(
    ("found", "due"),
    [
        (volume("a", phase=RELEASED, reclaim_policy=DELETE), "a"),
        (volume("a", phase=RELEASED), None),
        (volume("a", phase=BOUND, reclaim_policy=DELETE), None),
    ],
)
def test_a_released_volume_goes_only_where_its_policy_says_so(found: PersistentVolume, due: str | None) -> None:
    assert RECLAIM.key.view(found) == due


def _pod(node: str = "node-1", phase: str = "Running") -> Pod:
    volumes = freeze([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}])
    return Pod(ObjectMeta("db-0"), PodSpec(node_name=node, volumes=volumes), PodStatus(phase))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pod", "used"), [(_pod(), True), (_pod(node=""), None), (_pod(phase=FAILED), None), (None, None)]
)
def test_who_uses_a_claim(pod: Pod | None, used: bool | None) -> None:
    assert uses(NAME, pod) is used


def test_admission_protects_claims_and_volumes() -> None:
    new = admit(PersistentVolumeClaim(ObjectMeta("data")), AdmissionReads(default_storage_class="disks"))
    assert (new.storage_class_name, new.metadata.finalizers) == ("disks", (PVC_PROTECTION,))
    named = admit(PersistentVolumeClaim(ObjectMeta("data"), ""), AdmissionReads(default_storage_class="disks"))
    assert named.storage_class_name == ""
    assert admit(volume("a"), AdmissionReads()).metadata.finalizers == (PV_PROTECTION,)


def test_protection_ends_with_the_use() -> None:
    going = ObjectMeta("data", finalizers=(PVC_PROTECTION,), deletion_timestamp=0.0)
    key = CLAIM.key.view(claim(metadata=going))
    assert key == NAME
    assert list(CLAIM.decide(key, used=True)) == []
    (found,) = CLAIM.decide(key, used=False)
    (call,) = found.plan
    assert isinstance(call, Call)
    assert call.request.body(claim(metadata=going)).metadata.finalizers == ()


def test_a_bound_volume_is_held() -> None:
    going = ObjectMeta("a", "", finalizers=(PV_PROTECTION,), deletion_timestamp=0.0)
    assert VOLUME.key.view(volume("a", metadata=going, phase=BOUND)) is None
    assert VOLUME.key.view(volume("a", metadata=going, phase=RELEASED)) == ("", "a")
