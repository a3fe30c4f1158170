"""Recordings of Kubernetes events: JSON Lines of reduced events, or what `kubectl get events -A -o json` prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from ..manifests.errors import InputError

FILE = "events.jsonl"
"""The file of a recording that is a folder."""

MOST_REPEATS = 50
"""Of more repeats than these, folded into one event, no more are told apart."""


@attrs.frozen
class Event:
    """One Event object. Times are seconds since 1970.

    ``first`` and ``last``: when it was first and last seen; ``whole``: known to whole seconds only. ``written``: the
    resourceVersion of the Event, ``seen``: that of the object when its component looked at it (both None if unknown).
    """

    number: int
    first: float
    last: float
    whole: bool
    count: int
    written: int | None
    component: str
    host: str
    reason: str
    message: str
    kind: str
    namespace: str
    name: str
    seen: int | None

    def __str__(self) -> str:
        """One line, as `kubectl get events` has it."""
        clock = datetime.fromtimestamp(self.first).astimezone(_UTC).strftime("%H:%M:%S")
        return f"{clock} {self.reason} {self.kind} {self.name} ({self.component}): {self.message}"


_UTC = datetime.fromisoformat("2020-01-01T00:00:00+00:00").tzinfo


def read(path: str) -> tuple[Event, ...]:
    """The events of a recording, in the order of their times.

    Raises ``InputError`` for what cannot be read or holds no events.
    """
    file = Path(path, FILE) if Path(path).is_dir() else Path(path)
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", source=str(file)) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", source=str(file)) from error
    return parse(text, str(file))


def parse(text: str, source: str) -> tuple[Event, ...]:
    """The events in a text. Raises ``InputError`` naming ``source``."""
    found: list[Event] = []
    for line, data in _items(text, source):
        try:
            found.append(_event(len(found) + 1, data))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            problem = f"is no event: {error}"
            raise InputError(problem, source=source, line=line, expected="time, component, reason, object") from error
    if not found:
        raise InputError("holds no events", source=source)
    return tuple(sorted(found, key=lambda event: (event.first, event.number)))


def _items(text: str, source: str) -> Iterable[tuple[int | None, Mapping[str, Any]]]:
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    if isinstance(whole, dict) and isinstance(whole.get("items"), list):
        return [(None, _reduced(item)) for item in whole["items"] if isinstance(item, dict)]
    found: list[tuple[int | None, Mapping[str, Any]]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            data = json.loads(line)
        except ValueError as error:
            raise InputError("is not JSON", source=source, line=number, expected="one event a line") from error
        if not isinstance(data, dict):
            raise InputError("is no event", source=source, line=number, expected="an object")
        found.append((number, data))
    return found


def _reduced(item: Mapping[str, Any]) -> dict[str, Any]:
    """An Event of the core or of the events.k8s.io group, with the names of a recording's fields."""
    of, series = item.get("source") or {}, item.get("series") or {}
    first = item.get("firstTimestamp") or item.get("eventTime") or item["metadata"]["creationTimestamp"]
    return {
        "time": item.get("eventTime") or first,
        "lastTime": series.get("lastObservedTime") or item.get("lastTimestamp") or first,
        "count": series.get("count") or item.get("count") or 1,
        "resourceVersion": item["metadata"].get("resourceVersion"),
        "component": of.get("component") or item.get("reportingComponent") or "",
        "host": of.get("host") or "",
        "reason": item["reason"],
        "message": item.get("message") or item.get("note") or "",
        "object": item.get("involvedObject") or item["regarding"],
    }


def _event(number: int, data: Mapping[str, Any]) -> Event:
    about = data["object"]
    first = datetime.fromisoformat(data["time"]).timestamp()
    last = datetime.fromisoformat(data["lastTime"]).timestamp() if data.get("lastTime") else first
    return Event(
        number=number,
        first=first,
        last=max(first, last),
        whole="." not in data["time"],
        count=int(data.get("count") or 1),
        written=_version(data.get("resourceVersion")),
        component=data.get("component") or "",
        host=data.get("host") or "",
        reason=data["reason"],
        message=data.get("message") or "",
        kind=about["kind"],
        namespace=about.get("namespace") or "",
        name=about["name"],
        seen=_version(about.get("resourceVersion")),
    )


def _version(text: Any) -> int | None:
    return int(text) if text and re.fullmatch(r"\d+", str(text)) else None


@attrs.frozen
class Occurrence:
    """One time that an event was seen: at ``earliest`` or later, before ``latest`` (or then, if they are equal)."""

    event: Event
    earliest: float
    latest: float
    written: int | None
    seen: int | None

    def before(self, other: Occurrence) -> bool:
        """Whether times or resourceVersions tell that this was seen before ``other``.

        A component that looked at a version of an object which is younger than this event's writing acted after it.
        """
        if self.event is other.event:
            return (self.earliest, self.latest) < (other.earliest, other.latest)
        if self.latest <= other.earliest and self.earliest < other.earliest:
            return True
        return self.written is not None and other.seen is not None and self.written < other.seen


def occurrences(event: Event) -> tuple[Occurrence, ...]:
    """Each time that the event was seen; of repeats in between only that they lie in between is known."""
    unit = 1.0 if event.whole else 0.0
    if event.count == 1:
        return (Occurrence(event, event.first, event.first + unit, event.written, event.seen),)
    between = min(event.count, MOST_REPEATS) - 2
    return (
        Occurrence(event, event.first, event.first + unit, None, event.seen),
        *(Occurrence(event, event.first, event.last + unit, None, None) for _ in range(between)),
        Occurrence(event, event.last, event.last + unit, event.written, None),
    )
