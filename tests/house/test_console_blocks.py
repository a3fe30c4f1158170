"""What the documentation shows is what happens: fenced ``console`` blocks are run, and their output compared.

A line ``$ command`` is run by a shell at the top of the checkout, with this environment's ``kubemodel`` first in PATH;
the lines up to the next ``$`` are its standard output, exactly, where a line ``...`` stands for any lines, or none.
"""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A command, the lines it shall print, and the line of the document where it stands."""

    line: int
    command: str
    expected: tuple[str, ...]


def examples(text: str) -> list[Example]:
    """The commands in the console blocks of a Markdown text."""
    found: list[Example] = []
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1)) + 1
        lines = block[1].splitlines()
        starts = [n for n, line in enumerate(lines) if line.startswith("$ ")]
        assert starts[:1] == [0], f"line {first}: a console block starts with a command"
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            found.append(Example(first + start, lines[start][2:], tuple(lines[start + 1 : end])))
    return found


def fits(expected: tuple[str, ...], printed: str) -> bool:
    """Whether ``printed`` is what an example shows; spaces at the end of lines do not count."""
    pattern = "".join(r"(?:.*\n)*" if line == "..." else re.escape(line.rstrip()) + r"\n" for line in expected)
    return re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in printed.splitlines())) is not None


def run(command: str) -> str:
    """The standard output of ``command``; its exit code is what it likes, as verdicts have codes of their own."""
    # ./kubemodel would set up an environment of its own; the one under test is this one.
    command = re.sub(r"(^|[|&;] *)\./kubemodel\b", r"\1kubemodel", command)
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "COLUMNS": "120", "NO_COLOR": "1"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False, timeout=200
    )
    return done.stdout


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_console_blocks_print_what_they_show(document: Path) -> None:
    for example in examples(document.read_text()):
        printed = run(example.command)
        shown = "\n".join(example.expected)
        where = f"{document.relative_to(ROOT)}:{example.line}: $ {example.command}"
        assert fits(example.expected, printed), f"{where}\nshows:\n{shown}\nprints:\n{printed}"


def test_examples_are_found_with_their_lines() -> None:
    text = "# Title\n\n```console\n$ one\na\n\nb\n$ two\n```\n\n```sh\n$ not run\n```\n```console\n$ three\n...\n```\n"
    assert examples(text) == [
        Example(4, "one", ("a", "", "b")),
        Example(8, "two", ()),
        Example(15, "three", ("...",)),
    ]


def test_a_block_without_a_command_is_refused() -> None:
    with pytest.raises(AssertionError, match="line 2: a console block starts with a command"):
        examples("```console\noutput\n```\n")


@pytest.mark.parametrize(
    ("expected", "printed", "result"),
    [
        (("a", "b"), "a\nb\n", True),
        (("a", "b"), "a  \nb", True),
        (("a",), "a\nb\n", False),
        (("a", "b"), "a\n", False),
        (("a.c",), "abc\n", False),
        (("a", "...", "d"), "a\nb\nc\nd\n", True),
        (("a", "...", "d"), "a\nd\n", True),
        (("a", "...", "d"), "a\nb\n", False),
        (("...",), "", True),
        ((), "", True),
        ((), "a\n", False),
    ],
)
def test_output_is_compared_exactly_but_for_dots(expected: tuple[str, ...], printed: str, result: bool) -> None:
    assert fits(expected, printed) is result


def test_commands_run_at_the_top_with_the_installed_program() -> None:
    assert run("ls pyproject.toml; exit 11") == "pyproject.toml\n"
    assert run("command -v kubemodel") == f"{sysconfig.get_path('scripts')}/kubemodel\n"
    assert run("echo x | cat && echo ./kubemodel") == "x\n./kubemodel\n"
