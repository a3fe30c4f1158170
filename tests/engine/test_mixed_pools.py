"""Pools in which objects with names of their own stand beside interchangeable ones (design §3.2)."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from kubemodel.checker.naive import explore
from kubemodel.checker.search import search
from kubemodel.engine.pools import Pool
from kubemodel.engine.trace_building import build
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Call, Named, New
from kubemodel.spec.language.query import COUNT, Query
from kubemodel.spec.language.request import ApiCall, DeleteOptions, Outcome, Response, Verb

POD, SET = "Pod", "Set"
NAMES = ("web-0", "web-1")


def api_server(call: ApiCall, stored: str | None, *, current: bool) -> Response:
    if call.verb is Verb.DELETE:
        return Response(Outcome.DONE if stored else Outcome.NOT_FOUND, None)
    return Response(Outcome.ALREADY_EXISTS, stored) if stored else Response(Outcome.DONE, call.body)


def create(wanted: str, pods: int) -> Iterable[Alternative]:
    if pods < 4:
        for name in NAMES:
            yield Alternative((Call(Named(POD, name), ApiCall(Verb.CREATE, POD, wanted)),), f"{name} by its name")
        yield Alternative((Call(New(POD), ApiCall(Verb.CREATE, POD, wanted)),), "one with a generated name")


PODS = Query(POD, ("object",), lambda _set, pod: pod, COUNT)
CREATE = Rule("create", Key(SET, ("object",), lambda stored: stored), create, {"pods": PODS})
DELETE = Rule(
    "delete",
    Key(POD, ("object",), lambda pod: pod),
    lambda _pod: [Alternative((Call(KEY, ApiCall(Verb.DELETE, POD, DeleteOptions())),), "it goes")],
)


def model(slots: int = 2) -> Model:
    return Model(
        name="mixed",
        kinds=(Kind(POD, (Field("object"),), NAMES, slots), Kind(SET, (Field("object"),), ("web",))),
        components=(Component("controller", (CREATE,)), Component("user", (DELETE,), environment=True)),
        initial={SET: ({"name": "web", "object": "a pod"},)},
        api_server=api_server,
    )


def test_each_name_is_there_or_not_and_the_others_are_counted() -> None:
    # Two names, each with or without its pod, times none, one or two of the interchangeable pods.
    found = explore(TransitionSystem(model()))
    assert found.states == 2 * 2 * 3
    assert explore(TransitionSystem(model(), positional=True)).states == 2 * 2 * 2 * 2
    assert search(TransitionSystem(model())).states == found.states


def test_a_name_needs_no_slot() -> None:
    system = TransitionSystem(model(slots=0))
    assert explore(system).states == 4
    assert explore(system).full == {POD}


@pytest.mark.parametrize("positional", [False, True])
def test_an_object_keeps_its_name_in_a_trace(positional: bool) -> None:
    system = TransitionSystem(model(), positional=positional)
    path = [system.initial_state()]
    told = build(system, path).start
    assert [(one.target.kind, one.target.name) for one in told.objects] == [
        (POD, "web-0"),
        (POD, "web-1"),
        (SET, "web"),
    ]


def test_a_name_is_not_nothing() -> None:
    with pytest.raises(ValueError, match="which tells interchangeable objects"):
        Pool(Kind(POD, (Field("object"),), ("",), 1), {}, positional=False)
