"""Faults of container runtimes: one that answers nothing, while what it runs goes on (container-runtime §1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..kinds import DOWN, NODE, UP
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, Set, Write
from ..node.runtime_health import SILENT
from .budgets import left, spend

RUNTIME_FAULTS: Mapping[str, str] = {
    SILENT: "the container runtime of a node answers nothing, what it runs goes on; it may answer again at any time, or"
    " never",
}
"""The faults of container runtimes."""


def _answering(name: str, machine: str, cri: str) -> str | None:
    return name if (machine, cri) == (UP, UP) else None


def _fall_silent(node: str, left: bool) -> Iterable[Alternative]:
    if left:
        text = f"the container runtime of {node} answers nothing any more"
        yield Alternative((Write(KEY, "cri", Set(DOWN)), *spend(SILENT)), text)


def rules(budgets: Mapping[str, int]) -> tuple[Rule, ...]:
    """The rules of the faults that have a budget."""
    if not budgets.get(SILENT, 0):
        return ()
    return (
        Rule(
            name=SILENT,
            key=Key(
                NODE,
                ("name", "machine", "cri"),
                lambda name, machine, cri: name if (machine, cri) == (UP, UP) else None,
            ),
            decide=_fall_silent,
            queries={"left": left(SILENT)},
            reference="container-runtime §1",
            meaning=RUNTIME_FAULTS[SILENT],
        ),
        Rule(
            name="runtime answers",
            key=Key(NODE, ("name", "cri"), lambda name, cri: name if cri == DOWN else None),
            decide=lambda node: [
                Alternative((Write(KEY, "cri", Set(UP)),), f"the container runtime of {node} answers again")
            ],
            reference="container-runtime §1",
            meaning="a container runtime that was silent answers again; its containers have run on",
        ),
    )
