"""Steps with who makes them, and what is owed to whom in a state: what fairness asks to know (design §5).

A search forgets who made a step; only the states that can come again and again are looked at once more, on tables.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import attrs

from ..engine.fairness import WITNESS, Claim, Fairness, fairness, is_watched
from ..engine.judging import Finding, StateJudge
from ..engine.pools import EMPTY
from ..engine.transition_system import Group, TransitionSystem
from .expansion import Expansion, Move, Packed, ignore


@attrs.frozen
class Label:
    """Who makes a step: the number of its group in the system, and the index and bundle of the object it acts on.

    ``claims``: numbers of the claims that it meets.
    """

    group: int
    index: int
    bundle: int
    claims: tuple[int, ...]


Steps = tuple[tuple[int, Label], ...]
"""What each of the components' steps that time lets happen now adds to a state, and who makes it."""


@attrs.frozen
class Owed:
    """The numbers of the claims in a state. ``now``: what time lets happen; ``armed``: timers that wait, too.

    ``steps``: whether components have steps at all, be it ones that find no slot.
    """

    now: frozenset[int]
    armed: frozenset[int]
    steps: bool


@attrs.frozen
class _OfGroup:
    """What a group does in a state: steps that change it by label, whether it has any, be it without a slot."""

    steps: Steps
    any: bool


class LabelledExpansion(Expansion):
    """Successors with their makers. ``claims``: every claim met so far, by number."""

    def __init__(
        self,
        system: TransitionSystem,
        judges: Sequence[StateJudge] = (),
        on_move: Callable[[Packed, Move], None] = ignore,
    ) -> None:
        """As for ``Expansion``."""
        super().__init__(system, judges, on_move)
        self.claims: list[Claim] = []
        self._claim_numbers: dict[Claim, int] = {}
        self._own = [
            (number, group, _Memo())
            for number, group in enumerate(system.groups)
            if not group.environment and group.losing is None
        ]
        self._labels: dict[tuple[int, int, int], Label] = {}
        self._owed: dict[tuple[frozenset[int], frozenset[int], bool], Owed] = {}
        self._judged: dict[tuple[int, Packed], tuple[tuple[str, Finding], ...]] = {}

    def fair(self, wanted: Fairness) -> frozenset[int]:
        """The numbers of the claims, among those met so far, that are to be met so."""
        rules = {(group.component.name, group.rule.name): fairness(group) for _, group, _ in self._own}
        return frozenset(
            number for number, claim in enumerate(self.claims) if rules[claim.component, claim.rule] is wanted
        )

    def labelled(self, state: Packed) -> tuple[Steps, Owed]:
        """The components' steps from a state, with who makes them, and what is owed there."""
        found = [(group, self._of_group(number, group, memo, state)) for number, group, memo in self._own]
        acting = [(group, of_group) for group, of_group in found if of_group.any]
        graded = self.system.graded
        first = min((group.rank for group, _ in acting if graded and not group.slow), default=sys.maxsize)
        timely = [
            of_group.steps
            for group, of_group in acting
            if not graded or group.rank == first or (group.slow and group.rank < first)
        ]
        steps = tuple(step for of_group in timely for step in of_group)
        now = frozenset(claim for _, label in steps for claim in label.claims)
        armed = frozenset(claim for _, of_group in acting for _, label in of_group.steps for claim in label.claims)
        owed = Owed(now, armed, bool(acting))
        return steps, self._owed.setdefault((now, armed, bool(acting)), owed)

    def _of_group(self, number: int, group: Group, memo: _Memo, state: Packed) -> _OfGroup:
        found = memo.found.get(state & memo.mask) if memo.found else None
        if found is None:
            found, touched = self._look(number, group, state)
            # What was kept under a narrower mask stays right: it did not depend on the pools that join.
            memo.mask |= touched
            memo.found[state & memo.mask] = found
        return found

    def _look(self, number: int, group: Group, state: Packed) -> tuple[_OfGroup, int]:
        ids = self._ids(state)
        steps: dict[tuple[int, Label], None] = {}
        some = False
        touched = set(group.pools_read)
        for index, bundle in self._objects(group.pool, ids):
            key = group.key(bundle)
            if key is None:
                continue
            for firing in self.tables.entry(group, key).look(ids, bundle):
                for delta in self._resolve(firing, state, ids, ((group.pool, index, bundle),), touched):
                    some = some or delta is not None
                    if delta:
                        steps[delta, self._label(number, group, index, bundle)] = None
        return _OfGroup(tuple(steps), some), sum(self._masks[pool] for pool in touched)

    def _objects(self, number: int, ids: Sequence[int]) -> list[tuple[int, int]]:
        """Index and bundle of every object of a pool; of equal interchangeable ones the first."""
        pool = self.system.pools[number]
        found: dict[int, tuple[int, int]] = {}
        for index, bundle in enumerate(self.tables.contents[number].tuples[ids[number]]):
            if bundle != EMPTY:
                found.setdefault(index if pool.ordered else bundle, (index, bundle))
        return list(found.values())

    def _label(self, number: int, group: Group, index: int, bundle: int) -> Label:
        ordered = self.system.pools[group.pool].ordered
        # Where in a multiset an object stands says nothing of who it is.
        place = (number, index if ordered else -1, bundle)
        found = self._labels.get(place)
        if found is None:
            found = self._labels[place] = Label(number, place[1], bundle, tuple(self._claims(group, bundle)))
        return found

    def _claims(self, group: Group, bundle: int) -> list[int]:
        pool = self.system.pools[group.pool]
        of_rule = Claim(group.component.name, group.rule.name, group.pool)
        found = [of_rule]
        if pool.name_of(bundle):
            found.append(attrs.evolve(of_rule, name=pool.name_of(bundle)))
        elif is_watched(pool, bundle):
            found.append(attrs.evolve(of_rule, ordinal=WITNESS))
        return [self._number(claim) for claim in found]

    def _number(self, claim: Claim) -> int:
        if claim not in self._claim_numbers:
            self._claim_numbers[claim] = len(self.claims)
            self.claims.append(claim)
        return self._claim_numbers[claim]

    def judged(self, judge: StateJudge, state: Packed) -> tuple[tuple[str, Finding], ...]:
        """What a property's predicate is of each object that it speaks of, by the object's name.

        Of the interchangeable ones, whose name is "", at most one is spoken of: the witness.
        """
        mask = sum(self._masks[pool] for pool in judge.pools_read)
        found = self._judged.get((id(judge), state & mask))
        if found is None:
            ids = self._ids(state)
            name_of = self.system.pools[judge.pool].name_of
            seen = [(bundle, judge.key(bundle)) for _, bundle in self._objects(judge.pool, ids)]
            found = self._judged[id(judge), state & mask] = tuple(
                (name_of(bundle), self.tables.entry(judge, key).look(ids, bundle))
                for bundle, key in seen
                if key is not None
            )
        return found


class _Memo:
    """What a group was seen to do, by the contents of the pools under ``mask``."""

    __slots__ = ("found", "mask")

    def __init__(self) -> None:
        self.mask = 0
        self.found: dict[Packed, _OfGroup] = {}


__all__ = ["Label", "LabelledExpansion", "Owed", "Steps"]
