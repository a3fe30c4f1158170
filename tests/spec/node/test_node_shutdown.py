"""Nodes that are shut down: who is ended, in which order, what is rejected meanwhile, and who waits for what."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.kinds import POD
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.node.node_shutdown import ENDING, IS_ENDING, OFF, RELEASED, PostNotReady, Terminate
from kubemodel.spec.objects.conditions import condition_is_true, find_condition
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.pod import FAILED, Pod

from ..container_scenarios import GRACEFUL, with_agent
from ..environment.walking import begin, reachable
from ..exploration import Found, bare_pod, explore, replica_set, scenario, without

UNHEARD = without("node-lifecycle-controller", "mark node unknown")
"""No node ever counts as gone, however long it is silent."""


def shut_down(*objects: Any, nodes: int = 1, **settings: Any) -> Scenario:
    """A scenario in which a node is shut down once."""
    return scenario(*(objects or (bare_pod(),)), nodes=nodes, faults={"node-shutdown": 1}, **settings)


def driven(found: Found, machine: str, source: str) -> set[tuple[str, str]]:
    """Where something goes from a state of a machine, and by whom."""
    return {(dest, component) for name, start, dest, component in found.arrows if (name, start) == (machine, source)}


def test_what_a_kubelet_says_of_its_node_and_of_a_pod() -> None:
    ready = find_condition(PostNotReady()(Node()).status.conditions, "Ready")
    assert ready is not None
    assert (ready.status, ready.reason) == ("False", "KubeletNotReady")
    ended = Terminate()(Pod()).status
    assert (ended.phase, ended.reason) == (FAILED, "Terminated")
    assert condition_is_true(ended.conditions, "DisruptionTarget")


@pytest.mark.parametrize(("shutdown", "ending"), [("", None), (ENDING, True), (RELEASED, True), (OFF, None)])
def test_pods_are_rejected_from_the_notice_to_the_end(shutdown: str, ending: bool | None) -> None:
    assert IS_ENDING.classify("node-1", "node-1", shutdown) is ending


def test_with_grace_the_pods_of_a_node_end_before_it_is_off() -> None:
    found = explore(shut_down(**GRACEFUL))
    assert {("kubelet", "terminate for shutdown"), ("kubelet", "release shutdown")} <= found.rules
    assert ("Failed", "kubelet") in driven(found, "pod", "Ready")


def test_without_grace_nobody_ends_them() -> None:
    found = explore(shut_down())
    assert not any("shutdown" in rule for component, rule in found.rules if component == "kubelet")
    assert driven(found, "node shutdown", "On") == {("Off", "fault")}
    assert ("Failed", "kubelet") not in driven(found, "pod", "Ready")


def test_others_take_their_place_although_no_node_ever_counts_as_gone() -> None:
    """That is what sets a shutdown apart from a crash, after which all waits for 50 s of silence, and 300 s more."""
    graceful, sudden = (
        explore(shut_down(replica_set(), nodes=2, start="running", **settings), UNHEARD) for settings in (GRACEFUL, {})
    )
    assert ("replicaset-controller", "manage replicas") in graceful.rules
    assert ("replicaset-controller", "manage replicas") not in sudden.rules


def test_pods_that_come_too_late_are_rejected() -> None:
    found = explore(shut_down(start="created", alsoCheck=["scheduled-pods-admitted"], **GRACEFUL))
    assert "is being shut down" in found.suspended["scheduled-pods-admitted"]
    assert {"NodeShutdown", "Terminated"} <= _reasons(shut_down(start="created", **GRACEFUL))


def _reasons(wanted: Scenario) -> set[str]:
    """The reasons that pods have in some state."""
    return {
        pod.status.reason for walk in reachable(begin(wanted)) for pod in walk.see(POD, "object") if pod is not None
    }


def test_a_kubelet_that_cannot_say_so_is_waited_for_until_its_time_is_over() -> None:
    cut = {"faults": {"node-shutdown": 1, "link-cut": 1}}
    found = explore(scenario(bare_pod(), **cut, **GRACEFUL))
    assert ("kubelet", "release shutdown at last") in found.rules
    assert ("kubelet", "release shutdown at last") not in explore(shut_down(**GRACEFUL)).rules


def test_a_machine_waits_for_no_kubelet_that_does_not_run() -> None:
    found = explore(scenario(bare_pod(), faults={"node-shutdown": 1, "kubelet-crash": 1}, **GRACEFUL))
    assert driven(found, "node shutdown", "On") == {("Ending", "fault"), ("Off", "fault")}
    assert ("Off", "fault") in driven(found, "node shutdown", "Ending")


def test_critical_pods_are_ended_last() -> None:
    found = explore(with_agent())
    assert found.violated == {}
    assert "shutdown-ends-critical-pods-last" in found.triggered


def test_a_node_that_returns_takes_pods_in_again() -> None:
    found = explore(shut_down(**GRACEFUL))
    assert ("On", "fault") in driven(found, "node shutdown", "Off")
    assert ("Ready", "kubelet") in driven(found, "node", "NotReady")
