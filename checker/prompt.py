"""Expands states on tables in prompt time, in which timers count to the second (design §4).

What the rules say of a state does not depend on its timers, so it is looked up for the state without them: whether
something happens at once, and which timers count. ``engine.timing`` makes of that what becomes of the timers; the same
function serves the naive explorer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from ..engine.effects import Effects
from ..engine.judging import StateJudge
from ..engine.successors import Chosen, changes
from ..engine.timing import Wanted
from ..engine.transition_system import Group, PoolFull, TransitionSystem
from .expansion import NO_ROOM, Expansion, Move, Packed, ignore
from .labelled import LabelledExpansion, Owed, Steps
from .tables import TabledFiring


def expansion(
    system: TransitionSystem,
    judges: Sequence[StateJudge] = (),
    on_move: Callable[[Packed, Move], None] = ignore,
) -> Expansion:
    """The successors of a system's states, in the time of its model."""
    return (PromptExpansion if system.prompt else Expansion)(system, judges, on_move)


def labelled_expansion(system: TransitionSystem) -> LabelledExpansion:
    """The successors of a system's states with their makers, in the time of its model."""
    return (PromptExpansion if system.prompt else LabelledExpansion)(system)


@attrs.frozen
class _Says:
    """What some rules say of a state. ``ready``: which timers could act for which bundle; ``counting``: which count."""

    urgent: bool
    ready: frozenset[tuple[int, int]]
    counting: tuple[tuple[int, int, Any], ...]


class _Asked:
    """Rules that read the same pools, and what they say, by the contents of the pools under ``mask``."""

    __slots__ = ("counting", "found", "mask", "ready", "steps")

    def __init__(self) -> None:
        self.steps: list[Group] = []
        self.ready: list[tuple[int, Group]] = []
        self.counting: list[tuple[int, Group]] = []
        self.mask = 0
        self.found: dict[Packed, _Says] = {}


