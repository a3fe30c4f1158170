"""Properties of container runtimes that answer nothing (kubelet §1)."""

from __future__ import annotations

from ..kinds import NODE, UP
from ..language.component import Key
from ..language.property import HOLDS, Finding, Shape, TemporalProperty, violated
from ..objects.conditions import condition_is_true
from ..objects.node import Node


def _state(name: str, node: Node | None, cri: str) -> tuple[str, bool] | None:
    if node is None:
        return None
    return name, cri != UP and condition_is_true(node.status.conditions, "Ready")


def _reported(key: tuple[str, bool]) -> Finding:
    name, wrong = key
    return violated(f"{name} stays Ready although its container runtime answers nothing") if wrong else HOLDS


SILENT_RUNTIME_REPORTED = TemporalProperty(
    name="silent-runtime-reported",
    statement="in the end a node whose container runtime answers nothing is not Ready, as long as that lasts",
    key=Key(NODE, ("name", "object", "cri"), _state),
    judge=_reported,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="kubelet §1",
    advice="until it is not Ready, three minutes long, pods are still bound to the node and wait there",
)
