"""Executes the steps of a plan whose requests are sent, applied and answered each in a step of its own (design §3.1).

As ``execution``, on which it builds: a pure function of the bundles selected so far.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ..spec.language.plan import Alternative, Call, Chosen, Marked, New, RuntimeCall, Step, Target
from ..spec.language.property import StepProperty
from ..spec.language.request import Response
from .effects import ANSWERED, SENT, CallRecord, Effects, Lost, NeedsSelection, PlanInFlight, Selection
from .execution import Execution
from .in_flight import AWAITED, Answered, Apply, Awaited, Sent, Vain, is_memory, sent_field, stored_beside
from .plan_targets import targets, with_targets
from .pools import MARKS, plan_field

if TYPE_CHECKING:
    from .transition_system import BoundQuery, TransitionSystem

_THE_AWAITED = (-1, -2)
"""Numbers of the mark on what an awaited request is about, in turn; those of the rest of its plan count from 0."""


class _Messages(Execution):
    """An execution in which a request is only sent."""

    def go_on(self, alternative: Alternative, answers: Mapping[str, Any]) -> Effects:
        """Up to the next request, which is sent; or what the API server does when it gets to one.

        ``answers``: what the rule was told.
        """
        steps: tuple[Any, ...] = alternative.plan
        if isinstance(steps[0], Apply):
            return self.apply(steps[0].sent)
        gone: tuple[Step, ...] = ()
        acted = heard = False
        reply: Awaited | None = None
        whole = self.system.fuses(self.component)
        while steps:
            step, rest = steps[0], steps[1:]
            acts = isinstance(step, RuntimeCall) and (acted or heard)
            if (acts or (isinstance(step, Call) and acted)) and not whole:
                break
            if isinstance(step, Call):
                call, rest = self.send(step, rest, answers)
                steps, reply = (call, *rest), AWAITED
                break
            if isinstance(step, Answered):
                heard = True
                gone, steps = self.hear(step, rest, gone)
                continue
            acted = acted or isinstance(step, RuntimeCall)
            self.perform(step)
            gone, steps = (*gone, step), rest
        self.unmark(gone, steps)
        self.remember(steps, reply)
        return self.effects()

    def send(self, step: Call, rest: tuple[Step, ...], answers: Mapping[str, Any]) -> tuple[Call, tuple[Step, ...]]:
        """Puts a request on its way. Returns it, and the steps that follow its reply, as the plan keeps them."""
        ordinal = self.last = self.target(step.target)
        kind = self.system.pools[self.pools[ordinal]].kind
        for field, change in step.memory:
            if is_memory(kind, field):
                self.put(ordinal, field, change(self.field(ordinal, field)))
        _, old = self.from_cache(ordinal, step.request.preconditions.seen)
        beside, rest = stored_beside(lambda target: self.system.pools[self.pools[self.target(target)]].kind, rest)
        marks = self._free_marks()

        def on_its_way(target: Target) -> Target:
            if not isinstance(target, Chosen | New | Marked):
                return target
            place = ordinal if target is step.target else self.target(target)
            return self._marked(place, next(marks))

        stored = tuple(one for one in step.memory if not is_memory(kind, one[0]))
        bare = attrs.evolve(step, memory=stored, on=(), target=on_its_way(step.target))
        judged = any(isinstance(one, StepProperty) and one.kind == kind.name for one in self.system.model.properties)
        told = tuple(sorted(answers.items())) if judged else ()
        writes: Any = with_targets(beside, on_its_way)
        # Outcomes after which the plan goes on as after a success; the others are for its sender to know.
        sent = Sent(self.rule, attrs.evolve(bare, tolerates=step.tolerates), writes, old, answers=told)
        field = sent_field(self.component)
        self.put(self.key, field, (*self.field(self.key, field), sent))
        self.calls.append(CallRecord(ordinal, step.request, None, old, SENT))
        unnamed = isinstance(step.target, New) or (isinstance(step.target, Chosen) and step.target.label is None)
        if unnamed:
            step = attrs.evolve(step, target=self._marked(ordinal, self._mark_of_awaited()))
        return attrs.evolve(step, memory=()), rest

    def _mark_of_awaited(self) -> tuple[str, str, int]:
        """The mark that the request before did not have, whose reply comes in the same step."""
        plan = self.field(self.key, plan_field(self.component))
        used = targets(plan.steps[:1]) if isinstance(plan, PlanInFlight) else ()
        marks = [(self.component, self.key_name, number) for number in _THE_AWAITED]
        return next(mark for mark in marks if not any(isinstance(it, Marked) and it.mark == mark for it in used))

    def _free_marks(self) -> Iterator[tuple[str, str, int]]:
        """Marks for what requests on their way are about; no process forgets them."""
        sender = f"sent by {self.component}"
        on_their_way = self.field(self.key, sent_field(self.component))
        used = {target.mark for sent in on_their_way for target in _targets(sent) if isinstance(target, Marked)}
        number = 0
        while True:
            if (sender, self.key_name, number) not in used:
                yield sender, self.key_name, number
            number += 1

    def _marked(self, ordinal: int, mark: tuple[str, str, int]) -> Marked:
        self.put(ordinal, MARKS, (*self.field(ordinal, MARKS), mark))
        return Marked(self.system.pools[self.pools[ordinal]].name, mark)

    def hear(
        self, step: Answered, rest: tuple[Step, ...], gone: tuple[Step, ...]
    ) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """Takes a reply in: the steps that are done with, and those that follow."""
        call, outcome = step.call, step.outcome
        self.last = self.target(call.target)
        self.calls.append(CallRecord(self.last, call.request, Response(outcome, None), phase=ANSWERED))
        follow = dict(call.on).get(outcome)
        if follow is None and (outcome.success or outcome in call.tolerates):
            return (*gone, call), rest
        return (*gone, call, *rest), follow or ()

    def apply(self, sent: Sent) -> Effects:
        """What the API server does with a request, and what becomes of the reply."""
        field = sent_field(self.component)
        on_their_way = list(self.field(self.key, field))
        on_their_way.remove(sent)
        self.put(self.key, field, tuple(on_their_way))
        outcome = self.call(sent.call, old=sent.old)
        if self.applied.success or self.applied in sent.call.tolerates:
            for write in sent.writes:
                self.perform(write)
        for target in _targets(sent):
            if isinstance(target, Marked):
                ordinal = self.by_mark(target)
                self.put(ordinal, MARKS, tuple(mark for mark in self.field(ordinal, MARKS) if mark != target.mark))
        plan = self.field(self.key, plan_field(self.component))
        if not sent.orphan and isinstance(plan, PlanInFlight) and plan.reply is AWAITED:
            self.put(self.key, plan_field(self.component), attrs.evolve(plan, reply=outcome))
        return self.effects()


def _targets(sent: Sent) -> tuple[Target, ...]:
    return targets((sent.call, *sent.writes))


def attempt(
    system: TransitionSystem,
    component: str,
    rule: str,
    key_pool: int,
    queries: Mapping[str, BoundQuery],
    alternative: Alternative,
    chosen: tuple[int, ...],
    lost: Lost | Vain | None,
    answers: Mapping[str, Any],
) -> Selection | Effects:
    """As ``execution.attempt``. ``answers``: what the rule was told.

    A request is sent in vain where its whole plan would change nothing now; ``lost`` VAIN means those, None the others.
    """
    try:
        execution = _Messages(
            system, component, rule, key_pool, queries, chosen, lost if isinstance(lost, Lost) else None
        )
        if isinstance(lost, Lost):
            return execution.go_on(alternative, answers) if execution.may_lose(lost) else execution.nothing()
        if not isinstance(alternative.plan[0], Answered | Apply):
            execution.run(alternative)
            vain = execution.unchanged()
            execution.undo()
            if vain is not isinstance(lost, Vain):
                return execution.nothing()
        return execution.go_on(alternative, answers)
    except NeedsSelection as needs:
        return needs.selection


__all__ = ["attempt"]
