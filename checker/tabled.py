"""Explores on tables, in Python: states are numbers, their successors are looked up (design §3.2)."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Mapping

import numpy

from ..engine.pools import State
from ..engine.transition_system import Reader
from .expansion import Move, Packed
from .exploration import Edges, Exploration, Task
from .prompt import expansion
from .tables import Tables

_PAUSE = 256
"""States between two looks at the clock."""


class HandOver(Exception):
    """Something faster is ready to begin the same search anew."""


def _never() -> bool:
    return False


class TabledExploration(Exploration):
    """A search whose states are integers in a dict."""

    name = "tables"

    def __init__(self, task: Task, obsolete: Callable[[], bool] = _never) -> None:
        """Empty tables. ``obsolete``: asked now and then whether to raise ``HandOver``."""
        super().__init__(task)
        self._obsolete = obsolete
        self._expansion = expansion(task.system, self.findings.judges, self._moved)
        self._seen: dict[Packed, int] = {}
        self._order: list[Packed] = []
        self._parents = array("I")
        self._sources = array("I")
        self._targets = array("I")
        self._current = 0
        self._first = 0

    @property
    def tables(self) -> Tables:
        """What was looked up so far."""
        return self._expansion.tables

    def most_steps(self) -> int:
        """How many steps a state has at most, of those that were expanded."""
        found = map(self._expansion.steps, self._order[: self._first])
        return max((len(own) + len(environment) for own, environment, _ in found), default=0)

    @property
    def states(self) -> int:
        """As in ``Exploration``."""
        return len(self._order)

    @property
    def triggered(self) -> set[str]:
        """As in ``Exploration``."""
        return self._expansion.triggered

    def _moved(self, state: Packed, move: Move) -> None:
        """A step that was not seen before, from the state that is being expanded."""
        if move.full is not None:
            self.full.setdefault(move.full.kind, move.full.slots)
            return
        group = move.firing.group
        self.fired.add((group.component.name, group.rule.name))
        self.findings.judge_changes(
            move.firing,
            move.changes,
            self.depth + 1,
            self._current,
            lambda: self._expansion.unpack(self._expansion.arrived(state + move.delta)),
        )

    def begin(self) -> None:
        """As in ``Exploration``."""
        expansion = self._expansion
        for number, initial in enumerate(dict.fromkeys(map(expansion.pack, self.first_states()))):
            self._seen[initial] = number
            self._order.append(initial)
            self._parents.append(number)
            self.findings.judge_state(expansion.findings(initial, quiescent=False), 0, number)

    def _canonical(self, state: Packed) -> Packed:
        symmetry, expansion = self.system.symmetry, self._expansion
        return state if symmetry is None else expansion.pack(symmetry.canonical(expansion.unpack(state)))

    def explore_level(self) -> bool:
        """As in ``Exploration``."""
        seen, order, parents, findings = self._seen, self._order, self._parents, self.findings
        steps, look = self._expansion.steps, self._expansion.findings
        limit = self.task.limits.max_states or sys.maxsize
        judged, looping = findings.judges_states, findings.judges_loops
        end = len(order)
        for number in range(self._first, end):
            if not number % _PAUSE:
                self.pause(end - number)
                if self._obsolete():
                    raise HandOver
            state = order[number]
            self._current = number
            own, environment, progress = steps(state)
            if not progress:
                self.quiescent += 1
                findings.judge_state(look(state, quiescent=True), self.depth, number)
            deltas = own + environment if environment else own
            self.transitions += len(deltas)
            for delta in deltas:
                after = state + delta
                if after not in seen and (symmetric := self._canonical(after)) not in seen:
                    after = symmetric
                    if len(order) >= limit:
                        raise self.stop_at_states()
                    seen[after] = len(order)
                    order.append(after)
                    parents.append(number)
                    if judged:
                        found = look(after, quiescent=False)
                        if found:
                            findings.judge_state(found, self.depth + 1, len(order) - 1)
            if looping:
                self._sources.extend([number] * len(own))
                self._targets.extend([seen[self._canonical(state + delta)] for delta in own])
        self._first = end
        return len(order) > end

    def parent(self, number: int) -> int:
        """As in ``Exploration``."""
        return self._parents[number]

    def state(self, number: int) -> State:
        """As in ``Exploration``."""
        return self._expansion.unpack(self._order[number])

    def edges(self) -> Edges:
        """As in ``Exploration``."""
        return Edges(
            numpy.frombuffer(self._sources, dtype=numpy.uint32), numpy.frombuffer(self._targets, dtype=numpy.uint32)
        )

    def views(self) -> Mapping[Reader, int]:
        """As in ``Exploration``."""
        return self._expansion.tables.views()

    def seconds(self) -> Mapping[Reader, float]:
        """As in ``Exploration``."""
        return self._expansion.tables.seconds()

    def sizes(self) -> Mapping[str, int]:
        """As in ``Exploration``."""
        return self._expansion.tables.sizes()

    def bytes_per_state(self) -> float:
        """As in ``Exploration``."""
        count = len(self._order)
        stored = sys.getsizeof(self._seen) + sys.getsizeof(self._order) + self._parents.itemsize * count
        numbers = sys.getsizeof(self._order[-1]) + sys.getsizeof(count) if count else 0
        return stored / max(count, 1) + numbers
