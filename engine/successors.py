"""The transitions of one state, computed straight from the rules: no table anywhere (design §7).

Executor, replay and the naive explorer run on this file; the tabling explorer must agree with it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from .effects import Effects
from .pools import EMPTY, Content, State
from .timing import Wanted
from .transition_system import BoundQuery, Firing, Group, PoolFull, Reader, TransitionSystem, candidates, edited

Chosen = tuple[tuple[int, int, int], ...]
"""What an execution selected: (pool, index in its content, bundle id); the key comes first."""


@attrs.frozen(eq=False)
class Transition:
    """One enabled step. ``successor`` is None where the step needs more objects than the model can hold (``full``).

    ``moved``: the bundles, by pool, that are others in the successor than after ``effects``, as timers count.
    """

    group: Group
    key: Any
    firing: Firing
    chosen: Chosen
    effects: Effects | None
    successor: State | None
    full: PoolFull | None = None
    moved: Mapping[tuple[int, int], int] = attrs.field(factory=dict)


def answers(reader: Reader, state: State, key: Any, index: int) -> tuple[dict[str, Any], dict[str, BoundQuery]]:
    """All answers, and the queries that gave them, for the key at ``index`` of the reader's pool."""
    found: dict[str, Any] = {}
    queries: dict[str, BoundQuery] = {}
    for stage in range(reader.stages):
        for name, query in reader.queries(stage, key, found):
            queries[name] = query
            found[name] = answer(reader, state, query, index)
    return found, queries


def answer(reader: Reader, state: State, query: BoundQuery, index: int) -> Any:
    """The answer of one query, from every object of its kind."""
    skipped = index if query.query.excluding_key and query.pool == reader.pool else None
    classes = [
        query.classify(bundle) for place, bundle in enumerate(state[query.pool]) if place != skipped and bundle != EMPTY
    ]
    return query.query.aggregate.of([cls for cls in classes if cls is not None])


def keys(reader: Reader, state: State) -> Iterator[tuple[int, int, Any]]:
    """The (index, bundle, key) of every object that a reader applies to; equal interchangeable objects once."""
    pool = reader.system.pools[reader.pool]
    seen: set[int] = set()
    for index, bundle in enumerate(state[reader.pool]):
        if (bundle in seen and not pool.ordered) or bundle == EMPTY:
            continue
        seen.add(bundle)
        key = reader.key(bundle)
        if key is not None:
            yield index, bundle, key


def _expand(
    system: TransitionSystem, state: State, group: Group, key: Any, firing: Firing, chosen: Chosen
) -> Iterator[Transition]:
    step = firing.attempt(tuple(bundle for _, _, bundle in chosen))
    if isinstance(step, Effects):
        yield Transition(group, key, firing, chosen, step, successor(system, state, chosen, step))
        return
    try:
        for index, bundle in candidates(
            system, state[step.pool], step, tuple((pool, place) for pool, place, _ in chosen)
        ):
            yield from _expand(system, state, group, key, firing, (*chosen, (step.pool, index, bundle)))
    except PoolFull as full:
        yield Transition(group, key, firing, chosen, None, None, full)


def successor(system: TransitionSystem, state: State, chosen: Chosen, effects: Effects) -> State:
    """The state after ``effects`` on what was ``chosen``."""
    contents = list(state)
    for number in {pool for pool, _, _ in chosen} | {pool for pool, _ in effects.sweeps}:
        changes = tuple(
            (index, effects.bundles[ordinal]) for ordinal, (pool, index, _) in enumerate(chosen) if pool == number
        )
        sweeps = tuple(sweep for pool, sweep in effects.sweeps if pool == number)
        contents[number] = edited(system, number, state[number], changes, sweeps)
    return tuple(contents)


def changes(
    system: TransitionSystem, content: Callable[[int], Content], chosen: Chosen, effects: Effects
) -> Iterator[tuple[int, int, int]]:
    """The distinct (pool, bundle before, bundle after) that differ: of what was chosen, and of all that a sweep edits.

    What is left of an earlier incarnation and moves out of its name is no change.

    ``content`` gives a pool's content before the step.
    """
    found: dict[tuple[int, int, int], None] = {}
    origins = effects.origins or tuple(bundle for _, _, bundle in chosen)
    for (pool, _, _), before, after in zip(chosen, origins, effects.bundles, strict=True):
        found[pool, before, after] = None
    for swept in dict.fromkeys(pool for pool, _ in effects.sweeps):
        taken = {index for pool, index, _ in chosen if pool == swept}
        for index, before in enumerate(content(swept)):
            if index not in taken:
                after = before
                for pool, sweep in effects.sweeps:
                    if pool == swept:
                        after = system.sweep_bundle(pool, sweep, after)
                found[swept, before, after] = None
    return ((pool, before, after) for pool, before, after in found if before != after)


