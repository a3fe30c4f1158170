"""Input that cannot be used: one line on standard error that says where and what, exit code 2, and nothing else."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubemodel.cli.main import run

CONTAINER = {"name": "web", "image": "shop.example/web:1"}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}},
    },
}
SCENARIO: dict[str, Any] = {
    "apiVersion": "kubemodel/v1",
    "kind": "Scenario",
    "metadata": {"name": "web"},
    "manifests": ["web.yaml"],
}


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command in a folder with a good ``web.yaml`` and answers its one line; it must leave no file behind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web.yaml").write_text(yaml.safe_dump(DEPLOYMENT))

    def refused(*arguments: str) -> str:
        before = sorted(tmp_path.rglob("*"))
        assert run(arguments) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        (line,) = captured.err.splitlines()
        assert line.startswith("error: ")
        assert sorted(tmp_path.rglob("*")) == before
        return line.removeprefix("error: ")

    return refused


def changed(value: Any, *path: str | int, **document: Any) -> str:
    """The Deployment, as text, with ``value`` at ``path``."""
    copy: Any = json.loads(json.dumps({**DEPLOYMENT, **document}))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return yaml.safe_dump(copy, sort_keys=False)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("kind: [unclosed\n", "bad.yaml:2: not valid YAML: "),
        ("a: b: c\n", "bad.yaml:1: not valid YAML: mapping values are not allowed in this context"),
        ("", "bad.yaml: empty: no document in it; expected at least one Kubernetes object"),
        ("---\n# nothing\n---\n", "bad.yaml: empty: no document in it; expected at least one Kubernetes object"),
        ("just text\n", 'bad.yaml:1: the document is "just text"; expected a mapping'),
        ("kind: Pod\n", "bad.yaml:1: apiVersion: missing; expected such as apps/v1"),
        ("x: !!python/object/apply:os.system [touch ran]\n", "bad.yaml:1: x: the tag "),
        ("a: 1\na: 2\n", 'bad.yaml:2: a: the key "a" stands twice, first in line 1; expected each key once'),
        (
            changed(2, "spec", "replica"),
            "bad.yaml:18: spec.replica: unknown field; expected replicas (did you mean that?)",
        ),
        (
            changed("two", "spec", "replicas"),
            'bad.yaml:6: spec.replicas: "two" has the wrong type; expected an integer',
        ),
        (changed(-1, "spec", "replicas"), "bad.yaml:6: spec.replicas: "),
        (changed({}, "spec", "selector"), "bad.yaml:7: spec.selector: empty or missing: it would select every pod"),
        (
            changed({"app": "shop"}, "spec", "template", "metadata", "labels"),
            "bad.yaml:12: spec.template.metadata.labels: the labels of the template do not match spec.selector",
        ),
        (
            changed("web:1", "spec", "template", "spec", "containers", 0, "resources"),
            'bad.yaml:18: spec.template.spec.containers[0].resources: "web:1" has the wrong type; expected a mapping',
        ),
        (changed("Deploymnet", "kind"), 'bad.yaml:2: kind: kind "Deploymnet" of "apps/v1" is not served by Kubernetes'),
        (changed("Web_1", "metadata", "name"), "bad.yaml:4: metadata.name: "),
    ],
)
def test_a_manifest_that_kubernetes_would_reject(
    refused: Callable[..., str], tmp_path: Path, content: str, said: str
) -> None:
    (tmp_path / "bad.yaml").write_text(content)
    assert refused("check", "bad.yaml").startswith(said)


def test_a_binary_file(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "image.yaml").write_bytes(b"\x7fELF\x02\x01\x01\0\0" + bytes(range(256)))
    assert refused("check", "image.yaml") == "image.yaml:2: a binary file; expected YAML or JSON in UTF-8"


def test_a_file_of_50_megabytes(refused: Callable[..., str], tmp_path: Path) -> None:
    with (tmp_path / "big.yaml").open("wb") as file:
        file.truncate(50 << 20)
    assert refused("check", "big.yaml") == "big.yaml: larger than 10485760 bytes; expected a smaller file"


def test_an_alias_bomb(refused: Callable[..., str], tmp_path: Path) -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    (tmp_path / "bomb.yaml").write_text("\n".join(levels))
    assert refused("check", "bomb.yaml").startswith("bomb.yaml:7: the input has too many values")


def test_input_that_is_not_there(refused: Callable[..., str]) -> None:
    assert refused("check", "none.yaml").startswith("none.yaml: no such file or folder; expected a manifest, a folder")
    assert refused("replay", "none.json").startswith("none.json: ")
    assert refused("replay", ".").startswith("Invalid value for 'TRACE'")


def test_a_folder_without_manifests(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert refused("check", "empty").startswith("empty: the folder holds no manifest; expected files *.yaml")


def test_nothing_on_standard_input(refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert refused("check", "-").startswith("<stdin>: empty: no document in it")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--property", "pods-never-crash"], '<command line>: --property: unknown property "pods-never-crash"'),
        (["--also-check", "x"], '<command line>: --also-check: unknown property "x"; expected one of '),
        (["--fault", "earthquake=1"], '<command line>: --fault: unknown fault "earthquake"; expected one of '),
        (["--fault", "node-crash"], '<command line>: --fault: cannot read "node-crash"; expected FAULT=BUDGET'),
        (["--fault", "node-crash=-1"], '<command line>: --fault: cannot read "-1"; expected FAULT=BUDGET'),
        (["--fault", "node-crash=many"], '<command line>: --fault: cannot read "many"; expected FAULT=BUDGET'),
        (["--fault", "node-crash=101"], "<command line>: --fault: 101 is greater than the maximum of 100"),
        (["--switch", "mode=on"], '<command line>: --switch: unknown switch "mode"; expected one of attachments'),
        (["--switch", "scoring=best"], '<command line>: --switch: unknown value "best"; expected one of any-feasible'),
        (["--user", "explode=web"], '<command line>: --user: unknown verb "explode"; expected one of apply, scale'),
        (["--user", "scale=web"], '<command line>: cannot scale "web"; expected DEPLOYMENT=REPLICAS'),
        (["--user", "scale=web=-1"], '<command line>: cannot scale "web=-1"; expected DEPLOYMENT=REPLICAS'),
        (
            ["--user", "scale=shop=2"],
            '<command line>: a user wants to scale "shop", which does not exist; expected one of web',
        ),
        (
            ["--user", "cordon=node-7"],
            '<command line>: a user wants to cordon "node-7", which does not exist; expected',
        ),
        (["--user", "delete=web"], '<command line>: cannot delete "web"; expected pod/DEPLOYMENT, node/NODE'),
        (["--user", "apply=none.yaml"], "none.yaml: no such file or folder"),
        (
            ["--lag", "kubelet/Pod=1"],
            '<command line>: --lag: cannot read "kubelet/Pod=1"; expected CLIENT/KIND=CHANGES',
        ),
        (["--lag", "kube-scheduler/Pod=99"], "<command line>: --lag: cannot read"),
        (["--nodes", "0"], "<command line>: --nodes: cannot read 0; expected a number of nodes from 1 on, a file of"),
        (["--nodes", "-3"], "-3: no such file or folder"),
        (["--nodes", "none.yaml"], "none.yaml: no such file or folder"),
        (["--nodes", "web.yaml"], "web.yaml: no Node in it; expected a list of Nodes"),
        (["--max-states", "0"], "Invalid value for '--max-states': 0 is not in the range x>=1; see kubemodel check"),
        (["--timeout", "soon"], "Invalid value for '--timeout': 'soon' is not a number; see kubemodel check"),
        (["--time", "fast"], "Invalid value for '--time': 'fast' is not one of"),
        (["--frobnicate"], "No such option '--frobnicate'. Did you mean '--format'?; see kubemodel check --help"),
    ],
)
def test_a_flag_that_cannot_be_used(refused: Callable[..., str], arguments: list[str], said: str) -> None:
    assert refused("check", "web.yaml", *arguments).startswith(said)


def test_an_unknown_property_is_suggested_for(refused: Callable[..., str]) -> None:
    said = refused("check", "web.yaml", "--property", "deployment-eventualy-complete")
    assert "deployment-eventually-complete (did you mean that?)" in said


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (
            "fault",
            {"node-crash": 1},
            "story.yaml:7: fault: unknown field; expected faults (did you mean that?)",
        ),
        ("manifests", ["none.yaml"], "none.yaml: no such file or folder"),
        ("manifests", "web.yaml", 'story.yaml:5: manifests: "web.yaml" has the wrong type; expected a list'),
        ("nodes", 0, "story.yaml:7: nodes: cannot read "),
        ("nodes", 2.5, "story.yaml:7: nodes: cannot read "),
        ("faults", {"node-crush": 1}, "story.yaml:8: faults.node-crush: unknown fault; expected node-crash (did you"),
        ("properties", ["x"], 'story.yaml:8: properties[0]: unknown property "x"'),
        ("users", [[{"explode": "web"}]], 'story.yaml:8: users[0][0]: unknown verb "explode"; expected one of apply'),
        ("users", [[{"scale": "web=1", "cordon": "node-1"}]], "story.yaml:8: users[0][0]: "),
        ("users", [[{"scale": "shop=1"}]], 'story.yaml:7: users: a user wants to scale "shop", which does not'),
        ("lag", {"kubelet": {"Pod": 1}}, "story.yaml:8: lag.kubelet: unknown client or kind; expected one of"),
        ("expect", {"verdict": "fine"}, "story.yaml:8: expect.verdict: "),
        ("start", "later", "story.yaml:7: start: "),
    ],
)
def test_a_scenario_with_something_wrong_in_it(
    refused: Callable[..., str], tmp_path: Path, field: str, value: Any, said: str
) -> None:
    (tmp_path / "story.yaml").write_text(yaml.safe_dump({**SCENARIO, field: value}, sort_keys=False))
    assert refused("check", "story.yaml").startswith(said)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\0binary", b"[]", b"{}", b'"text"', b'{"steps": []}', b"nonsense", b"[" * 100_000],
    ids=["empty", "binary", "list", "nothing in it", "text", "wrong shape", "no JSON", "deep"],
)
def test_a_trace_that_is_none(refused: Callable[..., str], tmp_path: Path, content: bytes) -> None:
    (tmp_path / "trace.json").write_bytes(content)
    assert refused("replay", "trace.json").startswith("trace.json: ")
    assert refused("diagram", "trace.json").startswith("trace.json: ")


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A good trace, of a Deployment that is too big for the node."""
    monkeypatch.chdir(tmp_path)
    big = {**CONTAINER, "resources": {"requests": {"cpu": "64"}}}
    (tmp_path / "big.yaml").write_text(changed([big], "spec", "template", "spec", "containers"))
    assert run(["check", "big.yaml", "--output-dir", "traces", "--quiet"]) == 11
    capsys.readouterr()
    (found,) = (tmp_path / "traces").iterdir()
    return found


