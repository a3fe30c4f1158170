"""Graceful deletion, finalizers and preconditions (kube-apiserver §4)."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.control_plane.apiserver.deletion import ORPHAN_FINALIZER
from kubemodel.spec.language.request import Outcome, Preconditions
from kubemodel.spec.objects.job import Job
from kubemodel.spec.objects.workloads import ReplicationController

from .requests import (
    BOUND,
    DEPLOYMENT,
    NODE,
    REPLICA_SET,
    UNBOUND,
    delete,
    update,
    with_metadata,
    with_spec,
    with_status,
)


def deleting(pod: Any) -> tuple[float, int, int]:
    metadata = pod.metadata
    return metadata.deletion_timestamp, metadata.deletion_grace_period_seconds, metadata.generation


@pytest.mark.parametrize(("asked", "period"), [(None, 30), (5, 5), (300, 300), (-7, 1)])
def test_a_running_pod_gets_its_grace_period(asked: int | None, period: int) -> None:
    response = delete(BOUND, asked, now=100.0)
    assert response.outcome is Outcome.DONE
    assert deleting(response.stored) == (100.0 + period, period, 2)


def test_the_period_of_the_spec_is_the_default() -> None:
    assert deleting(delete(with_spec(BOUND, termination_grace_period_seconds=7)).stored) == (7.0, 7, 2)
    assert deleting(delete(with_spec(BOUND, termination_grace_period_seconds=-7)).stored) == (1.0, 1, 2)


@pytest.mark.parametrize(
    "stored",
    [UNBOUND, with_status(BOUND, phase="Succeeded"), with_status(BOUND, phase="Failed"), NODE, DEPLOYMENT, REPLICA_SET],
)
def test_where_nothing_runs_the_object_goes_at_once(stored: Any) -> None:
    response = delete(stored, 30)
    assert (response.outcome, response.stored) == (Outcome.DONE, None)


@pytest.mark.parametrize("stored", [Job(), ReplicationController()])
def test_two_old_kinds_orphan_what_they_own_unless_told_otherwise(stored: Any) -> None:
    assert delete(stored).stored.metadata.finalizers == (ORPHAN_FINALIZER,)
    assert delete(stored, policy="Background").stored is None
    assert delete(DEPLOYMENT).stored is None


def test_force_removes_a_running_pod() -> None:
    assert delete(BOUND, 0).stored is None


def test_a_pending_deletion_is_shortened_never_lengthened() -> None:
    pod = delete(BOUND, 30, now=100.0).stored
    for longer in (None, 30, 40):
        again = delete(pod, longer, policy="Foreground", now=110.0)
        assert (again.outcome, again.stored) == (Outcome.UNCHANGED, pod)
    shorter = delete(pod, 10, now=105.0).stored
    assert deleting(shorter) == (110.0, 10, 2)
    assert deleting(delete(shorter, -1).stored) == (101.0, 1, 2)
    assert delete(shorter, 0).stored is None


def test_a_pod_that_ends_while_it_is_deleted_waits_for_the_kubelet() -> None:
    ended = with_status(delete(BOUND).stored, phase="Succeeded")
    assert delete(ended).outcome is Outcome.UNCHANGED
    assert delete(ended, 0).stored is None


@pytest.mark.parametrize("stored", [UNBOUND, NODE, DEPLOYMENT])
def test_finalizers_hold_an_object_until_the_last_is_gone(stored: Any) -> None:
    held = with_metadata(stored, finalizers=("a", "b"))
    pod = delete(held, now=50.0).stored
    assert deleting(pod) == (50.0, 0, 2)
    again = delete(pod, now=60.0)
    assert (again.outcome, again.stored) == (Outcome.UNCHANGED, pod)
    one = update(lambda item: with_metadata(item, finalizers=("b",)), pod)
    assert one.outcome is Outcome.DONE
    none = update(lambda item: with_metadata(item, finalizers=()), one.stored)
    assert (none.outcome, none.stored) == (Outcome.DONE, None)


def test_with_a_grace_period_left_the_last_finalizer_does_not_remove() -> None:
    pod = delete(with_metadata(BOUND, finalizers=("a",))).stored
    pod = update(lambda item: with_metadata(item, finalizers=()), pod).stored
    assert pod is not None
    assert delete(pod, 0).stored is None


def test_force_with_a_finalizer_ends_the_grace_period() -> None:
    pod = delete(with_metadata(BOUND, finalizers=("a",)), 30, now=100.0).stored
    forced = delete(pod, 0, now=110.0).stored
    assert deleting(forced) == (100.0, 0, 2)
    assert update(lambda item: with_metadata(item, finalizers=()), forced).stored is None


def test_no_finalizer_is_added_while_deleting() -> None:
    pod = delete(with_metadata(BOUND, finalizers=("a",))).stored
    added = update(lambda item: with_metadata(item, finalizers=("a", "b")), pod)
    assert (added.outcome, added.stored) == (Outcome.INVALID, pod)


def test_a_deletion_can_not_be_taken_back() -> None:
    pod = delete(BOUND).stored
    revived = update(lambda item: with_metadata(item, deletion_timestamp=None, deletion_grace_period_seconds=None), pod)
    assert (revived.outcome, revived.stored) == (Outcome.UNCHANGED, pod)
    longer = update(lambda item: with_metadata(item, deletion_grace_period_seconds=99), pod)
    assert longer.outcome is Outcome.INVALID


@pytest.mark.parametrize(
    ("policy", "finalizers"), [("Foreground", ("foregroundDeletion",)), ("Orphan", ("orphan",)), ("Background", None)]
)
def test_the_policy_leaves_work_to_the_garbage_collector(policy: str, finalizers: tuple[str, ...] | None) -> None:
    left = delete(REPLICA_SET, policy=policy).stored
    assert (left.metadata.finalizers if left else None) == finalizers
    if left:
        assert delete(left).outcome is Outcome.UNCHANGED
        assert delete(left, policy="Background").stored is None


def test_a_pod_whose_period_is_over_follows_a_new_policy() -> None:
    held = delete(UNBOUND, policy="Foreground").stored
    assert delete(held, policy="Background").stored is None


def test_a_policy_that_changes_no_finalizer_is_no_write() -> None:
    held = delete(with_metadata(REPLICA_SET, finalizers=("orphan", "a")), policy="Orphan").stored
    assert held.metadata.finalizers == ("orphan", "a")
    assert delete(held, policy="Orphan").outcome is Outcome.UNCHANGED


def test_an_unknown_policy_is_invalid() -> None:
    assert delete(REPLICA_SET, policy="Sideways").outcome is Outcome.INVALID


def test_deletion_checks_what_the_client_meant() -> None:
    assert delete(None, kind="Pod").outcome is Outcome.NOT_FOUND
    for preconditions, current, outcome in (
        (Preconditions(uid=8), True, Outcome.CONFLICT),
        (Preconditions(uid=7), True, Outcome.DONE),
        (Preconditions(seen=UNBOUND), False, Outcome.CONFLICT),
        (Preconditions(seen=UNBOUND), True, Outcome.DONE),
        (Preconditions(), False, Outcome.DONE),
    ):
        assert delete(UNBOUND, preconditions=preconditions, current=current).outcome is outcome
