"""Explores in the compiled kernel, which asks Python for what no table holds (design §3.2)."""

from __future__ import annotations

import ctypes
import struct
import time
import weakref
import zlib
from array import array
from collections.abc import Callable, Mapping, Sequence

import numpy
from numpy.typing import NDArray

from ...engine.encoding import canonical_text
from ...engine.pools import Content, State
from ...engine.successors import successor
from ...engine.transition_system import Reader
from ..exploration import Edges, Exploration, Stopped, Task
from ..result import Bound
from . import checkpoint
from .checkpoint import Checkpoint, CheckpointError
from .codes import FIRST_CHOSEN, NONE, Board, Code, Edging, Listing, Purpose, Section
from .library import Library
from .oracle import Oracle, words

MOST_POOLS = 64
OTHER = "the checkpoint is of another search: other manifests, flags or another version"

SAVE_EVERY = 60.0
"""Seconds between two checkpoints."""

MANY = 8192
"""States from which on a search is worth other cores."""

_WALKED = 100_000
"""States found again by walking to them whose contents are remembered."""

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
        most = task.limits.max_states or NONE - 1
        kernel = library.new(words(shapes), len(system.pools), most, edging, task.cores, int(task.fingerprint), MANY)
        if kernel is None:
            raise MemoryError
        weakref.finalize(self, library.free, kernel)
        self._library, self._kernel = library, kernel
        self._board = library.board(kernel)
        kept = task.checkpoint is not None or task.resume is not None
        self._oracle = Oracle(system, library, kernel, self._content, digests=kept)
        self._drained = 0
        self._log = array("I")
        self._saved = time.monotonic()
        self._resumed = False
        self._level_end = 0
        self.by_fingerprint = task.fingerprint
        self._walked: dict[int, tuple[int, ...]] = {}
        self._initial: dict[int, tuple[int, ...]] = {}
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
        if self.task.resume is not None:
            self._restore(checkpoint.read(self.task.resume))
            return
        for state in self.first_states():
            contents = [self._intern(pool, content) for pool, content in enumerate(state)]
            if self._library.add_initial(self._kernel, words(contents)):
                raise MemoryError
        self._run()
        if self.task.fingerprint:
            self._initial = {number: self._contents(number) for number in range(self.states)}

    def explore(self) -> None:
        """As in ``Exploration``; what ends it is kept, too."""
        try:
            super().explore()
        except (Stopped, KeyboardInterrupt):
            self._save()
            raise

    def _intern(self, pool: int, content: Content) -> int:
        padded = [*content, *[0] * (self.system.pools[pool].slots - len(content))]
        if self._library.intern(self._kernel, pool, words(padded)):
            raise MemoryError
        return int(self._board[0])

    def explore_level(self) -> bool:
        """As in ``Exploration``."""
        if not self._resumed:
            self._library.begin_level(self._kernel)
            self._level_end = self.states
        self._resumed = False
        self._run()
        return self.states > self._level_end

    def _run(self) -> None:
        """Runs to the end of the level."""
        board, run, kernel, answer = self._board, self._library.run, self._kernel, self._oracle.answer
        end = self.states
        impatience = 0
        try:
            while (code := run(kernel)) != Code.LEVEL:
                if Code.ASK_CLASS <= code <= Code.ASK_SWEEP or code == Code.ASK_IMAGE:
                    question = code, board[0], board[1], board[2]
                    answer(*question)
                    self._note(*question)
                    impatience += 1
                    if impatience % _PATIENCE:
                        continue
                    code = Code.PAUSE
                if code == Code.PAUSE:
                    self._count()
                    self._save_now_and_then()
                    self.pause(end - int(board[Board.NEXT_STATE]))
                else:
                    self._other(code)
        finally:
            self._count()
            self._drain()

    def _other(self, code: int) -> None:
        board = self._board
        if code == Code.FULL:
            raise self.stop_at_states()
        if code == Code.TOO_MANY:
            text = (
                f"more than {NONE - 1} states or contents of a pool, 32 objects in one step, or 65,535 steps of a state"
            )
            raise Stopped(Bound("memory", f"{text}; use the explorer tables, or a smaller model"))
        if code == Code.OUT_OF_MEMORY:
            raise MemoryError
        step, indices = board[0], board[FIRST_CHOSEN : FIRST_CHOSEN + board[FIRST_CHOSEN - 1]]
        number = int(board[Board.NEXT_STATE])
        if code == Code.NOT_ONE:
            self._oracle.complain(step, indices, self._content_getter(number))
        self._report(step, number, indices, self.depth + 1)
        self._note(code, step, number, len(indices), *indices)

    def _report(self, step: int, number: int, indices: Sequence[int], length: int) -> None:
        contents = self._content_getter(number)
        reported = self._oracle.reported(step, indices, contents)
        group = reported.firing.group
        self.fired.add((group.component.name, group.rule.name))
        self.findings.judge_changes(
            reported.firing,
            reported.changes,
            length,
            number,
            lambda: successor(self.system, self.state(number), reported.chosen, reported.effects),
        )

    def _note(self, *question: int) -> None:
        if self.task.checkpoint is not None:
            self._log.extend((*question, self._oracle.digest))

    def _save_now_and_then(self) -> None:
        if time.monotonic() - self._saved >= SAVE_EVERY:
            self._save()

    def _save(self) -> None:
        """Keeps the search as it is, where that is asked for and the kernel is not in the middle of something."""
        if self.task.checkpoint is None or not self._library.is_whole(self._kernel):
            return
        sections: list[bytes] = []
        while (section := self._library.section(self._kernel, len(sections))) or self._board[0] >= 0:
            sections.append(ctypes.string_at(section, 4 * self._board[0]) if self._board[0] else b"")
        facts = {
            "model": self.system.model.name,
            "pools": [[pool.name, pool.slots, len(pool.bundles)] for pool in self.system.pools],
            "begun": self._begun(),
            "depth": self.depth,
            "seconds": time.monotonic() - self.started,
        }
        checkpoint.write(self.task.checkpoint, Checkpoint(facts, sections, self._log))
        # Keeping a search takes a small part of its time, however large it grows.
        self._saved = time.monotonic()

    def _restore(self, kept: Checkpoint) -> None:
        shapes = [[pool.name, pool.slots] for pool in self.system.pools]
        if kept.facts["begun"] != self._begun() or [pool[:2] for pool in kept.facts["pools"]] != shapes:
            raise CheckpointError(OTHER)
        for number, section in enumerate(kept.sections):
            if number != Section.COUNTS:
                self._take_in(number, section)
        try:
            self._ask_again(kept.log)
        except (IndexError, KeyError) as error:
            # Contents that were kept may hold what this specification has not made yet.
            raise CheckpointError(OTHER) from error
        pools = [[pool.name, pool.slots, len(pool.bundles)] for pool in self.system.pools]
        if pools != kept.facts["pools"]:
            raise CheckpointError(OTHER)
        self._take_in(Section.COUNTS, kept.sections[Section.COUNTS])
        self._log = array("I", kept.log)
        self.depth = kept.facts["depth"]
        _, _, following, self._level_end, _ = struct.unpack("<5Q", kept.sections[Section.COUNTERS])
        self._resumed = following < self._level_end
        self._count()
        self._drain()

    def _ask_again(self, log: array[int]) -> None:
        place = 0
        while place < len(log):
            code = log[place]
            if code == Code.REPORT:
                step, number, count = log[place + 1 : place + 4]
                indices = log[place + 4 : place + 4 + count]
                self._report(step, number, indices, len(self.chain(number)))
                place += count
            else:
                self._oracle.answer(code, *log[place + 1 : place + 4])
            if log[place + 4] != self._oracle.digest:
                raise CheckpointError(OTHER)
            place += 5

    def _begun(self) -> int:
        """A digest of all that stands in the states that the search begins with, and of what it leaves open."""
        told = [
            canonical_text([pool.bundles[bundle] for bundle in content])
            for state in self.task.initial
            for pool, content in zip(self.system.pools, state, strict=True)
        ]
        symmetry = self.system.symmetry
        return zlib.crc32(repr(told if symmetry is None else (told, symmetry.groups)).encode())

    def _take_in(self, number: int, section: bytes) -> None:
        taken = words([]) if not section else (ctypes.c_uint32 * (len(section) // 4)).from_buffer_copy(section)
        if self._library.restore(self._kernel, number, taken, len(taken)):
            raise MemoryError

    def _count(self) -> None:
        self.transitions = int(self._board[Board.TRANSITIONS])
        self.quiescent = int(self._board[Board.AT_REST])
        for pool in self._list(Listing.LACKING):
            lacking = self.system.pools[pool]
            self.full.setdefault(lacking.name, lacking.kind.slots)

    def _drain(self) -> None:
        """Takes in what the kernel found out about properties for the first time."""
        found = self._list(Listing.FIRST_FINDINGS)[self._drained :]
        self._drained += len(found)
        for number, state in zip(found[::2], found[1::2], strict=True):
            judge, finding = self._oracle.findings[number]
            depth = len(self.chain(int(state))) - 1
            self.findings.judge_state([(judge, finding)], depth, int(state))

    def _list(self, which: Listing) -> NDArray[numpy.uint32]:
        items = self._library.list(self._kernel, which)
        count = self._board[0]
        return numpy.ctypeslib.as_array(items, (count,)).copy() if count else numpy.zeros(0, numpy.uint32)

    def _content_getter(self, number: int) -> Callable[[int], Content]:
        contents = self._contents(number)
        return lambda pool: self._content(pool, contents[pool])

    def _contents(self, number: int) -> tuple[int, ...]:
        contents = words([0] * len(self.system.pools))
        if self._library.state(self._kernel, number, contents):
            return tuple(contents)
        return self._walk(number)

    def _walk(self, number: int) -> tuple[int, ...]:
        """The contents of a state of which only a fingerprint is left: the way to it is gone once more."""
        ahead: list[int] = []
        while number not in self._initial and number not in self._walked:
            ahead.append(number)
            number = self.parent(number)
        here = self._initial[number] if number in self._initial else self._walked[number]
        if len(self._walked) > _WALKED:
            self._walked.clear()
        contents = words(here)
        for following in reversed(ahead):
            code = self._library.follow(self._kernel, following, contents)
            if code == Code.OUT_OF_MEMORY:
                raise MemoryError
            if code:
                raise AssertionError(f"a step that was made before asks {Code(code).name}")
            here = self._walked[following] = tuple(contents)
        return here

    def _content(self, number: int, content: int) -> Content:
        pool = self.system.pools[number]
        bundles = self._library.content(self._kernel, number, content)[: pool.slots]
        return tuple(bundles) if pool.ordered else tuple([bundle for bundle in bundles if bundle])

    def state(self, number: int) -> State:
        """As in ``Exploration``."""
        return tuple(map(self._content_getter(number), range(len(self.system.pools))))

    def parent(self, number: int) -> int:
        """As in ``Exploration``."""
        return int(self._library.parent(self._kernel, number))

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

    def seconds(self) -> Mapping[Reader, float]:
        """As in ``Exploration``."""
        return self._oracle.tables.seconds()

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
