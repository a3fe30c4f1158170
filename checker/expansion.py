"""Expands states on tables: the successors of a state, looked up instead of computed (design §3.2).

Rules are grouped by the pools they read. What such a partition yields depends on the contents of these pools only, so
it is kept per combination of contents for as long as that pays.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..engine.execution import Effects, Selection
from ..engine.pools import EMPTY
from ..engine.transition_system import BoundQuery, Group, PoolFull, Reader, TransitionSystem, candidates
from .tables import Entry, TabledFiring, Tables

StateIds = tuple[int, ...]
ENVIRONMENT = -1

Step = tuple[int, StateIds]
"""A successor with its rank: ENVIRONMENT, 0 for steps, higher for timers."""


class _Partition:
    """The groups (or judges) of one key pool that read the same pools."""

    __slots__ = ("hits", "instances", "key_pool", "looks", "memo", "memoized", "pools", "readers")

    def __init__(self, key_pool: int, pools: tuple[int, ...]) -> None:
        self.key_pool = key_pool
        self.pools = pools
        self.readers: list[Reader] = []
        self.instances: dict[int, list[tuple[Entry, int, int]]] = {}
        self.memo: dict[tuple[int, ...], Any] = {}
        self.memoized = len(pools) <= 2
        self.looks = 0
        self.hits = 0

    def judge_worth(self) -> None:
        """Stops keeping combinations that hardly ever come again."""
        self.looks += 1
        if self.looks == 20_000 and len(self.pools) > 1:
            if len(self.memo) > 0.7 * self.looks:
                self.memoized = False
                self.memo.clear()
            self.looks = 0


def _pools_read(reader: Reader) -> tuple[int, ...]:
    return tuple(sorted(reader.pools_read))


class Expansion:
    """Successors and findings of states, as tuples of content ids."""

    def __init__(self, system: TransitionSystem, judges: tuple[Reader, ...]) -> None:
        """Tables for the groups of ``system`` and for ``judges``."""
        self.system = system
        self.tables = Tables(system)
        self.fired: set[int] = set()
        self.full: PoolFull | None = None
        self._groups = self._partition(system.groups)
        self._judges = self._partition(judges)
        self._on_effects: Any = None
        self._known_effects: set[tuple[int, tuple[int, ...]]] = set()

    def watch_effects(self, callback: Any) -> None:
        """``callback(group, pool, before, after)`` is called once for each distinct change that a group makes."""
        self._on_effects = callback

    def _partition(self, readers: tuple[Any, ...]) -> list[_Partition]:
        found: dict[tuple[int, tuple[int, ...]], _Partition] = {}
        for reader in readers:
            pools = _pools_read(reader)
            partition = found.setdefault((reader.pool, pools), _Partition(reader.pool, pools))
            partition.readers.append(reader)
        return list(found.values())

    def initial(self) -> StateIds:
        """The initial state, interned."""
        return self.intern(self.system.initial_state())

    def intern(self, state: tuple[tuple[int, ...], ...]) -> StateIds:
        """The ids of a state's contents."""
        return tuple(table.intern(content) for table, content in zip(self.tables.contents, state, strict=True))

    def state(self, ids: StateIds) -> tuple[tuple[int, ...], ...]:
        """The contents behind a tuple of ids."""
        return tuple(table.tuples[content] for table, content in zip(self.tables.contents, ids, strict=True))

    def _instances(self, partition: _Partition, content: int) -> list[tuple[Entry, int, int]]:
        found = partition.instances.get(content)
        if found is None:
            pool = self.system.pools[partition.key_pool]
            bundles = self.tables.contents[partition.key_pool].tuples[content]
            found = []
            seen: set[int] = set()
            for index, bundle in enumerate(bundles):
                if (bundle in seen and not pool.ordered) or (bundle == EMPTY and not pool.names):
                    continue
                seen.add(bundle)
                for reader in partition.readers:
                    key = reader.key(bundle)
                    if key is not None:
                        found.append((self.tables.entry(reader, key), index, bundle))
            partition.instances[content] = found
        return found

    def _yields(self, partition: _Partition, state: StateIds) -> Any:
        """For groups: (simple, other) firings. Simple ones change one pool, by its content alone."""
        simple: list[tuple[int, int, int]] = []
        other: list[tuple[int, TabledFiring, int, int]] = []
        pool = partition.key_pool
        content = state[pool]
        for entry, index, bundle in self._instances(partition, content):
            group = entry.reader
            rank = ENVIRONMENT if group.environment else group.rank  # type: ignore[attr-defined]
            for firing in entry.look(state, bundle):
                step = firing.attempt((bundle,))
                if isinstance(step, Effects) and not step.sweeps:
                    after = self._edit(content, pool, ((index, step.bundles[0]),), ())
                    if after != content:
                        simple.append((rank, pool, after))
                        self._note(group, step, (pool,), (bundle,))
                else:
                    other.append((rank, firing, index, bundle))
        return simple, other

    def _edit(self, content: int, pool: int, changes: tuple[tuple[int, int], ...], sweeps: tuple[Any, ...]) -> int:
        return self.tables.contents[pool].edit(content, changes, sweeps)

    def _note(self, group: Any, effects: Effects, pools: tuple[int, ...], before: tuple[int, ...]) -> None:
        self.fired.add(id(group))
        if self._on_effects is not None:
            key = (id(effects), before)
            if key not in self._known_effects:
                self._known_effects.add(key)
                for pool, old, new in zip(pools, before, effects.bundles, strict=True):
                    if old != new:
                        self._on_effects(group, pool, old, new)

    def _look(self, partition: _Partition, state: StateIds) -> Any:
        if not partition.memoized:
            return self._yields(partition, state)
        key = tuple([state[pool] for pool in partition.pools])
        found = partition.memo.get(key)
        if found is None:
            found = partition.memo[key] = self._yields(partition, state)
        partition.judge_worth()
        return found

    def steps(self, state: StateIds) -> list[Step]:
        """The successors that differ from ``state``, each with its rank, whatever time allows; ``full`` is set
        where a step found no slot for a new object."""
        found: list[Step] = []
        for partition in self._groups:
            simple, other = self._look(partition, state)
            for rank, pool, content in simple:
                found.append((rank, (*state[:pool], content, *state[pool + 1 :])))
            for rank, firing, index, bundle in other:
                for after in self._resolve(firing, state, ((partition.key_pool, index, bundle),)):
                    if after != state:
                        found.append((rank, after))
        return found

    def _resolve(
        self, firing: TabledFiring, state: StateIds, chosen: tuple[tuple[int, int, int], ...]
    ) -> Iterator[StateIds]:
        step = firing.attempt(tuple([bundle for _, _, bundle in chosen]))
        if isinstance(step, Effects):
            after = list(state)
            pools = {pool for pool, _, _ in chosen} | {pool for pool, _ in step.sweeps}
            for number in pools:
                changes = tuple([(i, step.bundles[n]) for n, (pool, i, old) in enumerate(chosen) if pool == number])
                sweeps = tuple([sweep for pool, sweep in step.sweeps if pool == number])
                after[number] = self._edit(state[number], number, changes, sweeps)
            result = tuple(after)
            if result != state:
                self._note(
                    firing.entry.reader,
                    step,
                    tuple([pool for pool, _, _ in chosen]),
                    tuple([bundle for _, _, bundle in chosen]),
                )
            yield result
            return
        try:
            for index, bundle in self._candidates(state, step, tuple([(pool, place) for pool, place, _ in chosen])):
                yield from self._resolve(firing, state, (*chosen, (step.pool, index, bundle)))
        except PoolFull as full:
            self.full = full

    def _candidates(
        self, state: StateIds, selection: Selection, chosen: tuple[tuple[int, int], ...]
    ) -> Iterator[tuple[int, int]]:
        content = self.tables.contents[selection.pool].tuples[state[selection.pool]]
        if selection.name is not None:
            index = self.system.pools[selection.pool].names.index(selection.name)
            return iter(((index, content[index]),))
        return candidates(self.system, content, selection, chosen, self._classify)

    def _classify(self, query: BoundQuery, bundle: int) -> Any:
        return self.tables.query(query).classify(bundle)

    def findings(self, state: StateIds, quiescent: bool) -> Iterator[tuple[Any, Any]]:
        """The ``(judge, finding)`` of every property and key in a state."""
        for partition in self._judges:
            for entry, _, bundle in self._instances(partition, state[partition.key_pool]):
                judge = entry.reader
                if quiescent or not judge.quiescent:  # type: ignore[attr-defined]
                    yield judge, entry.look(state, bundle)


def timely(steps: list[Step], graded: bool) -> tuple[list[Step], bool]:
    """Those steps that time lets happen, and whether any of them is not the environment's."""
    first = -1
    for rank, _ in steps:
        if rank >= 0 and (first < 0 or rank < first):
            first = rank
    if first < 0:
        return steps, False
    if not graded:
        return steps, True
    return [step for step in steps if step[0] <= first and (step[0] == first or step[0] == ENVIRONMENT)], True


__all__ = ["ENVIRONMENT", "Expansion", "Group", "StateIds", "timely"]
