"""The tables of a whole search as integers alone: what a program in another language needs to make the same steps.

All that is looked up is a walk from node to node along numbered arrows: from a rule's key by the answers to its queries
to its plans; from a plan by the bundles that it chooses to what becomes of them; from an empty answer by the classes of
objects to the answer. The walker (``walker.h``) makes these walks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from ...engine.effects import Effects, Selection
from ...engine.judging import Finding, Judgement, StateJudge, StepJudges
from ...engine.pools import EMPTY, MARKS
from ...engine.transition_system import Group, Reader, TransitionSystem
from ..tables import Entry, Stage, TabledFiring, TabledQuery, Tables

PASSED, ASKS, FIRES, FINDS, FOLDED, NAMED, MARKED, FREE, CLASSED, EFFECTS, SWEPT = range(11)
"""Kinds of nodes, in the order of the walker's."""

NOT_ASKED, UNKNOWN = -1, -2
"""Instead of a node: the reader does not apply to a bundle; that bundle was never put to it."""

ENVIRONMENT, SLOW, LOSING = 1, 2, 4


@attrs.define
class Nodes:
    """A graph of nodes with numbered arrows."""

    kind: list[int] = attrs.field(factory=list)
    value: list[int] = attrs.field(factory=list)
    pool: list[int] = attrs.field(factory=list)
    arrows: list[dict[int, int]] = attrs.field(factory=list)

    def add(self, kind: int = PASSED, value: int = 0, pool: int = 0) -> int:
        """The number of a new node."""
        self.kind.append(kind)
        self.value.append(value)
        self.pool.append(pool)
        self.arrows.append({})
        return len(self.kind) - 1

    def along(self, node: int, number: int) -> int:
        """Where an arrow leads; to a new node where there was none."""
        found = self.arrows[node].get(number)
        if found is None:
            found = self.arrows[node][number] = self.add()
        return found

    def set(self, node: int, kind: int, value: int, pool: int = 0) -> None:
        """Says what a node is. Raises ``ValueError`` where it is something else already."""
        said = (kind, value, pool)
        if self.kind[node] != PASSED and (self.kind[node], self.value[node], self.pool[node]) != said:
            raise ValueError("what a search looked up depends on more than it says")
        self.kind[node], self.value[node], self.pool[node] = said


@attrs.frozen
class Flat:
    """The tables of one search. Readers are the rules, in their order, then the judges of states.

    ``lists``: counted lists of numbers, found by where they begin. ``entries``: for each reader the node for every
    bundle of its pool. ``classes``: for each query the class of every bundle, -1 where it was never asked.
    """

    nodes: Nodes
    lists: list[int]
    entries: list[list[int]]
    folds: list[int]
    classes: list[list[int]]
    query_pools: list[int]
    names: list[list[int]]
    judges: list[StateJudge]
    most_chosen: int


