"""z3 as the one who proves that nothing satisfies a formula, or a few formulas out of a program.

What a few of them refute all of them refute: so z3 is asked about those first that a linear program has found to be in
conflict, which takes it no time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import z3  # type: ignore[import-untyped]

from .formula import Every, Formula, Program, Row

SEED = 7
EFFORT = 60_000_000
"""What z3 may spend on one question, in its own unit, so that it gives up at the same point on every machine."""


class Prover:
    """z3 with some formulas of a program; only the variables that occur are bounded."""

    def __init__(self, program: Program, formulas: Iterable[Formula]) -> None:
        """Says all of ``formulas``."""
        self._program = program
        self._solver = z3.Solver()
        self._solver.set("random_seed", SEED)
        self._variables: dict[int, Any] = {}
        for formula in formulas:
            self._solver.add(self._said(formula))

    def refutes(self, seconds: float, effort: int = EFFORT) -> bool | None:
        """Whether nothing satisfies all that was said; None where z3 gives up."""
        self._solver.set("rlimit", effort)
        self._solver.set("timeout", max(1, int(seconds * 1000)))
        answer = self._solver.check()
        if answer == z3.unknown and "interrupted" in self._solver.reason_unknown():
            raise KeyboardInterrupt
        return None if answer == z3.unknown else bool(answer == z3.unsat)

    def values(self) -> Sequence[int]:
        """What satisfies it, by the numbers of variables, after ``refutes`` was False; the least where any will do."""
        model = self._solver.model()
        found = [low for low, _ in self._program.bounds]
        for variable, symbol in self._variables.items():
            found[variable] = model.eval(symbol, model_completion=True).as_long()
        return found

    def _said(self, formula: Formula) -> Any:
        if isinstance(formula, Row):
            return z3.Sum([n * self._symbol(v) for v, n in sorted(formula.terms.items())]) <= -formula.constant
        parts = [self._said(part) for part in formula.parts]
        return z3.And(parts) if isinstance(formula, Every) else z3.Or(parts)

    def _symbol(self, variable: int) -> Any:
        if variable not in self._variables:
            symbol = z3.Int(self._program.names[variable])
            low, high = self._program.bounds[variable]
            self._solver.add(symbol >= low, symbol <= high)
            self._variables[variable] = symbol
        return self._variables[variable]
