"""Executes one step of a plan on the bundles that it touches (design §3.1, §3.2).

An execution selects bundles one after the other: its key first, then targets, informers, marked objects. It is a pure
function of the bundles selected so far, so an explorer may table it: ``attempt`` returns either the next selection it
needs or its effects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ..spec.language.component import Handler
from ..spec.language.model import BEYOND, INFORMER, Counting, informer_name
from ..spec.language.plan import (
    Alternative,
    Call,
    Chosen,
    FieldChange,
    Forget,
    It,
    Loss,
    Marked,
    Miss,
    Named,
    New,
    Relist,
    RuntimeCall,
    Set,
    Step,
    Sweep,
    Target,
    TheKey,
    Write,
)
from ..spec.language.request import ApiCall, Outcome, Response, Verb
from .effects import CallRecord, Effects, Lost, NeedsSelection, PlanInFlight, Selection
from .in_flight import AWAITED, Awaited, orphaned, sent_field
from .plan_targets import targets, with_targets
from .pools import MARKS, NAME, TIMERS, cached_field, pending_field, plan_field
from .watch_cache import Nearer, missing

if TYPE_CHECKING:
    from .transition_system import BoundQuery, TransitionSystem


class Execution:
    """One execution, on the bundles selected so far: ``values``, which it changes."""

    def __init__(
        self,
        system: TransitionSystem,
        component: str,
        rule: str,
        key_pool: int,
        queries: Mapping[str, BoundQuery],
        chosen: tuple[int, ...],
        lost: Lost | None,
    ) -> None:
        """``chosen``: the bundles selected so far, the key's first."""
        self.system = system
        self.component = component
        self.rule = rule
        self.queries = queries
        self.chosen = chosen
        self.pools: list[int] = []
        self.values: list[list[Any]] = []
        self.marked: dict[tuple[str, str, int], int] = {}
        self.labelled: dict[Chosen, int] = {}
        self.sweeps: list[tuple[int, Sweep]] = []
        self.calls: list[CallRecord] = []
        self.lost = lost
        self.drawn: dict[Target, list[int]] = {}
        self.draws: dict[Target, int] = {}
        self.requests = 0
        self.applied = Outcome.UNKNOWN
        self.moved: dict[int, dict[str, Any]] = {}
        self.key = self.take(key_pool)
        self.key_name = self.field(self.key, NAME)
        self.last = self.key

    def take(self, pool: int, selection: Selection | None = None) -> int:
        ordinal = len(self.values)
        if ordinal >= len(self.chosen):
            assert selection is not None, "the key is always selected"
            raise NeedsSelection(selection)
        values = list(self.system.pools[pool].bundles[self.chosen[ordinal]])
        # What does not exist yet was not there to be swept.
        made = selection is not None and selection.new
        for place, sweep in () if made else self.sweeps:
            if place == pool:
                values = self.system.swept(pool, sweep, values)
        self.pools.append(pool)
        self.values.append(values)
        return ordinal

    def by_name(self, kind: str, name: str) -> int:
        pool = self.system.pool_index[kind]
        known = self.selected(pool, name)
        return self.take(pool, Selection(pool, name=name)) if known is None else known

    def selected(self, pool: int, name: str) -> int | None:
        """The selection that an object of that name already is, be it as the key or as one that was chosen."""
        for ordinal, place in enumerate(self.pools):
            if place == pool and self.field(ordinal, NAME) == name:
                return ordinal
        return None

    def by_mark(self, target: Marked) -> int:
        known = self.marked.get(target.mark)
        if known is None:
            pool = self.system.pool_index[target.kind]
            known = self.marked[target.mark] = self.take(pool, Selection(pool, mark=target.mark))
        return known

    def target(self, target: Target) -> int:
        if isinstance(target, TheKey):
            return self.key
        if isinstance(target, It):
            return self.last
        if isinstance(target, Named):
            return self.by_name(target.kind, target.name)
        if isinstance(target, Marked):
            return self.by_mark(target)
        if isinstance(target, New):
            pool = self.system.pool_index[target.kind]
            return self.draw(target, Selection(pool))
        if target in self.labelled:
            return self.labelled[target]
        query = self.queries[target.query]
        ordinal = self.draw(target, Selection(query.pool, query=query, cls=target.cls))
        if target.label is not None:
            self.labelled[target] = ordinal
        return ordinal

    def draw(self, target: Target, selection: Selection) -> int:
        """Another object that ``target`` means; the same ones once more, in the same order, after a trial."""
        known, place = self.drawn.setdefault(target, []), self.draws.get(target, 0)
        self.draws[target] = place + 1
        if place == len(known):
            known.append(self.take(selection.pool, selection))
        return known[place]

    def undo(self) -> None:
        """Takes back all that was done; what was selected stays selected."""
        bundles = zip(self.pools, self.chosen, strict=False)
        self.values = [list(self.system.pools[pool].bundles[bundle]) for pool, bundle in bundles]
        self.sweeps, self.calls, self.requests, self.moved = [], [], 0, {}
        self.draws = {}
        self.last = self.key

    def field(self, ordinal: int, field: str) -> Any:
        return self.values[ordinal][self.system.pools[self.pools[ordinal]].position[field]]

    def put(self, ordinal: int, field: str, value: Any) -> None:
        self.values[ordinal][self.system.pools[self.pools[ordinal]].position[field]] = value

    def sweep(self, sweep: Sweep) -> None:
        pool = self.system.pool_index[sweep.kind]
        for ordinal, place in enumerate(self.pools):
            if place == pool:
                self.values[ordinal] = self.system.swept(pool, sweep, self.values[ordinal])
        self.sweeps.append((pool, sweep))

    def store(self, ordinal: int, value: Any) -> None:
        """Stores a new version of an object and tells every client that watches it."""
        before = self.field(ordinal, "object")
        kind = self.system.pools[self.pools[ordinal]].name
        for client in self.system.lagging.get(kind, ()):
            informer = self.by_name(INFORMER, informer_name(client, kind))
            pending = self.field(informer, "pending")
            if pending == self.system.model.lag[client, kind]:
                self.sweep(self.system.deliveries[client, kind])
                self.nearer(informer, Nearer())
                pending -= 1
            if not pending and self.untold(ordinal, client, before, value):
                self.put(informer, "pending", 0)
                self.put(ordinal, cached_field(client), value)
                continue
            self.put(informer, "pending", pending + 1)
            queue = self.field(ordinal, pending_field(client))
            self.put(ordinal, pending_field(client), (*queue, (pending, value)))
        self.put(ordinal, "object", value)
        self.count(ordinal, before, value)
        for client, handler in self.system.handlers.get(kind, ()):
            if (client, kind) not in self.system.model.lag:
                self.react(ordinal, handler, before, value)

    def untold(self, ordinal: int, client: str, before: Any, after: Any) -> bool:
        """Whether a lagging client cannot tell that an object changed, whatever it does before it sees the change.

        Nor can its handlers, and it is in the middle of no plan that is about the object.
        """
        pool = self.system.pools[self.pools[ordinal]]
        told = self.system.model.told.get((client, pool.name))
        if told is None or told(before) != told(after):
            return False
        if MARKS in pool.position and any(mark[0] == client for mark in self.field(ordinal, MARKS)):
            return False
        handlers = (handler for owner, handler in self.system.handlers.get(pool.name, ()) if owner == client)
        memories = ((handler, self.field(ordinal, handler.field)) for handler in handlers)
        return all(handler.react(memory, before, after) == memory for handler, memory in memories)

    def count(self, ordinal: int, before: Any, after: Any) -> None:
        """Keeps the ghost counters of an object with a name of its own that comes, or goes."""
        counters = self.system.pools[self.pools[ordinal]].counters
        if not counters or (before is None) is (after is None) or not self.field(ordinal, NAME):
            return
        what = Counting.CREATIONS if before is None else Counting.REMOVALS
        for field in counters:
            if field.counts is what:
                self.put(ordinal, field.name, min(self.field(ordinal, field.name) + 1, field.most))

    def react(self, ordinal: int, handler: Handler, before: Any, after: Any) -> None:
        self.put(ordinal, handler.field, handler.react(self.field(ordinal, handler.field), before, after))

    def call(self, step: Call, *, old: bool = False) -> Outcome:
        """``old``: what its sender had seen was an old version when it was sent."""
        ordinal = self.last = self.target(step.target)
        for field, change in step.memory:
            self.put(ordinal, field, change(self.field(ordinal, field)))
        stored = self.field(ordinal, "object")
        seen = step.request.preconditions.seen
        stale, from_cache = self.from_cache(ordinal, seen)
        current = seen is None or (stored == seen and not from_cache and not old)
        loss = self.loses()
        if loss is Loss.REQUEST:
            response = Response(Outcome.UNKNOWN, stored, "the request was lost")
        else:
            response = self.serve(step.request, stored, current)
            if step.request.verb is Verb.CREATE and response.outcome.success and self.field(ordinal, NAME):
                response = attrs.evolve(response, stored=self.incarnated(ordinal, response.stored))
            if response.outcome.success and response.stored != stored:
                self.store(ordinal, response.stored)
            self.applied = response.outcome
            if loss is Loss.REPLY:
                response = Response(Outcome.UNKNOWN, response.stored, f"{response.outcome.value}; the reply was lost")
        self.calls.append(CallRecord(ordinal, step.request, response, stale))
        return response.outcome

    def from_cache(self, ordinal: int, seen: Any) -> tuple[bool, bool]:
        """Whether the component sees an object late, and whether ``seen`` is then an old version, from its cache."""
        kind = self.system.pools[self.pools[ordinal]].name
        lagging = (self.component, kind) in self.system.model.lag
        stale = lagging and bool(self.field(ordinal, pending_field(self.component)))
        # What a stale cache shows is an old version even if it looks like the stored one; what it does not show, the
        # process got from a response, or from a quorum read.
        return stale, stale and seen == self.field(ordinal, cached_field(self.component))

    def incarnated(self, ordinal: int, created: Any) -> Any:
        """A new object under a name of its own. What is left of an earlier one moves into a bundle without a name."""
        pool = self.system.pools[self.pools[ordinal]]
        kind = pool.kind
        planning = (one for one in kind.plans_of_incarnation if (one, ordinal) != (self.component, self.key))
        fields = [*kind.of_incarnation, *map(plan_field, planning)]
        left = {
            field: self.field(ordinal, field)
            for field in fields
            if field in pool.position and self.field(ordinal, field) != pool.initial[pool.position[field]]
        }
        for field, plan in tuple(left.items()):
            if isinstance(plan, PlanInFlight) and plan.reply is AWAITED:
                # What was sent is about the name; whose plan it was does not hear of it.
                left[field] = attrs.evolve(plan, reply=Outcome.UNKNOWN)
                sent = sent_field(field.removeprefix(plan_field("")))
                self.put(ordinal, sent, orphaned(self.field(ordinal, sent)))
        if left:
            other = self.take(self.pools[ordinal], Selection(self.pools[ordinal]))
            if TIMERS in pool.position:
                self.put(other, TIMERS, self.field(ordinal, TIMERS))
            cleared = {field: pool.initial[pool.position[field]] for field in left}
            for place, fields_there in ((other, left), (ordinal, cleared)):
                self.moved[place] = fields_there
                for field, value in fields_there.items():
                    self.put(place, field, value)
        bundle = dict(zip(pool.fields, self.values[ordinal], strict=True))
        return self.system.model.incarnation(created, bundle)

    def serve(self, request: ApiCall, stored: Any, current: bool) -> Response:
        """The API server's answer, from the object and what else it reads; what it writes besides is written."""
        model = self.system.model
        places = {read: self.by_name(read.kind, read.name) for read in model.api_reads(request)}
        if not places:
            return model.api_server(request, stored, current=current)
        reads = {read: self.field(place, read.field) for read, place in places.items()}
        response = model.api_server(request, stored, current=current, reads=reads)
        for kind, name, field, value in response.notes:
            self.put(self.by_name(kind, name), field, value)
        for kind, name, value in response.besides if response.outcome.success else ():
            place = self.by_name(kind, name)
            if value != self.field(place, "object"):
                self.store(place, value)
                written = ApiCall(Verb.UPDATE, kind, Set(value), "status")
                self.calls.append(CallRecord(place, written, Response(Outcome.DONE, value)))
        return response

    def loses(self) -> Loss | None:
        """What is lost of the request that is being made: it is the one that this execution is about."""
        number, self.requests = self.requests, self.requests + 1
        if self.lost is None or number != self.lost.request:
            return None
        budget = self.lost.budget
        place = self.by_name(budget.kind, budget.name)
        self.put(place, budget.left, self.field(place, budget.left) - 1)
        self.put(place, budget.used, True)
        return budget.loss

    def may_lose(self, lost: Lost) -> bool:
        return bool(self.field(self.by_name(lost.budget.kind, lost.budget.name), lost.budget.left))

    def perform(self, step: Step) -> Outcome:
        if isinstance(step, Call):
            return self.call(step)
        if isinstance(step, RuntimeCall):
            ordinal = self.last = self.target(step.target)
            self.put(ordinal, step.field, step.change(self.field(ordinal, step.field)))
            self.calls.append(CallRecord(ordinal, step, None))
        elif isinstance(step, Write):
            ordinal = self.target(step.target)
            self.put(ordinal, step.field, step.change(self.field(ordinal, step.field)))
        elif isinstance(step, Sweep):
            self.sweep(step)
        elif isinstance(step, Forget):
            for sweep in self.system.forgetting(step):
                self.sweep(sweep)
        elif isinstance(step, Miss):
            informer = self.by_name(INFORMER, informer_name(step.client, step.kind))
            self.put(informer, "pending", self.field(informer, "pending") - 1)
            self.nearer(informer, Nearer(least=1))
            self.sweep(missing(step.client, step.kind))
        else:
            self.relist(step)
        return Outcome.DONE

    def relist(self, step: Relist) -> None:
        lag = self.system.model.lag
        for client, kind in lag:
            if client == step.client and step.kind in ("", kind):
                source = step.source if (step.source, kind) in lag else ""
                coming = 0
                if source:
                    if lag[source, kind] > lag[client, kind]:
                        raise ValueError(f"{client} lists {kind} from {source}, so it may lag as much: raise its lag")
                    coming = self.field(self.by_name(INFORMER, informer_name(source, kind)), "pending")
                self.sweep(self.system.relists[client, kind, source])
                informer = self.by_name(INFORMER, informer_name(client, kind))
                self.put(informer, "pending", coming)
                self.nearer(informer, Set(0))

    def nearer(self, informer: int, change: FieldChange) -> None:
        """Changes how far an informer is behind what is kept of history, where that is followed."""
        if self.system.model.history:
            self.put(informer, BEYOND, change(self.field(informer, BEYOND)))

    def run(self, alternative: Alternative) -> Effects:
        steps: tuple[Step, ...] = alternative.plan
        gone: tuple[Step, ...] = ()
        requested = failed = False
        whole = self.system.fuses(self.component)
        while steps:
            step, rest = steps[0], steps[1:]
            request = isinstance(step, Call | RuntimeCall)
            # A failure that changes nothing is no step: a plan of which everything is refused must come to rest.
            if request and requested and not whole and not (failed and self.unchanged()):
                break
            requested = requested or request
            outcome = self.perform(step)
            failed = not outcome.success if request else failed
            follow = dict(step.on).get(outcome) if isinstance(step, Call) else None
            goes_on = outcome.success or (isinstance(step, Call) and outcome in step.tolerates)
            if follow is None and goes_on:
                gone, steps = (*gone, step), rest
            else:
                gone, steps = (*gone, step, *rest), follow or ()
        if self.lost is not None and self.requests <= self.lost.request:
            return self.nothing()
        self.unmark(gone, steps)
        self.remember(steps)
        return self.effects()

    def effects(self) -> Effects:
        """What was done."""
        return Effects(
            tuple(
                self.system.pools[pool].intern(tuple(values))
                for pool, values in zip(self.pools, self.values, strict=True)
            ),
            tuple(self.sweeps),
            tuple(self.calls),
            self.origins(),
        )

    def origins(self) -> tuple[int, ...]:
        """What every selection held before, after what was left of earlier incarnations has moved."""
        if not self.moved:
            return ()
        found = []
        for ordinal, (number, bundle) in enumerate(zip(self.pools, self.chosen, strict=True)):
            pool = self.system.pools[number]
            before = dict(zip(pool.fields, pool.bundles[bundle], strict=True))
            found.append(pool.intern(tuple({**before, **self.moved.get(ordinal, {})}.values())))
        return tuple(found)

    def nothing(self) -> Effects:
        return Effects(self.chosen[: len(self.values)], (), ())

    def unchanged(self) -> bool:
        """Whether everything that this step has touched is as it was."""
        return not self.sweeps and all(
            tuple(values) == self.system.pools[pool].bundles[bundle]
            for pool, values, bundle in zip(self.pools, self.values, self.chosen, strict=False)
        )

    def unmark(self, gone: tuple[Step, ...], kept: tuple[Step, ...]) -> None:
        """Takes the marks off objects that only steps in ``gone`` mean, none in ``kept``."""
        needed = targets(kept)
        for target in targets(gone):
            if isinstance(target, Marked) and target not in needed:
                ordinal = self.by_mark(target)
                self.put(ordinal, MARKS, tuple(mark for mark in self.field(ordinal, MARKS) if mark != target.mark))

    def remember(self, steps: tuple[Step, ...], reply: Awaited | None = None) -> None:
        """Keeps the rest of the plan in the process's memory; what it chose is marked, as a name would mark it."""
        field = plan_field(self.component)
        if field not in self.system.pools[self.pools[self.key]].position:
            assert not steps, f"rule {self.rule} of {self.component} must declare several_requests"
            return
        marks: list[Marked] = []
        labelled: dict[Chosen, Marked] = {}

        def mark(target: Target) -> Target:
            if not isinstance(target, Chosen):
                return target
            if target in labelled:
                return labelled[target]
            ordinal = self.target(target)
            name = (self.component, self.key_name, len(marks))
            self.put(ordinal, MARKS, (*self.field(ordinal, MARKS), name))
            marks.append(Marked(self.system.pools[self.pools[ordinal]].name, name))
            if target.label is not None:
                labelled[target] = marks[-1]
            return marks[-1]

        def mark_branch(target: Target) -> Target:
            if isinstance(target, Chosen) and target.label is None:
                raise ValueError(f"rule {self.rule} of {self.component}: what follows a response must choose by label")
            return mark(target)

        kept = with_targets(steps, mark, mark_branch)
        self.put(self.key, field, PlanInFlight(self.rule, kept, reply) if kept else None)


def attempt(
    system: TransitionSystem,
    component: str,
    rule: str,
    key_pool: int,
    queries: Mapping[str, BoundQuery],
    alternative: Alternative,
    chosen: tuple[int, ...],
    lost: Lost | None = None,
) -> Selection | Effects:
    """Runs the next step of ``alternative`` on the bundles ``chosen`` so far.

    Returns what to select next if they do not suffice. ``cached_field`` caches are updated by deliveries only.
    ``lost``: a request of the step of which something is lost; without budget for it, or without that request, the step
    does nothing.
    """
    try:
        execution = Execution(system, component, rule, key_pool, queries, chosen, lost)
        if lost is not None and not execution.may_lose(lost):
            return execution.nothing()
        return execution.run(alternative)
    except NeedsSelection as needs:
        return needs.selection


__all__ = ["CallRecord", "Effects", "Lost", "PlanInFlight", "Selection", "attempt", "cached_field"]
