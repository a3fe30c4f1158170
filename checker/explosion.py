"""Why there are so many states: which fields and rules multiply them, how they grow, how many there may be.

What is found is the same whichever explorer searched. Growth is of all that was explored; fields and rules are
looked at on the states that were found first, as if the search had ended there; symmetry on states from all of it.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from ..engine.pools import EMPTY, NAME, Content, Pool, State
from ..engine.successors import transitions
from ..engine.transition_system import TransitionSystem
from .result import Explosion, FieldShare, RuleShare

STATES_READ = 10_000
"""States whose fields are looked at; exact where there are no more."""

STATES_EXPANDED = 500
"""States whose steps are taken once more, without tables, to see which rule makes them."""

_SHRINKING = 3
"""Levels that have to shrink, each more than the one before, until anything is said of those to come."""


class Explored(Protocol):
    """What is asked of a search: states by number, in the order in which they were found, and how each was found."""

    @property
    def states(self) -> int:
        """How many states were found."""

    def parent(self, number: int) -> int:
        """The state from which a state was found first; of an initial state, itself."""

    def state(self, number: int) -> State:
        """The state with this number."""


def explosion(system: TransitionSystem, explored: Explored, whole_levels: int, *, complete: bool) -> Explosion:
    """Looks at a search that has ended. ``whole_levels``: levels of which every state was found."""
    levels = level_sizes(explored)
    read = [explored.state(number) for number in range(min(explored.states, STATES_READ))]
    expanded = read[:STATES_EXPANDED]
    spread = [explored.state(number * explored.states // len(read)) for number in range(len(read))]
    return Explosion(
        levels=levels,
        estimate=explored.states if complete else estimate(levels[:whole_levels]),
        states_read=len(read),
        fields=_fields(system.pools, read),
        symmetry=sum(orders(system.pools, state) for state in spread) / max(len(spread), 1),
        images=sum(_images(system, state) for state in spread) / max(len(spread), 1),
        states_expanded=len(expanded),
        rules=_rules(system, expanded, levels[0] if levels else 0),
    )


def level_sizes(explored: Explored) -> tuple[int, ...]:
    """How many states have each depth. Of a search in breadth, whose states' parents stand in order."""
    count, parent = explored.states, explored.parent
    sizes: list[int] = []
    begin = 0
    end = bisect_left(range(count), True, key=lambda number: parent(number) != number)
    while end > begin:
        sizes.append(end - begin)
        begin, end = end, bisect_left(range(count), end, lo=end, key=parent)
    return tuple(sizes)


def estimate(levels: Sequence[int]) -> int | None:
    """How many states there would be if levels went on shrinking as the last ones do; None where they do not.

    ``levels``: the sizes of the levels that are whole. While levels grow, be it ever more slowly, nothing is known of
    how many are to come. Each further level is taken to shrink more than the one before, by the factor last seen.
    """
    growth = [after / before for before, after in itertools.pairwise(levels)][-_SHRINKING:]
    falling = all(later < earlier for earlier, later in itertools.pairwise((1.0, *growth)))
    if len(growth) < _SHRINKING or not falling:
        return None
    falls, ratio, size, total = growth[-1] / growth[-2], growth[-1], float(levels[-1]), float(sum(levels))
    while size >= 1:
        ratio *= falls
        size *= ratio
        total += size
    return round(total)


def orders(pools: Sequence[Pool], state: State) -> int:
    """In how many orders the objects of a state could stand that are kept as a multiset: what symmetry saves there.

    The interchangeable objects of a pool that exist, n of them, in n! orders, less those that only swap equal ones.
    """
    found = 1
    for pool, content in zip(pools, state, strict=True):
        if not pool.ordered:
            alike = Counter(bundle for bundle in content if bundle != EMPTY and not pool.name_of(bundle))
            found *= math.factorial(alike.total()) // math.prod(map(math.factorial, alike.values()))
    return found


def _images(system: TransitionSystem, state: State) -> int:
    return 1 if system.symmetry is None else len(set(system.symmetry.images(state)))


def _fields(pools: Sequence[Pool], states: Sequence[State]) -> tuple[FieldShare, ...]:
    """Every field that has several values, the one that multiplies the states most first."""
    found = []
    for number, pool in enumerate(pools):
        contents = {state[number] for state in states}
        bundles = {bundle for content in contents for bundle in content if bundle != EMPTY or pool.ordered}
        for place, field in enumerate(pool.fields):
            values = len({pool.bundles[bundle][place] for bundle in bundles})
            if field == NAME or values < 2:
                continue
            without = _without(pool, place)
            alike = {content: without(content) for content in contents}
            left = {(*state[:number], alike[state[number]], *state[number + 1 :]) for state in states}
            found.append(FieldShare(pool.name, field, values, len(states) / len(left)))
    return tuple(sorted(found, key=lambda share: (-share.factor, -share.values, share.kind, share.field)))


def _without(pool: Pool, place: int) -> Callable[[Content], Content]:
    """What remains of a content once one field is the same in all objects."""
    numbers: dict[object, int] = {}
    of_bundle: dict[int, int] = {}

    def number(bundle: int) -> int:
        if bundle not in of_bundle:
            values = pool.bundles[bundle]
            rest = (bundle == EMPTY, *values[:place], *values[place + 1 :])
            of_bundle[bundle] = numbers.setdefault(rest, len(numbers))
        return of_bundle[bundle]

    def without(content: Content) -> Content:
        kept = [number(bundle) for bundle in content]
        return tuple(kept if pool.ordered else sorted(kept))

    return without


def _rules(system: TransitionSystem, states: Sequence[State], initial: int) -> tuple[RuleShare, ...]:
    """The rules that make steps in these states, the one that finds most new states first.

    Of several rules that lead to one state, the first in the order of the system found it.
    """
    seen = set(states[:initial])
    steps: Counter[tuple[str, str, bool]] = Counter()
    new: Counter[tuple[str, str, bool]] = Counter()
    for state in states:
        for transition in transitions(system, state):
            group = transition.group
            rule = (group.component.name, group.rule.name, group.environment)
            following = transition.successor
            if following is None:
                continue
            if system.symmetry is not None:
                following = system.symmetry.canonical(following)
            steps[rule] += 1
            if following not in seen:
                seen.add(following)
                new[rule] += 1
    total = max(new.total(), 1)
    shares = [
        RuleShare((name, of), environment, count, new[name, of, environment], new[name, of, environment] / total)
        for (name, of, environment), count in steps.items()
    ]
    return tuple(sorted(shares, key=lambda share: (-share.new, -share.steps, share.rule)))


__all__ = ["STATES_EXPANDED", "STATES_READ", "estimate", "explosion", "level_sizes", "orders"]
