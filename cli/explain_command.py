"""`kubemodel explain NAME`: a property, component, machine, fault, switch or timer in plain words, with scenarios."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import click

from ..spec.cluster import MACHINES
from ..spec.language.machine import Machine
from ..spec.properties.catalogue import OCCASIONS, PROPERTIES, describe
from ..spec.properties.upholding import UPHELD_BY
from .diagram_command import file_name
from .list_command import Entry, What, components, constants, entry, faults, properties, switches, text, upheld_by

EXAMPLES = Path(__file__).with_name("examples.json")
"""Which scenarios under ``examples/`` show which property to hold or to be violated; a test writes and compares it."""


@cache
def examples() -> Mapping[str, Mapping[str, list[str]]]:
    """For each property the scenarios in which it ``holds`` and those in which it is ``violated``, as paths."""
    found: Mapping[str, Mapping[str, list[str]]] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return found


def _property(name: str) -> Entry:
    item = next(item for item in properties() if item["name"] == name)
    rows = [("must hold in", item["holds_in"]), ("upheld by", upheld_by(item))]
    if item["assumes"]:
        rows.append(("only while", item["assumes"]))
    if name in PROPERTIES:
        asked = OCCASIONS[name].text if item["checked"] == "by default" else f"only where it is named ({name})"
        rows += [("checked", asked), ("if violated", describe(name).advice)]
    rows.append(("source", item["reference"]))
    shown = examples().get(name, {})
    rows += [(f"{verdict} in", path) for verdict in ("holds", "violated") for path in shown.get(verdict, ())]
    return Entry(name, "property", (f"{item['statement']}.",), tuple(rows))


def _component(item: Mapping[str, Any]) -> Entry:
    told = entry("components", item)
    name = item["name"]
    drives = [file_name(machine) for machine in MACHINES if any(arrow.component == name for arrow in machine.arrows)]
    upholds = [prop for prop, by in UPHELD_BY.items() if name in by]
    sentences = list(told.sentences)
    if drives:
        sentences.append(f"drives: {', '.join(drives)}")
    if upholds:
        sentences.append(f"upholds: {', '.join(upholds)}")
    return Entry(name, f"component, {told.remarks}", tuple(sentences), told.rows)


def _machine(machine: Machine) -> Entry:
    states = [(state.name, state.meaning) for state in machine.states]
    arrows = [
        (f"{arrow.source} -> {arrow.dest}", f"{arrow.trigger}: {arrow.component} [{arrow.reference}]")
        for arrow in machine.arrows
    ]
    remarks = f"machine, of {machine.kind}; begins {machine.initial}"
    picture = f"to see it: kubemodel diagram {file_name(machine)}"
    return Entry(file_name(machine), remarks, (f"{machine.meaning} [{machine.reference}]", picture), (*states, *arrows))


def _explanations() -> Iterator[tuple[str, Callable[[], Entry]]]:
    for item in properties():
        yield item["name"], partial(_property, item["name"])
    for item in components():
        yield item["name"], partial(_component, item)
    for machine in MACHINES:
        yield file_name(machine), partial(_machine, machine)
    others: tuple[tuple[What, list[dict[str, Any]]], ...] = (
        ("faults", faults()),
        ("switches", switches()),
        ("constants", constants()),
    )
    for what, items in others:
        for item in items:
            yield item["name"], partial(entry, what, item)


@click.command("explain", short_help="Explain a property, component, machine, fault, switch or timer.")
@click.argument("name")
def explain(name: str) -> None:
    """Explains NAME in plain words: a property with who upholds it and the scenarios that show it, a component with its
    rules, a machine with its arrows, a fault, a switch or a timer.

    \b
    kubemodel explain deployment-min-available
    kubemodel explain kube-scheduler
    kubemodel explain pod
    """
    known = list(_explanations())
    found = [make() for each, make in known if each == name]
    if not found:
        near = difflib.get_close_matches(name, sorted({each for each, _ in known}), n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "see kubemodel list properties, or components, machines"
        raise click.UsageError(f'there is nothing called "{name}"; {hint}')
    click.echo(text(found))
