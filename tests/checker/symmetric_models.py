"""Random small models in which nothing tells some objects with names apart, though much refers to them by name.

Things stand at spots, rules are keyed by spots, plans in flight and lagging caches name them. Decisions are drawn as
digests that are blind to who is who, and to the order in which names come.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
from typing import Any

import attrs
from hypothesis import strategies as st
from kubemodel.spec.language.component import Component, Fairness, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model, TimeMode
from kubemodel.spec.language.plan import (
    IT,
    KEY,
    Alternative,
    Call,
    Chosen,
    Forget,
    Named,
    New,
    Relist,
    Rpc,
    RuntimeCall,
    Set,
    Sweep,
    Write,
)
from kubemodel.spec.language.property import (
    HOLDS,
    IDLE,
    Finding,
    Property,
    Shape,
    StateProperty,
    StepProperty,
    TemporalProperty,
    When,
    suspended,
    violated,
)
from kubemodel.spec.language.query import ANY, COUNT, DISTINCT, MULTISET, Query, no_parameter
from kubemodel.spec.language.request import ApiCall, Preconditions, Verb

from .random_models import Turn, api_server

THING, SPOT, BUDGET = "Thing", "Spot", "Budget"
CONTROLLER, AGENT, OUTSIDE = "controller", "agent", "outside"
SPOTS = ("s-1", "s-2", "s-3")


def blind(salt: int, *told: Any) -> int:
    """A number that depends on what is told, but for who is who, and for any order."""
    text = repr((salt, told))
    for name in SPOTS:
        text = text.replace(name, "s")
    return zlib.crc32("".join(sorted(text)).encode())


@attrs.frozen(cache_hash=True)
class Leave:
    """Whatever stands at a spot leaves it."""

    def __call__(self, spot: str, at: str, memory: int) -> tuple[str, int]:
        """Where a thing stands afterwards, and its memory."""
        return ("", 0) if at == spot else (at, memory)


@attrs.frozen(cache_hash=True)
class _Less:
    def __call__(self, value: int, /) -> int:
        return value - 1


_UP = Query(SPOT, ("name", "up"), lambda _, name, up: name if up else None, DISTINCT, no_parameter)
_SPOT_IS = Query(SPOT, ("name", "object", "up"), lambda at, name, *rest: rest if name == at else None, MULTISET)


def _place(salt: int) -> Rule:
    def decide(key: int, up: tuple[str, ...]) -> list[Alternative]:
        patch = Call(KEY, ApiCall(Verb.UPDATE, THING, Turn(1)))
        second = (patch,) if blind(salt, key, up) % 2 else ()
        return [Alternative((Write(KEY, "at", Set(name)), *second), "placed") for name in up]

    def view(value: int | None, at: str) -> int | None:
        return value if value is not None and not at and blind(salt, value) % 3 else None

    return Rule("place", Key(THING, ("object", "at"), view), decide, {"up": _UP}, several_requests=True)


def _report(salt: int) -> Rule:
    """A plan of two requests, the second of which names the spot."""

    def decide(key: tuple[int, str], spot: Any) -> list[Alternative]:
        if blind(salt, key, spot) % 3 == 0:
            return []
        seen = Preconditions(seen=key[0]) if blind(salt, key) % 2 else Preconditions()
        first = Call(KEY, ApiCall(Verb.UPDATE, THING, Turn(1 + blind(salt, spot) % 2), preconditions=seen))
        return [Alternative((first, Call(Named(SPOT, key[1]), ApiCall(Verb.UPDATE, SPOT, Turn(1)))), "reported")]

    def view(value: int | None, at: str) -> tuple[int, str] | None:
        return (value, at) if value is not None and at else None

    queries = {"spot": attrs.evolve(_SPOT_IS, parameter=lambda key: key[1])}
    return Rule("report", Key(THING, ("object", "at"), view), decide, queries, several_requests=True)


def _tend(salt: int, duration: float) -> Rule:
    """Keyed by a spot, it looks at what stands there and at other spots, by name."""
    there = Query(THING, ("object", "at"), lambda spot, value, at: value if at == spot[0] else None, DISTINCT)
    others = Query(SPOT, ("name", "object"), lambda _, name, value: (value, name), DISTINCT, excluding_key=True)

    def decide(key: Any, there: Any, others: Any) -> Iterator[Alternative]:
        drawn = blind(salt, key, there, others)
        if drawn & 1:
            yield Alternative((RuntimeCall(KEY, "object", Turn(1), "run"),), "run")
        if drawn & 2:
            yield Alternative((Sweep(THING, ("at", "memory"), Leave(), key[0]),), "all leave")
        if drawn & 4:
            for value in there:
                call = ApiCall(Verb.UPDATE, THING, Turn(2))
                yield Alternative((Call(Chosen("there", value), call), Write(IT, "memory", Turn(1))), "one is turned")
        if drawn & 8:
            for value, name in others:
                if value == max(value for value, _ in others):
                    yield Alternative((Write(Named(SPOT, name), "mate", Set(key[0])),), "a mate")

    def view(name: str, value: int, up: bool, mate: str) -> Any:
        return (name, value, mate == name, bool(mate)) if up and blind(salt, value) % 4 else None

    return Rule(
        "tend",
        Key(SPOT, ("name", "object", "up", "mate"), view),
        decide,
        {"there": there, "others": others},
        duration=duration,
    )


def _create(salt: int) -> Rule:
    def decide(key: Any, things: int, full: bool) -> list[Alternative]:
        if things >= 2 or full:
            return []
        return [Alternative((Call(New(THING), ApiCall(Verb.CREATE, THING, blind(salt, key) % 3)),), "created")]

    queries = {
        "things": Query(THING, ("object",), lambda _, value: value, COUNT, no_parameter),
        "full": Query(THING, ("at",), lambda spot, at: True if at == spot[0] else None, ANY),
    }
    return Rule("create", Key(SPOT, ("name", "object"), lambda *key: key), decide, queries)


def _crash(*, relists: bool) -> Component:
    less = Write(Named(BUDGET, "faults"), "left", _Less())
    some = Query(BUDGET, ("left",), lambda _, left: left or None, ANY, no_parameter)
    again = (Relist(CONTROLLER),) if relists else ()

    def down(name: str, some: bool) -> list[Alternative]:
        plan = (Write(KEY, "up", Set(False)), Forget(AGENT, name), less)
        return [Alternative(plan, "it goes down")] if some else []

    rules = (
        Rule("down", Key(SPOT, ("name", "up"), lambda name, up: name if up else None), down, {"some": some}),
        Rule(
            "crash",
            Key(BUDGET, ("left",), lambda left: left or None),
            lambda _left: [Alternative((Forget(CONTROLLER), less, *again), "it crashes")],
        ),
    )
    return Component(OUTSIDE, rules, environment=True)


def _finding(salt: int, rarity: int, *told: Any) -> Finding:
    return {0: violated("so it is"), 1: suspended("not now"), 2: IDLE}.get(blind(salt, *told) % rarity, HOLDS)


def _properties(salt: int, rarity: int) -> tuple[Property, ...]:
    at = Query(THING, ("object", "at"), lambda spot, value, at: value if at == spot[0] else None, MULTISET)
    key = Key(SPOT, ("name", "object", "up"), lambda *key: key)
    return (
        StateProperty("of spots", "", key, lambda key, at: _finding(salt, rarity, key, at), {"at": at}),
        StateProperty("at rest", "", key, lambda key: _finding(salt + 1, rarity, key), when=When.QUIESCENT),
        StepProperty(
            "of steps",
            "",
            THING,
            ("object", "at"),
            lambda component, rule, before, after, answers: _finding(
                salt + 2, 10 * rarity, component, rule, before, after, sorted(answers.items())
            ),
        ),
    )


def _temporal(salt: int) -> tuple[TemporalProperty, ...]:
    key = Key(SPOT, ("name", "object"), lambda *key: key)
    return tuple(
        TemporalProperty(shape.value, "", key, lambda key, n=number: _finding(salt + n, 4, key), shape)
        for number, shape in enumerate((Shape.EVENTUALLY_ALWAYS, Shape.INFINITELY_OFTEN))
    )


@st.composite
def symmetric_models(draw: st.DrawFn, *, temporal: bool = False) -> Model:
    """A model with two or three spots that nothing tells apart."""
    names = SPOTS[: draw(st.integers(2, 3))]
    salt = st.integers(0, 999)
    controlling = [rule for rule in (_place(draw(salt)), _report(draw(salt))) if draw(st.integers(0, 4))]
    tending = [_tend(draw(salt), draw(st.sampled_from((0.0, 0.0, 3.0))))]
    tending += [_create(draw(salt))] if draw(st.booleans()) else []
    fairness = draw(st.sampled_from((Fairness.WEAK, Fairness.STRONG)))
    lags = st.dictionaries(
        st.tuples(st.sampled_from((CONTROLLER, AGENT)), st.sampled_from((THING, SPOT))), st.just(1), max_size=1
    )
    spot = {"object": draw(st.integers(0, 2))}
    start = draw(st.sampled_from(({}, {"at": "s-1"})))
    return Model(
        name="symmetric",
        kinds=(
            Kind(THING, (Field("object"), Field("at", ""), Field("memory", 0, CONTROLLER)), slots=2),
            Kind(SPOT, (Field("object", 0), Field("up", True), Field("mate", "", AGENT)), names=names),
            Kind(BUDGET, (Field("left", 0),), names=("faults",)),
        ),
        components=(
            Component(CONTROLLER, tuple(controlling), process=CONTROLLER, serial=True, fairness=fairness),
            Component(AGENT, tuple(tending), process=AGENT),
            _crash(relists=draw(st.booleans())),
        ),
        initial={
            THING: ({"object": draw(st.integers(0, 2)), **start},),
            SPOT: tuple({"name": name, **spot} for name in names),
            BUDGET: ({"name": "faults", "left": draw(st.integers(0, 1))},),
        },
        properties=_temporal(draw(salt)) if temporal else _properties(draw(salt), draw(st.sampled_from((4, 40)))),
        api_server=api_server,
        lag=draw(lags),
        rpc=draw(st.sampled_from(tuple(Rpc))),
        time=draw(st.sampled_from((TimeMode.GRADED, TimeMode.ASYNCHRONOUS))),
        interchangeable=(tuple((name,) for name in names),),
    )


def exchanged(text: str, names: tuple[str, ...]) -> Iterator[str]:
    """A text with names exchanged, in every way."""
    for order in itertools.permutations(names):
        changed = text
        for number, name in enumerate(names):
            changed = changed.replace(name, f"<{number}>")
        for number, name in enumerate(order):
            changed = changed.replace(f"<{number}>", name)
        yield changed
