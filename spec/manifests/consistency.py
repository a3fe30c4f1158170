"""Consistency levels of clients' caches: what they come to in lags, and in lists from an API server that is behind.

A second API server (``kube-apiserver-2``) stands for the instance that a client may list from when it starts again, or
when its watch breaks. Its own watch cache is no further behind than that of the client.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..language.scenario import Consistency
from ..node.old_lists import BEHIND
from .errors import InputError
from .settings import Settings

DEFAULT_LAG = 1
"""How many changes a cache may be behind that a level says may lag, where no lag is given."""

KEPT_ELSEWHERE = "EndpointSlice"
"""The kind whose lag its own controller keeps: it is never listed from elsewhere."""


def lags(settings: Settings, source: str) -> Mapping[tuple[str, str], int]:
    """How far each cache may be behind, those of the second API server among them.

    Raises ``InputError``, naming ``source``, where a level and a lag contradict each other.
    """
    found = dict(settings.lag)
    for watch, level in settings.consistency.items():
        name = "/".join(watch)
        if level is Consistency.SYNCHRONOUS and watch in found:
            problem, expected = f'"{name}" is synchronous, and has a lag', "monotonic or resettable, or no lag"
            raise InputError(problem, source=source, field="consistency", expected=expected)
        if level is Consistency.RESETTABLE and (watch[0] == BEHIND or watch[1] == KEPT_ELSEWHERE):
            problem = f'"{name}" cannot be resettable'
            raise InputError(problem, source=source, field="consistency", expected="monotonic")
        if level is not Consistency.SYNCHRONOUS:
            found.setdefault(watch, DEFAULT_LAG)
    for client, kind in sorted(resettable(settings)):
        # What is listed may be as old as the source is, so the source must be no older than the client may become.
        given = settings.lag.get((BEHIND, kind))
        if given is not None and given > found[client, kind]:
            problem = f"{client} may lag by fewer changes of {kind} than {BEHIND}, which it may list from"
            raise InputError(problem, source=source, field="lag", expected=f"{given} or more")
        if given is None:
            found[BEHIND, kind] = min(found.get((BEHIND, kind), found[client, kind]), found[client, kind])
    return found


def resettable(settings: Settings) -> frozenset[tuple[str, str]]:
    """The (client, kind) of every cache that may go back in time."""
    return frozenset(watch for watch, level in settings.consistency.items() if level is Consistency.RESETTABLE)
