"""Random small models that strain every construct of the language, for the gate between explorers (design §7).

Decisions are drawn as salted digests of all that a rule is told, so that an explorer which feeds a rule one wrong
answer is found out soon.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

import attrs
from hypothesis import strategies as st
from kubemodel.spec.language.component import Component, Countdown, Handler, Key, Rule
from kubemodel.spec.language.machine import Arrow, Machine, State
from kubemodel.spec.language.model import INFORMER, Field, Kind, LossBudget, Model, TimeMode, as_created, informer_name
from kubemodel.spec.language.plan import (
    IT,
    KEY,
    Alternative,
    Call,
    Chosen,
    Forget,
    Loss,
    Miss,
    Named,
    New,
    Relist,
    Rpc,
    RuntimeCall,
    Set,
    Step,
    Sweep,
    Write,
)
from kubemodel.spec.language.property import (
    HOLDS,
    IDLE,
    Finding,
    StateProperty,
    StepProperty,
    When,
    suspended,
    violated,
)
from kubemodel.spec.language.query import (
    ANY,
    COUNT,
    DISTINCT,
    MINIMUM,
    MULTISET,
    NONE,
    SUM,
    SUM_BY,
    Aggregate,
    Query,
    Read,
    no_parameter,
    whole_key,
)
from kubemodel.spec.language.request import ApiCall, Outcome, Preconditions, Response, Verb

THING, SPOT, BUDGET = "Thing", "Spot", "Budget"
CONTROLLER, AGENT, OUTSIDE = "controller", "agent", "outside"
SPOTS = ("east", "west")
THINGS = ("left", "right")
"""Things with names of their own, beside the interchangeable ones."""
VALUES = 3


def digest(salt: int, *told: Any) -> int:
    """A number that depends on all that is told, and on nothing else."""
    return zlib.crc32(repr((salt, told)).encode())


@attrs.frozen(cache_hash=True)
class Turn:
    """The edit of a small number, or of nothing, to another."""

    by: int

    def __call__(self, value: Any, /) -> int:
        return ((value or 0) + self.by) % VALUES


def turn_all(by: int, memory: int) -> tuple[int]:
    return ((memory + by) % VALUES,)


def api_server(call: ApiCall, stored: Any, *, current: bool) -> Response:
    if call.verb is Verb.CREATE:
        done = stored is None
        return Response(Outcome.DONE, call.body) if done else Response(Outcome.ALREADY_EXISTS, stored)
    if stored is None:
        return Response(Outcome.NOT_FOUND, None)
    if not current:
        return Response(Outcome.CONFLICT, stored)
    return Response(Outcome.DONE, None if call.verb is Verb.DELETE else call.body(stored))


def remembering(created: int, bundle: Mapping[str, Any]) -> int:
    """An object under a name of its own depends on what is remembered there."""
    return (created + digest(1, sorted(bundle.items(), key=lambda item: item[0]))) % VALUES


@attrs.frozen
class Remember:
    """What a client's memory becomes when it sees an object change."""

    salt: int

    def __call__(self, value: int, before: Any, after: Any) -> int:
        return digest(self.salt, value, before, after) % VALUES


@st.composite
def queries(draw: st.DrawFn, *, later: bool = False) -> Query:
    """A query over either kind. ``later``: of a stage, whose parameter gets the answers before."""
    kind = draw(st.sampled_from((THING, SPOT)))
    fields = draw(st.sampled_from((("object",), ("object", "memory"), ("memory", "extra"), ("name", "object"))))
    aggregate: Aggregate = draw(st.sampled_from((COUNT, MULTISET, DISTINCT, ANY, NONE, SUM, SUM_BY, MINIMUM)))
    salt, counted = draw(st.integers(0, 99)), draw(st.integers(2, 4))

    def classify(parameter: Any, *values: Any) -> Any:
        drawn = digest(salt, parameter, values) % counted
        if drawn == 0:
            return None
        return (drawn, 1) if aggregate is SUM_BY else drawn

    def staged(key: Any, **answers: Any) -> Any:
        return key, tuple(sorted(answers.items()))

    return Query(
        kind,
        fields,
        classify,
        aggregate,
        staged if later else draw(st.sampled_from((whole_key, no_parameter))),
        excluding_key=draw(st.booleans()),
        read=draw(st.sampled_from((Read.CACHED, Read.CACHED, Read.QUORUM))),
    )


