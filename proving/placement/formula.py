"""Linear formulas over bounded whole numbers: what a placement must satisfy, written once and read by two solvers.

A ``Row`` says that a sum is not positive; ``every`` and ``some`` of them make a formula, without negation. z3 reads it
to prove that nothing satisfies it (``refuting``); an integer program reads it to find what does (``searching``), with a
switch for each part of a ``Some``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import attrs


@attrs.frozen
class Row:
    """``constant`` and the terms, by the numbers of variables, add up to 0 or less."""

    terms: Mapping[int, int]
    constant: int


@attrs.frozen
class Every:
    """All parts hold."""

    parts: tuple[Formula, ...]


@attrs.frozen
class Some:
    """At least one part holds."""

    parts: tuple[Formula, ...]


Formula: TypeAlias = "Row | Every | Some"

TRUE, FALSE = Every(()), Some(())


@attrs.frozen
class Sum:
    """A linear expression; comparing it gives a formula."""

    terms: Mapping[int, int] = attrs.field(factory=dict)
    constant: int = 0

    def __add__(self, other: Sum | int) -> Sum:
        """The sum of both."""
        if isinstance(other, int):
            return Sum(self.terms, self.constant + other)
        terms = dict(self.terms)
        for variable, number in other.terms.items():
            terms[variable] = terms.get(variable, 0) + number
        return Sum(terms, self.constant + other.constant)

    def __mul__(self, number: int) -> Sum:
        """So many times the expression."""
        return Sum({variable: number * it for variable, it in self.terms.items()}, self.constant * number)

    def at_most(self, other: Sum | int) -> Row:
        """Whether it is no more than the other."""
        less = self + (other * -1 if isinstance(other, Sum) else -other)
        return Row({variable: number for variable, number in less.terms.items() if number}, less.constant)

    def at_least(self, other: Sum | int) -> Row:
        """Whether it is no less than the other."""
        return (other if isinstance(other, Sum) else Sum(constant=other)).at_most(self)


def total(parts: Iterable[Sum | int]) -> Sum:
    """All parts added up."""
    terms: dict[int, int] = {}
    constant = 0
    for part in parts:
        if isinstance(part, int):
            constant += part
            continue
        constant += part.constant
        for variable, number in part.terms.items():
            terms[variable] = terms.get(variable, 0) + number
    return Sum(terms, constant)


def every(parts: Iterable[Formula]) -> Formula:
    """All of them."""
    return Every(tuple(parts))


def some(*parts: Formula) -> Formula:
    """At least one of them."""
    return Some(parts)


class Program:
    """Variables with their bounds, and formulas that must all hold."""

    def __init__(self) -> None:
        """Nothing is said yet."""
        self.bounds: list[tuple[int, int]] = []
        self.names: list[str] = []
        self.formulas: list[Formula] = []

    def variable(self, name: str, low: int, high: int) -> Sum:
        """A new whole number from ``low`` to ``high``."""
        self.bounds.append((low, max(low, high)))
        self.names.append(name)
        if high < low:
            self.formulas.append(FALSE)
        return Sum({len(self.bounds) - 1: 1})

    def require(self, *formulas: Formula) -> None:
        """They must hold."""
        self.formulas += map(self.simplified, formulas)

    def most(self, row: Row) -> int:
        """The largest value that the sum can have."""
        bounds = self.bounds
        return row.constant + sum(n * bounds[v][1 if n > 0 else 0] for v, n in row.terms.items())

    def least(self, row: Row) -> int:
        """The smallest value that the sum can have."""
        bounds = self.bounds
        return row.constant + sum(n * bounds[v][0 if n > 0 else 1] for v, n in row.terms.items())

    def simplified(self, formula: Formula) -> Formula:
        """The same, without what the bounds of the variables say already."""
        if isinstance(formula, Row):
            return TRUE if self.most(formula) <= 0 else FALSE if self.least(formula) > 0 else formula
        neutral, final = (TRUE, FALSE) if isinstance(formula, Every) else (FALSE, TRUE)
        parts: list[Formula] = []
        for part in map(self.simplified, formula.parts):
            if part == final:
                return final
            if part != neutral:
                parts += part.parts if isinstance(part, type(formula)) and not isinstance(part, Row) else (part,)
        return parts[0] if len(parts) == 1 else type(formula)(tuple(parts))


def holds(formula: Formula, values: Sequence[int]) -> bool:
    """Whether the formula is true of these values, by the numbers of variables."""
    if isinstance(formula, Row):
        return formula.constant + sum(n * values[v] for v, n in formula.terms.items()) <= 0
    return (all if isinstance(formula, Every) else any)(holds(part, values) for part in formula.parts)
