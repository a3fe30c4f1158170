"""The oracles' word on recorded traces: silent on what a model did, plain on what nobody can have done."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kubemodel.engine.legality import illegal_moves
from kubemodel.engine.traces import Initially, Move, Reference, Request, Start, Step, Trace, Truth
from kubemodel.spec.language.machine import Arrow, Machine, State

from .small_models import POD_MACHINE
from .test_traces import walked

POD = Reference("Pod", "web-a")
LIFE = Machine(
    "life",
    "Pod",
    ("phase",),
    tuple(State(name, lambda value, name=name: value == name) for name in ("Absent", "Pending", "Running", "Gone")),
    "Absent",
    (
        Arrow("create", "Absent", "Pending", "user"),
        Arrow("start", "Pending", "Running", "kubelet"),
        Arrow("stop", "Running", "Gone", "kubelet"),
        Arrow("see", "Running", "Gone", "watch"),
    ),
)


def step(component: str, before: str, after: str, machine: str = "life", target: Reference = POD) -> Step:
    return Step(component, component, "act", target, machines=(Move(target, machine, before, after),))


def trace(*steps: Step, start: str = "Absent", machine: str = "life") -> Trace:
    return Trace("pods", Start((Initially(POD, machines={machine: start}),)), steps)


LEGAL = (step("user", "Absent", "Pending"), step("kubelet", "Pending", "Running"), step("kubelet", "Running", "Gone"))


def said(it: Trace, **allowed: bool | tuple[str, ...]) -> list[str]:
    return [str(move) for move in illegal_moves(it, (LIFE,), **allowed)]  # type: ignore[arg-type]


@given(st.sampled_from(["lagging", "lagging more", "synchronous"]), st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_what_a_model_did_is_legal(model: str, seed: int) -> None:
    assert illegal_moves(walked(seed, model), (POD_MACHINE,), lagging=model != "synchronous") == ()


def test_declared_arrows_are_legal() -> None:
    assert said(trace(*LEGAL)) == []


def created_again(*after: Step) -> Trace:
    """A pod that runs on without an object, while another of its name is created."""
    again = attrs.evolve(step("user", "Absent", "Bound", "api"), requests=(Request("create", POD),))
    start = Start((Initially(POD, machines={"life": "Running", "api": "Absent"}),))
    return Trace("pods", start, (again, *after))


API = Machine(
    "api",
    "Pod",
    ("object",),
    tuple(State(name, lambda value, name=name: value == name) for name in ("Absent", "Bound")),
    "Absent",
    (Arrow("create", "Absent", "Bound", "user"),),
)
EARLIER = Reference("Pod", "web-a (earlier)")


@pytest.mark.parametrize(
    ("after", "illegal"),
    [
        ((step("user", "Absent", "Pending"), step("kubelet", "Running", "Gone", target=EARLIER)), []),
        ((step("kubelet", "Running", "Gone"),), []),
        (
            (step("kubelet", "Pending", "Running", target=EARLIER),),
            ["step 2 is illegal: Pod web-a (earlier): machine life stood in Absent, not in Pending"],
        ),
        (
            (*(step("kubelet", "Running", "Gone", target=Reference("Pod", name)) for name in ("b", "c")),),
            ["step 3 is illegal: Pod c: machine life stood in Absent, not in Running"],
        ),
    ],
    ids=["both go on", "not of one incarnation", "left behind otherwise", "left behind once"],
)
def test_what_an_earlier_object_of_a_name_left_behind_goes_on(after: tuple[Step, ...], illegal: list[str]) -> None:
    assert [str(move) for move in illegal_moves(created_again(*after), (LIFE, API))] == illegal


def test_a_creation_that_is_refused_leaves_nothing_behind() -> None:
    refused = attrs.evolve(LEGAL[1], requests=(Request("create", POD, outcome="already exists"),))
    again = step("user", "Absent", "Pending")
    found = said(trace(LEGAL[0], refused, again))
    assert found == ["step 3 is illegal: Pod web-a: machine life stood in Running, not in Absent"]


ILLEGAL: dict[str, tuple[Trace, list[str]]] = {
    "no arrow": (
        trace(LEGAL[0], step("kubelet", "Pending", "Gone")),
        ["step 2 is illegal: Pod web-a: machine life has no arrow Pending -> Gone driven by kubelet"],
    ),
    "another driver": (
        trace(step("kubelet", "Absent", "Pending")),
        ["step 1 is illegal: Pod web-a: machine life has no arrow Absent -> Pending driven by kubelet"],
    ),
    "a step is missing": (
        trace(LEGAL[0], LEGAL[2]),
        ["step 2 is illegal: Pod web-a: machine life stood in Pending, not in Running"],
    ),
    "unknown state": (
        trace(step("user", "Absent", "Lost")),
        ["step 1 is illegal: Pod web-a: machine life has no arrow Absent -> Lost driven by user"],
    ),
    "unknown machine": (
        trace(step("user", "Absent", "Pending", "death")),
        ["step 1 is illegal: Pod web-a: no machine death of a Pod is declared"],
    ),
    "another kind": (
        trace(step("user", "Absent", "Pending", target=Reference("Node", "n1"))),
        ["step 1 is illegal: Node n1: no machine life of a Node is declared"],
    ),
    "unknown state at the start": (
        trace(start="Lost"),
        ["the start is illegal: Pod web-a: machine life has no state Lost"],
    ),
    "unknown machine at the start": (
        trace(machine="death"),
        ["the start is illegal: Pod web-a: no machine death of a Pod is declared"],
    ),
}


@pytest.mark.parametrize("name", ILLEGAL)
def test_what_nobody_can_have_done_is_named(name: str) -> None:
    it, expected = ILLEGAL[name]
    assert said(it) == expected


def test_what_follows_an_illegal_move_is_judged_from_there() -> None:
    assert len(said(trace(step("user", "Absent", "Running"), LEGAL[2]))) == 1


def test_new_objects_begin_in_the_initial_state_and_names_may_come_again() -> None:
    gone = attrs.evolve(LEGAL[2], removed=(POD,))
    assert said(attrs.evolve(trace(*LEGAL[:2], gone, *LEGAL), start=Start())) == []
    assert len(said(attrs.evolve(trace(*LEGAL, *LEGAL), start=Start()))) == 1


def test_one_step_may_take_several_arrows_where_whole_plans_are_one_step() -> None:
    it = trace(LEGAL[0], step("kubelet", "Pending", "Gone"))
    assert said(it, whole_plans=("kubelet",)) == []
    assert len(said(it, whole_plans=("user",))) == 1


def test_a_write_may_have_an_event_delivered_where_caches_lag() -> None:
    it = trace(step("user", "Running", "Gone"), start="Running")
    assert len(said(it)) == 1
    assert said(it, lagging=True) == []


def test_a_move_that_the_trace_itself_calls_undeclared_is_no_news() -> None:
    judged = Truth({"undeclared-transition": "violated"})
    assert said(trace(attrs.evolve(step("user", "Absent", "Gone"), properties=judged))) == []
