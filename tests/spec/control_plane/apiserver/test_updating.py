"""Update, patch and binding (kube-apiserver §3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from frozendict import frozendict
from kubemodel.spec.language.request import Outcome, Preconditions, Verb
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.containers import Container
from kubemodel.spec.objects.metadata import OwnerReference
from kubemodel.spec.objects.pod import RUNNING
from kubemodel.spec.objects.selectors import LabelSelector
from kubemodel.spec.objects.taints import Taint, Toleration

from .requests import (
    BOUND,
    DEPLOYMENT,
    NODE,
    REPLICA_SET,
    UNBOUND,
    bind,
    update,
    with_metadata,
    with_spec,
    with_status,
    write,
)

WRITES = [Verb.UPDATE, Verb.PATCH]
LABELLED = frozendict({"tier": "front"})


def label(stored: Any) -> Any:
    return with_metadata(stored, labels=LABELLED)


@pytest.mark.parametrize("verb", WRITES)
@pytest.mark.parametrize("stored", [BOUND, NODE, DEPLOYMENT, REPLICA_SET])
def test_a_write_conflicts_only_with_the_version_that_it_names(verb: Verb, stored: Any) -> None:
    seen = Preconditions(seen=stored)
    stale = write(verb, label, stored, preconditions=seen, current=False)
    assert (stale.outcome, stale.stored) == (Outcome.CONFLICT, stored)
    fresh = write(verb, label, stored, preconditions=seen)
    assert (fresh.outcome, fresh.stored) == (Outcome.DONE, label(stored))
    assert write(verb, label, stored, current=False).outcome is Outcome.DONE


@pytest.mark.parametrize("verb", WRITES)
def test_another_incarnation_is_another_object(verb: Verb) -> None:
    assert write(verb, label, BOUND, preconditions=Preconditions(uid=8)).outcome is Outcome.CONFLICT
    assert write(verb, label, BOUND, preconditions=Preconditions(uid=7)).outcome is Outcome.DONE
    assert update(lambda pod: with_metadata(pod, uid=8), BOUND).outcome is Outcome.CONFLICT
    assert update(lambda pod: with_metadata(pod, uid=None), BOUND).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("verb", WRITES)
def test_what_is_not_there_is_not_found(verb: Verb) -> None:
    response = write(verb, label, None, kind="Pod", preconditions=Preconditions(uid=8))
    assert (response.outcome, response.stored) == (Outcome.NOT_FOUND, None)


@pytest.mark.parametrize("subresource", ["", "status"])
def test_no_change_is_no_write(subresource: str) -> None:
    response = update(lambda stored: stored, BOUND, subresource)
    assert (response.outcome, response.stored) == (Outcome.UNCHANGED, BOUND)
    assert response.outcome.success


def test_status_and_the_rest_are_written_apart() -> None:
    def both(stored: Any) -> Any:
        return with_status(with_spec(label(stored), replicas=5), replicas=4)

    main = update(both, DEPLOYMENT).stored
    assert (main.status, main.spec.replicas, main.metadata.labels) == (DEPLOYMENT.status, 5, LABELLED)
    status = update(both, DEPLOYMENT, "status").stored
    assert status == with_status(DEPLOYMENT, replicas=4)


@pytest.mark.parametrize(
    ("stored", "change", "generation"),
    [
        (DEPLOYMENT, lambda stored: with_spec(stored, replicas=5), 2),
        (DEPLOYMENT, label, 1),
        (DEPLOYMENT, lambda stored: with_metadata(stored, annotations=LABELLED), 2),
        (REPLICA_SET, lambda stored: with_spec(stored, replicas=5), 2),
        (REPLICA_SET, lambda stored: with_metadata(stored, annotations=LABELLED), 1),
        (BOUND, lambda stored: with_spec(stored, active_deadline_seconds=5), 2),
        (BOUND, lambda stored: with_metadata(stored, generation=9, labels=LABELLED), 1),
        (NODE, lambda stored: with_spec(stored, unschedulable=True), 1),
    ],
)
def test_the_generation_counts_versions_of_the_spec(stored: Any, change: Callable[[Any], Any], generation: int) -> None:
    response = update(change, stored)
    assert response.outcome is Outcome.DONE
    assert response.stored.metadata.generation == generation


@pytest.mark.parametrize("stored", [DEPLOYMENT, REPLICA_SET])
def test_selectors_are_immutable(stored: Any) -> None:
    other = LabelSelector(match_labels=LABELLED)
    response = update(lambda item: with_spec(item, selector=other), stored)
    assert (response.outcome, response.stored) == (Outcome.INVALID, stored)


@pytest.mark.parametrize(
    "fields",
    [{"name": "other"}, {"namespace": "other"}, {"deletion_timestamp": 1.0}, {"deletion_grace_period_seconds": 1}],
)
def test_identity_and_deletion_are_not_a_clients_to_write(fields: dict[str, Any]) -> None:
    assert update(lambda pod: with_metadata(pod, **fields), BOUND).outcome is Outcome.INVALID


def test_the_creation_time_is_not_a_clients_to_write() -> None:
    aged = with_metadata(BOUND, creation_timestamp=5.0)
    response = update(lambda pod: with_metadata(pod, creation_timestamp=9.0), aged)
    assert (response.outcome, response.stored) == (Outcome.UNCHANGED, aged)


def test_a_second_controller_is_refused() -> None:
    owned = with_metadata(BOUND, owner_references=(OwnerReference("ReplicaSet", "a", 1, controller=True),))

    def adopt(pod: Any) -> Any:
        mine = OwnerReference("ReplicaSet", "b", 2, controller=True)
        return with_metadata(pod, owner_references=(*pod.metadata.owner_references, mine))

    assert write(Verb.PATCH, adopt, owned).outcome is Outcome.INVALID
    assert write(Verb.PATCH, adopt, BOUND).outcome is Outcome.DONE


SPEC = with_spec(
    UNBOUND,
    containers=(Container("c", "app:1"),),
    active_deadline_seconds=60,
    tolerations=(Toleration("k", "Exists", toleration_seconds=5),),
    scheduling_gates=("a", "b"),
)


@pytest.mark.parametrize(
    ("fields", "allowed"),
    [
        ({"containers": (Container("c", "app:2"),)}, True),
        ({"containers": (Container("c", ""),)}, False),
        ({"containers": (Container("d", "app:1"),)}, False),
        ({"containers": ()}, False),
        ({"init_containers": (Container("i", "init:1"),)}, False),
        ({"active_deadline_seconds": 30}, True),
        ({"active_deadline_seconds": 61}, False),
        ({"active_deadline_seconds": 0}, False),
        ({"active_deadline_seconds": None}, False),
        ({"tolerations": (*SPEC.spec.tolerations, Toleration("l", "Exists"))}, True),
        ({"tolerations": (Toleration("k", "Exists", toleration_seconds=9),)}, True),
        ({"tolerations": ()}, False),
        ({"scheduling_gates": ("b",)}, True),
        ({"scheduling_gates": ("a", "b", "c")}, False),
        ({"termination_grace_period_seconds": 1}, False),
        ({"node_name": "n1"}, False),
        ({"priority": 5}, False),
        ({"node_selector": LABELLED}, False),
    ],
)
def test_little_of_a_pods_spec_may_change(fields: dict[str, Any], allowed: bool) -> None:
    response = update(lambda pod: with_spec(pod, **fields), SPEC)
    assert response.outcome is (Outcome.DONE if allowed else Outcome.INVALID)
    assert (response.stored == SPEC) is not allowed


def test_a_negative_grace_period_may_be_mended() -> None:
    odd = with_spec(BOUND, termination_grace_period_seconds=-1)
    assert update(lambda pod: with_spec(pod, termination_grace_period_seconds=1), odd).outcome is Outcome.DONE
    assert update(lambda pod: with_spec(pod, termination_grace_period_seconds=2), odd).outcome is Outcome.INVALID


def test_a_nodes_spec_is_free() -> None:
    assert update(lambda node: with_spec(node, taints=(Taint("k"),)), NODE).outcome is Outcome.DONE


# Binding


def test_binding_sets_the_node_and_says_so() -> None:
    waiting = with_status(UNBOUND, conditions=(Condition("PodScheduled", "False", "Unschedulable"),))
    waiting = with_status(waiting, nominated_node_name="n2")
    bound = bind(waiting).stored
    assert bound.spec == with_spec(UNBOUND, node_name="n1").spec
    assert bound.status.conditions == (Condition("PodScheduled", "True"),)
    assert bound.status.nominated_node_name == ""
    assert bound.metadata == UNBOUND.metadata


@pytest.mark.parametrize(
    "pod",
    [
        BOUND,
        with_metadata(UNBOUND, deletion_timestamp=0.0, deletion_grace_period_seconds=0, finalizers=("f",)),
        with_spec(UNBOUND, scheduling_gates=("quota",)),
    ],
)
def test_binding_is_refused_where_it_makes_no_sense(pod: Any) -> None:
    response = bind(pod, "n2")
    assert (response.outcome, response.stored) == (Outcome.CONFLICT, pod)


def test_binding_needs_a_pod_a_target_and_the_right_incarnation() -> None:
    assert bind(None).outcome is Outcome.NOT_FOUND
    assert bind(UNBOUND, "").outcome is Outcome.INVALID
    assert bind(UNBOUND, preconditions=Preconditions(uid=8)).outcome is Outcome.CONFLICT
    assert bind(UNBOUND, preconditions=Preconditions(uid=7)).outcome is Outcome.DONE


def test_a_status_write_leaves_the_spec_alone() -> None:
    def changed(pod: Any) -> Any:
        return attrs.evolve(with_status(pod, phase="Failed"), spec=attrs.evolve(pod.spec, node_name="n9"))

    after = update(changed, BOUND, "status").stored
    assert (after.status.phase, after.spec) == ("Failed", BOUND.spec)
    assert BOUND.status.phase == RUNNING
