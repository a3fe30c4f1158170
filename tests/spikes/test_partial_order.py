"""Partial-order reduction agrees on every verdict, saves what it ought to, and saves nothing that others can tell."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Write
from kubemodel.spec.language.property import HOLDS, StateProperty, violated
from kubemodel.spec.language.query import SUM, Query, no_parameter

from ..checker.agreement import small_enough
from ..checker.random_models import models
from ..thoroughness import examples
from .partial_order import explore, learnt

DIAL = "Dial"
NAMES = ("a", "b", "c")
TOP = 3
SUM_OF_ALL = Query(DIAL, ("turned",), lambda _, turned: turned, SUM, no_parameter)


def more(value: int, /) -> int:
    return value + 1


def dials(*, together: bool = False, observed: bool = False) -> Model:
    """Dials that each can be turned up. ``together``: no further than their sum allows; ``observed``: a property adds
    them up."""

    def turn(_turned: int, total: int = 0) -> list[Alternative]:
        return [Alternative((Write(KEY, "turned", more),))] if total < 2 * TOP else []

    key = Key(DIAL, ("turned",), lambda turned: turned if turned < TOP else None)
    rule = Rule("turn", key, turn, {"total": SUM_OF_ALL} if together else {})
    all_up = StateProperty(
        "never-all-up",
        "",
        Key(DIAL, ("name",), lambda name: name if name == NAMES[0] else None),
        lambda _, total: violated("all are up") if total == TOP * len(NAMES) else HOLDS,
        {"total": SUM_OF_ALL},
    )
    return Model(
        name="dials",
        kinds=(Kind(DIAL, (Field("turned", 0),), names=NAMES),),
        components=(Component("hand", (rule,)),),
        initial={DIAL: ()},
        properties=(all_up,) if observed else (),
    )


def states(model: Model) -> tuple[int, int]:
    """How many there are, and how many are left."""
    system = TransitionSystem(model)
    reduction, whole = learnt(system)
    return whole, explore(system, reduction).states


def test_what_nobody_can_tell_happens_in_one_order() -> None:
    assert states(dials()) == ((TOP + 1) ** len(NAMES), TOP * len(NAMES) + 1)


def test_what_others_count_happens_in_every_order() -> None:
    whole, left = states(dials(together=True))
    assert whole == left


def test_what_a_property_sees_happens_in_every_order() -> None:
    system = TransitionSystem(dials(observed=True))
    reduction, whole = learnt(system)
    reduced = explore(system, reduction)
    assert (reduced.states, reduced.violated) == (whole, {"never-all-up"})
    assert explore(system, reduction, visibility=False).states < whole


@settings(
    max_examples=examples(10, 25),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(models())
def test_it_agrees_on_every_verdict(model: Model) -> None:
    assume(small_enough(model, 100, positional=False))
    system = TransitionSystem(model)
    reduction, whole = learnt(system)
    everything, reduced = explore(system, None), explore(system, reduction)
    assert everything.states == whole
    assert reduced.violated == everything.violated
    assert reduced.states <= whole
