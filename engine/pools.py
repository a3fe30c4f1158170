"""Pools: the bundles of one kind, interned (design §3.2).

A bundle is the short vector of all that is keyed by one object: its name, the stored value, what lagging clients see,
what runs for it, process memory about it. A pool's content is a tuple of bundle ids: in the order of the names where
all objects have names, sorted where some are interchangeable (a multiset, in which a bundle with a name stands once),
or in slot order, names first, where those are explored positionally.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..spec.language.model import Kind, cached_field

Bundle = tuple[Any, ...]
Content = tuple[int, ...]
State = tuple[Content, ...]

NAME = "name"
MARKS = "marks"
TIMERS = "timers"
"""The field of an object that holds its armed timers, in prompt time."""
EMPTY = 0


def pending_field(client: str) -> str:
    """Name of the field that holds the changes on their way to ``client``: ``((rank, value), ...)``."""
    return f"pending@{client}"


def plan_field(component: str) -> str:
    """Name of the field that holds the rest of a plan that ``component`` is in the middle of."""
    return f"plan@{component}"


class Pool:
    """The layout of one kind's bundles and the table of those seen so far.

    Bundle id 0 is the empty bundle: an interchangeable object that does not exist. A named one is never that.
    """

    def __init__(self, kind: Kind, extra: Mapping[str, Any], positional: bool) -> None:
        """``extra``: fields that the engine adds (caches, plans, marks), with their initial values."""
        self.kind = kind
        self.name = kind.name
        self.names = kind.names
        if "" in kind.names:
            raise ValueError(f'kind {kind.name} has an object called "", which tells interchangeable objects')
        self.slots = len(kind.names) + kind.slots
        self.ordered = not kind.slots or positional
        self.fields = (NAME, *(field.name for field in kind.fields), *extra)
        self.position = {field: place for place, field in enumerate(self.fields)}
        if len(self.position) != len(self.fields):
            raise ValueError(f"kind {kind.name} declares a field twice: {self.fields}")
        self.initial: Bundle = ("", *(field.initial for field in kind.fields), *extra.values())
        self.counters = tuple(field for field in kind.fields if field.counts is not None)
        self.bundles: list[Bundle] = []
        self._ids: dict[Bundle, int] = {}
        self.intern(self.initial)

    def intern(self, bundle: Bundle) -> int:
        """The id of ``bundle``."""
        found = self._ids.get(bundle)
        if found is None:
            found = self._ids[bundle] = len(self.bundles)
            self.bundles.append(bundle)
        return found

    def bundle(self, values: Mapping[str, Any]) -> Bundle:
        """The bundle with these fields, the others initial; raises ``KeyError`` on an unknown field."""
        result = list(self.initial)
        for field, value in values.items():
            result[self.position[field]] = value
        return tuple(result)

    def content(self, bundles: list[int]) -> Content:
        """The content that holds ``bundles``: empty ones dropped and the rest sorted where they are interchangeable."""
        if self.ordered:
            return tuple(bundles)
        return tuple(sorted(bundle for bundle in bundles if bundle != EMPTY))

    def name_of(self, bundle: int) -> str:
        """The name of the object with this bundle; "" where it is interchangeable."""
        name: str = self.bundles[bundle][0]
        return name

    def index_of(self, content: Content, name: str) -> int:
        """Where the object of that name stands in a content; raises ``ValueError`` where none has it."""
        if self.ordered:
            return self.names.index(name)
        for index, bundle in enumerate(content):
            if self.bundles[bundle][0] == name:
                return index
        raise ValueError(f"kind {self.name} has no object {name!r}; it has {', '.join(self.names)}")

    def places(self, fields: tuple[str, ...]) -> tuple[int, ...]:
        """The positions of ``fields`` in a bundle; raises ``KeyError`` naming the unknown one."""
        for field in fields:
            if field not in self.position:
                raise KeyError(f"kind {self.name} has no field {field!r}; it has {', '.join(self.fields)}")
        return tuple(self.position[field] for field in fields)


__all__ = [
    "EMPTY",
    "MARKS",
    "NAME",
    "TIMERS",
    "Bundle",
    "Content",
    "Pool",
    "State",
    "cached_field",
    "pending_field",
    "plan_field",
]
