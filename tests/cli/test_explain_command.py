"""`kubemodel explain NAME` says in plain words what stands behind a name, and where it can be seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from kubemodel.cli.explain_command import examples
from kubemodel.cli.list_command import WIDTH
from kubemodel.cli.main import run
from kubemodel.spec.properties.catalogue import PROPERTIES

ROOT = Path(__file__).parents[2]


def _explained(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["explain", name]) == 0
    return capsys.readouterr().out


def test_a_property_says_who_upholds_it_and_which_scenarios_show_it(capsys: pytest.CaptureFixture[str]) -> None:
    told = " ".join(_explained("statefulset-at-most-one-process-per-ordinal", capsys).split())
    assert "upheld by statefulset-controller and kubelet" in told
    assert "only while nobody deletes a pod by force" in told
    assert "violated in examples/bugs/59848/broken.yaml" in told
    assert "holds in examples/bugs/59848/fixed.yaml" in told


def test_what_nobody_promises_is_said_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nobody: Kubernetes does not promise it" in _explained("deployment-survives-faults", capsys)


def test_a_component_says_what_it_drives_and_upholds(capsys: pytest.CaptureFixture[str]) -> None:
    told = _explained("kube-proxy", capsys)
    assert "drives: service-rule" in told
    assert "proxy-converges" in told
    assert "sync rules" in told


def test_a_machine_says_its_arrows(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Absent -> Published" in _explained("dns-record", capsys)


@pytest.mark.parametrize("name", ["node-crash", "leader-fencing", "node-eviction-wait"])
def test_faults_switches_and_timers_are_explained_too(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _explained(name, capsys).startswith(name)


def test_every_property_fits_its_width(capsys: pytest.CaptureFixture[str]) -> None:
    for name in PROPERTIES:
        assert max(map(len, _explained(name, capsys).splitlines())) <= WIDTH


def test_the_scenarios_are_there() -> None:
    named = {path for shown in examples().values() for paths in shown.values() for path in paths}
    assert {path for path in named if not (ROOT / path).is_file()} == set()


def test_an_unknown_name_is_one_line_with_what_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "kube-scheduller"]) == 2
    assert "did you mean kube-scheduler" in capsys.readouterr().err
