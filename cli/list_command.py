"""`kubemodel list`: what the specification holds: components with rules, machines, properties, faults, switches…"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, get_args

import attrs
import click

from ..engine.judging import UNDECLARED_TRANSITION
from ..spec.cluster import MACHINES
from ..spec.constants import CONSTANTS, NUMBERS
from ..spec.environment.faults import FAULTS
from ..spec.language.component import Component, Rule
from ..spec.language.property import Property, StepProperty, TemporalProperty, When
from ..spec.properties.catalogue import ON_REQUEST, PROPERTIES, describe
from ..spec.properties.upholding import UPHELD_BY
from ..spec.switches import SWITCHES
from .diagram_command import file_name
from .whole_cluster import all_components

What = Literal["components", "machines", "properties", "faults", "switches", "constants"]
WHATS: tuple[What, ...] = get_args(What)
WIDTH = 100
"""Columns of the text output, whatever the terminal has: the same bytes everywhere."""


@attrs.frozen
class Entry:
    """Something that is listed: its name, a line of remarks behind it, sentences below, a table below them."""

    name: str
    remarks: str = ""
    sentences: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "meaning": rule.meaning,
        "key": rule.key.kind,
        "seconds": rule.duration,
        "reference": rule.reference,
    }


def _component(component: Component) -> dict[str, Any]:
    return {
        "name": component.name,
        "place": component.place,
        "process": component.process or component.name,
        "duty": component.duty,
        "reference": component.reference,
        "rules": [_rule(rule) for rule in component.rules],
    }


def components() -> list[dict[str, Any]]:
    """Every component with its rules, as plain data."""
    return [_component(component) for component in all_components()]


def machines() -> list[dict[str, Any]]:
    """Every machine, as plain data; ``picture`` is its name for `kubemodel diagram`."""
    return [
        {
            "name": machine.name,
            "picture": file_name(machine),
            "kind": machine.kind,
            "meaning": machine.meaning,
            "reference": machine.reference,
            "initial": machine.initial,
            "states": [{"name": state.name, "meaning": state.meaning} for state in machine.states],
            "arrows": len(machine.arrows),
        }
        for machine in MACHINES
    ]


def _required(prop: Property) -> str:
    if isinstance(prop, StepProperty):
        return "every step"
    if isinstance(prop, TemporalProperty):
        return f"every endless run: {prop.shape.value}"
    return "every quiescent state" if prop.when is When.QUIESCENT else "every state"


def properties() -> list[dict[str, Any]]:
    """Every property, as plain data. ``checked``: by default (where what it speaks of occurs), or on request only."""
    found = []
    for name in PROPERTIES:
        prop = describe(name)
        found.append(
            {
                "name": name,
                "statement": prop.statement,
                "holds_in": _required(prop),
                "upheld_by": list(UPHELD_BY[name]),
                "assumes": prop.assumes,
                "reference": prop.reference,
                "checked": "on request" if name in ON_REQUEST else "by default",
            }
        )
    declared = "every change of what a machine describes is a declared arrow, driven by the declared component"
    return [
        *found,
        {
            "name": UNDECLARED_TRANSITION,
            "statement": declared,
            "holds_in": "every step",
            "upheld_by": ["every component"],
            "assumes": "",
            "reference": "design §3.1",
            "checked": "by default",
        },
    ]


def faults() -> list[dict[str, Any]]:
    """Every fault, as plain data."""
    return [{"name": name, "does": does} for name, does in FAULTS.items()]


def switches() -> list[dict[str, Any]]:
    """Every switch, as plain data; the default is the first value."""
    return [
        {
            "name": name,
            "meaning": switch.meaning,
            "values": list(switch.values),
            "default": switch.default,
            "purpose": switch.purpose.value,
            "reference": switch.reference,
            "since": f"1.{switch.since[0]}" if switch.since else None,
            "before": switch.since[1] if switch.since else None,
        }
        for name, switch in SWITCHES.items()
    ]


def constants() -> list[dict[str, Any]]:
    """Every constant that can be overridden, as plain data: timers in seconds, then the others."""
    timers = [
        {
            "name": name,
            **attrs.asdict(constant),
            "since": f"1.{constant.since[0]}" if constant.since else None,
            "before": constant.since[1] if constant.since else None,
        }
        for name, constant in CONSTANTS.items()
    ]
    return [*timers, *({"name": name, **attrs.asdict(number)} for name, number in NUMBERS.items())]


def _told_component(item: Mapping[str, Any]) -> Entry:
    inside = f", in {item['process']}" if item["process"] != item["name"] else ""
    rows = []
    for rule in item["rules"]:
        wait = f"after {rule['seconds']:g} s: " if rule["seconds"] else ""
        rows.append((rule["name"], f"{wait}{rule['meaning']}{_cited(rule['reference'])}"))
    return Entry(item["name"], f"{item['place']}{inside}", (f"{item['duty']}{_cited(item['reference'])}",), tuple(rows))


def _told_machine(item: Mapping[str, Any]) -> Entry:
    rows = tuple((state["name"], state["meaning"]) for state in item["states"])
    remarks = f"{item['kind']}, {len(rows)} states, {item['arrows']} arrows"
    return Entry(item["picture"], remarks, (f"{item['meaning']}{_cited(item['reference'])}",), rows)


def _told_property(item: Mapping[str, Any]) -> Entry:
    sentences = [f"{item['statement']}{_cited(item['reference'])}"]
    sentences.append(f"upheld by: {upheld_by(item)}")
    if item["assumes"]:
        sentences.append(f"assumes: {item['assumes']}")
    return Entry(item["name"], f"{item['holds_in']}, {item['checked']}", tuple(sentences))


def upheld_by(item: Mapping[str, Any]) -> str:
    """Who upholds a property that is listed, in words."""
    return " and ".join(item["upheld_by"]) or "nobody: Kubernetes does not promise it"


def _told_fault(item: Mapping[str, Any]) -> Entry:
    return Entry(item["name"], sentences=(item["does"],))


def _told_switch(item: Mapping[str, Any]) -> Entry:
    values = " | ".join(item["values"])
    return Entry(item["name"], f"{values}, default {item['default']}", (item["meaning"],))


def _told_constant(item: Mapping[str, Any]) -> Entry:
    meaning = f"{item['meaning']}{_cited(item['reference'])}"
    waits = (f"{item['component']}: {item['rule']}",) if "rule" in item else ()
    return Entry(item["name"], f"{item['default']:g} {item.get('unit', 's')}", (meaning, *waits))


_LISTS: Mapping[What, tuple[Callable[[], list[dict[str, Any]]], Callable[[Mapping[str, Any]], Entry]]] = {
    "components": (components, _told_component),
    "machines": (machines, _told_machine),
    "properties": (properties, _told_property),
    "faults": (faults, _told_fault),
    "switches": (switches, _told_switch),
    "constants": (constants, _told_constant),
}


def entry(what: What, item: Mapping[str, Any]) -> Entry:
    """How one of the items of a list is told."""
    _, told = _LISTS[what]
    return told(item)


_UNBROKEN = "\N{NO-BREAK SPACE}"


def _cited(reference: str) -> str:
    return f" [{reference}]".replace(" ", _UNBROKEN).replace(_UNBROKEN, " ", 1) if reference else ""


def _filled(text: str, first: str, others: str) -> list[str]:
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False, break_long_words=False
    )
    return [line.replace(_UNBROKEN, " ") for line in lines]


def text(entries: Iterable[Entry]) -> str:
    """The entries as text of at most ``WIDTH`` columns: tables share one width of their first column."""
    entries = tuple(entries)
    column = max((len(left) for entry in entries for left, _ in entry.rows), default=0) + 2
    lines: list[str] = []
    for entry in entries:
        if lines:
            lines.append("")
        lines.append(f"{entry.name}  ({entry.remarks})" if entry.remarks else entry.name)
        for sentence in entry.sentences:
            lines += _filled(sentence, "  ", "    ")
        for left, right in entry.rows:
            lines += _filled(right, f"    {left:<{column}}", " " * (4 + column)) or [f"    {left}"]
    return "\n".join(lines)


@click.command("list", short_help="List components, machines, properties, faults, switches or constants.")
@click.argument("what", type=click.Choice(WHATS))
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def list_command(what: What, form: str) -> None:
    """Lists what the model knows: its components with their rules, machines, properties, faults, switches or
    constants.

    References such as [kubelet §4] name the rule of Kubernetes that stands behind an entry.
    """
    items, told = _LISTS[what]
    found = items()
    click.echo(json.dumps(found, indent=2, ensure_ascii=False) if form == "json" else text(map(told, found)))
