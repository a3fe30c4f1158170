"""Tells interchangeable objects apart along a path, so that each keeps one readable name for its whole life.

A state holds interchangeable objects as a multiset. Which of several equal ones a step acts on makes no difference, so
it is the one that has not changed for longest, of those the eldest: in what goes round for ever each gets its turn.
Nothing here depends on how bundles happen to be numbered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from .encoding import as_is, canonical_text
from .pools import EMPTY, State
from .successors import Transition
from .transition_system import TransitionSystem

NOBODY = 0
"""The ordinal where there is no interchangeable object: an empty slot, or an object with a name of its own."""


def numbered(kind: str, _values: Mapping[str, Any], ordinal: int) -> str:
    """The name of the ``ordinal``-th object of ``kind`` where nothing better is known: ``pod-3``."""
    return f"{kind.lower()}-{ordinal}"


def component_alone(component: str, _kind: str, _name: str, _values: Mapping[str, Any]) -> str:
    """The actor where nothing better is known: the component, whichever of its instances it is."""
    return component


@attrs.frozen
class Naming:
    """How a trace calls things.

    ``object_name(kind, values, ordinal)``: the name of an object without one, from its bundle when it comes into
    being and the number of objects of its kind so far, from 1; no two objects of a kind may get the same.
    ``actor(component, kind, name, values)``: the component with its instance, from the object that its rule is keyed
    by. ``field``: the spelling of field names.
    """

    object_name: Callable[[str, Mapping[str, Any], int], str] = numbered
    actor: Callable[[str, str, str, Mapping[str, Any]], str] = component_alone
    field: Callable[[str], str] = as_is


@attrs.frozen
class Touched:
    """What a step did to one object: its bundle before and after. ``name`` is "" for what never came into being."""

    pool: int
    name: str
    before: int
    after: int
    created: bool = False
    removed: bool = False


@attrs.frozen(eq=False)
class Unrolled:
    """A state whose objects are told apart.

    ``ordinals[pool][index]``: which object of the kind stands at that index of the pool's content. ``names`` of all
    that ever lived, by (pool, ordinal). ``counts``: how many came into being so far, by pool. ``turns``: the step, from
    1, that last changed an object; none for those that are as they were at first.
    """

    state: State
    ordinals: tuple[tuple[int, ...], ...]
    names: Mapping[tuple[int, int], str]
    counts: tuple[int, ...]
    turns: Mapping[tuple[int, int], int] = attrs.field(factory=dict)
    step: int = 0


class Identities:
    """Follows the objects of a system from a first state, step by step."""

    def __init__(self, system: TransitionSystem, naming: Naming) -> None:
        """``naming``: how objects are called."""
        self.system = system
        self.naming = naming
        self._texts: dict[tuple[int, int], str] = {}

    def begin(self, state: State) -> Unrolled:
        """The objects of a first state, numbered in the order of what they hold."""
        ordinals: list[tuple[int, ...]] = []
        names: dict[tuple[int, int], str] = {}
        counts: list[int] = []
        for number, pool in enumerate(self.system.pools):
            content = state[number]
            present = [i for i, bundle in enumerate(content) if bundle != EMPTY and not pool.name_of(bundle)]
            given = [NOBODY] * len(content)
            texts = {index: self._text(number, content[index]) for index in present}
            for ordinal, index in enumerate(sorted(present, key=texts.__getitem__), 1):
                given[index] = ordinal
                self._christen(names, number, ordinal, content[index])
            ordinals.append(tuple(given))
            counts.append(len(present))
        return Unrolled(state, tuple(ordinals), names, tuple(counts))

    def advance(
        self, before: Unrolled, transition: Transition
    ) -> tuple[Unrolled, tuple[Touched, ...], tuple[str, ...]]:
        """After a step: the state, what it touched (by kind, then by age), and the names of what it chose."""
        effects = transition.effects
        assert effects is not None and transition.successor is not None, "a step that finds room"
        ordinals, counts, names = list(before.ordinals), list(before.counts), dict(before.names)
        turns, step = dict(before.turns), before.step + 1
        touched: list[Touched] = []
        chosen = [""] * len(transition.chosen)
        for number in range(len(self.system.pools)):
            old = list(before.state[number])
            who = list(before.ordinals[number])
            new = list(old)
            origin = list(old)
            for place, sweep in effects.sweeps:
                if place == number:
                    new = [self.system.sweep_bundle(number, sweep, bundle) for bundle in new]
            for place, (target, index, _) in enumerate(transition.chosen):
                if target == number:
                    missing = index + 1 - len(new)
                    old, new, who = old + [EMPTY] * missing, new + [EMPTY] * missing, who + [NOBODY] * missing
                    origin += [EMPTY] * missing
                    new[index] = effects.bundles[place]
                    origin[index] = effects.origins[place] if effects.origins else old[index]
                    if old[index] == EMPTY and new[index] != EMPTY:
                        counts[number] += 1
                        who[index] = counts[number]
                        self._christen(names, number, who[index], new[index])
                    chosen[place] = self.name(names, number, new[index], who[index])
            # That only their timers count on is nothing that a step does to objects.
            changed = [index for index in self._sorted(number, new, who) if origin[index] != new[index]]
            new = [transition.moved.get((number, bundle), bundle) for bundle in new]
            for index in changed:
                # What has a name of its own is never empty: its object comes and goes, it stays.
                created, removed = old[index] == EMPTY, new[index] == EMPTY
                name = self.name(names, number, new[index], who[index])
                touched.append(Touched(number, name, origin[index], new[index], created, removed))
                turns[number, who[index]] = step
            ordinals[number] = self._arranged(number, new, who, turns)
        after = Unrolled(transition.successor, tuple(ordinals), names, tuple(counts), turns, step)
        return after, tuple(touched), tuple(chosen)

    def name(self, names: Mapping[tuple[int, int], str], pool: int, bundle: int, ordinal: int) -> str:
        """What an object of a pool is called, by its bundle and its ordinal; "" for an empty slot."""
        return self.system.pools[pool].name_of(bundle) or names.get((pool, ordinal), "")

    def name_at(self, unrolled: Unrolled, pool: int, index: int) -> str:
        """What the object at ``index`` of a pool's content is called in ``unrolled``."""
        return self.name(unrolled.names, pool, unrolled.state[pool][index], unrolled.ordinals[pool][index])

    def in_order(self, unrolled: Unrolled, pool: int) -> list[int]:
        """The indexes of a pool's content: what has a name of its own first, in the model's order, then by age."""
        return self._sorted(pool, list(unrolled.state[pool]), unrolled.ordinals[pool])

    def _sorted(self, number: int, bundles: Sequence[int], who: Sequence[int]) -> list[int]:
        pool = self.system.pools[number]
        places = {name: place for place, name in enumerate(pool.names)}
        return sorted(range(len(bundles)), key=lambda i: (who[i], places.get(pool.name_of(bundles[i]), 0)))

    def values(self, pool: int, bundle: int) -> dict[str, Any]:
        """The fields of a bundle by name."""
        layout = self.system.pools[pool]
        return dict(zip(layout.fields, layout.bundles[bundle], strict=True))

    def _arranged(
        self, number: int, bundles: list[int], who: list[int], turns: Mapping[tuple[int, int], int]
    ) -> tuple[int, ...]:
        """The ordinals in the order of the pool's new content: among equal objects first what has not changed for
        longest, so that each gets its turn, then the eldest."""
        pool = self.system.pools[number]
        if pool.ordered:
            return tuple(NOBODY if bundle == EMPTY else ordinal for bundle, ordinal in zip(bundles, who, strict=True))
        order = sorted(
            (bundle, turns.get((number, ordinal), 0), ordinal) for bundle, ordinal in zip(bundles, who, strict=True)
        )
        return tuple(ordinal for bundle, _, ordinal in order if bundle != EMPTY)

    def _christen(self, names: dict[tuple[int, int], str], pool: int, ordinal: int, bundle: int) -> None:
        kind = self.system.pools[pool].name
        name = self.naming.object_name(kind, self.values(pool, bundle), ordinal)
        taken = name in self.system.pools[pool].names
        if taken or any(place == pool and name == known for (place, _), known in names.items()):
            raise ValueError(f"two objects of kind {kind} would be called {name!r}")
        names[pool, ordinal] = name

    def _text(self, pool: int, bundle: int) -> str:
        found = self._texts.get((pool, bundle))
        if found is None:
            found = self._texts[pool, bundle] = canonical_text(self.values(pool, bundle))
        return found
