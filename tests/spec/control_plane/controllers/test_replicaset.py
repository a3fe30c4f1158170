"""The ReplicaSet controller explored: what each rule is there for, and what stale caches and crashes do to it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from kubemodel.checker.naive import Counts, explore
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.control_plane.controllers import replicaset
from kubemodel.spec.control_plane.controllers.replicaset_decisions import REPLICA_FAILURE
from kubemodel.spec.kinds import CREATION, REPLICA_SET
from kubemodel.spec.language.model import Model, TimeMode
from kubemodel.spec.language.request import Outcome, Verb
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.metadata import OwnerReference
from kubemodel.spec.objects.workloads import ReplicaSet

from .small_replica_sets import WEB, Server, cluster, crash, ends, pod, replica_set, running, steps_of, stored

OVERSHOOT = "replicaset-no-overshoot"


def explored(model: Model) -> Counts:
    return explore(TransitionSystem(model))


def rests(model: Model) -> set[tuple[int, int, int]]:
    """(replicas in the status, pods, pods that the ReplicaSet owns) of each state of rest."""
    return {
        (
            sets[0].status.replicas,
            len(pods),
            sum(replicaset.owner_name(it) == sets[0].metadata.name for it in pods),
        )
        for sets, pods in ends(model)
    }


UNMET = {"object": None, "expected": (CREATION, "web-1")}
"""A pod that the controller made and will never see: its creation and its end were lost to the watch."""

RULES: dict[str, tuple[dict[str, Any], set[tuple[int, int, int]], set[tuple[int, int, int]]]] = {
    "manage replicas": ({}, {(2, 2, 2)}, {(0, 0, 0)}),
    "update status": ({}, {(2, 2, 2)}, {(0, 2, 2)}),
    "adopt": ({"found": [running(pod())]}, {(2, 2, 2)}, {(0, 1, 0)}),
    "expectation expires": ({"found": [UNMET]}, {(2, 2, 2)}, {(0, 0, 0)}),
}
"""For each rule: a cluster that needs it, how that comes to rest, and how it does without the rule."""


def test_every_rule_is_shown() -> None:
    assert [rule.name for rule in replicaset.component().rules] == [
        "adopt",
        "manage replicas",
        "update status",
        "expectation expires",
    ]


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_does_its_part(rule: str) -> None:
    setup, expected, _ = RULES[rule]
    model = cluster(replica_set(2), **setup)
    assert rests(model) == expected
    assert explored(model).violation is None


@pytest.mark.parametrize("rule", RULES)
def test_without_a_rule_its_part_is_missing(rule: str) -> None:
    setup, _, expected = RULES[rule]
    assert rests(cluster(replica_set(2), missing=rule, **setup)) == expected


def test_surplus_pods_are_deleted() -> None:
    web = replica_set(1)
    model = cluster(web, found=[running(pod(web))] * 3)
    assert rests(model) == {(1, 1, 1)}


@pytest.mark.parametrize(
    ("replicas", "lag", "expected"),
    [
        # No pod, one made, one seen, each with the status of before and of after; and one that counts it.
        (1, 1, Counts(7, 8, 3, 1)),
        (2, 1, Counts(13, 17, 4, 1)),
        (2, 2, Counts(15, 20, 5, 1)),
    ],
)
def test_expectations_keep_a_stale_controller_from_creating_too_many(replicas: int, lag: int, expected: Counts) -> None:
    assert explored(cluster(replica_set(replicas), lag=lag)) == expected


@pytest.mark.parametrize("lag", [1, 2])
def test_without_expectations_a_stale_controller_creates_too_many(lag: int) -> None:
    model = cluster(replica_set(1), lag=lag, expectations=False)
    # One create, and another from the same stale view.
    assert explored(model).violation == (OVERSHOOT, 2)


def test_without_expectations_a_fresh_cache_suffices() -> None:
    assert explored(cluster(replica_set(2), expectations=False)).violation is None


def test_a_restart_that_lists_stale_pods_loses_the_expectations() -> None:
    model = cluster(replica_set(1), lag=1, crashes=crash(relist=False, noted=False))
    assert explored(model).violation == (OVERSHOOT, 3)


def test_a_restart_with_a_consistent_list_needs_no_expectations() -> None:
    assert explored(cluster(replica_set(1), lag=1, crashes=crash(relist=True, noted=False))).violation is None


def test_the_property_is_not_required_after_a_restart() -> None:
    model = cluster(replica_set(1), lag=1, crashes=crash(relist=False, noted=True))
    assert explored(model).violation is None


def test_expectations_that_expire_before_the_watch_catches_up_do_not_help() -> None:
    slow = {"lag": 1, "time": TimeMode.ASYNCHRONOUS}
    assert explored(cluster(replica_set(1), **slow)).violation == (OVERSHOOT, 3)
    assert explored(cluster(replica_set(1), expiry=False, **slow)).violation is None


def deleted(model: Model) -> set[tuple[str, ...]]:
    """The names of the pods that the controller's first plan deletes, for every alternative."""
    system = TransitionSystem(model)
    found = set()
    open_ = [step.successor for step in steps_of(system, system.initial_state(), "manage replicas")]
    while open_:
        state = open_.pop()
        assert state is not None
        following = [step.successor for step in steps_of(system, state, "continue")]
        open_.extend(following)
        if not following:
            found.add(tuple(sorted(it.metadata.name for it in stored(system, state) if it.metadata.terminating)))
    return found


