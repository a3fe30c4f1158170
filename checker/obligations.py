"""What is owed along the ways into a system: every state once for each status of a promise (design §5).

The product of the states with the three states of a promise: nothing owed, owed, kept for good. Breadth-first, so that
the way to a state in which something is owed is as short as any. Vardi, Wolper, An automata-theoretic approach to
automatic program verification, 1986.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

import attrs

from ..engine.judging import Finding, Judgement, Shape, StateJudge
from ..engine.pools import State
from .expansion import Packed
from .labelled import LabelledExpansion

_PAUSE = 1024
"""States between two looks at the clock."""

_NODES_PER_STATE = 3


class Status(IntEnum):
    """What became of a promise so far."""

    NOTHING = 0
    OWED = 1
    KEPT = 2
    """It was kept, and is not made again while the object is there."""


@attrs.frozen(eq=False)
class Promise:
    """A property that is owed from some moment on, of the object called ``name``: its predicate, what asks for it."""

    shape: Shape
    judge: StateJudge
    trigger: StateJudge | None
    name: str

    def follows(self, status: Status, finding: Finding | None, asked: bool) -> Status:
        """The status in a state, given the status in the state before it."""
        if finding is None or finding.judgement is Judgement.IDLE:
            return Status.NOTHING
        once = self.shape is Shape.EVENTUALLY
        if finding.judgement is Judgement.HOLDS:
            return Status.KEPT if once else Status.NOTHING
        if status is Status.KEPT:
            return status
        return Status.OWED if once or asked or status is Status.OWED else Status.NOTHING


class Obligations:
    """The walk through all states with the status of one promise.

    ``owed``: the nodes in which something is owed that is not so, in the order in which they were found; ``resting``:
    the first of them at rest. ``made``: whether anything was ever promised.
    """

    def __init__(self, expansion: LabelledExpansion, promise: Promise) -> None:
        """Nothing walked yet."""
        self._expansion = expansion
        self._promise = promise
        self._nodes: list[tuple[Packed, Status]] = []
        self._parents: list[int] = []
        self.owed: list[int] = []
        self.resting: int | None = None
        self.made = False

    def walk(self, initial: Sequence[State], states: int, pause: Callable[[int], None]) -> None:
        """Walks from the initial states on, not beyond so many ``states``."""
        known: dict[tuple[Packed, Status], int] = {}

        def found(state: Packed, before: Status, parent: int | None) -> None:
            finding, asked = self._look(state)
            status = self._promise.follows(before, finding, asked)
            if (state, status) in known:
                return
            number = known[state, status] = len(self._nodes)
            self._nodes.append((state, status))
            self._parents.append(number if parent is None else parent)
            self.made = self.made or asked or status is not Status.NOTHING
            if status is Status.OWED and finding is not None and finding.judgement is Judgement.VIOLATED:
                self.owed.append(number)

        for first in initial:
            found(self._expansion.pack(first), Status.NOTHING, None)
        number = owed = 0
        while number < len(self._nodes) <= _NODES_PER_STATE * states:
            if not number % _PAUSE:
                pause(len(self._nodes) - number)
            state, status = self._nodes[number]
            own, environment, progress = self._expansion.steps(state)
            if owed < len(self.owed) and self.owed[owed] == number:
                owed += 1
                if not progress and self.resting is None:
                    self.resting = number
            for delta in (*own, *environment):
                found(state + delta, status, number)
            number += 1

    def _look(self, state: Packed) -> tuple[Finding | None, bool]:
        promise = self._promise
        finding = dict(self._expansion.judged(promise.judge, state)).get(promise.name)
        if promise.trigger is None:
            return finding, False
        asked = dict(self._expansion.judged(promise.trigger, state)).get(promise.name)
        return finding, asked is not None and asked.judgement is Judgement.HOLDS

    def state(self, number: int) -> Packed:
        """The state of a node."""
        return self._nodes[number][0]

    def way_to(self, number: int) -> list[State]:
        """The states from an initial one to a node: a shortest way."""
        way = [number]
        while self._parents[way[-1]] != way[-1]:
            way.append(self._parents[way[-1]])
        return [self._expansion.unpack(self.state(each)) for each in reversed(way)]


__all__ = ["Obligations", "Promise", "Status"]
