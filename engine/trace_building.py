"""Builds the trace of a path: each pair of states becomes the step between them, in the words of the rules.

Nothing here depends on how a search numbered its bundles: a path found after any search, and the same path walked from
scratch, give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..spec.language.machine import UndeclaredStateError
from ..spec.language.model import INFORMER, informer_name
from ..spec.language.plan import RuntimeCall
from ..spec.language.property import IDLE, Finding, Judgement, StepProperty
from ..spec.language.query import Query, Read
from .effects import CallRecord
from .encoding import Difference, Encoder, Json
from .identities import Identities, Naming, Touched, Unrolled
from .judging import UNDECLARED_TRANSITION, StepJudges, state_judges
from .pools import MARKS, NAME, TIMERS, Bundle, State, pending_field
from .successors import Transition, answer, answers, keys, transitions
from .timing import CLOCK
from .traces import (
    Answer,
    Change,
    Initially,
    Move,
    Overtaken,
    Reference,
    Remark,
    Request,
    Start,
    Step,
    Trace,
    Truth,
    Violation,
    step_to_plain,
)
from .transition_system import BoundQuery, TransitionSystem

NO_STATE = "no declared state"
"""Stands for the state of a machine where none, or more than one, of the declared ones holds."""

_GRAVITY = (Judgement.IDLE, Judgement.HOLDS, Judgement.SUSPENDED, Judgement.VIOLATED)


class Chronicler:
    """Puts states and transitions of one system into the words of a trace."""

    def __init__(self, system: TransitionSystem, naming: Naming | None = None) -> None:
        """``naming``: what objects and actors are called."""
        self.system = system
        self.naming = naming or Naming()
        self.identities = Identities(system, self.naming)
        self.encoder = Encoder(self.naming.field)
        self._state_judges = state_judges(system)
        self._step_judges = StepJudges(system)
        self._step_properties = [p.name for p in system.model.properties if isinstance(p, StepProperty)]
        if system.model.machines:
            self._step_properties.append(UNDECLARED_TRANSITION)
        self._enabled: dict[State, list[Transition]] = {}

    def begin(self, state: State) -> Unrolled:
        """A first state with its objects told apart."""
        return self.identities.begin(state)

    def enabled(self, state: State) -> list[Transition]:
        """The transitions of a state, computed once, in the order of the rules; what finds no room is among them."""
        if state not in self._enabled:
            self._enabled[state] = transitions(self.system, state)
        return self._enabled[state]

    def start(self, unrolled: Unrolled) -> Start:
        """The first state in words."""
        objects: list[Initially] = []
        for number, pool in enumerate(self.system.pools):
            content = unrolled.state[number]
            for index in self.identities.in_order(unrolled, number) if pool.name != CLOCK else ():
                name = self.identities.name_at(unrolled, number, index)
                if name:
                    bundle = pool.bundles[content[index]]
                    machines = self._machine_states(pool.name, number, bundle)
                    objects.append(Initially(Reference(pool.name, name), self._fields(number, bundle), machines))
        return Start(tuple(objects), self._truth(unrolled, None, ()))

    def step(self, before: Unrolled, transition: Transition) -> tuple[Step, Unrolled]:
        """The step of a transition, and the state after it."""
        after, touched, chosen = self.identities.advance(before, transition)
        group, effects = transition.group, transition.effects
        assert effects is not None, "a step that finds room"
        component, alternative = group.component.name, transition.firing.alternative
        actor, rule, target = self._who(before, transition)
        kind = target.kind
        step = Step(
            component=component,
            actor=actor,
            rule=rule,
            target=target,
            because=alternative.because or ("" if group.continues else group.rule.meaning),
            continues=group.continues,
            duration=group.rule.duration,
            overtook=self._overtaken(before, transition),
            behind=self._behind(before.state, component, kind),
            answers=tuple(self._answers(before.state, transition)),
            requests=tuple(self._request(call, transition, chosen) for call in effects.calls),
            changes=tuple(change for each in touched for change in self._changes(each)),
            created=tuple(self._reference(each) for each in touched if each.created),
            removed=tuple(self._reference(each) for each in touched if each.removed),
            machines=tuple(move for each in touched for move in self._moves(each)),
            properties=self._truth(after, transition, touched),
        )
        return step, after

    def _who(self, before: Unrolled, transition: Transition) -> tuple[str, str, Reference]:
        """Actor, rule and object of a step."""
        pool, index, bundle = transition.chosen[0]
        kind, name = self.system.pools[pool].name, self.identities.name_at(before, pool, index)
        group = transition.group
        actor = self.naming.actor(group.component.name, kind, name, self.identities.values(pool, bundle))
        return actor, transition.key.rule if group.continues else group.rule.name, Reference(kind, name)

    def _overtaken(self, before: Unrolled, timer: Transition) -> tuple[Overtaken, ...]:
        """What could have come before a timer and did not: what is slow; or anything, where timers never wait."""
        if timer.group.environment or (self.system.graded and not self.system.model.slow):
            return ()
        sooner = [
            self._who(before, transition)
            for transition in self.enabled(before.state)
            if transition.group.rank < timer.group.rank and not transition.group.environment
            if transition.successor is not None
        ]
        # Which of several equal objects, and in which order, must not depend on how a search numbered its bundles.
        ordered = sorted(set(sooner), key=lambda one: (one[0], one[1], one[2].kind, one[2].name))
        return tuple(Overtaken(*one) for one in ordered)

    def violation(self, property_: str, text: str, last: Truth) -> Violation:
        """What is violated, given what the properties say at the end; ``text``: where they have no remark on it."""
        declared = next((each for each in self.system.model.properties if each.name == property_), None)
        remark = next((each for each in last.remarks if each.property == property_), None)
        return Violation(
            property_,
            statement=declared.statement if declared else "",
            text=remark.text if remark else text,
            target=remark.target if remark else None,
            advice=declared.advice if declared else "",
        )

    def _reference(self, touched: Touched) -> Reference:
        return Reference(self.system.pools[touched.pool].name, touched.name)

    def _behind(self, state: State, client: str, kind: str) -> int:
        if (client, kind) not in self.system.model.lag:
            return 0
        number = self.system.pool_index[INFORMER]
        pool = self.system.pools[number]
        bundle = state[number][pool.index_of(state[number], informer_name(client, kind))]
        return int(pool.bundles[bundle][pool.position["pending"]])

    def _answers(self, state: State, transition: Transition) -> Iterable[Answer]:
        rule, given = transition.group.rule, transition.firing.answers
        known: dict[str, Any] = {}
        for stage in (rule.queries, *rule.stages):
            for name, query in stage.items():
                read, behind = self.encoder.encoded(given[name]), 0
                if query.read is Read.CACHED:
                    behind = self._behind(state, transition.group.component.name, query.kind)
                stored = self._stored_answer(state, transition, query, known) if behind else given[name]
                actual = self.encoder.encoded(stored)
                outdated = actual != read
                yield Answer(name, read, behind, outdated, actual if outdated else None)
            known |= {name: given[name] for name in stage}

    def _stored_answer(self, state: State, transition: Transition, query: Query, known: Mapping[str, Any]) -> Any:
        """What the store itself answers, whatever the client's cache shows."""
        number = self.system.pool_index[query.kind]
        pool = self.system.pools[number]
        parameter = query.parameter(transition.key, **known)
        bound = BoundQuery(query, parameter, number, pool.places(query.fields), pool.bundles)
        return answer(transition.group, state, bound, transition.chosen[0][1])

    def _request(self, call: CallRecord, transition: Transition, chosen: tuple[str, ...]) -> Request:
        target = Reference(self.system.pools[transition.chosen[call.target][0]].name, chosen[call.target])
        asked, response = call.request, call.response
        if isinstance(asked, RuntimeCall):
            return Request(asked.call, target, body=self.encoder.encoded(asked.change))
        return Request(
            verb=asked.verb.value,
            target=target,
            subresource=asked.subresource,
            body=self.encoder.encoded(asked.body),
            uid=asked.preconditions.uid,
            guarded=asked.preconditions.seen is not None,
            stale=call.seen_stale,
            outcome=response.outcome.value if response else "",
            reason=response.reason if response else "",
            phase=call.phase,
        )

    def _changes(self, touched: Touched) -> Iterable[Change]:
        pool = self.system.pools[touched.pool]
        old, new = pool.bundles[touched.before], pool.bundles[touched.after]
        target = self._reference(touched)
        for field, before, after in zip(pool.fields, old, new, strict=True):
            # What counts is told where it fires: by how long its rule has waited.
            if before == after or field == TIMERS:
                continue
            for each in self._differences(pool.name, field, before, after):
                yield Change(target, each.path, each.before, each.after)

    def _differences(self, kind: str, field: str, before: Any, after: Any) -> tuple[Difference, ...]:
        if field == MARKS or self._counted(kind, field):
            return (Difference(field, self._shown(kind, field, before), self._shown(kind, field, after)),)
        return self.encoder.difference(before, after, field)

    def _counted(self, kind: str, field: str) -> bool:
        """Whether a field is a queue of events, of which a trace tells the length: each was a change, told before."""
        return any(field == pending_field(client) for client in self.system.lagging.get(kind, ()))

    def _shown(self, kind: str, field: str, value: Any) -> Json:
        return len(value) if self._counted(kind, field) else self.encoder.encoded(value)

    def _fields(self, number: int, bundle: Bundle) -> dict[str, Json]:
        pool = self.system.pools[number]
        return {
            field: self._shown(pool.name, field, value)
            for field, value, default in zip(pool.fields, bundle, pool.initial, strict=True)
            if field not in (NAME, TIMERS) and value != default
        }

    def _machine_states(self, kind: str, number: int, bundle: Bundle) -> dict[str, str]:
        found: dict[str, str] = {}
        for machine in self.system.model.machines:
            if machine.kind == kind:
                places = self.system.pools[number].places(machine.fields)
                try:
                    found[machine.name] = machine.classify(*[bundle[place] for place in places])
                except UndeclaredStateError:
                    found[machine.name] = NO_STATE
        return found

    def _moves(self, touched: Touched) -> Iterable[Move]:
        pool = self.system.pools[touched.pool]
        old = self._machine_states(pool.name, touched.pool, pool.bundles[touched.before])
        new = self._machine_states(pool.name, touched.pool, pool.bundles[touched.after])
        for machine, before in old.items():
            if before != new[machine]:
                yield Move(self._reference(touched), machine, before, new[machine])

    def _truth(self, after: Unrolled, step: Transition | None, touched: Sequence[Touched]) -> Truth:
        quiescent = all(transition.group.environment for transition in self.enabled(after.state))
        found: list[tuple[str, Reference, Finding]] = []
        for judge in self._state_judges:
            name = judge.name
            if judge.quiescent and not quiescent:
                continue
            for index, _, key in keys(judge, after.state):
                read, _ = answers(judge, after.state, key, index)
                target = Reference(
                    self.system.pools[judge.pool].name, self.identities.name_at(after, judge.pool, index)
                )
                found.append((name, target, judge.judge(key, read)))
        if step is not None:
            given = step.firing.answers
            for each in touched:
                for name, finding in self._step_judges.judge(step.group, each.pool, each.before, each.after, given):
                    found.append((name, self._reference(each), finding))
        judgements = dict.fromkeys((*(judge.name for judge in self._state_judges), *self._step_properties), IDLE)
        for name, _, finding in found:
            judgements[name] = max(judgements[name], finding, key=lambda one: _GRAVITY.index(one.judgement))
        bad = (Judgement.SUSPENDED, Judgement.VIOLATED)
        remarks = {Remark(name, target, f.text): None for name, target, f in found if f.judgement in bad}
        ordered = sorted(remarks, key=lambda r: (list(judgements).index(r.property), r.target.kind, r.target.name))
        return Truth({name: finding.judgement.value for name, finding in judgements.items()}, tuple(ordered))