def test_pods_that_are_not_ready_go_first() -> None:
    web = replica_set(1)
    model = cluster(web, found=[running(pod(web, name="a")), running(pod(web, name="b", ready=False))])
    assert deleted(model) == {("b",)}


def test_of_pods_that_are_not_ready_the_one_that_restarted_goes_first() -> None:
    web = replica_set(1)
    calm, restless = pod(web, name="a", ready=False), pod(web, name="b", ready=False)
    assert deleted(cluster(web, found=[running(calm), running(restless, restarts=1)])) == {("b",)}


def test_of_ready_pods_of_unknown_ages_any_may_go_first() -> None:
    web = replica_set(1)
    calm, restless = pod(web, name="a"), pod(web, name="b")
    assert deleted(cluster(web, found=[running(calm), running(restless, restarts=1)])) == {("a",), ("b",)}


@pytest.mark.parametrize(
    ("controller", "expected"),
    [
        pytest.param(WEB, {("a",)}, id="the same Deployment"),
        pytest.param(OwnerReference("Deployment", "api", controller=True), {("a",), ("b",)}, id="another Deployment"),
        pytest.param(None, {("a",), ("b",)}, id="no controller"),
    ],
)
def test_a_pod_beside_a_pod_of_the_same_deployment_goes_first(
    controller: OwnerReference | None, expected: set[tuple[str, ...]]
) -> None:
    new = replica_set(1, owner=controller)
    old = replica_set(1, "web-0")
    both = [running(pod(new, "n1", name="a")), running(pod(new, "n2", name="b")), running(pod(old, "n1", name="c"))]
    assert deleted(cluster(new, old, found=both)) == expected


def test_a_replica_set_counts_its_own_pods_as_beside_each_other() -> None:
    web = replica_set(2)
    found = [running(pod(web, "n1", name="a")), running(pod(web, "n1", name="b")), running(pod(web, "n2", name="c"))]
    assert deleted(cluster(web, found=found)) == {("a",), ("b",)}


FAILED_CREATE = Condition(REPLICA_FAILURE, "True", "FailedCreate")
FAILED_DELETE = Condition(REPLICA_FAILURE, "True", "FailedDelete")


def conditions(model: Model) -> set[tuple[Condition, ...]]:
    return {sets[0].status.conditions for sets, _ in ends(model)}


