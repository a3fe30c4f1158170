"""Command line to jobs: paths and flags become settings, settings and documents become scenarios."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import attrs

from ..spec.language.model import TimeMode
from ..spec.language.plan import Rpc
from ..spec.language.scenario import Alike, Consistency, Start
from ..spec.manifests.errors import InputError, quote
from ..spec.manifests.fields import Lines
from ..spec.manifests.loading import Document, load
from ..spec.manifests.scenarios import COMMAND_LINE, Plan, plan
from ..spec.manifests.settings import Settings, as_document, is_scenario, settings_of
from ..spec.manifests.settings_schema import API_VERSION, CLIENTS, KIND, LAGGING_KINDS, MOST_LAG


@attrs.frozen
class Flags:
    """The flags of a check as they were given; each overrides what a scenario document says."""

    nodes: str | None = None
    faults: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    lag: tuple[str, ...] = ()
    consistency: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    kubernetes: str | None = None
    switches: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()
    time: str | None = None
    rpc: str | None = None
    start: str | None = None
    symmetry: str | None = None
    pod_slots: int | None = None
    properties: tuple[str, ...] = ()
    also_check: tuple[str, ...] = ()


FLAG_NAMES = tuple(field.name for field in attrs.fields(Flags))
"""The names of the flags, as a command passes them."""


def _pair(text: str, flag: str, expected: str) -> tuple[str, str]:
    left, separator, right = text.partition("=")
    if not separator or not left or not right:
        raise InputError(f'cannot read "{text}"', source=COMMAND_LINE, field=flag, expected=expected)
    return left, right


def _number(text: str, flag: str, expected: str) -> int:
    if not text.isdigit() or len(text) > 6:
        raise InputError(f'cannot read "{text}"', source=COMMAND_LINE, field=flag, expected=expected)
    return int(text)


def _lag(text: str) -> tuple[tuple[str, str], int]:
    expected = f"CLIENT/KIND=CHANGES with a client of {', '.join(CLIENTS)} and a kind of {', '.join(LAGGING_KINDS)}"
    name, amount = _pair(text, "--lag", expected)
    client, _, kind = name.partition("/")
    behind = _number(amount, "--lag", expected)
    if client not in CLIENTS or kind not in LAGGING_KINDS or not 1 <= behind <= MOST_LAG:
        raise InputError(f'cannot read "{text}"', source=COMMAND_LINE, field="--lag", expected=expected)
    return (client, kind), behind


def _consistency(text: str) -> tuple[tuple[str, str], Consistency]:
    levels = [level.value for level in Consistency]
    expected = f"CLIENT/KIND=LEVEL with a client and a kind as for --lag, and a level of {', '.join(levels)}"
    name, level = _pair(text, "--consistency", expected)
    client, _, kind = name.partition("/")
    if client not in CLIENTS or kind not in LAGGING_KINDS or level not in levels:
        raise InputError(f'cannot read "{text}"', source=COMMAND_LINE, field="--consistency", expected=expected)
    return (client, kind), Consistency(level)


def overridden(settings: Settings, flags: Flags) -> Settings:
    """The settings with every flag that was given put in. Raises ``InputError`` on a flag that cannot be read."""
    changes: dict[str, Any] = {}
    if flags.nodes is not None:
        changes["nodes"] = int(flags.nodes) if flags.nodes.isdigit() and len(flags.nodes) < 6 else flags.nodes
    if flags.faults:
        pairs = [_pair(text, "--fault", "FAULT=BUDGET") for text in flags.faults]
        given = {name: _number(budget, "--fault", "FAULT=BUDGET") for name, budget in pairs}
        changes["faults"] = {**settings.faults, **given}
    if flags.users:
        todo = tuple(_pair(text, "--user", "VERB=WHAT, such as apply=new.yaml") for text in flags.users)
        changes["users"] = (*settings.users, todo)
    if flags.lag:
        changes["lag"] = {**settings.lag, **dict(_lag(text) for text in flags.lag)}
    if flags.consistency:
        changes["consistency"] = {**settings.consistency, **dict(_consistency(text) for text in flags.consistency)}
    if flags.candidates:
        pairs = [_pair(text, "--candidates", "PROCESS=NUMBER") for text in flags.candidates]
        several = {name: _number(count, "--candidates", "PROCESS=NUMBER") for name, count in pairs}
        changes["candidates"] = {**settings.candidates, **several}
    if flags.kubernetes is not None:
        changes["kubernetes"] = flags.kubernetes.removeprefix("v")
    if flags.switches:
        changes["switches"] = {**settings.switches, **dict(_pair(t, "--switch", "NAME=VALUE") for t in flags.switches)}
    if flags.constants:
        pairs = [_pair(text, "--constant", "NAME=SECONDS") for text in flags.constants]
        seconds = {name: float(_number(value, "--constant", "NAME=SECONDS")) for name, value in pairs}
        changes["constants"] = {**settings.constants, **seconds}
    if flags.slow:
        changes["slow"] = tuple(dict.fromkeys((*settings.slow, *flags.slow)))
    if flags.time is not None:
        changes["time"] = TimeMode(flags.time)
    if flags.rpc is not None:
        changes["rpc"] = Rpc(flags.rpc)
    if flags.start is not None:
        changes["start"] = Start(flags.start)
    if flags.symmetry is not None:
        changes["symmetry"] = Alike(flags.symmetry)
    if flags.pod_slots is not None:
        changes["pod_slots"] = flags.pod_slots
    if flags.properties:
        changes["properties"] = flags.properties
    if flags.also_check:
        changes["also_check"] = (*settings.also_check, *flags.also_check)
    return _rechecked(attrs.evolve(settings, **changes))


_FLAG_OF_FIELD = {
    "alsoCheck": "--also-check",
    "candidates": "--candidates",
    "constants": "--constant",
    "kubernetes": "--kubernetes",
    "faults": "--fault",
    "consistency": "--consistency",
    "lag": "--lag",
    "nodes": "--nodes",
    "podSlots": "--pod-slots",
    "properties": "--property",
    "slow": "--slow",
    "switches": "--switch",
    "users": "--user",
}


def _rechecked(settings: Settings) -> Settings:
    """The settings, put through the schema of scenario documents: flags get no more freedom than files."""
    try:
        return attrs.evolve(settings_of(Document(as_document(settings), COMMAND_LINE, Lines(1))), name=settings.name)
    except InputError as error:
        field, _, key = (error.field or "").partition("[")[0].partition(".")
        named = key and error.problem.startswith("unknown") and '"' not in error.problem
        problem = f"{error.problem} {quote(key)}" if named else error.problem
        flag = _FLAG_OF_FIELD.get(field, field)
        raise InputError(problem, source=COMMAND_LINE, field=flag, expected=error.expected) from error


@attrs.frozen
class Request:
    """One plan to work through, the settings it came from, and the file that its scenario stands in ("" for none)."""

    plan: Plan
    settings: Settings
    source: str


def requests(paths: Sequence[str], flags: Flags, stdin: TextIO | None = None) -> tuple[Request, ...]:
    """What the paths ask for: a request for each scenario document, or one for all manifests together.

    Raises ``InputError``.
    """
    documents = load(paths, stdin)
    scenarios = [document for document in documents if is_scenario(document)]
    if not scenarios:
        settings = overridden(Settings(), flags)
        return (Request(plan(documents, settings), settings, ""),)
    manifests = [document for document in documents if not is_scenario(document)]
    found = []
    for document in scenarios:
        settings = overridden(settings_of(document), flags)
        folder = os.path.dirname(document.source)
        own = () if settings.manifests or settings.objects else manifests
        found.append(Request(_planned(own, settings, folder, document, flags), settings, document.source))
    return tuple(found)


def _planned(own: Sequence[Document], settings: Settings, folder: str, scenario: Document, flags: Flags) -> Plan:
    try:
        return plan(own, settings, folder)
    except InputError as error:
        if error.source != COMMAND_LINE or flags.users:
            raise
        # What users do was not said by flags, so the document that says it is to blame.
        raise scenario.error(error.problem, ("users",), error.expected) from error


def thawed(said: Mapping[str, Any], source: str) -> Request:
    """The request that a trace carries in itself. Raises ``InputError`` naming ``source``."""
    if said.get("apiVersion") != API_VERSION or said.get("kind") != KIND:
        raise InputError("the trace holds no scenario", source=source, expected=f"kind {KIND} of {API_VERSION}")
    settings = settings_of(Document(dict(said), source, Lines(1)))
    return Request(plan((), settings), settings, source)
