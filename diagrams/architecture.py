"""Draws the architecture: every component, what it watches and what it writes, around the API server and etcd."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import graphviz

from .labels import escape_html, escape_mermaid, html_lines, wrap
from .palette import INK, PALE, PAPER, Look, swatch
from .rendering import FONT

Place = Literal["control plane", "node", "environment"]

RUNTIME = "container-runtime"
"""Name of what a node's components call to run containers; drawn too where it is no component of its own."""

_WATCH = "#0060a8"
_WRITE = "#b8460e"
_WIDTH = 44
_TITLES: dict[Place, str] = {
    "environment": "environment (not Kubernetes)",
    "control plane": "control plane",
    "node": "every node",
}


@dataclass(frozen=True, slots=True)
class ComponentFacts:
    """A box of the picture. Each list stands in it as it is.

    ``process``: what it runs in, where that is not itself. ``watches``: the kinds that its caches hold; ``reads``: the
    kinds that it reads past them. ``writes``: what it asks of the API server. ``calls``: what it asks of the container
    runtime. ``remembers``: its own memory. ``changes``: what it does to machines and processes without asking anyone.
    """

    name: str
    place: Place
    process: str = ""
    watches: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    remembers: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


def architecture_dot(components: Iterable[ComponentFacts]) -> str:
    """The picture as DOT text: control plane on the left, API server and etcd in the middle, nodes on the right."""
    components = tuple(components)
    graph = graphviz.Digraph(
        "architecture",
        graph_attr={"rankdir": "LR", "fontname": FONT, "ranksep": "1.1", "nodesep": "0.3", "newrank": "true"},
        node_attr={"shape": "box", "style": "rounded,filled", "fillcolor": "#ffffff", "color": INK, "fontname": FONT},
        edge_attr={"fontname": FONT, "fontsize": "11", "penwidth": "1.3"},
    )
    for place, title in _TITLES.items():
        if not any(each.place == place for each in components):
            continue
        with graph.subgraph(name=f"cluster_{_identifier(place)}") as cluster:
            cluster.attr(label=title, style="rounded,filled", color=PALE, fillcolor=PAPER, fontsize="13")
            for process, inside in _by_process(components, place).items():
                if len(inside) == 1:
                    _box(cluster, *inside[0])
                    continue
                with cluster.subgraph(name=f"cluster_process_{_identifier(process)}") as together:
                    together.attr(label=process, style="rounded,filled", color=PALE, fillcolor="#e4e8ec")
                    for number, component in inside:
                        _box(together, number, component)
            if _needs_runtime(components, place):
                cluster.node(_runtime(components, place), label="container runtime")
    with graph.subgraph() as middle:
        middle.attr(rank="same")
        middle.node("api", label="<<b>API server</b>>", height="1.2", width="1.4", penwidth="2")
        middle.node("etcd", label="<<b>etcd</b>>", shape="cylinder", style="filled", height="0.8", penwidth="2")
        middle.edge("api", "etcd", dir="both", color=INK, arrowsize="0.6")
    for number, component in enumerate(components):
        _connect(graph, components, number, component)
    rows = ((Look(_WATCH, "dashed"), "is watched by"), (Look(_WRITE, "solid"), "writes to, or calls"))
    lines = "".join(
        f'<tr><td>{swatch(look)}</td><td align="left"><font color="{look.colour}">{text}</font></td></tr>'
        for look, text in rows
    )
    legend = f'<table border="0" cellborder="0" cellspacing="2">{lines}</table>'
    graph.node("legend", label=f"<{legend}>", shape="plain", style="")
    return str(graph)


