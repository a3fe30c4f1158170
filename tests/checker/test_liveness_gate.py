"""The gate of liveness (design §7): lassos against brute force, and every lasso valid step by step."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from kubemodel.spec.language.component import Component, Fairness, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model, TimeMode
from kubemodel.spec.language.plan import KEY, Alternative, Call, New, Step, Write
from kubemodel.spec.language.property import Shape, TemporalProperty
from kubemodel.spec.language.query import COUNT, DISTINCT, Query, no_parameter
from kubemodel.spec.language.request import ApiCall, Verb
from kubemodel.spec.language.witness import with_witness

from ..thoroughness import examples
from .agreement import kernel_finds_the_same_loops, lassos_are_fair_runs_that_close, loops_agree_with_brute_force
from .random_models import (
    AGENT,
    CONTROLLER,
    OUTSIDE,
    SPOT,
    SPOTS,
    THING,
    VALUES,
    Turn,
    api_server,
    digest,
    finding,
    models,
    queries,
)

MOST = 40
THINGS = 3
_FIELDS = (Field("object"), Field("memory", 0), Field("extra", 0))
THOROUGH = settings(
    max_examples=examples(25, 40),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@st.composite
def temporal(draw: st.DrawFn, name: str) -> TemporalProperty:
    """A temporal property of any shape, whose predicate is a digest of all that it is told."""
    kind = draw(st.sampled_from((THING, SPOT, None)))
    shape = draw(st.sampled_from(tuple(Shape)))
    salt, rarity = draw(st.integers(0, 999)), draw(st.sampled_from((4, 6, 12)))
    key = (
        None
        if kind is None
        else Key(kind, ("object", "memory"), lambda *values: values if values[0] is not None else None)
    )
    restless = "it goes on" if shape is Shape.EVENTUALLY_ALWAYS and draw(st.booleans()) else ""

    def asks(key: Any, **answers: Any) -> bool:
        return digest(salt, "asks", key, sorted(answers.items())) % 2 == 0

    return TemporalProperty(
        name,
        "",
        key,
        lambda key, **answers: finding(salt, rarity, key, sorted(answers.items())),
        shape,
        {"q": draw(queries())} if draw(st.booleans()) else {},
        asks if shape is Shape.LEADS_TO else None,
        restless,
    )


@st.composite
def turning(draw: st.DrawFn, name: str) -> Rule:
    """A rule that turns an object of one value to others, makes or deletes one, depending on what else there is."""
    kind, before = draw(st.sampled_from((THING, THING, SPOT))), draw(st.integers(0, VALUES - 1))
    salt, rarity = draw(st.integers(0, 99)), draw(st.sampled_from((2, 3, 5, 99)))
    turns = draw(st.lists(st.integers(1, VALUES - 1), min_size=1, max_size=2, unique=True))
    plans: list[tuple[Step, ...]] = [(Write(KEY, "object", Turn(by)),) for by in turns]
    if kind == THING and draw(st.integers(0, 3)) == 0:
        plans.append((Call(KEY, ApiCall(Verb.DELETE, THING)),))
    if draw(st.integers(0, 3)) == 0:
        plans.append((Call(New(THING), ApiCall(Verb.CREATE, THING, draw(st.integers(0, VALUES - 1)))),))
    makes = any(isinstance(step, Call) and isinstance(step.target, New) for plan in plans for step in plan)

    def decide(_key: Any, spots: Any, things: int) -> list[Alternative]:
        if digest(salt, spots, things) % rarity == 0 or (makes and things >= THINGS):
            return []
        return [Alternative(plan) for plan in plans]

    given = {
        "spots": Query(SPOT, ("object",), lambda _, value: value, DISTINCT, no_parameter),
        "things": Query(THING, ("object",), lambda _, value: value, COUNT, no_parameter),
    }
    key = Key(kind, ("object",), lambda value: True if value == before else None)
    fairness = draw(st.sampled_from((None, None, Fairness.WEAK, Fairness.STRONG)))
    return Rule(name, key, decide, given, duration=draw(st.sampled_from((0.0, 0.0, 0.0, 5.0))), fairness=fairness)


@st.composite
def turning_models(draw: st.DrawFn) -> Model:
    """A model of things that turn round and round, and now and then come and go."""

    def some(owner: str, most: int) -> tuple[Rule, ...]:
        return tuple(draw(turning(f"{owner} {number}")) for number in range(draw(st.integers(1, most))))

    components = [
        Component(CONTROLLER, some(CONTROLLER, 3), fairness=draw(st.sampled_from(tuple(Fairness)))),
        Component(AGENT, some(AGENT, 2)),
    ]
    if draw(st.integers(0, 3)) == 0:
        components.append(Component(OUTSIDE, some(OUTSIDE, 1), environment=True))
    things = draw(st.lists(st.integers(0, VALUES - 1), min_size=1, max_size=2))
    return Model(
        name="turning",
        kinds=(Kind(THING, _FIELDS, slots=THINGS), Kind(SPOT, _FIELDS, names=SPOTS)),
        components=tuple(components),
        initial={
            THING: tuple({"object": value} for value in things),
            SPOT: tuple({"name": name, "object": draw(st.integers(0, VALUES - 1))} for name in SPOTS),
        },
        api_server=api_server,
        time=draw(st.sampled_from((TimeMode.GRADED, TimeMode.ASYNCHRONOUS))),
    )


@st.composite
def lively(draw: st.DrawFn) -> Model:
    """A random model with temporal properties, some of whose rules are strongly fair, or not at all."""
    model = draw(turning_models() if draw(st.integers(0, 3)) else models())
    properties = tuple(draw(temporal(f"property {number}")) for number in range(2))
    return with_witness(attrs.evolve(model, properties=properties, machines=()))


@THOROUGH
@given(lively())
def test_it_finds_what_brute_force_finds(model: Model) -> None:
    assume(loops_agree_with_brute_force(model, MOST))


@THOROUGH
@given(lively())
def test_the_kernel_finds_the_same_loops(model: Model) -> None:
    assume(kernel_finds_the_same_loops(model, 200))


@THOROUGH
@given(lively())
def test_every_lasso_is_a_fair_run_that_closes(model: Model) -> None:
    assume(lassos_are_fair_runs_that_close(model, MOST))
