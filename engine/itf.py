"""Traces in the Informal Trace Format, which TLA+ and Quint tools read (Apalache, ADR-015).

One variable a kind: a map from an object's name to a record of its fields. ``step`` tells what led to the state,
``properties`` what is judged of it. Fields that are null are left out of records, for the format has no null; what has
names that no program could have, such as labels, is a map.
"""

from __future__ import annotations

import json
import keyword
from collections.abc import Iterator, Mapping

from .encoding import Json, applied
from .traces import Reference, Start, Step, Trace, Truth

_LARGEST = 2**53 - 1
STEP, PROPERTIES = "step", "properties"

Objects = dict[str, dict[str, dict[str, Json]]]
"""Kind -> name of the object -> its fields."""


def to_itf(trace: Trace) -> dict[str, Json]:
    """The trace as the JSON of an ``.itf.json`` file."""
    states = list(states_of(trace))
    kinds = sorted({kind for state in states for kind in state})
    first = {"component": "", "actor": "", "rule": "", "kind": "", "object": "", "because": ""}
    actions = [first, *map(_action, trace.steps)]
    truths = [trace.start.properties, *(step.properties for step in trace.steps)]
    description = f"{trace.model}: a trace of kubemodel"
    if trace.violation is not None:
        description += f" that violates {trace.violation.property}"
    if trace.loop is not None:
        description += f"; what follows state {trace.loop} repeats for ever, but for the names of objects"
    written = [
        {
            "#meta": {"index": index},
            **{
                _variable(kind): _map({name: _value(one) for name, one in state.get(kind, {}).items()})
                for kind in kinds
            },
            STEP: actions[index],
            PROPERTIES: _judgements(truths[index]),
        }
        for index, state in enumerate(states)
    ]
    result: dict[str, Json] = {
        "#meta": {
            "format": "ITF",
            "format-description": "https://apalache.informal.systems/docs/adr/015adr-trace.html",
            "description": description,
        },
        "vars": [*map(_variable, kinds), STEP, PROPERTIES],
        "states": written,
    }
    return {**result, "loop": trace.loop} if trace.loop is not None and _closes(states, trace.loop) else result


def _closes(states: list[Objects], loop: int) -> bool:
    """Whether the last state is the one that the loop begins with, names included: the format knows no other loops."""
    return states[-1] == states[loop]


def dumps_itf(trace: Trace) -> str:
    """The text of an ``.itf.json`` file: equal traces give equal bytes."""
    return json.dumps(to_itf(trace), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def states_of(trace: Trace) -> Iterator[Objects]:
    """Every state of a trace, the first one included: what was there at the start, and each change applied to it."""
    state = _first(trace.start)
    yield state
    for step in trace.steps:
        state = _after(state, step)
        yield state


def _first(start: Start) -> Objects:
    objects: Objects = {}
    for each in start.objects:
        objects.setdefault(each.target.kind, {})[each.target.name] = dict(each.fields)
    return objects


def _after(state: Objects, step: Step) -> Objects:
    objects = {kind: dict(named) for kind, named in state.items()}
    for target in step.created:
        objects.setdefault(target.kind, {})[target.name] = {}
    for change in step.changes:
        target = change.target
        fields = _fields(objects, target)
        objects.setdefault(target.kind, {})[target.name] = applied(fields, change.field, change.after)
    for target in step.removed:
        objects[target.kind].pop(target.name, None)
    return objects


def _fields(objects: Objects, target: Reference) -> dict[str, Json]:
    return objects.get(target.kind, {}).get(target.name, {})


def _action(step: Step) -> dict[str, Json]:
    target = {"kind": step.target.kind, "object": step.target.name}
    return {"component": step.component, "actor": step.actor, "rule": step.rule, **target, "because": step.because}


def _judgements(truth: Truth) -> Json:
    return _map(dict(truth.judgements))


def _objects(named: Mapping[str, Json]) -> Json:
    return _map({name: _value(fields) for name, fields in named.items()})


def _map(entries: Mapping[str, Json]) -> Json:
    return {"#map": [[key, entries[key]] for key in sorted(entries)]}


def _variable(kind: str) -> str:
    # A kind may be called as one of the variables that every state has.
    return f"{kind}_objects" if kind in (STEP, PROPERTIES) else kind


def _value(value: Json) -> Json:
    if isinstance(value, dict):
        fields = {key: _value(item) for key, item in sorted(value.items()) if item is not None}
        return fields if all(map(_names_a_field, fields)) else _map(fields)
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST:
        return {"#bigint": str(value)}
    if value is None or isinstance(value, float):
        return {"#unserializable": json.dumps(value)}
    return value


def _names_a_field(name: str) -> bool:
    # Readers make classes of records, whose fields are named so; with a # begins what means something to the format.
    return name.isidentifier() and not name.startswith("_") and not keyword.iskeyword(name)