def architecture_mermaid(components: Iterable[ComponentFacts]) -> str:
    """The picture as a Mermaid ``flowchart``; a dashed arrow is a watch, a solid one a request."""
    components = tuple(components)
    lines = ["flowchart LR", '    api["<b>API server</b>"]', '    etcd[("<b>etcd</b>")]', "    api <--> etcd"]
    for place, title in _TITLES.items():
        if not any(each.place == place for each in components):
            continue
        lines.append(f'    subgraph {_identifier(place)}["{escape_mermaid(title)}"]')
        for process, inside in _by_process(components, place).items():
            boxes = [f'c{number}["{_mermaid_facts(component)}"]' for number, component in inside]
            if len(inside) == 1:
                lines.append(f"        {boxes[0]}")
                continue
            lines.append(f'        subgraph process_{_identifier(process)}["{escape_mermaid(process)}"]')
            lines += [*(f"            {box}" for box in boxes), "        end"]
        if _needs_runtime(components, place):
            lines.append(f'        {_runtime(components, place)}["container runtime"]')
        lines.append("    end")
    for number, component in enumerate(components):
        if component.watches:
            lines.append(f"    api -.-> c{number}")
        if component.writes:
            lines.append(f"    c{number} --> api")
        if component.calls:
            lines.append(f"    c{number} --> {_runtime(components, component.place)}")
    return "\n".join(lines) + "\n"


def _identifier(text: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in text)


def _by_process(components: Iterable[ComponentFacts], place: Place) -> dict[str, list[tuple[int, ComponentFacts]]]:
    """The numbered components of a place, those of one process together, in the order of first appearance."""
    found: dict[str, list[tuple[int, ComponentFacts]]] = {}
    for number, component in enumerate(components):
        if component.place == place:
            found.setdefault(component.process or component.name, []).append((number, component))
    return found


def _runtime(components: Iterable[ComponentFacts], place: Place) -> str:
    """The name in the picture of the container runtime that components of ``place`` call."""
    numbers = (n for n, each in enumerate(components) if each.name == RUNTIME and each.place == place)
    return next((f"c{number}" for number in numbers), f"runtime_{_identifier(place)}")


def _needs_runtime(components: Iterable[ComponentFacts], place: Place) -> bool:
    """Whether something calls a container runtime that is none of the components."""
    here = [each for each in components if each.place == place]
    return any(each.calls for each in here) and all(each.name != RUNTIME for each in here)


def _sentences(component: ComponentFacts) -> list[tuple[str, str, tuple[str, ...]]]:
    """What is said of a component, with the colour of the line that it is said of."""
    said = (
        ("watches", _WATCH, component.watches),
        ("asks afresh for", _WATCH, component.reads),
        ("writes", _WRITE, component.writes),
        ("calls", _WRITE, component.calls),
        ("remembers", PALE, component.remembers),
        ("changes", PALE, component.changes),
    )
    return [sentence for sentence in said if sentence[2]]


def _mermaid_facts(component: ComponentFacts) -> str:
    text = [f"<b>{escape_mermaid(component.name)}</b>"]
    text += [f"{verb} {escape_mermaid(', '.join(items))}" for verb, _, items in _sentences(component)]
    return "<br/>".join(text)


def _box(graph: graphviz.Digraph, number: int, component: ComponentFacts) -> None:
    """Name and facts as a DOT label: in the box, where lists can be read, and not along the lines."""
    rows = [f"<tr><td><b>{escape_html(component.name)}</b></td></tr>"]
    for verb, colour, items in _sentences(component):
        small = f'<font point-size="10" color="{colour}">'
        text = html_lines(wrap(f"{verb} {', '.join(items)}", _WIDTH), small, "</font>")
        rows.append(f"<tr><td>{text}</td></tr>")
    table = f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{"".join(rows)}</table>'
    graph.node(f"c{number}", label=f"<{table}>")


def _connect(
    graph: graphviz.Digraph, components: tuple[ComponentFacts, ...], number: int, component: ComponentFacts
) -> None:
    """Lines to the API server; what stands on the right of it is the head of its edges, so that ranks come out so."""
    right = component.place == "node"
    name = f"c{number}"
    ends = ("api", name) if right else (name, "api")
    if component.watches:
        graph.edge(*ends, color=_WATCH, style="dashed", dir="forward" if right else "back")
    if component.writes:
        graph.edge(*ends, color=_WRITE, dir="back" if right else "forward")
    if component.calls:
        graph.edge(name, _runtime(components, component.place), color=_WRITE)
