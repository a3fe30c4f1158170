"""The picture of a machine shows what the machine declares, all of it and nothing else."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from kubemodel.diagrams.machine import ends_as_it_began, machine_dot, machine_mermaid, terminal_states
from kubemodel.diagrams.palette import assign
from kubemodel.diagrams.rendering import bundled_program, render
from kubemodel.spec.language.machine import Arrow, Machine, State

EDGE = re.compile(r"^\t(\w+) -> (\w+) \[label=<(.*)> color=\"(#[\w:#]+)\"", re.MULTILINE)


def _words(label: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", label)).strip()


def test_every_arrow_is_drawn_with_triggers_and_component(pod_life: Machine) -> None:
    names = {f"s{n}": state.name for n, state in enumerate(pod_life.states)}
    drawn = {(names[s], names[d], _words(label)) for s, d, label, _ in EDGE.findall(machine_dot(pod_life))}
    assert len(drawn) == 17
    assert ("Running", "Failed", "exit &gt; 0 &amp; &quot;never&quot; restart kubelet") in drawn
    assert ("Unscheduled", "Unscheduled", "fail filters kube-scheduler") in drawn
    assert {(s, d) for s, d, _ in drawn} == {(arrow.source, arrow.dest) for arrow in pod_life.arrows}


def test_arrows_with_the_same_ends_share_a_line(pod_life: Machine) -> None:
    names = {f"s{n}": state.name for n, state in enumerate(pod_life.states)}
    labels = {(names[s], names[d]): _words(label) for s, d, label, _ in EDGE.findall(machine_dot(pod_life))}
    assert labels["Ready", "Running"] == "probe fails container exits kubelet"
    assert labels["Ready", "Terminating"] == (
        "evict taint-eviction-controller scale down replicaset-controller delete user"
    )


def test_a_trigger_of_several_components_is_said_once() -> None:
    states = (State("A", bool), State("B", bool))
    arrows = (Arrow("delete", "A", "B", "user"), Arrow("delete", "A", "B", "kubelet"))
    ((_, _, label, colours),) = EDGE.findall(machine_dot(Machine("m", "M", ("f",), states, "A", arrows)))
    assert _words(label) == "delete user kubelet"
    assert colours == ":".join(look.colour for look in assign(["user", "kubelet"]).values())


def test_each_component_has_a_colour_and_the_legend_says_which(pod_life: Machine) -> None:
    dot = machine_dot(pod_life)
    looks = assign(arrow.component for arrow in pod_life.arrows)
    assert len({look.colour for look in looks.values()}) == 6
    for _, _, label, colours in EDGE.findall(dot):
        drawn = [looks[name].colour for name in looks if f">{name}</font>" in label]
        assert sorted(colours.split(":")) == sorted(drawn)
    legend = dot[dot.index("legend [") :]
    for component, look in looks.items():
        assert f'<font color="{look.colour}">{component}</font>' in legend


def _ring(*ends: str) -> Machine:
    """Start leads to A; ``ends`` lead back to the start."""
    states = tuple(State(name, bool) for name in ("Start", "A", "B", "C"))
    arrows = (Arrow("go", "Start", "A", "user"), *(Arrow("end", source, "Start", "user") for source in ends))
    return Machine("m", "M", ("f",), states, "Start", arrows)


def test_the_initial_state_is_drawn_again_where_lives_end_in_it() -> None:
    machine = _ring("A", "B", "C")
    assert ends_as_it_began(machine)
    edges = {(source, dest) for source, dest, _, _ in EDGE.findall(machine_dot(machine))}
    assert edges == {("s0", "s1"), ("s1", "again"), ("s2", "again"), ("s3", "again")}


def test_it_is_not_where_a_life_goes_round() -> None:
    machine = _ring("A", "B")
    assert not ends_as_it_began(machine)
    assert {dest for _, dest, _, _ in EDGE.findall(machine_dot(machine))} == {"s0", "s1"}


def test_terminal_states_have_a_double_border(pod_life: Machine) -> None:
    assert terminal_states(pod_life) == {"Gone"}
    doubled = re.findall(r"<b>(\w+)</b>.*peripheries=2", machine_dot(pod_life))
    assert doubled == ["Gone"]


def test_a_self_loop_leaves_a_state_terminal() -> None:
    states = (State("A", bool), State("B", bool))
    arrows = (Arrow("go", "A", "B", "kubelet"), Arrow("again", "B", "B", "kubelet"))
    assert terminal_states(Machine("m", "M", ("f",), states, "A", arrows)) == {"B"}


def test_a_dot_leads_to_the_initial_state(pod_life: Machine) -> None:
    assert re.search(r"^\tinitial -> s0 ", machine_dot(pod_life), re.MULTILINE)


def test_mermaid_says_the_same(pod_life: Machine) -> None:
    lines = machine_mermaid(pod_life).splitlines()
    assert lines[:3] == ["stateDiagram-v2", "    direction TB", '    state "Absent" as s0']
    assert "    [*] --> s0" in lines
    assert "    s9 --> [*]" in lines
    assert "    s5 --> s4 : probe fails, container exits (kubelet)" in lines
    assert "    s4 --> s8 : exit #62; 0 #38; #34;never#34; restart (kubelet)" in lines
    assert sum(" : " in line for line in lines) == 19


@pytest.mark.parametrize("form", ["svg", "png"])
def test_the_same_machine_gives_the_same_bytes(pod_life: Machine, form: str) -> None:
    pictures = {render(machine_dot(pod_life), form) for _ in range(2)}
    assert len(pictures) == 1


def test_the_bundled_program_knows_the_widths_of_the_font(pod_life: Machine) -> None:
    """It says so on stderr where it does not, and then text runs over the borders of its box."""
    command = [bundled_program(), "-Tsvg"]
    done = subprocess.run(command, input=machine_dot(pod_life).encode(), capture_output=True, check=True, timeout=60)
    assert done.stderr == b""


def test_pictures_name_no_folder_of_the_machine(pod_life: Machine) -> None:
    svg = render(machine_dot(pod_life), "svg")
    assert str(Path.cwd()).encode() not in svg
    assert b"Generated by" not in svg