def build(
    system: TransitionSystem,
    path: Sequence[State],
    *,
    naming: Naming | None = None,
    scenario: Mapping[str, Json] | None = None,
    violated: str = "",
    text: str = "",
    loop: int | None = None,
    taken: Sequence[Transition] = (),
) -> Trace:
    """The trace of ``path``: states of ``system``, the first one first, each a successor of the one before.

    ``violated``: the property at stake, "" for none; ``text`` explains it where the property does not. ``loop``: the
    steps after that many repeat for ever. ``taken``: the transition of each step, where it is not all the same which
    one of several leads on. Raises ValueError where a state is no successor of the one before, and where the model has
    the property, it is violated by how the path ends, and yet it is not violated there.
    """
    chronicler = Chronicler(system, naming)
    unrolled = chronicler.begin(path[0])
    start = chronicler.start(unrolled)
    steps: list[Step] = []
    for number, wanted in enumerate(path[1:], 1):
        fitting = [
            chronicler.step(unrolled, transition)
            for transition in chronicler.enabled(unrolled.state)
            if transition.successor == wanted and (not taken or _same(transition, taken[number - 1]))
        ]
        if not fitting:
            raise ValueError(f"state {number} of the path is no successor of the state before it")
        last = number == len(path) - 1
        step, unrolled = min(fitting, key=lambda one: _preference(one[0], violated if last else ""))
        steps.append(step)
    ending = steps[-1].properties if steps else start.properties
    said = ending.judgements.get(violated, Judgement.VIOLATED.value)
    if violated and loop is None and said != Judgement.VIOLATED.value:
        raise ValueError(f"{violated} is not violated at the end of the path: it is judged {said!r} there")
    return Trace(
        model=system.model.name,
        start=start,
        steps=tuple(steps),
        violation=chronicler.violation(violated, text, ending) if violated else None,
        loop=loop,
        scenario=json.loads(json.dumps(scenario or {}, allow_nan=False)),
    )


def _same(one: Transition, other: Transition) -> bool:
    """Whether two transitions of one state, maybe computed apart, are the same."""
    plans = one.firing.alternative.plan == other.firing.alternative.plan
    return one.group is other.group and one.chosen == other.chosen and plans


def _preference(step: Step, violated: str) -> tuple[bool, str]:
    """Where several steps lead to the same state: one that violates the property, then the first in plain words."""
    return step.properties.judgements.get(violated) != Judgement.VIOLATED.value, json.dumps(step_to_plain(step))


__all__ = ["NO_STATE", "Chronicler", "build"]
