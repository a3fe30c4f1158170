"""Every dependency is explained in docs/dependencies.md, and nothing else is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path


def _explained(text: str) -> list[str]:
    return re.findall(r"^\| ([\w.-]+) \| \S", text, re.MULTILINE)


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found is not None
    return found[0]


def test_every_dependency_is_explained(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    required, tested = (root / "docs/dependencies.md").read_text().split("## To test")
    assert sorted(name for name in _explained(required) if name != "package") == sorted(
        _name(requirement) for requirement in project["dependencies"]
    )
    assert sorted(name for name in _explained(tested) if name != "package") == sorted(
        _name(requirement) for requirement in project["optional-dependencies"]["test"]
    )
