"""Several candidates for one control-plane process: what they add to a cluster, and what they change in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..control_plane.leader_election import election, instances
from ..control_plane.leader_election.election import candidate_names
from ..control_plane.own_memory import memories
from ..control_plane.own_memory import with_arrows as with_arrows_of
from ..kinds import CANDIDATE, CANDIDATE_FIELDS, LEASE, LEASE_FIELDS
from ..language.component import Component
from ..language.machine import Machine
from ..language.model import Kind
from ..language.scenario import Scenario
from .part import Part


def candidates(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """The processes of which there are several: the names of the candidates by that of the first."""
    return {process: candidate_names(process, number) for process, number in sorted(scenario.candidates.items())}


def further_processes(scenario: Scenario) -> tuple[str, ...]:
    """The processes that only several candidates bring."""
    return tuple(name for names in candidates(scenario).values() for name in names[1:])


def in_all_instances(scenario: Scenario, found: Iterable[Component], kinds: Iterable[Kind]) -> list[Component]:
    """The components, those of processes with several candidates once for each. ``kinds``: with the first's memory."""
    known = tuple(kinds)
    names = candidates(scenario)
    fenced = scenario.switches.get("leader-fencing", "off") == "on"
    return [
        each
        for component in found
        for each in (
            instances.instances(component, names[component.process], memories(known, component.process), fenced=fenced)
            if component.process in names
            else (component,)
        )
    ]


def with_memories(scenario: Scenario, kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """The kinds with the memory of every instance."""
    names = candidates(scenario)
    return tuple(instances.with_memories(kind, names) for kind in kinds) if names else tuple(kinds)


def _by_first(scenario: Scenario, components: Iterable[Component]) -> Mapping[str, tuple[str, ...]]:
    """The names of a component's instances by that of the first."""
    names = candidates(scenario)
    return {
        component.name: tuple(
            instances.instance_name(component.name, place) for place in range(1, len(names[component.process]) + 1)
        )
        for component in components
        if component.process in names
    }


def with_arrows(scenario: Scenario, machines: Iterable[Machine], found: Iterable[Component]) -> tuple[Machine, ...]:
    """The machines, with the arrows of every instance. ``found``: the components of the model."""
    names = _by_first(scenario, found)
    return tuple(with_arrows_of(machine, names) for machine in machines) if names else tuple(machines)


def lag(scenario: Scenario, found: Iterable[Component]) -> Mapping[tuple[str, str], int]:
    """How far caches lag: those of further instances as those of the first."""
    names = _by_first(scenario, found)
    return {
        (name, kind): behind for (client, kind), behind in scenario.lag.items() for name in names.get(client, (client,))
    }


def in_every_instance(
    scenario: Scenario, found: Iterable[Component], watches: Iterable[tuple[str, str]]
) -> frozenset[tuple[str, str]]:
    """The (client, kind) of watches, those of further instances with those of the first."""
    names = _by_first(scenario, found)
    return frozenset((name, kind) for client, kind in watches for name in names.get(client, (client,)))


def _needed(scenario: Scenario) -> bool:
    return bool(scenario.candidates)


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (election.component(candidates(scenario).items()),)


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    found = candidates(scenario)
    everybody = tuple(name for names in found.values() for name in names)
    return (Kind(CANDIDATE, CANDIDATE_FIELDS, names=everybody), Kind(LEASE, LEASE_FIELDS, names=tuple(found)))


LEADER_ELECTION = Part("leader election", _needed, components=_components, kinds=_kinds, machines=election.MACHINES)
