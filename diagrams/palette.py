"""Colours for components: dark enough to read as text on white, and told apart by most colour-blind readers.

After Okabe, Ito: Color Universal Design, 2008, darkened until each has a contrast of at least 4.5 to 1 on white. When
the colours run out the line style changes, so that no two components ever look alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

COLOURS = ("#0060a8", "#b8460e", "#007050", "#9b3d82", "#7a5c00", "#a01c2c", "#1b6f7f", "#444444")
STYLES = ("solid", "dashed", "dotted")

INK = "#222222"
PALE = "#666666"
PAPER = "#f4f6f8"


@dataclass(frozen=True, slots=True)
class Look:
    """How the lines of one component are drawn: a colour ``#rrggbb`` and a Graphviz line style."""

    colour: str
    style: str


def swatch(look: Look) -> str:
    """A piece of a component's line, for a legend: bars in a table of DOT's HTML-like labels.

    Not typed dashes: the bundled layout program does not know how wide characters beyond ASCII are.
    """
    widths = {"solid": (30,), "dashed": (8, 8, 8), "dotted": (3, 3, 3, 3, 3)}[look.style]
    bars = "".join(f'<td bgcolor="{look.colour}" width="{w}" height="2" fixedsize="true"></td>' for w in widths)
    return f'<table border="0" cellborder="0" cellspacing="3" cellpadding="0"><tr>{bars}</tr></table>'


def assign(names: Iterable[str]) -> dict[str, Look]:
    """A look for each distinct name, in the order of first appearance."""
    looks: dict[str, Look] = {}
    for name in names:
        if name not in looks:
            style, colour = divmod(len(looks), len(COLOURS))
            looks[name] = Look(COLOURS[colour], STYLES[style % len(STYLES)])
    return looks
