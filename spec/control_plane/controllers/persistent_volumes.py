"""The persistent volume controller: binds claims to volumes, and gives back volumes whose claims are gone.

Duty (controllers-cluster §12): a claim whose class binds at once takes the smallest volume that serves it, wherever
that is; one that waits for its pod takes what the scheduler has reserved for it, or had made. The volume is bound
first, with the claim's uid, then the claim: a crash between the two leaves a volume that only this claim can have.

Life of a claim: Pending -> (Selected, once the scheduler wants a volume made for a node) -> Bound -> Terminating ->
gone. Life of a volume: Available -> Reserved, by the scheduler or by who made it -> Bound -> Released, once its claim
is gone or is another one of the same name -> Retain: stays, and serves nobody; Delete: is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ...kinds import KUBE_CONTROLLER_MANAGER, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, process_runs
from ...language.component import Component, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Call, Chosen, Step
from ...language.query import ANY, DISTINCT, Query, Read
from ...language.request import ApiCall, DeleteOptions, Preconditions, Verb
from ...objects.metadata import Uid
from ...objects.storage import (
    BOUND,
    DELETE,
    RELEASED,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    StorageClass,
)
from ..scheduler.filters.volume_binding import serves
from .persistent_volume_binding import binds_at_once, bound

NAME = "persistentvolume-controller"


@attrs.frozen(cache_hash=True)
class BindVolume:
    """The edit that gives a volume to a claim; ``complete``: the volume is Bound, not only reserved."""

    claim: tuple[str, str]
    uid: Uid | None
    complete: bool = True

    def __call__(self, stored: PersistentVolume, /) -> PersistentVolume:
        """The volume with the claim."""
        phase = BOUND if self.complete else stored.phase
        return attrs.evolve(stored, claim=self.claim, claim_uid=self.uid, phase=phase)


@attrs.frozen(cache_hash=True)
class BindClaim:
    """The edit that completes the binding of a claim."""

    volume: PersistentVolume

    def __call__(self, stored: PersistentVolumeClaim, /) -> PersistentVolumeClaim:
        """The claim with its volume."""
        return bound(stored, self.volume)


@attrs.frozen(cache_hash=True)
class Release:
    """The edit of a volume whose claim is gone."""

    def __call__(self, stored: PersistentVolume, /) -> PersistentVolume:
        """The volume, Released: it still names the claim that it had."""
        return attrs.evolve(stored, phase=RELEASED)


def _key(claim: PersistentVolumeClaim) -> tuple[str, str]:
    return claim.metadata.namespace, claim.metadata.name


def _served_by(claim: PersistentVolumeClaim, volume: PersistentVolume | None) -> PersistentVolume | None:
    """A volume that the claim can have; a claim that names its volume can have that one alone."""
    if volume is None or volume.metadata.terminating or volume.phase == RELEASED:
        return None
    if claim.volume_name:
        free = volume.claim is None or (volume.claim == _key(claim) and volume.claim_uid in (None, claim.metadata.uid))
        return volume if volume.metadata.name == claim.volume_name and free else None
    return volume if serves(volume, claim) else None


def candidates(
    claim: PersistentVolumeClaim, volumes: Iterable[PersistentVolume], storage: Storage
) -> tuple[PersistentVolume, ...]:
    """The volumes of which the claim may take any: what is reserved for it; else, if it binds at once, the smallest.

    Of several that are as small, which one is tried first is not said: each may be.
    """
    found = tuple(volumes)
    reserved = tuple(volume for volume in found if volume.claim is not None)
    if reserved or not (claim.volume_name or binds_at_once(claim, storage)):
        return reserved
    least = min((volume.capacity for volume in found), default=0)
    return tuple(volume for volume in found if volume.capacity == least)


def _unbound(claim: PersistentVolumeClaim | None) -> PersistentVolumeClaim | None:
    return claim if claim is not None and not claim.bound else None


def bind_rule(classes: tuple[StorageClass, ...]) -> Rule:
    """The rule that binds a claim. ``classes``: the storage classes of the cluster."""
    storage = Storage(classes=classes)

    def decide(key: PersistentVolumeClaim, volumes: tuple[PersistentVolume, ...]) -> Iterable[Alternative]:
        for volume in candidates(key, volumes, storage):
            plan: list[Step] = []
            given = attrs.evolve(volume, claim=_key(key), claim_uid=key.metadata.uid, phase=BOUND)
            if given != volume:
                edit = BindVolume(_key(key), key.metadata.uid)
                update = ApiCall(Verb.UPDATE, PERSISTENT_VOLUME, edit, preconditions=Preconditions(seen=volume))
                plan.append(Call(Chosen("volumes", volume), update))
            complete = ApiCall(
                Verb.UPDATE,
                PERSISTENT_VOLUME_CLAIM,
                BindClaim(given),
                preconditions=Preconditions(uid=key.metadata.uid),
            )
            plan.append(Call(KEY, complete))
            yield Alternative(tuple(plan), f"volume {volume.metadata.name} serves claim {key.metadata.name}")

    return Rule(
        name="bind claim",
        key=Key(PERSISTENT_VOLUME_CLAIM, ("object",), _unbound),
        queries={"volumes": Query(PERSISTENT_VOLUME, ("object",), _served_by, DISTINCT)},
        decide=decide,
        several_requests=True,
        reference="controllers-cluster §12",
        meaning="gives a claim the smallest volume that serves it, or the one that is reserved for it: both ways",
    )


def _claimed(volume: PersistentVolume | None) -> PersistentVolume | None:
    if volume is None or volume.claim_uid is None or volume.phase == RELEASED:
        return None
    return volume


def _claimant(volume: PersistentVolume, claim: PersistentVolumeClaim | None) -> bool | None:
    same = claim is not None and _key(claim) == volume.claim and claim.metadata.uid == volume.claim_uid
    return True if same else None


def _release(key: PersistentVolume, claimed: bool) -> Iterable[Alternative]:
    if not claimed:
        update = ApiCall(Verb.UPDATE, PERSISTENT_VOLUME, Release(), preconditions=Preconditions(seen=key))
        assert key.claim is not None
        yield Alternative((Call(KEY, update),), f"claim {key.claim[1]} of volume {key.metadata.name} is gone")


RELEASE = Rule(
    name="release volume",
    key=Key(PERSISTENT_VOLUME, ("object",), _claimed),
    queries={"claimed": Query(PERSISTENT_VOLUME_CLAIM, ("object",), _claimant, ANY, read=Read.QUORUM)},
    decide=_release,
    reference="controllers-cluster §12",
    meaning="a volume whose claim has vanished is Released; a new claim of the same name does not get it",
)


def _reclaimed(volume: PersistentVolume | None) -> str | None:
    if volume is None or volume.phase != RELEASED or volume.reclaim_policy != DELETE or volume.metadata.terminating:
        return None
    return volume.metadata.name


def _reclaim(name: str) -> Iterable[Alternative]:
    delete = ApiCall(Verb.DELETE, PERSISTENT_VOLUME, DeleteOptions())
    yield Alternative((Call(KEY, delete),), f"volume {name} is Released, and its reclaim policy is Delete")


RECLAIM = Rule(
    name="reclaim volume",
    key=Key(PERSISTENT_VOLUME, ("object",), _reclaimed),
    decide=_reclaim,
    reference="controllers-cluster §12",
    meaning="deletes a Released volume, and what is on it, where its reclaim policy says so",
)


def component(classes: tuple[StorageClass, ...]) -> Component:
    """The controller. ``classes``: the storage classes of the cluster."""
    return Component(
        name=NAME,
        rules=(bind_rule(classes), RELEASE, RECLAIM),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        duty="binds claims to volumes, and gives back the volumes of claims that are gone",
        reference="controllers-cluster §12",
    )


def _claim_state(claim: PersistentVolumeClaim | None) -> str:
    if claim is None:
        return "Absent"
    if claim.metadata.terminating:
        return "Terminating"
    if claim.bound:
        return "Bound"
    return "Selected" if claim.selected_node else "Pending"


_CLAIM_STATES = {
    "Absent": "no such claim",
    "Pending": "has no volume",
    "Selected": "has no volume; the scheduler wants one made for a node",
    "Bound": "has its volume",
    "Terminating": "is being deleted; a pod that uses it holds it",
}

PROTECTION = "pvc-protection-controller"

CLAIM_MACHINE = Machine(
    name="persistent volume claim",
    kind=PERSISTENT_VOLUME_CLAIM,
    fields=("object",),
    states=states_by(_claim_state, _CLAIM_STATES),
    initial="Absent",
    arrows=(
        Arrow("create", "Absent", "Pending", "statefulset-controller", "controllers-workloads §3"),
        Arrow("select node", "Pending", "Selected", "kube-scheduler", "kube-scheduler §3.9"),
        Arrow("selected node is gone", "Selected", "Pending", "external-provisioner", "controllers-cluster §12"),
        *(Arrow("bind", state, "Bound", NAME, "controllers-cluster §12") for state in ("Pending", "Selected")),
        *(
            Arrow("delete", state, "Terminating", "user", "kube-apiserver §4")
            for state in ("Pending", "Selected", "Bound")
        ),
        *(
            Arrow("delete", state, "Terminating", "garbage-collector", "controllers-cluster §6")
            for state in ("Pending", "Selected", "Bound")
        ),
        *(
            Arrow("delete", state, "Terminating", "namespace-controller", "controllers-cluster §5")
            for state in ("Pending", "Selected", "Bound")
        ),
        Arrow("no pod uses it", "Terminating", "Absent", PROTECTION, "controllers-cluster §12"),
    ),
    meaning="a claim on storage",
    reference="controllers-cluster §12",
)


def _volume_state(volume: PersistentVolume | None) -> str:
    if volume is None:
        return "Absent"
    if volume.metadata.terminating:
        return "Terminating"
    if volume.phase in (RELEASED, BOUND):
        return volume.phase
    return "Reserved" if volume.claim is not None else "Available"


_VOLUME_STATES = {
    "Absent": "no such volume",
    "Available": "free",
    "Reserved": "names a claim that it is for, and is not bound to it yet",
    "Bound": "is a claim's",
    "Released": "its claim is gone; it serves no other",
    "Terminating": "is being deleted",
}

VOLUME_MACHINE = Machine(
    name="persistent volume",
    kind=PERSISTENT_VOLUME,
    fields=("object",),
    states=states_by(_volume_state, _VOLUME_STATES),
    initial="Absent",
    arrows=(
        Arrow("provision", "Absent", "Reserved", "external-provisioner", "controllers-cluster §12"),
        Arrow("reserve", "Available", "Reserved", "kube-scheduler", "kube-scheduler §3.9"),
        *(Arrow("bind", state, "Bound", NAME, "controllers-cluster §12") for state in ("Available", "Reserved")),
        *(Arrow("release", state, "Released", NAME, "controllers-cluster §12") for state in ("Reserved", "Bound")),
        Arrow("reclaim", "Released", "Terminating", NAME, "controllers-cluster §12"),
        Arrow("nothing is bound to it", "Terminating", "Absent", "pv-protection-controller", "controllers-cluster §12"),
    ),
    meaning="a volume that claims can have",
    reference="controllers-cluster §12",
)
