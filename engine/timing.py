"""Timers that count to the second: what prompt time keeps in a state, and what it makes of a step (design §4).

Each object holds, in a field that the engine adds, the timers that are armed for it, each with the clock that says how
long it has counted. The clocks are the moments at which timers were armed, the oldest first, and one object of the
engine's own kind ``Clock`` holds the zone of all that they may show. A step leaves these fields as they are, but that
a timer that fires says so in its own entry; ``Timing.settle`` then sees to the rest: it is the same for every explorer.
Alur, Dill, A theory of timed automata, 1994: objects are locations, an armed timer is an invariant and a guard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING, Any

import attrs

from ..spec.language.component import Countdown
from ..spec.language.model import Field, Kind
from . import zones
from .effects import Effects
from .pools import EMPTY, NAME, TIMERS, Content, State
from .zones import Zone

if TYPE_CHECKING:
    from .transition_system import Group, TransitionSystem

CLOCK = "Clock"
"""Kind of the one object that holds the zone."""
CLOCK_KIND = Kind(CLOCK, (Field("zone", zones.START),), names=("time",))


@attrs.frozen(cache_hash=True)
class Armed:
    """An armed timer of an object. ``clock``: which of the zone's clocks has counted since; ``since``: from what on."""

    timer: int
    clock: int
    since: Any = None
    fired: bool = False


@attrs.frozen(eq=False)
class Timer:
    """A rule that waits. ``units``: how long. ``armed_by``: the rule as it is asked whether it counts, not whether it
    can act: while its process is busy with a plan, say."""

    number: int
    group: Group
    armed_by: Group
    units: int
    countdown: Countdown

    @property
    def pool(self) -> int:
        """The pool of the objects that it is keyed by."""
        return self.group.pool


@attrs.frozen
class Wanted:
    """What the rules say of a state. ``urgent``: something happens at once, so that no time passes.

    ``timers``: for each (pool, bundle without timers) those that count for it: number, from what on, whether it could
    act now.
    """

    urgent: bool
    timers: Mapping[tuple[int, int], tuple[tuple[int, Any, bool], ...]]


Counting = tuple[tuple[Armed, ...], tuple[tuple[int, Any, bool], ...]]
"""The armed timers of an object, and those that it is to have, as in ``Wanted``."""

Counted = tuple[Zone, Mapping[Counting, tuple[Armed, ...]]]


@attrs.frozen
class Settled:
    """A state whose timers are as the rules want them; ``moved``: the bundle that each (pool, bundle) has become."""

    state: State
    moved: Mapping[tuple[int, int], int]


def units_of(durations: Iterable[float]) -> tuple[Fraction, dict[float, int]]:
    """The longest time that all durations are whole multiples of, and how often each holds it."""
    exact = {duration: Fraction(str(duration)) for duration in durations if duration}
    if not exact:
        return Fraction(1), {}
    common = lcm(*(each.denominator for each in exact.values()))
    unit = Fraction(gcd(*(int(each * common) for each in exact.values())), common)
    return unit, {duration: int(each / unit) for duration, each in exact.items()}


