from __future__ import annotations

import attrs
from frozendict import frozendict
from kubemodel.spec.control_plane.controllers.deployment_replica_sets import (
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    REVISION,
    REVISION_HISTORY,
    TEMPLATE_HASH,
    age_order,
    fingerprint,
    new_replica_set,
    owned_by,
    replica_set_name,
    same_template,
    template_hash,
    with_revision,
)
from kubemodel.spec.objects.containers import Container
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.pod import PodSpec, PodTemplateSpec
from kubemodel.spec.objects.selectors import LabelSelector
from kubemodel.spec.objects.workloads import Deployment, DeploymentSpec, ReplicaSet, ReplicaSetSpec


def template(labels: dict[str, str], image: str = "v1") -> PodTemplateSpec:
    return PodTemplateSpec(ObjectMeta(labels=frozendict(labels)), PodSpec(containers=(Container("c", image=image),)))


WEB = Deployment(
    ObjectMeta("web", uid=3),
    DeploymentSpec(replicas=4, selector=LabelSelector(frozendict(app="web")), template=template({"app": "web"})),
)


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    assert template_hash(template({"a": "1", "b": "2"})) == template_hash(template({"b": "2", "a": "1"}))


def test_the_hash_is_the_same_in_every_run() -> None:
    assert template_hash(PodTemplateSpec(ObjectMeta(labels=frozendict(app="web")))) == "6j6cdf8mc8"


def test_other_templates_have_other_fingerprints() -> None:
    assert fingerprint(template({"a": "1"})) != fingerprint(template({"a": "1"}, "v2"))


def test_the_hash_label_does_not_count() -> None:
    labelled = template({"app": "web", TEMPLATE_HASH: "x"})
    assert same_template(labelled, WEB.spec.template)
    assert fingerprint(labelled) == fingerprint(WEB.spec.template)


def test_a_clash_gives_another_name() -> None:
    clashed = attrs.evolve(WEB, status=attrs.evolve(WEB.status, collision_count=1))
    assert replica_set_name(clashed) != replica_set_name(WEB)


def test_a_new_replica_set_selects_only_its_own_pods() -> None:
    made = new_replica_set(WEB, ())
    value = template_hash(WEB.spec.template)
    assert made.metadata.name == replica_set_name(WEB) == f"web-{value}"
    assert made.spec.template.metadata.labels == {"app": "web", TEMPLATE_HASH: value}
    assert made.spec.selector == LabelSelector(frozendict({"app": "web", TEMPLATE_HASH: value}))
    assert same_template(made.spec.template, WEB.spec.template)


def test_a_new_replica_set_is_owned_and_marked() -> None:
    made = new_replica_set(WEB, ())
    assert owned_by(WEB, made)
    assert made.metadata.annotations == {REVISION: "1", DESIRED_REPLICAS: "4", MAX_REPLICAS: "5"}


def test_a_new_replica_set_leaves_room_for_the_old_ones() -> None:
    old = ReplicaSet(ObjectMeta("old", annotations=frozendict({REVISION: "7"})), ReplicaSetSpec(4))
    made = new_replica_set(WEB, (old,))
    assert (made.spec.replicas, made.metadata.annotations[REVISION]) == (1, "8")


def test_another_incarnation_does_not_own_it() -> None:
    again = attrs.evolve(WEB, metadata=attrs.evolve(WEB.metadata, uid=4))
    assert not owned_by(again, new_replica_set(WEB, ()))


def test_a_revision_never_goes_back() -> None:
    annotations = frozendict({REVISION: "3"})
    assert with_revision(annotations, 2) == annotations


def test_age_is_told_by_the_first_revision() -> None:
    rolled_back = ReplicaSet(ObjectMeta("b", annotations=frozendict({REVISION: "3", REVISION_HISTORY: "1"})))
    second = ReplicaSet(ObjectMeta("a", annotations=frozendict({REVISION: "2"})))
    assert sorted((second, rolled_back), key=age_order) == [rolled_back, second]
