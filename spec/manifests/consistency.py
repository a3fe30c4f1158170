"""Consistency levels of clients' caches: what they come to in lags, and in lists from an API server that is behind.

Other API servers (``kube-apiserver-2`` and ``-3``) stand for the instances that a client may list from when it starts
again, or when its watch breaks. Their own watch caches are no further behind than that of the client.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..kinds import NAMESPACE
from ..language.scenario import Consistency
from ..node.old_lists import BEHIND, SERVERS_BEHIND, servers_behind
from .errors import InputError
from .settings import Settings

DEFAULT_LAG = 1
"""How many changes a cache may be behind that a level says may lag, where no lag is given."""

KEPT_ELSEWHERE = "EndpointSlice"
"""The kind whose lag its own controller keeps: it is never listed from elsewhere."""


_ELSEWHERE = (SERVERS_BEHIND[1], NAMESPACE)
"""A cache that nothing would read: of servers that are behind one admits what others would not."""


def lags(settings: Settings, source: str) -> Mapping[tuple[str, str], int]:
    """How far each cache may be behind, those of the second API server among them.

    Raises ``InputError``, naming ``source``, where a level and a lag contradict each other.
    """
    found = dict(settings.lag)
    if _ELSEWHERE in found:
        problem = f'"{"/".join(_ELSEWHERE)}" cannot lag: admission asks the cache of {BEHIND}'
        raise InputError(problem, source=source, field="lag", expected=f"{BEHIND}/{NAMESPACE}")
    for watch, level in settings.consistency.items():
        name = "/".join(watch)
        if level is Consistency.SYNCHRONOUS and watch in found:
            problem, expected = f'"{name}" is synchronous, and has a lag', "monotonic or resettable, or no lag"
            raise InputError(problem, source=source, field="consistency", expected=expected)
        if level is Consistency.RESETTABLE and (watch[0] in SERVERS_BEHIND or watch[1] == KEPT_ELSEWHERE):
            problem = f'"{name}" cannot be resettable'
            raise InputError(problem, source=source, field="consistency", expected="monotonic")
        if level is not Consistency.SYNCHRONOUS:
            found.setdefault(watch, DEFAULT_LAG)
    for client, kind in sorted(resettable(settings)):
        # What is listed may be as old as the source is, so the source must be no older than the client may become.
        given = {server: settings.lag[server, kind] for server in servers_behind(settings.lag, kind)}
        for server, behind in given.items():
            if behind > found[client, kind]:
                problem = f"{client} may lag by fewer changes of {kind} than {server}, which it may list from"
                raise InputError(problem, source=source, field="lag", expected=f"{behind} or more")
        if not given:
            found[BEHIND, kind] = min(found.get((BEHIND, kind), found[client, kind]), found[client, kind])
    return found


def resettable(settings: Settings) -> frozenset[tuple[str, str]]:
    """The (client, kind) of every cache that may go back in time."""
    return frozenset(watch for watch, level in settings.consistency.items() if level is Consistency.RESETTABLE)
