"""Loops walked with every object as itself: when they close, who lasts, who is starved; replayed and exported."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from kubemodel.engine.fairness import Claim
from kubemodel.engine.itf import to_itf
from kubemodel.engine.lasso import Lasso, closes, lasting, unrolled_lasso
from kubemodel.engine.replay import replay
from kubemodel.engine.successors import Transition, transitions
from kubemodel.engine.trace_building import build
from kubemodel.engine.traces import Trace, dumps, loads
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.component import Component, Fairness, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Call, New, Set, Step, Write
from kubemodel.spec.language.property import HOLDS, Finding, Shape, TemporalProperty, violated
from kubemodel.spec.language.query import COUNT, Query, no_parameter
from kubemodel.spec.language.request import ApiCall, Outcome, Response, Verb

MOTH, LAMP = "Moth", "Lamp"


def server(call: ApiCall, stored: Any, *, current: bool) -> Response:
    return Response(Outcome.DONE, None if call.verb is Verb.DELETE else call.body)


def on(name: str, before: int, *plan: Step, fairness: Fairness | None = None) -> Rule:
    key = Key(MOTH, ("object",), lambda wing: True if wing == before else None)
    return Rule(name, key, lambda _: [Alternative(plan)], fairness=fairness)


def _lure() -> Rule:
    def decide(_key: str, moths: int) -> list[Alternative]:
        return [] if moths else [Alternative((Call(New(MOTH), ApiCall(Verb.CREATE, MOTH, 1)),), "it is dark")]

    moths = Query(MOTH, ("object",), lambda _parameter, wing: wing, COUNT, no_parameter)
    return Rule("lure", Key(LAMP, ("name",), lambda name: name), decide, {"moths": moths})


UP, DOWN = on("up", 1, Write(KEY, "object", Set(2))), on("down", 2, Write(KEY, "object", Set(1)))
DIE = on("die", 2, Call(KEY, ApiCall(Verb.DELETE, MOTH)))


def _calm(_key: Any) -> Finding:
    return HOLDS


CALM = TemporalProperty("calm", "rest in the end", None, _calm, Shape.EVENTUALLY_ALWAYS, restless="no rest")


def system(*rules: Rule, moths: int = 0, lamp: bool = True) -> TransitionSystem:
    components = (Component("lamp", (_lure(),)), Component("wind", rules))
    return TransitionSystem(
        Model(
            "night",
            (Kind(LAMP, (Field("object"),), names=("lamp",)), Kind(MOTH, (Field("object"),), slots=2)),
            components if lamp else components[1:],
            {MOTH: ({"object": 1},) * moths},
            properties=(CALM,),
            api_server=server,
        )
    )


def run(night: TransitionSystem, *rules: str) -> list[Transition]:
    """The transitions by these rules, one after the other, from the start."""
    found, state = [], night.initial_state()
    for rule in rules:
        transition = next(t for t in transitions(night, state) if t.group.rule.name == rule)
        assert transition.successor is not None
        found.append(transition)
        state = transition.successor
    return found


def lasso(night: TransitionSystem, stem: int, *rules: str) -> Lasso:
    taken = run(night, *rules)
    found = unrolled_lasso(night, night.initial_state(), taken[:stem], taken[stem:])
    assert found is not None
    return found


def test_a_loop_of_objects_that_come_and_go_closes_though_none_comes_back() -> None:
    found = lasso(system(UP, DIE), 0, "lure", "up", "die")
    assert (found.loop, len(found.steps), closes(found), found.starved) == (0, 3, True, ())
    assert lasting(found.before[0], found.end) == frozenset()
    assert found.before[0].state == found.end.state


def test_two_that_take_turns_each_get_theirs() -> None:
    night = system(UP, DOWN, moths=2, lamp=False)
    found = lasso(night, 0, "up", "down")
    assert closes(found) and found.loop is not None
    assert found.starved == ()
    assert len(found.steps) - found.loop == 4
    assert len(lasting(found.before[found.loop], found.end)) == 2


def test_one_that_never_gets_its_turn_is_starved() -> None:
    other = on("other", 1, Write(KEY, "object", Set(3)))
    night = system(UP, DOWN, other, moths=1, lamp=False)
    found = lasso(night, 0, "up", "down")
    assert found.starved == ()
    patient = attrs.evolve(other, key=Key(MOTH, ("object",), lambda wing: True if wing in (1, 2) else None))
    found = lasso(system(UP, DOWN, patient, moths=1, lamp=False), 0, "up", "down")
    assert Claim("wind", "other", 1, ordinal=1) in found.starved
    lenient = attrs.evolve(patient, fairness=Fairness.NONE)
    assert lasso(system(UP, DOWN, lenient, moths=1, lamp=False), 0, "up", "down").starved == ()


def test_a_strongly_fair_rule_is_starved_where_it_could_act_now_and_then() -> None:
    strong = on("other", 1, Write(KEY, "object", Set(3)), fairness=Fairness.STRONG)
    found = lasso(system(UP, DOWN, strong, moths=1, lamp=False), 0, "up", "down")
    assert [claim.rule for claim in found.starved] == ["other", "other"]


def trace(night: TransitionSystem, stem: int, *rules: str) -> Trace:
    found = lasso(night, stem, *rules)
    return build(night, found.states, violated="calm", text="no rest", loop=found.loop, taken=found.steps)


def test_a_lasso_replays_and_its_loop_is_checked() -> None:
    night = system(UP, DIE)
    recorded = trace(night, 0, "lure", "up", "die")
    found = replay(loads(dumps(recorded)), system(UP, DIE))
    assert (found.identical, found.open_loop, found.still_violated) == (True, "", True)


@pytest.mark.parametrize(
    ("loop", "steps", "problem"),
    [(1, 3, "the last step does not lead back to where step 2 begins"), (0, 2, "step 1 begins")],
)
def test_a_loop_that_does_not_close_is_found_out(loop: int, steps: int, problem: str) -> None:
    recorded = trace(system(UP, DIE), 0, "lure", "up", "die")
    cut = attrs.evolve(recorded, loop=loop, steps=recorded.steps[:steps])
    found = replay(cut, system(UP, DIE))
    assert not found.identical and not found.still_violated
    assert problem in found.open_loop


def test_a_loop_that_is_unfair_in_a_changed_model_is_found_out() -> None:
    recorded = trace(system(UP, DOWN, moths=1, lamp=False), 0, "up", "down")
    rest = Key(MOTH, ("object",), lambda wing: True if wing in (1, 2) else None)
    settle = attrs.evolve(on("settle", 1, Write(KEY, "object", Set(3))), key=rest)
    found = replay(recorded, system(UP, DOWN, settle, moths=1, lamp=False), exact=False)
    assert found.departure is None
    assert found.open_loop == "it is not fair: wind: settle could act all the time and never does"
    assert not found.still_violated


def test_the_informal_format_knows_a_loop_only_where_names_come_back_too() -> None:
    again = to_itf(trace(system(UP, DOWN, moths=1, lamp=False), 0, "up", "down"))
    assert again["loop"] == 0
    others = to_itf(trace(system(UP, DIE), 1, "lure", "up", "die", "lure"))
    assert "loop" not in others
    assert "but for the names" in str(others["#meta"])


def test_what_is_not_violated_by_a_loop_is_not_said_to_be() -> None:
    night = system(UP, DOWN, moths=1, lamp=False)
    holds = TemporalProperty(
        "calm", "", Key(LAMP, ("name",), lambda name: name), lambda _key: HOLDS, Shape.INFINITELY_OFTEN
    )
    changed = TransitionSystem(attrs.evolve(night.model, properties=(holds,)))
    found = replay(trace(night, 0, "up", "down"), changed, exact=False)
    assert (found.departure, found.open_loop, found.still_violated) == (None, "", False)
    never = attrs.evolve(holds, judge=lambda _key: violated("no"))
    changed = TransitionSystem(attrs.evolve(night.model, properties=(never,)))
    assert replay(trace(night, 0, "up", "down"), changed, exact=False).still_violated
