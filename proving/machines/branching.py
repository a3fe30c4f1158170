"""Runs a predicate on numbers that are symbols: every branch that it can take, and for which numbers it takes it.

King, Symbolic execution and program testing, 1976. A comparison of symbols has no truth until somebody asks for it
(``if``, ``and``, a chain of comparisons); then the branch taken is noted, and the other one is taken next time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import z3  # type: ignore[import-untyped]


class Branches:
    """The branches that one run takes: first those that it is told to, then the one where a comparison holds."""

    def __init__(self, told: tuple[bool, ...]) -> None:
        """``told``: what the first comparisons shall come to."""
        self._told = told
        self._solver = z3.Solver()
        self.taken: list[bool] = []
        self.open: list[bool] = []
        self.conditions: list[Any] = []

    def take(self, condition: Any) -> bool:
        """What a comparison comes to in this run."""
        here = len(self.taken)
        possible = [side for side in (True, False) if self._possible(condition, side)]
        side = self._told[here] if here < len(self._told) else possible[0]
        self.taken.append(side)
        self.open.append(here >= len(self._told) and len(possible) > 1)
        self.conditions.append(condition if side else z3.Not(condition))
        self._solver.add(self.conditions[-1])
        return side

    def _possible(self, condition: Any, side: bool) -> bool:
        return bool(self._solver.check(condition if side else z3.Not(condition)) == z3.sat)


_RUN: list[Branches] = []
"""The run that goes on, if any: comparisons cannot be handed it."""


@attrs.frozen(eq=False)
class Comparison:
    """A comparison of symbols: its truth is whatever branch is taken."""

    condition: Any

    def __bool__(self) -> bool:
        """The branch that the run takes here; raises ``RuntimeError`` outside of one."""
        if not _RUN:
            raise RuntimeError("a comparison of symbols has no truth outside of branches()")
        return _RUN[-1].take(self.condition)


class Symbol:
    """An integer that is not known. It can be counted with and compared."""

    __slots__ = ("term",)

    def __init__(self, term: Any) -> None:
        """``term``: of z3."""
        self.term = term

    def __eq__(self, other: object) -> Any:
        """A comparison."""
        return Comparison(self.term == _term(other))

    def __ne__(self, other: object) -> Any:
        """A comparison."""
        return Comparison(self.term != _term(other))

    def __lt__(self, other: Any) -> Comparison:
        """A comparison."""
        return Comparison(self.term < _term(other))

    def __le__(self, other: Any) -> Comparison:
        """A comparison."""
        return Comparison(self.term <= _term(other))

    def __gt__(self, other: Any) -> Comparison:
        """A comparison."""
        return Comparison(self.term > _term(other))

    def __ge__(self, other: Any) -> Comparison:
        """A comparison."""
        return Comparison(self.term >= _term(other))

    def __add__(self, other: Any) -> Symbol:
        """The sum."""
        return Symbol(self.term + _term(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Symbol:
        """The difference."""
        return Symbol(self.term - _term(other))

    def __rsub__(self, other: Any) -> Symbol:
        """The difference."""
        return Symbol(_term(other) - self.term)

    def __bool__(self) -> bool:
        """Whether it is not 0: a branch."""
        return bool(Comparison(self.term != 0))

    def __hash__(self) -> int:
        """That of the term."""
        return hash(self.term)


def _term(other: Any) -> Any:
    return other.term if isinstance(other, Symbol) else other


@attrs.frozen(eq=False)
class Branch:
    """A way through a function: for which symbols it is taken, and what the function then answers."""

    condition: Any
    answer: Any


def branches(function: Callable[[], Any]) -> Iterator[Branch]:
    """Every way through ``function``, which compares symbols. Together the conditions cover all numbers."""
    waiting: list[tuple[bool, ...]] = [()]
    while waiting:
        run = Branches(waiting.pop())
        _RUN.append(run)
        try:
            answer = function()
        finally:
            _RUN.pop()
        for place, is_open in enumerate(run.open):
            if is_open:
                waiting.append((*run.taken[:place], not run.taken[place]))
        yield Branch(z3.And(*run.conditions) if run.conditions else z3.BoolVal(True), answer)
