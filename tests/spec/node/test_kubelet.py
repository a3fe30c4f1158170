"""The kubelet's rules on tiny clusters: exact numbers of states, and what becomes of the pods."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import pytest
from kubemodel.engine.effects import PlanInFlight
from kubemodel.spec.environment.faults import CONTAINER_EXIT, KUBELET_CRASH, LINK_CUT, NODE_CRASH, PROBE_FAILURE
from kubemodel.spec.kinds import DOWN, EXITED, RUNNING, SANDBOX_NOT_READY, STOPPED, PodRuntime, PodWorker
from kubemodel.spec.language.component import Component
from kubemodel.spec.language.model import Model
from kubemodel.spec.node import container_runtime, kubelet
from kubemodel.spec.node.pod_life import POD_LIFE
from kubemodel.spec.objects.conditions import condition_is_true
from kubemodel.spec.objects.taints import NO_EXECUTE, Taint

from .small_cluster import DELETE, FORCE_DELETE, SUCCESS, Reached, cluster, node, pod, search, terminating, without

KUBELET = kubelet.component(nodes={"a": node("a", "False")})
ONE_NODE = {"a": {"object": node()}}
RUNS = PodRuntime("a", containers=RUNNING, serving=True)


def numbers(found: Reached) -> tuple[int, int]:
    return found.counts.states, found.counts.transitions


def alone(may: Mapping[str, int], policy: str = "Always", probe: bool = False, kubelet: Component = KUBELET) -> Model:
    return cluster(kubelet, pods=({"object": pod(policy=policy, probe=probe)},), nodes=ONE_NODE, may=may)


def test_a_pod_starts() -> None:
    found = search(alone({}))
    assert numbers(found) == (5, 4)
    assert found.ends == {((found_pod(found),), (RUNS,), (node(),))}
    assert found.end_pods == {("Ready",)}


def found_pod(found: Reached) -> object:
    (objects, _, _), *_ = found.ends
    return objects[0]


def test_a_pod_is_deleted_at_any_moment() -> None:
    found = search(alone({DELETE: 1}))
    assert numbers(found) == (17, 20)
    assert found.end_pods == {("Ready",), ()}
    assert found.end_runtimes == {(RUNS,), ()}


def test_a_plain_life_takes_sixteen_values() -> None:
    assert len(search(alone({DELETE: 1})).pods) == 16


def test_containers_of_a_force_deleted_pod_run_until_the_kubelet_stops_them() -> None:
    found = search(alone({FORCE_DELETE: 1}))
    assert numbers(found) == (10, 13)
    assert any(values[1] is None and values[2] == RUNS for values in found.pods)
    assert found.end_runtimes == {(RUNS,), ()}


def test_a_kubelet_crash_between_any_two_requests_changes_nothing_in_the_end() -> None:
    found = search(alone({KUBELET_CRASH: 1}))
    assert numbers(found) == (20, 23)
    assert (found.end_pods, found.end_runtimes) == ({("Ready",)}, {(RUNS,)})


def test_a_kubelet_crash_does_not_hinder_a_deletion() -> None:
    found = search(alone({KUBELET_CRASH: 1, DELETE: 1}))
    assert numbers(found) == (66, 99)
    assert (found.end_pods, found.end_runtimes) == ({("Ready",), ()}, {(RUNS,), ()})


def test_two_kubelet_crashes_end_as_none() -> None:
    assert search(alone({KUBELET_CRASH: 2})).ends == search(alone({})).ends


def test_a_crash_of_one_kubelet_leaves_the_plans_of_another() -> None:
    nodes = {**ONE_NODE, "b": {"object": node("b")}}
    found = search(
        cluster(KUBELET, pods=({"object": pod()}, {"object": pod("b")}), nodes=nodes, may={KUBELET_CRASH: 1})
    )
    started = [values for values in found.pods if values[3] is not None and values[2].containers != RUNNING]
    assert started
    assert all(any(isinstance(value, PlanInFlight) for value in values) for values in started)


def test_pods_of_other_nodes_are_never_touched() -> None:
    nodes = {**ONE_NODE, "b": {"object": node("b"), "kubelet": STOPPED}}
    found = search(cluster(KUBELET, pods=({"object": pod()}, {"object": pod("b")}), nodes=nodes))
    assert numbers(found) == (5, 4)
    assert found.end_pods == {("Bound", "Ready")}


@pytest.mark.parametrize(("policy", "last"), [("Always", "Ready"), ("OnFailure", "Ready"), ("Never", "Failed")])
def test_a_node_crash_restarts_pods_as_their_policy_says(policy: str, last: str) -> None:
    found = search(alone({NODE_CRASH: 1}, policy))
    assert {pods for pods in found.end_pods if pods != ("Bound",)} == {("Ready",), (last,)}
    assert any(values[2] is not None and values[2].sandbox == SANDBOX_NOT_READY for values in found.pods)


def test_a_pod_that_crashed_with_its_node_can_be_deleted() -> None:
    found = search(alone({NODE_CRASH: 1, DELETE: 1}))
    assert () in found.end_pods
    returned = {runtimes for objects, runtimes, _ in found.ends if not objects}
    assert returned == {()}


def test_a_kubelet_that_is_cut_off_keeps_its_pods() -> None:
    nodes = {"a": {"object": node(), "link": DOWN}}
    gone = {"object": None, "runtime": RUNS, "worker": PodWorker("a")}
    deleted = {"object": terminating(pod()), "runtime": RUNS, "worker": PodWorker("a")}
    found = search(cluster(KUBELET, pods=(gone, deleted), nodes=nodes))
    assert numbers(found) == (1, 0)


def test_a_kubelet_that_is_cut_off_restarts_containers_of_a_deleted_pod() -> None:
    nodes = {"a": {"object": node(), "link": DOWN}}
    deleted = {"object": terminating(pod()), "runtime": RUNS, "worker": PodWorker("a")}
    found = search(cluster(KUBELET, pods=(deleted,), nodes=nodes, may={CONTAINER_EXIT: 1}))
    assert {runtime.containers for (runtime,) in found.end_runtimes} == {RUNNING}


def test_a_link_that_heals_brings_all_to_its_end() -> None:
    found = search(alone({LINK_CUT: 1, DELETE: 1}))
    assert numbers(found) == (51, 85)


def test_the_first_exit_is_answered_at_once_and_the_second_after_the_back_off() -> None:
    assert "restart containers after back-off" not in search(alone({CONTAINER_EXIT: 1})).rules
    found = search(alone({CONTAINER_EXIT: 2}))
    assert numbers(found) == (20, 24)
    assert found.end_pods == {("Ready",)}


@pytest.mark.parametrize(
    ("policy", "fault", "last"),
    [
        ("Never", CONTAINER_EXIT, "Failed"),
        ("Never", SUCCESS, "Succeeded"),
        ("OnFailure", CONTAINER_EXIT, "Ready"),
        ("OnFailure", SUCCESS, "Succeeded"),
        ("Always", SUCCESS, "Ready"),
    ],
)
def test_a_pod_that_exits_ends_as_its_policy_says(policy: str, fault: str, last: str) -> None:
    found = search(alone({fault: 1}, policy))
    assert found.end_pods == {("Ready",), (last,)}
    ended = {runtimes for objects, runtimes, _ in found.ends if POD_LIFE.classify(objects[0]) != "Ready"}
    assert ended <= {(None,)}


def test_a_finished_pod_is_deleted_without_further_report() -> None:
    found = search(alone({SUCCESS: 1, DELETE: 1}, "Never"))
    assert () in found.end_pods


def test_a_pod_without_probe_is_ready_once_started_and_one_with_it_only_afterwards() -> None:
    assert numbers(search(alone({}, probe=True))) == (8, 8)


def test_a_failed_probe_makes_the_pod_unready_until_it_succeeds_again() -> None:
    runtime = container_runtime.component(track_serving=True)
    pods = ({"object": pod(probe=True)},)
    found = search(cluster(KUBELET, runtime, pods=pods, nodes=ONE_NODE, may={PROBE_FAILURE: 1}))
    assert ("pod", "Ready", "Running", "kubelet") in found.arrows
    assert found.end_pods == {("Ready",)}


def test_serving_is_tracked_where_asked_for() -> None:
    slow = kubelet.component(track_serving=True)
    runtime = container_runtime.component(track_serving=True)
    model = cluster(slow, runtime, pods=({"object": pod(probe=True)},), nodes=ONE_NODE)
    found = search(model)
    assert found.end_runtimes == {(RUNS,)}
    assert all(values[2].serving for values in found.pods if values[3] and values[3].ready)


def test_a_probe_that_sees_the_application_not_serving_fails() -> None:
    silent = {"object": pod(probe=True), "runtime": attrs.evolve(RUNS, serving=False), "worker": PodWorker("a", True)}
    found = search(cluster(KUBELET, pods=(silent,), nodes=ONE_NODE))
    assert "readiness probe fails" in found.rules
    assert found.end_pods == {("Running",)}


def test_pods_that_do_not_fit_together_are_rejected() -> None:
    nodes = {"a": {"object": node(cpu="1")}}
    found = search(cluster(KUBELET, pods=({"object": pod(cpu="1")},) * 2, nodes=nodes))
    assert found.end_pods == {("Failed", "Ready")}
    assert {item.status.reason for objects, _, _ in found.ends for item in objects} == {"", "OutOfcpu"}


def test_a_pod_that_is_being_ended_still_takes_its_room() -> None:
    nodes = {"a": {"object": node(cpu="1")}}
    old = {"object": terminating(pod(cpu="1", phase="Running")), "runtime": RUNS, "worker": PodWorker("a")}
    found = search(cluster(KUBELET, pods=(old, {"object": pod(cpu="1")}), nodes=nodes))
    assert found.end_pods == {("Failed",), ("Ready",)}


def test_a_pod_that_does_not_tolerate_a_no_execute_taint_is_rejected() -> None:
    nodes = {"a": {"object": node(taints=(Taint("maintenance", effect=NO_EXECUTE),))}}
    found = search(cluster(KUBELET, pods=({"object": pod()},), nodes=nodes))
    assert {item.status.reason for objects, _, _ in found.ends for item in objects} == {"TaintToleration"}


def test_a_kubelet_registers_its_node_and_reports_it_ready() -> None:
    found = search(cluster(KUBELET, nodes={"a": {}}))
    assert numbers(found) == (3, 2)
    ((_, _, (stored,)),) = found.ends
    assert condition_is_true(stored.status.conditions, "Ready")


def test_a_kubelet_without_an_object_to_register_waits() -> None:
    found = search(cluster(kubelet.component(), pods=({"object": pod()},), nodes={"a": {}}))
    assert numbers(found) == (1, 0)


_NEEDS: Mapping[str, Callable[[Component], Model]] = {
    "register node": lambda k: cluster(k, nodes={"a": {}}),
    "post Ready": lambda k: cluster(k, nodes={"a": {"object": node("a", "Unknown")}}),
    "admit pod": lambda k: alone({}, kubelet=k),
    "adopt pod": lambda k: alone({KUBELET_CRASH: 1}, kubelet=k),
    "restart containers": lambda k: alone({CONTAINER_EXIT: 1}, kubelet=k),
    "restart containers after back-off": lambda k: alone({CONTAINER_EXIT: 2}, kubelet=k),
    "readiness probe succeeds": lambda k: alone({}, probe=True, kubelet=k),
    "readiness probe fails": lambda k: cluster(
        k,
        pods=(
            {
                "object": pod(probe=True),
                "runtime": attrs.evolve(RUNS, serving=False),
                "worker": PodWorker("a", ready=True),
            },
        ),
        nodes=ONE_NODE,
    ),
    "report status": lambda k: alone({}, kubelet=k),
    "stop pod": lambda k: alone({DELETE: 1}, kubelet=k),
    "complete deletion": lambda k: alone({DELETE: 1}, kubelet=k),
}


def test_the_table_of_needs_names_every_rule() -> None:
    assert set(_NEEDS) == {rule.name for rule in KUBELET.rules}


@pytest.mark.parametrize("rule", _NEEDS)
def test_without_the_rule_the_cluster_ends_otherwise(rule: str) -> None:
    model = _NEEDS[rule]
    assert search(model(without(KUBELET, rule))).ends != search(model(KUBELET)).ends


def test_the_application_only_serves_by_the_runtimes_rule() -> None:
    slow, runtime = kubelet.component(track_serving=True), container_runtime.component(track_serving=True)

    def model(runtime: Component) -> Model:
        return cluster(slow, runtime, pods=({"object": pod()},), nodes=ONE_NODE)

    assert search(model(without(runtime, "application serves"))).ends != search(model(runtime)).ends


def test_every_arrow_of_the_kubelets_machines_is_taken() -> None:
    faults = {NODE_CRASH: 1, KUBELET_CRASH: 1, CONTAINER_EXIT: 1, DELETE: 1}
    created = {"object": None, "runtime": PodRuntime("a", containers="created")}
    lost = {"object": pod(), "runtime": PodRuntime("a", SANDBOX_NOT_READY, EXITED)}
    models = [
        alone(faults),
        alone({FORCE_DELETE: 1, KUBELET_CRASH: 1}),
        alone({SUCCESS: 1, PROBE_FAILURE: 1, KUBELET_CRASH: 1}, "Never", probe=True),
        alone({DELETE: 1, CONTAINER_EXIT: 1, SUCCESS: 1}, "Never"),
        cluster(KUBELET, pods=(created,), nodes=ONE_NODE),
        cluster(KUBELET, pods=(lost,), nodes=ONE_NODE),
        cluster(KUBELET, pods=({"object": terminating(pod()), "runtime": created["runtime"]},), nodes=ONE_NODE),
        _NEEDS["readiness probe fails"](KUBELET),
    ]
    taken = {arrow for model in models for arrow in search(model).arrows}
    machines = (*container_runtime.MACHINES, *kubelet.MACHINES)
    declared = {
        (machine.name, arrow.source, arrow.dest, arrow.component)
        for machine in machines
        for arrow in machine.arrows
        if arrow.component != container_runtime.NAME  # a program that has done its work: there is no Job here
        # There is one API server here, and one container in each pod.
        if arrow.trigger not in ("start what an old list shows", "start another one")
    }
    assert declared - taken == set()
