"""Conformance cases as they lie in files: JSON Lines, one case a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from ..spec.manifests.errors import InputError, quote
from .question import Answer, Given

SCHEDULER = "scheduler"


@attrs.frozen
class Case:
    """One case. ``area`` is what its id begins with, or the scheduler; ``source`` is where upstream asserts it."""

    id: str
    area: str
    question: str
    source: str
    given: Given = attrs.field(repr=False)
    expected: Answer = attrs.field(repr=False)


def read(paths: Sequence[str]) -> tuple[Case, ...]:
    """The cases of all files, in order.

    Raises ``InputError`` for a file that cannot be read, a line that is no case, and an id that occurs twice.
    """
    found: dict[str, Case] = {}
    for path in paths:
        for line, case in _of_file(path):
            if case.id in found:
                raise InputError(f"the id {quote(case.id)} occurs twice", source=path, line=line)
            found[case.id] = case
    return tuple(found.values())


def _of_file(path: str) -> Iterator[tuple[int, Case]]:
    try:
        text = Path(path).read_text("utf-8")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", source=path) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", source=path) from error
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            data = json.loads(line)
        except ValueError as error:
            raise InputError("is not JSON", source=path, line=number, expected="one case a line") from error
        yield number, _case(data, path, number)


def _case(data: Any, path: str, line: int) -> Case:
    if not isinstance(data, dict):
        raise InputError("is no case", source=path, line=line, expected="an object")
    planned = "plugin" in data
    for key in ("id", "expected", *(("phase",) if planned else ("question", "given"))):
        if key not in data:
            raise InputError("is missing", source=path, line=line, field=key)
    for key, form in (("id", str), ("expected", dict)):
        if not isinstance(data[key], form):
            raise InputError("has the wrong type", source=path, line=line, field=key)
    name, source, expected = data["id"], str(data.get("source", "")), data["expected"]
    if planned:
        given = {key: value for key, value in data.items() if key != "expected"}
        return Case(name, SCHEDULER, _planned(data), source, given, expected)
    if not isinstance(data["given"], dict):
        raise InputError("has the wrong type", source=path, line=line, field="given", expected="an object")
    return Case(name, name.partition("/")[0], str(data["question"]), source, data["given"], expected)


def _planned(data: Given) -> str:
    """The question of a scheduler's case: plugin and phase, and the strategy where the plugin has several."""
    strategy = ((data.get("other") or {}).get("pluginArgs") or {}).get("scoringStrategy", {}).get("type")
    return f"{data['plugin']}: {data['phase']}" + (f" ({strategy})" if strategy else "")
