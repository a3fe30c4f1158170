"""Breadth-first search for all that is wrong with a transition system, with shortest counterexamples (design §3.4).

Level by level: the path to the first state, or step, that violates a property is as short as any. The search is exact;
whatever keeps it from being complete is named in the result.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from pathlib import Path as File

import attrs

from ..engine.equivariance import Equivariance
from ..engine.pools import State
from ..engine.renaming import ToldApart
from ..engine.symmetry import Symmetry
from ..engine.transition_system import Group, TransitionSystem
from .exploration import Exploration, Stopped, Task, memory_mb
from .explosion import explosion
from .kernel import library
from .kernel.compiled import MOST_POOLS, CompiledExploration
from .liveness import decide
from .result import (
    NO_LIMITS,
    Bound,
    Explorer,
    Explosion,
    Limits,
    Measured,
    Path,
    Progress,
    RuleName,
    RuleTime,
    SearchResult,
)
from .tabled import HandOver, TabledExploration

STATES_EXCHANGED = 20
"""States of a search up to symmetry in which it is looked at once more whether nothing tells objects apart."""

_SEEN_SO_FAR = ("max-states", "max-depth")
"""Bounds after which there is still time to look for loops in what was explored."""


def search(
    system: TransitionSystem,
    limits: Limits = NO_LIMITS,
    progress: Callable[[Progress], None] | None = None,
    *,
    keep_going: bool = False,
    initial: Sequence[State] = (),
    explorer: Explorer = Explorer.AUTO,
    checkpoint: File | None = None,
    resume: File | None = None,
    diagnose: bool = False,
    cores: int = 1,
    fingerprint: bool = False,
) -> SearchResult:
    """Explores ``system`` and judges its properties.

    Stops after the level of the first violation unless ``keep_going``; properties that are open then are undetermined.
    ``progress`` is called about every half a second. ``KeyboardInterrupt`` ends the search, with what it has found.
    ``initial``: the states to begin with, the system's own one unless given. ``explorer``: the results are equal, but
    for what was measured; raises ``NoCompilerError`` where the kernel is asked for and cannot be compiled.
    ``checkpoint``: a file in which the kernel keeps the search once a minute, and when a limit or an interrupt ends
    it; ``resume``: such a file to go on from; raises ``CheckpointError`` where it is none, or of another search.
    ``diagnose``: say why there are so many states even where no bound was hit. ``cores``: how many the kernel may use;
    the result is the same. ``fingerprint``: the kernel knows states by 64 bits alone, so that one may be taken for
    another and missed: the result says how likely that is. Such a search is not kept: ``checkpoint`` and ``resume``
    raise ``ValueError`` with it.
    In prompt time the tables explore: what only the kernel can do raises ``ValueError``.
    Raises ``ToldApart`` where ``system`` takes objects for interchangeable that it does tell apart.
    """
    if fingerprint and (checkpoint or resume):
        raise ValueError("a search by fingerprints cannot be kept, nor gone on with")
    start = tuple(initial) or (system.initial_state(),)
    task = Task(system, start, limits, progress, keep_going, checkpoint, resume, cores, fingerprint)
    if checkpoint or resume or fingerprint:
        explorer = Explorer.KERNEL
    exploration, bounds = _explored(task, explorer)
    exploration.finish()
    if system.symmetry is not None:
        _exchange(system.symmetry, exploration, 10 * STATES_EXCHANGED if diagnose else STATES_EXCHANGED)
    if all(bound.name in _SEEN_SO_FAR for bound in bounds):
        bounds += _bounds(lambda: exploration.findings.judge_loops(decide(exploration)))
    bounds += [
        Bound("slots", f"more than {slots} objects of kind {kind} would exist at once; give {kind} more slots")
        for kind, slots in exploration.full.items()
    ]
    result = _result(exploration, bounds)
    if diagnose or any(bound.name != "first-violation" for bound in bounds):
        return attrs.evolve(result, explosion=_explosion(exploration, bounds))
    return result


def _exchange(symmetry: Symmetry, exploration: Exploration, most: int) -> None:
    """Looks at states from all of a search: whether one permutation after the other takes steps to steps."""
    equivariance = Equivariance(exploration.system, symmetry)
    count = min(most, exploration.states)
    for number in range(count):
        state = exploration.state(number * exploration.states // count)
        for difference in equivariance.differences(state, [number % len(symmetry.renamings)]):
            raise ToldApart(difference)


def _explosion(exploration: Exploration, bounds: Sequence[Bound]) -> Explosion | None:
    """Why there are so many states; None if that is interrupted, so that all else is still told."""
    complete = all(bound.name == "slots" for bound in bounds)
    try:
        return explosion(exploration.system, exploration, exploration.depth + 1, complete=complete)
    except KeyboardInterrupt:
        return None


def _explored(task: Task, explorer: Explorer) -> tuple[Exploration, list[Bound]]:
    """What was explored, and what kept it from being complete."""
    if task.system.prompt:
        if explorer is Explorer.KERNEL:
            raise ValueError("the kernel does not know prompt time; the explorer tables does")
        explorer = Explorer.TABLES
    if explorer is Explorer.TABLES or not 0 < len(task.system.pools) <= MOST_POOLS:
        exploration: Exploration = TabledExploration(task)
        return exploration, _bounds(exploration.explore)
    ready = library.compiled() if explorer is Explorer.KERNEL else library.loaded()
    if ready is not None:
        exploration = CompiledExploration(task, ready)
        return exploration, _bounds(exploration.explore)
    exploration = TabledExploration(task, library.Apprentice().ready)
    try:
        return exploration, _bounds(exploration.explore)
    except HandOver:
        again = CompiledExploration(task, library.compiled())
    again.started = exploration.started
    return again, _bounds(again.explore)


def _bounds(work: Callable[[], None]) -> list[Bound]:
    """The bound that keeps some work from being done, if any does."""
    # The tables grow and are never freed before the end: looking for garbage among them is wasted time.
    collects = gc.isenabled()
    gc.disable()
    try:
        work()
    except Stopped as stopped:
        return [stopped.bound]
    except KeyboardInterrupt:
        return [Bound("interrupted", "the search was interrupted; let it run to its end")]
    except MemoryError:
        return [Bound("memory", "the memory ran out; give the search more, or a smaller model")]
    finally:
        if collects:
            gc.enable()
    return []


def _result(exploration: Exploration, bounds: list[Bound]) -> SearchResult:
    findings = exploration.findings
    groups = exploration.system.groups
    paths = []
    for violation in findings.in_order():
        states = exploration.way_to(violation.state)
        if violation.successor is not None:
            states.append(violation.successor)
        paths.append(Path(tuple(states), violation.rule))
    paths += [outcome.path for outcome in findings.outcomes.values() if outcome.path is not None]
    rules = dict.fromkeys((group.component.name, group.rule.name) for group in groups)
    ordinary = dict.fromkeys((group.component.name, group.rule.name) for group in groups if not group.continues)
    views = dict.fromkeys(rules, 0)
    for reader, count in exploration.views().items():
        if isinstance(reader, Group):
            views[reader.component.name, reader.rule.name] += count
    return SearchResult(
        properties=findings.verdicts(exploration.triggered, bounds),
        paths=tuple(paths),
        states=exploration.states,
        transitions=exploration.transitions,
        depth=exploration.depth,
        quiescent=exploration.quiescent,
        bounds=tuple(bounds),
        suspended=findings.suspensions(),
        fired=tuple(rule for rule in rules if rule in exploration.fired),
        never_fired=tuple(rule for rule in ordinary if rule not in exploration.fired),
        arrows=tuple(sorted(findings.arrows)),
        views=views,
        collisions=_collisions(exploration),
        measured=_measured(exploration),
    )


def _collisions(exploration: Exploration) -> float | None:
    """The odds that a state was missed, as TLC calculates them: each state that was found again might have been another
    one with the fingerprint of one of those known."""
    if not exploration.by_fingerprint:
        return None
    found = exploration.states
    return found * max(exploration.transitions + 1 - found, 0) / 2.0**64


def _measured(exploration: Exploration) -> Measured:
    seconds = time.monotonic() - exploration.started
    return Measured(
        seconds,
        exploration.states / seconds,
        exploration.bytes_per_state(),
        memory_mb(),
        exploration.name,
        exploration.sizes(),
        _profile(exploration),
    )


def _profile(exploration: Exploration) -> tuple[RuleTime, ...]:
    taken: dict[RuleName, float] = {}
    for reader, time_taken in exploration.seconds().items():
        if isinstance(reader, Group):
            rule = (reader.component.name, reader.rule.name)
            taken[rule] = taken.get(rule, 0.0) + time_taken
    return tuple(RuleTime(rule, taken[rule]) for rule in sorted(taken, key=lambda rule: (-taken[rule], rule)))


__all__ = ["memory_mb", "search"]
