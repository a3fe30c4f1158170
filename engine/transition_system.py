"""The transition system that executor and checker run on (design §3.2), after LTSmin's partitioned interface.

Blom, van de Pol, Weber: LTSmin: Distributed and Symbolic Reachability, CAV 2010. A group is one rule; it names the
pools it reads through bound queries, and what it does depends on nothing but its key and their answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ..spec.language.component import Component, Handler, Key, Rule
from ..spec.language.model import Kind, LossBudget, Model, TimeMode
from ..spec.language.plan import Alternative, Call, Forget, Rpc, Sweep
from ..spec.language.query import NONE, Query, Read, no_parameter
from . import execution, messages, timing, watch_cache
from .effects import Effects, Lost, PlanInFlight, Selection
from .in_flight import AWAITED, VAIN, Answered, Vain, orphaned, sent_field, serving
from .pools import EMPTY, MARKS, NAME, TIMERS, Content, Pool, State, cached_field, pending_field, plan_field

if TYPE_CHECKING:
    from .symmetry import Symmetry


class PoolFull(Exception):
    """A step needs a new object and the pool has no slot left: a bound ran out (design §3.2)."""

    def __init__(self, kind: str, slots: int) -> None:
        """``slots``: how many objects of ``kind`` without a name of their own the exploration can hold."""
        super().__init__(f"more than {slots} objects of kind {kind} would exist at once")
        self.kind = kind
        self.slots = slots


@attrs.frozen(eq=False)
class BoundQuery:
    """A query with its parameter, over one pool; ``classify`` takes a bundle id."""

    query: Query
    parameter: Any
    pool: int
    places: tuple[int, ...]
    bundles: list[tuple[Any, ...]]

    def classify(self, bundle: int) -> Any:
        """The class of a bundle, or None."""
        values = self.bundles[bundle]
        return self.query.classify(self.parameter, *[values[place] for place in self.places])

    @property
    def identity(self) -> tuple[int, Any, tuple[int, ...]]:
        """Equal for queries that answer alike in every state."""
        return (id(self.query), self.parameter, self.places)


@attrs.frozen(eq=False)
class Firing:
    """One alternative of a group for one key and its answers; ``attempt`` runs it on selected bundles."""

    alternative: Alternative
    answers: Mapping[str, Any]
    attempt: Callable[[tuple[int, ...]], Selection | Effects]


class Reader:
    """A key and queries over the pools of a system: what a rule and a state property have in common."""

    def __init__(
        self, system: TransitionSystem, key: Key, stages: tuple[Mapping[str, Query], ...], client: str | None
    ) -> None:
        """``client``: whose caches are read; None reads the store itself."""
        self.system = system
        self.client = client
        self.pool = system.pool_index[key.kind]
        self._bundles = system.pools[self.pool].bundles
        self._key = key
        self._places = self._read(key.kind, key.fields, Read.CACHED)
        self._stages = tuple(
            tuple((name, query, self._read(query.kind, query.fields, query.read)) for name, query in stage.items())
            for stage in stages
        )
        self.stages = len(self._stages)
        self.guards: tuple[str, ...] = ()
        self.pools_read = frozenset(
            {self.pool, *(system.pool_index[query.kind] for stage in self._stages for _, query, _ in stage)}
        )

    def _read(self, kind: str, fields: tuple[str, ...], read: Read) -> tuple[int, ...]:
        pool = self.system.pools[self.system.pool_index[kind]]
        lagging = read is Read.CACHED and (self.client, kind) in self.system.model.lag
        seen = cached_field(self.client) if lagging and self.client else "object"
        return pool.places(tuple(seen if field == "object" else field for field in fields))

    def key(self, bundle: int) -> Any:
        """What may be known of the key in ``bundle``, or None if the rule does not apply to it."""
        values = self._bundles[bundle]
        return self._key.view(*[values[place] for place in self._places])

    def queries(self, stage: int, key: Any, answers: Mapping[str, Any]) -> tuple[tuple[str, BoundQuery], ...]:
        """The queries of a stage, by name; ``answers`` are those of the stages before."""
        system = self.system
        known = {name: answer for name, answer in answers.items() if name not in self.guards} if stage else {}
        return tuple(
            (
                name,
                BoundQuery(
                    query,
                    query.parameter(key, **known),
                    system.pool_index[query.kind],
                    places,
                    system.pools[system.pool_index[query.kind]].bundles,
                ),
            )
            for name, query, places in self._stages[stage]
        )


class Group(Reader):
    """One rule of one component. ``rank`` orders timers: 0 for steps, then by duration.

    ``slow``: no timer waits for it, though it waits for those of shorter duration. ``losing``: these are the same steps
    once more, as they go if something of one of their requests is lost, or if they are made in vain. ``serves``: it
    applies requests that are on their way.
    """

    def __init__(
        self,
        system: TransitionSystem,
        component: Component,
        rule: Rule,
        rank: int,
        losing: LossBudget | Vain | None = None,
        *,
        serves: bool = False,
        counts: bool = False,
    ) -> None:
        """Binds ``rule`` to the pools of ``system``. ``counts``: asked whether its time runs, be its process busy."""
        guards = {f"guard {number}": query for number, query in enumerate((*component.guards, *rule.guards))}
        first = {**guards, **rule.queries}
        stages = ((first,) if first or rule.stages else ()) + rule.stages
        super().__init__(system, rule.key, stages, component.name)
        self.guards = tuple(guards)
        self.component = component
        self.rule = rule
        self.rank = rank
        self.environment = component.environment
        self.losing = losing
        self.slow = component.name in system.model.slow or rule.slow_as in system.model.slow
        self.continues = rule.name == CONTINUE
        self.serves = serves
        busy = plan_field(component.name)
        pool = system.pools[self.pool]
        self._busy = pool.position[busy] if busy in pool.position and not (self.continues or serves or counts) else None

    def key(self, bundle: int) -> Any:
        """As in ``Reader``; None too while the component is in the middle of a plan for this key."""
        if self._busy is not None and self._bundles[bundle][self._busy] is not None:
            return None
        return super().key(bundle)

    def fire(self, key: Any, answers: Mapping[str, Any], queries: Mapping[str, BoundQuery]) -> tuple[Firing, ...]:
        """The alternatives for a key and all its answers."""
        if not all(answers[guard] for guard in self.guards):
            return ()
        seen = {name: answer for name, answer in answers.items() if name not in self.guards}
        rule = key.rule if self.continues else self.rule.name
        return tuple(
            Firing(alternative, self._told(alternative, seen), self._attempt(rule, alternative, queries, lost, seen))
            for alternative in self.rule.decide(key, **seen)
            for lost in self._losses(alternative)
        )

    def _told(self, alternative: Alternative, seen: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the rule that made a change was told: what it was told when the request was sent."""
        return dict(alternative.plan[0].sent.answers) if self.serves else seen  # type: ignore[union-attr]

    def _losses(self, alternative: Alternative) -> tuple[Lost | Vain | None, ...]:
        if self.losing is None or isinstance(self.losing, Vain):
            return (self.losing,)
        requests = 1 if self.serves else sum(isinstance(step, Call) for step in alternative.plan)
        return tuple(Lost(number, self.losing) for number in range(requests))

    def _attempt(
        self,
        rule: str,
        alternative: Alternative,
        queries: Mapping[str, BoundQuery],
        lost: Lost | Vain | None,
        seen: Mapping[str, Any],
    ) -> Callable[[tuple[int, ...]], Selection | Effects]:
        def attempt(chosen: tuple[int, ...]) -> Selection | Effects:
            name = self.component.name
            if self.system.splits(name):
                return messages.attempt(self.system, name, rule, self.pool, queries, alternative, chosen, lost, seen)
            assert not isinstance(lost, Vain), "only messages are sent in vain"
            return execution.attempt(self.system, name, rule, self.pool, queries, alternative, chosen, lost)

        return attempt


