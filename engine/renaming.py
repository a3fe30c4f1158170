"""Names put in place of names, in whatever a state holds: what one permutation of interchangeable objects does.

Ip, Dill, Better verification through symmetry, 1996: where nothing in a system tells some objects apart, a permutation
of them takes states to states and steps to steps. Here they are told apart by names, which values hold as texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

import attrs


class ToldApart(Exception):
    """Objects were taken to be interchangeable, and something does tell them apart."""


class NamedWithin(ToldApart):
    """A value holds a name where no permutation reaches it: inside of a text, or in a function."""

    def __init__(self, name: str, value: Any) -> None:
        """``value``: where ``name`` stands."""
        super().__init__(f"{name} is named within {value!r}")


def naming(names: Iterable[str]) -> re.Pattern[str]:
    """Finds any of ``names`` as a word of its own: ``node-1`` in "from node-1", not in "node-12"."""
    alternatives = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    return re.compile(rf"(?<![A-Za-z0-9])(?:{alternatives})(?![A-Za-z0-9])" if alternatives else r"(?!)")


class Renaming:
    """A permutation of names, given as what becomes of each; all others stay."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """Raises ``ValueError`` where two names would become one."""
        if set(names) != set(names.values()):
            raise ValueError(f"no permutation: {dict(names)}")
        self.names = dict(names)
        self._within = naming(self.names)

    def __call__(self, value: Any) -> Any:
        """``value`` with every name in it replaced, itself where it holds none; raises ``NamedWithin``."""
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, bool | int | float | Enum):
            return value
        if isinstance(value, tuple):
            return _made_anew(value, [self(item) for item in value])
        if isinstance(value, frozenset):
            return frozenset(self(item) for item in value)
        if isinstance(value, Mapping):
            items = [(self(key), self(item)) for key, item in value.items()]
            same = all(a is b and c is d for (a, c), (b, d) in zip(items, value.items(), strict=True))
            return value if same else type(value)(items)  # type: ignore[call-arg]
        if attrs.has(type(value)):
            return self._record(value)
        if isinstance(value, partial):
            return partial(value.func, *self(value.args), **{key: self(item) for key, item in value.keywords.items()})
        if mentions(value, self._within):
            raise NamedWithin(", ".join(self.names), value)
        return value

    def fixes(self, value: Any) -> bool:
        """Whether data is what it was once its names are replaced."""
        try:
            return bool(self(value) == value)
        except NamedWithin:
            return False

    def _text(self, text: str) -> str:
        found = self.names.get(text)
        if found is not None:
            return found
        within = self._within.search(text)
        if within is not None:
            raise NamedWithin(within[0], text)
        return text

    def _record(self, value: Any) -> Any:
        changed = {}
        for field in attrs.fields(type(value)):
            if field.init and field.eq:
                before = getattr(value, field.name)
                after = self(before)
                if after is not before:
                    changed[field.alias] = after
        return attrs.evolve(value, **changed) if changed else value


def _made_anew(value: tuple[Any, ...], items: list[Any]) -> tuple[Any, ...]:
    if all(before is after for before, after in zip(value, items, strict=True)):
        return value
    return type(value)(*items) if hasattr(value, "_fields") else tuple(items)


def mentions(value: Any, within: re.Pattern[str]) -> list[Any]:
    """The data that names anything that ``within`` finds, each as a whole: in fields, in what functions close over.

    What functions find in their modules is not looked at: modules know no scenario.
    """
    return _Mentions(within).of(value)


class _Mentions:
    def __init__(self, within: re.Pattern[str]) -> None:
        self._within = within
        self._seen: dict[int, Any] = {}
        self._named: dict[int, tuple[Any, bool | None]] = {}

    def of(self, value: Any) -> list[Any]:
        found: list[Any] = []
        open_ = [value]
        while open_:
            at = open_.pop()
            if id(at) in self._seen:
                continue
            self._seen[id(at)] = at  # kept, so that no other object gets its id meanwhile
            named = self._names(at)
            if named:
                found.append(at)
            elif named is None:
                open_.extend(_parts(at))
        return found

    def _names(self, value: Any) -> bool | None:
        """Whether data holds a name; None for what is no data, such as functions."""
        if isinstance(value, str):
            return self._within.search(value) is not None
        if value is None or isinstance(value, bool | int | float | bytes | Enum | type):
            return False
        known = self._named.get(id(value))
        if known is None:
            parts = _data(value)
            says = None if parts is None else [self._names(part) for part in parts]
            known = value, None if says is None or None in says else any(says)
            self._named[id(value)] = known
        return known[1]


def _data(value: Any) -> list[Any] | None:
    """What data consists of; None for what is no data."""
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, tuple | list | set | frozenset):
        return list(value)
    if attrs.has(type(value)) and _compares(type(value)):
        return [getattr(value, field.name) for field in attrs.fields(type(value)) if field.eq]
    return None


def _compares(class_: type[Any]) -> bool:
    return any("__eq__" in vars(base) for base in class_.__mro__[:-1])


def _parts(value: Any) -> list[Any]:
    if isinstance(value, FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or () if _is_full(cell)]
        return [*cells, *(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values(), *_constants(value)]
    if isinstance(value, MethodType):
        return [value.__self__, value.__func__]
    if isinstance(value, partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, ModuleType):
        return []
    data = _data(value)
    if data is not None:
        return data
    wrapped = getattr(value, "__wrapped__", None)
    fields = list(vars(value).values()) if hasattr(value, "__dict__") else []
    slots = [name for class_ in type(value).__mro__ for name in _slots(class_)]
    return [*([wrapped] if wrapped is not None else []), *fields, *(getattr(value, name, None) for name in slots)]


def _slots(class_: type) -> tuple[str, ...]:
    slots: Any = vars(class_).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _constants(function: Callable[..., Any]) -> list[Any]:
    """The constants of a function, and those of functions that are made in it."""
    found: list[Any] = []
    open_ = [function.__code__]
    while open_:
        code = open_.pop()
        for constant in code.co_consts:
            (open_ if isinstance(constant, type(code)) else found).append(constant)
    return found


def _is_full(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  an empty cell raises
    except ValueError:
        return False
    return True


__all__ = ["NamedWithin", "Renaming", "ToldApart", "mentions", "naming"]
