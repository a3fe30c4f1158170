"""What the ReplicaSet controller decides, on concrete values."""

from __future__ import annotations

from collections import Counter

import attrs
import pytest
from frozendict import frozendict
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.controllers.replicaset_decisions import (
    BURST,
    DELETION_COST,
    FAILED_CREATE,
    REPLICA_FAILURE,
    Counted,
    Ranked,
    adoptable,
    batches,
    count,
    counted,
    deletion_cost,
    deletion_rank,
    is_available,
    may_adopt,
    related,
    replica_failure,
    replicas_to_change,
    shares_controller,
    victims,
)
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.metadata import ObjectMeta, OwnerReference
from kubemodel.spec.objects.pod import RUNNING, SUCCEEDED, Pod, PodSpec, PodStatus
from kubemodel.spec.objects.selectors import LabelSelector
from kubemodel.spec.objects.workloads import ReplicaSet, ReplicaSetStatus

WEB = frozendict(app="web")
SELECTOR = LabelSelector(WEB)


def pod(
    node: str = "n", *, phase: str = RUNNING, ready: bool = True, since: float | None = None, **meta: object
) -> Pod:
    condition = Condition("Ready", "True" if ready else "False", last_transition_time=since)
    return Pod(
        attrs.evolve(ObjectMeta(labels=WEB), **meta), PodSpec(node_name=node), PodStatus(phase, conditions=(condition,))
    )


@given(st.integers(0, 600))
def test_batches_double_until_the_rest(number: int) -> None:
    sizes = batches(number)
    assert sum(sizes) == number
    assert all(size == 2**place for place, size in enumerate(sizes[:-1]))
    assert all(size > 0 for size in sizes)
    assert not sizes or sizes[-1] <= 2 ** (len(sizes) - 1)


def test_one_sync_changes_at_most_a_burst() -> None:
    assert [replicas_to_change(2, 5), replicas_to_change(5, 2)] == [3, -3]
    assert [replicas_to_change(0, 2 * BURST), replicas_to_change(2 * BURST, 0)] == [BURST, -BURST]


def test_a_pod_is_available_once_it_has_been_ready_for_long_enough() -> None:
    assert is_available(pod(), 0, 0.0)
    assert not is_available(pod(ready=False), 0, 0.0)
    assert not is_available(pod(), 10, 100.0)
    assert [is_available(pod(since=90.0), 10, now) for now in (99.0, 100.0)] == [False, True]


@pytest.mark.parametrize(("text", "cost"), [("7", 7), ("-7", -7), ("much", 0), ("", 0)])
def test_deletion_cost(text: str, cost: int) -> None:
    assert deletion_cost(pod(annotations=frozendict({DELETION_COST: text}))) == cost
    assert deletion_cost(pod()) == 0


def test_ages_are_compared_by_the_logarithm_of_their_nanoseconds() -> None:
    # 2^43 ns is 8796.1 s, and 2^44 ns is twice that.
    older, younger, same = (
        deletion_rank(pod(ready=False, creation_timestamp=-age), 0, 0.0) for age in (8797, 8796, 9e3)
    )
    assert younger < older == same


def test_an_unknown_age_goes_before_a_known_one() -> None:
    assert deletion_rank(pod(), 0, 0.0) < deletion_rank(pod(since=0.0), 0, 0.0) < deletion_rank(pod(since=-1.0), 0, 0.0)


def test_without_ages_ready_pods_are_equal_whatever_comes_after_age() -> None:
    assert deletion_rank(pod(), 0, None, 0) == deletion_rank(pod(), 0, None, 3)
    assert deletion_rank(pod(ready=False), 0, None, 3) < deletion_rank(pod(ready=False), 0, None, 0)


def test_a_choice_of_victims_takes_the_least_and_every_selection_of_ties() -> None:
    unready, one, two = Ranked(pod(ready=False)), Ranked(pod()), Ranked(pod("m"))
    assert victims([(one, 2), (two, 1), (unready, 1)], {}, 1) == [(unready,)]
    assert {frozenset(Counter(pods).items()) for pods in victims([(one, 2), (two, 1), (unready, 1)], {}, 2)} == {
        frozenset({(unready, 1), (one, 1)}),
        frozenset({(unready, 1), (two, 1)}),
    }
    assert victims([(one, 2), (two, 1)], {"n": 2, "m": 1}, 2) == [(one, one)]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("nm"), st.integers(0, 2)), max_size=6), st.data())
