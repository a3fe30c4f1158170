"""Draws a machine: its states, and each arrow with its trigger and the component that drives it.

Arrows with the same ends share one line, which has a strand for each component and lists the triggers. States that no
arrow leaves for another state are terminal and have a double border; a dot leads to the initial state. Where a life
ends as it began (an object that is gone is one that does not exist), the initial state is drawn again at the end, with
a dashed border: lines that run back past everything else are what makes a picture hard to read.
"""

from __future__ import annotations

from collections.abc import Mapping

import graphviz

from ..spec.language.machine import Machine, State
from .labels import escape_html, escape_mermaid, html_lines, wrap
from .palette import INK, PALE, PAPER, Look, assign, swatch
from .rendering import FONT

_WIDTH = 32
_AGAIN = "again"


def terminal_states(machine: Machine) -> frozenset[str]:
    """Names of the states that no arrow leaves for another state."""
    left = {arrow.source for arrow in machine.arrows if arrow.dest != arrow.source}
    return frozenset(state.name for state in machine.states) - left


def ends_as_it_began(machine: Machine) -> bool:
    """Whether far more states lead to the initial state than it leads to: then it is also the end of a life."""
    entered = {arrow.source for arrow in machine.arrows if arrow.dest == machine.initial} - {machine.initial}
    left = {arrow.dest for arrow in machine.arrows if arrow.source == machine.initial} - {machine.initial}
    return len(entered) > 2 * len(left)


def machine_dot(machine: Machine) -> str:
    """The picture of ``machine`` as DOT text."""
    graph = graphviz.Digraph(
        machine.name,
        graph_attr={"rankdir": "TB", "fontname": FONT, "nodesep": "0.5", "ranksep": "0.6", "label": _title(machine)},
        node_attr={"shape": "box", "style": "rounded,filled", "fillcolor": PAPER, "color": INK, "fontname": FONT},
        edge_attr={"fontname": FONT, "fontsize": "11"},
    )
    graph.attr(labelloc="t", fontsize="14")
    looks = assign(arrow.component for arrow in machine.arrows)
    names = {state.name: f"s{index}" for index, state in enumerate(machine.states)}
    terminal = terminal_states(machine)
    graph.node("initial", label="", shape="circle", style="filled", fillcolor=INK, width="0.16", fixedsize="true")
    for state in machine.states:
        graph.node(names[state.name], label=_state_label(state), peripheries="2" if state.name in terminal else "1")
    graph.edge("initial", names[machine.initial], color=INK)
    again = _AGAIN if ends_as_it_began(machine) else names[machine.initial]
    if again == _AGAIN:
        label = html_lines([machine.initial], "<b>", "</b>") + "<br/>" + html_lines(["as at the start"], *_small())
        graph.node(_AGAIN, label=f"<{label}>", style="rounded,dashed")
    for (source, dest), moves in _lines(machine).items():
        colours = [looks[component].colour for component in moves]
        styles = {looks[component].style for component in moves}
        graph.edge(
            names[source],
            again if dest == machine.initial else names[dest],
            label=_line_label(moves, looks),
            color=":".join(colours),
            style=styles.pop() if len(styles) == 1 else "solid",
        )
    graph.node("legend", label=f"<{_legend(looks)}>", shape="plain", style="")
    # The legend hangs below a last state, invisibly: it must not widen the picture.
    graph.edge(again if again == _AGAIN else names[machine.states[-1].name], "legend", style="invis")
    return str(graph)


def machine_mermaid(machine: Machine) -> str:
    """The picture of ``machine`` as a Mermaid ``stateDiagram-v2``; each arrow reads ``trigger (component)``."""
    names = {state.name: f"s{index}" for index, state in enumerate(machine.states)}
    lines = ["stateDiagram-v2", "    direction TB"]
    for state in machine.states:
        lines.append(f'    state "{escape_mermaid(state.name)}" as {names[state.name]}')
    lines.append(f"    [*] --> {names[machine.initial]}")
    for (source, dest, component), triggers in _bundled(machine).items():
        label = escape_mermaid(f"{', '.join(triggers)} ({component})")
        lines.append(f"    {names[source]} --> {names[dest]} : {label}")
    terminal = terminal_states(machine)
    lines += [f"    {names[state.name]} --> [*]" for state in machine.states if state.name in terminal]
    return "\n".join(lines) + "\n"


def _bundled(machine: Machine) -> dict[tuple[str, str, str], list[str]]:
    """Triggers of the arrows by (source, dest, component), in declaration order."""
    bundled: dict[tuple[str, str, str], list[str]] = {}
    for arrow in machine.arrows:
        triggers = bundled.setdefault((arrow.source, arrow.dest, arrow.component), [])
        if arrow.trigger not in triggers:
            triggers.append(arrow.trigger)
    return bundled


def _lines(machine: Machine) -> dict[tuple[str, str], dict[str, list[str]]]:
    """What one line of the picture stands for: by (source, dest), the triggers of each component."""
    lines: dict[tuple[str, str], dict[str, list[str]]] = {}
    for (source, dest, component), triggers in _bundled(machine).items():
        lines.setdefault((source, dest), {})[component] = triggers
    return lines


def _small() -> tuple[str, str]:
    return f'<font point-size="10" color="{PALE}">', "</font>"


def _state_label(state: State) -> str:
    label = html_lines([state.name], "<b>", "</b>")
    if state.meaning:
        label += "<br/>" + html_lines(wrap(state.meaning, _WIDTH), *_small())
    return f"<{label}>"


def _line_label(moves: Mapping[str, list[str]], looks: Mapping[str, Look]) -> str:
    """Triggers, each followed by who pulls them, in that one's colour; triggers of several are said once."""
    said: dict[tuple[str, ...], list[str]] = {}
    for component, triggers in moves.items():
        said.setdefault(tuple(triggers), []).append(component)
    parts = []
    for together, components in said.items():
        colour = looks[components[0]].colour if len(components) == 1 else INK
        parts.append(html_lines(together, f'<font color="{colour}"><b>', "</b></font>"))
        parts += [html_lines([each], f'<font color="{looks[each].colour}">', "</font>") for each in components]
    # A table, for its padding: it keeps the text off the line, and off the label of a neighbour.
    return f'<<table border="0" cellborder="0" cellpadding="3"><tr><td>{"<br/>".join(parts)}</td></tr></table>>'


def _title(machine: Machine) -> str:
    lines = [html_lines([machine.name], "<b>", "</b>")]
    if machine.meaning:
        lines.append(html_lines(wrap(machine.meaning, 80)))
    return f"<{'<br/>'.join(lines)}<br/> >"


def _legend(looks: Mapping[str, Look]) -> str:
    rows = [f'<tr><td colspan="2" align="left"><font color="{PALE}">Who moves it</font></td></tr>']
    for component, look in looks.items():
        rows.append(
            f"<tr><td>{swatch(look)}</td>"
            f'<td align="left"><font color="{look.colour}">{escape_html(component)}</font></td></tr>'
        )
    return f'<table border="1" color="{PALE}" cellborder="0" cellspacing="2" style="rounded">{"".join(rows)}</table>'
