"""Values of a state as plain JSON, and what differs between two of them as paths into that JSON.

Records (attrs classes, named tuples, dataclasses) become objects that leave out fields at their default; null and
absent are one. Changes, plan steps and targets are told apart by class, so their class name stands around them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from types import FunctionType
from typing import Any, TypeAlias

import attrs

from ..spec.language.plan import Step, Target

Json: TypeAlias = Any
"""What ``json`` reads and writes: None, bool, int, float, str, lists and string-keyed dicts of these."""

ITEM_KEYS = ("name", "type", "key")
"""Fields that tell the items of a list apart, the first that fits: items are followed by them, not by their place."""

_BARE_NAME = re.compile(r'[^.\[\]"]+')
_BARE_ITEM = re.compile(r'[^\[\]"]+')
# ``.name`` and ``["odd.name"]`` are fields, ``[key]``, ``[@"odd]key"]`` and ``[0]`` are items of lists.
_SEGMENT = re.compile(
    r'\[(?P<place>\d+)\]|\[(?P<at>@?)(?P<quoted>"(?:[^"\\]|\\.)*")\]|\[(?P<item>[^\[\]"]+)\]|\.?(?P<name>[^.\[\]"]+)'
)


class _Item(str):
    """What an item of a list is followed by."""


def as_is(name: str) -> str:
    """The spelling of field names where nothing else is asked for: as in Python."""
    return name


@attrs.frozen
class Difference:
    """One place at which two values differ. ``before`` or ``after`` is None where there is nothing."""

    path: str
    before: Json
    after: Json


@attrs.frozen
class Encoder:
    """Renders values. ``spell`` turns attribute names into those to print; ``defaults`` keeps fields at their default.

    The names in ``ITEM_KEYS`` must be spelt as they are.
    """

    spell: Callable[[str], str] = as_is
    defaults: bool = False

    def encoded(self, value: Any) -> Json:
        """``value`` as plain JSON; the same for equal values, whatever the hash seed or the order of insertion."""
        if isinstance(value, Enum):
            return value.value if isinstance(value.value, str | int) else value.name
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, Mapping):
            return {_key_text(self.encoded(key)): self.encoded(value[key]) for key in _sorted_keys(value)}
        if isinstance(value, set | frozenset):
            return sorted((self.encoded(item) for item in value), key=_text)
        record = _record(value)
        if record is not None:
            plain = {self.spell(name): self.encoded(item) for name, item in self._kept(value, record)}
            if callable(value) or isinstance(value, Step | Target):
                return {type(value).__name__: plain} if plain else type(value).__name__
            return plain
        if isinstance(value, Sequence):
            return [self.encoded(item) for item in value]
        if isinstance(value, FunctionType):
            return value.__name__
        # An address in memory would make each run's bytes its own.
        return str(value) if _describes_itself(type(value)) else type(value).__name__

    def difference(self, before: Any, after: Any, path: str = "") -> tuple[Difference, ...]:
        """Where ``after`` differs from ``before``, as deep as both have the same shape; ``path``: where they stand."""
        return tuple(self._differences(before, after, path))

    def _kept(self, value: Any, record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        defaults = {} if self.defaults else _defaults(type(value))
        for name, item in record.items():
            if name not in defaults or item != defaults[name] or (name in ITEM_KEYS and item):
                yield name, item

    def _differences(self, before: Any, after: Any, path: str) -> Iterator[Difference]:
        if type(before) is type(after) and before == after:
            return
        old, new = _parts(before), _parts(after)
        if old is not None and new is not None and (type(before) is type(after) or not _is_record(before, after)):
            spell = self.spell if _is_record(before, after) else as_is
            for name in dict.fromkeys((*old, *new)):
                yield from self._differences(old.get(name), new.get(name), _child(path, spell(name)))
        elif (
            isinstance(before, tuple | list) and isinstance(after, tuple | list) and (pair := _followed(before, after))
        ):
            first, second = pair
            for key in dict.fromkeys((*first, *second)):
                yield from self._differences(first.get(key), second.get(key), _item(path, key))
        else:
            yield Difference(path, self.encoded(before), self.encoded(after))


def canonical_text(value: Any) -> str:
    """A text that is the same for equal values in every run: something to sort by."""
    return _text(Encoder().encoded(value))


def applied(document: Json, path: str, value: Json) -> Json:
    """``document`` with ``value`` at ``path``; what is not there yet is made, list items that become null are gone.

    Raises ValueError on a path that ``Encoder.difference`` does not write.
    """
    return _replaced(document, _segments(path), value)


def _replaced(document: Json, segments: tuple[str | int, ...], value: Json) -> Json:
    if not segments:
        return value
    first, rest = segments[0], segments[1:]
    if document is None and isinstance(first, int | _Item):
        document = []
    if not isinstance(document, list):
        known = document if isinstance(document, dict) else {}
        return {**known, str(first): _replaced(known.get(str(first)), rest, value)}
    place = first if isinstance(first, int) else _place_of(document, first)
    new = _replaced(document[place] if place < len(document) else None, rest, value)
    return [*document[:place], *([] if new is None else [new]), *document[place + 1 :]]


def _place_of(items: list[Json], key: str) -> int:
    for place, item in enumerate(items):
        if any(isinstance(item, dict) and item.get(name) == key for name in ITEM_KEYS):
            return place
    return len(items)


def _segments(path: str) -> tuple[str | int, ...]:
    found: list[str | int] = []
    position = 0
    while position < len(path):
        match = _SEGMENT.match(path, position)
        if match is None:
            raise ValueError(f"not a field path: {path!r}")
        if match["place"] is not None:
            found.append(int(match["place"]))
        elif match["quoted"] is not None:
            found.append((_Item if match["at"] else str)(json.loads(match["quoted"])))
        else:
            found.append(_Item(match["item"]) if match["item"] else match["name"])
        position = match.end()
    return tuple(found)


def _child(path: str, name: str) -> str:
    if not _BARE_NAME.fullmatch(name):
        return f"{path}[{json.dumps(name)}]"
    return f"{path}.{name}" if path else name


def _item(path: str, key: str | int) -> str:
    bare = isinstance(key, int) or (_BARE_ITEM.fullmatch(key) and not key.isdigit())
    return f"{path}[{key}]" if bare else f"{path}[@{json.dumps(key)}]"


def _describes_itself(class_: type) -> bool:
    return any("__repr__" in vars(base) or "__str__" in vars(base) for base in class_.__mro__[:-1])


def _is_record(*values: Any) -> bool:
    return any(_record(value) is not None for value in values)


def _record(value: Any) -> dict[str, Any] | None:
    """The fields of a record; None for what is none. What takes no part in equality is no part of the value."""
    if attrs.has(type(value)):
        return {
            field.name: getattr(value, field.name) for field in attrs.fields(type(value)) if field.init and field.eq
        }
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: getattr(value, name) for name in value._fields}
    if hasattr(type(value), "__dataclass_fields__"):
        return {name: getattr(value, name) for name in type(value).__dataclass_fields__}
    return None


def _parts(value: Any) -> dict[str, Any] | None:
    """What a difference goes into by name; plans and changes are taken as a whole."""
    if isinstance(value, Mapping):
        return {_key_text(key): value[key] for key in _sorted_keys(value)}
    if callable(value) or isinstance(value, Step | Target):
        return None
    return _record(value)


def _defaults(class_: type) -> dict[str, Any]:
    if not attrs.has(class_):
        return {}
    found: dict[str, Any] = {}
    for field in attrs.fields(class_):
        if isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
            if not field.default.takes_self:
                found[field.name] = field.default.factory()
        elif field.default is not attrs.NOTHING:
            found[field.name] = field.default
    return found


def _followed(before: Sequence[Any], after: Sequence[Any]) -> tuple[dict[str | int, Any], dict[str | int, Any]] | None:
    """The items of two lists of records, by what tells them apart; None where the lists only compare as a whole."""
    if _is_record(before, after) or not (isinstance(before, tuple | list) and isinstance(after, tuple | list)):
        return None
    old, new = [_parts(item) for item in before], [_parts(item) for item in after]
    if not all(isinstance(part, dict) for part in (*old, *new)):
        return None
    for name in ITEM_KEYS:
        first, second = _keys(old, name), _keys(new, name)
        if all(first) and all(second) and _same_order(first, second):
            return dict(zip(first, before, strict=True)), dict(zip(second, after, strict=True))
    if len(before) != len(after):
        return None
    return dict(enumerate(before)), dict(enumerate(after))


def _keys(parts: Sequence[Mapping[str, Any] | None], name: str) -> list[str | int]:
    """What stands in field ``name`` of each item, "" where that is no text."""
    found = [part.get(name) if part else None for part in parts]
    return [key if isinstance(key, str) else "" for key in found]


def _same_order(old: list[str | int], new: list[str | int]) -> bool:
    """Whether following items by key loses nothing: keys are unique, kept ones stay in order, new ones come last."""
    unique = len(set(old)) == len(old) and len(set(new)) == len(new)
    return unique and [*[key for key in old if key in new], *[key for key in new if key not in old]] == new


def _sorted_keys(mapping: Mapping[Any, Any]) -> list[Any]:
    return sorted(mapping, key=_key_text)


def _key_text(key: Any) -> str:
    return key if isinstance(key, str) else canonical_text(key)


def _text(document: Json) -> str:
    return json.dumps(document, sort_keys=True)
