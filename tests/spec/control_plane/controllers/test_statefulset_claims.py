"""Which claims a StatefulSet makes, who owns them, and when an ordinal has to wait for one to go."""

from __future__ import annotations

import attrs
import pytest
from frozendict import frozendict
from kubemodel.spec.control_plane.controllers.statefulset_claims import (
    Claims,
    SeenClaim,
    new_claim,
    own_claim,
    seen_claim,
    wanted_owners,
)
from kubemodel.spec.control_plane.controllers.statefulset_decisions import CLAIM, CREATE, DELETE, OWN, StatefulPod, sync
from kubemodel.spec.control_plane.controllers.statefulset_requests import carry_out
from kubemodel.spec.language.plan import Call, Named
from kubemodel.spec.objects.metadata import ObjectMeta, OwnerReference
from kubemodel.spec.objects.pod import PENDING, PodTemplateSpec
from kubemodel.spec.objects.selectors import LabelSelector
from kubemodel.spec.objects.stateful_set import ClaimRetention, ClaimTemplate, StatefulSet, StatefulSetSpec

KEPT, WITH_SET, WITH_POD, WITH_BOTH = (
    ClaimRetention(),
    ClaimRetention(when_deleted="Delete"),
    ClaimRetention(when_scaled="Delete"),
    ClaimRetention("Delete", "Delete"),
)


def _set(replicas: int = 1, policy: ClaimRetention = KEPT) -> StatefulSet:
    template = ClaimTemplate(ObjectMeta("data"), frozendict(storageClassName="disks"))
    spec = StatefulSetSpec(
        replicas,
        selector=LabelSelector(frozendict(app="db")),
        volume_claim_templates=(template,),
        persistent_volume_claim_retention_policy=policy,
    )
    return StatefulSet(ObjectMeta("db", uid=7), spec)


def _seen(ordinal: int = 0, *owners: tuple[str, int], terminating: bool = False) -> SeenClaim:
    return SeenClaim(f"data-db-{ordinal}", ordinal, terminating, owners)


def _sync(stateful_set: StatefulSet, pods: list[StatefulPod], *claims: SeenClaim) -> list[tuple[str, int]]:
    found = sync(stateful_set.spec, 0, "1", "1", pods, Claims(stateful_set, claims))
    return [(action.what, action.ordinal) for action in found]


def _ready(ordinal: int, **more: object) -> StatefulPod:
    return attrs.evolve(StatefulPod(ordinal, "1", ready=True, available=True), **more)


@pytest.mark.parametrize(
    ("policy", "wanted", "unwanted"),
    [
        (KEPT, (), ()),
        (WITH_SET, (("StatefulSet", 7),), (("StatefulSet", 7),)),
        (WITH_POD, (), (("Pod", 3),)),
        (WITH_BOTH, (("StatefulSet", 7),), (("Pod", 3),)),
    ],
)
def test_who_owns_claims(policy: ClaimRetention, wanted: object, unwanted: object) -> None:
    assert wanted_owners(_set(1, policy), 0, 3) == wanted
    assert wanted_owners(_set(1, policy), 1, 3) == unwanted


def test_a_claim_is_made_before_its_pod_and_owned_after_it() -> None:
    stateful_set = _set(1, WITH_SET)
    actions = sync(stateful_set.spec, 0, "1", "1", [], Claims(stateful_set))
    plan = carry_out(stateful_set, {"1": PodTemplateSpec()}, actions, Claims(stateful_set))
    calls = [step for step in plan if isinstance(step, Call)]
    assert [(call.request.verb.value, call.target) for call in calls] == [
        ("create", Named("PersistentVolumeClaim", "data-db-0")),
        ("create", Named("Pod", "db-0")),
        ("update", Named("PersistentVolumeClaim", "data-db-0")),
    ]
    # What fails ends the action, so that no pod is made without its claims.
    assert all(then == () for call in calls for _, then in call.on)


def test_a_claim_has_the_labels_of_the_selector_and_what_its_template_asks_for() -> None:
    claim = new_claim(_set(), "data-db-0", 2)
    assert (claim.metadata.uid, dict(claim.metadata.labels), claim.storage_class_name) == (2, {"app": "db"}, "disks")


def test_a_claim_that_goes_holds_its_ordinal_up() -> None:
    assert _sync(_set(), [], _seen(terminating=True)) == []
    assert _sync(_set(1, WITH_POD), [], _seen(0, ("Pod", 1))) == []
    assert _sync(_set(1, KEPT), [], _seen(0, ("Pod", 1))) == [(CREATE, 0)]


def test_a_pending_pod_gets_its_missing_claim() -> None:
    pending = StatefulPod(0, "1", phase=PENDING)
    assert _sync(_set(), [pending]) == [(CLAIM, 0)]
    assert _sync(_set(), [pending], _seen()) == []


def test_claims_of_unwanted_ordinals_are_owned_before_pods_are_deleted() -> None:
    pods = [_ready(ordinal, uid=4) for ordinal in range(3)]
    claims = [_seen(ordinal) for ordinal in range(3)]
    assert _sync(_set(1, WITH_POD), pods, *claims) == [(OWN, 2), (OWN, 1), (DELETE, 2)]


def test_owners_are_put_right_where_the_policy_was_changed() -> None:
    assert _sync(_set(1, WITH_SET), [_ready(0)], _seen()) == [(OWN, 0)]
    assert _sync(_set(1, KEPT), [_ready(0)], _seen(0, ("StatefulSet", 7))) == [(OWN, 0)]
    assert _sync(_set(1, WITH_SET), [_ready(0)], _seen(0, ("StatefulSet", 7))) == []


def test_other_owners_of_a_claim_stay() -> None:
    mine, other = OwnerReference("StatefulSet", "db", 7), OwnerReference("Backup", "nightly", 1)
    claim = new_claim(_set(), "data-db-1", 1)
    owned = attrs.evolve(claim, metadata=attrs.evolve(claim.metadata, owner_references=(other, mine)))
    after = own_claim(_set(1, WITH_POD), 1, 3)(owned)
    assert after.metadata.owner_references == (other, OwnerReference("Pod", "db-1", 3))


def test_only_claims_of_the_sets_own_ordinals_are_seen() -> None:
    claim = new_claim(_set(), "data-db-0", 1)
    assert seen_claim(_set(), claim) == _seen()
    for name in ("data-db", "other-db-0", "data-dbs-0"):
        assert seen_claim(_set(), attrs.evolve(claim, metadata=ObjectMeta(name))) is None
    elsewhere = attrs.evolve(claim, metadata=attrs.evolve(claim.metadata, namespace="shop"))
    assert seen_claim(_set(), elsewhere) is None


def test_a_new_claim_gets_the_lowest_uid_that_no_volume_knows() -> None:
    assert Claims(_set(), held=(("data-db-0", 1), ("data-db-0", 3), ("data-db-1", 2))).uid("data-db-0") == 2
