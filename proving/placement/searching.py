"""An integer program as the one who looks for numbers that satisfy a formula, and for what is in conflict.

Nothing that it says is believed: numbers are checked in whole numbers and then packed and ordered by the filters, and a
conflict is proved by z3. Each part of a ``Some`` gets a switch that turns it on; a row that is off allows whatever the
bounds of its variables do. The solver is HiGHS (Huangfu and Hall, *Parallelizing the dual revised simplex method*,
Mathematical Programming Computation 10, 2018), as SciPy brings it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_matrix, hstack, identity

from .formula import Every, Formula, Program, Row, holds

NODES = 2_000
"""Nodes of the tree of a search, so that it gives up at the same point on every machine."""

_FIT = 1e-7
"""Of rows that are scaled to 1 at most, what may be missing for a linear program to be called satisfied."""


@attrs.frozen
class Column:
    """A further variable, from ``low`` to ``high``: what it adds to extra rows, by their numbers.

    ``cost``: what one of it costs in a search. ``whole``: whether a search takes whole numbers of it only.
    """

    entries: Mapping[int, float]
    high: float
    cost: float = 0.0
    whole: bool = True
    low: float = 0.0


@attrs.frozen
class Relaxed:
    """What a linear program says: how much is missing at least, and the price of every row and of every extra row."""

    missing: float
    in_conflict: tuple[int, ...]
    prices: tuple[float, ...]


@attrs.frozen
class Cheapest:
    """How much there is of each column, in parts, at the least cost in all.

    ``dearer``: what one more of it would cost. ``prices``: of every extra row.
    """

    often: tuple[float, ...]
    dearer: tuple[float, ...]
    prices: tuple[float, ...]


class Searching:
    """A program as a table of rows that are at most 0, and further rows for columns that are still to come."""

    def __init__(self, program: Program) -> None:
        """Writes the table of what the program requires now."""
        self._program = program
        # One more than there are: SciPy does not take a table of no variables.
        self._bounds: list[tuple[float, float]] = [*program.bounds, (0, 0)]
        self._rows: list[tuple[dict[int, float], float]] = []
        self._owners: list[int] = []
        for number, formula in enumerate(program.formulas):
            before = len(self._rows)
            self._write(formula, None)
            self._owners += [number] * (len(self._rows) - before)
        self._own = len(self._rows)
        self._variables = len(self._bounds)

    def extra_row(self, terms: Mapping[int, float], constant: float = 0.0) -> int:
        """A further row, to which columns may add; its number among them."""
        self._put({v: float(n) for v, n in terms.items()}, float(constant), scaled=False)
        return len(self._rows) - self._own - 1

    def _switch(self) -> int:
        self._bounds.append((0, 1))
        return len(self._bounds) - 1

    def _put(self, terms: dict[int, float], constant: float, *, scaled: bool = True) -> None:
        largest = max([abs(constant), *map(abs, terms.values())], default=1.0) if scaled else 1.0
        self._rows.append(({v: n / (largest or 1.0) for v, n in terms.items()}, constant / (largest or 1.0)))

    def _write(self, formula: Formula, switch: int | None) -> None:
        """The formula holds, where the switch is on."""
        if isinstance(formula, Row):
            terms = {v: float(n) for v, n in formula.terms.items()}
            constant = float(formula.constant)
            if switch is not None:
                slack = self._program.most(formula)
                if slack <= 0:
                    return
                terms[switch] = float(slack)
                constant -= slack
            self._put(terms, constant)
        elif isinstance(formula, Every):
            for part in formula.parts:
                self._write(part, switch)
        else:
            switches = [self._switch() for _ in formula.parts]
            needed = dict.fromkeys(switches, -1.0)
            if switch is not None:
                needed[switch] = 1.0
            self._put(needed, 1.0 if switch is None else 0.0)
            for part, its in zip(formula.parts, switches, strict=True):
                self._write(part, its)

    def _table(self, columns: Sequence[Column]) -> tuple[csr_matrix, np.ndarray]:
        at, of, number = [], [], []
        for row, (terms, _) in enumerate(self._rows):
            for variable, value in terms.items():
                at.append(row)
                of.append(variable)
                number.append(value)
        for place, column in enumerate(columns):
            for row, value in column.entries.items():
                at.append(self._own + row)
                of.append(self._variables + place)
                number.append(value)
        shape = (len(self._rows), self._variables + len(columns))
        limits = np.array([-constant for _, constant in self._rows])
        return csr_matrix((number, (at, of)), shape=shape), limits

    def relaxed(self, columns: Sequence[Column] = ()) -> Relaxed | None:
        """Whether numbers that need not be whole satisfy it; None where the solver does not say."""
        table, limits = self._table(columns)
        rows = len(self._rows)
        if not rows:
            return Relaxed(0.0, (), ())
        elastic = hstack([table, -identity(rows, format="csr")], format="csr")
        width = self._variables + len(columns)
        prices = np.concatenate([np.zeros(width), np.ones(rows)])
        bounds = [*self._bounds, *((column.low, column.high) for column in columns), *([(0.0, None)] * rows)]
        solved = linprog(prices, A_ub=elastic, b_ub=limits, bounds=bounds, method="highs")
        if not solved.success:
            return None
        duals = [-float(dual) for dual in solved.ineqlin.marginals]
        owners = {self._owners[row] for row in range(self._own) if duals[row] > _FIT}
        missing = float(solved.fun)
        return Relaxed(0.0 if missing < _FIT else missing, tuple(sorted(owners)), tuple(duals[self._own :]))

    def cheapest(self, columns: Sequence[Column]) -> Cheapest | None:
        """What satisfies it at the least cost, in numbers that need not be whole; None where nothing is found."""
        table, limits = self._table(columns)
        costs = np.array([*([0.0] * self._variables), *(column.cost for column in columns)])
        bounds = [*self._bounds, *((column.low, column.high) for column in columns)]
        solved = linprog(costs, A_ub=table, b_ub=limits, bounds=bounds, method="highs")
        if not solved.success:
            return None
        dearer = costs - table.T @ solved.ineqlin.marginals
        prices = [-float(dual) for dual in solved.ineqlin.marginals[self._own :]]
        often, dearer = solved.x[self._variables :], dearer[self._variables :]
        return Cheapest(tuple(map(float, often)), tuple(map(float, dearer)), tuple(prices))

    def search(
        self, seconds: float, columns: Sequence[Column] = (), nodes: int = NODES
    ) -> tuple[Sequence[int], Sequence[int]] | bool | None:
        """Whole numbers that satisfy it, and those of the columns; False: none, it says; None: it has not found any."""
        table, limits = self._table(columns)
        costs = np.array([*([0.0] * self._variables), *(column.cost for column in columns)])
        integral = np.array([*([1] * self._variables), *(int(column.whole) for column in columns)])
        if not self._rows:
            return [low for low, _ in self._program.bounds], [0] * len(columns)
        low = np.array([*(low for low, _ in self._bounds), *(column.low for column in columns)])
        high = np.array([*(high for _, high in self._bounds), *(column.high for column in columns)])
        solved = milp(
            costs,
            constraints=LinearConstraint(table, ub=limits),
            bounds=Bounds(low, high),
            integrality=integral,
            options={"node_limit": nodes, "time_limit": max(0.01, seconds), "mip_rel_gap": 0.05},
        )
        if solved.x is None:
            return False if solved.status == 2 else None
        values = [round(value) for value in solved.x]
        found = values[: len(self._program.bounds)]
        if not all(holds(formula, found) for formula in self._program.formulas):
            return None
        return found, values[self._variables :]