CONTINUE = "continue"


def _waits(component: Component, rule: Rule, kind: str = "") -> bool:
    """Whether a rule is a timer, of objects of ``kind``."""
    return rule.duration > 0 and not component.environment and kind in ("", rule.key.kind)


def _continue_rule(kind: str, component: Component) -> Rule:
    def decide(plan: PlanInFlight) -> list[Alternative]:
        if plan.reply is None:
            return [Alternative(plan.steps)]
        sent: Any = plan.steps[0]
        outcome: Any = plan.reply
        answered: Any = Answered(sent, outcome)
        return [Alternative((answered, *plan.steps[1:]))]

    def ready(plan: PlanInFlight | None) -> PlanInFlight | None:
        return None if plan is None or plan.reply is AWAITED else plan

    return Rule(
        name=CONTINUE,
        key=Key(kind, (plan_field(component.name),), ready),
        decide=decide,
        meaning="the next request of a plan that the process is in the middle of",
    )


def _idle(component: Component, kind: str) -> Query:
    """The guard that no plan of ``component`` for an object of ``kind`` is unfinished."""
    return Query(kind, (plan_field(component.name),), lambda _parameter, plan: plan, NONE, no_parameter)


class TransitionSystem:
    """A compiled model. States are tuples of pool contents; ``groups`` are its rules in declaration order.

    ``symmetry``: who may trade places, where states that differ only in that count as one.
    """

    def __init__(self, model: Model, *, positional: bool = False) -> None:
        """``positional``: interchangeable objects are kept in slots instead of as a multiset."""
        self.model = model
        self.positional = positional
        self.symmetry: Symmetry | None = None
        self.graded = model.time is not TimeMode.ASYNCHRONOUS
        self.prompt = model.time is TimeMode.PROMPT
        self._split = (
            frozenset(component.name for component in model.components if not component.environment)
            if model.rpc is Rpc.MESSAGE
            else frozenset()
        )
        self.lagging: dict[str, tuple[str, ...]] = {}
        for client, kind in sorted(model.lag):
            self.lagging[kind] = (*self.lagging.get(kind, ()), client)
        self.handlers: dict[str, tuple[tuple[str, Handler], ...]] = {}
        for component in model.components:
            for handler in component.handlers:
                self.handlers[handler.kind] = (*self.handlers.get(handler.kind, ()), (component.name, handler))
        by_client = {component.name: component.handlers for component in model.components}
        self.deliveries = {
            (client, kind): watch_cache.delivery(client, kind, by_client.get(client, ())) for client, kind in model.lag
        }
        self.relists = {
            (client, kind, source): watch_cache.relist(client, kind, by_client.get(client, ()), source)
            for client, kind in model.lag
            for source in ("", *(other for other, same in model.lag if same == kind and other != client))
        }
        history = model.history
        watch = (watch_cache.watch_component(self.deliveries, history=history),) if model.lag else ()
        informers = (watch_cache.informer_kind(model.lag, history=history),) if model.lag else ()
        kinds = (*model.kinds, *informers, *((timing.CLOCK_KIND,) if self.prompt else ()))
        self.pools = tuple(Pool(kind, self._extra_fields(kind), positional) for kind in kinds)
        self.pool_index = {pool.name: number for number, pool in enumerate(self.pools)}
        self._process_of = {component.name: component.process for component in model.components}
        self.groups = self._compile((*model.components, *watch))
        self.timing = timing.Timing(self, tuple(self._timers())) if self.prompt else None

    def fuses(self, component: str) -> bool:
        """Whether whole plans of a component are one step."""
        return self.model.rpc is Rpc.RECONCILE or component in self.model.fused

    def splits(self, component: str) -> bool:
        """Whether requests of a component are sent, applied and answered in steps of their own."""
        return component in self._split

    def _plans_on(self, kind: str) -> tuple[Component, ...]:
        return tuple(
            component
            for component in self.model.components
            if any(
                rule.key.kind == kind and (rule.several_requests or self.splits(component.name))
                for rule in component.rules
            )
        )

    def _extra_fields(self, kind: Kind) -> dict[str, Any]:
        extra: dict[str, Any] = {}
        for client in self.lagging.get(kind.name, ()):
            extra[cached_field(client)] = None
            extra[pending_field(client)] = ()
        for component in self._plans_on(kind.name):
            extra[plan_field(component.name)] = None
            if self.splits(component.name):
                extra[sent_field(component.name)] = ()
        if self._split or any(rule.several_requests for component in self.model.components for rule in component.rules):
            extra[MARKS] = ()
        if self.prompt and any(_waits(component, rule, kind.name) for component, rule in self._rules()):
            extra[TIMERS] = ()
        return extra

    def _rules(self) -> Iterator[tuple[Component, Rule]]:
        return ((component, rule) for component in self.model.components for rule in component.rules)

    def _timers(self) -> Iterator[timing.Timer]:
        """The rules that wait, with what says whether their time runs: no plan that its process is in the middle of."""
        waiting = [(component, rule) for component, rule in self._rules() if _waits(component, rule)]
        _, units = timing.units_of(rule.duration for _, rule in waiting)
        of_rule = {(group.component.name, group.rule.name): group for group in self.groups if group.losing is None}
        for number, (component, rule) in enumerate(waiting):
            # What counts from a moment that is stored does so whether its component runs or not.
            counting = attrs.evolve(component, guards=()) if rule.countdown.stored else component
            group = of_rule[component.name, rule.name]
            armed_by = Group(self, counting, rule, group.rank, counts=True)
            yield timing.Timer(number, group, armed_by, units[rule.duration], rule.countdown)

    def _compile(self, components: tuple[Component, ...]) -> tuple[Group, ...]:
        durations = sorted(
            {rule.duration for component in components if not component.environment for rule in component.rules} | {0.0}
        )
        groups = []
        for component in components:
            continuing = [
                _continue_rule(pool.name, component)
                for pool in self.pools
                if plan_field(component.name) in pool.position
            ]
            idle = tuple(_idle(component, rule.key.kind) for rule in continuing) if component.serial else ()
            starting = [attrs.evolve(rule, guards=(*rule.guards, *idle)) for rule in component.rules]
            for rule in (*starting, *continuing):
                rank = 0 if component.environment else durations.index(rule.duration)
                groups.append(Group(self, component, rule, rank))
                if self.splits(component.name):
                    groups += [] if rule.name == CONTINUE else [Group(self, component, rule, rank, VAIN)]
                elif not component.environment and component.name != watch_cache.WATCH:
                    groups += [Group(self, component, rule, rank, losing) for losing in self.model.losses]
            groups += self._serving(component) if self.splits(component.name) else ()
        return tuple(groups)

    def _serving(self, component: Component) -> Iterator[Group]:
        """The groups that apply the requests of a component."""
        for served, rule in (serving(component, rule) for rule in component.rules):
            for losing in (None, *self.model.losses):
                yield Group(self, served, rule, 0, losing, serves=True)

    def initial_state(self) -> State:
        """The state in which the model starts; lagging caches start up to date, timers start to count."""
        state = self._given()
        return state if self.timing is None else self.settled(state)[0]

    def settled(self, state: State) -> list[State]:
        """What a state becomes once its timers are as the rules want them, in prompt time: several where it matters
        whether the time of a timer that could not act is over."""
        from .successors import wanted

        assert self.timing is not None, "timers count in prompt time only"
        return [each.state for each in self.timing.settle(state, wanted(self, state))]

    def _given(self) -> State:
        contents = []
        for pool in self.pools:
            given = self.model.initial.get(pool.name, ())
            bundles = [pool.bundle({**self._up_to_date(pool, values), **values}) for values in given]
            named = {bundle[0]: bundle for bundle in bundles}
            ids = [pool.intern(named.get(name, pool.bundle({NAME: name}))) for name in pool.names]
            ids += [pool.intern(bundle) for bundle in bundles if not bundle[0]]
            if pool.ordered:
                ids += [EMPTY] * (pool.slots - len(ids))
            contents.append(pool.content(ids))
        return tuple(contents)

    def _up_to_date(self, pool: Pool, values: Mapping[str, Any]) -> dict[str, Any]:
        return {cached_field(client): values.get("object") for client in self.lagging.get(pool.name, ())}

    def swept(self, pool: int, sweep: Sweep, values: list[Any]) -> list[Any]:
        """The fields of one bundle after an edit of its whole pool."""
        places = self.pools[pool].places(sweep.fields)
        changed = list(values)
        after = sweep.change(sweep.parameter, *[values[place] for place in places])
        for place, value in zip(places, after, strict=True):
            changed[place] = value
        return changed

    def sweep_bundle(self, pool: int, sweep: Sweep, bundle: int) -> int:
        """The id of a bundle after an edit of its whole pool; an empty slot stays empty."""
        layout = self.pools[pool]
        if bundle == EMPTY:
            return EMPTY
        return layout.intern(tuple(self.swept(pool, sweep, list(layout.bundles[bundle]))))

    def forgetting(self, step: Forget) -> tuple[Sweep, ...]:
        """The edits that lose all memory of a process: declared fields, plans in flight, their marks."""
        return tuple(
            Sweep(pool.name, pool.fields[1:], _Lose(pool, step.process, self._process_of, self.timing), step.owner)
            for pool in self.pools
            if self._has_memory_of(pool, step.process)
        )

    def _has_memory_of(self, pool: Pool, process: str) -> bool:
        plans = any(plan_field(name) in pool.position for name, owner in self._process_of.items() if owner == process)
        marks = MARKS in pool.position or TIMERS in pool.position
        return plans or marks or any(field.memory_of == process for field in pool.kind.fields)


