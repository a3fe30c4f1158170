"""Tables over a transition system: contents, queries, rules and edits, each computed once (design §3.2).

Nothing here is approximate: every key is a tuple of interned ids, no hash is trusted. A rule body runs once for each
distinct pair of key and answers; a query's projection once for each distinct bundle.
"""

from __future__ import annotations

import time
from bisect import insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..engine.effects import Effects, Selection
from ..engine.judging import StateJudge
from ..engine.pools import EMPTY, Content
from ..engine.successors import Chosen
from ..engine.transition_system import BoundQuery, Firing, Group, Reader, TransitionSystem, edited

Change = tuple[tuple[int, int], ...]

FIELD_BITS = 24
"""Width of a content id in a packed state."""


class Contents:
    """The contents of one pool seen so far, and what edits make of them.

    ``edits``: for each content, code of a change of one object -> what it adds to a packed state.
    """

    def __init__(self, system: TransitionSystem, pool: int) -> None:
        """An empty table for ``pool``."""
        self.system = system
        self.pool = pool
        self.tuples: list[Content] = []
        self.edits: list[dict[int, int]] = []
        self.shift = pool * FIELD_BITS
        self._ordered = system.pools[pool].ordered
        self._ids: dict[Content, int] = {}
        self._codes: dict[tuple[int, int], int] = {}
        self._coded: list[tuple[int, int]] = []
        self._wide_edits: dict[Any, int] = {}

    def intern(self, content: Content) -> int:
        """The id of ``content``."""
        found = self._ids.get(content)
        if found is None:
            found = self._ids[content] = len(self.tuples)
            if found >> FIELD_BITS:
                raise MemoryError(f"more than {found} contents of pool {self.system.pools[self.pool].name}")
            self.tuples.append(content)
            self.edits.append({})
        return found

    def code(self, place: int, after: int) -> int:
        """The code of the change of the object at ``place`` to the bundle ``after``."""
        found = self._codes.get((place, after))
        if found is None:
            found = self._codes[place, after] = len(self._coded)
            self._coded.append((place, after))
        return found

    def index(self, content: int, place: int) -> int:
        """Where in a content the object at ``place`` stands."""
        return place if self._ordered else self.tuples[content].index(place)

    def place(self, index: int, bundle: int) -> int:
        """How codes name an object: by its index where order counts, by its bundle where it does not."""
        return index if self._ordered else bundle

    def change(self, content: int, code: int) -> int:
        """What the change of one object, or of an empty slot, adds to a packed state."""
        found = self.edits[content].get(code)
        if found is None:
            place, after = self._coded[code]
            bundles = list(self.tuples[content])
            if self._ordered:
                bundles[place] = after
            else:
                if place != EMPTY:
                    bundles.remove(place)
                if after != EMPTY:
                    insort(bundles, after)
            found = self.edits[content][code] = self.intern(tuple(bundles)) - content << self.shift
        return found

    def edit(self, content: int, changes: Change, sweeps: tuple[Any, ...]) -> int:
        """What a step adds to a packed state that changes some bundles, by index, and all others by ``sweeps``."""
        key = (content, changes, sweeps)
        found = self._wide_edits.get(key)
        if found is None:
            after = edited(self.system, self.pool, self.tuples[content], changes, sweeps)
            found = self._wide_edits[key] = self.intern(after) - content << self.shift
        return found

    def swept(self) -> dict[tuple[Any, ...], set[int]]:
        """The edits of the whole pool that were made, each with the bundles of all contents that it was made to."""
        found: dict[tuple[Any, ...], set[int]] = {}
        for content, _, sweeps in self._wide_edits:
            found.setdefault(sweeps, set()).update(self.tuples[content])
        return found

    def rows(self) -> int:
        """How many edits are kept."""
        return len(self._wide_edits) + sum(map(len, self.edits))


