from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.controllers.persistent_volume_binding import bound_at_once
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.storage import (
    IMMEDIATE,
    NO_PROVISIONER,
    WAIT_FOR_FIRST_CONSUMER,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    StorageClass,
)

CLASSES = (
    StorageClass(ObjectMeta(name="at-once", namespace=""), NO_PROVISIONER, IMMEDIATE),
    StorageClass(ObjectMeta(name="made", namespace=""), "disks.example", IMMEDIATE),
    StorageClass(ObjectMeta(name="waits", namespace=""), "disks.example", WAIT_FOR_FIRST_CONSUMER),
)


def volume(number: int, size: int) -> PersistentVolume:
    return PersistentVolume(ObjectMeta(name=f"v{number}", namespace=""), "at-once", size)


def claim(number: int, size: int, class_name: str = "at-once") -> PersistentVolumeClaim:
    return PersistentVolumeClaim(ObjectMeta(name=f"c{number}"), class_name, request=size)


def storage(volumes: list[int], claims: list[int]) -> Storage:
    return Storage(
        tuple(volume(number, size) for number, size in enumerate(volumes)),
        tuple(claim(number, size) for number, size in enumerate(claims)),
        CLASSES,
    )


SIZES = st.lists(st.integers(1, 5), max_size=5)


@given(SIZES, SIZES)
def test_each_claim_gets_a_volume_of_its_own_that_is_large_enough(volumes: list[int], claims: list[int]) -> None:
    found = bound_at_once(storage(volumes, claims))
    taken = [it.volume_name for it in found.claims if it.bound]
    assert len(taken) == len(set(taken))
    for it in found.claims:
        chosen = found.volume(it.volume_name) if it.bound else None
        assert chosen is None or (chosen.capacity >= it.request and chosen.claim == ("default", it.metadata.name))


@given(SIZES, SIZES)
def test_a_claim_stays_without_volume_only_where_none_is_left_for_it(volumes: list[int], claims: list[int]) -> None:
    found = bound_at_once(storage(volumes, claims))
    left = max((it.capacity for it in found.volumes if it.claim is None), default=0)
    assert all(it.bound or it.request > left for it in found.claims)


def test_the_smallest_volume_that_serves_is_taken() -> None:
    assert bound_at_once(storage([5, 3, 1], [2])).claims[0].volume_name == "v1"


def test_a_volume_is_made_where_the_class_says_how() -> None:
    found = bound_at_once(Storage((), (claim(0, 2, "made"),), CLASSES))
    assert found.claims[0].bound
    made = found.volume(found.claims[0].volume_name)
    assert made is not None
    assert (made.capacity, made.node_affinity) == (2, None)


def test_claims_that_wait_for_a_pod_stay_as_they_are() -> None:
    waiting = Storage((volume(0, 5),), (claim(0, 2, "waits"),), CLASSES)
    assert bound_at_once(waiting) == waiting