class Timing:
    """The timers of a system in prompt time."""

    def __init__(self, system: TransitionSystem, timers: Sequence[Timer]) -> None:
        """``timers``: by number."""
        self.system = system
        self.timers = tuple(timers)
        self.pool = system.pool_index[CLOCK]
        self._zone = system.pools[self.pool].position["zone"]
        self._places = {
            number: pool.position[TIMERS] for number, pool in enumerate(system.pools) if TIMERS in pool.position
        }
        self._of_rule = {(one.group.component.name, one.group.rule.name): one for one in self.timers}
        self._bare: dict[tuple[int, int], int] = {}
        self._known: dict[tuple[int, int, tuple[Armed, ...]], int] = {}
        self._counted: dict[tuple[Zone, frozenset[Counting], bool], tuple[Counted, ...]] = {}

    def timer_of(self, group: Group) -> Timer | None:
        """The timer whose steps a group makes, as they go well or something of them is lost; None for a step."""
        return self._of_rule.get((group.component.name, group.rule.name)) if group.rank else None

    def in_memory(self, components: set[str]) -> frozenset[int]:
        """The timers that are lost when the process of some components ends."""
        return frozenset(
            one.number for one in self.timers if one.group.component.name in components and not one.countdown.stored
        )

    @property
    def pools(self) -> tuple[int, ...]:
        """The pools whose objects can have timers."""
        return tuple(self._places)

    def armed(self, pool: int, bundle: int) -> tuple[Armed, ...]:
        """The armed timers of an object."""
        found: tuple[Armed, ...] = self.system.pools[pool].bundles[bundle][self._places[pool]]
        return found

    def bare(self, pool: int, bundle: int) -> int:
        """An object's bundle without its timers."""
        found = self._bare.get((pool, bundle))
        if found is None:
            found = self._bare[pool, bundle] = self._with(pool, bundle, ())
        return found

    def _with(self, pool: int, bundle: int, armed: tuple[Armed, ...]) -> int:
        found = self._known.get((pool, bundle, armed))
        if found is None:
            layout = self.system.pools[pool]
            values = list(layout.bundles[bundle])
            values[self._places[pool]] = armed
            found = self._known[pool, bundle, armed] = layout.intern(tuple(values))
        return found

    def bare_content(self, pool: int, content: Content) -> Content:
        """A pool's content without timers, or without what is known of the clocks."""
        layout = self.system.pools[pool]
        if pool == self.pool:
            return (layout.intern(layout.bundle({NAME: "time"})),)
        if pool not in self._places:
            return content
        return layout.content([self.bare(pool, bundle) for bundle in content])

    def zone(self, content: Content) -> Zone:
        """What is known of the clocks, from the content of their pool."""
        found: Zone = self.system.pools[self.pool].bundles[content[0]][self._zone]
        return found

    def due(self, timer: Timer, bundle: int, zone: Zone) -> Armed | None:
        """The entry of a timer that may fire for an object now; None if its time is not over."""
        armed = next((one for one in self.armed(timer.pool, bundle) if one.timer == timer.number), None)
        if armed is None or not (timer.countdown.periodic or zones.may_show(zone, armed.clock, timer.units)):
            return None
        return armed

    def fired(self, timer: Timer, armed: Armed, effects: Effects) -> Effects:
        """What a timer's step does, with the note that it has fired."""
        first = self.armed(timer.pool, effects.bundles[0])
        others = tuple(one for one in first if one.timer != timer.number)
        noted = self._with(timer.pool, effects.bundles[0], (*others, attrs.evolve(armed, fired=True)))
        return attrs.evolve(effects, bundles=(noted, *effects.bundles[1:]))

    def settle(self, state: Sequence[Content], wanted: Wanted) -> list[Settled]:
        """What becomes of a state after a step: timers are armed and forgotten, and time passes as it may.

        Several where it matters whether the time of a timer that could not act was over by now.
        """
        of_objects = {
            (pool, bundle): (self.armed(pool, bundle), wanted.timers.get((pool, self.bare(pool, bundle)), ()))
            for pool in self._places
            for bundle in dict.fromkeys(state[pool])
            if bundle != EMPTY
        }
        key = self.zone(state[self.pool]), frozenset(of_objects.values()), wanted.urgent
        found = self._counted.get(key)
        if found is None:
            found = self._counted[key] = tuple(self._count(*key))
        return [self._made(state, of_objects, *each) for each in found]

    def _count(self, zone: Zone, objects: frozenset[Counting], urgent: bool) -> Iterator[Counted]:
        """The zones that follow, with the timers that each object has then, by what it had and what it is to have."""
        for old, _ in objects:
            for one in old:
                if one.fired and not self.timers[one.timer].countdown.periodic:
                    constrained = zones.at_least(zone, one.clock, self.timers[one.timer].units)
                    assert constrained is not None, "a timer fired whose time was not over"
                    zone = constrained
        new = len(zone)
        entries = {
            (old, wants): tuple(self._entry(old, number, since, new) for number, since, _ in wants)
            for old, wants in objects
        }
        if any(one.clock == new for each in entries.values() for one in each):
            zone = zones.with_new_clock(zone)
        ready = {
            (one.clock, self.timers[one.timer].units)
            for (_, wants), each in entries.items()
            for one, (_, _, able) in zip(each, wants, strict=True)
            if able and not self.timers[one.timer].group.slow
        }
        most = [0] * len(zone)
        for one in (one for each in entries.values() for one in each):
            most[one.clock] = max(most[one.clock], self.timers[one.timer].units)
        for passed in (zone,) if urgent else dict.fromkeys(_passing(zone, sorted(ready), most)):
            kept, names = _renumbering(passed, {one.clock for each in entries.values() for one in each})
            yield (
                zones.only(passed, kept),
                {
                    key: tuple(Armed(one.timer, names[one.clock], one.since) for one in each)
                    for key, each in entries.items()
                },
            )

    def _entry(self, old: Sequence[Armed], number: int, since: Any, new: int) -> Armed:
        """The entry of a timer that counts now: on, if it did before, or if another did that it takes over from."""
        countdown = self.timers[number].countdown
        for one in old:
            if one.timer == number and not one.fired:
                anew = countdown.since is not None and countdown.anew(one.since, since)
                return Armed(number, new if anew else one.clock, since)
        if countdown.shared:
            for one in old:
                if not one.fired and self.timers[one.timer].countdown.shared == countdown.shared:
                    return Armed(number, one.clock, since)
        return Armed(number, new, since)

    def _made(
        self,
        state: Sequence[Content],
        of_objects: Mapping[tuple[int, int], Counting],
        zone: Zone,
        entries: Mapping[Counting, tuple[Armed, ...]],
    ) -> Settled:
        moved = {key: self._with(*key, entries[found]) for key, found in of_objects.items()}
        clock = self.system.pools[self.pool]
        moved[self.pool, state[self.pool][0]] = clock.intern(clock.bundle({NAME: "time", "zone": zone}))
        contents = [
            self.system.pools[pool].content([moved.get((pool, bundle), bundle) for bundle in content])
            for pool, content in enumerate(state)
        ]
        return Settled(tuple(contents), {key: after for key, after in moved.items() if key[1] != after})


