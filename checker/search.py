"""Breadth-first search for all that is wrong with a transition system, with shortest counterexamples (design §3.4).

Level by level: the path to the first state, or step, that violates a property is as short as any. The search is exact;
whatever keeps it from being complete is named in the result.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from array import array
from collections.abc import Callable, Sequence

import attrs

from ..engine.pools import State
from ..engine.transition_system import Group, TransitionSystem
from .cycles import shortest_cycle
from .expansion import Expansion, Move, Packed
from .findings import Findings
from .result import NO_LIMITS, Bound, Limits, Measured, Path, Progress, RuleName, SearchResult

_PAUSE = 256
"""States between two looks at the clock."""

_REPORT_EVERY = 0.5
_WEIGH_EVERY = 0.1
"""Seconds between two looks at the memory, which take long."""


class _Stopped(Exception):
    def __init__(self, bound: Bound) -> None:
        self.bound = bound


def memory_mb() -> float:
    """The most memory that this process has had, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def search(
    system: TransitionSystem,
    limits: Limits = NO_LIMITS,
    progress: Callable[[Progress], None] | None = None,
    *,
    keep_going: bool = False,
    initial: Sequence[State] = (),
) -> SearchResult:
    """Explores ``system`` and judges its properties.

    Stops after the level of the first violation unless ``keep_going``; properties that are open then are undetermined.
    ``progress`` is called about every half a second. ``KeyboardInterrupt`` ends the search, with what it has found.
    ``initial``: the states to begin with, the system's own one unless given.
    """
    return _Search(system, limits, progress, keep_going, initial).run()


