"""Properties of pods whose node is gone for good (invariants 74)."""

from __future__ import annotations

from ..kinds import NODE, POD
from ..language.component import Key
from ..language.property import HOLDS, Finding, Shape, TemporalProperty, violated
from ..language.query import COUNT, Query
from ..objects.node import Node
from ..objects.pod import Pod


def _missing(name: str, node: Node | None) -> str | None:
    return name if node is None else None


def _bound(node: str, pod: Pod | None) -> bool | None:
    return True if pod is not None and pod.spec.node_name == node and not pod.metadata.finalizers else None


def _collected(node: str, pods: int) -> Finding:
    return violated(f"a pod is bound to {node}, of which there is no Node any more") if pods else HOLDS


ORPHAN_POD_COLLECTED = TemporalProperty(
    name="orphan-pod-collected",
    statement="in the end no pod without finalizers is bound to a node of which there is no Node object",
    key=Key(NODE, ("name", "object"), _missing),
    queries={"pods": Query(POD, ("object",), _bound, COUNT)},
    judge=_collected,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="invariants 74",
    advice="look at whether the pod garbage collector runs: nobody else removes these pods",
)