@attrs.frozen(cache_hash=True)
class _Lose:
    """The change of one bundle when a process ends."""

    pool: Pool
    process: str
    process_of: Mapping[str, str] = attrs.field(eq=False)
    timing: timing.Timing | None = attrs.field(eq=False)

    def __call__(self, owner: Any, *values: Any) -> tuple[Any, ...]:
        before = dict(zip(self.pool.fields[1:], values, strict=True))
        bundle = dict(before)
        initial = dict(zip(self.pool.fields, self.pool.initial, strict=True))
        # Where processes share a name, a plan belongs to the one whose memory stands beside it.
        others = False
        for field in self.pool.kind.fields:
            if field.memory_of == self.process:
                if field.owner is None or owner is None or field.owner(before) == owner:
                    bundle[field.name] = initial[field.name]
                else:
                    others = True
        for component, process in self.process_of.items():
            if process == self.process and plan_field(component) in bundle and not others:
                bundle[plan_field(component)] = None
                if sent_field(component) in bundle:
                    bundle[sent_field(component)] = orphaned(bundle[sent_field(component)])
        if MARKS in bundle:
            bundle[MARKS] = tuple(mark for mark in bundle[MARKS] if self.process_of.get(mark[0]) != self.process)
        if TIMERS in bundle and self.timing is not None and not others:
            lost = self.timing.in_memory({name for name, it in self.process_of.items() if it == self.process})
            bundle[TIMERS] = tuple(one for one in bundle[TIMERS] if one.timer not in lost)
        return tuple(bundle[field] for field in self.pool.fields[1:])


