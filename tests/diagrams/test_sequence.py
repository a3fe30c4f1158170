"""A trace as a sequence diagram: participants, requests and changes, in the order of the trace."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from kubemodel.diagrams.rendering import render
from kubemodel.diagrams.sequence import API_SERVER, Step, sequence_dot, sequence_mermaid


@dataclass(frozen=True)
class Told:
    component: str
    trigger: str
    object: str
    requests: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


TRACE = (
    Told("kube-scheduler", "schedule", "Pod/shop/a", ("bind to node-2: done",), ("Pod: Unscheduled -> Bound",)),
    Told("node fault", "crash", "Node/node-1", (), ("Node: Up -> Down",)),
    Told(
        "kubelet node-2",
        "start; containers",
        "Pod/shop/a",
        ("runtime: start web", "patch status: conflict"),
        ("Pod: Bound -> Running",),
    ),
)


def place(participant: str) -> str:
    if "fault" in participant:
        return "environment"
    return "node-2" if "node-2" in participant else "control plane"


def receiver(_step: Step, request: str) -> str:
    return "runtime node-2" if request.startswith("runtime") else API_SERVER


def test_steps_that_repeat_for_ever_are_a_loop() -> None:
    lines = sequence_mermaid(TRACE, place, receiver, loop=1).splitlines()
    assert lines.index("    loop for ever") == lines.index("    Note over p0: 2. crash Node/node-1") - 1
    assert lines[-1] == "    end"
    assert "step 2 again, and so on for ever" in sequence_dot(TRACE, place, receiver, loop=1)
    assert "again" not in sequence_dot(TRACE, place, receiver)


def test_mermaid() -> None:
    assert sequence_mermaid(TRACE, place, receiver).splitlines() == [
        "sequenceDiagram",
        "    box environment",
        "    participant p0 as node fault",
        "    end",
        "    box control plane",
        "    participant p1 as kube-scheduler",
        "    participant p2 as API server",
        "    end",
        "    box node-2",
        "    participant p3 as kubelet node-2",
        "    participant p4 as runtime node-2",
        "    end",
        "    Note over p1: 1. schedule Pod/shop/a",
        "    p1->>p2: bind to node-2#58; done",
        "    Note over p2: Pod#58; Unscheduled -#62; Bound",
        "    Note over p0: 2. crash Node/node-1",
        "    Note over p0: Node#58; Up -#62; Down",
        "    Note over p3: 3. start#59; containers Pod/shop/a",
        "    p3->>p4: runtime#58; start web",
        "    p3->>p2: patch status#58; conflict",
        "    Note over p2: Pod#58; Bound -#62; Running",
    ]


def test_without_places_all_stand_in_the_control_plane_and_ask_the_api_server() -> None:
    lines = sequence_mermaid(TRACE).splitlines()
    assert lines[1] == "    box control plane"
    assert lines[5] == "    participant p3 as API server"
    assert "    p2->>p3: runtime#58; start web" in lines


def _positions(dot: str) -> dict[str, tuple[float, float]]:
    """By the words of the label (of the node that is highest, where several say the same)."""
    found: dict[str, tuple[float, float]] = {}
    for line in dot.splitlines():
        label = re.search(r"label=<(.*?)> |label=<(.*?)>\]|label=\"?([\w -]+)", line)
        position = re.search(r'pos="([\d.-]+),([\d.-]+)!"', line)
        if label and position:
            words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", next(g for g in label.groups() if g))).strip()
            found.setdefault(words, (float(position[1]), float(position[2])))
    return found


def test_the_picture_runs_downwards_in_the_order_of_the_trace() -> None:
    at = _positions(sequence_dot(TRACE, place, receiver))
    told = [
        "1. schedule Pod/shop/a",
        "bind to node-2: done",
        "Pod: Unscheduled -&gt; Bound",
        "2. crash Node/node-1",
        "Node: Up -&gt; Down",
        "3. start; containers Pod/shop/a",
        "runtime: start web",
        "patch status: conflict",
        "Pod: Bound -&gt; Running",
    ]
    heights = [at[words][1] for words in told]
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) == len(heights)


def test_what_a_component_does_stands_below_its_name() -> None:
    at = _positions(sequence_dot(TRACE, place, receiver))
    assert at["1. schedule Pod/shop/a"][0] == at["kube-scheduler"][0]
    assert at["Node: Up -&gt; Down"][0] == at["node fault"][0]
    assert at["Pod: Bound -&gt; Running"][0] == at["API server"][0]
    assert at["node fault"][0] < at["kube-scheduler"][0] < at["API server"][0] < at["kubelet node-2"][0]


def test_every_request_is_an_arrow() -> None:
    dot = sequence_dot(TRACE, place, receiver)
    arrows = [line for line in dot.splitlines() if " -> n" in line and "arrowhead=none" not in line]
    assert len(arrows) == 3


@pytest.mark.parametrize("form", ["svg", "png"])
def test_it_renders_to_the_same_bytes_each_time(form: str) -> None:
    pictures = {render(sequence_dot(TRACE, place, receiver), form) for _ in range(2)}
    assert len(pictures) == 1
    assert len(pictures.pop()) > 1000


def test_positions_survive_the_layout() -> None:
    """``dot`` only draws: the life line of each participant is vertical in the picture too."""
    svg = render(sequence_dot(TRACE, place, receiver), "svg").decode()
    lines = re.findall(r'stroke="#bbbbbb" stroke-dasharray[^>]* d="M([\d.-]+),[\d.-]+C([\d. ,-]+)"', svg)
    assert len(lines) == 5
    for start, rest in lines:
        assert {round(float(point.split(",")[0])) for point in rest.split()} == {round(float(start))}


def test_an_empty_trace_shows_the_api_server_alone() -> None:
    assert "participant p0 as API server" in sequence_mermaid(())
    assert b"<svg" in render(sequence_dot(()), "svg")
