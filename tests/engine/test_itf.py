"""Traces in the Informal Trace Format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import itf_py
from hypothesis import given, settings
from hypothesis import strategies as st
from kubemodel.checker.result import Limits
from kubemodel.cli.checking import run
from kubemodel.cli.inputs import Flags, requests
from kubemodel.engine.itf import dumps_itf, states_of, to_itf
from kubemodel.engine.trace_building import Chronicler, build
from kubemodel.engine.traces import Change, Initially, Reference, Start, Step, Trace, Violation, dumps, loads

from .test_traces import MODELS, walk, walked

ROOT = Path(__file__).parents[2]


def records(entries: dict[str, Any]) -> dict[str, Any]:
    return dict(entries["#map"])


def test_every_state_has_every_variable() -> None:
    trace = walked()
    itf = to_itf(trace)
    assert itf["vars"] == ["Informer", "Pod", "ReplicaSet", "User", "step", "properties"]
    assert len(itf["states"]) == len(trace.steps) + 1
    for index, state in enumerate(itf["states"]):
        assert set(state) == {"#meta", *itf["vars"]}
        assert state["#meta"] == {"index": index}
    assert itf["states"][1]["step"]["rule"] == "manage"
    assert json.loads(dumps_itf(trace)) == itf


def test_objects_come_and_go() -> None:
    trace = walked(3, "rollout")
    alive: set[str] = set()
    for step, state in zip(trace.steps, to_itf(trace)["states"][1:], strict=True):
        alive = (alive | {target.name for target in step.created}) - {target.name for target in step.removed}
        assert set(records(state["Pod"])) == alive


def test_values_that_the_format_lacks() -> None:
    thing = Reference("Thing", "a")
    labels = {"app.kubernetes.io/name": "web", "#tag": [None, True]}
    fields = {"big": 2**60, "half": 0.5, "whole": 2.0, "none": None, "labels": labels}
    trace = Trace("m", Start((Initially(thing, fields),)), (Step("c", "c", "r", thing),), loop=0)
    itf = to_itf(trace)
    assert itf["loop"] == 0
    assert records(itf["states"][1]["Thing"])["a"] == {
        "big": {"#bigint": str(2**60)},
        "half": {"#unserializable": "0.5"},
        "whole": 2,
        "labels": {"#map": [["#tag", [{"#unserializable": "null"}, True]], ["app.kubernetes.io/name", "web"]]},
    }


def test_a_kind_called_like_a_variable_gets_another_name() -> None:
    thing = Reference("step", "a")
    trace = Trace(
        "m", Start((Initially(thing, {}),)), (Step("c", "c", "r", thing, changes=(Change(thing, "x", 0, 1),)),)
    )
    assert records(to_itf(trace)["states"][1]["step_objects"]) == {"a": {"x": 1}}


@given(st.sampled_from(sorted(MODELS)), st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_changes_applied_to_the_start_are_the_states(model: str, seed: int) -> None:
    """What the trace tells suffices to know every state, but for the names of interchangeable objects."""
    system, done = walk(MODELS[model](), seed)
    trace = build(system, done.path)
    chronicler = Chronicler(system)
    for told, state in zip(states_of(trace), done.path, strict=True):
        actual: dict[str, list[str]] = {kind: [] for kind in told}
        for start in chronicler.start(chronicler.begin(state)).objects:
            actual[start.target.kind].append(json.dumps(pruned(start.fields), sort_keys=True))
        assert {kind: sorted(texts) for kind, texts in actual.items()} == {
            kind: sorted(json.dumps(pruned(fields), sort_keys=True) for fields in named.values())
            for kind, named in told.items()
        }


def pruned(document: Any) -> Any:
    """Without what is empty or zero: such defaults may be told or left out."""
    if isinstance(document, dict):
        return {key: pruned(item) for key, item in document.items() if pruned(item)}
    return [pruned(item) for item in document] if isinstance(document, list) else document


def test_the_violated_property_is_named() -> None:
    trace = attrs.evolve(walked(3), violation=Violation("pods-bounded"))
    assert to_itf(trace)["#meta"]["description"] == "cluster: a trace of kubemodel that violates pods-bounded"


def plain(value: Any) -> Any:
    """What another reader made of a value, as plain JSON again."""
    if isinstance(value, itf_py.itf.ITFUnserializable):
        return json.loads(value.value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if hasattr(value, "_asdict"):
        return {key: plain(item) for key, item in value._asdict().items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_null(item) for key, item in value.items() if item is not None}
    return [without_null(item) for item in value] if isinstance(value, list) else value


@given(st.sampled_from(sorted(MODELS)), st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_another_reader_finds_every_state(model: str, seed: int) -> None:
    trace = walked(seed, model)
    read = itf_py.trace_from_json(json.loads(dumps_itf(trace)))
    assert [state.meta["index"] for state in read.states] == list(range(len(trace.steps) + 1))
    for told, state in zip(states_of(trace), read.states, strict=True):
        assert {kind: plain(state.values[kind]) for kind in told} == without_null(told)
    actions = [plain(state.values["step"]) for state in read.states[1:]]
    assert [(action["component"], action["rule"]) for action in actions] == [
        (step.component, step.rule) for step in trace.steps
    ]


def test_another_reader_finds_a_cluster_with_its_labels() -> None:
    """A story of real manifests, whose labels have names that no program has."""
    (request,) = requests([str(ROOT / "examples" / "stuck-rollout" / "broken.yaml")], Flags())
    checked = run(request.plan.jobs[0], Limits())
    (trace,) = checked.traces.values()
    assert '"kubernetes.io/os"' in dumps_itf(trace)
    read = itf_py.trace_from_json(json.loads(dumps_itf(trace)))
    for told, state in zip(states_of(loads(dumps(trace))), read.states, strict=True):
        assert {kind: plain(state.values[kind]) for kind in told} == without_null(told)
