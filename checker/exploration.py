"""What every way to explore has in common: limits, progress, findings, the way back to the start (design §3.2)."""

from __future__ import annotations

import resource
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import attrs
import numpy
from numpy.typing import NDArray

from ..engine.pools import State
from ..engine.transition_system import Reader, TransitionSystem
from .findings import Findings
from .result import Bound, Limits, Progress, RuleName

_REPORT_EVERY = 0.5
_WEIGH_EVERY = 0.1
"""Seconds between two looks at the memory, which take long."""


class Stopped(Exception):
    """A bound ran out."""

    def __init__(self, bound: Bound) -> None:
        """``bound``: which one, and what to raise."""
        self.bound = bound


def memory_mb() -> float:
    """The most memory that this process has had, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


@attrs.frozen
class Task:
    """What is to be explored, from where, and how far.

    ``checkpoint``: where to keep the search as it goes; ``resume``: what was kept, to go on from. ``cores``: how many
    the kernel may use; ``fingerprint``: it knows states by 64 bits alone.
    """

    system: TransitionSystem
    initial: tuple[State, ...]
    limits: Limits
    progress: Callable[[Progress], None] | None
    keep_going: bool
    checkpoint: Path | None = None
    resume: Path | None = None
    cores: int = 1
    fingerprint: bool = False


@attrs.frozen(eq=False)
class Edges:
    """Steps between states, by number: those of the components alone, in the order in which they were found."""

    sources: NDArray[numpy.uint32]
    targets: NDArray[numpy.uint32]


class Exploration(ABC):
    """A breadth-first search under way. States are numbered in the order in which they were found.

    ``name``: what it is called in reports. ``full``: kinds that ran out of slots, with how many they have; ``fired``:
    rules that changed something.
    """

    name: ClassVar[str]
    by_fingerprint = False
    """Whether states are known by 64 bits alone."""

    def __init__(self, task: Task) -> None:
        """Nothing explored yet."""
        self.task = task
        self.system = task.system
        self.findings = Findings(task.system)
        self.full: dict[str, int] = {}
        self.fired: set[RuleName] = set()
        self.transitions = 0
        self.quiescent = 0
        self.depth = 0
        self.started = self._reported = time.monotonic()
        self._weighed = -_WEIGH_EVERY

    @property
    @abstractmethod
    def states(self) -> int:
        """How many states were found."""

    @property
    @abstractmethod
    def triggered(self) -> set[str]:
        """State properties that held of something."""

    @abstractmethod
    def begin(self) -> None:
        """Takes the initial states in and judges them."""

    @abstractmethod
    def explore_level(self) -> bool:
        """Expands all states of the present depth; says whether there are states one step deeper."""

    @abstractmethod
    def parent(self, number: int) -> int:
        """The number of the state from which this one was found; of an initial state, its own."""

    def first_states(self) -> list[State]:
        """The states to begin with, up to symmetry."""
        symmetry = self.system.symmetry
        if symmetry is None:
            return list(self.task.initial)
        if not symmetry.closed(self.task.initial):
            raise ValueError("of interchangeable objects, the states to begin with tell some apart")
        return list(map(symmetry.canonical, self.task.initial))

    def chain(self, number: int) -> list[int]:
        """The numbers of the states by which the one with this number was found, its own last."""
        chain = [number]
        while (parent := self.parent(chain[-1])) != chain[-1]:
            chain.append(parent)
        return chain[::-1]

    def way_to(self, number: int) -> list[State]:
        """The states from an initial one to the one with this number: a shortest way, each object always itself."""
        found = [self.state(each) for each in self.chain(number)]
        symmetry = self.system.symmetry
        return found if symmetry is None else symmetry.traced(self.system, found)

    @abstractmethod
    def state(self, number: int) -> State:
        """The state with this number."""

    @abstractmethod
    def edges(self) -> Edges:
        """The components' steps; kept only where a temporal property asks for loops (``Findings.judges_loops``)."""

    @abstractmethod
    def views(self) -> Mapping[Reader, int]:
        """How many distinct views each reader has had."""

    @abstractmethod
    def seconds(self) -> Mapping[Reader, float]:
        """How long the rule of each reader has run; what was looked up took no time of its own."""

    @abstractmethod
    def sizes(self) -> Mapping[str, int]:
        """How many rows the tables hold, and how often they were looked up."""

    @abstractmethod
    def bytes_per_state(self) -> float:
        """What a state, with the way back from it, takes."""

    def finish(self) -> None:
        """Hands over what was only counted so far."""
        return

    def explore(self) -> None:
        """Explores level by level until nothing is left; raises ``Stopped`` where a bound runs out."""
        limits = self.task.limits
        self.begin()
        more = True
        while more:
            if self.findings.violations and not self.task.keep_going:
                raise Stopped(Bound("first-violation", "the search stopped at the first violation"))
            if limits.max_depth is not None and self.depth >= limits.max_depth:
                raise Stopped(Bound("max-depth", f"the search stopped at depth {limits.max_depth}; allow more steps"))
            more = self.explore_level()
            self.depth += more

    def stop_at_states(self) -> Stopped:
        """The bound on states ran out."""
        limit = self.task.limits.max_states
        return Stopped(Bound("max-states", f"the search stopped at {limit} states; allow more"))

    def pause(self, frontier: int) -> None:
        """Looks at the clock and at the memory, and reports progress."""
        now = time.monotonic()
        seconds = now - self.started
        limits = self.task.limits
        if limits.seconds is not None and seconds > limits.seconds:
            raise Stopped(Bound("timeout", f"the search stopped after {limits.seconds:g} seconds; allow more"))
        if limits.max_memory_mb is not None and seconds - self._weighed >= _WEIGH_EVERY:
            self._weighed = seconds
            if memory_mb() > limits.max_memory_mb:
                text = f"the search stopped at {limits.max_memory_mb:g} MiB of memory; allow more"
                raise Stopped(Bound("memory", text))
        if self.task.progress is not None and now - self._reported >= _REPORT_EVERY:
            self._reported = now
            rate = self.states / seconds
            self.task.progress(
                Progress(self.states, self.transitions, self.depth, frontier, seconds, rate, memory_mb())
            )


__all__ = ["Edges", "Exploration", "Stopped", "Task", "memory_mb"]
