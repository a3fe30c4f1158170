"""Expands states on tables: the successors of a state, looked up instead of computed (design §3.2).

A state is one integer: the id of each pool's content in a field of its own. What a step does to a state is then a
number to add, and what a set of pools holds is a mask away. Readers (rules, properties) that read the same pools form
a partition; what it yields depends on these pools only, so it is kept per combination of their contents for as long
as combinations come again. Below that, a site keeps what they yield per combination of answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import attrs

from ..engine.effects import Effects, Selection
from ..engine.judging import Finding, Judgement, StateJudge
from ..engine.pools import State
from ..engine.successors import Chosen, changes
from ..engine.transition_system import BoundQuery, PoolFull, TransitionSystem, candidates
from .partitions import Outcome, Partition, Site
from .tables import FIELD_BITS, TabledFiring, Tables

Packed = int
"""A state: the content ids of all pools, ``FIELD_BITS`` bits each."""

_FIELD = (1 << FIELD_BITS) - 1
NO_ROOM = 0
"""The delta of a step that finds no slot for a new object: no step changes nothing."""


@attrs.frozen(eq=False)
class Move:
    """A step as it was first seen: what to add to the state, and the (pool, bundle before, bundle after) it changes.

    ``full`` is set, and ``delta`` is 0, where a new object finds no slot.
    """

    firing: TabledFiring
    delta: int
    changes: tuple[tuple[int, int, int], ...]
    full: PoolFull | None = None


def ignore(_state: Packed, _move: Move) -> None:
    """Nobody is told of moves."""
    return


class Expansion:
    """Successors and findings of packed states."""

    def __init__(
        self,
        system: TransitionSystem,
        judges: Sequence[StateJudge] = (),
        on_move: Callable[[Packed, Move], None] = ignore,
    ) -> None:
        """Tables for the groups of ``system`` and for ``judges``.

        ``on_move`` is called with moves and the states that make them, in the order of the search, such that no
        (firing, change) is made anywhere before it was reported; only with moves that time lets happen.
        """
        self.system = system
        self.tables = Tables(system)
        self.triggered: set[str] = set()
        self._shifts = [contents.shift for contents in self.tables.contents]
        self._masks = [_FIELD << shift for shift in self._shifts]
        groups = [group for group in system.groups if not group.environment]
        ranks = sorted({0, *(group.rank for group in groups)}) if system.graded else [0]

        def by_rank(*, slow: bool, losing: bool) -> list[list[Partition]]:
            found = [group for group in groups if (group.losing is not None) is losing]
            found = [group for group in found if (group.slow and system.graded) is slow]
            return [self._partition(g for g in found if g.rank == rank or not system.graded) for rank in ranks]

        self._environment = self._partition(group for group in system.groups if group.environment)
        self._ranks = by_rank(slow=False, losing=False)
        self._slow = by_rank(slow=True, losing=False)
        self._losing = by_rank(slow=False, losing=True)
        self._slow_losing = by_rank(slow=True, losing=True)
        self._plain = not any((*self._slow, *self._losing, *self._slow_losing))
        self._always = self._partition(judge for judge in judges if not judge.quiescent)
        self._quiescent = self._partition(judge for judge in judges if judge.quiescent)
        self._on_move = on_move
        self._looks = 0
        self._without_room = False

    def _partition(self, readers: Iterable[Any]) -> list[Partition]:
        found: dict[int, Partition] = {}
        for reader in readers:
            mask = sum(self._masks[pool] for pool in reader.pools_read)
            if mask not in found:
                found[mask] = Partition(self.tables, mask)
            found[mask].add(reader)
        return list(found.values())

    def pack(self, state: State) -> Packed:
        """A state as one number."""
        packed = 0
        for table, content, shift in zip(self.tables.contents, state, self._shifts, strict=True):
            packed |= table.intern(content) << shift
        return packed

    def unpack(self, packed: Packed) -> State:
        """The contents of all pools in a state."""
        return tuple(
            table.tuples[content] for table, content in zip(self.tables.contents, self._ids(packed), strict=True)
        )

    def arrived(self, state: Packed) -> Packed:
        """A state after a move, as it is explored."""
        return state

    def _ids(self, packed: Packed) -> list[int]:
        return [packed >> shift & _FIELD for shift in self._shifts]

    def steps(self, state: Packed) -> tuple[list[int], list[int], bool]:
        """What to add to ``state`` for each step that changes it and that time lets happen: the components' own, the
        environment's; and whether components have steps at all, be it ones that find no slot."""
        self._looks += 1
        environment = self._deltas(self._environment, state) if self._environment else []
        own: list[int] = []
        if self._plain:
            for partitions in self._ranks:
                own = self._deltas(partitions, state)
                if own:
                    break
        else:
            own, losing = self._ranked(state)
            environment = environment + losing
        if not self._without_room:
            return own, environment, bool(own)
        room = [delta for delta in own if delta != NO_ROOM]
        return room, [delta for delta in environment if delta != NO_ROOM], bool(own)

    def _ranked(self, state: Packed) -> tuple[list[int], list[int]]:
        """The components' own steps where some are slow, and the same as they go if something of a request is lost.

        No timer waits for what is slow, but that waits for shorter ones. Where a component has no step that changes
        anything, nothing that it does is lost.
        """
        own: list[int] = []
        losing: list[int] = []
        for rank, fast in enumerate(self._ranks):
            own += self._deltas(self._slow[rank], state)
            losing += self._deltas(self._slow_losing[rank], state)
            first = self._deltas(fast, state)
            if first:
                return own + first, losing + self._deltas(self._losing[rank], state)
        return own, losing if own else []

    def _deltas(self, partitions: list[Partition], state: Packed) -> list[int]:
        deltas: list[int] = []
        for partition in partitions:
            memo = partition.memo
            found = memo.get(state & partition.mask) if memo is not None else None
            deltas += self._expand(partition, state) if found is None else found
        return deltas

    def _expand(self, partition: Partition, state: Packed) -> list[int]:
        ids = self._ids(state)
        deltas = []
        for pool in partition.pools:
            content = ids[pool]
            edits = self.tables.contents[pool].edits[content]
            for answers, other, kept, site in partition.sites(pool, content):
                outcome = site.find(ids) if answers is None else kept.get(answers.get(ids[other]))
                if outcome is None:
                    outcome = site.keep(ids, self._outcome(site, state, ids))
                codes, firings = outcome
                for code in codes:
                    delta = edits.get(code)
                    deltas.append(self.tables.contents[pool].change(content, code) if delta is None else delta)
                for firing in firings:
                    known = firing.moves.get((state & firing.mask, site.where))
                    deltas += self._moves(firing, state, ids, site) if known is None else known
                    partition.mask |= firing.mask
        partition.keep(state, deltas, self._looks)
        return deltas

    def _outcome(self, site: Site, state: Packed, ids: list[int]) -> Outcome:
        """What the rules at a site yield: edits of the key's own object alone, and firings that touch more."""
        pool, bundle = site.pool, site.bundle
        contents = self.tables.contents[pool]
        codes = []
        others = []
        for entry in site.entries:
            for firing in entry.look(ids, bundle):
                step = firing.attempt((bundle,))
                if not isinstance(step, Effects) or step.sweeps:
                    others.append(firing)
                elif step.bundles[0] != bundle:
                    code = contents.code(site.place, step.bundles[0])
                    codes.append(code)
                    delta = contents.change(ids[pool], code)
                    self._on_move(state, Move(firing, delta, ((pool, bundle, step.bundles[0]),)))
        return Outcome(tuple(codes), tuple(others))

    def _moves(self, firing: TabledFiring, state: Packed, ids: list[int], site: Site) -> list[int]:
        pool = site.pool
        index = self.tables.contents[pool].index(ids[pool], site.place)
        touched: set[int] = set()
        found = list(self._resolve(firing, state, ids, ((pool, index, site.bundle),), touched))
        # What was kept under a narrower mask stays right: it did not depend on the pools that join.
        firing.mask |= sum(self._masks[number] for number in touched)
        firing.moves[state & firing.mask, site.where] = deltas = [delta for delta in found if delta is not None]
        return deltas

    def _resolve(
        self, firing: TabledFiring, state: Packed, ids: list[int], chosen: Chosen, touched: set[int]
    ) -> Iterator[int | None]:
        """What each way to carry out a firing adds to the state, None if nothing; ``touched``: all that it depends on,
        but for the key's own pool where only the key's place in it matters."""
        step = firing.attempt(tuple([bundle for _, _, bundle in chosen]))
        if isinstance(step, Effects):
            if step.bundles[0] != chosen[0][2]:
                touched.add(chosen[0][0])
            yield (
                self._swept(firing, state, ids, chosen, step, touched)
                if step.sweeps
                else self._changed(firing, state, ids, chosen, step)
            )
            return
        touched.add(step.pool)
        try:
            for index, bundle in self._candidates(ids, step, tuple([(pool, place) for pool, place, _ in chosen])):
                yield from self._resolve(firing, state, ids, (*chosen, (step.pool, index, bundle)), touched)
        except PoolFull as full:
            self._without_room = True
            self._on_move(state, Move(firing, NO_ROOM, (), full))
            yield NO_ROOM

    def _changed(
        self, firing: TabledFiring, state: Packed, ids: list[int], chosen: Chosen, step: Effects
    ) -> int | None:
        contents = self.tables.contents
        places = tuple([(pool, contents[pool].place(index, bundle), bundle) for pool, index, bundle in chosen])
        codes = firing.codes.get(places)
        new = codes is None
        if codes is None:
            codes = firing.codes[places] = [
                (pool, contents[pool].code(place, after))
                for (pool, place, before), after in zip(places, step.bundles, strict=True)
                if before != after
            ]
        delta = 0
        following = list(ids)
        for pool, code in codes:
            change = contents[pool].change(following[pool], code)
            following[pool] += change >> self._shifts[pool]
            delta += change
        return self._reported(firing, state, ids, delta, chosen, step if new else None)

    def _swept(
        self, firing: TabledFiring, state: Packed, ids: list[int], chosen: Chosen, step: Effects, touched: set[int]
    ) -> int | None:
        touched.update([pool for pool, _ in step.sweeps])
        delta = 0
        for number in sorted({pool for pool, _, _ in chosen} | {pool for pool, _ in step.sweeps}):
            edits = tuple([(i, step.bundles[n]) for n, (pool, i, _) in enumerate(chosen) if pool == number])
            sweeps = tuple([sweep for pool, sweep in step.sweeps if pool == number])
            delta += self.tables.contents[number].edit(ids[number], edits, sweeps)
        return self._reported(firing, state, ids, delta, chosen, step)

    def _reported(
        self, firing: TabledFiring, state: Packed, ids: list[int], delta: int, chosen: Chosen, step: Effects | None
    ) -> int | None:
        if delta and step is not None:
            contents = self.tables.contents
            found = changes(self.system, lambda pool: contents[pool].tuples[ids[pool]], chosen, step)
            self._on_move(state, Move(firing, delta, tuple(found)))
        return delta or None

    def _candidates(
        self, ids: list[int], selection: Selection, chosen: tuple[tuple[int, int], ...]
    ) -> Iterator[tuple[int, int]]:
        content = self.tables.contents[selection.pool].tuples[ids[selection.pool]]
        return candidates(self.system, content, selection, chosen, self._classify)

    def _classify(self, query: BoundQuery, bundle: int) -> Any:
        return self.tables.query(query).classify(bundle)

    def findings(self, state: Packed, *, quiescent: bool) -> list[tuple[StateJudge, Finding]]:
        """Where properties are violated or suspended in a state: those of every state, or those of quiescent ones.

        Properties that hold of something are in ``triggered`` from then on.
        """
        found: list[tuple[StateJudge, Finding]] = []
        for partition in self._quiescent if quiescent else self._always:
            memo = partition.memo
            known = memo.get(state & partition.mask) if memo is not None else None
            found += self._judge(partition, state) if known is None else known
        return found

    def _judge(self, partition: Partition, state: Packed) -> list[tuple[StateJudge, Finding]]:
        ids = self._ids(state)
        found: list[tuple[StateJudge, Finding]] = []
        for pool in partition.pools:
            for _, _, _, site in partition.sites(pool, ids[pool]):
                known = site.find(ids)
                if known is None:
                    known = site.keep(ids, self._findings_at(site, ids))
                found += known
        partition.keep(state, found, self._looks)
        return found

    def _findings_at(self, site: Site, ids: list[int]) -> list[tuple[StateJudge, Finding]]:
        found = []
        for entry in site.entries:
            finding = entry.look(ids, site.bundle)
            judge: StateJudge = entry.reader  # type: ignore[assignment]
            if finding.judgement is Judgement.HOLDS:
                self.triggered.add(judge.name)
            elif finding.judgement is not Judgement.IDLE:
                found.append((judge, finding))
        return found


__all__ = ["NO_ROOM", "Expansion", "Move", "Packed", "ignore"]
