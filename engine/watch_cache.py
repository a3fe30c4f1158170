"""Lagging watch caches: pending changes with ranks, delivery in order across objects, relist (design §3.2, §4).

For a synchronous client there is nothing here: it reads the stored object. A lagging client has, in every bundle,
the object as its cache shows it and the changes still on their way. Their ranks run across all objects of the kind, so
that events are seen in the order of the writes and the cache never shows a state that the store never had.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ..spec.language.component import Component, Handler, Key, Rule
from ..spec.language.model import BEYOND, INFORMER, Field, Kind, informer_name
from ..spec.language.plan import KEY, Alternative, Sweep, Write
from .pools import cached_field, pending_field

WATCH = "watch"
"""Name of the component that delivers watch events to lagging clients."""


@attrs.frozen(cache_hash=True)
class Plus:
    """The edit that adds ``amount``."""

    amount: int

    def __call__(self, value: int, /) -> int:
        """The sum."""
        return value + self.amount


@attrs.frozen(cache_hash=True)
class Nearer:
    """The edit of ``BEYOND`` by one event; at least ``least`` stays: 1 where the event is lost and none is seen."""

    least: int = 0

    def __call__(self, value: int, /) -> int:
        """One less, but for what stays of it."""
        return max(value - 1, min(value, self.least))


def informer_kind(lag: Mapping[tuple[str, str], int], *, history: bool = False) -> Kind:
    """The kind of the informers of a model with these lags; ``history``: they know how far back it goes."""
    names = tuple(informer_name(client, kind) for client, kind in sorted(lag))
    fields = (Field("pending", 0), Field(BEYOND, 0)) if history else (Field("pending", 0),)
    return Kind(INFORMER, fields, names=names)


@attrs.frozen(eq=False)
class _Deliver:
    """The change of one bundle when the oldest pending event is delivered."""

    reacts: tuple[Callable[[Any, Any, Any], Any], ...]

    def __call__(self, _parameter: Any, cached: Any, pending: tuple[Any, ...], *memory: Any) -> tuple[Any, ...]:
        if not pending:
            return (cached, pending, *memory)
        seen = cached
        if pending[0][0] == 0:
            seen, pending = pending[0][1], pending[1:]
            memory = tuple(react(value, cached, seen) for react, value in zip(self.reacts, memory, strict=True))
        return (seen, tuple((rank - 1, value) for rank, value in pending), *memory)


def delivery(client: str, kind: str, handlers: tuple[Handler, ...]) -> Sweep:
    """The edit of the whole pool of ``kind`` that delivers its oldest pending event to ``client``."""
    mine = tuple(handler for handler in handlers if handler.kind == kind)
    fields = (cached_field(client), pending_field(client), *(handler.field for handler in mine))
    return Sweep(kind, fields, _Deliver(tuple(handler.react for handler in mine)))


def _drop(_parameter: Any, pending: tuple[Any, ...]) -> tuple[Any, ...]:
    return (tuple((rank - 1, value) for rank, value in pending if rank > 0),)


def missing(client: str, kind: str) -> Sweep:
    """The edit of the whole pool of ``kind`` after which its oldest event never reaches ``client``."""
    return Sweep(kind, (pending_field(client),), _drop)


@attrs.frozen(eq=False)
class _ListAgain:
    """The change of one bundle when a client lists again; what differs is an event to its handlers."""

    reacts: tuple[Callable[[Any, Any, Any], Any], ...]
    coming: bool
    """Whether the source is itself behind: then the field after the listed one holds what it is still to see."""

    def __call__(self, _parameter: Any, listed: Any, *others: Any) -> tuple[Any, ...]:
        source, rest = (others[:1], others[1:]) if self.coming else ((), others)
        cached, pending, *memory = rest
        if listed != cached or pending:
            memory = [react(value, cached, listed) for react, value in zip(self.reacts, memory, strict=True)]
        return (listed, *source, listed, source[0] if source else (), *memory)


def relist(client: str, kind: str, handlers: tuple[Handler, ...], source: str = "") -> Sweep:
    """The edit that makes ``client``'s cache of ``kind`` what ``source`` holds now (00-index §4, reflector).

    ``source``: "" for the store, else a client that lags too, as the watch cache of an API server does.
    """
    mine = tuple(handler for handler in handlers if handler.kind == kind)
    listed = (cached_field(source), pending_field(source)) if source else ("object",)
    fields = (*listed, cached_field(client), pending_field(client), *(handler.field for handler in mine))
    return Sweep(kind, fields, _ListAgain(tuple(handler.react for handler in mine), bool(source)))


def watch_component(deliveries: Mapping[tuple[str, str], Sweep], *, history: bool = False) -> Component:
    """The component that delivers watch events to lagging clients, one event a step."""
    told = (Write(KEY, "pending", Plus(-1)), *((Write(KEY, BEYOND, Nearer()),) if history else ()))

    def rule(client: str, kind: str, sweep: Sweep) -> Rule:
        name = informer_name(client, kind)

        def decide(pending: int) -> list[Alternative]:
            because = f"{client} is {pending} change{'s' if pending > 1 else ''} of {kind} behind"
            return [Alternative((sweep, *told), because)]

        return Rule(
            name=f"deliver {kind} to {client}",
            key=Key(INFORMER, ("name", "pending"), lambda key, pending: pending if key == name and pending else None),
            decide=decide,
            slow_as=name,
            reference="00-index §4 reflector",
            meaning=f"the oldest pending change of {kind} reaches the cache of {client}",
        )

    rules = tuple(rule(client, kind, sweep) for (client, kind), sweep in sorted(deliveries.items(), key=lambda i: i[0]))
    return Component(WATCH, rules, place="control plane", duty="delivers watch events to clients whose caches lag")
