"""Further schedulers beside kube-scheduler: others serve other pods, on the same nodes (kube-scheduler §7.1).

Each has profiles, a cache and a queue of its own. Nothing coordinates them: what one has assumed, or bound and the
other has not yet seen, the other does not count. Both may so bind to the room that is there once, and the kubelet
rejects the pod that comes second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import attrs

from ..constants import with_constants
from ..control_plane.own_memory import OwnMemory, own, with_arrows
from ..control_plane.scheduler import component as scheduler
from ..control_plane.scheduler.profiles import profiles_of_further
from ..control_plane.scheduler.queue import MACHINE
from ..kinds import ATTEMPTS_FIELDS, KUBE_SCHEDULER, POD_FIELDS, VOLUME_POD_FIELDS, process_runs
from ..language.component import Component
from ..language.machine import Machine
from ..language.model import Assumption, Field, Kind
from ..language.scenario import Scenario
from .part import Part
from .scheduling import setup

_MEMORY = tuple(
    field for field in (*POD_FIELDS, *ATTEMPTS_FIELDS, *VOLUME_POD_FIELDS) if field.memory_of == KUBE_SCHEDULER
)
"""All that a scheduler may remember of pods."""


def names(scenario: Scenario) -> tuple[str, ...]:
    """What the further schedulers are called, each as its process."""
    return tuple(sorted(scenario.schedulers))


def with_memories(scenario: Scenario, kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """The kinds with what each further scheduler remembers."""
    return tuple(attrs.evolve(kind, fields=(*kind.fields, *_memories(scenario, kind))) for kind in kinds)


def _memories(scenario: Scenario, kind: Kind) -> tuple[Field, ...]:
    return tuple(
        attrs.evolve(field, name=own(field.name, name), memory_of=name)
        for name in names(scenario)
        for field in kind.fields
        if field.memory_of == KUBE_SCHEDULER
    )


def _own_memory(name: str) -> OwnMemory:
    return OwnMemory({field.name: own(field.name, name) for field in _MEMORY})


def by_first(scenario: Scenario) -> Mapping[str, tuple[str, ...]]:
    """Who drives what kube-scheduler drives."""
    return {KUBE_SCHEDULER: (KUBE_SCHEDULER, *names(scenario))}


def machines(scenario: Scenario, found: Iterable[Machine]) -> tuple[Machine, ...]:
    """The machines with the arrows of every scheduler, and for each further one that of its own queue."""
    several = tuple(with_arrows(machine, by_first(scenario)) for machine in found)
    queue = with_arrows(MACHINE, by_first(scenario))
    return (
        *several,
        *(
            replace(queue, name=own(queue.name, name), fields=_own_memory(name).names(queue.fields))
            for name in names(scenario)
        ),
    )


def lag(scenario: Scenario, found: Mapping[tuple[str, str], int]) -> Mapping[tuple[str, str], int]:
    """How far caches lag: those of further schedulers as those of kube-scheduler."""
    return {
        (name, kind): behind
        for (client, kind), behind in found.items()
        for name in by_first(scenario).get(client, (client,))
    }


def watches(scenario: Scenario, found: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """The (client, kind) of watches, those of further schedulers with those of kube-scheduler."""
    return frozenset(lag(scenario, dict.fromkeys(found, 0)))


def _needed(scenario: Scenario) -> bool:
    return bool(scenario.schedulers)


def _components(scenario: Scenario) -> tuple[Component, ...]:
    found = []
    for name, served in profiles_of_further(scenario).items():
        (timed,) = with_constants((scheduler.component(setup(scenario, served)),), scenario.constants)
        found.append(attrs.evolve(_own_memory(name).of(timed), name=name, process=name, guards=(process_runs(name),)))
    return tuple(found)


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    several = len(names(scenario)) > 1
    return (
        Assumption(
            "further-schedulers",
            f"{', '.join(names(scenario))} {'schedule' if several else 'schedules'} beside kube-scheduler, with"
            f" {'caches' if several else 'a cache'} that may be as old as its, and never end{'' if several else 's'}",
            "kube-scheduler §7.1",
        ),
    )


FURTHER_SCHEDULERS = Part("further schedulers", _needed, components=_components, assumptions=_assumptions)
