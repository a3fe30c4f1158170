"""The fault by which etcd's space is used up, and what an operator does about it (etcd §5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..control_plane.etcd.space import ALARM, ETCD_SPACE
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, Set, Write
from .budgets import left, spend
from .outages import LONGEST_OUTAGE

SPACE_EXHAUSTED = "etcd-space-exhausted"

SPACE_FAULTS: Mapping[str, str] = {
    SPACE_EXHAUSTED: "etcd's space quota is used up: only reads and deletes go through, until somebody frees space",
}
"""The faults of etcd's space."""


def _exhaust(_alarm: str, left: bool) -> Iterable[Alternative]:
    if left:
        yield Alternative((Write(KEY, ALARM, Set(True)), *spend(SPACE_EXHAUSTED)), "etcd raises the alarm NOSPACE")


def _freed(name: str, seconds: float) -> Rule:
    because = "somebody compacts and defragments etcd, and disarms the alarm"
    return Rule(
        name=name,
        key=Key(ETCD_SPACE, (ALARM,), lambda alarm: "NOSPACE" if alarm else None),
        decide=lambda _alarm: [Alternative((Write(KEY, ALARM, Set(False)),), because)],
        duration=seconds,
        reference="etcd §5",
        meaning="etcd has space again, and accepts every request",
    )


def rules(budgets: Mapping[str, int]) -> tuple[Rule, ...]:
    """The rules of the fault, if it has a budget, and of the space that is freed at any time."""
    if not budgets.get(SPACE_EXHAUSTED, 0):
        return ()
    fault = Rule(
        SPACE_EXHAUSTED,
        Key(ETCD_SPACE, (ALARM,), lambda alarm: None if alarm else "enough"),
        _exhaust,
        {"left": left(SPACE_EXHAUSTED)},
        reference="etcd §5",
        meaning=SPACE_FAULTS[SPACE_EXHAUSTED],
    )
    return (fault, _freed("space is freed", 0.0))


def ends(budgets: Mapping[str, int]) -> tuple[Rule, ...]:
    """The rule by which space is freed in the end."""
    return (_freed("space is freed at last", LONGEST_OUTAGE),) if budgets.get(SPACE_EXHAUSTED, 0) else ()
