"""Faults: what each one does, how often it comes, and what undoes it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from kubemodel.engine.pools import cached_field
from kubemodel.engine.successors import transitions
from kubemodel.spec.environment import faults, process_supervisor
from kubemodel.spec.environment.faults import (
    APPLICATION_HANG,
    FAULTS,
    IMAGE_PULL_ERROR,
    STATIC_POD_CHANGED,
    STATIC_POD_REMOVED,
)
from kubemodel.spec.environment.leader_faults import LEADER_FAULTS
from kubemodel.spec.environment.watch_faults import REQUEST_FAULTS, WATCH_END, WATCH_FAULTS
from kubemodel.spec.kinds import (
    DOWN,
    EXITED,
    FAULT,
    KUBE_CONTROLLER_MANAGER,
    KUBE_SCHEDULER,
    NODE,
    POD,
    PROCESS,
    RUNNING,
    SANDBOX_NOT_READY,
    STOPPED,
    UP,
)
from kubemodel.spec.language.model import BEYOND, INFORMER
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.node.cri_replies import LOST
from kubemodel.spec.node.post_start import POST_START_ERROR

from ..container_scenarios import LIVELY, hooked, static_pod
from ..exploration import PROBED, bare_pod, deployment, needing, pod_spec, replica_set, scenario, service
from .walking import Walk, begin, reachable, until

STATIC_POD_FAULTS = (STATIC_POD_CHANGED, STATIC_POD_REMOVED)

RULED = [fault for fault in FAULTS if fault not in (*REQUEST_FAULTS, LOST, POST_START_ERROR)]
"""Faults that are rules; the engine loses what is lost of requests, kubelets lose replies of their runtime, and find
that a hook has failed."""


def _tiny(fault: str, budget: int = 1, nodes: int = 1) -> Scenario:
    if fault in WATCH_FAULTS:
        lag = {"replicaset-controller": {"Pod": 1}}
        old: Mapping[str, Any] = {"switches": {"bookmarks": "off"}} if fault == WATCH_END else {}
        return scenario(
            replica_set(), nodes=nodes, faults={fault: budget}, lag=lag, properties=["node-name-write-once"], **old
        )
    if fault in LEADER_FAULTS:
        return scenario(bare_pod(), nodes=nodes, faults={fault: budget}, candidates={"kube-controller-manager": 2})
    if fault in STATIC_POD_FAULTS:
        pods = [static_pod(f"{name}-node-1") for name in ("etcd", "proxy")[:budget]]
        return scenario(*pods, service(), nodes=nodes, faults={fault: budget}, properties=["mirror-reflects-static"])
    if fault == LOST:
        pods = [bare_pod(name=f"web-{number}") for number in range(budget)]
        return scenario(*pods, service(), nodes=nodes, faults={fault: budget}, properties=["node-name-write-once"])
    if fault == POST_START_ERROR:
        return scenario(bare_pod(hooked()), start="created", nodes=nodes, faults={fault: budget})
    if fault == APPLICATION_HANG:
        return scenario(bare_pod(pod_spec(container=LIVELY)), nodes=nodes, faults={fault: budget})
    return scenario(bare_pod(pod_spec(container=PROBED)), nodes=nodes, faults={fault: budget})


def _struck(fault: str, nodes: int = 1) -> tuple[Walk, Walk]:
    """A cluster at rest, or in which what the fault is about is just under way, and the same after the fault."""
    if fault == WATCH_END:
        calm = begin(_tiny(fault)).settled()
        return calm, calm.after(faults.NAME)[0]
    if fault in WATCH_FAULTS:
        behind = until(begin(_tiny(fault)), lambda walk: any(walk.see(INFORMER, "pending")))
        return behind, behind.after(faults.NAME)[0]
    if fault == IMAGE_PULL_ERROR:
        starting = until(begin(_tiny(fault, nodes=nodes)), lambda walk: bool(walk.steps(faults.NAME)))
        return starting, starting.after(faults.NAME)[0]
    calm = begin(_tiny(fault, nodes=nodes)).settled()
    return calm, calm.after(faults.NAME)[0]


@pytest.mark.parametrize("fault", FAULTS)
def test_it_comes_as_often_as_its_budget_allows_and_is_remembered(fault: str) -> None:
    first = begin(_tiny(fault, budget=2))
    budgets = {(walk.see(FAULT, "left")[0], walk.see(FAULT, "used")[0]) for walk in reachable(first)}
    assert budgets == {(2, False), (1, True), (0, True)}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_never_comes_once_its_budget_is_spent(fault: str) -> None:
    spent = [walk for walk in reachable(begin(_tiny(fault))) if walk.see(FAULT, "left")[0] == 0]
    assert spent
    again = [step for walk in spent for step in transitions(walk.system, walk.state)]
    assert [step for step in again if step.group.losing is not None] == []
    assert [step for step in again if step.group.rule.name.startswith(fault)] == []


@pytest.mark.parametrize("fault", RULED)
def test_it_is_never_needed_for_the_cluster_to_come_to_rest(fault: str) -> None:
    calm, _ = _struck(fault)
    assert all(step.group.environment for step in calm.steps(faults.NAME))


def test_a_fault_without_budget_is_none() -> None:
    assert faults.component({"node-crash": 0}).rules == ()


def test_an_unknown_fault_is_named_with_those_that_there_are() -> None:
    with pytest.raises(KeyError, match="unknown fault 'earthquake'; there are node-crash"):
        faults.component({"earthquake": 1})


def test_a_node_that_crashes_loses_its_kubelet_its_containers_and_their_memory() -> None:
    calm, struck = _struck("node-crash")
    assert (struck.see(NODE, "machine"), struck.see(NODE, "kubelet")) == ((DOWN,), (STOPPED,))
    assert struck.see(NODE, "link") == (UP,)
    (runtime,) = struck.see(POD, "runtime")
    assert (runtime.containers, runtime.sandbox, runtime.serving) == (EXITED, SANDBOX_NOT_READY, False)
    assert struck.see(POD, "worker") == (None,)
    assert struck.see(POD) == calm.see(POD), "the API does not know yet"


def test_a_node_that_crashes_leaves_other_nodes_alone() -> None:
    calm = begin(_tiny("node-crash", nodes=2)).settled()
    (runtime,) = calm.see(POD, "runtime")
    own = calm.see(NODE, "name").index(runtime.node)
    (struck,) = [walk for walk in calm.after(faults.NAME, "node-crash") if walk.see(NODE, "machine")[own] == UP]
    assert struck.see(NODE, "machine").count(DOWN) == 1
    assert struck.see(POD, "runtime") == (runtime,)
    assert struck.see(POD, "worker") == calm.see(POD, "worker")


def test_a_link_that_is_cut_changes_nothing_else() -> None:
    calm, struck = _struck("link-cut")
    assert struck.see(NODE, "link") == (DOWN,)
    assert [struck.see(NODE, field) for field in ("machine", "kubelet")] == [(UP,), (RUNNING,)]
    assert [struck.see(POD, field) for field in ("runtime", "worker")] == [
        calm.see(POD, field) for field in ("runtime", "worker")
    ]


def test_one_cut_separates_all_nodes_and_heals_for_all() -> None:
    _, struck = _struck("control-plane-cut", nodes=3)
    assert struck.see(NODE, "link") == (DOWN, DOWN, DOWN)
    assert struck.one(faults.NAME, "cut heals").see(NODE, "link") == (UP, UP, UP)


def _watched(fault: str) -> tuple[Walk, Walk]:
    """A ReplicaSet controller that waits for the pod that it has created, and the same after a fault of its watch."""
    waiting = until(begin(_tiny(fault)), lambda walk: any(walk.see(POD, "expected")))
    assert waiting.see(POD, cached_field(_CONTROLLER)) == (None,)
    return waiting, waiting.one(faults.NAME)


_CONTROLLER = "replicaset-controller"


def test_a_client_whose_watch_breaks_lists_again() -> None:
    _, struck = _watched("watch-break")
    assert struck.see(POD, cached_field(_CONTROLLER)) == struck.see(POD)
    assert struck.see(INFORMER, "pending") == (0,)
    assert struck.see(POD, "expected") == (None,)


def test_a_watch_that_is_too_old_makes_its_client_list_and_can_be_resumed_from_there() -> None:
    calm, struck = _struck("watch-end")
    assert calm.see(INFORMER, BEYOND) == (1,)
    assert struck.see(INFORMER, BEYOND) == (0,)
    assert struck.see(POD, cached_field(_CONTROLLER)) == struck.see(POD)


def test_a_watch_that_can_be_resumed_ends_without_a_step() -> None:
    resumable = [walk for walk in reachable(begin(_tiny("watch-end"))) if walk.see(INFORMER, BEYOND) == (0,)]
    assert any(walk.see(INFORMER, "pending") == (1,) for walk in resumable)
    assert [step for walk in resumable for step in walk.steps(faults.NAME)] == []


def test_an_event_that_is_lost_is_never_seen() -> None:
    _, struck = _watched("watch-event-lost")
    assert struck.see(POD, cached_field(_CONTROLLER)) == (None,)
    assert struck.see(INFORMER, "pending") == (0,)
    assert struck.see(POD, "expected") == (("creation", "web-old"),)


def test_a_lost_event_hides_an_object_until_its_next_event() -> None:
    _, struck = _watched("watch-event-lost")
    (bound,) = until(struck, lambda walk: walk.see(INFORMER, "pending") == (1,)).after("watch")
    assert bound.see(POD, cached_field(_CONTROLLER)) == bound.see(POD)


def _losing(fault: str) -> Walk:
    """A ReplicaSet whose controller's first creation goes wrong."""
    first = begin(scenario(replica_set(), faults={fault: 1}))
    lost = [step for step in first.steps(_CONTROLLER, "manage replicas") if step.group.losing is not None]
    (struck,) = [Walk(first.system, step.successor) for step in lost if step.successor]
    return struck


