"""The same command writes the same bytes, whatever order Python's sets and dictionaries of strings come in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kubemodel.cli.main import run

ROOT = Path(__file__).parents[2]
STUCK = str(ROOT / "examples" / "stuck-rollout" / "broken.yaml")
SEPARATOR = b"\n=====\n"

DRIVER = """\
import json, sys
from kubemodel.cli.main import run
for arguments in json.loads(sys.argv[1]):
    run(arguments)
    sys.stdout.flush()
    sys.stdout.buffer.write(b"\\n=====\\n")
    sys.stdout.buffer.flush()
"""


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("traces")
    assert run(["check", STUCK, "--output-dir", str(folder), "--quiet"]) == 0
    (found,) = folder.iterdir()
    return str(found)


def outputs(commands: list[list[str]], seed: int) -> list[bytes]:
    """What each command writes to standard output, all in one new process."""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, json.dumps(commands)],
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        stdout=subprocess.PIPE,
        check=True,
        timeout=240,
    )
    return done.stdout.split(SEPARATOR)[:-1]


def test_the_same_bytes_every_time(trace: str) -> None:
    checks = [
        ["check", STUCK, "--stats", "--quiet"],
        ["check", str(ROOT / "examples" / "shop" / "cart.yaml"), "--fault", "node-crash=1", "--quiet"],
    ]
    in_json = ["check", STUCK, "--format", "json", "--quiet"]
    others = [
        ["replay", trace],
        ["replay", trace, "--against", str(Path(STUCK).with_name("fixed-update.yaml"))],
        ["list", "components", "--format", "json"],
        ["list", "properties"],
        *(
            ["diagram", what, "--format", form, "-o", "-"]
            for what in ("pod", trace)
            for form in ("dot", "mermaid", "svg")
        ),
        ["diagram", "architecture", "--format", "dot", "-o", "-"],
    ]
    commands = [in_json, *checks, *checks, *others]
    first, *further = ([_without_measures(found[0]), *found[1:]] for found in (outputs(commands, n) for n in range(3)))
    assert len(first) == len(commands)
    assert all(first)
    assert first[1:3] == first[3:5]
    for found in further:
        for command, one, other in zip(commands, first, found, strict=True):
            assert one == other, " ".join(command)


def _without_measures(text: bytes) -> bytes:
    said = json.loads(text)
    assert said.pop("measured")
    return json.dumps(said).encode()
