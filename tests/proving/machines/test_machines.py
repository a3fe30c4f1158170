"""Every machine is checked, and a machine with a gap, an overlap or an undeclared choice is reported."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kubemodel.cli import machine_report
from kubemodel.cli.main import run
from kubemodel.proving.machines.checking import Checked, check
from kubemodel.proving.machines.choices import CHOICES
from kubemodel.proving.machines.shapes import Shape, shapes
from kubemodel.spec.cluster import MACHINES
from kubemodel.spec.control_plane.controllers import disruption, replicaset
from kubemodel.spec.language.machine import Arrow, Machine, State, states_by
from kubemodel.spec.node import pod_life


def checked(machine: Machine, **changes: Any) -> Checked:
    parts = {name: getattr(machine, name) for name in Machine.__dataclass_fields__}
    changed = Machine(**{**parts, **changes})
    return check(changed, shapes()[machine.name], CHOICES.get(machine.name, ()))


def told(found: Checked) -> list[str]:
    return [wrong.text for wrong in found.wrong]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_object_is_in_one_state_and_every_choice_is_declared(machine: Machine) -> None:
    found = checked(machine)
    assert (found.wrong, found.unseen) == ((), ())
    assert found.holds


def test_nothing_is_declared_of_machines_that_do_not_exist() -> None:
    names = {machine.name for machine in MACHINES}
    assert {*shapes(), *CHOICES} <= names


def test_machines_whose_states_count_are_checked_for_all_numbers() -> None:
    symbolic = {machine.name for machine in MACHINES if checked(machine).symbolic}
    assert symbolic == {
        "replicaset",
        "replicationcontroller",
        "rollout",
        "horizontal pod autoscaler",
        "daemonset",
        "statefulset",
        "budget",
        "quota",
        "watch",
    }


def counted(**states: Any) -> tuple[State, ...]:
    return tuple(State(name, holds) for name, holds in states.items())


COUNTING = Machine(
    name="counting",
    kind="Thing",
    fields=("count",),
    states=counted(None_=lambda count: count == 0, Some=lambda count: 0 < count < 7, Many=lambda count: count >= 7),
    initial="None_",
    arrows=(),
)
ONE_NUMBER = Shape(lambda numbers: (numbers["count"],), ("count",))


def test_numbers_are_all_tried() -> None:
    assert check(COUNTING, (ONE_NUMBER,), ()).holds


@pytest.mark.parametrize(
    ("states", "text", "example"),
    [
        ({"Some": lambda count: 0 < count <= 7}, "an object is in two states: Some and Many", 7),
        ({"Many": lambda count: count > 7}, "an object is in no state", 7),
        ({"Many": lambda count: count - 993 >= 7}, "an object is in no state", 7),
        ({"Some": lambda count: bool(count) and count < 7, "None_": lambda count: not count}, "", 0),
    ],
)
def test_a_mistake_in_one_number_is_found_with_it(states: dict[str, Any], text: str, example: int) -> None:
    whole = {state.name: state.holds for state in COUNTING.states}
    machine = Machine("counting", "Thing", ("count",), counted(**{**whole, **states}), "None_", ())
    found = check(machine, (ONE_NUMBER,), ())
    if not text:
        assert found.holds
        return
    (wrong,) = found.wrong
    assert wrong.text == text
    assert text != "an object is in two states: Some and Many" or wrong.example == (example,)
    assert example <= wrong.example[0]


def test_a_gap_in_a_machine_of_the_specification_is_found_with_an_object() -> None:
    def forgets_equality(budget: Any) -> str:
        if budget is None:
            return "Absent"
        if budget.status.observed_generation < budget.metadata.generation:
            return "New"
        return "Allows" if budget.status.disruptions_allowed > 0 else "Forgotten"

    meanings = {state.name: state.meaning for state in disruption.MACHINE.states}
    found = checked(disruption.MACHINE, states=states_by(forgets_equality, meanings))
    (wrong,) = found.wrong
    assert wrong.text == "an object is in no state"
    assert wrong.example[0].get("status", {}).get("disruptions_allowed", 0) == 0
    assert found.unseen == ("Blocks",)
    assert not found.holds


def test_an_overlap_in_a_machine_of_the_specification_is_found_with_an_object() -> None:
    states = tuple(
        attrs_free(state, lambda item: item is not None and item.status.available_replicas >= item.spec.replicas)
        if state.name == "Met"
        else state
        for state in replicaset.MACHINE.states
    )
    found = checked(replicaset.MACHINE, states=states)
    assert "an object is in two states: Empty and Met" in told(found)
    assert "an object is in two states: Unmet and Met" in told(found)
    overlap = next(wrong for wrong in found.wrong if "Unmet" in wrong.text)
    assert overlap.example[0]["status"]["available_replicas"] > overlap.example[0].get("spec", {}).get("replicas", 1)


def attrs_free(state: State, holds: Any) -> State:
    return State(state.name, holds, state.meaning)


def test_an_overlap_of_objects_without_numbers_is_found() -> None:
    states = tuple(
        attrs_free(state, lambda pod: pod is not None) if state.name == pod_life.READY else state
        for state in pod_life.POD_LIFE.states
    )
    assert "an object is in two states: Running and Ready" in told(checked(pod_life.POD_LIFE, states=states))


def test_arrows_that_nothing_tells_apart_are_found() -> None:
    machine = disruption.MACHINE
    more = (
        Arrow("eviction granted", "Allows", "New", "kube-apiserver"),
        Arrow("another eviction", "Allows", "Blocks", "kube-apiserver"),
        Arrow("elsewhere", "Allows", "Nowhere", "user"),
    )
    assert told(checked(machine, arrows=(*machine.arrows, *more))) == [
        "the arrow elsewhere: Allows -> Nowhere leads to, or from, no state",
        "eviction granted by kube-apiserver leads from Allows to Blocks or New, and is no declared choice",
        "Allows -> Blocks by kube-apiserver is declared 2 times: eviction granted, another eviction",
    ]


def test_a_declared_choice_that_is_none_any_more_is_found() -> None:
    machine = disruption.MACHINE
    arrows = tuple(arrow for arrow in machine.arrows if (arrow.source, arrow.dest) != ("New", "Allows"))
    assert told(checked(machine, arrows=arrows)) == ["first status from New is declared as a choice, and is none"]


def test_the_command_tells_each_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "machines"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if "  ok  " in line]) == len(MACHINES)
    assert run(["prove", "machines", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [entry["machine"] for entry in document] == [machine.name for machine in MACHINES]
    assert all(entry["holds"] for entry in document)
    assert run(["prove", "machines", "no-lost-update"]) == 2
    assert "machines stands alone" in capsys.readouterr().err


def test_the_command_shows_what_is_wrong(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    broken = check(COUNTING, (Shape(lambda _: (-1,)),), ())
    unknown = check(COUNTING, (), ())
    monkeypatch.setattr(machine_report, "checked", lambda: (broken, unknown))
    assert run(["prove", "machines"]) == 1
    out = capsys.readouterr().out
    assert "counting  WRONG  3 states, 0 arrows, on 1 objects\n  an object is in no state: -1\n" in out
    assert "  no object is in the state Many\n" in out
    assert "on no objects: its shapes are not declared" in out
