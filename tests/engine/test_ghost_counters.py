"""Ghost counters: kept of names alone, saturating, and of what they are asked to count."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.engine.successors import transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Counting, Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Call
from kubemodel.spec.language.request import ApiCall, Outcome, Response, Verb

THING = "Thing"
FIELDS = (
    Field("object"),
    Field("creations", 0, counts=Counting.CREATIONS),
    Field("removals", 0, counts=Counting.REMOVALS, most=1),
)


def api_server(call: ApiCall, _stored: Any, *, current: bool) -> Response:
    return Response(Outcome.DONE, "there" if call.verb is Verb.CREATE else None)


def turn(stored: str | None) -> list[Alternative]:
    verb = Verb.CREATE if stored is None else Verb.DELETE
    return [Alternative((Call(KEY, ApiCall(verb, THING)),))]


def counted(steps: int, kind: Kind, first: dict[str, Any]) -> tuple[int, int]:
    """The counters of the only object after it has come and gone by turns."""
    rule = Rule("turn", Key(THING, ("name", "object"), lambda name, stored: (stored,)), lambda key: turn(*key))
    model = Model("turns", (kind,), (Component("turner", (rule,)),), {THING: (first,)}, api_server=api_server)
    system = TransitionSystem(model)
    state = system.initial_state()
    for _ in range(steps):
        (transition,) = transitions(system, state)
        assert transition.successor is not None
        state = transition.successor
    (pool,) = system.pools
    (bundle,) = (pool.bundles[one] for one in state[0])
    return bundle[pool.position["creations"]], bundle[pool.position["removals"]]


NAMED = Kind(THING, FIELDS, names=("one",))


@pytest.mark.parametrize(("steps", "expected"), [(0, (0, 0)), (1, (1, 0)), (2, (1, 1)), (3, (2, 1)), (5, (2, 1))])
def test_comings_and_goings_are_counted_up_to_most(steps: int, expected: tuple[int, int]) -> None:
    assert counted(steps, NAMED, {"name": "one"}) == expected


def test_what_has_a_generated_name_is_not_counted() -> None:
    """It never comes again, so that there would be nothing to count but it would cost states."""
    kind = Kind(THING, FIELDS, slots=1)
    rule = Rule("go", Key(THING, ("object",), lambda stored: stored), lambda stored: turn(stored))
    model = Model("gone", (kind,), (Component("one", (rule,)),), {THING: ({"object": "there"},)}, api_server=api_server)
    system = TransitionSystem(model)
    (transition,) = transitions(system, system.initial_state())
    assert transition.successor == ((),), "nothing is left of it, not even a counter"
