"""The pod garbage collector on tiny clusters, and together with kubelet and node controllers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from kubemodel.spec.control_plane.controllers import node_lifecycle, pod_garbage_collector, taint_eviction
from kubemodel.spec.control_plane.controllers.pod_garbage_collector import OUT_OF_SERVICE, must_collect
from kubemodel.spec.environment.faults import CONTAINER_EXIT, NODE_CRASH
from kubemodel.spec.kinds import DOWN, RUNNING, STOPPED, PodRuntime
from kubemodel.spec.node import kubelet
from kubemodel.spec.node.pod_life import POD_LIFE
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.pod import Pod, PodStatus
from kubemodel.spec.objects.taints import Taint

from ...node.small_cluster import (
    DELETE,
    DELETE_NODE,
    FORCE_DELETE,
    SUCCESS,
    Reached,
    cluster,
    node,
    pod,
    search,
    terminating,
    without,
)

COLLECTOR = pod_garbage_collector.component()
GIVEN_UP = node(ready="Unknown", taints=(Taint(OUT_OF_SERVICE, "nodeshutdown", "NoExecute"),))


def run(item: Pod, **nodes: Mapping[str, Any]) -> Reached:
    return search(cluster(COLLECTOR, pods=({"object": item},), nodes=nodes))


def test_a_pod_of_a_missing_node_is_marked_and_removed() -> None:
    found = run(pod(), a={})
    assert (found.counts.states, found.counts.transitions) == (3, 2)
    assert found.end_pods == {()}


def test_a_node_that_the_scenario_does_not_know_is_missing_too() -> None:
    assert run(pod("elsewhere"), a={"object": node()}).end_pods == {()}


def test_a_finished_pod_of_a_missing_node_is_removed_at_once() -> None:
    assert run(pod(phase="Succeeded"), a={}).counts.states == 2


def test_a_deleted_pod_on_a_node_out_of_service_is_removed() -> None:
    assert run(terminating(pod()), a={"object": GIVEN_UP}).end_pods == {()}


def test_a_deleted_pod_without_a_node_is_removed() -> None:
    assert run(terminating(pod("")), a={"object": node()}).end_pods == {()}


@pytest.mark.parametrize(
    ("item", "where"),
    [
        (pod(), node()),
        (pod(""), node()),
        (pod(), GIVEN_UP),
        (terminating(pod()), node(ready="Unknown")),
        (terminating(pod()), node(taints=GIVEN_UP.spec.taints)),
    ],
    ids=["bound", "unbound", "live on a node given up", "deleted on a silent node", "deleted on a node that is ready"],
)
def test_other_pods_are_left_alone(item: Pod, where: object) -> None:
    assert run(item, a={"object": where}).counts.states == 1


def test_what_runs_on_the_machine_runs_on() -> None:
    runtime = PodRuntime("a", containers=RUNNING, serving=True)
    model = cluster(COLLECTOR, pods=({"object": pod(), "runtime": runtime},), nodes={"a": {"kubelet": STOPPED}})
    assert search(model).end_runtimes == {(runtime,)}


@pytest.mark.parametrize(
    ("rule", "item"), [("collect pod of missing node", pod()), ("collect terminating pod", terminating(pod("")))]
)
def test_without_the_rule_the_pod_stays(rule: str, item: Pod) -> None:
    model = cluster(without(COLLECTOR, rule), pods=({"object": item},), nodes={"a": {}})
    assert len(next(iter(search(model).end_pods))) == 1


@pytest.mark.parametrize("terminating", [False, True])
def test_a_pod_of_a_missing_node_is_collected_whether_or_not_it_is_being_deleted(terminating: bool) -> None:
    assert must_collect(terminating, "a", node_gone=True, out_of_service=False)


def test_a_crashed_nodes_pods_are_deleted_but_not_gone_until_the_node_is() -> None:
    """The whole chain: silent, unknown, tainted, evicted; the object stays until kubelet or collector end it."""
    controllers = (node_lifecycle.component(), taint_eviction.component(), COLLECTOR, kubelet.component())
    nodes = {"a": {"object": node()}, "b": {"object": node("b")}}
    found = search(cluster(*controllers, pods=({"object": pod()},), nodes=nodes, may={NODE_CRASH: 1, DELETE_NODE: 1}))
    assert found.end_pods >= {("Ready",), ("Terminating",), ()}


def _standing(phase: str, ready: bool = False) -> Pod:
    conditions = (Condition("Ready", "True"),) if ready else ()
    return Pod(spec=pod().spec, status=PodStatus(phase, conditions))


def _held(stored: Pod) -> Pod:
    return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, finalizers=("example.com/held",)))


def test_every_arrow_of_a_bound_pods_life_is_taken() -> None:
    """By its own components; those of workloads, the scheduler, mirror pods and init containers are theirs to show."""
    controllers = (node_lifecycle.component(), taint_eviction.component(), COLLECTOR)
    lives = [
        pod(),
        pod(policy="Never"),
        pod(probe=True),
        pod(policy="Never", probe=True),
        pod(""),
        _held(pod("")),
        _standing("Running"),
        _standing("Running", True),
        _standing("Failed"),
        _standing("Succeeded"),
        terminating(pod()),
        terminating(_standing("Succeeded")),
        pod(cpu="99"),
    ]
    may: list[dict[str, int]] = [{}, {DELETE: 1}, {FORCE_DELETE: 1}, {SUCCESS: 1, DELETE: 1}, {CONTAINER_EXIT: 1}]
    tainted = node(taints=GIVEN_UP.spec.taints)
    down = {"a": {"object": GIVEN_UP, "machine": DOWN}, "b": {"object": node("b")}}
    taken: set[tuple[str, str, str, str]] = set()
    here: set[str] = set()
    for life in lives:
        models = [
            *(
                cluster(kubelet.component(), pods=({"object": life},), nodes={"a": {"object": node()}}, may=m)
                for m in may
            ),
            cluster(*controllers, pods=({"object": life},), nodes={"a": {}}),
            cluster(*controllers, pods=({"object": life},), nodes={"a": {"object": tainted}}),
            cluster(*controllers, pods=({"object": life},), nodes=down),
        ]
        taken |= {arrow for model in models for arrow in search(model).arrows if arrow[0] == "pod"}
        here |= {component.name for model in models for component in model.components}
    elsewhere = ("create mirror", "delete mirror", "initialize again", "collect the next of the name")
    declared = {
        ("pod", arrow.source, arrow.dest, arrow.component)
        for arrow in POD_LIFE.arrows
        if arrow.component in here and arrow.trigger not in elsewhere
    }
    assert declared - taken == set()
