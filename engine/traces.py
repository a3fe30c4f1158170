"""Traces: what happened, step by step, as data and as JSON (design §3.3).

A trace is self-contained: it holds the scenario it came from, opaque to the engine. The published schema of the JSON is
``trace.schema.json`` beside this file. Fields at their default are left out. Writing is byte-stable: the fields of a
trace stand in the order of their declaration here, those of opaque values in the order of the alphabet.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import attrs
import jsonschema
from jsonschema.protocols import Validator

from .encoding import Json

FORMAT = "kubemodel trace 1"

MAX_BYTES = 64 * 2**20
"""Largest trace that is read."""

MAX_DEPTH = 64
"""How deep the JSON of a trace that is read may be nested."""


class TraceError(ValueError):
    """A file that is no trace: which, where in it, and what is wrong."""

    def __init__(self, file: str, where: str, problem: str) -> None:
        """``where``: a path into the JSON or a line, "" for the file as a whole."""
        super().__init__(f"{file}: {where}: {problem}" if where else f"{file}: {problem}")
        self.file = file
        self.where = where
        self.problem = problem


@attrs.frozen
class Reference:
    """An object. ``name`` is "" for one that was asked for and never came into being."""

    kind: str
    name: str = ""


@attrs.frozen
class Answer:
    """What a rule read. ``behind``: how many changes of the kind were still on their way to its cache.

    ``outdated``: the store would have answered ``actual`` instead.
    """

    query: str
    answer: Json
    behind: int = 0
    outdated: bool = False
    actual: Json = None


@attrs.frozen
class Request:
    """A request and its response. ``outcome`` is "" for calls to the container runtime, which has no say.

    ``verb``: of the API server, or the name of the runtime call. ``body``: what was sent. ``uid``: the incarnation
    that was meant. ``guarded``: it conflicts unless the stored object is the version that was seen. ``stale``: the
    object had changes on their way to the cache of who asks. ``phase``: "sent" where it was only sent, "answered" where
    its reply arrived, "" where it was applied.
    """

    verb: str
    target: Reference
    subresource: str = ""
    body: Json = None
    uid: int | str | None = None
    guarded: bool = False
    stale: bool = False
    outcome: str = ""
    reason: str = ""
    phase: str = ""


@attrs.frozen
class Change:
    """A field of an object that is different after a step. None: there was, or is, nothing.

    ``field`` is a path: the field of the object's bundle, then down into its value (``object.status.phase``).
    """

    target: Reference
    field: str
    before: Json
    after: Json


@attrs.frozen
class Move:
    """An arrow that a machine took."""

    target: Reference
    machine: str
    before: str
    after: str


@attrs.frozen
class Remark:
    """Why a property is violated or suspended, and of which object that is said."""

    property: str
    target: Reference
    text: str


@attrs.frozen
class Truth:
    """What the properties say of a state and of the step to it: property -> judgement, and remarks on the bad ones."""

    judgements: Mapping[str, str] = attrs.field(factory=dict)
    remarks: tuple[Remark, ...] = ()


@attrs.frozen
class Overtaken:
    """What could have happened at once, or after a shorter time, when a timer fired instead."""

    actor: str
    rule: str
    target: Reference


@attrs.frozen
class Step:
    """One step: who did what to which object, why, and what came of it.

    ``actor``: the component with its instance. ``continues``: a further request of a plan that began earlier.
    ``duration``: seconds that the rule waited, 0 for what happens at once. ``overtook``: what had to be slower than
    this timer, which only asynchronous time allows. ``behind``: how many changes of the object's kind were on their way
    to the actor's cache. ``created``, ``removed``: interchangeable objects only.
    """

    component: str
    actor: str
    rule: str
    target: Reference
    because: str = ""
    continues: bool = False
    duration: float = 0.0
    overtook: tuple[Overtaken, ...] = ()
    behind: int = 0
    answers: tuple[Answer, ...] = ()
    requests: tuple[Request, ...] = ()
    changes: tuple[Change, ...] = ()
    created: tuple[Reference, ...] = ()
    removed: tuple[Reference, ...] = ()
    machines: tuple[Move, ...] = ()
    properties: Truth = Truth()


@attrs.frozen
class Initially:
    """An object at the start: its fields, less those at their default, and the states of its machines."""

    target: Reference
    fields: Mapping[str, Json] = attrs.field(factory=dict)
    machines: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Start:
    """The first state."""

    objects: tuple[Initially, ...] = ()
    properties: Truth = Truth()


@attrs.frozen
class Violation:
    """The property that the trace violates, in plain words; ``advice``: what to try next."""

    property: str
    statement: str = ""
    text: str = ""
    target: Reference | None = None
    advice: str = ""


@attrs.frozen
class Trace:
    """A path from a first state. ``loop``: the steps after the first ``loop`` ones repeat for ever."""

    model: str
    start: Start
    steps: tuple[Step, ...] = ()
    violation: Violation | None = None
    loop: int | None = None
    scenario: Mapping[str, Json] = attrs.field(factory=dict)


def to_plain(trace: Trace) -> dict[str, Json]:
    """The trace as plain JSON."""
    return {"format": FORMAT, **_plain(trace)}


def step_to_plain(step: Step) -> dict[str, Json]:
    """One step as it stands in the JSON of a trace."""
    plain: dict[str, Json] = _plain(step)
    return plain


def dumps(trace: Trace) -> str:
    """The JSON text of a trace: equal traces give equal bytes."""
    return json.dumps(to_plain(trace), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def loads(text: str, file: str = "trace") -> Trace:
    """The trace in a JSON text; raises ``TraceError``, naming ``file``, where there is none."""
    data = _parsed(text, file)
    _check_shape(data, file)
    error = min(_validator().iter_errors(data), key=_where, default=None)
    if error is not None:
        raise TraceError(file, _json_path(error.absolute_path), _problem(error))
    trace = _trace(data)
    if trace.loop is not None and trace.loop >= len(trace.steps):
        raise TraceError(file, "loop", f"step {trace.loop + 1} would begin it, but there are {len(trace.steps)} steps")
    return trace


def load(path: Path) -> Trace:
    """The trace in a file; raises ``TraceError`` where it cannot be read or holds none."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TraceError(str(path), "", f"larger than {MAX_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise TraceError(str(path), "", problem.strerror or str(problem)) from problem
    except UnicodeDecodeError as problem:
        raise TraceError(str(path), f"byte {problem.start}", "not UTF-8 text") from problem
    return loads(text, str(path))


def schema() -> dict[str, Json]:
    """The published JSON schema of traces."""
    text = resources.files(__package__).joinpath("trace.schema.json").read_text(encoding="utf-8")
    found: dict[str, Json] = json.loads(text)
    return found


def _plain(value: Any) -> Any:
    if attrs.has(type(value)):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in attrs.fields(type(value))
            if not _at_default(field, getattr(value, field.name))
        }
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _at_default(field: attrs.Attribute[Any], value: Any) -> bool:
    if isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
        return not value
    return field.default is not attrs.NOTHING and bool(value == field.default)


