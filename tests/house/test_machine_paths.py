"""No file names a folder that exists only on the machine where it was written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

# Also the last part of a file's address; not part of a longer path or of an address on a host.
MACHINE_PATH = re.compile(r"(?:(?<=file://)|(?<![\w.~/}-]))/(?:home|root|tmp|work|Users|private/tmp)/[\w.]")


def machine_paths(text: str) -> list[str]:
    """The lines of ``text`` that hold a path of a machine, each with its number."""
    return [f"{n}: {line.strip()}" for n, line in enumerate(text.splitlines(), 1) if MACHINE_PATH.search(line)]


def test_no_tracked_file_names_a_path_of_a_machine(root: Path, tracked: list[Path]) -> None:
    found: list[str] = []
    # Upstream's cases hold objects whose volumes are mounted at such paths.
    for path in (path for path in tracked if path.suffix != ".jsonl"):
        content = (root / path).read_bytes()
        if b"\0" not in content:
            found += [f"{path}:{line}" for line in machine_paths(content.decode("utf-8", errors="replace"))]
    assert found == []


@pytest.mark.parametrize("folder", ["home", "root", "tmp", "work", "Users"])
@pytest.mark.parametrize("before", ["", " ", '"', "=", "(", "file://"])
def test_a_path_of_a_machine_is_found(before: str, folder: str) -> None:
    assert machine_paths(f"first\n{before}/{folder}/someone/x") == [f"2: {before.strip()}/{folder}/someone/x"]


@pytest.mark.parametrize("text", ["spec/work/queue", "https://example.com/home/x", "/etc/kubernetes", "~/work/x"])
def test_other_paths_are_not(text: str) -> None:
    assert machine_paths(text) == []
