"""The contracts of pyproject.toml hold, and each of them can fail."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

LAYERS = "cli -> diagrams, checker -> engine -> spec; every folder has its place"
SPEC = "spec.language imports nothing else; every folder of spec has its place"
ENGINE = "engine imports only spec.language"
CHECKER = "checker imports only engine"
DIAGRAMS = "diagrams imports only engine and spec.language"


def _lint(checkout: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sysconfig.get_path("scripts"), "lint-imports"), "--no-logo", "--no-cache"]
    # The parent of the copy comes before the editable install, so its folder name must be the package's.
    environment = {**os.environ, "PYTHONPATH": str(checkout.parent), "COLUMNS": "200"}
    return subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, check=False, timeout=200
    )


def test_the_contracts_hold(tmp_path: Path, copy_checkout: Callable[[Path], Path]) -> None:
    run = _lint(copy_checkout(tmp_path / "kubemodel"))
    assert run.returncode == 0, run.stdout
    assert "0 broken" in run.stdout


@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [
        ("spec/objects/trespasser.py", "kubemodel.engine", LAYERS),
        ("spec/language/trespasser.py", "kubemodel.checker", LAYERS),
        ("engine/trespasser.py", "kubemodel.cli", LAYERS),
        ("checker/trespasser.py", "kubemodel.diagrams", LAYERS),
        ("diagrams/trespasser.py", "kubemodel.checker", LAYERS),
        ("conformance/trespasser.py", "kubemodel.checker", LAYERS),
        ("newcomer/__init__.py", "kubemodel.spec", LAYERS),
        ("spec/language/trespasser.py", "kubemodel.spec.objects", SPEC),
        ("spec/newcomer/__init__.py", "kubemodel.spec.objects", SPEC),
        ("engine/trespasser.py", "kubemodel.spec.objects.pod", ENGINE),
        ("engine/trespasser.py", "kubemodel.spec.control_plane", ENGINE),
        ("checker/trespasser.py", "kubemodel.spec.language.machine", CHECKER),
        ("diagrams/trespasser.py", "kubemodel.spec.node", DIAGRAMS),
    ],
)
def test_a_bad_import_breaks_its_contract(
    module: str, imported: str, contract: str, tmp_path: Path, copy_checkout: Callable[[Path], Path]
) -> None:
    checkout = copy_checkout(tmp_path / "kubemodel")
    (checkout / module).parent.mkdir(exist_ok=True)
    (checkout / module).write_text(f"import {imported}\n")
    run = _lint(checkout)
    assert run.returncode == 1
    assert f"{contract} BROKEN" in run.stdout
