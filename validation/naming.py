"""Which object of the model each name in a recording stands for, and where it goes as steps are taken.

Interchangeable objects are told by nothing but what is kept of them, so a name stands for a bundle: of objects that are
alike, it does not matter which. As soon as they differ the search follows each way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ..engine.effects import Effects
from ..engine.pools import EMPTY, State
from ..engine.successors import Transition
from ..engine.transition_system import TransitionSystem
from ..spec.language.observation import Subject, Values

Names = tuple[tuple[Subject, int], ...]
"""The bundle that each name stands for, in the order of the names; empty: it is gone."""

Move = tuple[Subject | None, int, int]
"""What a step does to an object: the name it bears, if any, its bundle before and after."""


class Bundles:
    """What is kept of the objects of a system, by pool and bundle, as mappings."""

    def __init__(self, system: TransitionSystem) -> None:
        """``system``: whose pools are read."""
        self.system = system
        self._known: dict[tuple[int, int], Values] = {}

    def values(self, kind: str, bundle: int) -> Values:
        """All fields of an object."""
        number = self.system.pool_index[kind]
        found = self._known.get((number, bundle))
        if found is None:
            pool = self.system.pools[number]
            found = self._known[number, bundle] = dict(zip(pool.fields, pool.bundles[bundle], strict=True))
        return found

    def unnamed(self, state: State, names: Names, kind: str) -> list[int]:
        """The bundles of the kind's objects that no name stands for, each distinct one once."""
        pool = self.system.pool_index[kind]
        counts = Counter(bundle for bundle in state[pool] if bundle != EMPTY)
        counts.subtract(bundle for (of, _), bundle in names if of == kind and bundle != EMPTY)
        return sorted(bundle for bundle, number in counts.items() if number > 0)


def moves(
    system: TransitionSystem, state: State, names: Names, transition: Transition
) -> Iterator[tuple[Names, tuple[tuple[str, Move], ...]]]:
    """The ways in which a step may be about the named objects: names afterwards, and what it does to which object.

    Each is (kind, move); of objects that are alike each named one may be meant, and one of those without a name.
    """
    effects = transition.effects
    assert effects is not None, "only steps that can be taken move anything"
    of: Mapping[int, str] = {number: pool.name for number, pool in enumerate(system.pools)}
    ways: list[tuple[frozenset[Subject], tuple[tuple[str, Move], ...]]] = [(frozenset(), ())]
    for (pool, _, before), after in zip(transition.chosen, effects.bundles, strict=True):
        # What stays as it is may lend its name to none of those that move.
        if before == after:
            continue
        ways = [
            (taken | ({name} if name else set()), (*done, (of[pool], (name, before, after))))
            for taken, done in ways
            for name in _bearers(state, names, pool, of[pool], before, taken)
        ]
    for taken, done in ways:
        after_of = {name: after for _, (name, _, after) in done if name is not None}
        yield (
            tuple(
                (name, after_of[name] if name in taken else _swept(system, effects, name[0], bundle))
                for name, bundle in names
            ),
            done,
        )


def _bearers(
    state: State, names: Names, pool: int, kind: str, bundle: int, taken: frozenset[Subject]
) -> list[Subject | None]:
    if bundle == EMPTY:
        return [None]
    alike: list[Subject | None] = [name for name, of in names if name[0] == kind and of == bundle]
    unnamed = state[pool].count(bundle) > len(alike)
    return [name for name in alike if name not in taken] + ([None] if unnamed else [])


def _swept(system: TransitionSystem, effects: Effects, kind: str, bundle: int) -> int:
    number = system.pool_index[kind]
    for pool, sweep in effects.sweeps:
        if pool == number and bundle != EMPTY:
            bundle = system.sweep_bundle(pool, sweep, bundle)
    return bundle
