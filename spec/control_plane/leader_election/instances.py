"""Several instances of one control-plane process: each component once for each, with a memory of its own.

An instance differs from the first in its process, its name and the fields that are its memory, in nothing else. All act
only while they believe to lead. What an instance writes after it has lost its Lease is noted, for a property.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ...kinds import CANDIDATE, LEASE, process_runs
from ...language.component import Component
from ...language.model import Field, Kind
from ...language.plan import Sweep
from ...language.query import ANY, Query, no_parameter
from ..own_memory import OwnMemory


def instance_name(component: str, place: int) -> str:
    """What the component of the instance at ``place``, counted from 1, is called; so are the fields of its memory."""
    return component if place == 1 else f"{component} ({place})"


def leads(process: str) -> Query:
    """The guard that a process believes to lead, and is not paused."""

    def classify(_parameter: None, name: str, leads: bool, paused: bool) -> bool | None:
        return True if name == process and leads and not paused else None

    return Query(CANDIDATE, ("name", "leads", "paused"), classify, ANY, no_parameter)


def holds(lease: str, process: str) -> Query:
    """The guard of hypothetical fencing: the API server acts only for the process that holds the Lease."""

    def classify(_parameter: None, name: str, holder: str) -> bool | None:
        return True if (name, holder) == (lease, process) else None

    return Query(LEASE, ("name", "holder"), classify, ANY, no_parameter)


def _note(process: str, name: str, holds: bool, late: bool) -> tuple[str, bool, bool]:
    return name, holds, late or (name == process and not holds)


def with_memories(kind: Kind, processes: Mapping[str, tuple[str, ...]]) -> Kind:
    """The kind with the memory of every further instance. ``processes``: the names of the candidates, by the first."""
    more = [
        Field(instance_name(field.name, place), field.initial, name, field.owner)
        for field in kind.fields
        for place, name in enumerate(processes.get(field.memory_of, ()), start=1)
        if place > 1
    ]
    return attrs.evolve(kind, fields=(*kind.fields, *more))


def instances(
    component: Component, names: tuple[str, ...], memory: frozenset[str], *, fenced: bool
) -> tuple[Component, ...]:
    """A component once for each of the processes ``names``. ``memory``: the fields that are memory of the first.

    ``fenced``: hypothetically, the API server does nothing for a process that does not hold the Lease.
    """
    found = []
    for place, process in enumerate(names, start=1):
        fields = {field: instance_name(field, place) for field in memory} if place > 1 else {}
        noted = Sweep(CANDIDATE, ("name", "holds", "late"), _note, process)
        fence = (holds(names[0], process),) if fenced else ()
        found.append(
            attrs.evolve(
                OwnMemory(fields, (noted,)).of(component),
                name=instance_name(component.name, place),
                process=process,
                guards=(process_runs(process), leads(process), *fence),
            )
        )
    return tuple(found)