def transitions(system: TransitionSystem, state: State) -> list[Transition]:
    """The enabled transitions of ``state`` that change it, in the order of the groups, as time allows.

    In graded time a timer fires only where no step, and no timer of a shorter duration, changes the state, unless that
    is declared slow. In prompt time it fires only where no step changes the state and its time is over, which is that
    of whichever timer comes first. Environment steps may come at any moment.
    """
    enabled = timely(system, possible(system, state))
    return enabled if system.timing is None else list(_settled(system, state, enabled))


def possible(system: TransitionSystem, state: State) -> list[Transition]:
    """The transitions that change ``state``, whatever time says: armed timers too for which others come first.

    In prompt time their successors are as the rules make them, before timers are looked at.
    """
    return [transition for group in system.groups for transition in of_group(system, state, group)]


def of_group(system: TransitionSystem, state: State, group: Group) -> list[Transition]:
    """The transitions of one group that change ``state``, as in ``possible``."""
    found: list[Transition] = []
    for index, bundle, key in keys(group, state):
        given, queries = answers(group, state, key, index)
        for firing in group.fire(key, given, queries):
            found.extend(_expand(system, state, group, key, firing, ((group.pool, index, bundle),)))
    return [transition for transition in found if transition.successor != state]


def timely(system: TransitionSystem, enabled: list[Transition]) -> list[Transition]:
    """Those of the enabled transitions that time lets happen now.

    In prompt time these are besides the timers, where no step comes first, whether their time is over or not.
    """
    own = [t.group for t in enabled if not t.group.environment and t.group.losing is None]
    if not own:
        return [t for t in enabled if t.group.environment]
    if not system.graded:
        return enabled
    first = min((group.rank for group in own if not group.slow), default=sys.maxsize)
    if system.prompt:
        return [t for t in enabled if t.group.environment or not t.group.rank or first]
    return [
        t for t in enabled if t.group.environment or t.group.rank == first or (t.group.slow and t.group.rank < first)
    ]


def _settled(system: TransitionSystem, state: State, enabled: list[Transition]) -> Iterator[Transition]:
    """In prompt time: the transitions whose time is over, each to the states that it can lead to."""
    timing = system.timing
    assert timing is not None
    zone = timing.zone(state[timing.pool])
    for transition in enabled:
        effects, timer = transition.effects, timing.timer_of(transition.group)
        if timer is not None:
            armed = timing.due(timer, transition.chosen[0][2], zone)
            if armed is None:
                continue
            effects = timing.fired(timer, armed, effects) if effects is not None else None
        if effects is None:
            yield transition
            continue
        after = successor(system, state, transition.chosen, effects)
        for settled in timing.settle(after, wanted(system, after)):
            yield attrs.evolve(transition, effects=effects, successor=settled.state, moved=settled.moved)


def wanted(system: TransitionSystem, state: State) -> Wanted:
    """What the rules say in prompt time of a state, whose timers may not be as they are wanted yet."""
    timing = system.timing
    assert timing is not None
    bare = tuple(timing.bare_content(pool, content) for pool, content in enumerate(state))
    urgent = any(
        of_group(system, bare, group)
        for group in system.groups
        if not (group.environment or group.rank or group.slow or group.losing is not None)
    )
    found: dict[tuple[int, int], list[tuple[int, Any, bool]]] = {}
    for timer in timing.timers:
        ready = {transition.chosen[0][2] for transition in of_group(system, bare, timer.group)}
        counting = {transition.chosen[0][2]: transition.key for transition in of_group(system, bare, timer.armed_by)}
        for bundle, key in counting.items():
            since = timer.countdown.since
            entry = (timer.number, None if since is None else since(key), bundle in ready)
            found.setdefault((timer.pool, bundle), []).append(entry)
    return Wanted(urgent, {key: tuple(entries) for key, entries in found.items()})
