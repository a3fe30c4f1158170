"""Lassos: runs that go on for ever, told as a stem and a loop, with every object as itself (design §5).

A loop of states in which interchangeable objects are a multiset leads back to the same multiset, not yet to the same
objects. So it is walked round after round until those that stay have come back to where they were; the others were
created and removed on the way, and their successors go the same way. On that run fairness is looked at anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from .fairness import Claim, claims, claims_met, fairness_by_rule, starved
from .identities import NOBODY, Identities, Naming, Unrolled
from .pools import State
from .successors import Transition
from .transition_system import TransitionSystem

MOST_ROUNDS = 64
"""Rounds after which the search for one in which all objects are in their old places is given up."""

Pattern = tuple[tuple[int, ...], ...]


@attrs.frozen(eq=False)
class Lasso:
    """A run: ``steps`` with the unrolled state before each, of which those after the first ``loop`` repeat for ever.

    ``end`` is the state after the last step: the one after the first ``loop`` steps but for the names of objects.
    ``loop`` is None where the run ends at rest. ``starved``: what fairness would have asked for and does not get.
    """

    steps: tuple[Transition, ...]
    before: tuple[Unrolled, ...]
    end: Unrolled
    loop: int | None
    starved: tuple[Claim, ...] = ()

    @property
    def states(self) -> tuple[State, ...]:
        """All states, the last one included."""
        return (*(unrolled.state for unrolled in self.before), self.end.state)


def pattern(unrolled: Unrolled) -> Pattern:
    """Which object stands where, by whose turn is longest ago: all that what happens to them next depends on."""
    found = []
    for pool, ordinals in enumerate(unrolled.ordinals):
        order = sorted((unrolled.turns.get((pool, each), 0), each) for each in ordinals if each != NOBODY)
        ranks = {ordinal: rank for rank, (_, ordinal) in enumerate(order, 1)}
        found.append(tuple(ranks.get(ordinal, NOBODY) for ordinal in ordinals))
    return tuple(found)


def _in_place(first: Unrolled, last: Unrolled) -> bool:
    """Whether every object that is there both times stands in the same place."""
    pairs = zip(first.ordinals, last.ordinals, strict=True)
    return all(
        before == after or (before not in others and after not in ordinals)
        for ordinals, others in pairs
        for before, after in zip(ordinals, others, strict=True)
    )


def lasting(first: Unrolled, last: Unrolled) -> frozenset[tuple[int, int]]:
    """The (pool, ordinal) of interchangeable objects that stand in the same place ``first`` and ``last``."""
    return frozenset(
        (pool, ordinal)
        for pool, (before, after) in enumerate(zip(first.ordinals, last.ordinals, strict=True))
        for ordinal, other in zip(before, after, strict=True)
        if ordinal == other != NOBODY
    )


def unrolled_lasso(
    system: TransitionSystem, start: State, stem: Sequence[Transition], loop: Sequence[Transition]
) -> Lasso | None:
    """The run along ``stem`` and for ever round ``loop``; None where the objects do not come round in some rounds."""
    identities = Identities(system, Naming())
    now = identities.begin(start)
    before: list[Unrolled] = []
    for transition in stem:
        before.append(now)
        now, _, _ = identities.advance(now, transition)
    if not loop:
        return Lasso(tuple(stem), tuple(before), now, None)
    begins = [now]
    for rounds in range(1, MOST_ROUNDS + 1):
        for transition in loop:
            before.append(now)
            now, _, _ = identities.advance(now, transition)
        first = next((n for n in range(rounds) if _same(begins[n], now)), None)
        begins.append(now)
        if first is not None:
            steps = (*stem, *(transition for _ in range(rounds) for transition in loop))
            begin = len(stem) + first * len(loop)
            found = Lasso(steps, tuple(before), now, begin)
            return attrs.evolve(found, starved=tuple(unfair(system, found)))
    return None


def unfair(system: TransitionSystem, lasso: Lasso) -> list[Claim]:
    """What the loop of a lasso leaves undone for ever although fairness asks for it."""
    assert lasso.loop is not None
    first = lasso.before[lasso.loop]
    round_ = list(zip(lasso.before, lasso.steps, strict=True))[lasso.loop :]
    owed = [claims(system, unrolled) for unrolled, _ in round_]
    met = [claim for unrolled, transition in round_ for claim in claims_met(unrolled, transition)]
    return starved(fairness_by_rule(system), owed, met, lasting(first, lasso.end))


def closes(lasso: Lasso) -> bool:
    """Whether the loop of a lasso leads back to where it began, but for the names of objects."""
    if lasso.loop is None:
        return False
    first = lasso.before[lasso.loop]
    return _same(first, lasso.end)


def _same(first: Unrolled, last: Unrolled) -> bool:
    """Whether a run can go on for ever as it went from ``first`` to ``last``: what stays is in its place again."""
    return first.state == last.state and pattern(first) == pattern(last) and _in_place(first, last)


__all__ = ["Lasso", "closes", "lasting", "pattern", "unfair", "unrolled_lasso"]