class _Search:
    def __init__(
        self,
        system: TransitionSystem,
        limits: Limits,
        progress: Callable[[Progress], None] | None,
        keep_going: bool,
        initial: Sequence[State],
    ) -> None:
        self.system = system
        self.limits = limits
        self.progress = progress
        self.keep_going = keep_going
        self.initial = tuple(initial) or (system.initial_state(),)
        self.findings = Findings(system)
        self.expansion = Expansion(system, self.findings.judges, self.moved)
        self.seen: dict[Packed, int] = {}
        self.order: list[Packed] = []
        self.parents = array("i")
        self.sources = array("i")
        self.targets = array("i")
        self.bounds: list[Bound] = []
        self.full: dict[str, int] = {}
        self.fired: set[RuleName] = set()
        self.transitions = 0
        self.quiescent = 0
        self.depth = 0
        self.current = 0
        self.started = self.reported = time.monotonic()
        self.weighed = -_WEIGH_EVERY

    def run(self) -> SearchResult:
        # The tables grow and are never freed before the end: looking for garbage among them is wasted time.
        collects = gc.isenabled()
        gc.disable()
        try:
            self.explore()
        except _Stopped as stopped:
            self.bounds.append(stopped.bound)
        except KeyboardInterrupt:
            self.bounds.append(Bound("interrupted", "the search was interrupted; let it run to its end"))
        except MemoryError:
            self.bounds.append(Bound("memory", "the memory ran out; give the search more, or a smaller model"))
        finally:
            if collects:
                gc.enable()
        return self.result()

    def moved(self, state: Packed, move: Move) -> None:
        """A step that was not seen before, from the state that is being expanded."""
        if move.full is not None:
            self.full.setdefault(move.full.kind, move.full.slots)
            return
        group = move.firing.group
        self.fired.add((group.component.name, group.rule.name))
        self.findings.judge_changes(move.firing, move.changes, self.depth + 1, self.current, state + move.delta)

    def explore(self) -> None:
        limits, findings, expansion = self.limits, self.findings, self.expansion
        first = 0
        for number, initial in enumerate(dict.fromkeys(map(expansion.pack, self.initial))):
            self.seen[initial] = number
            self.order.append(initial)
            self.parents.append(number)
            findings.judge_state(expansion.findings(initial, quiescent=False), 0, number)
        while first < len(self.order):
            if findings.violations and not self.keep_going:
                raise _Stopped(Bound("first-violation", "the search stopped at the first violation"))
            if limits.max_depth is not None and self.depth >= limits.max_depth:
                raise _Stopped(Bound("max-depth", f"the search stopped at depth {limits.max_depth}; allow more steps"))
            end = len(self.order)
            self.explore_level(first, end)
            first = end
            self.depth += len(self.order) > end

    def explore_level(self, first: int, end: int) -> None:
        seen, order, parents, findings = self.seen, self.order, self.parents, self.findings
        steps, look = self.expansion.steps, self.expansion.findings
        limit = self.limits.max_states or sys.maxsize
        judged, stable = findings.judges_states, findings.judges_quiescence
        for number in range(first, end):
            if not number % _PAUSE:
                self.pause(end - number)
            state = order[number]
            self.current = number
            own, environment, progress = steps(state)
            if not progress:
                self.quiescent += 1
                findings.judge_state(look(state, quiescent=True), self.depth, number)
            deltas = own + environment if environment else own
            self.transitions += len(deltas)
            for delta in deltas:
                after = state + delta
                if after not in seen:
                    if len(order) >= limit:
                        raise _Stopped(Bound("max-states", f"the search stopped at {limit} states; allow more"))
                    seen[after] = len(order)
                    order.append(after)
                    parents.append(number)
                    if judged:
                        found = look(after, quiescent=False)
                        if found:
                            findings.judge_state(found, self.depth + 1, len(order) - 1)
            if stable:
                self.sources.extend([number] * len(own))
                self.targets.extend([seen[state + delta] for delta in own])

    def pause(self, frontier: int) -> None:
        """Looks at the clock and at the memory, and reports progress."""
        now = time.monotonic()
        seconds = now - self.started
        limits = self.limits
        if limits.seconds is not None and seconds > limits.seconds:
            raise _Stopped(Bound("timeout", f"the search stopped after {limits.seconds:g} seconds; allow more"))
        if limits.max_memory_mb is not None and seconds - self.weighed >= _WEIGH_EVERY:
            self.weighed = seconds
            if memory_mb() > limits.max_memory_mb:
                text = f"the search stopped at {limits.max_memory_mb:g} MiB of memory; allow more"
                raise _Stopped(Bound("memory", text))
        if self.progress is not None and now - self.reported >= _REPORT_EVERY:
            self.reported = now
            rate = len(self.order) / seconds
            self.progress(Progress(len(self.order), self.transitions, self.depth, frontier, seconds, rate, memory_mb()))

    def result(self) -> SearchResult:
        self.bounds += [
            Bound("slots", f"more than {slots} objects of kind {kind} would exist at once; give {kind} more slots")
            for kind, slots in self.full.items()
        ]
        paths = []
        for violation in self.findings.in_order():
            states = self.way_to(violation.state)
            if violation.successor is not None:
                states.append(violation.successor)
            paths.append(self.path(states, last=violation.rule))
        cycle = None
        if not self.bounds and self.findings.judges_quiescence:
            cycle = shortest_cycle(len(self.order), self.sources, self.targets)
        if cycle:
            states = self.way_to(cycle[0])
            loop = len(states) - 1
            paths.append(attrs.evolve(self.path([*states, *(self.order[n] for n in cycle[1:])]), loop=loop))
        rules = dict.fromkeys((g.component.name, g.rule.name) for g in self.system.groups)
        ordinary = dict.fromkeys((g.component.name, g.rule.name) for g in self.system.groups if not g.continues)
        views = dict.fromkeys(rules, 0)
        for reader, count in self.expansion.tables.views().items():
            if isinstance(reader, Group):
                views[reader.component.name, reader.rule.name] += count
        return SearchResult(
            properties=self.findings.verdicts(self.expansion.triggered, self.bounds, endless=bool(cycle)),
            paths=tuple(paths),
            states=len(self.order),
            transitions=self.transitions,
            depth=self.depth,
            quiescent=self.quiescent,
            bounds=tuple(self.bounds),
            suspended=self.findings.suspensions(),
            fired=tuple(rule for rule in rules if rule in self.fired),
            never_fired=tuple(rule for rule in ordinary if rule not in self.fired),
            arrows=tuple(sorted(self.findings.arrows)),
            views=views,
            tables=self.expansion.tables.sizes(),
            measured=self.measured(),
        )

    def way_to(self, number: int) -> list[Packed]:
        """The states from an initial one, which is its own parent, to the state with this number: a shortest way."""
        way = [number]
        while self.parents[way[-1]] != way[-1]:
            way.append(self.parents[way[-1]])
        return [self.order[each] for each in reversed(way)]

    def path(self, states: list[Packed], last: RuleName | None = None) -> Path:
        return Path(tuple(self.expansion.unpack(state) for state in states), last)

    def measured(self) -> Measured:
        seconds = time.monotonic() - self.started
        count = len(self.order)
        stored = sys.getsizeof(self.seen) + sys.getsizeof(self.order) + self.parents.itemsize * count
        numbers = sys.getsizeof(self.order[-1]) + sys.getsizeof(count) if count else 0
        return Measured(seconds, count / seconds, stored / max(count, 1) + numbers, memory_mb())
