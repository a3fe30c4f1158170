"""Tables over a transition system: contents, queries, rules and edits, each computed once (design §3.2).

Nothing here is approximate: every key is a tuple of interned ids, no hash is trusted. A rule body runs once for each
distinct pair of key and answers; a query's projection once for each distinct bundle.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..engine.execution import Effects, Selection
from ..engine.pools import EMPTY, Content
from ..engine.transition_system import BoundQuery, Firing, Group, Reader, TransitionSystem, edited

Change = tuple[tuple[int, int], ...]


class Contents:
    """The contents of one pool seen so far, and what edits make of them."""

    def __init__(self, system: TransitionSystem, pool: int) -> None:
        """An empty table for ``pool``."""
        self.system = system
        self.pool = pool
        self.tuples: list[Content] = []
        self._ids: dict[Content, int] = {}
        self._edits: dict[Any, int] = {}

    def intern(self, content: Content) -> int:
        """The id of ``content``."""
        found = self._ids.get(content)
        if found is None:
            found = self._ids[content] = len(self.tuples)
            self.tuples.append(content)
        return found

    def edit(self, content: int, changes: Change, sweeps: tuple[Any, ...]) -> int:
        """The content after a step that changes some bundles and edits all others by ``sweeps``."""
        key = (content, changes, sweeps)
        found = self._edits.get(key)
        if found is None:
            after = edited(self.system, self.pool, self.tuples[content], changes, sweeps)
            found = self._edits[key] = self.intern(after)
        return found


class TabledQuery:
    """The classes and answers of one bound query."""

    __slots__ = ("_answers", "_bundles_count", "_classes", "_folds", "_tables", "_without", "pool", "query")

    def __init__(self, tables: Tables, query: BoundQuery) -> None:
        """Empty tables for ``query``."""
        self.query = query
        self.pool = query.pool
        self._tables = tables
        self._classes: dict[int, Any] = {}
        self._folds: dict[tuple[Any, ...], int] = {}
        self._answers: dict[int, int] = {}
        self._without: dict[tuple[int, int], int] = {}

    def classify(self, bundle: int) -> Any:
        """The class of a bundle, projected once."""
        if bundle in self._classes:
            return self._classes[bundle]
        found = self._classes[bundle] = self.query.classify(bundle)
        return found

    def _fold(self, bundles: Iterable[int]) -> int:
        classify = self.classify
        named = bool(self._tables.system.pools[self.pool].names)
        classes = [classify(bundle) for bundle in bundles if named or bundle != EMPTY]
        key = tuple([cls for cls in classes if cls is not None])
        found = self._folds.get(key)
        if found is None:
            found = self._folds[key] = self._tables.intern_answer(self.query.query.aggregate.of(key))
        return found

    def answer(self, content: int) -> int:
        """Id of the answer on a content."""
        found = self._answers.get(content)
        if found is None:
            found = self._answers[content] = self._fold(self._tables.contents[self.pool].tuples[content])
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
    """One alternative with what it does to each choice of bundles."""

    __slots__ = ("_steps", "_tables", "entry", "firing", "number")

    def __init__(self, tables: Tables, entry: Entry, firing: Firing, number: int) -> None:
        """``number``: the place of the alternative among those of its key and answers."""
        self._tables = tables
        self.entry = entry
        self.firing = firing
        self.number = number
        self._steps: dict[tuple[int, ...], Selection | Effects] = {}

    def attempt(self, chosen: tuple[int, ...]) -> Selection | Effects:
        """The next selection, or the effects, run once for each distinct choice."""
        found = self._steps.get(chosen)
        if found is None:
            found = self._steps[chosen] = self.firing.attempt(chosen)
        return found


class _Stage:
    """A node of the decision tree of one entry: queries to answer, and where each combination of answers leads."""

    __slots__ = ("answers", "bound", "queries", "table")

    def __init__(
        self,
        answers: dict[str, Any],
        bound: dict[str, BoundQuery],
        queries: list[tuple[str, TabledQuery, bool]],
    ) -> None:
        self.answers = answers
        self.bound = bound
        self.queries = queries
        self.table: dict[tuple[int, ...], Any] = {}


class Entry:
    """A reader (a rule, a property) for one key; ``look`` finds what it yields for a state."""

    __slots__ = ("_root", "_tables", "key", "reader", "views")

    def __init__(self, tables: Tables, reader: Reader, key: Any) -> None:
        """An empty decision tree."""
        self._tables = tables
        self.reader = reader
        self.key = key
        self.views = 0
        self._root: Any = None

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
        return _Stage(answers, bound, queries)

    def look(self, state: tuple[int, ...], bundle: int) -> Any:
        """What the reader yields for the key in ``bundle``: firings, or a finding."""
        node = self._root
        if node is None:
            node = self._root = self._stage(0, {}, {})
        number = 0
        while type(node) is _Stage:
            number += 1
            key = tuple(
                [
                    query.answer_without(state[query.pool], bundle) if excluding else query.answer(state[query.pool])
                    for _, query, excluding in node.queries
                ]
            )
            follow = node.table.get(key)
            if follow is None:
                answers = dict(node.answers)
                for (name, _, _), found in zip(node.queries, key, strict=True):
                    answers[name] = self._tables.answers[found]
                follow = node.table[key] = self._stage(number, answers, node.bound)
            node = follow
        return node


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

    def conclude(self, entry: Entry, answers: dict[str, Any], bound: dict[str, BoundQuery]) -> Any:
        """Runs the rule, or judges the property, of an entry on its answers: once for each distinct view."""
        reader = entry.reader
        if isinstance(reader, Group):
            return tuple(
                TabledFiring(self, entry, firing, number)
                for number, firing in enumerate(reader.fire(entry.key, answers, bound))
            )
        return reader.judge(entry.key, answers)  # type: ignore[attr-defined]

    def views(self) -> dict[Reader, int]:
        """How many distinct views each reader has had."""
        found: dict[Reader, int] = {}
        for entry in self._entries.values():
            found[entry.reader] = found.get(entry.reader, 0) + entry.views
        return found

    def sizes(self) -> dict[str, int]:
        """How many rows the tables hold, for the memory report."""
        return {
            "contents": sum(len(contents.tuples) for contents in self.contents),
            "edits": sum(len(contents._edits) for contents in self.contents),
            "answers": len(self.answers),
            "queries": len(self._queries),
            "entries": len(self._entries),
        }
