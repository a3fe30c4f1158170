"""Budgets of faults: how often each may still come, and whether it came."""

from __future__ import annotations

import attrs

from ..kinds import FAULT
from ..language.plan import Named, Set, Step, Write
from ..language.query import ANY, Query, no_parameter


@attrs.frozen(cache_hash=True)
class Less:
    """The edit that takes one from a budget."""

    def __call__(self, value: int, /) -> int:
        """One less."""
        return value - 1


def spend(fault: str) -> tuple[Step, ...]:
    """The steps that take one from the budget of ``fault`` and note that it came."""
    budget = Named(FAULT, fault)
    return (Write(budget, "left", Less()), Write(budget, "used", Set(True)))


def left(fault: str) -> Query:
    """The query whether ``fault`` may come once more."""

    def classify(_parameter: None, name: str, left: int) -> bool | None:
        return True if name == fault and left > 0 else None

    return Query(FAULT, ("name", "left"), classify, ANY, no_parameter)
