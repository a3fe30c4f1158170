"""What the DaemonSet controller decides about nodes, pods, updates and its status."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.controllers.daemonset_decisions import (
    DaemonPod,
    Eligible,
    count,
    eligible,
    manage,
    max_unavailable,
    pod_spec,
    rolling_update,
    target_node,
    tolerations,
)
from kubemodel.spec.objects.daemon_set import (
    DaemonSetSpec,
    DaemonSetStatus,
    DaemonSetUpdateStrategy,
    RollingUpdateDaemonSet,
)
from kubemodel.spec.objects.int_or_percent import IntOrPercent
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.node import Node, NodeSpec
from kubemodel.spec.objects.pod import Pod, PodSpec, PodTemplateSpec
from kubemodel.spec.objects.taints import NO_EXECUTE, Taint

NEW, OLD = {"updated": True}, {"updated": False}
READY = {"ready": True, "available": True}
NODES = tuple(Eligible(name, runs=True, continues=True) for name in ("a", "b", "c"))


def spec(unavailable: IntOrPercent = 1, surge: IntOrPercent = 0) -> DaemonSetSpec:
    return DaemonSetSpec(
        update_strategy=DaemonSetUpdateStrategy(rolling_update=RollingUpdateDaemonSet(unavailable, surge))
    )


def on(*nodes: str, **fields: object) -> tuple[tuple[DaemonPod, int], ...]:
    return tuple((attrs.evolve(DaemonPod(node), **fields), 1) for node in nodes)


def deleted(syncs: Iterable[object]) -> list[list[str]]:
    return [sorted(pod.node for pod in sync.deletes) for sync in syncs]  # type: ignore[attr-defined]


def test_a_pod_is_pinned_to_its_node_before_it_is_bound() -> None:
    assert target_node(Pod(spec=pod_spec(PodSpec(), "a"))) == "a"


def test_a_pod_that_names_no_node_is_for_none() -> None:
    assert target_node(Pod()) == ""


@pytest.mark.parametrize(("host_network", "number"), [(False, 6), (True, 7)])
def test_tolerations_are_added(host_network: bool, number: int) -> None:
    assert len(tolerations(PodSpec(host_network=host_network))) == number


def test_an_untolerated_no_execute_taint_ends_what_runs() -> None:
    node = Node(ObjectMeta(name="a", namespace=""), NodeSpec(taints=(Taint("maintenance", effect=NO_EXECUTE),)))
    assert eligible(DaemonSetSpec(template=PodTemplateSpec()), node) == Eligible("a", runs=False, continues=False)


def test_a_terminating_pod_holds_its_node() -> None:
    (sync,) = manage(NODES[:1], on("a", terminating=True), surge=False)
    assert sync.idle


def test_an_update_with_surge_does_not_wait_for_a_terminating_pod() -> None:
    (sync,) = manage(NODES[:1], on("a", terminating=True), surge=True)
    assert sync.creates == ("a",)


def test_pods_of_nodes_that_are_gone_go_unless_they_run() -> None:
    (sync,) = manage((), (*on("gone", assigned=False), *on("away")), surge=False)
    assert deleted([sync]) == [["gone"]]


def test_of_pods_that_count_as_equally_old_any_may_stay() -> None:
    pods = (*on("a", ready=True), *on("a", ready=False))
    assert {sync.deletes[0].ready for sync in manage(NODES[:1], pods, surge=False)} == {True, False}


def test_a_scheduled_pod_counts_as_older() -> None:
    (sync,) = manage(NODES[:1], (*on("a"), *on("a", assigned=False)), surge=False)
    assert [pod.assigned for pod in sync.deletes] == [False]


@pytest.mark.parametrize(
    ("old", "new", "leaves"),
    [(READY, {}, []), (READY, READY, [False]), ({}, {}, [False])],
    ids=["the new one is not available", "the new one is available", "the old one is not ready"],
)
def test_of_two_pods_of_an_update_with_surge_the_old_one_leaves(
    old: dict[str, bool], new: dict[str, bool], leaves: list[bool]
) -> None:
    (sync,) = manage(NODES[:1], (*on("a", **OLD, **old), *on("a", **NEW, **new)), surge=True)
    assert [pod.updated for pod in sync.deletes] == leaves


def test_an_update_takes_any_of_the_available_old_pods() -> None:
    assert deleted(rolling_update(spec(), NODES, on("a", "b", "c", **OLD, **READY))) == [["a"], ["b"], ["c"]]


def test_old_pods_that_are_not_available_go_freely() -> None:
    pods = (*on("a", "b", **OLD), *on("c", **OLD, **READY))
    assert deleted(rolling_update(spec(), NODES, pods)) == [["a", "b", "c"]]


def test_a_new_pod_that_is_not_available_counts_against_the_limit() -> None:
    pods = (*on("a", **NEW), *on("b", "c", **OLD, **READY))
    assert deleted(rolling_update(spec(), NODES, pods)) == [[]]


def test_surge_is_made_on_as_many_nodes_as_allowed() -> None:
    found = rolling_update(spec(0, 2), NODES, on("a", "b", "c", **OLD, **READY))
    assert [sync.creates for sync in found] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_an_old_pod_goes_once_the_new_one_beside_it_is_available() -> None:
    pods = (*on("a", **OLD, **READY), *on("a", **NEW, **READY))
    assert deleted(rolling_update(spec(0, 1), NODES[:1], pods)) == [["a"]]


def test_where_none_should_be_started_an_old_pod_stays_while_it_is_needed() -> None:
    leaving = (attrs.evolve(NODES[0], runs=False), NODES[1])
    pods = (*on("a", **OLD, **READY), *on("b", **NEW))
    (kept,) = rolling_update(spec(0, 1), leaving, pods)
    (gone,) = rolling_update(spec(0, 1), leaving, (*on("a", **OLD, **READY), *on("b", **NEW, **READY)))
    assert (deleted([kept]), deleted([gone])) == ([[]], [["a"]])


@pytest.mark.parametrize(("limit", "nodes", "number"), [("10%", 3, 1), ("50%", 3, 2), (0, 3, 1), (0, 0, 0)])
def test_max_unavailable_is_rounded_up_and_never_nothing(limit: IntOrPercent, nodes: int, number: int) -> None:
    assert max_unavailable(spec(limit), nodes) == number


def test_the_status_counts_nodes() -> None:
    nodes = (*NODES, Eligible("d", runs=False, continues=True))
    pods = (*on("a", **NEW, **READY), *on("b", **OLD), *on("d", **NEW))
    assert count(DaemonSetStatus(), nodes, pods, 1) == DaemonSetStatus(
        observed_generation=1,
        desired_number_scheduled=3,
        current_number_scheduled=2,
        number_misscheduled=1,
        number_ready=1,
        updated_number_scheduled=1,
        number_available=1,
        number_unavailable=2,
    )


PODS = st.builds(
    lambda node, updated, ready, terminating: attrs.evolve(
        DaemonPod(node), updated=updated, ready=ready, available=ready, terminating=terminating
    ),
    st.sampled_from("abc"),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(PODS, max_size=8))
def test_managing_leaves_one_running_pod_on_each_node(pods: list[DaemonPod]) -> None:
    for sync in manage(NODES, [(pod, 1) for pod in pods], surge=False):
        left = [pod.node for pod in pods if not pod.terminating]
        for pod in sync.deletes:
            left.remove(pod.node)
        assert all(left.count(name) <= 1 for name in "abc")
        assert {*left, *sync.creates, *(pod.node for pod in pods if pod.terminating)} == set("abc")


@given(st.lists(PODS, max_size=3, unique_by=lambda pod: pod.node), st.integers(1, 3))
def test_an_update_keeps_to_its_limit(pods: list[DaemonPod], limit: int) -> None:
    available = {pod.node for pod in pods if pod.available and not pod.terminating}
    for sync in rolling_update(spec(limit), NODES, [(pod, 1) for pod in pods]):
        lost = {pod.node for pod in sync.deletes if pod.available}
        assert not lost or len(set("abc") - (available - lost)) <= limit + sum(
            not pod.updated and not pod.available and not pod.terminating for pod in pods
        )
