"""The transitions of a state with all that they do, looked up in the tables of the checker.

The same as ``engine.successors.transitions``, which a test holds it to; searches over product states come to the same
states and views again and again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..checker.tables import TabledFiring, Tables
from ..engine.effects import Effects
from ..engine.pools import EMPTY, State
from ..engine.successors import Chosen, Transition, successor, timely, transitions
from ..engine.transition_system import BoundQuery, Group, PoolFull, TransitionSystem, candidates


class Stepping:
    """The enabled transitions of states, each state once."""

    def __init__(self, system: TransitionSystem, patient: frozenset[str] = frozenset()) -> None:
        """Empty tables over ``system``. ``patient``: components that act only where no step but timers is left."""
        self.system = system
        self._patient = patient
        self._tables = Tables(system)
        self._keys: dict[tuple[int, int], object] = {}
        self._enabled: dict[State, tuple[Transition, ...]] = {}

    def enabled(self, state: State) -> tuple[Transition, ...]:
        """The transitions that change ``state``, as time allows, and for which there is room: those of Kubernetes
        before those of users and faults, and steps before timers."""
        found = self._enabled.get(state)
        if found is None:
            room = [each for each in self._timely(state) if each.successor is not None]
            if any(each.group.rank == 0 and not each.group.environment for each in room):
                room = [each for each in room if each.group.component.name not in self._patient]
            found = self._enabled[state] = tuple(sorted(room, key=_eagerness))
        return found

    def _timely(self, state: State) -> list[Transition]:
        if self.system.prompt:
            return transitions(self.system, state)
        return timely(self.system, [each for each in self._all(state) if each.successor != state])

    def _all(self, state: State) -> Iterator[Transition]:
        tables = self._tables
        ids = [contents.intern(content) for contents, content in zip(tables.contents, state, strict=True)]
        for number, group in enumerate(self.system.groups):
            seen: set[int] = set()
            ordered = self.system.pools[group.pool].ordered
            for index, bundle in enumerate(state[group.pool]):
                if bundle == EMPTY or (bundle in seen and not ordered):
                    continue
                seen.add(bundle)
                key = self._key(number, group, bundle)
                if key is None:
                    continue
                for firing in tables.entry(group, key).look(ids, bundle):
                    yield from self._expand(state, group, key, firing, ((group.pool, index, bundle),))

    def _key(self, number: int, group: Group, bundle: int) -> object:
        if (number, bundle) not in self._keys:
            self._keys[number, bundle] = group.key(bundle)
        return self._keys[number, bundle]

    def _expand(
        self, state: State, group: Group, key: object, firing: TabledFiring, chosen: Chosen
    ) -> Iterator[Transition]:
        step = firing.attempt(tuple([bundle for _, _, bundle in chosen]))
        if isinstance(step, Effects):
            after = state if _idle(chosen, step) else successor(self.system, state, chosen, step)
            yield Transition(group, key, firing.firing, chosen, step, after)
            return
        taken: Sequence[tuple[int, int]] = [(pool, place) for pool, place, _ in chosen]
        try:
            for index, bundle in candidates(self.system, state[step.pool], step, tuple(taken), self._classify):
                yield from self._expand(state, group, key, firing, (*chosen, (step.pool, index, bundle)))
        except PoolFull as full:
            yield Transition(group, key, firing.firing, chosen, None, None, full)

    def _classify(self, query: BoundQuery, bundle: int) -> object:
        return self._tables.query(query).classify(bundle)


def _idle(chosen: Chosen, step: Effects) -> bool:
    return not step.sweeps and all(before == after for (_, _, before), after in zip(chosen, step.bundles, strict=True))


def _eagerness(transition: Transition) -> tuple[bool, int]:
    return transition.group.environment, transition.group.rank
