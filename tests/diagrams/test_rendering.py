"""The layout program: which one, and what becomes of its refusals."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from kubemodel.diagrams import rendering
from kubemodel.diagrams.rendering import RenderingError, bundled_program, layout_program, render

SMALL = "digraph { a -> b }"


def test_the_bundled_program_is_found_and_runs() -> None:
    assert bundled_program().name.startswith("graphviz-pure")
    assert render(SMALL, "svg", bundled_program()).startswith(b"<?xml")
    assert render(SMALL, "png", bundled_program()).startswith(b"\x89PNG")


def test_the_systems_dot_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "dot"
    fake.write_text(f"#!/bin/sh\nexec '{bundled_program()}' \"$@\"\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert layout_program() == fake
    assert render(SMALL, "svg") == render(SMALL, "svg", bundled_program())


def test_without_a_systems_dot_the_bundled_one_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert layout_program() == bundled_program()


def test_without_any_program_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering.shutil, "which", lambda *_args, **_options: None)
    with pytest.raises(RenderingError, match="install Graphviz"):
        layout_program()


def test_text_that_is_no_graph_is_refused_with_the_programs_own_words() -> None:
    with pytest.raises(RenderingError, match="syntax error"):
        render("digraph {", "svg")


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz on this system")
def test_the_systems_dot_draws_too() -> None:
    found = subprocess.check_output(["which", "dot"], text=True, timeout=60).strip()
    assert b"<svg" in render(SMALL, "svg", Path(found))
