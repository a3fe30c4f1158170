"""Properties bound to a transition system: judged on states and on the changes of single objects (design §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..spec.language.component import Key
from ..spec.language.machine import Machine, UndeclaredStateError
from ..spec.language.plan import Rpc
from ..spec.language.property import (
    HOLDS,
    IDLE,
    Finding,
    Judgement,
    Property,
    Shape,
    StateProperty,
    StepProperty,
    TemporalProperty,
    When,
    violated,
)
from .pools import NAME
from .transition_system import Group, Reader, TransitionSystem
from .watch_cache import WATCH

UNDECLARED_TRANSITION = "undeclared-transition"
NO_ANSWERS: Mapping[str, Any] = {}


class StateJudge(Reader):
    """A predicate over states that a property makes of one key; reads the store, never a cache.

    ``quiescent``: asked of quiescent states only.
    """

    def __init__(
        self,
        system: TransitionSystem,
        prop: StateProperty | TemporalProperty,
        judge: Callable[..., Finding],
        *,
        quiescent: bool,
    ) -> None:
        """Binds ``judge(key, **answers)`` to the pools of ``system``, with the key and the queries of ``prop``."""
        key = prop.key if prop.key is not None else _whole_cluster(system)
        super().__init__(system, key, (prop.queries,) if prop.queries else (), None)
        self.property = prop
        self.name = prop.name
        self.quiescent = quiescent
        self._judge = judge

    def judge(self, key: Any, answers: Mapping[str, Any]) -> Finding:
        """What the property says of one key and its answers."""
        return self._judge(key, **answers)


def _whole_cluster(system: TransitionSystem) -> Key:
    """A key that is always there, once."""
    pool = next((pool for pool in system.pools if pool.names), None)
    if pool is None:
        raise ValueError("a property of the whole cluster needs a kind whose objects have names, always there")
    first = pool.names[0]
    return Key(pool.name, (NAME,), lambda name: () if name == first else None)


AT_REST = (Shape.EVENTUALLY_ALWAYS, Shape.INFINITELY_OFTEN)
"""Shapes that are violated by every state at rest in which the predicate is not so, whatever led there."""


class StepJudges:
    """All step properties and machines: what they say of one object's change by one group."""

    def __init__(self, system: TransitionSystem) -> None:
        """Binds the step properties and machines of the system's model."""
        self._system = system
        self._step: dict[int, list[tuple[StepProperty, tuple[int, ...]]]] = {}
        self._machines: dict[int, list[tuple[Machine, tuple[int, ...]]]] = {}
        for prop in system.model.properties:
            if isinstance(prop, StepProperty):
                pool = system.pool_index[prop.kind]
                self._step.setdefault(pool, []).append((prop, system.pools[pool].places(prop.fields)))
        for machine in system.model.machines:
            if machine.kind in system.pool_index:
                pool = system.pool_index[machine.kind]
                self._machines.setdefault(pool, []).append((machine, system.pools[pool].places(machine.fields)))

    def judge(
        self, group: Group, pool: int, before: int, after: int, answers: Mapping[str, Any] = NO_ANSWERS
    ) -> list[tuple[str, Finding]]:
        """The findings, by property name, on the change of a bundle of ``pool`` by a rule that got ``answers``."""
        bundles = self._system.pools[pool].bundles
        old, new = bundles[before], bundles[after]
        component, rule = group.component.name, group.rule.name
        # A request that is sent, or answered, changes nothing but who waits for what.
        messages = self._system.splits(component)
        found = [
            (
                prop.name,
                prop.judge(component, rule, tuple(old[i] for i in places), tuple(new[i] for i in places), answers),
            )
            for prop, places in self._step.get(pool, ())
            if not messages or any(old[i] != new[i] for i in places)
        ]
        for machine, places in self._machines.get(pool, ()):
            found.append((UNDECLARED_TRANSITION, self._arrow(machine, component, places, old, new)))
        return found

    def _arrow(
        self, machine: Machine, component: str, places: tuple[int, ...], old: tuple[Any, ...], new: tuple[Any, ...]
    ) -> Finding:
        try:
            source = machine.classify(*[old[i] for i in places])
            dest = machine.classify(*[new[i] for i in places])
        except UndeclaredStateError as problem:
            return violated(str(problem))
        if source == dest:
            return IDLE
        if machine.declares(source, dest, component):
            return HOLDS
        if self._system.fuses(component) and machine.leads(source, dest, component):
            return HOLDS
        # A write that finds a watch queue full has the oldest event delivered in the same step. A client that sees all
        # at once sees the write that it waits for in that step, too.
        watched = self._system.model.lag or self._system.model.rpc is Rpc.MESSAGE
        if watched and machine.leads(source, dest, component, WATCH):
            return HOLDS
        return violated(f"machine {machine.name} declares no arrow {source} -> {dest} driven by {component}")

    def arrows(self, group: Group, pool: int, before: int, after: int) -> list[tuple[str, str, str]]:
        """The (machine, source, dest) that a change takes, for traces and coverage.

        Machines that have no state for it are left out; ``judge`` says so.
        """
        bundles = self._system.pools[pool].bundles
        old, new = bundles[before], bundles[after]
        taken = []
        for machine, places in self._machines.get(pool, ()):
            try:
                source = machine.classify(*[old[i] for i in places])
                dest = machine.classify(*[new[i] for i in places])
            except UndeclaredStateError:
                continue
            if source != dest:
                taken.append((machine.name, source, dest))
        return taken


def state_judges(system: TransitionSystem) -> tuple[StateJudge, ...]:
    """What judges states: state properties, and temporal ones that say something of every state at rest."""
    judges = [_judge_of(system, prop) for prop in system.model.properties]
    return tuple(judge for judge in judges if judge is not None)


def _judge_of(system: TransitionSystem, prop: Property) -> StateJudge | None:
    if isinstance(prop, StateProperty):
        return StateJudge(system, prop, prop.judge, quiescent=prop.when is When.QUIESCENT)
    if isinstance(prop, TemporalProperty) and prop.shape in AT_REST:
        return StateJudge(system, prop, prop.judge, quiescent=True)
    return None


def temporal_judge(system: TransitionSystem, prop: TemporalProperty) -> StateJudge:
    """The predicate of a temporal property, in every state."""
    return StateJudge(system, prop, prop.judge, quiescent=False)


def trigger_judge(system: TransitionSystem, prop: TemporalProperty) -> StateJudge | None:
    """What asks for the predicate of a temporal property: HOLDS where it does; None where nothing need to."""
    asks = prop.asks
    if asks is None:
        return None

    def judge(key: Any, **answers: Any) -> Finding:
        return HOLDS if asks(key, **answers) else IDLE

    return StateJudge(system, prop, judge, quiescent=False)


def property_names(system: TransitionSystem) -> tuple[str, ...]:
    """The names of all properties that a search decides, in declaration order, the machines' own last."""
    names = tuple(dict.fromkeys(prop.name for prop in system.model.properties))
    return (*names, UNDECLARED_TRANSITION) if system.model.machines else names


__all__ = [
    "AT_REST",
    "UNDECLARED_TRANSITION",
    "Finding",
    "Judgement",
    "Shape",
    "StateJudge",
    "StepJudges",
    "TemporalProperty",
    "property_names",
    "state_judges",
    "temporal_judge",
    "trigger_judge",
]
