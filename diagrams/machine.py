"""Draws a machine: its states, and each arrow with its trigger and the component that drives it.

Arrows with the same ends and the same component share one line and list their triggers. States that no arrow leaves
for another state are terminal and have a double border; a dot leads to the initial state.
"""

from __future__ import annotations

from collections.abc import Mapping

import graphviz

from ..spec.language.machine import Machine
from .labels import escape_html, escape_mermaid, html_lines, wrap
from .palette import INK, PALE, PAPER, Look, assign, swatch
from .rendering import FONT

_WIDTH = 32


def terminal_states(machine: Machine) -> frozenset[str]:
    """Names of the states that no arrow leaves for another state."""
    left = {arrow.source for arrow in machine.arrows if arrow.dest != arrow.source}
    return frozenset(state.name for state in machine.states) - left


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
        label = html_lines([state.name], "<b>", "</b>")
        if state.meaning:
            small = f'<font point-size="10" color="{PALE}">'
            label += "<br/>" + html_lines(wrap(state.meaning, _WIDTH), small, "</font>")
        graph.node(names[state.name], label=f"<{label}>", peripheries="2" if state.name in terminal else "1")
    graph.edge("initial", names[machine.initial], color=INK)
    for (source, dest, component), triggers in _bundled(machine).items():
        look = looks[component]
        lines = html_lines(triggers, "<b>", "</b>") + "<br/>" + escape_html(component)
        graph.edge(
            names[source],
            names[dest],
            # A table, for its padding: it keeps the text off the line, and off the label of a neighbour.
            label=f'<<table border="0" cellborder="0" cellpadding="3"><tr><td>{lines}</td></tr></table>>',
            color=look.colour,
            fontcolor=look.colour,
            style=look.style,
        )
    graph.node("legend", label=f"<{_legend(looks)}>", shape="plain", style="")
    # The legend hangs below a last state, invisibly: it must not widen the picture.
    graph.edge(names[machine.states[-1].name], "legend", style="invis")
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
