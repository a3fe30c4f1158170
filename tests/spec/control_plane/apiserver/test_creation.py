"""Create and admission (kube-apiserver §3, §6)."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.spec.control_plane.apiserver.admission import AdmissionReads
from kubemodel.spec.control_plane.apiserver.handling import handle
from kubemodel.spec.language.request import ApiCall, Outcome, Preconditions, Verb
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.metadata import ObjectMeta, OwnerReference
from kubemodel.spec.objects.namespace import Namespace
from kubemodel.spec.objects.node import NodeStatus
from kubemodel.spec.objects.pod import PENDING, PodSpec
from kubemodel.spec.objects.priority import PriorityClass
from kubemodel.spec.objects.taints import Taint, Toleration

from .requests import (
    BOUND,
    DEPLOYMENT,
    NODE,
    REPLICA_SET,
    UNBOUND,
    create,
    with_metadata,
    with_spec,
    with_status,
)

NOT_READY = Toleration("node.kubernetes.io/not-ready", "Exists", effect="NoExecute", toleration_seconds=300)
UNREACHABLE = Toleration("node.kubernetes.io/unreachable", "Exists", effect="NoExecute", toleration_seconds=300)
FRESH = with_spec(UNBOUND, priority=None)


def a_class(name: str, value: int, **fields: object) -> PriorityClass:
    return attrs.evolve(PriorityClass(ObjectMeta(name, ""), value), **fields)  # type: ignore[arg-type]


def test_a_new_pod_is_pending_and_of_generation_one() -> None:
    sent = with_metadata(BOUND, generation=9, deletion_timestamp=3.0, deletion_grace_period_seconds=30)
    response = create(sent)
    assert response.outcome is Outcome.DONE
    assert response.stored.metadata == with_metadata(BOUND, generation=1).metadata
    assert response.stored.status.phase == PENDING
    assert response.stored.status.conditions == ()


def test_a_pod_with_gates_says_that_it_waits() -> None:
    gated = create(with_spec(FRESH, scheduling_gates=("quota",))).stored
    assert gated.status.conditions == (Condition("PodScheduled", "False", "SchedulingGated"),)
    assert create(with_spec(BOUND, scheduling_gates=("quota",))).outcome is Outcome.INVALID


@pytest.mark.parametrize("item", [BOUND, NODE, DEPLOYMENT, REPLICA_SET])
def test_a_name_is_taken_once(item: object) -> None:
    stored = create(item).stored
    again = create(item, stored)
    assert (again.outcome, again.stored) == (Outcome.ALREADY_EXISTS, stored)


def test_a_version_can_not_be_created() -> None:
    call = ApiCall(Verb.CREATE, "Pod", FRESH, preconditions=Preconditions(seen=FRESH))
    assert handle(call, None, current=True).outcome is Outcome.INVALID


def test_workloads_begin_without_status_and_nodes_with_the_one_they_send() -> None:
    assert create(with_status(DEPLOYMENT, replicas=3)).stored == DEPLOYMENT
    assert create(with_status(REPLICA_SET, replicas=3)).stored == REPLICA_SET
    status = NodeStatus(conditions=(Condition("Ready", "True"),))
    assert create(attrs.evolve(NODE, status=status)).stored.status == status


def test_two_controllers_are_one_too_many() -> None:
    owners = tuple(OwnerReference("ReplicaSet", name, controller=True) for name in ("a", "b"))
    assert create(with_metadata(FRESH, owner_references=owners)).outcome is Outcome.INVALID
    assert create(with_metadata(FRESH, owner_references=owners[:1])).outcome is Outcome.DONE


def test_an_unknown_kind_or_subresource_is_a_mistake_of_the_specification() -> None:
    with pytest.raises(ValueError, match="does not serve the kind Gadget"):
        handle(ApiCall(Verb.CREATE, "Gadget", FRESH), None, current=True)
    with pytest.raises(ValueError, match="update of Pod/scale"):
        handle(ApiCall(Verb.UPDATE, "Pod", None, "scale"), FRESH, current=True)
    with pytest.raises(ValueError, match="bind of Node/"):
        handle(ApiCall(Verb.BIND, "Node"), NODE, current=True)


# Admission


def test_namespaces_must_be_there_and_stay() -> None:
    shop, going = Namespace(ObjectMeta("shop", "")), Namespace(ObjectMeta("going", ""), phase="Terminating")
    reads = AdmissionReads(namespaces=(shop, going))
    for item in (FRESH, DEPLOYMENT, REPLICA_SET):
        assert create(with_metadata(item, namespace="shop"), reads=reads).outcome is Outcome.DONE
        assert create(with_metadata(item, namespace="going"), reads=reads).outcome is Outcome.NAMESPACE_TERMINATING
        assert create(with_metadata(item, namespace="gone"), reads=reads).outcome is Outcome.NOT_FOUND
        assert create(with_metadata(item, namespace="kube-system"), reads=reads).outcome is Outcome.DONE
    assert create(NODE, reads=reads).outcome is Outcome.DONE


def test_admission_comes_before_the_look_at_the_key() -> None:
    elsewhere = with_metadata(FRESH, namespace="gone")
    assert create(elsewhere, elsewhere).outcome is Outcome.NOT_FOUND


def test_a_new_node_takes_no_pods() -> None:
    taint = Taint("node.kubernetes.io/not-ready", effect="NoSchedule")
    assert create(NODE).stored.spec.taints == (taint,)
    assert create(with_spec(NODE, taints=(taint,))).stored.spec.taints == (taint,)
    executing = Taint("node.kubernetes.io/not-ready", effect="NoExecute")
    assert create(with_spec(NODE, taints=(executing,))).stored.spec.taints == (executing, taint)


@pytest.mark.parametrize(
    ("own", "added"),
    [
        (None, (NOT_READY, UNREACHABLE)),
        (Toleration(NOT_READY.key, effect="NoExecute", toleration_seconds=5), (UNREACHABLE,)),
        (Toleration(UNREACHABLE.key, "Exists"), (NOT_READY,)),
        (Toleration(operator="Exists"), ()),
        (Toleration(operator="Exists", effect="NoSchedule"), (NOT_READY, UNREACHABLE)),
        (Toleration(NOT_READY.key, "Exists", effect="NoSchedule"), (NOT_READY, UNREACHABLE)),
    ],
)
def test_pods_stay_a_while_on_a_lost_node(own: Toleration | None, added: tuple[Toleration, ...]) -> None:
    tolerations = (own,) if own else ()
    assert create(with_spec(FRESH, tolerations=tolerations)).stored.spec.tolerations == tolerations + added


def test_the_default_tolerations_are_settings() -> None:
    reads = AdmissionReads(not_ready_toleration_seconds=10, unreachable_toleration_seconds=20)
    tolerations = create(FRESH, reads=reads).stored.spec.tolerations
    assert [toleration.toleration_seconds for toleration in tolerations] == [10, 20]


def test_priority_is_that_of_the_class() -> None:
    reads = AdmissionReads(priority_classes=(a_class("high", 1000, preemption_policy="Never"),))
    resolved: PodSpec = create(with_spec(FRESH, priority_class_name="high"), reads=reads).stored.spec
    assert (resolved.priority, resolved.preemption_policy) == (1000, "Never")
    critical = create(with_spec(FRESH, priority_class_name="system-node-critical")).stored.spec
    assert critical.priority == 2_000_001_000
    assert create(with_spec(FRESH, priority_class_name="none-such"), reads=reads).outcome is Outcome.FORBIDDEN


def test_without_a_class_the_global_default_counts_or_zero() -> None:
    assert (create(FRESH).stored.spec.priority, create(FRESH).stored.spec.priority_class_name) == (0, "")
    classes = (a_class("b", 20, global_default=True), a_class("a", 10, global_default=True), a_class("c", 5))
    resolved = create(FRESH, reads=AdmissionReads(priority_classes=classes)).stored.spec
    assert (resolved.priority, resolved.priority_class_name) == (10, "a")


def test_a_pod_may_not_choose_its_priority_itself() -> None:
    reads = AdmissionReads(priority_classes=(a_class("high", 1000),))
    own = with_spec(FRESH, priority_class_name="high", priority=1000)
    assert create(own, reads=reads).outcome is Outcome.DONE
    assert create(with_spec(own, priority=1001), reads=reads).outcome is Outcome.FORBIDDEN
    assert create(with_spec(own, preemption_policy="Never"), reads=reads).outcome is Outcome.FORBIDDEN
    assert create(with_spec(FRESH, priority=1)).outcome is Outcome.FORBIDDEN
