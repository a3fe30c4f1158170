"""The Python blocks of the documentation run, and its scenarios are scenarios that name all there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kubemodel.spec.environment.faults import FAULTS
from kubemodel.spec.environment.users import VERBS
from kubemodel.spec.language.model import TimeMode
from kubemodel.spec.language.plan import Rpc
from kubemodel.spec.language.scenario import Start
from kubemodel.spec.manifests.loading import load
from kubemodel.spec.manifests.scenarios import plan
from kubemodel.spec.manifests.settings import settings_of
from kubemodel.spec.manifests.settings_schema import CLIENTS, LAGGING_KINDS, SCHEMA
from kubemodel.spec.switches import SWITCHES

DOCS = Path(__file__).parents[2] / "docs"
SCENARIO_PAGE = DOCS / "writing-a-scenario.md"


def blocks(text: str, language: str) -> list[tuple[int, str]]:
    """The fenced blocks of a language, each with the number of its first line."""
    found = re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(text.count("\n", 0, block.start(1)) + 1, block[1]) for block in found]


def _pages_with_python() -> list[Path]:
    return [page for page in sorted(DOCS.rglob("*.md")) if blocks(page.read_text(), "python")]


@pytest.mark.parametrize("page", _pages_with_python(), ids=lambda page: str(page.relative_to(DOCS)))
def test_python_blocks_run_one_after_the_other(page: Path) -> None:
    names: dict[str, object] = {}
    for line, code in blocks(page.read_text(), "python"):
        # Empty lines in front, so that a failure names the line of the page.
        exec(compile("\n" * (line - 1) + code, str(page.relative_to(DOCS.parent)), "exec"), names)


def test_blocks_are_found_with_their_lines() -> None:
    text = "# A\n```python\na = 1\n```\n\n```yaml\nb: 2\n```\n```python\nc = 3\n```\n"
    assert blocks(text, "python") == [(3, "a = 1\n"), (10, "c = 3\n")]
    assert blocks(text, "yaml") == [(7, "b: 2\n")]


def test_the_scenario_of_the_page_can_be_planned(tmp_path: Path) -> None:
    (_, scenario), (_, profiles) = blocks(SCENARIO_PAGE.read_text(), "yaml")
    file = tmp_path / "scenario.yaml"
    file.write_text(scenario + profiles)
    (document,) = load([str(file)])
    (job,) = plan((), settings_of(document), str(DOCS)).jobs
    assert job.scenario.faults == {"node-crash": 1}
    assert len(job.scenario.users) == 1
    assert set(job.scenario.profiles) == {"default-scheduler", "batch", "shaped"}
    assert set(job.scenario.schedulers) == {"packing"}


@pytest.mark.parametrize(
    "names",
    [
        [field for field in SCHEMA["properties"] if field not in ("apiVersion", "kind", "metadata")],
        list(SCHEMA["properties"]["bounds"]["properties"]),
        list(SCHEMA["properties"]["expect"]["properties"]),
        list(FAULTS),
        list(VERBS),
        list(SWITCHES),
        [value for switch in SWITCHES.values() for value in switch.values],
        [mode.value for mode in TimeMode],
        [rpc.value for rpc in Rpc],
        [start.value for start in Start],
        list(CLIENTS),
        list(LAGGING_KINDS),
    ],
    ids=lambda names: names[0],
)
def test_the_page_on_scenarios_names_all_there_is(names: list[str]) -> None:
    page = SCENARIO_PAGE.read_text()
    assert [name for name in names if f"`{name}`" not in page] == []