class PromptExpansion(LabelledExpansion):
    """Successors and findings of packed states whose timers count."""

    def __init__(
        self,
        system: TransitionSystem,
        judges: Sequence[StateJudge] = (),
        on_move: Callable[[Packed, Move], None] = ignore,
    ) -> None:
        """As for ``Expansion``."""
        super().__init__(system, judges, on_move)
        assert system.timing is not None, "timers count in prompt time only"
        self._timing = system.timing
        self._waiting: dict[int, list[Group]] = {}
        asked: defaultdict[frozenset[int], _Asked] = defaultdict(_Asked)
        for group in system.groups:
            timer = self._timing.timer_of(group)
            if timer is not None:
                self._waiting.setdefault(timer.number, []).append(group)
            elif not (group.environment or group.slow or group.losing is not None):
                asked[group.pools_read].steps.append(group)
        for timer in self._timing.timers:
            asked[timer.group.pools_read].ready.append((timer.number, timer.group))
            asked[timer.armed_by.pools_read].counting.append((timer.number, timer.armed_by))
        self._asked = list(asked.values())
        self._bare: dict[tuple[int, int], int] = {}
        self._wanted: dict[Packed, Wanted] = {}
        self._settled: dict[Packed, tuple[Packed, ...]] = {}
        self._told: set[tuple[TabledFiring, tuple[tuple[int, int, int], ...]]] = set()

    def arrived(self, state: Packed) -> Packed:
        """As in ``Expansion``: of several zones the first."""
        return self.settled(state)[0]

    def settled(self, state: Packed) -> tuple[Packed, ...]:
        """What a state becomes after a step: its timers are as the rules want them, and time passes as it may."""
        found = self._settled.get(state)
        if found is None:
            contents = self.unpack(state)
            settled = self._timing.settle(contents, self._wanted_of(state))
            found = self._settled[state] = tuple(self.pack(each.state) for each in settled)
        return found

    def _wanted_of(self, state: Packed) -> Wanted:
        bare = self._without_timers(state)
        found = self._wanted.get(bare)
        if found is None:
            ids = self._ids(bare)
            says = [self._says(asked, bare, ids) for asked in self._asked]
            ready = frozenset().union(*(each.ready for each in says))
            timers: dict[tuple[int, int], list[tuple[int, Any, bool]]] = {}
            for number, bundle, key in sorted((one for each in says for one in each.counting), key=lambda one: one[0]):
                timer = self._timing.timers[number]
                since = timer.countdown.since
                entry = (number, None if since is None else since(key), (number, bundle) in ready)
                timers.setdefault((timer.pool, bundle), []).append(entry)
            urgent = any(each.urgent for each in says)
            found = self._wanted[bare] = Wanted(urgent, {key: tuple(entries) for key, entries in timers.items()})
        return found

    def _without_timers(self, state: Packed) -> Packed:
        for pool in (*self._timing.pools, self._timing.pool):
            contents = self.tables.contents[pool]
            content = self._ids(state)[pool]
            bare = self._bare.get((pool, content))
            if bare is None:
                bare = contents.intern(self._timing.bare_content(pool, contents.tuples[content]))
                self._bare[pool, content] = bare
            state += bare - content << contents.shift
        return state

    def _says(self, asked: _Asked, state: Packed, ids: Sequence[int]) -> _Says:
        found = asked.found.get(state & asked.mask) if asked.found else None
        if found is None:
            touched: set[int] = set()
            found = _Says(
                any(self._acting(group, ids, touched) for group in asked.steps),
                frozenset((number, it) for number, group in asked.ready for it, _ in self._acting(group, ids, touched)),
                tuple((number, *it) for number, group in asked.counting for it in self._acting(group, ids, touched)),
            )
            # What was kept under a narrower mask stays right: it did not depend on the pools that join.
            asked.mask |= sum(self._masks[pool] for pool in touched)
            asked.found[state & asked.mask] = found
        return found

    def _acting(self, group: Group, ids: Sequence[int], touched: set[int]) -> list[tuple[int, Any]]:
        """The objects, by bundle and with their keys, for which a group changes something; ``touched``: as below."""
        touched.update(group.pools_read)
        found: dict[int, Any] = {}
        for index, bundle in self._objects(group.pool, ids):
            key = group.key(bundle)
            if key is not None and any(
                True
                for firing in self.tables.entry(group, key).look(ids, bundle)
                for _ in self._attempts(firing, ids, ((group.pool, index, bundle),), touched)
            ):
                found[bundle] = key
        return list(found.items())

    def _attempts(
        self, firing: TabledFiring, ids: Sequence[int], chosen: Chosen, touched: set[int]
    ) -> Iterator[tuple[Chosen, Effects | PoolFull]]:
        """The ways to carry out a firing that change something: what is chosen, and what comes of it.

        ``touched``: all that they depend on.
        """
        step = firing.attempt(tuple([bundle for _, _, bundle in chosen]))
        if isinstance(step, Effects):
            touched.update([pool for pool, _ in step.sweeps], [pool for pool, _, _ in chosen])
            if self._edit(ids, chosen, step):
                yield chosen, step
            return
        touched.add(step.pool)
        try:
            for index, bundle in self._candidates(list(ids), step, tuple([(pool, place) for pool, place, _ in chosen])):
                yield from self._attempts(firing, ids, (*chosen, (step.pool, index, bundle)), touched)
        except PoolFull as full:
            yield chosen, full

    def _edit(self, ids: Sequence[int], chosen: Chosen, step: Effects) -> int:
        """What a step adds to a state."""
        delta = 0
        for number in {pool for pool, _, _ in chosen} | {pool for pool, _ in step.sweeps}:
            edits = tuple([(i, step.bundles[n]) for n, (pool, i, _) in enumerate(chosen) if pool == number])
            sweeps = tuple([sweep for pool, sweep in step.sweeps if pool == number])
            delta += self.tables.contents[number].edit(ids[number], edits, sweeps)
        return delta

    def steps(self, state: Packed) -> tuple[list[int], list[int], bool]:
        """As in ``Expansion``."""
        self._looks += 1
        environment = self._deltas(self._environment, state)
        own = self._deltas(self._ranks[0], state)
        losing = self._deltas(self._losing[0], state)
        urgent = bool(own)
        own = own + self._deltas(self._slow[0], state)
        losing = losing + self._deltas(self._slow_losing[0], state)
        if not urgent:
            for group, delta, _ in self._over(state):
                (own if group.losing is None else losing).append(delta)
        environment = environment + losing if own else environment
        return self._arriving(state, own), self._arriving(state, environment), bool(own)

    def _arriving(self, state: Packed, deltas: list[int]) -> list[int]:
        return [after - state for delta in deltas if delta != NO_ROOM for after in self.settled(state + delta)]

    def _over(self, state: Packed) -> Iterator[tuple[Group, int, tuple[int, int]]]:
        """What the timers whose time is over add to a state, with the index and bundle of the object."""
        ids = self._ids(state)
        contents, timing = self.tables.contents, self._timing
        zone = timing.zone(contents[timing.pool].tuples[ids[timing.pool]])
        for pool in timing.pools:
            for index, bundle in self._objects(pool, ids):
                for entry in timing.armed(pool, bundle):
                    timer = timing.timers[entry.timer]
                    armed = timing.due(timer, bundle, zone)
                    for group in self._waiting[timer.number] if armed is not None else ():
                        key = group.key(bundle)
                        for firing in self.tables.entry(group, key).look(ids, bundle) if key is not None else ():
                            for chosen, step in self._attempts(firing, ids, ((pool, index, bundle),), set()):
                                if isinstance(step, PoolFull):
                                    self._on_move(state, Move(firing, NO_ROOM, (), step))
                                    yield group, NO_ROOM, (index, bundle)
                                    continue
                                assert armed is not None
                                noted = timing.fired(timer, armed, step)
                                delta = self._edit(ids, chosen, noted)
                                self._tell(state, ids, firing, delta, chosen, noted)
                                yield group, delta, (index, bundle)

    def _tell(
        self, state: Packed, ids: Sequence[int], firing: TabledFiring, delta: int, chosen: Chosen, step: Effects
    ) -> None:
        contents = self.tables.contents
        found = tuple(changes(self.system, lambda pool: contents[pool].tuples[ids[pool]], chosen, step))
        if (firing, found) not in self._told:
            self._told.add((firing, found))
            self._on_move(state, Move(firing, delta, found))

    def labelled(self, state: Packed) -> tuple[Steps, Owed]:
        """As in ``LabelledExpansion``."""
        found = [(number, group, self._of_group(number, group, memo, state)) for number, group, memo in self._own]
        acting = [(group, of_group) for _, group, of_group in found if of_group.any]
        urgent = any(not group.rank and not group.slow for group, _ in acting)
        steps = [step for group, of_group in acting if not group.rank for step in of_group.steps]
        if not urgent:
            numbers = {id(group): number for number, group, _ in self._own}
            for group, delta, (index, bundle) in self._over(state):
                if group.losing is None and delta != NO_ROOM:
                    steps.append((delta, self._label(numbers[id(group)], group, index, bundle)))
        arriving = tuple(
            dict.fromkeys((after - state, label) for delta, label in steps for after in self.settled(state + delta))
        )
        now = frozenset(claim for _, label in arriving for claim in label.claims)
        armed = frozenset(claim for _, of_group in acting for _, label in of_group.steps for claim in label.claims)
        owed = Owed(now, armed, bool(acting))
        return arriving, self._owed.setdefault((now, armed, bool(acting)), owed)


__all__ = ["PromptExpansion", "expansion", "labelled_expansion"]
