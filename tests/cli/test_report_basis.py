"""What a verdict says of its settings: what one step is, what is slow, who is elected, which Kubernetes is meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kubemodel.cli.main import run
from kubemodel.spec.language.plan import Rpc

MANIFEST = str(Path(__file__).parents[2] / "examples" / "bugs" / "129795" / "replicaset.yaml")


def basis(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    assert run(["check", MANIFEST, "--nodes", "1", "--format", "json", "--quiet", *flags]) == 0
    (scenario,) = json.loads(capsys.readouterr().out)["scenarios"]
    return "\n".join(scenario["basis"])


SAID_OF = {
    Rpc.RECONCILE: "is not found",
    Rpc.REQUEST: "only as far as",
    Rpc.MESSAGE: "it may be applied late, or after its sender has ended",
}


@pytest.mark.parametrize("rpc", Rpc)
def test_a_verdict_says_what_is_one_step_and_what_is_not_found_so(rpc: Rpc, capsys: pytest.CaptureFixture[str]) -> None:
    told = basis(capsys, "--rpc", rpc.value)
    assert f"rpc {rpc.value}: " in told
    assert SAID_OF[rpc] in told


def test_a_verdict_names_what_is_slow(capsys: pytest.CaptureFixture[str]) -> None:
    told = basis(capsys, "--lag", "replicaset-controller/Pod=1", "--slow", "replicaset-controller/Pod")
    assert "slow: replicaset-controller/Pod; no timer waits for it" in told


def test_a_verdict_names_the_candidates(capsys: pytest.CaptureFixture[str]) -> None:
    assert "2 of kube-scheduler" in basis(capsys, "--candidates", "kube-scheduler=2")


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (
            "1.28",
            "kubernetes 1.28: pop-from-back-off off, nomination-before-binding off, node-monitor-grace-period 40 s",
        ),
        ("1.37", "kubernetes 1.37: as today"),
    ],
)
def test_a_verdict_says_what_was_otherwise_in_an_older_kubernetes(
    version: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in basis(capsys, "--kubernetes", version)


def test_a_verdict_names_the_size_of_a_control_plane_that_can_fail(capsys: pytest.CaptureFixture[str]) -> None:
    assert "control-plane-size: 1 instance of kube-apiserver" in basis(capsys, "--fault", "api-server-down=1")
