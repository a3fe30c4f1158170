"""A second program of the same kind: the rules and plans of a component, over a memory of its own.

Two instances of one process, or two schedulers, run the same rules. What each remembers stands in fields of its own, so
that neither knows what the other has decided and not yet written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import attrs

from ..language.component import Component, Handler, Key, Rule
from ..language.machine import Machine
from ..language.model import Kind
from ..language.plan import Alternative, Call, RuntimeCall, Step, Sweep, Write
from ..language.query import Query


def memories(kinds: Iterable[Kind], process: str) -> frozenset[str]:
    """The names of the fields that are memory of ``process``."""
    return frozenset(field.name for kind in kinds for field in kind.fields if field.memory_of == process)


def own(field: str, name: str) -> str:
    """The field in which the program ``name`` remembers what the first of its kind remembers in ``field``."""
    return f"{field} of {name}"


@attrs.frozen
class OwnMemory:
    """Rewrites rules and plans: ``fields`` are renamed, and ``noted`` follows each request that is done."""

    fields: Mapping[str, str]
    noted: tuple[Step, ...] = ()

    def of(self, component: Component) -> Component:
        """The component over the renamed fields; its name, process and guards are the old ones."""
        return attrs.evolve(
            component,
            rules=tuple(map(self._rule, component.rules)),
            handlers=tuple(map(self._handler, component.handlers)),
        )

    def names(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """The names of fields, those of the memory renamed."""
        return tuple(self.fields.get(name, name) for name in given)

    def _query(self, query: Query) -> Query:
        fields = self.names(query.fields)
        return query if fields == query.fields else attrs.evolve(query, fields=fields)

    def _rule(self, rule: Rule) -> Rule:
        def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
            for found in rule.decide(key, **answers):
                yield attrs.evolve(found, plan=self._plan(found.plan, {}))

        return attrs.evolve(
            rule,
            key=Key(rule.key.kind, self.names(rule.key.fields), rule.key.view),
            decide=decide,
            queries={name: self._query(query) for name, query in rule.queries.items()},
            stages=tuple({name: self._query(query) for name, query in stage.items()} for stage in rule.stages),
            guards=tuple(map(self._query, rule.guards)),
        )

    def _handler(self, handler: Handler) -> Handler:
        return attrs.evolve(handler, field=self.fields.get(handler.field, handler.field))

    def _plan(self, steps: tuple[Step, ...], done: dict[int, tuple[Step, tuple[Step, ...]]]) -> tuple[Step, ...]:
        return tuple(new for step in steps for new in self._step(step, done))

    def _step(self, step: Step, done: dict[int, tuple[Step, tuple[Step, ...]]]) -> tuple[Step, ...]:
        """``done``: what has been rewritten, for branches of a plan share steps; each is kept beside its own."""
        if id(step) not in done:
            done[id(step)] = (step, tuple(self._rewritten(step, done)))
        return done[id(step)][1]

    def _rewritten(self, step: Step, done: dict[int, tuple[Step, tuple[Step, ...]]]) -> Iterable[Step]:
        if isinstance(step, Call):
            memory = tuple((self.fields.get(field, field), change) for field, change in step.memory)
            on = tuple((outcome, self._plan(then, done)) for outcome, then in step.on)
            yield attrs.evolve(step, memory=memory, on=on)
            yield from self.noted
        elif isinstance(step, Write | RuntimeCall):
            yield attrs.evolve(step, field=self.fields.get(step.field, step.field))
        elif isinstance(step, Sweep):
            yield attrs.evolve(step, fields=self.names(step.fields))
        else:
            yield step


def with_arrows(machine: Machine, names: Mapping[str, tuple[str, ...]]) -> Machine:
    """The machine with each arrow also for those that do as its component does. ``names``: theirs, by the first."""
    arrows = tuple(
        found
        for arrow in machine.arrows
        for found in (
            arrow,
            *(replace(arrow, component=name) for name in names.get(arrow.component, ())[1:]),
        )
    )
    return replace(machine, arrows=arrows)
