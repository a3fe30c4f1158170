"""The space quota of etcd: once it is used up, only reads and deletes go through (etcd §5).

A backend that has grown beyond its quota (2 GiB by default) raises the alarm NOSPACE. From then on every put is
refused, until somebody compacts, defragments and disarms the alarm; what is read is read, what is removed is removed.
For Kubernetes that means: no object is created or changed, so nothing is scheduled, reported or scaled, and of what is
deleted only that goes which needs no change before: no grace period, no finalizers. Containers run on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...language.machine import Arrow, Machine, State
from ...language.model import ApiRead, Field, Kind
from ...language.request import Outcome, Response

ETCD_SPACE = "EtcdSpace"
"""Kind of what is kept of etcd's space quota: one object, called ``NAME``."""

NAME = "etcd"
ALARM, WRITTEN = "alarm", "written"

KIND = Kind(ETCD_SPACE, (Field(ALARM, False), Field(WRITTEN, False)), names=(NAME,))
"""``alarm``: NOSPACE is raised. ``written``: something was written then, which nothing reads but a property."""

READ = ApiRead(ETCD_SPACE, NAME, ALARM)
"""What an API server is told by etcd when it writes."""


def exhausted(found: Mapping[ApiRead, Any]) -> bool:
    """Whether etcd refuses puts, by what the API server was told."""
    return bool(found.get(READ, False))


def puts(stored: Any, response: Response) -> bool:
    """Whether a request that is carried out puts something: it creates or changes an object, and removes none."""
    return response.outcome is Outcome.DONE and response.stored is not None and response.stored != stored


def refuse(stored: Any, response: Response) -> Response:
    """The response where the space is used up; its client cannot tell this error from others of the server."""
    if not puts(stored, response):
        return response
    return Response(Outcome.UNKNOWN, stored, "etcdserver: mvcc: database space exceeded")


def notes(stored: Any, response: Response) -> tuple[tuple[str, str, str, Any], ...]:
    """What is remembered of a request that was carried out while the space was used up."""
    return ((ETCD_SPACE, NAME, WRITTEN, True),) if puts(stored, response) else ()


MACHINE = Machine(
    name="etcd space",
    kind=ETCD_SPACE,
    fields=(ALARM,),
    states=(
        State("Enough", lambda alarm: not alarm, "puts are accepted"),
        State("Exhausted", lambda alarm: bool(alarm), "NOSPACE: only reads and deletes are"),
    ),
    initial="Enough",
    arrows=(
        Arrow("quota exceeded", "Enough", "Exhausted", "fault", "etcd §5"),
        Arrow("compact, defragment, disarm", "Exhausted", "Enough", "fault", "etcd §5"),
        Arrow("disarm at last", "Exhausted", "Enough", "process-supervisor", "etcd §5"),
    ),
    meaning="the space quota of etcd's backend",
    reference="etcd §5",
)
