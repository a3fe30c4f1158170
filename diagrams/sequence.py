"""Draws a trace as a sequence diagram: who acts, what it asks of whom, and what changes by it.

Participants stand side by side: components, the API server, and whoever else a request is sent to (a node's container
runtime). ``place`` says in which box a participant stands ("environment", "control plane", a node's name); boxes stand
in that order, nodes last, so that the API server is between those who steer and those who carry out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import graphviz

from .labels import escape_mermaid, html_lines, wrap
from .palette import INK, PALE, PAPER, Look, assign
from .rendering import FONT

API_SERVER = "API server"
ENVIRONMENT = "environment"
CONTROL_PLANE = "control plane"

_COLUMN = 230.0
_LINE = 13.0
_WIDTH = 34


class Step(Protocol):
    """A step of a trace, its requests and changes already put in words."""

    @property
    def component(self) -> str:
        """Who acts."""

    @property
    def trigger(self) -> str:
        """What made it act."""

    @property
    def object(self) -> str:
        """The object at hand, as ``kind/namespace/name``."""

    @property
    def requests(self) -> tuple[str, ...]:
        """What it asks, with the response, in order."""

    @property
    def changes(self) -> tuple[str, ...]:
        """What is different after it, as ``field: before -> after``."""


Place = Callable[[str], str]
Receiver = Callable[[Step, str], str]


def in_control_plane(_participant: str) -> str:
    """The place of every participant where nothing else is known."""
    return CONTROL_PLANE


def to_api_server(_step: Step, _request: str) -> str:
    """The receiver of every request where nothing else is known."""
    return API_SERVER


@dataclass(frozen=True, slots=True)
class _Participant:
    name: str
    place: str
    column: int


def _participants(steps: Sequence[Step], place: Place, receiver: Receiver) -> dict[str, _Participant]:
    """By name, in columns from left to right."""
    actors = dict.fromkeys(step.component for step in steps)
    receivers = dict.fromkeys(receiver(step, request) for step in steps for request in step.requests)
    names = [*(name for name in actors if name != API_SERVER), API_SERVER, *(n for n in receivers if n not in actors)]
    places = {name: CONTROL_PLANE if name == API_SERVER else place(name) for name in names}
    ranks = {ENVIRONMENT: 0, CONTROL_PLANE: 1} | {
        found: 2 + index for index, found in enumerate(sorted(set(places.values()) - {ENVIRONMENT, CONTROL_PLANE}))
    }
    ordered = sorted(places, key=lambda name: (ranks[places[name]], name == API_SERVER))
    return {name: _Participant(name, places[name], column) for column, name in enumerate(ordered)}


def sequence_mermaid(
    steps: Iterable[Step],
    place: Place = in_control_plane,
    receiver: Receiver = to_api_server,
    loop: int | None = None,
) -> str:
    """The trace as a Mermaid ``sequenceDiagram``; steps are numbered from 1, those after ``loop`` repeat for ever."""
    steps = tuple(steps)
    participants = _participants(steps, place, receiver)
    ids = {name: f"p{each.column}" for name, each in participants.items()}
    lines = ["sequenceDiagram"]
    for found in dict.fromkeys(each.place for each in participants.values()):
        lines.append(f"    box {escape_mermaid(found)}")
        inside = [each.name for each in participants.values() if each.place == found]
        lines += [f"    participant {ids[name]} as {escape_mermaid(name)}" for name in inside]
        lines.append("    end")
    for number, step in enumerate(steps, 1):
        lines += ["    loop for ever"] if loop == number - 1 else []
        actor = ids[step.component]
        lines.append(f"    Note over {actor}: {number}. {escape_mermaid(f'{step.trigger} {step.object}'.strip())}")
        for request in step.requests:
            lines.append(f"    {actor}->>{ids[receiver(step, request)]}: {escape_mermaid(request)}")
        if step.changes:
            where = ids[_where_it_changes(step, receiver)]
            lines.append(f"    Note over {where}: {'<br/>'.join(escape_mermaid(change) for change in step.changes)}")
    lines += ["    end"] if loop is not None else []
    return "\n".join(lines) + "\n"


def sequence_dot(
    steps: Iterable[Step],
    place: Place = in_control_plane,
    receiver: Receiver = to_api_server,
    loop: int | None = None,
) -> str:
    """The trace as DOT text; every position is given, so that ``dot`` only draws (``layout=neato``, pinned).

    An arrow leads from the last step back to the first of those that repeat for ever.
    """
    steps = tuple(steps)
    participants = _participants(steps, place, receiver)
    looks = assign(step.component for step in steps)
    drawing = _Drawing(participants, looks)
    for number, step in enumerate(steps, 1):
        if loop == number - 1:
            drawing.begin_loop()
        drawing.step(number, step, receiver)
    if loop is not None:
        drawing.end_loop(f"step {loop + 1} again, and so on for ever")
    drawing.finish()
    return str(drawing.graph)


def _where_it_changes(step: Step, receiver: Receiver) -> str:
    """Changes show where the last request went; without one, with the component itself."""
    return receiver(step, step.requests[-1]) if step.requests else step.component


class _Drawing:
    """A picture that grows downwards: ``y`` is the lower edge of what is drawn so far, in points."""

    def __init__(self, participants: dict[str, _Participant], looks: dict[str, Look]) -> None:
        self.graph = graphviz.Digraph(
            "trace",
            graph_attr={"layout": "neato", "inputscale": "72", "splines": "line", "outputorder": "edgesfirst"},
            node_attr={"fontname": FONT, "fontsize": "11", "shape": "plain", "margin": "0"},
            edge_attr={"fontname": FONT, "fontsize": "11"},
        )
        self._participants = participants
        self._looks = looks
        self._count = 0
        self._loop = 0.0
        self.y = 0.0
        self._boxes()
        self._heads = {name: self._head(each) for name, each in participants.items()}
        self.y -= 34

    def step(self, number: int, step: Step, receiver: Receiver) -> None:
        """Draw one step: its box on the component's line, an arrow a request, the changes below."""
        look = self._looks[step.component]
        here = self._x(step.component)
        title = [f"{number}. {line}" if n == 0 else line for n, line in enumerate(wrap(step.trigger, _WIDTH))]
        self._box(here, title + wrap(step.object, _WIDTH) * bool(step.object), look.colour, "#ffffff", len(title))
        for request in step.requests:
            self._arrow(here, self._x(receiver(step, request)), request, look)
        if step.changes:
            lines = [line for change in step.changes for line in wrap(change, _WIDTH)]
            self._box(self._x(_where_it_changes(step, receiver)), lines, PALE, "#fff6d6", 0)
        self.y -= 12

    def begin_loop(self) -> None:
        """What follows repeats for ever."""
        self._loop = self.y

    def end_loop(self, text: str) -> None:
        """An arrow on the left, from here up to where the loop began, and what it means."""
        left, foot = -0.62 * _COLUMN, self.y - 6
        top, end = self._point(left, self._loop), self._point(left, foot)
        self.graph.edge(end, top, color=INK, penwidth="1.6")
        for point, height in ((top, self._loop), (end, foot)):
            self.graph.edge(point, self._point(left + 14, height), color=INK, penwidth="1.6", arrowhead="none")
        self._box(0.0, [text], INK, "#fde8e8", 1)

    def finish(self) -> None:
        """Draw the life lines down to where the picture ends."""
        for name, head in self._heads.items():
            foot = self._point(self._x(name), self.y)
            self.graph.edge(head, foot, color="#bbbbbb", style="dashed", arrowhead="none")

    def _x(self, name: str) -> float:
        return self._participants[name].column * _COLUMN

    def _node(self, x: float, y: float, **attributes: str) -> str:
        self._count += 1
        name = f"n{self._count}"
        self.graph.node(name, pos=f"{x:.1f},{y:.1f}!", **attributes)
        return name

    def _point(self, x: float, y: float) -> str:
        return self._node(x, y, label="", shape="point", style="invis", width="0.01", height="0.01")

    def _boxes(self) -> None:
        """The name of each place, above its columns."""
        for found in dict.fromkeys(each.place for each in self._participants.values()):
            columns = [each.column for each in self._participants.values() if each.place == found]
            width = (columns[-1] - columns[0] + 1) * _COLUMN - 20
            self._node(
                (columns[0] + columns[-1]) / 2 * _COLUMN,
                self.y,
                label=found,
                shape="box",
                style="filled",
                fillcolor="#e4e8ec",
                color="#e4e8ec",
                fontcolor=INK,
                fixedsize="true",
                width=f"{width / 72:.3f}",
                height="0.25",
            )
        self.y -= 30

    def _head(self, participant: _Participant) -> str:
        look = self._looks.get(participant.name)
        lines = html_lines(wrap(participant.name, 28), "<b>", "</b>")
        return self._node(
            participant.column * _COLUMN,
            self.y,
            label=f"<{lines}>",
            shape="box",
            style="rounded,filled",
            fillcolor=PAPER,
            margin="0.12,0.06",
            color=look.colour if look else INK,
            fontcolor=look.colour if look else INK,
        )

    def _box(self, x: float, lines: Sequence[str], colour: str, fill: str, bold: int) -> None:
        height = len(lines) * _LINE + 8
        text = [html_lines([line], "<b>", "</b>") if n < bold else html_lines([line]) for n, line in enumerate(lines)]
        self._node(
            x,
            self.y - height / 2,
            label=f"<{'<br/>'.join(text)}>",
            shape="box",
            style="filled",
            fillcolor=fill,
            color=colour,
            fontcolor=colour if bold else INK,
            height=f"{height / 72:.3f}",
            margin="0.08,0.02",
        )
        self.y -= height + 4

    def _arrow(self, start: float, end: float, text: str, look: Look) -> None:
        """An arrow under its text; one from a participant to itself is the text alone."""
        lines = wrap(text, max(_WIDTH, int(_WIDTH * abs(end - start) / _COLUMN)))
        height = len(lines) * _LINE
        # Its own background keeps the life lines that it crosses from striking the text through.
        table = '<table border="0" cellborder="0" cellpadding="1" bgcolor="white"><tr><td>'
        label = f"<{table}{html_lines(lines)}</td></tr></table>>"
        self._node((start + end) / 2, self.y - height / 2 - 2, label=label, fontcolor=look.colour)
        self.y -= height + 6
        if start != end:
            self.graph.edge(self._point(start, self.y), self._point(end, self.y), color=look.colour, penwidth="1.3")
        self.y -= 8
