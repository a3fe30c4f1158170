"""The claims of a StatefulSet's pods: which are missing, who owns them, what becomes of them.

Source: controllers-workloads §3.

Each pod gets a claim of each template, called after template, set and ordinal, before it is created. The claim stays
when its pod goes. Who owns it follows the retention policy: under ``whenDeleted: Delete`` the set, so that it goes with
the set; under ``whenScaled: Delete`` the pod, once its ordinal is not wanted any more, so that it goes with the pod.
Until it has gone, its ordinal gets no new pod (pkg/controller/statefulset, PodClaimIsStale).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import count

import attrs
from frozendict import frozendict

from ...objects.decoding_storage import decode_persistent_volume_claim
from ...objects.metadata import ObjectMeta, OwnerReference, Uid
from ...objects.pod import Pod
from ...objects.stateful_set import DELETE, StatefulSet, StatefulSetSpec
from ...objects.storage import PersistentVolume, PersistentVolumeClaim
from .statefulset_identity import claims, parent_and_ordinal, pod_name


@attrs.frozen(cache_hash=True)
class SeenClaim:
    """What the controller reads of a claim: whether it is being deleted, and which of set and pod own it, by uid."""

    name: str
    ordinal: int
    terminating: bool = False
    owners: tuple[tuple[str, Uid | None], ...] = ()


@attrs.frozen(cache_hash=True)
class ClaimOwner:
    """The incarnation of a pod that claims name as their owner: another one of its name must not have its uid."""

    uid: Uid | None


def wanted_owners(stateful_set: StatefulSet, ordinal: int, pod_uid: Uid | None) -> tuple[tuple[str, Uid | None], ...]:
    """Who is to own the claims of one ordinal, as (kind, uid): by policy, and by whether the ordinal is wanted."""
    spec = stateful_set.spec
    policy = spec.persistent_volume_claim_retention_policy
    wanted = spec.start <= ordinal < spec.start + spec.replicas
    if policy.when_scaled == DELETE and not wanted:
        return ((Pod.kind, pod_uid),)
    return ((StatefulSet.kind, stateful_set.metadata.uid),) if policy.when_deleted == DELETE else ()


def seen_claim(stateful_set: StatefulSet, claim: PersistentVolumeClaim | None) -> SeenClaim | None:
    """What is read of a claim that one of the set's ordinals has; None for every other claim."""
    meta = stateful_set.metadata
    if claim is None or claim.metadata.namespace != meta.namespace:
        return None
    base, ordinal = parent_and_ordinal(claim.metadata.name)
    bases = {f"{it.metadata.name}-{meta.name}" for it in stateful_set.spec.volume_claim_templates}
    if ordinal < 0 or base not in bases:
        return None
    mine = ((StatefulSet.kind, meta.name), (Pod.kind, pod_name(meta.name, ordinal)))
    owners = ((it.kind, it.uid) for it in claim.metadata.owner_references if (it.kind, it.name) in mine)
    return SeenClaim(claim.metadata.name, ordinal, claim.metadata.terminating, tuple(sorted(owners, key=str)))


def held_uid(stateful_set: StatefulSet, volume: PersistentVolume | None) -> tuple[str, Uid] | None:
    """The claim of the set, and its uid, that a volume refers to."""
    if volume is None or volume.claim is None or volume.claim_uid is None:
        return None
    namespace, name = volume.claim
    return (name, volume.claim_uid) if namespace == stateful_set.metadata.namespace else None


@attrs.frozen
class Claims:
    """The claims of a set's pods as one sync sees them. ``held``: (name, uid) that volumes refer to."""

    stateful_set: StatefulSet
    found: tuple[SeenClaim, ...] = ()
    held: tuple[tuple[str, Uid], ...] = ()

    def _of(self, ordinal: int) -> list[SeenClaim]:
        return [claim for claim in self.found if claim.ordinal == ordinal]

    def missing(self, ordinal: int) -> tuple[str, ...]:
        """The names of the claims that the ordinal still needs."""
        there = {claim.name for claim in self.found}
        return tuple(name for name in claims(self.stateful_set, ordinal) if name not in there)

    def hold_up(self, ordinal: int) -> str:
        """Why the ordinal can get no pod now; "" if it can.

        A claim that is being deleted must have gone; so must one that its former pod owns, for it is about to go.
        """
        stale = self.stateful_set.spec.persistent_volume_claim_retention_policy.when_scaled == DELETE
        for claim in self._of(ordinal):
            if claim.terminating:
                return f"claim {claim.name} is being deleted"
            if stale and any(kind == Pod.kind for kind, _ in claim.owners):
                return f"claim {claim.name} goes with its former pod"
        return ""

    def misowned(self, ordinal: int, pod_uid: Uid | None) -> tuple[str, ...]:
        """The names of the claims of the ordinal whose owners are not those that the policy asks for."""
        wanted = wanted_owners(self.stateful_set, ordinal, pod_uid)
        return tuple(claim.name for claim in self._of(ordinal) if claim.owners != wanted)

    def uid(self, name: str) -> int:
        """The uid of a new claim: the lowest that no volume still knows."""
        used = {uid for held, uid in self.held if held == name}
        return next(number for number in count(1) if number not in used)


@lru_cache(maxsize=4096)
def new_claim(stateful_set: StatefulSet, name: str, uid: Uid) -> PersistentVolumeClaim:
    """The claim that the controller posts: of the template, with the labels of the set's selector."""
    spec, ordinal = stateful_set.spec, parent_and_ordinal(name)[1]
    template = next(
        it for it in spec.volume_claim_templates if name == f"{it.metadata.name}-{stateful_set.metadata.name}-{ordinal}"
    )
    selected = spec.selector.match_labels if spec.selector is not None else frozendict()
    claim = decode_persistent_volume_claim({"spec": template.spec})
    metadata = ObjectMeta(
        name=name,
        namespace=stateful_set.metadata.namespace,
        uid=uid,
        labels=frozendict(template.metadata.labels | selected),
        annotations=template.metadata.annotations,
    )
    return attrs.evolve(claim, metadata=metadata)


@attrs.frozen(cache_hash=True)
class OwnClaim:
    """The edit that gives a claim the owners that the retention policy asks for, as (kind, name) -> uid."""

    candidates: tuple[tuple[str, str], ...]
    owners: tuple[tuple[str, str, Uid | None], ...]

    def __call__(self, stored: PersistentVolumeClaim, /) -> PersistentVolumeClaim:
        """The claim with these owners in place of whichever of the candidates owned it."""
        references = stored.metadata.owner_references
        others = tuple(it for it in references if (it.kind, it.name) not in self.candidates)
        mine = tuple(OwnerReference(kind, name, uid) for kind, name, uid in self.owners)
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, owner_references=(*others, *mine)))


def own_claim(stateful_set: StatefulSet, ordinal: int, pod_uid: Uid | None) -> OwnClaim:
    """The edit for the claims of one ordinal."""
    names: Mapping[str, str] = {
        StatefulSet.kind: stateful_set.metadata.name,
        Pod.kind: pod_name(stateful_set.metadata.name, ordinal),
    }
    wanted = wanted_owners(stateful_set, ordinal, pod_uid)
    return OwnClaim(tuple(names.items()), tuple((kind, names[kind], uid) for kind, uid in wanted))


def needs_uid(spec: StatefulSetSpec) -> bool:
    """Whether it matters which incarnation of a pod it is: only that one takes its claims with it."""
    return spec.persistent_volume_claim_retention_policy.when_scaled == DELETE
