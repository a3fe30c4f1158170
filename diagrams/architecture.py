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

# What a component can write to without asking the API server.
RUNTIME = "runtime"
MEMORY = "memory"

_WATCH = "#0060a8"
_WRITE = "#b8460e"
_TITLES: dict[Place, str] = {
    "environment": "environment (not Kubernetes)",
    "control plane": "control plane",
    "node": "every node",
}


@dataclass(frozen=True, slots=True)
class ComponentFacts:
    """A box of the picture.

    ``watches``: the kinds that its caches hold. ``writes``: the kinds it changes through the API server, and
    ``"runtime"`` (its node's container runtime) or ``"memory"`` (its own) for what it changes without.
    """

    name: str
    place: Place
    watches: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    @property
    def writes_objects(self) -> bool:
        """Whether it writes anything through the API server."""
        return any(written not in (RUNTIME, MEMORY) for written in self.writes)


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
        inside = [(n, each) for n, each in enumerate(components) if each.place == place]
        if not inside:
            continue
        with graph.subgraph(name=f"cluster_{place.replace(' ', '_')}") as cluster:
            cluster.attr(label=title, style="rounded,filled", color=PALE, fillcolor=PAPER, fontsize="13")
            for n, component in inside:
                cluster.node(f"c{n}", label=f"<{_facts(component)}>")
            if any(RUNTIME in each.writes for _, each in inside):
                cluster.node(f"runtime_{place.replace(' ', '_')}", label="container runtime")
    with graph.subgraph() as middle:
        middle.attr(rank="same")
        middle.node("api", label="<<b>API server</b>>", height="1.2", width="1.4", penwidth="2")
        middle.node("etcd", label="<<b>etcd</b>>", shape="cylinder", style="filled", height="0.8", penwidth="2")
        middle.edge("api", "etcd", dir="both", color=INK, arrowsize="0.6")
    for n, component in enumerate(components):
        _connect(graph, f"c{n}", component)
    rows = ((Look(_WATCH, "dashed"), "is watched by"), (Look(_WRITE, "solid"), "writes"))
    lines = "".join(
        f'<tr><td>{swatch(look)}</td><td align="left"><font color="{look.colour}">{text}</font></td></tr>'
        for look, text in rows
    )
    legend = f'<table border="0" cellborder="0" cellspacing="2">{lines}</table>'
    graph.node("legend", label=f"<{legend}>", shape="plain", style="")
    return str(graph)


def architecture_mermaid(components: Iterable[ComponentFacts]) -> str:
    """The picture as a Mermaid ``flowchart``; a dashed arrow is a watch, a solid one a write."""
    components = tuple(components)
    lines = ["flowchart LR", '    api["<b>API server</b>"]', '    etcd[("<b>etcd</b>")]', "    api <--> etcd"]
    for place, title in _TITLES.items():
        inside = [(n, each) for n, each in enumerate(components) if each.place == place]
        if not inside:
            continue
        group = place.replace(" ", "_")
        lines.append(f'    subgraph {group}["{escape_mermaid(title)}"]')
        for n, component in inside:
            text = [f"<b>{escape_mermaid(component.name)}</b>"]
            text += [f"{verb} {escape_mermaid(', '.join(kinds))}" for verb, kinds in _sentences(component)]
            lines.append(f'        c{n}["{"<br/>".join(text)}"]')
        if any(RUNTIME in each.writes for _, each in inside):
            lines.append(f'        runtime_{group}["container runtime"]')
        lines.append("    end")
    for n, component in enumerate(components):
        if component.watches:
            lines.append(f"    api -.-> c{n}")
        if component.writes_objects:
            lines.append(f"    c{n} --> api")
        if RUNTIME in component.writes:
            lines.append(f"    c{n} --> runtime_{component.place.replace(' ', '_')}")
    return "\n".join(lines) + "\n"


def _sentences(component: ComponentFacts) -> list[tuple[str, tuple[str, ...]]]:
    return [(verb, kinds) for verb, kinds in (("watches", component.watches), ("writes", component.writes)) if kinds]


def _facts(component: ComponentFacts) -> str:
    """Name, watches and writes as a DOT label: in the box, where lists can be read, and not along the lines."""
    rows = [f"<tr><td><b>{escape_html(component.name)}</b></td></tr>"]
    for verb, kinds in _sentences(component):
        colour = _WATCH if verb == "watches" else _WRITE
        small = f'<font point-size="10" color="{colour}">'
        text = html_lines(wrap(f"{verb} {', '.join(kinds)}", 38), small, "</font>")
        rows.append(f"<tr><td>{text}</td></tr>")
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{"".join(rows)}</table>'


def _connect(graph: graphviz.Digraph, name: str, component: ComponentFacts) -> None:
    """Lines to the API server; what stands on the right of it is the head of its edges, so that ranks come out so."""
    right = component.place == "node"
    ends = ("api", name) if right else (name, "api")
    if component.watches:
        graph.edge(*ends, color=_WATCH, style="dashed", dir="forward" if right else "back")
    if component.writes_objects:
        graph.edge(*ends, color=_WRITE, dir="back" if right else "forward")
    if RUNTIME in component.writes:
        graph.edge(name, f"runtime_{component.place.replace(' ', '_')}", color=_WRITE)
