"""Spike: partial-order reduction on declared queries and edits (decision 0017 says why it is one and stays one).

Ample sets (Peled: All from One, One for All, CAV 1993), each all that is keyed by one object: in a state, only that
object acts, if nothing else that ever happens can tell, or can matter to it. The conditions, as Clarke, Grumberg and
Peled number them (Model Checking, 1999, chapter 10):

- C0, C1: something keyed by the object is enabled. Its steps edit nothing but the object. No rule that applies to it,
  enabled or not, has a query to which an edit of anything matters, and no step keyed by another object edits it; so
  whatever the others do, these steps stay what they are. No other rule has a query to which these steps matter.
- C2: no property has a query, or a key, to which these steps matter.
- C3, for a breadth-first search: a step leads to a state that was not seen before (Bosnacki, Holzmann: Improving Spin's
  Partial-Order Reduction for Breadth-First Search, SPIN 2005).

An edit matters to a query if it moves an object from one class to another. Which edits and which classes there are is
read off the tables of a complete search: no analysis of rules before a search could know more, so what this saves is as
much as declared queries and edits can save this way. Timers and slow components are never ample alone: whether they may
act depends on everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs
from kubemodel.checker.exploration import Task
from kubemodel.checker.result import NO_LIMITS
from kubemodel.checker.tabled import TabledExploration
from kubemodel.checker.tables import Entry, Stage, TabledFiring, TabledQuery
from kubemodel.engine.effects import Effects, Selection
from kubemodel.engine.judging import Judgement, StateJudge, StepJudges, state_judges
from kubemodel.engine.pools import EMPTY, State
from kubemodel.engine.successors import Transition, answers, changes, keys, transitions
from kubemodel.engine.transition_system import Group, TransitionSystem

Edit = tuple[int, int, int]
"""Pool, bundle before, bundle after."""


@attrs.frozen(eq=False)
class Reduction:
    """What matters to what. ``foreign``: (pool, bundle) that steps keyed by another object edit. ``moved``: queries to
    which some edit matters. ``asked``: the queries of each reader's key. ``of_rules``, ``of_judges``: by pool."""

    system: TransitionSystem
    foreign: frozenset[tuple[int, int]]
    moved: frozenset[TabledQuery]
    asked: Mapping[tuple[Group | StateJudge, object], frozenset[TabledQuery]]
    of_rules: Mapping[int, frozenset[TabledQuery]]
    of_judges: Mapping[int, frozenset[TabledQuery]]
    judges: tuple[StateJudge, ...]

    def matters(self, edit: Edit, *, visibly: bool) -> bool:
        """Whether an edit matters to a rule other than the object's own; ``visibly``: or to a property."""
        pool, before, after = edit
        queries = self.of_rules.get(pool, frozenset())
        if visibly:
            queries |= self.of_judges.get(pool, frozenset())
        if any(query.known_class(before) != query.known_class(after) for query in queries):
            return True
        judges = (judge for judge in self.judges if judge.pool == pool)
        return visibly and any(judge.key(before) != judge.key(after) for judge in judges)

    def undisturbed(self, pool: int, bundle: int) -> bool:
        """Whether nothing that others do can matter to what is keyed by an object in this bundle."""
        if (pool, bundle) in self.foreign:
            return False
        for group in self.system.groups:
            if group.pool != pool:
                continue
            key = group.key(bundle)
            if key is None:
                continue
            queries = self.asked.get((group, key))
            if queries is None or queries & self.moved or group.losing is not None:
                return False
            if group.rank or group.slow or group.environment:
                return False
        return True

    def ample(self, enabled: Sequence[Transition], seen: Iterable[State], *, visibility: bool) -> list[Transition]:
        """An ample set of what is enabled: all that one object does; everything where there is no smaller one."""
        by_object: dict[tuple[int, int, int], list[Transition]] = {}
        for transition in enabled:
            by_object.setdefault(transition.chosen[0], []).append(transition)
        for (pool, _, bundle), own in by_object.items():
            if len(own) < len(enabled) and self.undisturbed(pool, bundle) and self._alone(own, visibility):
                return own
        return list(enabled)

    def _alone(self, own: Sequence[Transition], visibility: bool) -> bool:
        for transition in own:
            effects = transition.effects
            if effects is None or effects.sweeps or len(transition.chosen) > 1:
                return False
            (pool, _, before), (after,) = transition.chosen[0], effects.bundles
            if self.matters((pool, before, after), visibly=visibility):
                return False
        return True


