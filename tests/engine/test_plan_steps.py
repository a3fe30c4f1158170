"""Plans of several requests: which objects their steps mean, which failures end them, who may start them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import pytest
from kubemodel.engine.pools import MARKS, State
from kubemodel.engine.successors import Transition, transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Call, Chosen, Named, New, Set, Step, Sweep, Write
from kubemodel.spec.language.query import MULTISET, Query, no_parameter
from kubemodel.spec.language.request import ApiCall, Outcome, Preconditions, Response, Verb

CONTROLLER = "controller"


@attrs.frozen(cache_hash=True)
class Append:
    """The edit that appends a letter to a text."""

    letter: str

    def __call__(self, text: str, /) -> str:
        return text + self.letter


def answer(call: ApiCall, stored: Any, *, current: bool) -> Response:
    """An API server of texts: refuses the letter X, and conflicts where a request is not current."""
    if not current:
        return Response(Outcome.CONFLICT, stored)
    if call.body == Append("X"):
        return Response(Outcome.FORBIDDEN, stored)
    return Response(Outcome.DONE, call.body(stored))


def append(target: Any, letter: str, seen: str | None = None, tolerates: tuple[Outcome, ...] = ()) -> Call:
    request = ApiCall(Verb.PATCH, "Text", Append(letter), preconditions=Preconditions(seen=seen))
    return Call(target, request, tolerates=tolerates)


def system(*plan: Step, workers: int = 1, serial: bool = False, lag: int = 0, texts: int = 3) -> TransitionSystem:
    """Interchangeable workers that each carry out ``plan`` once, on interchangeable texts."""

    def decide(_state: str, **_answers: Any) -> Iterable[Alternative]:
        yield Alternative((Write(KEY, "state", Set("done")), *plan))

    every = Query("Text", ("object",), lambda _parameter, text: "text" if text is not None else None, MULTISET)
    rule = Rule(
        "work",
        Key("Worker", ("state",), lambda state: state if state == "ready" else None),
        decide,
        {"texts": attrs.evolve(every, parameter=no_parameter)},
        several_requests=True,
    )
    return TransitionSystem(
        Model(
            name="texts",
            kinds=(
                Kind("Worker", (Field("state"),), slots=workers),
                Kind("Text", (Field("object"), Field("tried", False)), slots=texts),
            ),
            components=(Component(CONTROLLER, (rule,), serial=serial),),
            initial={"Worker": ({"state": "ready"},) * workers, "Text": ({"object": "-"},) * texts},
            api_server=answer,
            lag={(CONTROLLER, "Text"): lag} if lag else {},
        )
    )


def texts(system: TransitionSystem, state: State, field: str = "object") -> list[Any]:
    pool = system.pools[system.pool_index["Text"]]
    return sorted(pool.bundles[bundle][pool.position[field]] for bundle in state[system.pool_index["Text"]])


def own_steps(system: TransitionSystem, state: State) -> list[Transition]:
    return [it for it in transitions(system, state) if it.group.component.name == CONTROLLER]


def run(system: TransitionSystem) -> list[State]:
    """The states of the one run in which nothing but the controller acts."""
    states = [system.initial_state()]
    while found := own_steps(system, states[-1]):
        assert len({step.successor for step in found}) == 1
        assert found[0].successor is not None
        states.append(found[0].successor)
    return states


def chosen(label: int | None) -> Chosen:
    return Chosen("texts", "text", label)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param((None, None), ["-", "-a", "-b"], id="without label: another object"),
        pytest.param((0, 1), ["-", "-a", "-b"], id="another label: another object"),
        pytest.param((0, 0), ["-", "-", "-ab"], id="the same label: the same object"),
        pytest.param((0, None), ["-", "-a", "-b"], id="a label is not shared with a step that has none"),
    ],
)
def test_which_object_a_step_means(labels: tuple[int | None, int | None], expected: list[str]) -> None:
    it = system(append(chosen(labels[0]), "a"), append(chosen(labels[1]), "b"))
    assert texts(it, run(it)[-1]) == expected


def test_a_label_holds_for_writes_of_the_same_step_and_for_later_ones() -> None:
    it = system(append(chosen(0), "a"), append(chosen(1), "b"), append(chosen(0), "c"), append(chosen(1), "d"))
    assert texts(it, run(it)[-1]) == ["-", "-ac", "-bd"]


def test_an_object_is_marked_until_the_last_step_that_means_it() -> None:
    it = system(append(chosen(0), "a"), append(chosen(1), "b"), append(chosen(0), "c"))
    marks = [sum(map(len, texts(it, state, MARKS))) for state in run(it)]
    assert marks == [0, 2, 1, 0]


def test_a_failure_ends_the_plan_and_takes_the_marks_away() -> None:
    it = system(append(chosen(0), "a"), append(chosen(1), "X"), append(chosen(0), "c"))
    end = run(it)[-1]
    assert texts(it, end) == ["-", "-", "-a"]
    assert texts(it, end, MARKS) == [(), (), ()]


def test_a_plan_goes_on_after_a_failure_that_it_tolerates() -> None:
    tolerated = append(chosen(1), "X", tolerates=(Outcome.FORBIDDEN,))
    it = system(append(chosen(0), "a"), tolerated, append(chosen(0), "c"))
    assert texts(it, run(it)[-1]) == ["-", "-", "-ac"]


def test_a_failure_that_changes_nothing_is_no_step_of_its_own() -> None:
    refused = append(chosen(0), "X", tolerates=(Outcome.FORBIDDEN,))
    assert len(run(system(append(chosen(0), "a"), refused, append(chosen(0), "c")))) == 3
    noted = attrs.evolve(refused, memory=(("tried", Set(True)),))
    assert len(run(system(append(chosen(0), "a"), noted, append(chosen(0), "c")))) == 4


def test_what_follows_a_response_means_the_same_objects() -> None:
    last = append(chosen(0), "c")
    refused = attrs.evolve(append(chosen(1), "X"), on=((Outcome.FORBIDDEN, (append(chosen(2), "d"), last)),))
    it = system(append(chosen(0), "a"), refused, append(chosen(2), "e"), last)
    states = run(it)
    assert texts(it, states[-1]) == ["-", "-ac", "-d"]
    assert [sum(map(len, texts(it, state, MARKS))) for state in states] == [0, 3, 1, 0]


def test_what_follows_a_response_must_choose_by_label() -> None:
    refused = attrs.evolve(append(chosen(1), "X"), on=((Outcome.FORBIDDEN, (append(chosen(None), "d"),)),))
    it = system(append(chosen(0), "a"), refused)
    with pytest.raises(ValueError, match="what follows a response must choose by label"):
        run(it)


def test_branches_that_share_their_steps_are_walked_once() -> None:
    plan: tuple[Step, ...] = ()
    for number in range(60):
        plan = (attrs.evolve(append(chosen(0), str(number % 10)), on=((Outcome.FORBIDDEN, plan),)), *plan)
    it = system(*plan, texts=1)
    assert texts(it, run(it)[-1]) == ["-" + "9876543210" * 6]


def test_a_serial_component_finishes_one_plan_before_it_starts_another() -> None:
    it = system(append(chosen(0), "a"), append(chosen(1), "b"), workers=2, serial=True, texts=4)
    state, rules = it.initial_state(), []
    while found := own_steps(it, state):
        assert found[0].successor is not None
        state = found[0].successor
        rules.append({step.group.rule.name for step in found})
    assert rules == [{"work"}, {"continue"}, {"work"}, {"continue"}]


def test_other_components_start_a_plan_for_each_key() -> None:
    it = system(append(chosen(0), "a"), append(chosen(1), "b"), workers=2, texts=4)
    (start,) = own_steps(it, it.initial_state())
    assert start.successor is not None
    assert {step.group.rule.name for step in own_steps(it, start.successor)} == {"work", "continue"}


def test_plans_that_cannot_be_told_apart_are_an_error() -> None:
    it = system(append(chosen(0), "a"), append(chosen(1), "b"), workers=2, texts=4)
    (start,) = own_steps(it, it.initial_state())
    assert start.successor is not None
    second = [step for step in own_steps(it, start.successor) if step.group.rule.name == "work"]
    assert second[0].successor is not None
    with pytest.raises(ValueError, match="declare the component serial, or give its keys names"):
        own_steps(it, second[0].successor)


def test_an_update_may_build_on_the_response_to_the_one_before_while_the_cache_lags() -> None:
    it = system(append(chosen(0), "a", seen="-"), append(chosen(0), "b", seen="-a"), lag=2)
    assert texts(it, run(it)[-1]) == ["-", "-", "-ab"]


def test_an_update_that_builds_on_a_stale_cache_conflicts() -> None:
    it = system(append(chosen(0), "a", seen="-"), append(chosen(0), "b", seen="-"), lag=2)
    assert texts(it, run(it)[-1]) == ["-", "-", "-a"]


@attrs.frozen(cache_hash=True)
class Undo:
    """The edit that takes the last letter away."""

    def __call__(self, text: str, /) -> str:
        return text[:-1]


def test_a_stale_version_conflicts_even_if_it_looks_like_the_stored_one() -> None:
    undo = Call(chosen(0), ApiCall(Verb.PATCH, "Text", Undo()))
    it = system(append(chosen(0), "a"), undo, append(chosen(0), "b", seen="-"), lag=2)
    assert texts(it, run(it)[-1]) == ["-", "-", "-"]


def _after_one_step(kind: Kind, *plan: Step, query: Query | None = None) -> list[dict[str, Any]]:
    """The bundles of ``kind`` after the one step that carries out ``plan``."""
    rule = Rule(
        "work",
        Key("Worker", ("state",), lambda state: state if state == "ready" else None),
        lambda _state, **_answers: [Alternative((Write(KEY, "state", Set("done")), *plan))],
        {"things": query} if query is not None else {},
    )
    made = TransitionSystem(
        Model(
            name="one step",
            kinds=(Kind("Worker", (Field("state"),), slots=1), kind),
            components=(Component(CONTROLLER, (rule,)),),
            initial={
                "Worker": ({"state": "ready"},),
                kind.name: ({"name": kind.names[0], "value": 1},) if kind.names else (),
            },
        )
    )
    (only,) = transitions(made, made.initial_state())
    assert only.successor is not None
    number = made.pool_index[kind.name]
    pool = made.pools[number]
    return [dict(zip(pool.fields, pool.bundles[bundle], strict=True)) for bundle in only.successor[number]]


def test_an_object_that_was_chosen_is_the_one_of_its_name() -> None:
    query = Query("Thing", ("value",), lambda _parameter, value: value, MULTISET, no_parameter)
    kind = Kind("Thing", (Field("value"), Field("other")), names=("a",))
    plan = (Write(Chosen("things", 1), "value", Set(2)), Write(Named("Thing", "a"), "other", Set(3)))
    assert _after_one_step(kind, *plan, query=query) == [{"name": "a", "value": 2, "other": 3}]


def test_what_a_plan_makes_after_a_sweep_is_not_swept() -> None:
    kind = Kind("Thing", (Field("value"), Field("swept", False)), slots=1)
    sweep = Sweep("Thing", ("swept",), _mark_swept)
    found = _after_one_step(kind, sweep, Write(New("Thing"), "value", Set(1)))
    assert found == [{"name": "", "value": 1, "swept": False}]


def _mark_swept(_parameter: Any, _swept: bool) -> tuple[bool]:
    return (True,)
