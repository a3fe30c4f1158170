"""`kubemodel diagram`: which picture, in which format, to where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kubemodel.cli import diagram_command
from kubemodel.cli.diagram_command import diagram, pictures
from kubemodel.cli.whole_cluster import all_components
from kubemodel.engine.traces import Reference, Request, Start, Step, Trace, dumps
from kubemodel.spec.cluster import MACHINES
from kubemodel.spec.manifests.errors import InputError


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(diagram, arguments)


def _files() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*.*"))


def test_a_machine_becomes_an_svg_of_its_name() -> None:
    assert _run("process").exit_code == 0
    assert _files() == ["process.svg"]
    assert "crash" in Path("process.svg").read_text()


@pytest.mark.parametrize(
    ("file", "start"),
    [
        ("a.svg", b"<?xml"),
        ("a.png", b"\x89PNG"),
        ("a.dot", b"digraph"),
        ("a.MMD", b"stateDiagram"),
        ("b/a.gv", b"digr"),
    ],
)
def test_the_suffix_of_the_output_is_its_format(file: str, start: bytes) -> None:
    assert _run("process", "-o", file).exit_code == 0
    assert Path(file).read_bytes().startswith(start)


def test_a_format_that_is_given_counts_more_than_the_suffix() -> None:
    assert _run("process", "--format", "dot", "-o", "a.txt").exit_code == 0
    assert Path("a.txt").read_text().startswith("digraph")


def test_texts_go_to_standard_output() -> None:
    assert _run("process", "--format", "mermaid").stdout.startswith("stateDiagram-v2\n")
    assert _run("process", "--format", "dot").stdout.startswith("digraph")
    assert _files() == []


def test_pictures_go_there_when_asked() -> None:
    assert _run("process", "-o", "-").stdout.startswith("<?xml")
    assert _files() == []


def test_pictures_have_the_same_bytes_each_time() -> None:
    assert _run("process", "-o", "-").stdout_bytes == _run("process", "-o", "-").stdout_bytes


def test_a_machine_is_found_whatever_its_spelling() -> None:
    assert _run("Scheduling Queue", "--format", "mermaid").exit_code == 0


def test_all_draws_every_machine_and_the_architecture() -> None:
    assert _run("all", "--output-dir", "out", "--format", "mermaid").exit_code == 0
    names = ["architecture", *(machine.name.replace(" ", "-") for machine in MACHINES)]
    assert _files() == sorted(f"out/{name}.mmd" for name in names)


def test_no_two_pictures_have_one_name() -> None:
    names = [picture.name for picture in pictures()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("schedulin-queue",), "did you mean scheduling-queue?"),
        (("deployment",), "did you mean rollout?"),
        (("qqq",), "there are architecture, "),
        (("process", "-o", "a.bmp"), 'the name "a.bmp" does not say which format'),
        (("all",), "all needs --output-dir"),
        (("process", "-o", "a.svg", "--output-dir", "b"), "exclude each other"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: tuple[str, ...], said: str) -> None:
    result = _run(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert _files() == []


def test_a_system_without_graphviz_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = _run("process", "--system-dot")
    assert result.exit_code == 2
    assert "there is no dot in PATH" in result.output


def test_a_file_that_cannot_be_written_is_bad_input() -> None:
    Path("file").touch()
    error = _run("process", "-o", "file/a.svg").exception
    assert isinstance(error, InputError)
    assert str(error).startswith("file/a.svg: cannot be written: ")


def test_a_trace_becomes_a_sequence_diagram() -> None:
    pod = Reference("Pod", "web-a")
    call = Request("RunPodSandbox", pod)
    trace = Trace(
        "web",
        Start(),
        (
            Step("kube-scheduler", "kube-scheduler", "schedule", pod, requests=(Request("bind", pod, outcome="done"),)),
            Step("kubelet", "kubelet on node-1", "admit pod", pod, requests=(call,)),
            Step("fault", "fault", "node-crash", Reference("Node", "node-1")),
        ),
    )
    Path("found.json").write_text(dumps(trace))
    lines = _run("found.json", "--format", "mermaid").stdout.splitlines()
    assert lines[:14] == [
        "sequenceDiagram",
        "    box environment",
        "    participant p0 as fault",
        "    end",
        "    box control plane",
        "    participant p1 as kube-scheduler",
        "    participant p2 as API server",
        "    end",
        "    box node-1",
        "    participant p3 as kubelet on node-1",
        "    participant p4 as container-runtime on node-1",
        "    end",
        "    Note over p1: 1. schedule Pod/web-a",
        "    p1->>p2: bind Pod web-a",
    ]
    assert "    p3->>p4: RunPodSandbox Pod web-a" in lines
    assert _run("found.json").exit_code == 0
    assert _files() == ["found.json", "found.svg"]


@pytest.mark.parametrize("content", [None, "{", "{}"])
def test_a_file_that_holds_no_trace_is_bad_input(content: str | None) -> None:
    if content is not None:
        Path("no.json").write_text(content)
    error = _run("no.json").exception
    assert isinstance(error, InputError)
    assert error.source == "no.json"


def test_the_picture_of_the_architecture_says_what_the_components_do() -> None:
    drawn = _run("architecture", "--format", "mermaid").stdout
    scheduler = next(line for line in drawn.splitlines() if "<b>kube-scheduler</b>" in line)
    assert scheduler.strip().partition("[")[2] == (
        '"<b>kube-scheduler</b><br/>watches Node, PersistentVolume, PersistentVolumeClaim, Pod'
        "<br/>writes PersistentVolume (update), PersistentVolumeClaim (patch), Pod (bind, delete), Pod/status (patch)"
        '<br/>remembers Pod (assumed, attempts, queue, waits for volumes)"]'
    )
    assert 'subgraph process_kube_controller_manager["kube-controller-manager"]' in drawn
    assert "Fault" not in drawn and "User" not in drawn, "budgets are no part of a cluster"


def test_no_machine_is_drawn_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_more: object) -> None:
        raise AssertionError("only the picture of the architecture needs that")

    monkeypatch.setattr(diagram_command, "architecture_facts", refuse)
    assert _run("process", "--format", "dot").exit_code == 0


def test_all_components_of_kubernetes_are_in_the_picture() -> None:
    """Each with what it does: one that asks nothing of anybody, and changes nothing, was not seen at all."""
    told = {fact[0] for fact in json.loads(diagram_command.SEEN.read_text())}
    assert {component.name for component in all_components()} - told == set()
