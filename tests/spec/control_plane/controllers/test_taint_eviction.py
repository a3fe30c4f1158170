"""The taint eviction controller on tiny clusters."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given
from kubemodel.spec.control_plane.controllers import taint_eviction
from kubemodel.spec.control_plane.controllers.taint_eviction import eviction_delay, finite_tolerations, rescheduled
from kubemodel.spec.objects.pod import Pod
from kubemodel.spec.objects.taints import NO_EXECUTE, NO_SCHEDULE, Taint, Toleration

from ...node.small_cluster import Reached, cluster, node, pod, search, terminating, without

CONTROLLER = taint_eviction.component((300,))
TAINT = Taint("maintenance", effect=NO_EXECUTE)
TAINTED = {"a": {"object": node(taints=(TAINT,))}, "b": {"object": node("b")}}


def tolerating(seconds: int | None, where: str = "a") -> Pod:
    return pod(where, tolerations=(Toleration("maintenance", "Exists", toleration_seconds=seconds),))


def run(*pods: Pod) -> Reached:
    return search(cluster(CONTROLLER, pods=tuple({"object": item} for item in pods), nodes=TAINTED))


def test_a_pod_that_does_not_tolerate_the_taint_is_deleted() -> None:
    found = run(pod())
    assert found.end_pods == {("Terminating",)}
    assert (found.counts.states, found.counts.transitions) == (2, 1)


def test_a_pod_that_tolerates_it_for_a_while_is_deleted_later() -> None:
    found = run(tolerating(300))
    assert found.rules == {"evict after 300 s"}
    assert found.end_pods == {("Terminating",)}


def test_what_must_go_now_goes_before_what_is_tolerated_for_a_while() -> None:
    found = run(pod(), tolerating(300))
    assert found.counts.states == 3


@pytest.mark.parametrize("item", [tolerating(None), pod("b"), tolerating(300, "b")])
def test_pods_that_may_stay_are_left_alone(item: Pod) -> None:
    assert run(item).counts.states == 1


def test_a_pod_that_is_being_deleted_is_not_deleted_again() -> None:
    assert run(terminating(pod())).counts.states == 1


def test_a_finished_pod_is_removed() -> None:
    assert run(pod(phase="Failed")).end_pods == {()}


@pytest.mark.parametrize(("rule", "item"), [("evict now", pod()), ("evict after 300 s", tolerating(300))])
def test_without_the_rule_the_pod_stays(rule: str, item: Pod) -> None:
    model = cluster(without(CONTROLLER, rule), pods=({"object": item},), nodes=TAINTED)
    assert search(model).end_pods == {("Bound",)}


def test_there_is_a_rule_for_every_delay() -> None:
    specs = [tolerating(seconds).spec for seconds in (300, 60, 0, None)]
    assert finite_tolerations(specs) == (60, 300)
    names = [rule.name for rule in taint_eviction.component(finite_tolerations(specs)).rules]
    assert names == ["evict now", "evict after 60 s", "evict after 300 s"]


_TOLERATIONS = st.builds(
    Toleration, st.sampled_from(["", "maintenance", "x"]), st.just("Exists"), toleration_seconds=st.integers(0, 400)
)


@given(st.lists(_TOLERATIONS).map(tuple))
def test_a_further_taint_never_lets_a_pod_stay_longer(tolerations: tuple[Toleration, ...]) -> None:
    one = eviction_delay(tolerations, (TAINT,))
    two = eviction_delay(tolerations, (TAINT, Taint("x", effect=NO_EXECUTE)))
    assert one is not None
    assert two is not None
    assert two <= one


def test_no_schedule_taints_evict_nobody() -> None:
    nodes = {"a": {"object": node(taints=(Taint("maintenance", effect=NO_SCHEDULE),))}}
    assert search(cluster(CONTROLLER, pods=({"object": pod()},), nodes=nodes)).counts.states == 1


@pytest.mark.parametrize(
    ("scheduled", "delay", "wanted"),
    [(None, None, None), (None, 60, 60), (60, None, None), (60, 3600, 60), (3600, 60, 60), (60, 60, 60)],
)
def test_a_deletion_that_is_scheduled_is_shortened_or_cancelled_but_never_put_off(
    scheduled: int | None, delay: int | None, wanted: int | None
) -> None:
    assert rescheduled(scheduled, delay) == wanted
