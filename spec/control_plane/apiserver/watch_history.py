"""What an API server keeps of history for watches: compaction, bookmarks, 410 Gone (kube-apiserver §2, etcd §3-§4).

A watch is opened at the resourceVersion that its client last saw. Of history only the newest part is kept: etcd is
compacted every five minutes, and a watch cache holds the last events of a kind. A client that last saw something older
than that gets 410 Gone, "too old resource version", when it opens its watch again, and has to list. It need not have
missed anything for that: where a kind is quiet, the last event is soon older than all history. Therefore an API server
tells every minute how far it is: a bookmark promises that no event at or before its revision follows, and the client
resumes from there.

Revisions are ranks here, as everywhere (docs/decisions/0020). Of each lagging client and kind the model knows how many
changes are on their way, and ``BEYOND``: how many of them the client has to see until what it last saw is inside the
history again. An open watch goes on, whatever is compacted: what was read for it is on its way.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ...kinds import KUBE_APISERVER
from ...language.component import Component, Countdown, Key, Rule
from ...language.machine import Arrow, Machine, State
from ...language.model import BEYOND, INFORMER
from ...language.plan import KEY, Alternative, Set, Write

NAME = "watch-cache"

COMPACTION_INTERVAL = 300.0
"""Seconds between two compactions of etcd, which keep at least as much of history."""

BOOKMARK_FREQUENCY = 60.0
"""Seconds between two bookmarks of a watch."""


@attrs.frozen(cache_hash=True)
class Position:
    """Where a client's watch of one kind is: changes on their way, and how many of them lead back into history."""

    watch: str
    pending: int
    beyond: int


def _behind(name: str, pending: int, beyond: int) -> Position | None:
    return Position(name, pending, beyond) if pending else None


def _any(name: str, pending: int, beyond: int) -> Position | None:
    return Position(name, pending, beyond) if pending or not beyond else None


def _old(name: str, pending: int, beyond: int) -> Position | None:
    return Position(name, pending, beyond) if beyond and not pending else None


def horizons(pending: int, beyond: int, *, bookmarks: bool) -> range:
    """Where the end of history may have moved to, as values of ``BEYOND``: it never moves back.

    A client that has seen everything was told so by a bookmark a minute ago; what is compacted is older than that.
    """
    return range(beyond + 1, pending + 2) if pending or not bookmarks else range(0)


def _compact(position: Position, *, bookmarks: bool) -> Iterable[Alternative]:
    for beyond in horizons(position.pending, position.beyond, bookmarks=bookmarks):
        gone = f", with {beyond - 1} of the changes that are on their way" if beyond > 1 else ""
        because = f"what {position.watch} saw last is compacted{gone}"
        yield Alternative((Write(KEY, BEYOND, Set(beyond)),), because)


def _bookmark(position: Position) -> Iterable[Alternative]:
    yield Alternative((Write(KEY, BEYOND, Set(0)),), f"{position.watch} has seen all that there is")


SEND_BOOKMARK = Rule(
    name="send bookmark",
    key=Key(INFORMER, ("name", "pending", BEYOND), _old),
    decide=_bookmark,
    duration=BOOKMARK_FREQUENCY,
    countdown=Countdown(periodic=True),
    reference="kube-apiserver §2",
    meaning="a client that has seen every change is told the revision up to which that is so",
)


def component(*, bookmarks: bool = True) -> Component:
    """The end of history moves on, and with ``bookmarks`` so do clients of kinds that are quiet."""
    compact = Rule(
        name="compact",
        key=Key(INFORMER, ("name", "pending", BEYOND), _behind if bookmarks else _any),
        decide=lambda position: _compact(position, bookmarks=bookmarks),
        duration=COMPACTION_INTERVAL,
        reference="etcd §4",
        meaning="history is compacted, up to any change that is older than the interval",
    )
    return Component(
        NAME,
        (compact, *((SEND_BOOKMARK,) if bookmarks else ())),
        process=KUBE_APISERVER,
        duty="keeps the newest part of history for watches, and tells clients how far they are",
        reference="kube-apiserver §2",
    )


MACHINE = Machine(
    name="watch",
    kind=INFORMER,
    fields=(BEYOND,),
    states=(
        State("Resumable", lambda beyond: beyond == 0, "what the client last saw is inside the history that is kept"),
        State("Too old", lambda beyond: beyond > 0, "if the watch ends, it cannot be resumed: 410 Gone"),
    ),
    initial="Resumable",
    arrows=(
        Arrow("compacted", "Resumable", "Too old", NAME, "etcd §4"),
        Arrow("bookmark", "Too old", "Resumable", NAME, "kube-apiserver §2"),
        Arrow("event", "Too old", "Resumable", "watch", "kube-apiserver §2"),
        Arrow("410 Gone, list", "Too old", "Resumable", "fault", "00-index §4 reflector"),
        Arrow("list at start", "Too old", "Resumable", "process-supervisor", "00-index §4 reflector"),
    ),
    meaning="a client's watch of one kind, of a cache that lags",
    reference="kube-apiserver §2",
)

__all__ = [
    "BOOKMARK_FREQUENCY",
    "COMPACTION_INTERVAL",
    "MACHINE",
    "NAME",
    "SEND_BOOKMARK",
    "Position",
    "component",
    "horizons",
]
