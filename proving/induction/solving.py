"""z3 asked one question at a time, within the time that is left, and its answers as plain numbers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import z3  # type: ignore[import-untyped]

from ...spec.language.arithmetic import Truth
from .law import Values
from .truth import every

_SIZES = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24)
"""How large the numbers of an example may be, tried in this order, before they may be as large as they like."""


class OutOfTime(Exception):
    """z3 did not answer within the time that was left."""


@attrs.frozen(eq=False)
class Clock:
    """Until when there may be asked: ``end`` on the monotonic clock, None for as long as it takes."""

    end: float | None = None

    @classmethod
    def of(cls, seconds: float | None) -> Clock:
        """A clock that ends so many seconds from now."""
        return cls(None if seconds is None else time.monotonic() + seconds)

    def left(self) -> float | None:
        """How many seconds are left; raises ``OutOfTime`` if none are."""
        if self.end is None:
            return None
        left = self.end - time.monotonic()
        if left <= 0:
            raise OutOfTime
        return left


def _answer(clock: Clock, questions: Iterable[Truth]) -> Any:
    solver = z3.Solver()
    left = clock.left()
    if left is not None:
        solver.set("timeout", max(1, int(left * 1000)))
    for question in questions:
        solver.add(question)
    try:
        found = solver.check()
    except z3.Z3Exception as error:
        if "interrupt" in str(error) or "cancel" in str(error):
            raise KeyboardInterrupt from error
        raise
    if found == z3.sat:
        return solver.model()
    if found == z3.unsat:
        return None
    if "interrupt" in solver.reason_unknown():
        raise KeyboardInterrupt
    raise OutOfTime


def example(clock: Clock, claim: Truth, states: Sequence[Values]) -> tuple[Values, ...] | None:
    """Numbers for ``states`` such that ``claim`` holds, None if there are none; the smallest ones that are tried.

    Raises ``OutOfTime`` where z3 does not know.
    """
    found = _answer(clock, [claim])
    if found is None:
        return None
    for size in _SIZES:
        within = [every(-size <= number, number <= size) for state in states for number in state.values()]
        small = _answer(clock, [claim, *within])
        if small is not None:
            found = small
            break
    return tuple(Values({name: _whole(found, number) for name, number in state.items()}) for state in states)


def holds(clock: Clock, given: Truth, claim: Truth) -> bool:
    """Whether ``claim`` follows from ``given``; raises ``OutOfTime`` where z3 does not know."""
    return _answer(clock, [given, z3.Not(_expression(claim))]) is None


def _expression(claim: Truth) -> Any:
    return z3.BoolVal(claim) if isinstance(claim, bool) else claim


def _whole(model: Any, number: Any) -> int:
    if isinstance(number, int):
        return number
    return int(model.eval(number, model_completion=True).as_long())
