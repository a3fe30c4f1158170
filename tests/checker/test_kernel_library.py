"""The kernel compiles with any compiler at hand, without a warning, and its absence changes nothing but the speed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from kubemodel.checker.kernel import codes, library
from kubemodel.checker.result import Explorer
from kubemodel.checker.search import search

from .small_models import lights, rule

HEADER = (library.SOURCES / "kernel.h").read_text()
KERNEL = (library.SOURCES / "kernel.c").read_text()


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder."""
    monkeypatch.setattr(library, "_file", lambda: tmp_path / "cache" / "kernel.so")
    return tmp_path / "cache"


def test_it_compiles_with_the_compiler_that_pip_installs(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert search(lights(rule("on", 0, 1)), explorer=Explorer.KERNEL).measured.explorer == "kernel"
    assert [path.name for path in fresh.iterdir()] == ["kernel.so"]


def test_it_compiles_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ziglang", "cc", *library.FLAGS, "-Wall", "-Wextra", "-Werror"]
    sources = str(library.SOURCES / "kernel.c")
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "it.so"), sources], capture_output=True, text=True, timeout=120
    )
    assert done.stderr == ""


def test_without_a_compiler_tables_do_it(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert search(lights(rule("on", 0, 1))).measured.explorer == "tables"
    with pytest.raises(library.NoCompilerError):
        search(lights(rule("on", 0, 1)), explorer=Explorer.KERNEL)


def test_a_search_that_lasts_goes_over_to_the_kernel(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "PATIENCE", 0.0)
    monkeypatch.setattr(library.Apprentice, "ready", lambda _self: (library.compile_kernel(), True)[1])
    result = search(lights(rule("on", 0, 1)))
    assert (result.measured.explorer, result.states) == ("kernel", 2)


def test_where_the_result_cannot_be_kept_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(library, "_file", lambda: tmp_path / "file" / "kernel.so")
    with pytest.raises(library.NoCompilerError, match="cannot keep"):
        library.compile_kernel()


def test_a_broken_compiler_says_what_is_wrong(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "FLAGS", ("--no-such-flag",))
    with pytest.raises(library.NoCompilerError, match="compiler failed"):
        library.compile_kernel()


def enumerators(text: str, first: str) -> list[str]:
    """The names of the C enumeration that begins with ``first``."""
    body = re.search(r"enum \{\s*(" + first + r"\b.*?)\}", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL), re.DOTALL)
    assert body is not None
    return [name.split("=")[0].strip() for name in body[1].split(",") if name.strip()]


def test_python_and_c_mean_the_same_numbers() -> None:
    assert enumerators(HEADER, "ASK_CLASS") == [code.name for code in codes.Code if code >= codes.Code.ASK_CLASS]
    assert enumerators(HEADER, "BY_INDEX") == [kind.name for kind in codes.StepKind]
    assert enumerators(KERNEL, "STATES") == [place.name for place in codes.Board]