def _request(draw: st.DrawFn, target: Any, kind: str) -> Step:
    if draw(st.integers(0, 4)) == 0:
        return RuntimeCall(target, "extra", Turn(draw(st.integers(1, 2))), "run")
    verb = draw(st.sampled_from((Verb.UPDATE, Verb.UPDATE, Verb.DELETE, Verb.CREATE)))
    body: Any = {Verb.UPDATE: Turn(draw(st.integers(1, 2))), Verb.CREATE: draw(st.integers(0, 2))}.get(verb)
    seen = draw(st.sampled_from((None, None, 0, 1)))
    on = ()
    if draw(st.integers(0, 3)) == 0:
        on = ((Outcome.NOT_FOUND, (Write(KEY, "extra", Turn(1)),)),)
    memory = (("memory", Turn(1)),) if draw(st.integers(0, 3)) == 0 else ()
    tolerates = draw(st.sampled_from(((), (Outcome.CONFLICT,), (Outcome.NOT_FOUND, Outcome.ALREADY_EXISTS))))
    return Call(target, ApiCall(verb, kind, body, preconditions=Preconditions(seen=seen)), memory, on, tolerates)


def _step(draw: st.DrawFn, key: str, named: tuple[Named, ...]) -> tuple[Step | Callable[[Any], Step], ...]:
    """One or two steps; a function makes the step from a class that the rule's query ``chosen`` found."""
    shape = draw(st.integers(0, 8))
    if shape <= 2:
        return (_request(draw, KEY, key),)
    if shape == 3:
        target = draw(st.sampled_from(named))
        return (_request(draw, target, target.kind),)
    if shape == 4:
        return (Call(New(THING), ApiCall(Verb.CREATE, THING, draw(st.integers(0, 2)))), Write(IT, "memory", Set(1)))
    if shape == 5:
        label = draw(st.sampled_from((None, "same")))
        request = _request(draw, KEY, THING)
        return (lambda cls: attrs.evolve(request, target=Chosen("chosen", cls, label)),)  # type: ignore[arg-type]
    if shape == 6:
        return (Sweep(draw(st.sampled_from((THING, SPOT))), ("memory",), turn_all, draw(st.integers(1, 2))),)
    field = draw(st.sampled_from(("memory", "extra")))
    return (Write(KEY, field, Turn(draw(st.integers(1, 2)))),)


@st.composite
def rules(draw: st.DrawFn, name: str, duration: float, named: tuple[Named, ...]) -> Rule:
    """A rule of any shape, whose alternatives are a digest of its key and of its answers; it may touch ``named``."""
    kind = draw(st.sampled_from((THING, SPOT)))
    fields = draw(st.sampled_from((("object",), ("object", "memory"), ("object", "extra"))))
    salt, rarity = draw(st.integers(0, 999)), draw(st.integers(3, 8))
    given = {"chosen": Query(THING, ("object",), lambda _, value: value, DISTINCT, no_parameter, draw(st.booleans()))}
    if draw(st.booleans()):
        given["q"] = draw(queries())
    stages: tuple[Mapping[str, Query], ...] = ()
    if draw(st.integers(0, 2)) == 0:
        stages = ({"later": draw(queries(later=True))},)
    guards = (draw(queries()),) if draw(st.integers(0, 2)) == 0 else ()
    plans = [
        tuple(step for _ in range(draw(st.integers(1, 2))) for step in _step(draw, kind, named))
        for _ in range(draw(st.integers(1, 3)))
    ]

    def view(*values: Any) -> Any:
        return values if digest(salt, values) % rarity else None

    def decide(key: Any, chosen: tuple[int, ...], **answers: Any) -> list[Alternative]:
        drawn = digest(salt, key, sorted(answers.items()))
        found = []
        for number, plan in enumerate(plans):
            if drawn >> number & 1:
                choose = any(_makes(step) for step in plan)
                for cls in chosen if choose else (None,):
                    found.append(Alternative(tuple(step(cls) if _makes(step) else step for step in plan), f"{number}"))
        return found

    countdown = Countdown(
        since=draw(st.sampled_from((None, None, len, repr))),
        stored=draw(st.booleans()),
        periodic=draw(st.integers(0, 4)) == 0,
        shared=draw(st.sampled_from(("", "", "together"))),
    )
    key = Key(kind, fields, view)
    return Rule(name, key, decide, given, stages, guards, duration, countdown, several_requests=True)


