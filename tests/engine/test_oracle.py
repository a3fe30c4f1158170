"""The oracle against the declaration it is built from."""

from __future__ import annotations

from itertools import product

import pytest
import transitions
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.engine.oracle import AmbiguousTriggers, build, method_name
from kubemodel.spec.language.machine import Arrow, Machine, State

STATES = ("Absent", "Running now", "Ready", "Gone")
COMPONENTS = ("kubelet", "kube-scheduler", "user")


def machine(*arrows: Arrow) -> Machine:
    states = tuple(State(name, lambda value, name=name: value == name) for name in STATES)
    return Machine("pod", "Pod", ("phase",), states, "Absent", arrows)


LIFE = machine(
    Arrow("create", "Absent", "Running now", "user"),
    Arrow("probe succeeds", "Running now", "Ready", "kubelet"),
    Arrow("delete", "Running now", "Gone", "user"),
    Arrow("delete", "Ready", "Gone", "user"),
    Arrow("delete", "Ready", "Running now", "kubelet"),
    Arrow("resync", "Ready", "Ready", "kubelet"),
)

ARROWS = st.builds(
    Arrow,
    trigger=st.sampled_from(("sync", "probe fails", "2nd try", "del")),
    source=st.sampled_from(STATES),
    dest=st.sampled_from(STATES),
    component=st.sampled_from(COMPONENTS),
)


@given(st.lists(ARROWS, max_size=12))
def test_oracle_and_declaration_agree_on_every_move(arrows: list[Arrow]) -> None:
    declared = machine(*arrows)
    for source, dest, component in product(STATES, STATES, COMPONENTS):
        oracle = build(declared, source)
        legal = declared.declares(source, dest, component)
        assert oracle.allows(dest, component) is legal
        assert oracle.state == source
        if legal:
            oracle.observe(dest, component)
            assert oracle.state == dest
        else:
            with pytest.raises(transitions.MachineError):
                oracle.observe(dest, component)
            assert oracle.state == source


@given(st.lists(ARROWS, min_size=1, max_size=12), st.data())
def test_a_walk_over_declared_arrows_is_legal_and_ends_where_they_lead(
    arrows: list[Arrow], data: st.DataObject
) -> None:
    oracle = build(machine(*arrows))
    for _ in range(8):
        if not oracle.moves():
            break
        arrow = data.draw(st.sampled_from(oracle.moves()))
        oracle.fire(arrow.trigger, component=arrow.component, dest=arrow.dest)
        assert oracle.state == arrow.dest


def test_triggers_are_methods() -> None:
    oracle = build(LIFE)
    assert oracle.state == "Absent"
    assert oracle.create() is True
    assert oracle.probe_succeeds() is True
    assert [arrow.dest for arrow in oracle.moves()] == ["Gone", "Running now", "Ready"]
    oracle.resync()
    assert oracle.state == "Ready"


def test_an_illegal_trigger_raises_and_changes_nothing() -> None:
    oracle = build(LIFE)
    with pytest.raises(transitions.MachineError):
        oracle.probe_succeeds()
    with pytest.raises(transitions.MachineError, match=r"no arrow fits create.*kubelet.*from Absent"):
        oracle.create(component="kubelet")
    with pytest.raises(transitions.MachineError, match="no arrow has the trigger 'vanish'"):
        oracle.fire("vanish")
    assert oracle.state == "Absent"


def test_the_first_arrow_that_fits_is_taken() -> None:
    assert [_after_delete(), _after_delete(component="kubelet"), _after_delete(dest="Running now")] == [
        "Gone",
        "Running now",
        "Running now",
    ]


def _after_delete(**asked: str) -> str:
    oracle = build(LIFE, "Ready")
    oracle.delete(**asked)
    return oracle.state


def test_a_machine_without_arrows_allows_nothing() -> None:
    oracle = build(machine())
    assert not oracle.allows("Ready", "kubelet")
    with pytest.raises(transitions.MachineError):
        oracle.observe("Ready", "kubelet")


@pytest.mark.parametrize(
    ("trigger", "name"),
    [("bind", "bind"), ("probe fails", "probe_fails"), ("2nd try", "on_2nd_try"), ("del", "on_del"), ("!", "on_")],
)
def test_method_names(trigger: str, name: str) -> None:
    assert method_name(trigger) == name


@pytest.mark.parametrize("triggers", [("probe fails", "probe-fails"), ("observe",), ("state",), ("trigger",)])
def test_triggers_that_would_be_one_method_are_refused(triggers: tuple[str, ...]) -> None:
    arrows = [Arrow(trigger, "Absent", "Ready", "kubelet") for trigger in triggers]
    with pytest.raises(AmbiguousTriggers):
        build(machine(*arrows))