def test_a_request_that_is_lost_is_never_applied() -> None:
    struck = _losing("request-lost")
    assert struck.see(POD) == ()
    assert struck.see(FAULT, "left") == (0, 0)
    assert len(struck.settled().see(POD)) == 1


def test_a_request_whose_reply_is_lost_is_applied_though_its_sender_is_not_told() -> None:
    struck = _losing("reply-lost")
    assert len(struck.see(POD)) == 1
    assert struck.see(POD, "expected") == (None,), "a creation that failed is not expected to be seen"
    assert dict(zip(struck.see(FAULT, "name"), struck.see(FAULT, "used"), strict=True))["reply-lost"]
    assert len(struck.settled().see(POD)) == 1


def test_lost_replies_make_a_controller_that_sees_late_create_too_much() -> None:
    late = scenario(replica_set(), faults={"reply-lost": 1}, lag={_CONTROLLER: {"Pod": 1}})
    assert max(len(walk.see(POD)) for walk in reachable(begin(late))) == 2


def test_a_kubelet_that_ends_forgets_its_pods_while_their_containers_run_on() -> None:
    calm, struck = _struck("kubelet-crash")
    assert struck.see(NODE, "kubelet") == (STOPPED,)
    assert struck.see(POD, "worker") == (None,)
    assert struck.see(POD, "runtime") == calm.see(POD, "runtime")


