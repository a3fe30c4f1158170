"""Partitions and sites: where what readers yield is kept, so that it need not be computed again (design §3.2).

A partition is all readers that read the same pools; a site is all of them at one bundle. What a site yields is a
function of few answers, most of which are the same in thousands of contents: those on the key's own pool are found
once for each content, those on other pools are looked up for each state.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..engine.pools import EMPTY
from ..engine.transition_system import Reader
from .tables import Entry, TabledFiring, TabledQuery, Tables

_TRIAL = 20_000
_WORTHLESS = 0.9


class Outcome(NamedTuple):
    """What the rules at a site yield: codes of edits of the key's own object alone, and firings that touch more."""

    codes: tuple[int, ...]
    others: tuple[TabledFiring, ...]


class Site:
    """The readers of a partition at one bundle, for fixed answers on the key's own pool.

    ``place``: the bundle itself where objects are interchangeable, its index where they are not; ``where``: the place
    with what is there, for a plan may depend on more of it than its rule does.
    """

    __slots__ = ("_kept", "_queries", "_reads", "bundle", "entries", "place", "pool", "where")

    def __init__(
        self, pool: int, bundle: int, place: int, entries: list[Entry], queries: list[TabledQuery] | None
    ) -> None:
        """``queries``: those on other pools; None if what is read depends on answers, which are then looked up."""
        self.pool = pool
        self.bundle = bundle
        self.place = place
        self.where = place if place == bundle else (place, bundle)
        self.entries = entries
        self._queries = queries
        self._reads = [(query.answers, query.pool) for query in queries or ()]
        self._kept: dict[Any, Any] = {}

    def find(self, ids: list[int]) -> Any:
        """What was kept for the answers in the state with these content ids, or None."""
        if len(self._reads) == 1:
            answers, pool = self._reads[0]
            return self._kept.get(answers.get(ids[pool]))
        if self._queries is None:
            return self._kept.get(self._yields(ids))
        # An answer that is not known yet reads as None, under which nothing is kept.
        return self._kept.get(tuple([answers.get(ids[pool]) for answers, pool in self._reads]))

    def keep(self, ids: list[int], found: Any) -> Any:
        """Keeps and returns what was found."""
        if self._queries is None:
            self._kept[self._yields(ids)] = found
        else:
            key = tuple([query.answer(ids[query.pool]) for query in self._queries])
            self._kept[key[0] if len(key) == 1 else key] = found
        return found

    def _yields(self, ids: list[int]) -> tuple[int, ...]:
        # What an entry yields is one object for good, or the one empty tuple.
        return tuple([id(entry.look(ids, self.bundle)) for entry in self.entries])

    @property
    def shortcut(self) -> Shortcut:
        """What a caller in a hurry needs to do ``find`` itself where there is one query."""
        if len(self._reads) == 1:
            return (*self._reads[0], self._kept, self)
        return None, 0, self._kept, self


Shortcut = tuple[dict[int, int] | None, int, dict[Any, Any], Site]
"""Of a site with one query: its answers by content, its pool, what is kept by answer; else None first."""


class _Spot:
    """The entries of a partition at one bundle, and its sites so far."""

    __slots__ = ("deep", "deep_sites", "others", "own", "shallow", "sites")

    def __init__(self, tables: Tables, readers: list[Reader], pool: int, bundle: int) -> None:
        self.shallow: list[Entry] = []
        self.deep: list[Entry] = []
        own: dict[tuple[int, bool], TabledQuery] = {}
        others: dict[int, TabledQuery] = {}
        for reader in readers:
            key = reader.key(bundle)
            if key is None:
                continue
            entry = tables.entry(reader, key)
            if reader.stages > 1:
                self.deep.append(entry)
                continue
            self.shallow.append(entry)
            for query, excluding in entry.first_queries():
                if query.pool == pool:
                    own[id(query), excluding] = query
                else:
                    others[id(query)] = query
        self.own = [(query, excluding) for (_, excluding), query in own.items()]
        self.others = list(others.values())
        self.sites: dict[tuple[int, ...], Shortcut] = {}
        self.deep_sites: dict[int, Shortcut] = {}


class Partition:
    """Readers that read, or touch, the pools under ``mask``.

    ``memo``: what they yielded for each combination of contents, None where keeping that does not pay.
    """

    def __init__(self, tables: Tables, mask: int) -> None:
        """No readers yet."""
        self.mask = mask
        self.memo: dict[int, Any] | None = {}
        self.pools: list[int] = []
        self._tables = tables
        self._readers: dict[int, list[Reader]] = {}
        self._spots: dict[tuple[int, int], _Spot] = {}
        self._sites: dict[tuple[int, int], list[Shortcut]] = {}
        self._misses = 0
        self._start = 0

    def add(self, reader: Reader) -> None:
        """One more reader of these pools."""
        if reader.pool not in self._readers:
            self.pools.append(reader.pool)
        self._readers.setdefault(reader.pool, []).append(reader)

    def keep(self, state: int, found: Any, looks: int) -> None:
        """Keeps what was found in ``state``; stops keeping anything once combinations hardly ever come again.

        ``looks``: how many states were looked at so far.
        """
        if self.memo is None:
            return
        self.memo[state & self.mask] = found
        self._misses += 1
        if self._misses == _TRIAL:
            if self._misses > _WORTHLESS * (looks - self._start):
                self.memo = None
            self._misses, self._start = 0, looks

    def sites(self, pool: int, content: int) -> list[Shortcut]:
        """Where readers keyed by ``pool`` apply in a content: equal interchangeable objects are one place."""
        found = self._sites.get((pool, content))
        if found is None:
            found = self._sites[pool, content] = self._find_sites(pool, content)
        return found

    def _find_sites(self, number: int, content: int) -> list[Shortcut]:
        pool = self._tables.system.pools[number]
        bundles = self._tables.contents[number].tuples[content]
        found = []
        for index, bundle in enumerate(bundles):
            if bundle == EMPTY:
                continue
            if not pool.ordered and index and bundles[index - 1] == bundle:
                continue
            spot = self._spots.get((number, bundle))
            if spot is None:
                spot = self._spots[number, bundle] = _Spot(self._tables, self._readers[number], number, bundle)
            place = index if pool.ordered else bundle
            if spot.shallow:
                key = tuple(
                    [
                        query.answer_without(content, bundle) if excluding else query.answer(content)
                        for query, excluding in spot.own
                    ]
                )
                site = spot.sites.get((place, *key))
                if site is None:
                    site = Site(number, bundle, place, spot.shallow, spot.others).shortcut
                    spot.sites[(place, *key)] = site
                found.append(site)
            if spot.deep:
                deep = spot.deep_sites.get(place)
                if deep is None:
                    deep = spot.deep_sites[place] = Site(number, bundle, place, spot.deep, None).shortcut
                found.append(deep)
        return found