def test_a_refused_create_is_reported_and_the_controller_comes_to_rest() -> None:
    model = cluster(replica_set(2), server=Server(frozenset({Verb.CREATE})))
    assert conditions(model) == {(FAILED_CREATE,)}


def test_a_refused_delete_is_reported() -> None:
    web = replica_set(0)
    model = cluster(web, found=[running(pod(web))] * 2, server=Server(frozenset({Verb.DELETE})))
    assert conditions(model) == {(FAILED_DELETE,)}


def test_a_pod_that_is_gone_already_is_no_failure() -> None:
    web = replica_set(0)
    server = Server(frozenset({Verb.DELETE}), Outcome.NOT_FOUND)
    assert conditions(cluster(web, found=[running(pod(web))] * 2, server=server)) == {()}


def test_a_report_is_taken_back_once_nothing_is_refused() -> None:
    assert conditions(cluster(replica_set(2, conditions=(FAILED_CREATE,)))) == {()}


def test_a_terminating_replica_set_reports_no_failure_and_creates_nothing() -> None:
    web = replica_set(2, conditions=(FAILED_CREATE,))
    leaving = attrs.evolve(
        web, metadata=attrs.evolve(web.metadata, deletion_timestamp=0.0, finalizers=("foregroundDeletion",))
    )
    model = cluster(leaving)
    assert conditions(model) == {()}
    assert rests(model) == {(0, 0, 0)}


def calls(model: Model, server: Server, accepted: int, rules: tuple[str, ...]) -> list[Outcome]:
    """What one plan is answered if the API server accepts ``accepted`` of its calls, and then refuses creates."""
    system = TransitionSystem(model)
    state, answers = system.initial_state(), []
    found = steps_of(system, state, *rules)
    while found:
        assert found[0].effects is not None and found[0].successor is not None
        answers += [record.response.outcome for record in found[0].effects.calls if record.response is not None]
        state = found[0].successor
        if answers.count(Outcome.DONE) >= accepted:
            server.refuses = frozenset({Verb.CREATE})
        found = steps_of(system, state, "continue")
    return answers


def test_a_batch_is_tried_to_its_end_and_the_next_one_is_not() -> None:
    server = Server()
    model = cluster(replica_set(9), slots=9, server=server)
    done, refused = Outcome.DONE, Outcome.FORBIDDEN
    # Batches of 1, 2, 4 and 2: the fourth create is the first of its batch; then the failure is reported.
    assert calls(model, server, 3, ("manage replicas",)) == [*[done] * 3, *[refused] * 4, done]


def test_replicas_are_not_managed_before_what_is_claimed_is_adopted() -> None:
    system = TransitionSystem(cluster(replica_set(2), found=[running(pod())]))
    assert not steps_of(system, system.initial_state(), "manage replicas")


def test_a_replica_set_that_is_being_deleted_in_the_store_adopts_nothing() -> None:
    web = replica_set(2)
    leaving = attrs.evolve(web, metadata=attrs.evolve(web.metadata, deletion_timestamp=0.0))
    model = cluster(leaving, found=[running(pod())])
    lagging = attrs.evolve(model, lag={(replicaset.NAME, REPLICA_SET): 1})
    stale = {"name": "web-1", "object": leaving, f"object@{replicaset.NAME}": web}
    system = TransitionSystem(attrs.evolve(lagging, initial={**model.initial, REPLICA_SET: (stale,)}))
    assert not steps_of(system, system.initial_state(), "adopt", "manage replicas")


def test_pods_of_another_replica_set_are_left_alone() -> None:
    other: ReplicaSet = replica_set(0, "api-1", OwnerReference("Deployment", "api", controller=True))
    kept = attrs.evolve(other, spec=attrs.evolve(other.spec, replicas=1))
    model = cluster(replica_set(1), kept, found=[running(pod(kept))])
    for _, pods in ends(model):
        assert sorted(map(replicaset.owner_name, pods)) == ["api-1", "web-1"]