@pytest.mark.parametrize(("fault", "code"), [("container-exit", 1), ("container-completion", 0)])
def test_containers_end_with_an_exit_code(fault: str, code: int) -> None:
    _, struck = _struck(fault)
    (runtime,) = struck.see(POD, "runtime")
    assert (runtime.containers, runtime.exit_code, runtime.serving) == (EXITED, code, False)


def test_an_application_stops_answering_while_it_runs_until_its_probe_has_failed() -> None:
    calm, struck = _struck("probe-failure")
    (runtime,) = struck.see(POD, "runtime")
    assert (runtime.containers, runtime.serving) == (RUNNING, False)
    assert struck.see(POD, "worker") == calm.see(POD, "worker")
    failed = struck.one("kubelet", "readiness probe fails")
    assert not failed.see(POD, "worker")[0].ready
    assert failed.settled().see(POD, "worker") == calm.see(POD, "worker")


def test_an_application_without_readiness_probe_can_not_fail_it() -> None:
    calm = begin(scenario(bare_pod(), faults={"probe-failure": 1})).settled()
    assert calm.steps(faults.NAME) == []


def test_the_controllers_end_together_and_forget_what_they_expect() -> None:
    wanted = scenario(replica_set(), lag={"replicaset-controller": {"Pod": 1}}, faults={"controller-manager-crash": 1})
    waiting = until(begin(wanted), lambda walk: any(walk.see(POD, "expected")))
    struck = waiting.one(faults.NAME, "controller-manager-crash")
    assert dict(zip(struck.see(PROCESS, "name"), struck.see(PROCESS, "state"), strict=True)) == {
        KUBE_CONTROLLER_MANAGER: STOPPED,
        KUBE_SCHEDULER: RUNNING,
    }
    assert not any(struck.see(POD, "expected"))
    assert struck.steps("replicaset-controller") == []


