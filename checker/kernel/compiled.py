"""Explores in the compiled kernel, which asks Python for what no table holds (design §3.2)."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping

import numpy
from numpy.typing import NDArray

from ...engine.pools import Content, State
from ...engine.successors import successor
from ...engine.transition_system import Reader
from ..exploration import Edges, Exploration, Stopped, Task
from ..result import Bound
from .codes import FIRST_CHOSEN, NONE, Board, Code, Edging, Listing, Purpose
from .library import Library
from .oracle import Oracle, words

MOST_POOLS = 64
_PATIENCE = 256
"""Questions between two looks at the clock."""


class CompiledExploration(Exploration):
    """A search whose states and tables are the kernel's."""

    name = "kernel"

    def __init__(self, task: Task, library: Library) -> None:
        """Empty tables."""
        super().__init__(task)
        system = task.system
        shapes = [number for pool in system.pools for number in (pool.slots, pool.slots if pool.ordered else 0)]
        edging = Edging.OWN if self.findings.judges_loops else Edging.NONE
        kernel = library.new(words(shapes), len(system.pools), task.limits.max_states or NONE - 1, edging)
        if kernel is None:
            raise MemoryError
        weakref.finalize(self, library.free, kernel)
        self._library, self._kernel = library, kernel
        self._board = library.board(kernel)
        self._oracle = Oracle(system, library, kernel, self._content)
        self._drained = 0
        add = self._oracle.add_readers
        add((group for group in system.groups if group.environment), Purpose.ENVIRONMENT)
        groups = [group for group in system.groups if not group.environment]
        for rank in sorted({group.rank for group in groups}) if system.graded else [0]:
            due = [group for group in groups if group.rank == rank or not system.graded]
            for purpose in (Purpose.FAST, Purpose.SLOW, Purpose.LOSING, Purpose.SLOW_LOSING):
                slow = purpose in (Purpose.SLOW, Purpose.SLOW_LOSING)
                losing = purpose in (Purpose.LOSING, Purpose.SLOW_LOSING)
                add(
                    (g for g in due if (g.losing is not None) is losing and (g.slow and system.graded) is slow),
                    purpose,
                )
        add((judge for judge in self.findings.judges if not judge.quiescent), Purpose.ALWAYS)
        add((judge for judge in self.findings.judges if judge.quiescent), Purpose.QUIESCENT)

    @property
    def states(self) -> int:
        """As in ``Exploration``."""
        return int(self._board[Board.STATES])

    @property
    def triggered(self) -> set[str]:
        """As in ``Exploration``."""
        return self._oracle.triggered

    def begin(self) -> None:
        """As in ``Exploration``."""
        for state in self.task.initial:
            contents = [self._intern(pool, content) for pool, content in enumerate(state)]
            if self._library.add_initial(self._kernel, words(contents)):
                raise MemoryError
        self._run(0)

    def _intern(self, pool: int, content: Content) -> int:
        padded = [*content, *[0] * (self.system.pools[pool].slots - len(content))]
        if self._library.intern(self._kernel, pool, words(padded)):
            raise MemoryError
        return int(self._board[0])

    def explore_level(self) -> bool:
        """As in ``Exploration``."""
        found = self.states
        self._library.begin_level(self._kernel)
        self._run(1)
        return self.states > found

    def _run(self, deeper: int) -> None:
        """Runs to the end of the level. ``deeper``: how much deeper states lie that are found in it."""
        board, run, kernel, answer = self._board, self._library.run, self._kernel, self._oracle.answer
        end = self.states
        impatience = 0
        try:
            while (code := run(kernel)) != Code.LEVEL:
                if Code.ASK_CLASS <= code <= Code.ASK_SWEEP:
                    answer(code, board[0], board[1], board[2])
                    impatience += 1
                    if impatience % _PATIENCE:
                        continue
                    code = Code.PAUSE
                if code == Code.PAUSE:
                    self._count()
                    self.pause(end - int(board[Board.NEXT_STATE]))
                else:
                    self._other(code)
        finally:
            self._count()
            self._drain(deeper)

    def _other(self, code: int) -> None:
        board = self._board
        if code == Code.FULL:
            raise self.stop_at_states()
        if code == Code.TOO_MANY:
            text = f"more than {NONE - 1} states or contents of a pool, or more than 32 objects in one step"
            raise Stopped(Bound("memory", f"{text}; use the explorer tables, or a smaller model"))
        if code == Code.OUT_OF_MEMORY:
            raise MemoryError
        step, indices = board[0], board[FIRST_CHOSEN : FIRST_CHOSEN + board[FIRST_CHOSEN - 1]]
        number = int(board[Board.NEXT_STATE])
        contents = self._content_getter(number)
        if code == Code.NOT_ONE:
            self._oracle.complain(step, indices, contents)
        reported = self._oracle.reported(step, indices, contents)
        group = reported.firing.group
        self.fired.add((group.component.name, group.rule.name))
        self.findings.judge_changes(
            reported.firing,
            reported.changes,
            self.depth + 1,
            number,
            lambda: successor(self.system, self.state(number), reported.chosen, reported.effects),
        )

    def _count(self) -> None:
        self.transitions = int(self._board[Board.TRANSITIONS])
        self.quiescent = int(self._board[Board.AT_REST])
        for pool in self._list(Listing.LACKING):
            lacking = self.system.pools[pool]
            self.full.setdefault(lacking.name, lacking.kind.slots)

    def _drain(self, deeper: int) -> None:
        """Takes in what the kernel found out about properties for the first time."""
        found = self._list(Listing.FIRST_FINDINGS)[self._drained :]
        self._drained += len(found)
        for number, state in zip(found[::2], found[1::2], strict=True):
            judge, finding = self._oracle.findings[number]
            depth = self.depth if judge.quiescent else self.depth + deeper
            self.findings.judge_state([(judge, finding)], depth, int(state))

    def _list(self, which: Listing) -> NDArray[numpy.uint32]:
        items = self._library.list(self._kernel, which)
        count = self._board[0]
        return numpy.ctypeslib.as_array(items, (count,)).copy() if count else numpy.zeros(0, numpy.uint32)

    def _content_getter(self, number: int) -> Callable[[int], Content]:
        contents = words([0] * len(self.system.pools))
        self._library.state(self._kernel, number, contents)
        return lambda pool: self._content(pool, contents[pool])

    def _content(self, number: int, content: int) -> Content:
        pool = self.system.pools[number]
        bundles = self._library.content(self._kernel, number, content)[: pool.slots]
        return tuple(bundles) if pool.ordered else tuple([bundle for bundle in bundles if bundle])

    def state(self, number: int) -> State:
        """As in ``Exploration``."""
        return tuple(map(self._content_getter(number), range(len(self.system.pools))))

    def way_to(self, number: int) -> list[State]:
        """As in ``Exploration``."""
        way = [number]
        while (parent := self._library.parent(self._kernel, way[-1])) != way[-1]:
            way.append(parent)
        return [self.state(each) for each in reversed(way)]

    def edges(self) -> Edges:
        """As in ``Exploration``."""
        return Edges(self._list(Listing.SOURCES), self._list(Listing.TARGETS))

    def views(self) -> Mapping[Reader, int]:
        """As in ``Exploration``."""
        return self._oracle.tables.views()

    def finish(self) -> None:
        """As in ``Exploration``."""
        counts = self._list(Listing.FINDING_COUNTS)
        for (judge, finding), count in zip(self._oracle.findings, counts, strict=True):
            self.findings.repeat(judge, finding, int(count) - 1)

    def sizes(self) -> Mapping[str, int]:
        """As in ``Exploration``."""
        counted = {
            "contents": Board.CONTENTS,
            "moves found": Board.MEMO_HITS,
            "moves not found": Board.MEMO_MISSES,
            "sites found": Board.SITE_HITS,
            "sites not found": Board.SITE_MISSES,
            "answers not found": Board.ANSWER_MISSES,
        }
        counts = {name: int(self._board[place]) for name, place in counted.items()}
        return {**counts, **self._oracle.sizes(), "questions": self._oracle.questions}

    def bytes_per_state(self) -> float:
        """As in ``Exploration``."""
        return int(self._board[Board.BYTES]) / max(self.states, 1)


__all__ = ["MOST_POOLS", "CompiledExploration"]