def _build(class_: Callable[..., Any], data: Mapping[str, Any], **readers: Callable[[Any], Any]) -> Any:
    return class_(**{name: readers[name](value) if name in readers else value for name, value in data.items()})


def _each(read: Callable[[Any], Any]) -> Callable[[list[Any]], tuple[Any, ...]]:
    return lambda items: tuple(read(item) for item in items)


def _reference(data: Mapping[str, Any]) -> Any:
    return _build(Reference, data)


def _with_target(class_: Callable[..., Any]) -> Callable[[Mapping[str, Any]], Any]:
    return lambda data: _build(class_, data, target=_reference)


def _truth(data: Mapping[str, Any]) -> Any:
    return _build(Truth, data, remarks=_each(_with_target(Remark)))


def _step(data: Mapping[str, Any]) -> Any:
    references = _each(_reference)
    return _build(
        Step,
        data,
        target=_reference,
        overtook=_each(_with_target(Overtaken)),
        answers=_each(lambda item: _build(Answer, item)),
        requests=_each(_with_target(Request)),
        changes=_each(_with_target(Change)),
        created=references,
        removed=references,
        machines=_each(_with_target(Move)),
        properties=_truth,
    )


def _start(data: Mapping[str, Any]) -> Any:
    return _build(Start, data, objects=_each(_with_target(Initially)), properties=_truth)


def _trace(data: Mapping[str, Any]) -> Trace:
    known = {name: value for name, value in data.items() if name != "format"}
    trace: Trace = _build(Trace, known, start=_start, steps=_each(_step), violation=_with_target(Violation))
    return trace


def _parsed(text: str, file: str) -> Json:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise TraceError(file, "", f"the key {twice!r} stands twice in one object")
        return found

    def refuse(constant: str) -> None:
        raise TraceError(file, "", f"{constant} is no JSON")

    if len(text) > MAX_BYTES:
        raise TraceError(file, "", f"larger than {MAX_BYTES} bytes")
    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    except json.JSONDecodeError as problem:
        cut = " (the file ends too early)" if problem.pos >= len(text.rstrip()) else ""
        where = f"line {problem.lineno}, column {problem.colno}"
        raise TraceError(file, where, f"not JSON: {problem.msg}{cut}") from problem
    except RecursionError as problem:
        raise TraceError(file, "", f"nested deeper than {MAX_DEPTH} levels") from problem
    except TraceError:
        raise
    except ValueError as problem:  # an integer of more digits than Python reads
        raise TraceError(file, "", str(problem)) from problem


def _check_shape(data: Json, file: str) -> None:
    """Refuses what could not be written again: too deep, numbers without end, half characters."""
    pending: list[tuple[Json, int]] = [(data, 1)]
    while pending:
        value, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise TraceError(file, "", f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(value, dict):
            pending += [(item, depth + 1) for item in (*value, *value.values())]
        elif isinstance(value, list):
            pending += [(item, depth + 1) for item in value]
        elif isinstance(value, float) and value in (float("inf"), float("-inf")):
            raise TraceError(file, "", "a number is too large")
        elif isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise TraceError(file, "", "a text holds half of a character (a lone surrogate)")


@lru_cache(maxsize=1)
def _validator() -> Validator:
    return jsonschema.Draft202012Validator(schema())


def _where(error: jsonschema.ValidationError) -> tuple[str, ...]:
    # Errors nearest to the top first: what is wrong there makes what is wrong below it.
    return (str(len(error.absolute_path)).zfill(4), *(str(part).zfill(6) for part in error.absolute_path))


def _json_path(parts: Any) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.lstrip(".")


def _problem(error: jsonschema.ValidationError) -> str:
    found = repr(error.instance)
    shown = found if len(found) <= 60 else f"{found[:57]}..."
    if error.validator == "type":
        wanted = error.validator_value
        return f"{shown} is not of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
    if error.validator == "const":
        return f"{shown} where {error.validator_value!r} must stand"
    message = str(error.message)
    return message if len(message) <= 200 else f"{shown} breaks the schema's {error.validator!r}"