class Flattening:
    """Flattens the tables of a search that has seen everything."""

    def __init__(self, tables: Tables, judges: Sequence[StateJudge], properties: Sequence[str]) -> None:
        """``judges``: of states, as the search used them; ``properties``: names that findings are numbered by."""
        self._system: TransitionSystem = tables.system
        self._tables = tables
        self._judges = tuple(judges)
        self._steps = StepJudges(self._system)
        self._numbers = {name: number for number, name in enumerate(properties)}
        self._nodes = Nodes()
        # Where list 0 is, nothing is.
        self._lists = [0]
        self._blamed: dict[tuple[int, ...], int] = {(): 0}
        self._firings: dict[TabledFiring, int] = {}
        self._fires: dict[tuple[int, ...], int] = {}
        self._marks: dict[tuple[int, Any], int] = {}
        self._classed: dict[tuple[int, ...], int] = {}
        self._names = [{name: number for number, name in enumerate(pool.names)} for pool in self._system.pools]
        self._queries = list(tables.queries())
        self._number_of_query = {id(query): number for number, query in enumerate(self._queries)}
        self._edited = [contents.swept() for contents in tables.contents]
        self._most_chosen = 1

    def flat(self) -> Flat:
        """All of it."""
        folds = [self._fold(query) for query in self._queries]
        entries = [self._entries(reader) for reader in (*self._system.groups, *self._judges)]
        pools = self._system.pools
        return Flat(
            self._nodes,
            self._lists,
            entries,
            folds,
            [[query.known_class(b) for b in range(len(pools[query.pool].bundles))] for query in self._queries],
            [query.pool for query in self._queries],
            [
                [self._names[number].get(pool.name_of(bundle), -1) for bundle in range(len(pool.bundles))]
                for number, pool in enumerate(pools)
            ],
            list(self._judges),
            self._most_chosen,
        )

    def _fold(self, query: TabledQuery) -> int:
        """The node of the empty answer. Sequences of classes that no aggregate tells apart meet in one node."""
        aggregate = query.query.query.aggregate
        first = self._nodes.add()
        known: dict[tuple[int, ...], int] = {(): first}

        def alike(classes: Iterable[int]) -> tuple[int, ...]:
            kept = classes if aggregate.distinguishes else (1 for _ in classes)
            return tuple(sorted(kept if aggregate.repeats else set(kept)))

        for classes, answer in query.folds():
            node = first
            so_far: tuple[int, ...] = ()
            for cls in filter(None, classes):
                so_far = alike((*so_far, cls))
                if so_far not in known:
                    known[so_far] = self._nodes.add()
                node = self._nodes.arrows[node].setdefault(cls, known[so_far])
            self._nodes.set(node, FOLDED, answer)
        return first

    def _entries(self, reader: Reader) -> list[int]:
        roots: dict[Any, int] = {}
        found = []
        for bundle in range(len(self._system.pools[reader.pool].bundles)):
            key = reader.key(bundle) if bundle != EMPTY else None
            if key is None:
                found.append(NOT_ASKED)
                continue
            if key not in roots:
                entry = self._tables.known_entry(reader, key)
                roots[key] = UNKNOWN if entry is None else self._root(entry)
            found.append(roots[key])
        return found

    def _root(self, entry: Entry) -> int:
        root = self._nodes.add()
        self._look(root, entry.root)
        return root

    def _look(self, node: int, found: Any) -> None:
        """Says what a node stands for: queries of a stage, one after the other, or what a reader yields at last."""
        if isinstance(found, Finding):
            self._nodes.set(node, FINDS, int(found.judgement is Judgement.VIOLATED))
        elif not isinstance(found, Stage):
            self._nodes.set(node, FIRES, self._firing_list(found))
        elif not found.queries:
            for after in found.table.values():
                self._look(node, after)
        else:
            for answers, after in found.table.items():
                place = node
                for (_, query, without), answer in zip(found.queries, answers, strict=True):
                    self._nodes.set(place, ASKS, 2 * self._number_of_query[id(query)] + without)
                    place = self._nodes.along(place, answer)
                self._look(place, after)

    def _firing_list(self, firings: tuple[TabledFiring, ...]) -> int:
        numbers = tuple(self._firing(firing) for firing in firings)
        if numbers not in self._fires:
            self._fires[numbers] = self._list(numbers)
        return self._fires[numbers]

    def _list(self, numbers: Sequence[int]) -> int:
        self._lists += [len(numbers), *numbers]
        return len(self._lists) - len(numbers) - 1

    def _firing(self, firing: TabledFiring) -> int:
        if firing not in self._firings:
            first = self._firings[firing] = self._nodes.add()
            steps = firing.steps()
            for chosen, step in steps.items():
                node = first
                for bundle in chosen:
                    node = self._nodes.along(node, bundle)
                if isinstance(step, Selection):
                    self._select(node, step)
                else:
                    self._effects(node, firing, chosen, self._pools(firing, chosen, steps), step)
                self._most_chosen = max(self._most_chosen, len(chosen))
        return self._firings[firing]

    @staticmethod
    def _pools(
        firing: TabledFiring, chosen: tuple[int, ...], steps: Mapping[tuple[int, ...], Selection | Effects]
    ) -> list[int]:
        """The pool that each of the chosen bundles is of."""
        pools = [firing.group.pool]
        for count in range(1, len(chosen)):
            before = steps[chosen[:count]]
            assert isinstance(before, Selection)
            pools.append(before.pool)
        return pools

    def _select(self, node: int, selection: Selection) -> None:
        pool = self._system.pools[selection.pool]
        if selection.name is not None:
            self._nodes.set(node, NAMED, self._names[selection.pool][selection.name], selection.pool)
        elif selection.mark is not None:
            key = (selection.pool, selection.mark)
            if key not in self._marks:
                place = pool.position[MARKS]
                marked = self._marks[key] = self._nodes.add()
                for bundle, values in enumerate(pool.bundles):
                    if selection.mark in values[place]:
                        self._nodes.along(marked, bundle)
            self._nodes.set(node, MARKED, self._marks[key], selection.pool)
        elif selection.query is None:
            self._nodes.set(node, FREE, 0, selection.pool)
        else:
            query = self._tables.query(selection.query)
            numbers = [number for number, cls in enumerate(query.classes) if cls == selection.cls]
            asked = (self._number_of_query[id(query)], *numbers)
            if asked not in self._classed:
                self._classed[asked] = len(self._lists)
                self._lists += [asked[0], len(numbers), *numbers]
            self._nodes.set(node, CLASSED, self._classed[asked], selection.pool)

    def _effects(
        self, node: int, firing: TabledFiring, chosen: tuple[int, ...], pools: list[int], effects: Effects
    ) -> None:
        changed = list(zip(pools, effects.origins or chosen, effects.bundles, strict=True))
        blamed = self._blame(firing, changed)
        swept: list[int] = []
        for pool in dict.fromkeys(pool for pool, _ in effects.sweeps):
            swept += [pool, self._swept(firing, pool, effects)]
        value = len(self._lists)
        self._lists += [blamed, len(swept) // 2, *swept, *effects.bundles]
        self._nodes.set(node, EFFECTS, value, len(chosen))

    def _swept(self, firing: TabledFiring, pool: int, effects: Effects) -> int:
        """A node with an arrow for every bundle that was edited so: to one whose value is the bundle after."""
        sweeps = tuple(sweep for number, sweep in effects.sweeps if number == pool)
        first = self._nodes.add()
        for before in sorted(self._edited[pool][sweeps] - {EMPTY}):
            after = before
            for sweep in sweeps:
                after = self._system.sweep_bundle(pool, sweep, after)
            self._nodes.set(
                self._nodes.along(first, before), SWEPT, after, self._blame(firing, [(pool, before, after)])
            )
        return first

    def _blame(self, firing: TabledFiring, changes: Iterable[tuple[int, int, int]]) -> int:
        """The list of the properties that such a step violates."""
        found: set[int] = set()
        group: Group = firing.group
        for pool, before, after in changes:
            if before != after:
                found.update(self._violated(self._steps.judge(group, pool, before, after, firing.firing.answers)))
        key = tuple(sorted(found))
        if key not in self._blamed:
            self._blamed[key] = self._list(key)
        return self._blamed[key]

    def _violated(self, findings: Iterable[tuple[str, Finding]]) -> Iterator[int]:
        for name, finding in findings:
            if finding.judgement is Judgement.VIOLATED:
                yield self._numbers[name]


__all__ = ["Flat", "Flattening"]