def test_controllers_that_are_started_again_list_what_they_watch() -> None:
    wanted = scenario(replica_set(), lag={"replicaset-controller": {"Pod": 1}}, faults={"controller-manager-crash": 1})
    waiting = until(begin(wanted), lambda walk: any(walk.see(POD, "expected")))
    assert waiting.see(POD, cached_field("replicaset-controller")) == (None,)
    struck = waiting.one(faults.NAME, "controller-manager-crash")
    again = struck.one(process_supervisor.SUPERVISOR, f"restart {KUBE_CONTROLLER_MANAGER}")
    assert again.see(POD, cached_field("replicaset-controller")) == again.see(POD)


def test_the_scheduler_forgets_its_queue() -> None:
    wanted = scenario(deployment(2, pod_spec(container=needing("3"))), faults={"scheduler-crash": 1})
    calm = begin(wanted).settled()
    assert "Unschedulable" in calm.see(POD, "queue")
    struck = calm.one(faults.NAME, "scheduler-crash")
    assert set(struck.see(POD, "queue")) == {None}
    assert struck.steps("kube-scheduler") == []
    assert struck.settled().see(POD, "queue") == calm.see(POD, "queue")


@pytest.mark.parametrize(
    ("fault", "component", "rule"),
    [
        ("node-crash", faults.NAME, "node returns"),
        ("link-cut", faults.NAME, "link heals"),
        ("control-plane-cut", faults.NAME, "cut heals"),
        ("kubelet-crash", process_supervisor.SUPERVISOR, "restart kubelet"),
    ],
)
def test_what_struck_a_node_can_be_undone_without_spending_a_budget(fault: str, component: str, rule: str) -> None:
    calm, struck = _struck(fault)
    again = struck.one(component, rule)
    for field in ("machine", "kubelet", "link"):
        assert again.see(NODE, field) == calm.see(NODE, field)
    assert again.see(FAULT, "left") == struck.see(FAULT, "left")
    assert again.settled().see(POD) == calm.see(POD)


@pytest.mark.parametrize("fault", ["node-crash", "link-cut", "control-plane-cut"])
def test_a_node_may_stay_away(fault: str) -> None:
    _, struck = _struck(fault)
    assert struck.settled().see(NODE, "machine" if fault == "node-crash" else "link") == (DOWN,)


@pytest.mark.parametrize("fault", ["kubelet-crash", "controller-manager-crash", "scheduler-crash"])
def test_a_process_does_not_stay_away(fault: str) -> None:
    calm, struck = _struck(fault)
    assert struck.state != calm.state
    assert struck.settled().see(PROCESS, "state") == (RUNNING, RUNNING)
    assert struck.settled().see(NODE, "kubelet") == (RUNNING,)


def test_a_kubelet_on_a_node_without_power_is_not_started() -> None:
    both = scenario(bare_pod(), faults={"node-crash": 1, "kubelet-crash": 1})
    down = begin(both).settled().one(faults.NAME, "node-crash")
    assert down.steps(process_supervisor.SUPERVISOR) == []


def test_only_what_may_end_is_started_again() -> None:
    assert process_supervisor.supervisor({"node-crash": 1, "kubelet-crash": 0}, {}).rules == ()


@pytest.mark.parametrize("values", list(product((UP, DOWN), (RUNNING, STOPPED), (UP, DOWN))))
def test_a_node_is_in_exactly_one_state_of_its_machine(values: tuple[str, str, str]) -> None:
    assert process_supervisor.MACHINE_MACHINE.classify(*values)


def test_a_process_is_in_exactly_one_state_of_its_machine() -> None:
    assert {process_supervisor.PROCESS_MACHINE.classify(state) for state in (RUNNING, STOPPED)} == {
        "Running",
        "Stopped",
    }
