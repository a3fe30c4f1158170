"""Objects with names that nothing tells apart, and the states that differ only in who is who of them (design §3.2).

Emerson, Sistla, Symmetry and model checking, 1996. A model says which objects might be interchangeable, and by what
names they go. Here it is found out which of them are: no rule, no property names one of them but all alike, and
the start stays what it is if any two trade places. A state then stands for all its images; ``canonical`` is the same
for all of them. Nothing rests on how bundles happen to be numbered but which of the images it is.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence

from ..spec.language.plan import Rpc
from .pools import Content, Pool, State
from .renaming import NamedWithin, Renaming, mentions, naming
from .successors import transitions
from .transition_system import TransitionSystem

MOST = 5
"""So many objects of a group trade places at most: that is 120 permutations."""


Group = tuple[tuple[str, ...], ...]
"""Objects that may trade places, each with all names that it goes by, in one order."""


class Symmetry:
    """The permutations of the interchangeable objects of a system, but for the one that changes nothing.

    ``groups``: the names of those that may trade places with each other.
    """

    def __init__(self, system: TransitionSystem, groups: Sequence[Sequence[tuple[str, ...]]]) -> None:
        """``groups``: of objects that nothing tells apart, each with all names that it goes by."""
        self.groups = tuple(tuple(names[0] for names in group) for group in groups)
        self._pools = system.pools
        self.renamings = tuple(Renaming(names) for names in _permutations(groups) if names)
        self._places = [[self._trades(pool, renaming) for pool in self._pools] for renaming in self.renamings]
        self._images: dict[tuple[int, int, int], int] = {}
        self._contents: dict[tuple[int, int, Content], Content] = {}

    def _trades(self, pool: Pool, renaming: Renaming) -> tuple[int, ...]:
        places = [pool.names.index(renaming.names.get(name, name)) for name in pool.names]
        return (*places, *range(len(places), pool.slots))

    @property
    def order(self) -> int:
        """How many states one state stands for at most."""
        return len(self.renamings) + 1

    def slots(self, permutation: int) -> list[int]:
        """Where what stands in a slot of its own goes, for each slot of each pool, one pool after the other."""
        return [place for places in self._places[permutation] for place in places]

    def bundle(self, permutation: int, pool: int, bundle: int) -> int:
        """What becomes of a bundle. Raises ``NamedWithin``."""
        key = permutation, pool, bundle
        found = self._images.get(key)
        if found is None:
            layout = self._pools[pool]
            found = self._images[key] = layout.intern(self.renamings[permutation](layout.bundles[bundle]))
        return found

    def content(self, permutation: int, pool: int, content: Content) -> Content:
        """What becomes of the content of a pool."""
        key = permutation, pool, content
        found = self._contents.get(key)
        if found is None:
            bundles = [self.bundle(permutation, pool, bundle) for bundle in content]
            if self._pools[pool].ordered:
                traded = list(bundles)
                for place, bundle in zip(self._places[permutation][pool], bundles, strict=True):
                    traded[place] = bundle
                bundles = traded
            found = self._contents[key] = self._pools[pool].content(bundles)
        return found

    def image(self, permutation: int, state: State) -> State:
        """What becomes of a state."""
        return tuple(self.content(permutation, pool, content) for pool, content in enumerate(state))

    def images(self, state: State) -> Iterator[State]:
        """The state itself and all that it becomes, some perhaps several times."""
        yield state
        for permutation in range(len(self.renamings)):
            yield self.image(permutation, state)

    def canonical(self, state: State) -> State:
        """The one of the images of a state that stands for all of them."""
        return min(self.images(state))

    def traced(self, system: TransitionSystem, canonical: Sequence[State]) -> list[State]:
        """A run whose states are images of these, each a successor of the one before, the last one itself."""
        run = [canonical[0]]
        for wanted in canonical[1:]:
            following = (transition.successor for transition in transitions(system, run[-1]))
            run.append(next(state for state in following if state is not None and self.canonical(state) == wanted))
        return self.moved_to(run, canonical[-1])

    def moved_to(self, run: Sequence[State], end: State) -> list[State]:
        """The image of a run that ends in ``end``, an image of its last state."""
        if run[-1] == end:
            return list(run)
        permutation = next(n for n in range(len(self.renamings)) if self.image(n, run[-1]) == end)
        return [self.image(permutation, state) for state in run]

    def closed(self, states: Iterable[State]) -> bool:
        """Whether the images of all these states are among them."""
        found = set(states)
        return all(image in found for state in found for image in self.images(state))


def _permutations(groups: Sequence[Sequence[tuple[str, ...]]]) -> Iterator[dict[str, str]]:
    """Every permutation, as what becomes of each name that it moves.

    Groups may share names, as zones and the nodes in them do: then those of one group after those of the next.
    """
    names = dict.fromkeys(name for group in groups for names in group for name in names)
    for orders in itertools.product(*(itertools.permutations(group) for group in groups)):
        moved = {name: name for name in names}
        for group, order in zip(groups, orders, strict=True):
            trade = {
                before: after
                for names_before, names_after in zip(group, order, strict=True)
                for before, after in zip(names_before, names_after, strict=True)
            }
            moved = {name: trade.get(now, now) for name, now in moved.items()}
        yield {name: now for name, now in moved.items() if name != now}


def interchangeable(system: TransitionSystem) -> tuple[Group, ...]:
    """The groups of objects that nothing tells apart, among those of which the model says so; of each the first few.

    None where requests travel as messages: what is on its way keeps answers, in which names stand in their order.
    """
    model = system.model
    if model.rpc is Rpc.MESSAGE:
        return ()
    every = {name for group in model.interchangeable for names in group for name in names}
    ruled = (model.components, model.properties, model.machines, model.api_server, model.api_reads, model.incarnation)
    ruled_by = mentions((*ruled, model.losses), naming(every)) if every else []
    first = system.initial_state()

    def alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
        if len(one) != len(other):
            return False
        try:
            trade = Symmetry(system, [(one, other)])
            return all(map(trade.renamings[0].fixes, ruled_by)) and trade.image(0, first) == first
        except (NamedWithin, ValueError):
            # A name that is not one object's alone, or that stands where no permutation reaches it.
            return False

    found: list[list[Group]] = []
    for group in model.interchangeable:
        open_, classes = list(group), []
        while open_:
            one, *others = open_
            members = [one, *(other for other in others if alike(one, other))]
            open_ = [other for other in others if other not in members]
            if len(members) > 1:
                classes.append(tuple(members))
        found.append(classes)
    return _few(found)


def _few(found: Sequence[Sequence[Group]]) -> tuple[Group, ...]:
    """As many of the groups, and of each so many of its objects, that there are few enough permutations.

    All groups are cut alike: where some stand for what others are in, all of those must trade alike.
    """
    for kept in (found, found[:1]):
        for most in range(MOST, 1, -1):
            groups = tuple(group[:most] for classes in kept for group in classes)
            if math.prod(math.factorial(len(group)) for group in groups) <= math.factorial(MOST):
                return groups
    return ()


def up_to_symmetry(system: TransitionSystem) -> TransitionSystem:
    """The same system, in which states count as one that differ only in who is who of interchangeable objects."""
    groups = interchangeable(system)
    if not groups:
        return system
    reduced = copy.copy(system)
    reduced.symmetry = Symmetry(system, groups)
    return reduced


__all__ = ["MOST", "Symmetry", "interchangeable", "up_to_symmetry"]
