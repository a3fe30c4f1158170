"""What the StatefulSet controller decides in one sync, beside what upstream's tables ask (controllers-workloads §3)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.controllers.statefulset_decisions import (
    CREATE,
    DELETE,
    RESTORE,
    StatefulPod,
    count,
    max_unavailable,
    new_revision,
    sync,
)
from kubemodel.spec.control_plane.controllers.statefulset_identity import (
    POD_NAME,
    Restored,
    identity_matches,
    new_pod,
    storage_matches,
)
from kubemodel.spec.objects.decoding_stateful_set import decode_stateful_set
from kubemodel.spec.objects.pod import FAILED, PENDING, SUCCEEDED
from kubemodel.spec.objects.stateful_set import (
    ON_DELETE,
    ORDERED_READY,
    PARALLEL,
    RollingUpdateStatefulSet,
    StatefulSetSpec,
    StatefulSetStatus,
    StatefulSetUpdateStrategy,
)

OLD, NEW = "old", "new"


def spec(replicas: int = 3, policy: str = ORDERED_READY, start: int = 0, **rolling: Any) -> StatefulSetSpec:
    strategy = StatefulSetUpdateStrategy(rolling_update=RollingUpdateStatefulSet(**rolling))
    return StatefulSetSpec(replicas, pod_management_policy=policy, update_strategy=strategy, start=start)


def ready(ordinal: int, revision: str = NEW, **further: Any) -> StatefulPod:
    return StatefulPod(ordinal, revision, ready=True, available=True, **further)


def unready(ordinal: int, revision: str = NEW, **further: Any) -> StatefulPod:
    return StatefulPod(ordinal, revision, **{"phase": PENDING, **further})


def done(wanted: StatefulSetSpec, *pods: StatefulPod) -> list[tuple[str, int]]:
    return [(action.what, action.ordinal) for action in sync(wanted, 0, OLD, NEW, pods)]


def test_an_ordered_set_creates_one_pod_after_the_other() -> None:
    assert done(spec()) == [(CREATE, 0)]
    assert done(spec(), unready(0)) == []
    assert done(spec(), ready(0)) == [(CREATE, 1)]
    assert done(spec(start=4), ready(4)) == [(CREATE, 5)]


def test_a_parallel_set_creates_all_by_slow_start() -> None:
    actions = sync(spec(4, PARALLEL), 0, OLD, NEW, ())
    assert [(action.ordinal, action.batch) for action in actions] == [(0, 1), (1, 2), (2, 2), (3, 3)]


@pytest.mark.parametrize("phase", [FAILED, SUCCEEDED])
def test_a_pod_that_has_ended_is_deleted_and_awaited(phase: str) -> None:
    assert done(spec(), ready(0), unready(1, phase=phase)) == [(DELETE, 1)]
    assert done(spec(), ready(0), unready(1, phase=phase, terminating=True)) == []


def test_pods_that_are_too_many_go_from_the_highest() -> None:
    pods = [ready(ordinal) for ordinal in range(4)]
    assert done(spec(2), *pods) == [(DELETE, 3)]
    assert done(spec(2), *pods[:3], ready(3, terminating=True)) == []
    assert done(spec(2, PARALLEL), *pods) == [(DELETE, 3), (DELETE, 2)]
    assert done(spec(2, start=1), ready(0), ready(1), ready(2)) == [(DELETE, 0)]


def test_an_ordered_set_scales_down_past_the_first_unhealthy_pod_alone() -> None:
    assert done(spec(1), ready(0), ready(1), unready(2)) == [(DELETE, 2)]
    assert done(spec(1), ready(0), unready(1), unready(2)) == []
    assert done(spec(1), ready(0), unready(1), ready(2)) == [(DELETE, 2)]


def test_an_update_goes_down_from_the_highest_and_waits() -> None:
    assert done(spec(), ready(0, OLD), ready(1, OLD), ready(2, OLD)) == [(DELETE, 2)]
    assert done(spec(), ready(0, OLD), ready(1, OLD), ready(2)) == [(DELETE, 1)]
    assert done(spec(), ready(0, OLD), ready(1, OLD), unready(2)) == []
    assert done(spec(partition=2), ready(0, OLD), ready(1, OLD), ready(2)) == []
    assert done(spec(3, PARALLEL), ready(0, OLD), ready(1, OLD), unready(2, OLD)) == [(DELETE, 2)]


def test_a_broken_pod_of_an_old_template_holds_an_ordered_set_for_ever() -> None:
    assert done(spec(2), ready(0, "first"), unready(1, OLD)) == []
    assert done(spec(2, PARALLEL), ready(0, "first"), unready(1, OLD)) == [(DELETE, 1)]


def test_several_may_be_missing_at_once() -> None:
    outdated = [ready(ordinal, OLD) for ordinal in range(4)]
    assert done(spec(4, max_unavailable=2), *outdated) == [(DELETE, 3), (DELETE, 2)]
    assert done(spec(4, PARALLEL, max_unavailable=2), *outdated[:3], unready(3)) == [(DELETE, 2)]
    assert [max_unavailable(value, 10) for value in (3, "25%", "1%")] == [3, 2, 1]


def test_users_update_what_is_updated_on_deletion() -> None:
    wanted = StatefulSetSpec(2, update_strategy=StatefulSetUpdateStrategy(ON_DELETE))
    assert done(wanted, ready(0, OLD), ready(1, OLD)) == []
    assert new_revision(wanted, 2, 0, OLD, NEW) == NEW


def test_pods_below_the_partition_are_made_of_the_current_revision() -> None:
    assert [new_revision(spec(partition=1), 0, ordinal, OLD, NEW) for ordinal in range(2)] == [OLD, NEW]
    assert [new_revision(StatefulSetSpec(2), 1, ordinal, OLD, NEW) for ordinal in range(2)] == [OLD, NEW]


def test_a_pod_that_lost_its_identity_gets_it_back() -> None:
    assert done(spec(1), ready(0, intact=False)) == [(RESTORE, 0)]
    wanted = decode_stateful_set(
        {"metadata": {"name": "db"}, "spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}}
    )
    pod = new_pod(wanted, wanted.spec.template, "db-1", 3)
    assert identity_matches(wanted, pod)
    assert storage_matches(wanted, pod)
    assert (pod.metadata.name, pod.spec.hostname) == ("db-3", "db-3")
    without = Restored(wanted)(pod)
    assert without.metadata.labels[POD_NAME] == "db-3"


def test_an_update_is_over_once_all_pods_are_updated_and_ready() -> None:
    status = StatefulSetStatus(current_revision=OLD)
    half = count(spec(2), status, [ready(0, OLD), ready(1)], NEW, 2)
    assert (half.current_revision, half.current_replicas, half.updated_replicas) == (OLD, 1, 1)
    over = count(spec(2), half, [ready(0), ready(1)], NEW, 2)
    assert (over.current_revision, over.current_replicas, over.update_revision) == (NEW, 2, NEW)


PODS = st.builds(
    StatefulPod,
    st.integers(0, 5),
    st.sampled_from((OLD, NEW)),
    st.sampled_from((PENDING, FAILED, "Running")),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(PODS, unique_by=lambda pod: pod.ordinal), st.integers(0, 4), st.integers(0, 3), st.integers(1, 3))
def test_an_ordered_set_does_one_thing_at_a_time(
    pods: list[StatefulPod], replicas: int, partition: int, most: int
) -> None:
    wanted = spec(replicas, partition=partition, max_unavailable=most)
    actions = done(wanted, *pods)
    assert len(actions) <= max(1, most)
    known = {pod.ordinal: pod for pod in pods}
    for what, ordinal in actions:
        assert (ordinal in known) == (what == DELETE)
        if what == CREATE:
            assert all(known[below].available and not known[below].terminating for below in range(ordinal))


@given(st.lists(PODS, unique_by=lambda pod: pod.ordinal), st.integers(0, 4), st.integers(0, 3))
def test_no_update_touches_a_pod_below_the_partition(pods: list[StatefulPod], replicas: int, partition: int) -> None:
    kept = {pod.ordinal for pod in pods if pod.ordinal < min(partition, replicas) and not pod.ended}
    for policy in (ORDERED_READY, PARALLEL):
        deleted = {
            ordinal for what, ordinal in done(spec(replicas, policy, partition=partition), *pods) if what == DELETE
        }
        assert not deleted & kept


def test_a_policy_decides_whether_all_come_at_once() -> None:
    assert [ordinal for _, ordinal in done(spec(3, PARALLEL))] == [0, 1, 2]
