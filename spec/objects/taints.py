"""Taints of nodes and the tolerations of pods."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from .selectors import parse_int64

NO_SCHEDULE = "NoSchedule"
PREFER_NO_SCHEDULE = "PreferNoSchedule"
NO_EXECUTE = "NoExecute"
TAINT_UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
TAINT_NOT_READY = "node.kubernetes.io/not-ready"
TAINT_UNREACHABLE = "node.kubernetes.io/unreachable"


@attrs.frozen(cache_hash=True)
class Taint:
    """A taint; ``effect`` is NoSchedule, PreferNoSchedule or NoExecute. ``time_added`` in seconds (NoExecute only)."""

    key: str
    value: str = ""
    effect: str = NO_SCHEDULE
    time_added: float | None = None


@attrs.frozen(cache_hash=True)
class Toleration:
    """A toleration. An empty key stands for every key, an empty effect for every effect.

    ``operator`` is Exists or Equal ("" means Equal), or Gt or Lt, which compare integers and count only behind a
    feature gate. ``toleration_seconds`` bounds how long a NoExecute taint is tolerated; None is for ever.
    """

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None

    def tolerates(self, taint: Taint, comparison_operators: bool = False) -> bool:
        """Whether this toleration covers the taint (kube-scheduler §4, TaintToleration).

        ``comparison_operators``: feature gate ``TaintTolerationComparisonOperators``; off, Gt and Lt tolerate nothing.
        """
        if self.effect and self.effect != taint.effect:
            return False
        if self.key and self.key != taint.key:
            return False
        match self.operator:
            case "" | "Equal":
                return self.value == taint.value
            case "Exists":
                return True
            case "Gt" | "Lt" if comparison_operators:
                return self._compares(taint)
            case _:
                return False

    def _compares(self, taint: Taint) -> bool:
        actual, bound = parse_int64(taint.value), parse_int64(self.value)
        if actual is None or bound is None:
            return False
        return actual > bound if self.operator == "Gt" else actual < bound


def tolerates(tolerations: Iterable[Toleration], taint: Taint, comparison_operators: bool = False) -> bool:
    """Whether any of the tolerations covers the taint."""
    return any(toleration.tolerates(taint, comparison_operators) for toleration in tolerations)
