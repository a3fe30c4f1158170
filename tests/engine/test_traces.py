"""Traces: building them from paths, their JSON, its schema, and files that are no traces."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kubemodel.diagrams.sequence import sequence_mermaid
from kubemodel.engine import traces
from kubemodel.engine.executor import Run, Seeded, run
from kubemodel.engine.identities import Naming
from kubemodel.engine.trace_building import build
from kubemodel.engine.trace_words import change_lines, request_line, worded
from kubemodel.engine.traces import (
    Answer,
    Change,
    Reference,
    Request,
    Step,
    Trace,
    TraceError,
    dumps,
    load,
    loads,
    to_plain,
)
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.model import Model

from ..thoroughness import examples
from .small_models import CONTROLLER, cluster, rollout

MODELS: dict[str, Callable[[], Model]] = {
    "lagging": cluster,
    "lagging more": lambda: cluster(lag=2, todo=(3, 0, 2), crashes=2),
    "synchronous": lambda: cluster(lag=0),
    "rollout": rollout,
}


def letters(kind: str, _values: Mapping[str, Any], ordinal: int) -> str:
    return f"web-{'abcdefghijklmnopqrstuvwxyz'[ordinal - 1]}" if kind == "Pod" else f"{kind}-{ordinal}"


def instance(component: str, _kind: str, name: str, _values: Mapping[str, Any]) -> str:
    return f"kubelet of {name}" if component == "kubelet" else component


NAMING = Naming(letters, instance)


def walk(model: Model, seed: int, steps: int = 25) -> tuple[TransitionSystem, Run]:
    system = TransitionSystem(model)
    return system, run(system, system.initial_state(), Seeded(seed), max_steps=steps)


def walked(seed: int = 3, model: str = "lagging", steps: int = 25) -> Trace:
    system, done = walk(MODELS[model](), seed, steps)
    return build(system, done.path, naming=NAMING, scenario={"manifests": ["kind: Pod\n"], "a": {"b": None}})


def steps_where(model: str, wanted: Callable[[Step], bool]) -> list[Step]:
    found = [step for seed in range(30) for step in walked(seed, model).steps if wanted(step)]
    assert found, "some random walk meets it"
    return found


@given(st.sampled_from(sorted(MODELS)), st.integers(0, 10_000))
@settings(max_examples=examples(20, 40), deadline=None)
def test_json_round_trip_is_identity_and_fits_the_schema(model: str, seed: int) -> None:
    trace = walked(seed, model)
    text = dumps(trace)
    assert loads(text) == trace
    assert dumps(loads(text)) == text
    jsonschema.Draft202012Validator(traces.schema()).validate(json.loads(text))


def test_the_order_of_keys_in_a_file_does_not_matter() -> None:
    text = dumps(walked())
    assert dumps(loads(json.dumps(json.loads(text), sort_keys=True))) == text


def test_schema_and_classes_name_the_same_fields() -> None:
    found = traces.schema()
    jsonschema.Draft202012Validator.check_schema(found)
    definitions = {
        "reference": traces.Reference,
        "answer": traces.Answer,
        "request": traces.Request,
        "change": traces.Change,
        "move": traces.Move,
        "remark": traces.Remark,
        "truth": traces.Truth,
        "overtaken": traces.Overtaken,
        "step": traces.Step,
        "object": traces.Initially,
        "start": traces.Start,
        "violation": traces.Violation,
    }
    assert set(definitions) == set(found["$defs"])
    for name, class_ in definitions.items():
        definition = found["$defs"][name]
        fields = attrs.fields(class_)
        assert list(definition["properties"]) == [field.name for field in fields]
        assert definition["required"] == [field.name for field in fields if field.default is attrs.NOTHING]
    assert set(found["properties"]) == {"format", *(field.name for field in attrs.fields(Trace))}
    assert found["properties"]["format"]["const"] == traces.FORMAT


def test_a_step_tells_who_what_why_and_what_changed() -> None:
    step = walked(3).steps[0]
    assert (step.component, step.actor, step.rule) == (CONTROLLER, CONTROLLER, "manage")
    assert step.target == Reference("ReplicaSet", "web")
    assert step.because == "0 pods are fewer than 1"
    assert step.answers == (Answer("pods", 0), Answer("candidates", []))
    assert step.created == (Reference("Pod", "web-a"),)
    assert [(r.verb, r.target.name, r.outcome) for r in step.requests] == [("create", "web-a", "done")]
    assert [(move.machine, move.before, move.after) for move in step.machines] == [("pod", "Absent", "Pending")]
    judgements = {
        "pods-bounded": "holds",
        "runs-at-rest": "idle",
        "stays-running": "holds",
        "undeclared-transition": "holds",
    }
    assert step.properties.judgements == judgements


def test_only_what_changed_is_told_as_a_path() -> None:
    patches = steps_where("lagging", lambda step: any(r.verb == "patch" for r in step.requests) and step.continues)
    stored = [change for change in patches[0].changes if change.field.startswith("object.")]
    assert [(c.field, c.before, c.after) for c in stored] == [
        ("object.status.phase", "Pending", "Running"),
        ("object.status.conditions[Ready]", None, {"type": "Ready", "status": "True"}),
    ]


def test_actors_are_instances_and_timers_say_how_long() -> None:
    start = steps_where("lagging", lambda step: step.rule == "start" and not step.continues)[0]
    assert start.actor == f"kubelet of {start.target.name}"
    assert start.duration == 5.0
    assert [(r.verb, r.outcome) for r in start.requests] == [("StartContainer", "")]


def test_stale_answers_say_how_late_they_are_and_what_is_true() -> None:
    stale = steps_where("lagging", lambda step: any(answer.outdated for answer in step.answers))[0]
    answer = next(answer for answer in stale.answers if answer.outdated)
    assert answer.behind == 1
    assert answer.query == "pods"
    assert answer.actual == answer.answer + 1


def test_an_answer_that_a_late_cache_happens_to_get_right_is_not_outdated() -> None:
    late = steps_where("lagging more", lambda step: any(a.behind and not a.outdated for a in step.answers))[0]
    assert all(answer.actual is None for answer in late.answers if not answer.outdated)


def test_conflicts_are_requests_that_failed() -> None:
    failed = steps_where("synchronous", lambda step: any(r.outcome == "conflict" for r in step.requests))[0]
    request = failed.requests[0]
    assert request.guarded
    assert request_line(request) == "update ReplicaSet web status: conflict (the object has been modified)"


def test_objects_keep_their_names_and_names_are_never_used_twice() -> None:
    for seed in range(30):
        trace = walked(seed, "rollout")
        alive: set[str] = set()
        ever: set[str] = set()
        for step in trace.steps:
            born = {target.name for target in step.created}
            assert not born & ever
            alive, ever = alive | born, ever | born
            assert {change.target.name for change in step.changes if change.target.kind == "Pod"} <= alive
            alive -= {target.name for target in step.removed}


def test_two_objects_of_one_name_are_refused() -> None:
    system, done = walk(cluster(lag=0), 1, 3)
    with pytest.raises(ValueError, match="two objects of kind Pod would be called 'same'"):
        build(system, done.path, naming=Naming(lambda _kind, _values, _ordinal: "same"))


def test_slots_in_order_are_told_like_a_multiset() -> None:
    told = []
    for positional in (False, True):
        system = TransitionSystem(rollout(crashes=0), positional=positional)
        done = run(system, system.initial_state(), Seeded(1), max_steps=2)
        told.append([(step.rule, step.created) for step in build(system, done.path).steps])
    assert told[0] == told[1]


def test_a_path_with_a_gap_is_refused() -> None:
    system, done = walk(rollout(), 3, 8)
    with pytest.raises(ValueError, match="state 2 of the path is no successor of the state before it"):
        build(system, (*done.path[:2], done.path[0]))


def test_a_violation_is_told_with_its_object_and_advice() -> None:
    system, done = walk(cluster(lag=0, most=0), 3, 0)
    violation = build(system, done.path, violated="pods-bounded").violation
    assert violation == traces.Violation(
        "pods-bounded",
        "There are never more pods than asked for.",
        "2 pods exist, at most 0 may",
        Reference("ReplicaSet", "web"),
        "Give the controller expectations.",
    )


def test_a_violation_that_is_none_is_refused() -> None:
    system, done = walk(cluster(), 3, 2)
    with pytest.raises(ValueError, match="pods-bounded is not violated at the end of the path: it is judged 'holds'"):
        build(system, done.path, violated="pods-bounded")


def test_properties_of_rest_are_judged_at_rest_only() -> None:
    trace = walked(3, "lagging", steps=60)
    seen = {step.properties.judgements["runs-at-rest"] for step in trace.steps}
    assert "idle" in seen
    assert trace.steps[-1].properties.judgements["runs-at-rest"] == "holds"


def test_steps_in_words_can_be_drawn() -> None:
    text = sequence_mermaid(worded(walked()))
    assert text.startswith("sequenceDiagram\n")
    assert "create Pod web-a" in text


def test_bookkeeping_of_the_engine_stays_out_of_the_words() -> None:
    lines = [line for seed in range(20) for step in walked(seed).steps for line in change_lines(step)]
    assert not [line for line in lines if "pending@" in line or "plan@" in line or "marks" in line]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, {"key": "gpu"}, "added"),
        ({"key": "gpu"}, None, "removed"),
        (None, {"key": "gpu", "effect": "NoExecute"}, "none -> {effect: NoExecute}"),
    ],
)
def test_an_entry_that_is_all_as_by_default_is_told_without_its_fields(before: Any, after: Any, told: str) -> None:
    change = Change(Reference("Node", "a"), "object.spec.taints[gpu]", before, after)
    step = attrs.evolve(walked().steps[0], changes=(change,), requests=(), created=())
    assert change_lines(step) == (f"Node a: spec.taints[gpu] {told}",)


_TAINT = {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            [_TAINT],
            [_TAINT, _TAINT | {"effect": "NoExecute"}],
            "{key: node.kubernetes.io/unreachable, effect: NoExecute} added",
        ),
        (
            [_TAINT, {"key": "gpu", "effect": "NoSchedule"}],
            [_TAINT],
            "{key: gpu, effect: NoSchedule} removed",
        ),
        (["a"], ["a", "b"], "[a] -> [a, b]"),
    ],
)
def test_of_a_long_list_only_what_came_and_went_is_told(before: Any, after: Any, told: str) -> None:
    change = Change(Reference("Node", "a"), "object.spec.taints", before, after)
    step = attrs.evolve(walked().steps[0], changes=(change,), requests=(), created=())
    assert change_lines(step) == (f"Node a: spec.taints {told}",)


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (Request("create", Reference("Pod", "a"), outcome="done"), "create Pod a"),
        (Request("create", Reference("Pod"), outcome="forbidden", reason="quota"), "create new Pod: forbidden (quota)"),
        (
            Request("delete", Reference("Pod", "a"), outcome="not found", stale=True),
            "delete Pod a: not found (its cache was behind)",
        ),
        (Request("StopContainer", Reference("Pod", "a")), "StopContainer Pod a"),
    ],
)
def test_request_lines(request_: Request, line: str) -> None:
    assert request_line(request_) == line


def broken(change: Callable[[dict[str, Any]], object]) -> str:
    data = to_plain(walked())
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"t.json: line 1, column 1: not JSON: Expecting value \(the file ends too early\)"),
        (dumps(walked())[:300], r"t.json: line \d+, column \d+: not JSON: .*\(the file ends too early\)"),
        ("[]", r"t.json: \[\] is not of type object"),
        ("{}", r"t.json: 'format' is a required property"),
        ("[NaN]", "t.json: NaN is no JSON"),
        ("[1e999]", "t.json: a number is too large"),
        ('["\\ud800"]', "t.json: a text holds half of a character"),
        ('{"a": 1, "a": 2}', "t.json: the key 'a' stands twice in one object"),
        ("[" * 100_000, "t.json: nested deeper than 64 levels"),
        ("[" * 100 + "]" * 100, "t.json: nested deeper than 64 levels"),
        ("1" * 5000, "t.json: Exceeds the limit"),
        (broken(lambda t: t.update(format="x")), "t.json: format: 'x' where 'kubemodel trace 1' must stand"),
        (broken(lambda t: t["steps"][1].pop("rule")), r"t.json: steps\[1\]: 'rule' is a required property"),
        (broken(lambda t: t["steps"][1].update(rule=3)), r"t.json: steps\[1\].rule: 3 is not of type string"),
        (broken(lambda t: t["steps"][0].update(colour=3)), r"t.json: steps\[0\]: Additional properties .*'colour'"),
        (broken(lambda t: t.update(loop=99)), "t.json: loop: step 100 would begin it, but there are 8 steps"),
    ],
    ids=range(16),
)
def test_what_is_no_trace_is_one_clear_error(text: str, message: str) -> None:
    with pytest.raises(TraceError, match=message) as caught:
        loads(text, "t.json")
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_loading_from_files(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(dumps(walked()), encoding="utf-8")
    assert load(path) == walked()
    path.write_bytes(b"\xff{}")
    with pytest.raises(TraceError, match=r"t.json: byte 0: not UTF-8 text"):
        load(path)
    with pytest.raises(TraceError, match="No such file or directory"):
        load(tmp_path / "none.json")


def test_files_that_are_too_large_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.json"
    path.write_text(dumps(walked()), encoding="utf-8")
    monkeypatch.setattr(traces, "MAX_BYTES", 100)
    with pytest.raises(TraceError, match="larger than 100 bytes"):
        load(path)
