"""Bugs that Kubernetes had or has, each found by `kubemodel check` alone and gone with its mitigation (docs/bugs.md).

``examples/bugs/ISSUE/README.md`` says what happened. Scenarios called ``broken…yaml`` have a counterexample, those
called ``fixed…yaml`` hold, exhaustively. To write the page anew: WRITE_PAGES=1 ./test tests/examples/test_bugs.py -n 0
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from kubemodel.cli.main import run
from kubemodel.engine.traces import dumps

from .bugs import (
    FOLDERS,
    PAGE,
    QUESTION,
    SCENARIOS,
    SETTINGS,
    document,
    named,
    outcome,
    page,
    question,
    scenarios,
    section,
    settings,
    table,
    without_seconds,
)

MOST_SECONDS = 120

_POLICY = "spec/podManagementPolicy"

BY_HAND: Mapping[str, Mapping[str, object]] = {
    # Nothing makes both promises hold: in one scenario the pod stays, in the other a user forces its deletion.
    "54368": {"users/0/0/force-delete": "pod/store-0"},
    # Kubernetes has it still: what users can do is to ask for Parallel, in the manifest, from the start.
    "67250": {
        f"manifests/0/0/{_POLICY}": "Parallel",
        f"users/0/0/apply/0/{_POLICY}": "Parallel",
        f"users/0/1/apply/0/{_POLICY}": "Parallel",
    },
}
"""Bugs that no setting of the cluster mends: what is said, field by field, in one scenario of theirs alone. All other
scenarios of one bug ask the same of the same manifests."""


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_a_bug_says_what_happened_upstream(folder: Path) -> None:
    title, gap, *text = (folder / "README.md").read_text().splitlines()
    assert title.startswith(f"# {folder.name}: ")
    assert gap == ""
    assert f"kubernetes/kubernetes#{folder.name}" in " ".join(text)
    assert any(path.stem.startswith("broken") for path in scenarios(folder))


@pytest.mark.parametrize("path", SCENARIOS, ids=named)
def test_a_scenario_comes_out_as_it_says(path: Path) -> None:
    found, expected = outcome(path), document(path)["expect"]
    assert found.unmet == ()
    assert found.code == 0
    assert {"verdict", "states"} <= expected.keys()
    assert found.seconds < MOST_SECONDS
    if path.stem.startswith("fixed"):
        assert expected["verdict"] == "holds"
        assert found.group["complete"]
        return
    assert expected["verdict"] == "violated"
    assert {"property", "steps"} <= expected.keys()
    assert set(found.traces) == {expected["property"]}


BROKEN = [path for path in SCENARIOS if path.stem.startswith("broken")]


@pytest.mark.parametrize("path", BROKEN, ids=named)
def test_its_counterexample_replays(path: Path, tmp_path: Path) -> None:
    (trace,) = outcome(path).traces.values()
    file = tmp_path / "trace.json"
    file.write_text(dumps(trace))
    assert run(["replay", str(file)]) == 0


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_scenarios_of_a_bug_differ_in_faults_constants_and_switches_alone(folder: Path) -> None:
    """Prints the differences: run with -s to read them."""
    found = {path: document(path) for path in scenarios(folder)}
    for path in found:
        print(f"{named(path)} differs from the default cluster in: {'; '.join(settings(path)) or 'nothing'}")
        assert set(found[path]) <= QUESTION | SETTINGS | {"expect"}
    asked = {path: question(path) for path in found}
    alike = dict(set.intersection(*(set(said.items()) for said in asked.values())))
    own = [{field: value for field, value in said.items() if field not in alike} for said in asked.values()]
    for path, said in zip(asked, own, strict=True):
        print(f"{named(path)} differs from the other scenarios in: {said or 'nothing'}")
    assert [said for said in own if said] == ([BY_HAND[folder.name]] if folder.name in BY_HAND else [])
    answers = [said["expect"]["verdict"] for said in found.values()]
    assert len({(settings(path), str(found[path])) for path in found}) == len(answers)


def test_the_table_of_the_page_is_up_to_date() -> None:
    if os.environ.get("WRITE_PAGES"):
        PAGE.write_text(page())
    assert without_seconds(PAGE.read_text()) == table(measured=False), "docs/bugs.md: WRITE_PAGES=1 writes it anew"


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_the_page_tells_the_shortest_counterexamples(folder: Path) -> None:
    assert section(folder) in PAGE.read_text(), "docs/bugs.md: WRITE_PAGES=1 writes it anew"
