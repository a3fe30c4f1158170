"""The node lifecycle controller on tiny clusters: what it makes of nodes that fall silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given
from kubemodel.spec.control_plane.controllers import node_lifecycle
from kubemodel.spec.control_plane.controllers.node_lifecycle import health_check
from kubemodel.spec.control_plane.controllers.node_taints import prompt_taints, ready_status
from kubemodel.spec.control_plane.controllers.node_zones import (
    FULL_DISRUPTION,
    NORMAL,
    PARTIAL_DISRUPTION,
    eviction_rate,
    zone_state,
)
from kubemodel.spec.environment.faults import LINK_CUT
from kubemodel.spec.kinds import DOWN
from kubemodel.spec.language.component import Component
from kubemodel.spec.language.model import Model
from kubemodel.spec.node import kubelet
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.pod import is_ready
from kubemodel.spec.objects.taints import (
    NO_EXECUTE,
    NO_SCHEDULE,
    TAINT_NOT_READY,
    TAINT_UNREACHABLE,
    TAINT_UNSCHEDULABLE,
    Taint,
)

from ...node.small_cluster import DELETE_NODE, Reached, cluster, node, pod, search, without

CONTROLLER = node_lifecycle.component()
UNREACHABLE = (Taint(TAINT_UNREACHABLE), Taint(TAINT_UNREACHABLE, effect=NO_EXECUTE))
ZONES = ({"topology.kubernetes.io/zone": "x"}, {"topology.kubernetes.io/zone": "y"})


def end_nodes(found: Reached) -> set[tuple[Node, ...]]:
    return {nodes for _, _, nodes in found.ends}


def silent(*others: Node, first: Node | None = None) -> dict[str, dict[str, Any]]:
    """Nodes of which only ``a``, the first, is not heard."""
    return {
        "a": {"object": first or node(), "machine": DOWN},
        **{other.metadata.name: {"object": other} for other in others},
    }


def test_a_silent_node_becomes_unknown_and_is_tainted_twice() -> None:
    found = search(cluster(CONTROLLER, nodes=silent(node("b"))))
    assert (found.counts.states, found.counts.transitions) == (4, 3)
    assert end_nodes(found) == {(node(ready="Unknown", taints=UNREACHABLE), node("b"))}


def test_a_node_that_heartbeats_is_left_alone() -> None:
    assert search(cluster(CONTROLLER, nodes={"a": {"object": node()}})).counts.states == 1


@pytest.mark.parametrize("field", ["machine", "link"])
def test_whatever_keeps_a_node_silent_makes_it_unknown(field: str) -> None:
    found = search(cluster(CONTROLLER, nodes={"a": {"object": node(), field: DOWN}, "b": {"object": node("b")}}))
    ((stored, _),) = end_nodes(found)
    assert ready_status(stored.status.conditions) == "Unknown"


def test_a_node_that_comes_back_loses_both_taints() -> None:
    nodes = {"a": {"object": node(ready="Unknown", taints=UNREACHABLE)}, "b": {"object": node("b")}}
    found = search(cluster(CONTROLLER, kubelet.component(), nodes=nodes))
    assert end_nodes(found) == {(node(), node("b"))}
    assert ("node eviction", "Unreachable", "Untainted", node_lifecycle.NAME) in found.arrows


def test_a_node_that_says_it_is_not_ready_and_falls_silent_has_its_taint_swapped() -> None:
    found = search(cluster(CONTROLLER, nodes=silent(node("b"), first=node(ready="False"))))
    assert ("node eviction", "NotReady", "Unreachable", node_lifecycle.NAME) in found.arrows
    assert end_nodes(found) == {(node(ready="Unknown", taints=UNREACHABLE), node("b"))}


def test_no_node_is_driven_empty_while_every_zone_is_fully_disrupted() -> None:
    found = search(cluster(CONTROLLER, nodes=silent()))
    assert end_nodes(found) == {(node(ready="Unknown", taints=UNREACHABLE[:1]),)}


def test_taints_go_when_the_last_zone_is_disrupted() -> None:
    both = {name: {"object": node(name, labels=zone), "machine": DOWN} for name, zone in zip("ab", ZONES, strict=True)}
    found = search(cluster(CONTROLLER, nodes=both))
    assert {taints for nodes in end_nodes(found) for taints in (item.spec.taints for item in nodes)} == {
        UNREACHABLE[:1]
    }


def test_one_fully_disrupted_zone_of_two_is_driven_empty() -> None:
    found = search(cluster(CONTROLLER, nodes=silent(node("b", labels=ZONES[1]), first=node(labels=ZONES[0]))))
    ((stored, _),) = end_nodes(found)
    assert stored.spec.taints == UNREACHABLE


def test_a_partly_disrupted_zone_gets_no_further_no_execute_taints() -> None:
    lost = {name: {"object": node(name, "Unknown"), "machine": DOWN} for name in "abc"}
    found = search(cluster(CONTROLLER, nodes={**lost, "d": {"object": node("d")}}))
    (nodes,) = end_nodes(found)
    assert all(taint.effect == NO_SCHEDULE for item in nodes for taint in item.spec.taints)


def test_the_pods_of_a_silent_node_become_not_ready() -> None:
    ready = pod(phase="Running")
    ready = attrs.evolve(ready, status=attrs.evolve(ready.status, conditions=(Condition("Ready", "True"),)))
    other = attrs.evolve(ready, spec=attrs.evolve(ready.spec, node_name="b"))
    found = search(cluster(CONTROLLER, pods=({"object": ready}, {"object": other}), nodes=silent(node("b"))))
    assert {tuple(is_ready(item) for item in objects) for objects, _, _ in found.ends} == {(False, True)}


def test_a_cut_link_is_noticed_and_forgotten() -> None:
    nodes = {"a": {"object": node()}, "b": {"object": node("b"), "machine": DOWN}}
    found = search(cluster(CONTROLLER, kubelet.component(), nodes=nodes, may={LINK_CUT: 1}))
    assert {"mark node unknown", "taint by condition", "post Ready"} <= found.rules


_CORDONED = attrs.evolve(node(), spec=attrs.evolve(node().spec, unschedulable=True))
_READY_POD = attrs.evolve(
    pod(), status=attrs.evolve(pod().status, phase="Running", conditions=(Condition("Ready", "True"),))
)
_NEEDS: Mapping[str, Callable[[Component], Model]] = {
    "mark node unknown": lambda c: cluster(c, nodes=silent(node("b"))),
    "mark new node unknown": lambda c: cluster(c, nodes=silent(node("b"), first=node(ready=None))),
    "taint by condition": lambda c: cluster(c, nodes={"a": {"object": _CORDONED}}),
    "taint NoExecute": lambda c: cluster(c, nodes=silent(node("b"))),
    "master disruption": lambda c: cluster(c, nodes=silent(first=node(ready="Unknown", taints=UNREACHABLE))),
    "mark pod not ready": lambda c: cluster(
        c, pods=({"object": _READY_POD},), nodes=silent(node("b"), first=node(ready="Unknown"))
    ),
}


def test_the_table_of_needs_names_every_rule() -> None:
    assert set(_NEEDS) == {rule.name for rule in CONTROLLER.rules}


@pytest.mark.parametrize("rule", _NEEDS)
def test_without_the_rule_the_cluster_ends_otherwise(rule: str) -> None:
    model = _NEEDS[rule]
    assert search(model(without(CONTROLLER, rule))).ends != search(model(CONTROLLER)).ends


def test_every_arrow_of_the_node_machines_is_taken() -> None:
    tainted = {status: node(ready=status, taints=(Taint(key, effect=NO_EXECUTE),)) for status, key in _EXECUTING}
    models = [
        cluster(CONTROLLER, kubelet.component(nodes={"a": node(ready="False")}), nodes={"a": {}}),
        *(
            cluster(CONTROLLER, kubelet.component(), nodes={"a": {"object": item}, "b": {"object": node("b")}})
            for item in (node(ready=None), node(ready="Unknown"), tainted["False"])
        ),
        *(
            cluster(CONTROLLER, nodes=silent(node("b"), first=first), may={DELETE_NODE: 1})
            for first in (node(ready=None), node(ready="False"), node(), tainted["Unknown"])
        ),
        cluster(CONTROLLER, nodes=silent(first=tainted["Unknown"])),
    ]
    taken = {arrow for model in models for arrow in search(model).arrows}
    declared = {
        (m.name, arrow.source, arrow.dest, arrow.component) for m in node_lifecycle.MACHINES for arrow in m.arrows
    }
    # What kubelets report whose node is shut down, or whose runtime is silent, is tested there.
    assert declared - taken == {("node", "Ready", "NotReady", "kubelet")}


_EXECUTING = (("False", TAINT_NOT_READY), ("Unknown", TAINT_UNREACHABLE))


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_zone_is_fully_disrupted_iff_nothing_in_it_is_ready(ready: int, not_ready: int) -> None:
    assert (zone_state(ready, not_ready) == FULL_DISRUPTION) == (ready == 0 and not_ready > 0)


@given(st.integers(0, 2), st.integers(1, 60))
def test_two_nodes_never_disrupt_a_zone_partly(not_ready: int, ready: int) -> None:
    assert zone_state(ready, not_ready) == NORMAL


@pytest.mark.parametrize(
    ("state", "size", "everywhere", "rate"),
    [
        (NORMAL, 3, False, 0.1),
        (FULL_DISRUPTION, 3, False, 0.1),
        (PARTIAL_DISRUPTION, 50, False, 0.0),
        (PARTIAL_DISRUPTION, 51, False, 0.01),
        (FULL_DISRUPTION, 3, True, 0.0),
    ],
)
def test_eviction_rate(state: str, size: int, everywhere: bool, rate: float) -> None:
    assert eviction_rate(state, size, everywhere) == rate


_STATUSES = st.sampled_from(["True", "False", "Unknown"])


@given(_STATUSES, st.booleans(), st.lists(st.sampled_from([*UNREACHABLE, Taint(TAINT_UNSCHEDULABLE), Taint("own")])))
def test_taints_that_fit_stay_as_they_are(status: str, cordoned: bool, taints: list[Taint]) -> None:
    conditions = (Condition("Ready", status),)
    once = prompt_taints(tuple(dict.fromkeys(taints)), conditions, cordoned)
    assert prompt_taints(once, conditions, cordoned) == once


def test_a_silent_nodes_pressures_are_unknown_too() -> None:
    after = health_check((Condition("Ready", "True"), Condition("DiskPressure", "False")), 51)
    assert [(item.type, item.status) for item in after] == [("Ready", "Unknown"), ("DiskPressure", "Unknown")]


@pytest.mark.parametrize(("conditions", "grace"), [((Condition("Ready", "True"),), 50), ((), 60)])
def test_a_node_has_its_grace_period(conditions: tuple[Condition, ...], grace: int) -> None:
    assert health_check(conditions, grace) == conditions
    assert health_check(conditions, grace + 1) != conditions
