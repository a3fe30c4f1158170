"""What the check of all machines is told as: a line for each, and what is wrong with it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from ..proving.machines.checking import Checked, Wrong, check
from ..proving.machines.choices import CHOICES
from ..proving.machines.shapes import shapes
from ..spec.cluster import MACHINES
from .report_text import WIDTH


def checked() -> tuple[Checked, ...]:
    """Every machine, checked on the objects that it is told apart by."""
    known = shapes()
    return tuple(check(it, known.get(it.name, ()), CHOICES.get(it.name, ())) for it in MACHINES)


def text(found: Sequence[Checked]) -> str:
    """A line for each machine; below it what is wrong."""
    width = max(len(it.machine.name) for it in found)
    lines = [line for it in found for line in _told(it, width)]
    return "\n".join([*lines, "", *textwrap.wrap(_FOOT, WIDTH)]) + "\n"


_FOOT = (
    "Each object is in exactly one state, and an arrow may lead to several only where that is a declared choice. Where "
    "an object holds numbers, z3 shows it for all of them. Every search besides asks it of each object that it meets."
)


def _told(found: Checked, width: int) -> Iterator[str]:
    machine = found.machine
    said = f"{len(machine.states)} states, {len(machine.arrows)} arrows, {how(found)}"
    yield f"{machine.name:<{width}}  {'ok   ' if found.holds else 'WRONG'}  {said}"
    for wrong in found.wrong:
        yield from textwrap.wrap(_wrong(wrong), WIDTH, initial_indent="  ", subsequent_indent="    ")
    for state in found.unseen:
        yield f"  no object is in the state {state}"


def how(found: Checked) -> str:
    """On which objects a machine was checked."""
    if not found.shapes:
        return "on no objects: its shapes are not declared"
    if not found.symbolic:
        return f"on {found.shapes} objects"
    return f"for all numbers in {found.symbolic} of {found.shapes} shapes"


def _wrong(wrong: Wrong) -> str:
    if not wrong.example:
        return wrong.text
    shown = ", ".join(json.dumps(value, ensure_ascii=False, sort_keys=True) for value in wrong.example)
    return f"{wrong.text}: {shown}"


def document(found: Sequence[Checked]) -> list[dict[str, Any]]:
    """The same as plain data."""
    return [
        {
            "machine": it.machine.name,
            "kind": it.machine.kind,
            "holds": it.holds,
            "states": len(it.machine.states),
            "arrows": len(it.machine.arrows),
            "shapes": it.shapes,
            "shapesWithNumbers": it.symbolic,
            "wrong": [{"text": wrong.text, "example": list(wrong.example)} for wrong in it.wrong],
            "unseenStates": list(it.unseen),
            "choices": [
                {"source": source, "trigger": trigger, "decidedBy": why}
                for (source, trigger), why in CHOICES.get(it.machine.name, {}).items()
            ],
        }
        for it in found
    ]
