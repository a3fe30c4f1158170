"""`kubemodel explain` names scenarios in which a property holds or is violated: those whose `expect` says so.

To write the table anew: WRITE_PAGES=1 ./test tests/examples/test_scenarios_of_properties.py -n 0
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import yaml
from kubemodel.cli.explain_command import EXAMPLES
from kubemodel.cli.inputs import Flags, requests
from kubemodel.engine.judging import UNDECLARED_TRANSITION
from kubemodel.spec.properties.catalogue import PROPERTIES, chosen_names

ROOT = Path(__file__).parents[2]


def _asked(path: Path) -> tuple[str, ...]:
    """The properties that a scenario is checked for."""
    found = {
        name
        for request in requests([str(path)], Flags())
        for job in request.plan.jobs
        for name in chosen_names(job.scenario)
    }
    return tuple(name for name in PROPERTIES if name in found)


def table() -> Mapping[str, Mapping[str, list[str]]]:
    """For each property the scenarios that show it."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted((ROOT / "examples").rglob("*.yaml")):
        scenario = yaml.safe_load(path.read_text()) if "kind: Scenario" in path.read_text() else {}
        expected = scenario.get("expect", {})
        verdict = expected.get("verdict")
        shown = _asked(path) if verdict == "holds" else (expected["property"],) if verdict == "violated" else ()
        for name in shown:
            if name != UNDECLARED_TRANSITION:
                place = str(path.relative_to(ROOT))
                found.setdefault(name, {}).setdefault(verdict, []).append(place)
    return {name: found[name] for name in PROPERTIES if name in found}


def test_the_table_says_what_the_examples_say() -> None:
    text = json.dumps(table(), indent=1) + "\n"
    if os.environ.get("WRITE_PAGES"):
        EXAMPLES.write_text(text, encoding="utf-8")
    assert EXAMPLES.read_text(encoding="utf-8") == text
