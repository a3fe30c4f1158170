"""The folders of `examples/bugs`: what they hold, what comes of them, and the page that tells of it."""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import yaml
from kubemodel.cli.main import run
from kubemodel.cli.narrative import told
from kubemodel.engine.traces import Trace, loads

ROOT = Path(__file__).parents[2]
BUGS = ROOT / "examples" / "bugs"
PAGE = ROOT / "docs" / "bugs.md"
FOLDERS = sorted((path for path in BUGS.iterdir() if path.is_dir()), key=lambda path: int(path.name))

QUESTION = frozenset(
    [
        "apiVersion",
        "kind",
        "metadata",
        "manifests",
        "objects",
        "applied",
        "nodes",
        "registered",
        "hostnameOverrides",
        "users",
        "start",
        "properties",
        "alsoCheck",
        "bounds",
        "podSlots",
    ]
)
"""Fields that say what is asked, of which workloads and nodes: alike in all scenarios of a bug."""

SETTINGS = frozenset(
    ["faults", "lag", "consistency", "slow", "time", "rpc", "switches", "constants", "kubernetes", "candidates"]
)
"""Fields in which a bug may differ from the default cluster, and from the cluster that does not have it."""


def scenarios(folder: Path) -> tuple[Path, ...]:
    """The scenarios of a bug: those that have it first."""
    return tuple(sorted(path for path in folder.glob("*.yaml") if path.stem.split("-")[0] in ("broken", "fixed")))


SCENARIOS = tuple(path for folder in FOLDERS for path in scenarios(folder))


def named(path: Path) -> str:
    """A folder or scenario as it is called on the page."""
    return str(path.relative_to(BUGS).with_suffix(""))


def document(path: Path) -> dict[str, Any]:
    """The scenario document."""
    found = yaml.safe_load(path.read_text())
    assert isinstance(found, dict)
    return found


def settings(path: Path) -> tuple[str, ...]:
    """How a scenario differs from the default cluster: one text for each setting."""
    return tuple(_leaves({field: value for field, value in document(path).items() if field in SETTINGS}, ()))


def _leaves(value: Any, place: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _leaves(value[key], (*place, str(key)))
        return
    within = f"{'/'.join(place[1:])}=" if place[1:] else ""
    said = ", ".join(map(str, value)) if isinstance(value, list) else value
    yield f"{place[0]} {within}{said}"


def question(path: Path) -> dict[str, Any]:
    """What a scenario asks, leaf by leaf, with the manifests in place of the names of their files.

    ``users/0/1/apply/0/spec/replicas``: a field of the first object of what the first user applies second.
    """
    asked = {field: value for field, value in document(path).items() if field in QUESTION}
    return dict(_fields(_with_manifests(asked, path.parent), ()))


def _with_manifests(value: Any, folder: Path) -> Any:
    if isinstance(value, dict):
        return {key: _with_manifests(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_manifests(item, folder) for item in value]
    if isinstance(value, str) and value.endswith(".yaml"):
        return list(yaml.safe_load_all((folder / value).read_text()))
    return value


def _fields(value: Any, place: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield "/".join(place), value
        return
    for key, item in items:
        yield from _fields(item, (*place, str(key)))


@attrs.frozen
class Outcome:
    """What came of one scenario. ``group``: its entry in the JSON report; ``seconds`` that the whole check took."""

    code: int
    unmet: tuple[str, ...]
    group: Mapping[str, Any]
    seconds: float

    @property
    def traces(self) -> Mapping[str, Trace]:
        """The counterexamples by property."""
        return {name: loads(json.dumps(trace)) for name, trace in self.group["traces"].items()}


@cache
def outcome(path: Path) -> Outcome:
    """The outcome of a scenario, by the command that a user types; found once in each process."""
    began = time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        code = run(["check", str(path), "--format", "json", "--quiet"])
    (scenario,) = json.loads(printed.getvalue())["scenarios"]
    (group,) = scenario["groups"]
    return Outcome(code, tuple(scenario["unmetExpectations"]), group, time.monotonic() - began)


def story(path: Path) -> str:
    """The counterexample of a scenario as the page tells it."""
    (trace,) = outcome(path).traces.values()
    width = max(len(step.actor) for step in trace.steps)
    lines = []
    for number, step in enumerate(trace.steps, 1):
        lines += ["for ever:"] if trace.loop == number - 1 else []
        deed, *further = told(step)
        lines.append(f"{number:>2}  {step.actor:<{width}}  {deed}")
        lines += [f"{' ' * (width + 6)}{line}" for line in further]
    assert trace.violation is not None
    return "\n".join([*lines, f"So: {trace.violation.text or trace.violation.statement}"])


_HEAD = """\
# Bugs

Bugs that Kubernetes had or has. `kubemodel check` finds each in the model as it is, from a scenario alone, and shows
that it is gone with its mitigation. Nothing is planted: the scenarios of one bug differ from the default cluster, and
from each other, in nothing but what the column *differs in* names.

This page is generated from `examples/bugs`. Seconds are measured on two shared cores.

| bug | scenario | differs in | verdict | states | steps | seconds |
|---|---|---|---|---|---|---|
"""

_NOTHING = "nothing"


def _row(path: Path, seconds: str) -> str:
    expected = document(path)["expect"]
    verdict = expected["verdict"] + (f": {expected['property']}" if "property" in expected else "")
    cells = (
        f"[{path.parent.name}](#{path.parent.name})",
        f"[{path.stem}](../{path.relative_to(ROOT)})",
        "; ".join(settings(path)) or _NOTHING,
        verdict,
        f"{expected['states']:,}",
        str(expected.get("steps", "-")),
        seconds,
    )
    return f"| {' | '.join(cells)} |\n"


def section(folder: Path) -> str:
    """What the page says of one bug, but for its table."""
    title, _, text = (folder / "README.md").read_text().partition("\n")
    told_here = "".join(
        f"\nThe shortest counterexample of `{path.stem}`:\n\n```text\n{story(path)}\n```\n"
        for path in scenarios(folder)
        if path.stem.startswith("broken")
    )
    number, _, name = title.removeprefix("# ").partition(": ")
    return f'\n<a id="{number}"></a>\n\n## {number}: {name}\n{text.rstrip()}\n{told_here}'


def table(*, measured: bool) -> str:
    """The head of the page with its table; without ``measured`` seconds, their column is left empty."""
    rows = (_row(path, f"{outcome(path).seconds:.1f}" if measured else "") for path in SCENARIOS)
    return _HEAD + "".join(rows)


def page() -> str:
    """The text of the page."""
    return table(measured=True) + "".join(map(section, FOLDERS))


def without_seconds(text: str) -> str:
    """The head of a page with the column of seconds left empty."""
    head, line, rest = text.partition("|---|---|---|---|---|---|---|\n")
    rows = rest.partition("\n\n")[0].splitlines()
    return head + line + "".join(f"{row.rpartition(' | ')[0]} |  |\n" for row in rows)