def test_a_trace_that_was_cut_or_changed(refused: Callable[..., str], trace: Path) -> None:
    text = trace.read_text()
    trace.write_text(text[: len(text) // 2])
    assert refused("replay", str(trace)).startswith(f"{trace}: ")
    for spoilt in ({"steps": "none"}, {"scenario": {"kind": "Pod"}}, {"scenario": 5}, {"start": []}):
        trace.write_text(json.dumps({**json.loads(text), **spoilt}))
        assert refused("replay", str(trace)).startswith(f"{trace}: ")


def test_a_trace_replayed_against_what_cannot_be_used(refused: Callable[..., str], trace: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(changed(1, "spec", "replica"))
    assert refused("replay", str(trace), "--against", "none.yaml").startswith("none.yaml: no such file or folder")
    assert refused("replay", str(trace), "--against", "bad.yaml").startswith("bad.yaml:18: spec.replica: unknown field")
    (tmp_path / "map.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    assert refused("replay", str(trace), "--against", "map.yaml").startswith("map.yaml: no workload of a kind")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    assert refused("check", "web.yaml", "--output-dir", "locked").startswith("locked: --output-dir: cannot write")


def test_places_that_cannot_be_written_to(refused: Callable[..., str], trace: Path, tmp_path: Path) -> None:
    assert refused("check", "web.yaml", "--output-dir", "web.yaml").startswith("Invalid value for '--output-dir'")
    assert refused("check", "web.yaml", "--output-dir", "web.yaml/traces").startswith("web.yaml/traces: --output-dir:")
    assert refused("replay", str(trace), "--itf", "none/trace.itf.json").startswith("none/trace.itf.json: cannot be")


def test_wrong_commands(refused: Callable[..., str]) -> None:
    assert refused("chek", "web.yaml").startswith("No such command 'chek'")
    assert refused("check").startswith("Missing argument 'PATHS...'; see kubemodel check --help")
    assert refused("list", "nodes").startswith("Invalid value for ")
    assert "nodes" in refused("diagram", "nodes")
