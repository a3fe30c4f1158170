"""The checkout, and copies of it that a test may spoil."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _git_files(*options: str) -> list[Path]:
    """Paths relative to the checkout; files that are listed but deleted in the working tree are left out."""
    command = ["git", "ls-files", "-z", *options]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    paths = [Path(name) for name in listing.stdout.split("\0") if name]
    return sorted(path for path in set(paths) if (ROOT / path).is_file())


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    return _git_files()


@pytest.fixture(scope="session")
def sources() -> list[Path]:
    """What the next commit could hold: tracked, and untracked but not ignored."""
    return _git_files("--cached", "--others", "--exclude-standard")


@pytest.fixture
def copy_checkout(sources: list[Path]) -> Callable[[Path], Path]:
    def copy(target: Path) -> Path:
        for path in sources:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, target / path)
        return target

    return copy