class TabledQuery:
    """The classes and answers of one bound query.

    ``answers``: content -> answer id, as far as known. ``classes``: by number; 0 is that of what does not count.
    """

    __slots__ = ("_class_ids", "_folds", "_ids", "_tables", "_without", "answers", "classes", "pool", "query")

    def __init__(self, tables: Tables, query: BoundQuery) -> None:
        """Empty tables for ``query``."""
        self.query = query
        self.pool = query.pool
        self.answers: dict[int, int] = {}
        self._tables = tables
        self.classes: list[Any] = [None]
        self._class_ids: dict[Any, int] = {}
        self._ids: dict[int, int] = {EMPTY: 0}
        self._folds: dict[tuple[int, ...], int] = {}
        self._without: dict[tuple[int, int], int] = {}

    def classify(self, bundle: int) -> Any:
        """The class of a bundle, projected once; None for an empty slot."""
        return self.classes[self.class_id(bundle)]

    def class_id(self, bundle: int) -> int:
        """The number of the class of a bundle in ``classes``, projected once; 0 if it does not count."""
        found = self._ids.get(bundle)
        if found is None:
            cls = self.query.classify(bundle)
            found = self._class_ids.get((type(cls), cls)) if cls is not None else 0
            if found is None:
                found = self._class_ids[type(cls), cls] = len(self.classes)
                self.classes.append(cls)
            self._ids[bundle] = found
        return found

    def known_class(self, bundle: int) -> int:
        """As ``class_id``, of what was projected so far; -1 for what was not."""
        return self._ids.get(bundle, -1)

    def folds(self) -> Iterable[tuple[tuple[int, ...], int]]:
        """The classes of all objects of a content, in their order, with the id of the answer that they make."""
        return self._folds.items()

    def _fold(self, bundles: Collection[int]) -> int:
        try:
            classes = tuple(map(self._ids.__getitem__, bundles))
        except KeyError:
            classes = tuple(map(self.class_id, bundles))
        found = self._folds.get(classes)
        if found is None:
            counted = [self.classes[cls] for cls in classes if cls]
            found = self._folds[classes] = self._tables.intern_answer(self.query.query.aggregate.of(counted))
        return found

    def answer(self, content: int) -> int:
        """Id of the answer on a content."""
        found = self.answers.get(content)
        if found is None:
            found = self.answers[content] = self._fold(self._tables.contents[self.pool].tuples[content])
        return found

    def answer_without(self, content: int, bundle: int) -> int:
        """Id of the answer on a content less one object with that bundle."""
        found = self._without.get((content, bundle))
        if found is None:
            rest = list(self._tables.contents[self.pool].tuples[content])
            rest.remove(bundle)
            found = self._without[content, bundle] = self._fold(rest)
        return found


class TabledFiring:
    """One alternative with what it does to each choice of bundles.

    ``moves``: what it adds to states, for each combination of contents under ``mask`` and where the key is.
    ``codes``: for each choice, the (pool, code of the change) that carry it out.
    """

    __slots__ = ("_steps", "codes", "entry", "firing", "mask", "moves")

    def __init__(self, entry: Entry, firing: Firing) -> None:
        """Nothing tried yet."""
        self.entry = entry
        self.firing = firing
        self.mask = 0
        self.moves: dict[tuple[int, int | tuple[int, int]], list[int]] = {}
        self.codes: dict[Chosen, list[tuple[int, int]]] = {}
        self._steps: dict[tuple[int, ...], Selection | Effects] = {}

    @property
    def group(self) -> Group:
        """The rule that fires."""
        group = self.entry.reader
        assert isinstance(group, Group)
        return group

    def steps(self) -> Mapping[tuple[int, ...], Selection | Effects]:
        """What came of each choice so far."""
        return self._steps

    def attempt(self, chosen: tuple[int, ...]) -> Selection | Effects:
        """The next selection, or the effects, run once for each distinct choice."""
        found = self._steps.get(chosen)
        if found is None:
            began = time.perf_counter()
            found = self._steps[chosen] = self.firing.attempt(chosen)
            self.entry.seconds += time.perf_counter() - began
        return found


class Stage:
    """A node of the decision tree of one entry: queries to answer, and where each combination of answers leads.

    ``queries``: by name, each with whether it excludes the key. What ``table`` leads to that is no stage is what the
    reader yields.
    """

    __slots__ = ("answers", "bound", "number", "queries", "table")

    def __init__(
        self,
        number: int,
        answers: dict[str, Any],
        bound: dict[str, BoundQuery],
        queries: list[tuple[str, TabledQuery, bool]],
    ) -> None:
        """``answers``, ``bound``: of the stages before this one and, the queries, of this one."""
        self.number = number
        self.answers = answers
        self.bound = bound
        self.queries = queries
        self.table: dict[tuple[int, ...], Any] = {}