def _makes(step: Any) -> bool:
    return not attrs.has(type(step))


def _faults(lag: Mapping[tuple[str, str], int], *, relists: bool) -> Component:
    less = (Write(KEY, "left", _Less()),)
    plan: tuple[Step, ...] = (Forget(CONTROLLER), *less)
    again = (Relist(CONTROLLER),) if relists else ()

    def decide(left: int) -> list[Alternative]:
        return [Alternative((*plan, *again), "it crashes"), Alternative((Forget(AGENT), *less), "its agent crashes")]

    rule = Rule("crash", Key(BUDGET, ("left",), lambda left: left or None), decide)
    return Component(OUTSIDE, (rule, *(_watch_fault(*watch) for watch in sorted(lag))), environment=True)


def _watch_fault(client: str, kind: str) -> Rule:
    """Events are lost, or skipped by a list, as often as there is budget."""
    name = informer_name(client, kind)
    less = Write(Named(BUDGET, "faults"), "left", _Less())

    def decide(_pending: int, some: bool) -> list[Alternative]:
        if not some:
            return []
        return [Alternative((Miss(client, kind), less), "missed"), Alternative((Relist(client, "", kind), less), "410")]

    return Rule(
        f"watch of {name} fails",
        Key(INFORMER, ("name", "pending"), lambda found, pending: pending or None if found == name else None),
        decide,
        {"some": Query(BUDGET, ("left",), lambda _, left: left or None, ANY, no_parameter)},
    )


@attrs.frozen(cache_hash=True)
class _Less:
    def __call__(self, value: int, /) -> int:
        return value - 1


def finding(salt: int, rarity: int, *told: Any) -> Finding:
    drawn = digest(salt, *told) % rarity
    return {0: violated(f"of {told}"), 1: suspended("not now"), 2: IDLE}.get(drawn, HOLDS)


@st.composite
def properties(draw: st.DrawFn, name: str) -> StateProperty | StepProperty:
    kind = draw(st.sampled_from((THING, SPOT)))
    salt, rarity = draw(st.integers(0, 999)), draw(st.sampled_from((4, 40, 400)))
    if draw(st.integers(0, 2)) == 0:
        return StepProperty(
            name,
            "",
            kind,
            ("object", "memory"),
            lambda component, rule, before, after, answers: finding(
                salt, rarity, component, rule, before, after, sorted(answers.items())
            ),
        )
    return StateProperty(
        name,
        "",
        Key(kind, ("object", "memory"), lambda *values: values if values[0] is not None else None),
        lambda key, **answers: finding(salt, rarity, key, sorted(answers.items())),
        {"q": draw(queries())} if draw(st.booleans()) else {},
        draw(st.sampled_from(tuple(When))),
    )


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    """The life of a Thing's extra field; some arrows, and now and then a state, are missing."""
    states = range(draw(st.sampled_from((2, VALUES, VALUES, VALUES))))
    missing = draw(st.integers(0, 999))
    arrows = tuple(
        Arrow("turn", f"{before}", f"{after}", driver)
        for before in states
        for after in states
        for driver in (CONTROLLER, AGENT, OUTSIDE)
        if before != after and digest(missing, before, after, driver) % 5
    )
    named = tuple(State(f"{value}", lambda extra, value=value: extra == value) for value in states)
    return Machine("extra", THING, ("extra",), named, "0", arrows)