def _passing(zone: Zone, deadlines: Sequence[tuple[int, int]], most: Sequence[int]) -> Iterator[Zone]:
    """The zones that a zone becomes as time passes; a timer whose time is over already lets none pass.

    ``deadlines``: what clocks show when somebody acts. ``most``: beyond which nobody asks what a clock shows.
    """
    before: Zone | None = zone
    for clock, units in deadlines:
        if before is not None and not zones.shows_at_most(before, clock, units):
            over = zones.at_least(before, clock, units)
            if over is not None:
                yield zones.forgetting_beyond(over, most)
            before = zones.at_most(before, clock, units)
    if before is not None:
        yield zones.forgetting_beyond(zones.later(before, deadlines), most)


def _renumbering(zone: Zone, used: set[int]) -> tuple[list[int], dict[int, int]]:
    """The clocks that are used, of those that show the same the first, and what each is called now."""
    same = zones.equal_clocks(zone)
    first: dict[int, int] = {}
    kept: list[int] = []
    for clock in sorted(used):
        # A clock that was started just now may show what clock 0 does; it counts on all the same.
        if same[clock] not in first:
            kept.append(clock)
            first[same[clock]] = len(kept)
    return kept, {clock: first[same[clock]] for clock in used}


__all__ = ["CLOCK", "CLOCK_KIND", "Armed", "Settled", "Timer", "Timing", "Wanted", "units_of"]