def candidates(
    system: TransitionSystem,
    content: Content,
    selection: Selection,
    chosen: tuple[tuple[int, int], ...],
    classify: Callable[[BoundQuery, int], Any] = BoundQuery.classify,
) -> Iterator[tuple[int, int]]:
    """The ``(index in the content, bundle)`` pairs that a selection may mean, each distinct one once.

    ``content`` is that of the selection's pool; ``chosen``: pool and index of what is selected already. Raises
    ``PoolFull`` where a new object finds no slot.
    """
    pool = system.pools[selection.pool]
    taken = {index for place, index in chosen if place == selection.pool}
    if selection.name is not None:
        index = pool.index_of(content, selection.name)
        yield index, content[index]
    elif selection.mark is not None:
        yield _marked(pool, content, selection.mark)
    elif selection.query is None:
        yield _free(pool, content, taken)
    else:
        seen: set[int] = set()
        for index, bundle in enumerate(content):
            if index in taken or (bundle in seen and not pool.ordered):
                continue
            assert selection.query is not None
            if classify(selection.query, bundle) == selection.cls:
                seen.add(bundle)
                yield index, bundle


def _marked(pool: Pool, content: Content, mark: tuple[str, str, int]) -> tuple[int, int]:
    place = pool.position[MARKS]
    found = [(index, bundle) for index, bundle in enumerate(content) if mark in pool.bundles[bundle][place]]
    if len(found) != 1:
        raise ValueError(
            f"{mark[0]} works on several interchangeable keys at once, and {len(found)} objects of kind {pool.name} are"
            " chosen by plans that cannot be told apart: declare the component serial, or give its keys names"
        )
    return found[0]


def _free(pool: Pool, content: Content, taken: set[int]) -> tuple[int, int]:
    if pool.ordered:
        for index, bundle in enumerate(content):
            if bundle == EMPTY and index not in taken:
                return index, EMPTY
        raise PoolFull(pool.name, pool.kind.slots)
    index = len(content) + sum(1 for place in taken if place >= len(content))
    if index >= pool.slots:
        raise PoolFull(pool.name, pool.kind.slots)
    return index, EMPTY


def edited(
    system: TransitionSystem,
    pool: int,
    content: Content,
    changes: tuple[tuple[int, int], ...],
    sweeps: tuple[Sweep, ...],
) -> Content:
    """A pool's content after a step: ``changes`` are (index, new bundle); ``sweeps`` edit all other bundles."""
    bundles = list(content)
    for sweep in sweeps:
        bundles = [system.sweep_bundle(pool, sweep, bundle) for bundle in bundles]
    for index, bundle in changes:
        if index >= len(bundles):
            bundles += [EMPTY] * (index + 1 - len(bundles))
        bundles[index] = bundle
    return system.pools[pool].content(bundles)