@st.composite
def models(draw: st.DrawFn) -> Model:
    """A model with few states, most of the time."""
    fields = (Field("object"), Field("memory", 0, memory_of=CONTROLLER), Field("extra", 0))
    durations = st.sampled_from((0.0, 0.0, 0.0, 1.0, 2.5, 5.0))
    names = draw(st.sampled_from(((), THINGS[:1], THINGS)))
    named = (*(Named(SPOT, name) for name in SPOTS), *(Named(THING, name) for name in names))

    def some_rules(owner: str, most: int) -> tuple[Rule, ...]:
        count = draw(st.integers(1, most))
        return tuple(draw(rules(f"{owner} rule {number}", draw(durations), named)) for number in range(count))

    handlers = tuple(
        Handler(kind, "memory", Remember(draw(st.integers(0, 99)))) for kind in (THING, SPOT) if draw(st.booleans())
    )
    components = (
        Component(CONTROLLER, some_rules(CONTROLLER, 2), process=CONTROLLER, handlers=handlers, serial=True),
        Component(AGENT, some_rules(AGENT, 2), process=AGENT, serial=True),
    )
    lag = draw(
        st.dictionaries(
            st.tuples(st.sampled_from((CONTROLLER, AGENT)), st.sampled_from((THING, SPOT))),
            st.integers(1, 2),
            max_size=2,
        )
    )
    components = (*components, _faults(lag, relists=draw(st.booleans())))
    if draw(st.integers(0, 2)) == 0:
        user = Component("user", (draw(rules("user rule", 0.0, named)),), environment=True, serial=True)
        components = (*components, user)
    slots = draw(st.integers(1, 3))
    incarnations = st.sampled_from((((), ()), (("extra",), ()), (("memory", "extra"), (AGENT,))))
    slow = draw(st.sets(st.sampled_from((CONTROLLER, AGENT, *(informer_name(*watch) for watch in lag))), max_size=2))
    losses = draw(st.sets(st.sampled_from(tuple(Loss)), max_size=2))
    things = draw(st.lists(st.integers(0, 1), min_size=1, max_size=min(slots, 2)))
    return Model(
        name="random",
        kinds=(
            Kind(THING, fields, names, slots, *draw(incarnations)),
            Kind(SPOT, fields, names=SPOTS),
            Kind(BUDGET, (Field("left", 0), Field("used", False)), names=("faults",)),
        ),
        components=components,
        initial={
            THING: (
                *({"object": value} for value in things),
                *({"name": name, "object": draw(st.sampled_from((0, 1, None)))} for name in names),
            ),
            SPOT: tuple({"name": name, "object": draw(st.sampled_from((0, 1, None)))} for name in SPOTS),
            BUDGET: ({"name": "faults", "left": draw(st.integers(0, 1))},),
        },
        machines=(draw(machines()),) if draw(st.booleans()) else (),
        properties=tuple(draw(properties(f"property {number % 2}")) for number in range(draw(st.integers(0, 3)))),
        api_server=api_server,
        incarnation=draw(st.sampled_from((as_created, remembering))),
        lag=lag,
        rpc=draw(st.sampled_from((Rpc.RECONCILE, Rpc.REQUEST))),
        time=draw(st.sampled_from((TimeMode.GRADED, TimeMode.ASYNCHRONOUS))),
        slow=frozenset(slow),
        losses=tuple(LossBudget(loss, BUDGET, "faults") for loss in Loss if loss in losses),
    )
