"""Several instances of one control-plane process: each component once for each, with a memory of its own.

An instance differs from the first in its process, its name and the fields that are its memory, in nothing else. All act
only while they believe to lead. What an instance writes after it has lost its Lease is noted, for a property.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ...kinds import CANDIDATE, LEASE, process_runs
from ...language.component import Component, Handler, Key, Rule
from ...language.machine import Machine
from ...language.model import Field, Kind
from ...language.plan import Alternative, Call, RuntimeCall, Step, Sweep, Write
from ...language.query import ANY, Query, no_parameter


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


@attrs.frozen
class _Rewriting:
    """Rewrites rules and plans: ``fields`` are renamed, a request that is done is noted as one of ``process``."""

    process: str
    fields: Mapping[str, str]

    def names(self, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.fields.get(name, name) for name in given)

    def query(self, query: Query) -> Query:
        return attrs.evolve(query, fields=self.names(query.fields))

    def rule(self, rule: Rule) -> Rule:
        def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
            for found in rule.decide(key, **answers):
                yield attrs.evolve(found, plan=self.plan(found.plan, {}))

        return attrs.evolve(
            rule,
            key=Key(rule.key.kind, self.names(rule.key.fields), rule.key.view),
            decide=decide,
            queries={name: self.query(query) for name, query in rule.queries.items()},
            stages=tuple({name: self.query(query) for name, query in stage.items()} for stage in rule.stages),
            guards=tuple(map(self.query, rule.guards)),
        )

    def handler(self, handler: Handler) -> Handler:
        return attrs.evolve(handler, field=self.fields.get(handler.field, handler.field))

    def plan(self, steps: tuple[Step, ...], done: dict[int, tuple[Step, tuple[Step, ...]]]) -> tuple[Step, ...]:
        return tuple(new for step in steps for new in self.step(step, done))

    def step(self, step: Step, done: dict[int, tuple[Step, tuple[Step, ...]]]) -> tuple[Step, ...]:
        """``done``: what has been rewritten, for branches of a plan share steps; each is kept beside its own."""
        if id(step) not in done:
            done[id(step)] = (step, tuple(self._rewritten(step, done)))
        return done[id(step)][1]

    def _rewritten(self, step: Step, done: dict[int, tuple[Step, tuple[Step, ...]]]) -> Iterable[Step]:
        if isinstance(step, Call):
            memory = tuple((self.fields.get(field, field), change) for field, change in step.memory)
            on = tuple((outcome, self.plan(then, done)) for outcome, then in step.on)
            yield attrs.evolve(step, memory=memory, on=on)
            yield Sweep(CANDIDATE, ("name", "holds", "late"), _note, self.process)
        elif isinstance(step, Write | RuntimeCall):
            yield attrs.evolve(step, field=self.fields.get(step.field, step.field))
        elif isinstance(step, Sweep):
            yield attrs.evolve(step, fields=self.names(step.fields))
        else:
            yield step


def memories(kinds: Iterable[Kind], process: str) -> frozenset[str]:
    """The names of the fields that are memory of ``process``."""
    return frozenset(field.name for kind in kinds for field in kind.fields if field.memory_of == process)


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
        rewriting = _Rewriting(process, fields)
        fence = (holds(names[0], process),) if fenced else ()
        found.append(
            attrs.evolve(
                component,
                name=instance_name(component.name, place),
                rules=tuple(map(rewriting.rule, component.rules)),
                process=process,
                guards=(process_runs(process), leads(process), *fence),
                handlers=tuple(map(rewriting.handler, component.handlers)),
            )
        )
    return tuple(found)


def with_arrows(machine: Machine, names: Mapping[str, tuple[str, ...]]) -> Machine:
    """The machine with each arrow also for the further instances of its component. ``names``: by the first."""
    arrows = tuple(
        attrs_arrow
        for arrow in machine.arrows
        for attrs_arrow in (arrow, *(_driven_by(arrow, name) for name in names.get(arrow.component, ())[1:]))
    )
    return Machine(
        machine.name,
        machine.kind,
        machine.fields,
        machine.states,
        machine.initial,
        arrows,
        machine.meaning,
        machine.reference,
    )


def _driven_by(arrow: Any, component: str) -> Any:
    return type(arrow)(arrow.trigger, arrow.source, arrow.dest, component, arrow.reference)
