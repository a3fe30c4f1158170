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
    """Which object stands where, by age: equal for states that are the same but for the names of objects."""
    found = []
    for ordinals in unrolled.ordinals:
        ranks = {ordinal: rank for rank, ordinal in enumerate(sorted(set(ordinals) - {NOBODY}), 1)}
        found.append(tuple(ranks.get(ordinal, NOBODY) for ordinal in ordinals))
    return tuple(found)


def lasting(first: Unrolled, last: Unrolled) -> frozenset[tuple[int, int]]:
    """The (pool, ordinal) of interchangeable objects that are there for ever, ``first`` and ``last`` being one pattern.

    Objects do not come back, and those that stay keep their order of age: so each comes round as itself.
    """
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
    known = {pattern(now): 0}
    for rounds in range(1, MOST_ROUNDS + 1):
        for transition in loop:
            before.append(now)
            now, _, _ = identities.advance(now, transition)
        first = known.setdefault(pattern(now), rounds)
        if first < rounds:
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
    return first.state == lasso.end.state and pattern(first) == pattern(lasso.end)


__all__ = ["Lasso", "closes", "lasting", "pattern", "unfair", "unrolled_lasso"]
