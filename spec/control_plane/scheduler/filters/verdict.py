"""What a filter answers for one node."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

import attrs


class Code(Enum):
    """Why a node is not feasible, by what could help (kube-scheduler §4)."""

    UNSCHEDULABLE = "Unschedulable"
    """P: removing pods from the node may make it feasible."""

    UNRESOLVABLE = "UnschedulableAndUnresolvable"
    """U: preemption cannot help."""


@attrs.frozen(cache_hash=True)
class Feasible:
    """The plugin has nothing against the node."""

    feasible: ClassVar[bool] = True


@attrs.frozen(cache_hash=True)
class Infeasible:
    """The plugin rejects the node; ``reasons`` are in Kubernetes' own words."""

    feasible: ClassVar[bool] = False

    code: Code
    reasons: tuple[str, ...]


Verdict = Feasible | Infeasible

FEASIBLE = Feasible()


def unschedulable(*reasons: str) -> Infeasible:
    """A rejection that preemption may resolve."""
    return Infeasible(Code.UNSCHEDULABLE, reasons)


def unresolvable(*reasons: str) -> Infeasible:
    """A rejection that preemption cannot resolve."""
    return Infeasible(Code.UNRESOLVABLE, reasons)