def test_no_spared_pod_ranks_before_a_victim(found: list[tuple[bool, str, int]], data: st.DataObject) -> None:
    pods = [Ranked(pod(node, ready=ready), restarts) for ready, node, restarts in found]
    number = data.draw(st.integers(0, len(pods)))
    colocated = Counter(one.pod.spec.node_name for one in pods)

    def rank(one: Ranked) -> tuple[float | int | str, ...]:
        return deletion_rank(one.pod, colocated[one.pod.spec.node_name], None, one.restarts)

    choices = victims(Counter(pods).items(), colocated, number)
    assert choices
    for chosen in choices:
        spared = Counter(pods) - Counter(chosen)
        assert spared.total() == len(pods) - number == len(pods) - len(chosen)
        assert not chosen or all(rank(one) >= max(map(rank, chosen)) for one in spared)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(pod(), True, id="matches"),
        pytest.param(pod(labels=frozendict(app="api")), False, id="other labels"),
        pytest.param(pod(namespace="other"), False, id="another namespace"),
        pytest.param(pod(phase=SUCCEEDED), False, id="finished"),
        pytest.param(pod(deletion_timestamp=0.0), False, id="being deleted"),
        pytest.param(pod(owner_references=(OwnerReference("Job", "x", controller=True),)), False, id="controlled"),
        pytest.param(pod(owner_references=(OwnerReference("Job", "x"),)), True, id="owned, not controlled"),
    ],
)
def test_which_pods_are_claimed(found: Pod, expected: bool) -> None:
    assert adoptable(found, "default", SELECTOR) is expected
    assert not adoptable(found, "default", None)


def test_adoption_needs_the_replica_set_that_was_seen() -> None:
    seen = ObjectMeta(uid=1)
    assert may_adopt(seen, seen)
    assert not may_adopt(seen, ObjectMeta(uid=2))
    assert not may_adopt(seen, ObjectMeta(uid=1, deletion_timestamp=0.0))


def test_related_pods_are_active_and_selected() -> None:
    selectors = [("default", LabelSelector(frozendict(app="api"))), ("default", SELECTOR)]
    assert related(pod(), selectors)
    assert not related(pod(phase=SUCCEEDED), selectors)
    assert not related(pod(namespace="other"), selectors)
    assert not related(pod(), selectors[:1])


def test_what_nobody_controls_shares_no_controller() -> None:
    reference = OwnerReference("Deployment", "web", 1, controller=True)
    owned = ReplicaSet(ObjectMeta(owner_references=(reference,)))
    assert shares_controller(reference, owned)
    assert not shares_controller(attrs.evolve(reference, uid=2), owned)
    assert not shares_controller(None, ReplicaSet())
    assert not shares_controller(reference, ReplicaSet())


def test_counts_of_the_status() -> None:
    labels = frozendict(app="web", tier="front")
    assert counted(pod(), labels, 0, 0.0) == Counted(fully_labeled=False, ready=True, available=True)
    assert counted(pod(labels=labels), labels, 5, 0.0) == Counted(fully_labeled=True, ready=True, available=False)
    kept = ReplicaSetStatus(observed_generation=1, terminating_replicas=4)
    found = [(Counted(True, True, False), 2), (Counted(False, True, True), 1), (Counted(False, False, False), 3)]
    assert count(kept, found, 2) == ReplicaSetStatus(2, 6, 2, 3, 1, terminating_replicas=4)


def test_a_failure_is_reported_once_and_taken_back() -> None:
    other = Condition("Other", "True")
    failed = Condition(REPLICA_FAILURE, "True", FAILED_CREATE)
    assert replica_failure((other,), FAILED_CREATE) == (other, failed)
    assert replica_failure((failed, other), "FailedDelete") == (failed, other)
    assert replica_failure((failed, other), "") == (other,)
