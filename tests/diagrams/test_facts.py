"""What the picture of the architecture says is what a model's components declare and do."""

from __future__ import annotations

from typing import Any

import attrs
from kubemodel.checker.search import search
from kubemodel.diagrams.architecture import ComponentFacts
from kubemodel.diagrams.facts import Fact, architecture_facts, noting
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Call, Named, RuntimeCall, Set, Write
from kubemodel.spec.language.query import ANY, Query, Read, no_parameter
from kubemodel.spec.language.request import ApiCall, Outcome, Response, Verb


def _server(call: ApiCall, stored: Any, *, current: bool) -> Response:
    return Response(Outcome.DONE, call.body)


def _steps(*plan: Any) -> Any:
    return lambda _key: [Alternative(plan)]


def _when(field: str, value: Any) -> Key:
    return Key("Pod", (field,), lambda found: True if found == value else None)


def _any(kind: str, read: Read = Read.CACHED) -> Query:
    return Query(kind, ("object",), lambda _parameter, value: True if value else None, ANY, no_parameter, read=read)


WRITER = Component(
    "writer",
    (
        Rule(
            "bind",
            _when("object", "new"),
            lambda _key, nodes, claims: [
                Alternative((Call(KEY, ApiCall(Verb.UPDATE, "Pod", "bound"), memory=(("assumed", Set("node")),)),))
            ],
            {"nodes": _any("Node"), "claims": _any("Claim", Read.QUORUM)},
        ),
        Rule(
            "give up",
            _when("object", "bound"),
            _steps(
                Call(KEY, ApiCall(Verb.DELETE, "Pod", None), on=((Outcome.CONFLICT, (Write(KEY, "tried", Set(1)),)),))
            ),
        ),
    ),
    process="writer",
)
RUNNER = Component(
    "runner",
    (Rule("run", _when("object", "bound"), _steps(RuntimeCall(KEY, "runtime", Set("up"), "Run"))),),
    place="node",
)
CRASH = Component(
    "fault",
    (
        Rule(
            "crash",
            _when("runtime", "up"),
            _steps(Write(KEY, "runtime", Set(None)), Write(Named("B", "b"), "n", Set(0))),
        ),
    ),
    place="environment",
    environment=True,
)


def _model(*components: Component) -> Model:
    fields = (Field("object"), Field("assumed", memory_of="writer"), Field("runtime"), Field("tried"))
    stored = (Field("object"),)
    return Model(
        name="small",
        kinds=(
            Kind("Pod", fields, names=("p",)),
            Kind("Node", stored, names=("n",)),
            Kind("Claim", stored, names=("c",)),
            Kind("B", (Field("n", 1),), names=("b",)),
        ),
        components=components,
        initial={"Pod": ({"name": "p", "object": "new"},)},
        api_server=_server,
    )


def _facts(*components: Component) -> dict[str, ComponentFacts]:
    found = architecture_facts(components, _seen(_model(*components)), bookkeeping=("B",))
    return {each.name: each for each in found}


def _seen(*models: Model) -> set[Fact]:
    seen: set[Fact] = set()
    for model in models:
        assert search(TransitionSystem(noting(model, seen))).complete
    return seen


def test_watches_and_fresh_reads_follow_from_what_is_declared() -> None:
    facts = _facts(WRITER)["writer"]
    assert facts.watches == ("Node", "Pod")
    assert facts.reads == ("Claim",)


def test_requests_are_those_that_are_planned_along_the_way() -> None:
    assert _facts(WRITER)["writer"].writes == ("Pod (delete, update)",)


def test_fields_are_memory_of_their_process_or_changes() -> None:
    facts = _facts(WRITER)["writer"]
    assert facts.remembers == ("Pod (assumed)",)
    assert facts.changes == ("Pod (tried)",), "on a path that only a failed request takes"


def test_a_rule_that_never_has_its_turn_adds_nothing() -> None:
    assert _facts(RUNNER)["runner"] == ComponentFacts("runner", "node", watches=("Pod",))


def test_calls_to_the_runtime_are_told_from_writes() -> None:
    facts = _facts(WRITER, RUNNER)["runner"]
    assert facts.calls == ("Run",)
    assert facts.changes == ()


def test_faults_watch_nothing_and_budgets_are_left_out() -> None:
    facts = _facts(WRITER, RUNNER, CRASH)["fault"]
    assert facts == ComponentFacts("fault", "environment", changes=("Pod (runtime)",))


def test_what_a_component_does_in_any_model_is_told() -> None:
    models = [_model(RUNNER), _model(WRITER, RUNNER)]
    alone, together = (architecture_facts([RUNNER], _seen(*some)) for some in (models[:1], models))
    assert ([each.calls for each in alone], [each.calls for each in together]) == ([()], [("Run",)])


def test_where_nothing_happens_nothing_is_told() -> None:
    idle = attrs.evolve(_model(WRITER), initial={})
    assert [each.writes for each in architecture_facts([WRITER], _seen(idle))] == [()]


def test_exploring_finds_the_same_whether_it_is_noted_or_not() -> None:
    model = _model(WRITER, RUNNER, CRASH)
    plain, noted = (search(TransitionSystem(each)) for each in (model, noting(model, set())))
    assert plain == noted