def learnt(system: TransitionSystem, initial: Sequence[State] = ()) -> tuple[Reduction, int]:
    """What matters to what, from a complete search; and how many states that has."""
    exploration = TabledExploration(
        Task(system, tuple(initial) or (system.initial_state(),), NO_LIMITS, None, keep_going=True)
    )
    exploration.explore()
    tables = exploration.tables
    edited = [contents.swept() for contents in tables.contents]
    asked: dict[tuple[Group | StateJudge, object], frozenset[TabledQuery]] = {}
    foreign: set[tuple[int, int]] = set()
    edits: set[Edit] = set()
    for entry in tables.entries():
        nodes = list(_nodes(entry.root))
        found = frozenset(query for node in nodes if isinstance(node, Stage) for _, query, _ in node.queries)
        asked[entry.reader, entry.key] = found  # type: ignore[index]
        for node in nodes:
            for firing in node if isinstance(node, tuple) else ():
                for edit, own in _edits(system, firing, edited):
                    edits.add(edit)
                    if not own:
                        foreign.add(edit[:2])
    moved = frozenset(
        query
        for query in tables.queries()
        for pool, before, after in edits
        if pool == query.pool and query.known_class(before) != query.known_class(after)
    )
    return (
        Reduction(
            system,
            frozenset(foreign),
            moved,
            asked,
            _by_pool(queries for (reader, _), queries in asked.items() if isinstance(reader, Group)),
            _by_pool(queries for (reader, _), queries in asked.items() if not isinstance(reader, Group)),
            exploration.findings.judges,
        ),
        exploration.states,
    )


def _by_pool(several: Iterable[frozenset[TabledQuery]]) -> dict[int, frozenset[TabledQuery]]:
    found: dict[int, frozenset[TabledQuery]] = {}
    for query in frozenset(query for queries in several for query in queries):
        found[query.pool] = found.get(query.pool, frozenset()) | {query}
    return found


def _nodes(node: object) -> Iterator[object]:
    yield node
    if isinstance(node, Stage):
        for after in node.table.values():
            yield from _nodes(after)


def _edits(
    system: TransitionSystem, firing: TabledFiring, edited: Sequence[Mapping[tuple[object, ...], set[int]]]
) -> Iterator[tuple[Edit, bool]]:
    """The edits of a firing, each with whether it is one of the key's own object."""
    steps = firing.steps()
    for chosen, step in steps.items():
        if not isinstance(step, Effects):
            continue
        pools = [firing.group.pool]
        for count in range(1, len(chosen)):
            before = steps[chosen[:count]]
            assert isinstance(before, Selection)
            pools.append(before.pool)
        for place, (pool, old, new) in enumerate(zip(pools, chosen, step.bundles, strict=True)):
            if old != new:
                yield (pool, old, new), place == 0
        for pool in {number for number, _ in step.sweeps}:
            sweeps = tuple(sweep for number, sweep in step.sweeps if number == pool)
            for old in edited[pool].get(sweeps, set()) - {EMPTY}:
                new = old
                for sweep in sweeps:
                    new = system.sweep_bundle(pool, sweep, new)
                if old != new:
                    yield (pool, old, new), False


@attrs.frozen
class Reduced:
    """What a reduced search came to: its states, and the names of the properties that it found violated."""

    states: int
    transitions: int
    violated: frozenset[str]


def explore(
    system: TransitionSystem,
    reduction: Reduction | None,
    initial: Sequence[State] = (),
    *,
    visibility: bool = True,
    proviso: bool = True,
) -> Reduced:
    """Breadth-first search of ample sets; of everything without a ``reduction``.

    Without ``visibility`` or ``proviso`` properties may be missed: it is then the states alone that are of interest.
    """
    starts = list(dict.fromkeys(initial or (system.initial_state(),)))
    seen = set(starts)
    frontier = starts
    judges, steps = state_judges(system), StepJudges(system)
    violated: set[str] = set()
    count = 0
    while frontier:
        level: list[State] = []
        for state in frontier:
            enabled = transitions(system, state)
            violated.update(_bad(judges, state, at_rest=all(t.group.environment for t in enabled)))
            taken = enabled if reduction is None else reduction.ample(enabled, seen, visibility=visibility)
            if proviso and len(taken) < len(enabled) and all(t.successor in seen for t in taken):
                taken = enabled
            for transition in taken:
                if transition.successor is None:
                    continue
                count += 1
                violated.update(_bad_steps(steps, state, transition))
                if transition.successor not in seen:
                    seen.add(transition.successor)
                    level.append(transition.successor)
        frontier = level
    return Reduced(len(seen), count, frozenset(violated))


def _bad(judges: Sequence[StateJudge], state: State, *, at_rest: bool) -> Iterator[str]:
    for judge in judges:
        if at_rest or not judge.quiescent:
            for index, _, key in keys(judge, state):
                if judge.judge(key, answers(judge, state, key, index)[0]).judgement is Judgement.VIOLATED:
                    yield judge.name


def _bad_steps(judges: StepJudges, state: State, transition: Transition) -> Iterator[str]:
    assert transition.effects is not None
    group, given = transition.group, transition.firing.answers
    for change in changes(group.system, state.__getitem__, transition.chosen, transition.effects):
        for name, finding in judges.judge(group, *change, given):
            if finding.judgement is Judgement.VIOLATED:
                yield name


__all__ = ["Entry", "Reduced", "Reduction", "explore", "learnt"]
