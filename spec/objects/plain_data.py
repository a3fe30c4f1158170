"""Reading fields out of plain API data (what JSON or YAML yields), without validation."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from frozendict import frozendict

from .quantities import ResourceList, resource_list

T = TypeVar("T")
Data = Mapping[str, Any]
Reader = Callable[[Any], Any]

_ACRONYMS = {"ip": "IP", "ips": "IPs", "id": "ID"}


def api_name(attribute: str) -> str:
    """The API's name of an attribute: ``host_ip`` -> ``hostIP``."""
    first, *rest = attribute.split("_")
    return first + "".join(_ACRONYMS.get(word, word.capitalize()) for word in rest)


def build(class_: Callable[..., T], data: Data | None, readers: Mapping[str, Reader], **further: Any) -> T:
    """A value of ``class_`` from the fields of ``data`` that ``readers`` names (by attribute) and that are not null."""
    data = data or {}
    values = {
        attribute: read(data[name])
        for attribute, read in readers.items()
        if data.get(name := api_name(attribute)) is not None
    }
    return class_(**values, **further)


def unread(data: Data | None, readers: Mapping[str, Reader]) -> frozendict[str, Hashable]:
    """The fields of ``data`` that ``readers`` leaves alone, frozen."""
    known = {api_name(attribute) for attribute in readers}
    return frozendict({name: freeze(value) for name, value in (data or {}).items() if name not in known})


def freeze(value: Any) -> Hashable:
    """Plain data as a hashable value: mappings become frozendicts, lists become tuples."""
    if isinstance(value, Mapping):
        return frozendict({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    hash(value)
    return value  # type: ignore[no-any-return]


def each(read: Callable[[Any], T]) -> Callable[[Iterable[Any]], tuple[T, ...]]:
    """A reader of lists whose items ``read`` reads."""

    def read_list(items: Iterable[Any]) -> tuple[T, ...]:
        return tuple(read(item) for item in items)

    return read_list


def member(name: str) -> Callable[[Data], str]:
    """A reader of objects that hold one text field, such as ``{"name": "example.com/gate"}``."""

    def read(item: Data) -> str:
        return str(item.get(name) or "")

    return read


def same(value: Any) -> Any:
    """A reader of scalars that are kept as they are, such as counts that may be percentages."""
    return value


def text_map(data: Data) -> frozendict[str, str]:
    """Labels or annotations."""
    return frozendict({str(key): "" if value is None else str(value) for key, value in data.items()})


def amounts(data: Data) -> ResourceList:
    """A resource list. Raises ValueError for what is no quantity."""
    return resource_list({str(name): quantity for name, quantity in data.items() if quantity is not None})


def seconds(time: Any) -> float:
    """Seconds since the epoch of a time in RFC 3339 (or already a number, or a datetime as YAML may yield it).

    Times without an offset are UTC. Raises ValueError for other text.
    """
    if isinstance(time, int | float):
        return float(time)
    moment = time if isinstance(time, datetime) else datetime.fromisoformat(str(time))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()
