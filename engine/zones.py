"""Zones: what is known of how long ago some moments were, as bounds on their differences (prompt time, design §4).

Dill, Timing assumptions and verification of finite-state concurrent systems, 1989; Bengtsson, Yi, Timed automata:
semantics, algorithms and tools, 2004. ``zone[i][j]`` is the most by which clock ``i`` may be ahead of clock ``j``, in
whole units of time; clock 0 always shows 0. All bounds are met: nothing here is strict. Every zone that a function
takes or returns is closed, that is, as tight as it can be said, so that equal sets of moments are equal zones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Zone = tuple[tuple[int, ...], ...]

UNBOUNDED = 1 << 60
"""The bound of what has none."""

START: Zone = ((0,),)
"""The zone without any clock."""


def _closed(rows: list[list[int]]) -> Zone | None:
    """The same set of moments, said as tightly as it can be; None if it is empty (Floyd, Warshall, 1962)."""
    for via, through in enumerate(rows):
        for row in rows:
            first = row[via]
            if first < UNBOUNDED:
                for to, second in enumerate(through):
                    if second < UNBOUNDED and first + second < row[to]:
                        row[to] = first + second
    if any(row[place] < 0 for place, row in enumerate(rows)):
        return None
    return tuple(map(tuple, rows))


def at_least(zone: Zone, clock: int, units: int) -> Zone | None:
    """The moments of a zone in which a clock shows so much or more; None if there are none."""
    return _bounded(zone, 0, clock, -units)


def at_most(zone: Zone, clock: int, units: int) -> Zone | None:
    """The moments of a zone in which a clock shows so much or less; None if there are none."""
    return _bounded(zone, clock, 0, units)


def _bounded(zone: Zone, one: int, other: int, bound: int) -> Zone | None:
    if zone[one][other] <= bound:
        return zone
    rows = [list(row) for row in zone]
    rows[one][other] = bound
    return _closed(rows)


def may_show(zone: Zone, clock: int, units: int) -> bool:
    """Whether in some moment of a zone a clock shows so much or more."""
    return zone[clock][0] >= units


def shows_at_most(zone: Zone, clock: int, units: int) -> bool:
    """Whether in all moments of a zone a clock shows so much or less."""
    return zone[clock][0] <= units


def with_new_clock(zone: Zone) -> Zone:
    """The zone with one clock more, the last, which is started now."""
    return (*((*row, row[0]) for row in zone), (*zone[0], 0))


def only(zone: Zone, clocks: Sequence[int]) -> Zone:
    """What the zone says of some of its clocks, in the order given."""
    kept = (0, *clocks)
    return tuple(tuple(zone[one][other] for other in kept) for one in kept)


def equal_clocks(zone: Zone) -> list[int]:
    """For each clock the first one that shows the same in all moments of the zone."""
    found: list[int] = []
    for clock in range(len(zone)):
        found.append(next(one for one in range(clock + 1) if zone[one][clock] == 0 == zone[clock][one]))
    return found


def later(zone: Zone, deadlines: Iterable[tuple[int, int]]) -> Zone:
    """The zone and all that it becomes as time passes, until the first of ``deadlines``: clocks with what they show.

    None of these is over in any moment of the zone.
    """
    rows = [list(row) for row in zone]
    for row in rows[1:]:
        row[0] = UNBOUNDED
    for clock, units in deadlines:
        rows[clock][0] = min(rows[clock][0], units)
    found = _closed(rows)
    assert found is not None, "no deadline is over"
    return found


def forgetting_beyond(zone: Zone, most: Sequence[int]) -> Zone:
    """The zone without what it says of clocks beyond the most that anything asks of each, which is exact.

    Behrmann, Bouyer, Larsen, Pelánek, Lower and upper bounds in zone-based abstractions of timed automata, 2006.
    ``most``: by clock, that of clock 0 being 0.
    """
    rows = [list(row) for row in zone]
    for one, row in enumerate(rows):
        for other, bound in enumerate(row):
            if one != other and bound > most[one]:
                row[other] = UNBOUNDED
            elif one != other and bound < -most[other]:
                row[other] = -most[other]
    found = _closed(rows)
    assert found is not None, "bounds were only loosened"
    return found


__all__ = [
    "START",
    "UNBOUNDED",
    "Zone",
    "at_least",
    "at_most",
    "equal_clocks",
    "forgetting_beyond",
    "later",
    "may_show",
    "only",
    "shows_at_most",
    "with_new_clock",
]