class Entry:
    """A reader (a rule, a property) for one key; ``look`` finds what it yields for a state.

    ``seconds``: how long its rule has run, and what its requests do.
    """

    __slots__ = ("_tables", "key", "reader", "root", "seconds", "views")

    def __init__(self, tables: Tables, reader: Reader, key: Any) -> None:
        """The root of the decision tree."""
        self._tables = tables
        self.reader = reader
        self.key = key
        self.views = 0
        self.seconds = 0.0
        self.root = self._stage(0, {}, {})

    def _stage(self, number: int, answers: dict[str, Any], bound: dict[str, BoundQuery]) -> Any:
        if number == self.reader.stages:
            self.views += 1
            return self._tables.conclude(self, answers, bound)
        queries = []
        own = self.reader.pool
        bound = dict(bound)
        for name, query in self.reader.queries(number, self.key, answers):
            bound[name] = query
            excluding = query.query.excluding_key and query.pool == own
            queries.append((name, self._tables.query(query), excluding))
        return Stage(number, answers, bound, queries)

    def first_queries(self) -> list[tuple[TabledQuery, bool]]:
        """The queries of the first stage, each with whether it excludes the key."""
        root = self.root
        return [(query, excluding) for _, query, excluding in root.queries] if type(root) is Stage else []

    def look(self, ids: Sequence[int], bundle: int) -> Any:
        """What the reader yields for the key in ``bundle``, in the state with these content ids: firings, a finding."""
        node = self.root
        while type(node) is Stage:
            key = tuple(
                [
                    query.answer_without(ids[query.pool], bundle) if excluding else query.answer(ids[query.pool])
                    for _, query, excluding in node.queries
                ]
            )
            found = node.table.get(key)
            node = self.follow(node, key) if found is None else found
        return node

    def follow(self, stage: Stage, key: tuple[int, ...]) -> Any:
        """Where answers, in the order of a stage's queries, lead: to the next one, or to what the reader yields."""
        found = stage.table.get(key)
        if found is None:
            answers = dict(stage.answers)
            for (name, _, _), answer in zip(stage.queries, key, strict=True):
                answers[name] = self._tables.answers[answer]
            found = stage.table[key] = self._stage(stage.number + 1, answers, stage.bound)
        return found


class Tables:
    """All tables of one search over one transition system."""

    def __init__(self, system: TransitionSystem) -> None:
        """Empty tables over ``system``."""
        self.system = system
        self.contents = [Contents(system, pool) for pool in range(len(system.pools))]
        self.answers: list[Any] = []
        self._answer_ids: dict[Any, int] = {}
        self._queries: dict[Any, TabledQuery] = {}
        self._entries: dict[tuple[int, Any], Entry] = {}

    def intern_answer(self, answer: Any) -> int:
        """The id of an answer."""
        key = (type(answer), answer)
        found = self._answer_ids.get(key)
        if found is None:
            found = self._answer_ids[key] = len(self.answers)
            self.answers.append(answer)
        return found

    def query(self, query: BoundQuery) -> TabledQuery:
        """The table of a query; queries that answer alike share one."""
        found = self._queries.get(query.identity)
        if found is None:
            found = self._queries[query.identity] = TabledQuery(self, query)
        return found

    def entry(self, reader: Reader, key: Any) -> Entry:
        """The entry of a reader for a key."""
        found = self._entries.get((id(reader), key))
        if found is None:
            found = self._entries[id(reader), key] = Entry(self, reader, key)
        return found

    def queries(self) -> Iterable[TabledQuery]:
        """The tables of all queries, in the order in which they were first asked."""
        return self._queries.values()

    def entries(self) -> Iterable[Entry]:
        """All entries so far."""
        return self._entries.values()

    def known_entry(self, reader: Reader, key: Any) -> Entry | None:
        """The entry of a reader for a key, if it was looked at."""
        return self._entries.get((id(reader), key))

    def conclude(self, entry: Entry, answers: dict[str, Any], bound: dict[str, BoundQuery]) -> Any:
        """Runs the rule, or judges the property, of an entry on its answers: once for each distinct view."""
        reader = entry.reader
        if isinstance(reader, Group):
            began = time.perf_counter()
            found = tuple(TabledFiring(entry, firing) for firing in reader.fire(entry.key, answers, bound))
            entry.seconds += time.perf_counter() - began
            return found
        assert isinstance(reader, StateJudge)
        return reader.judge(entry.key, answers)

    def views(self) -> dict[Reader, int]:
        """How many distinct views each reader has had."""
        found: dict[Reader, int] = {}
        for entry in self._entries.values():
            found[entry.reader] = found.get(entry.reader, 0) + entry.views
        return found

    def seconds(self) -> dict[Reader, float]:
        """How long the rule of each reader has run, and what its requests do."""
        found: dict[Reader, float] = {}
        for entry in self._entries.values():
            found[entry.reader] = found.get(entry.reader, 0.0) + entry.seconds
        return found

    def sizes(self) -> dict[str, int]:
        """How many rows the tables hold, for the memory report."""
        return {
            "contents": sum(len(contents.tuples) for contents in self.contents),
            "edits": sum(contents.rows() for contents in self.contents),
            "answers": len(self.answers),
            "queries": len(self._queries),
            "entries": len(self._entries),
        }
