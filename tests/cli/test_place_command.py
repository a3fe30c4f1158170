"""`kubemodel place`: verdicts and exit codes, what else can be asked, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kubemodel.cli.main import run
from kubemodel.proving.placement import questions

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "manifests"


@pytest.fixture(autouse=True)
def at_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def placed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = run(["place", *arguments, "--format", "json", "--quiet"])
    said = json.loads(capsys.readouterr().out)
    return code, said["scenarios"][0]


def test_what_has_room_in_any_order_holds(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = placed(capsys, "examples/shop")
    assert (code, said["verdict"], said["possible"]) == (0, "holds", True)
    assert said["stuck"]["possible"] is False
    assert len(said["order"]) == 6


def test_an_order_that_gets_stuck_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = placed(capsys, "examples/place/order-matters.yaml")
    assert (code, said["verdict"], said["possible"]) == (12, "violated", True)
    assert said["stuck"]["possible"] is True
    assert [it["workload"] for it in said["stuck"]["order"]] == ["Deployment small", "Deployment small"]
    assert len({it["node"] for it in said["stuck"]["order"]}) == 2
    assert said["stuck"]["waiting"] == ["Deployment large"]


REAL = {
    "cassandra.yaml": 3,
    "guestbook.yaml": 6,
    "kube-prometheus": 9,
    "metrics-server.yaml": 1,
    "online-boutique.yaml": 12,
}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real manifests are not part of the checkout")
def test_no_real_manifests_are_left_out() -> None:
    assert {each.name for each in SHARED.iterdir() if each.name != "README.md"} == set(REAL)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real manifests are not part of the checkout")
@pytest.mark.parametrize(("name", "pods"), REAL.items())
def test_the_real_manifests_can_be_placed(name: str, pods: int, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = placed(capsys, str(SHARED / name), "--nodes", "3")
    assert (code, said["possible"], len(said["order"])) == (0, True, pods), said["text"]


def test_nodes_needed_to_survive(capsys: pytest.CaptureFixture[str]) -> None:
    """Five replicas apart, one of them lost with its node: six nodes; a surge of two: seven."""
    asked = ["examples/place/replicas-apart.yaml", "--nodes", "5", "--survive", "node", "--surge"]
    code, said = placed(capsys, *asked)
    assert code == 12
    node, surge = said["trials"]
    assert (node["trial"], node["passes"], node["fails"]) == ("node", False, "without node-1")
    assert [(it["have"], it["needed"]) for it in node["nodes"]] == [(5, 6)]
    assert (surge["passes"], surge["fails"]) == (False, "while Deployment web is updated")
    assert [(it["have"], it["needed"]) for it in surge["nodes"]] == [(5, 7)]


def test_nodes_to_spare_and_what_still_fits(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["examples/place/replicas-apart.yaml", "--nodes", "6", "--replicas", "web=3", "--survive", "node", "--fits"]
    code, said = placed(capsys, *asked)
    assert code == 0
    assert [(it["have"], it["needed"]) for it in said["trials"][0]["nodes"]] == [(6, 4)]
    assert said["fits"] == [{"atLeast": False, "more": 3, "workload": "Deployment web"}]


def test_zones(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = placed(
        capsys, "examples/place/spread-over-a-tainted-zone.yaml", "--replicas", "web=1", "--survive", "zone"
    )
    (zone,) = said["trials"]
    assert (code, zone["passes"], zone["fails"]) == (12, False, "without zone a")


def test_the_same_bytes_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    def once() -> str:
        run(["place", "examples/place/no-node-left-over.yaml", "--nodes", "4", "--quiet"])
        return capsys.readouterr().out

    assert once() == once()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["missing.yaml"], "missing.yaml: no such file or folder; expected a manifest, a folder of them, or -"),
        (["examples/shop", "--replicas", "web"], '<command line>: --replicas: cannot read "web"; expected NAME=N'),
        (
            ["examples/shop", "--replicas", "web=2"],
            '<command line>: --replicas: there is no workload "web"; expected one of cache, cart, frontend',
        ),
        (["examples/shop", "--nodes", "0"], "<command line>: --nodes: cannot read 0; expected a number of nodes"),
        (["examples/shop", "--nodes", "examples/shop"], "examples/shop: no Node in it; expected a list of Nodes"),
        (["examples/shop", "--survive", "rack"], "Invalid value for '--survive'"),
    ],
)
def test_what_cannot_be_used_is_one_line(arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["place", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (said,) = captured.err.splitlines()
    assert said.startswith(f"error: {line}")


def test_an_interrupt_leaves_what_was_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(questions, "can_get_stuck", interrupted)
    code, said = placed(capsys, "examples/shop")
    assert (code, said["verdict"], said["possible"], said["interrupted"]) == (3, "undetermined", True, True)
    assert len(said["order"]) == 6


def test_no_time_decides_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = placed(capsys, "examples/shop", "--timeout", "0.000001")
    assert (code, said["verdict"], said["possible"], said["outOfTime"]) == (3, "undetermined", None, True)


def test_nothing_to_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "namespace.yaml"
    file.write_text("{apiVersion: v1, kind: Namespace, metadata: {name: empty}}")
    code, said = placed(capsys, str(file))
    assert (code, said["verdict"]) == (3, "vacuous")
