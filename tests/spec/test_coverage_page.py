"""docs/coverage.md: each duty with who has it, and what shows that; WRITE_PAGES=1 ./test tests/spec writes it anew."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from kubemodel.cli.diagram_command import file_name
from kubemodel.cli.explain_command import examples
from kubemodel.cli.whole_cluster import all_components
from kubemodel.spec.cluster import MACHINES, components
from kubemodel.spec.language.component import Component
from kubemodel.spec.properties.upholding import UPHELD_BY

from .coverage_scenarios import SCENARIOS
from .duties import DUTIES, Duty

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "coverage.md"
MOST_SCENARIOS = 4
NO_TABLE = "upstream's tables have none"

_HEAD = """\
# Coverage

What the model has of each duty of a cluster's components, and what shows it: the machines whose arrows a component
drives, its rules, the properties that it upholds, scenarios in which it acts, and cases of Kubernetes' own tests. That
each rule fires and each arrow is taken in some scenario is tested, too (`tests/spec/test_coverage.py`).

This page is generated from the specification.

| duty | component | machines | rules | properties | scenarios | cases |
|---|---|---|---|---|---|---|
"""


@cache
def _known() -> dict[str, Component]:
    return {component.name: component for component in all_components()}


def _listed(items: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(items))


def _properties(duty: Duty) -> list[str]:
    return [name for name, by in UPHELD_BY.items() if set(by) & set(duty.components)]


def _scenarios(duty: Duty) -> Iterator[str]:
    """Examples that show what the duty's components uphold, broken ones first; else small scenarios of the tests."""
    shown = [examples().get(name, {}) for name in _properties(duty)]
    for verdict in ("violated", "holds"):
        for each in shown:
            yield from (f"[{path.removeprefix('examples/')}](../{path})" for path in each.get(verdict, ()))
    for title, acting in _acting().items():
        if acting & set(duty.components):
            yield f"{title} (tests)"


@cache
def _acting() -> Mapping[str, frozenset[str]]:
    """For each scenario of the tests its components."""
    return {
        title: frozenset(component.name for component in components(scenario)) for title, scenario in SCENARIOS.items()
    }


@cache
def _cases(area: str) -> int:
    lines = (ROOT / "tests" / "conformance" / f"{area}.jsonl").read_text(encoding="utf-8").splitlines()
    return sum(bool(json.loads(line)) for line in lines)


@cache
def _row(duty: Duty) -> tuple[str, ...]:
    machines = [
        file_name(machine)
        for machine in MACHINES
        if any(arrow.component in duty.components for arrow in machine.arrows)
    ]
    rules = [rule.name for name in duty.components for rule in _known()[name].rules]
    scenarios = list(dict.fromkeys(_scenarios(duty)))
    more = f", {len(scenarios) - MOST_SCENARIOS} more" if len(scenarios) > MOST_SCENARIOS else ""
    cases = _listed(f"{area}: {_cases(area)}" for area in duty.areas) or NO_TABLE
    return (
        duty.text,
        _listed(duty.components),
        _listed(machines),
        _listed(rules),
        _listed(_properties(duty)),
        _listed(scenarios[:MOST_SCENARIOS]) + more,
        cases,
    )


def page() -> str:
    """The text of the page."""
    return _HEAD + "".join(f"| {' | '.join(_row(duty))} |\n" for duty in DUTIES)


def test_the_page_is_up_to_date() -> None:
    if os.environ.get("WRITE_PAGES"):
        PAGE.write_text(page())
    assert PAGE.read_text() == page(), "docs/coverage.md is out of date; WRITE_PAGES=1 writes it anew"


def test_no_cell_is_empty() -> None:
    empty = {duty.text for duty in DUTIES if not all(_row(duty))}
    assert empty == set()


def test_every_component_of_kubernetes_has_a_duty() -> None:
    environment = {"environment", "outside"}
    of_kubernetes = {name for name, component in _known().items() if component.place not in environment}
    of_kubernetes -= {"application"}  # what runs in containers is the user's
    assert of_kubernetes == {name for duty in DUTIES for name in duty.components}
