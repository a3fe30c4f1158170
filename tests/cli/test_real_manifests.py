"""Manifests of public projects as they are published: each group of workloads gets a verdict from a complete search."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kubemodel.cli.main import run

FOLDER = Path(__file__).parents[3] / "shared" / "manifests"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the real manifests are not part of the checkout")

GROUPS = {
    "cassandra.yaml": ["cassandra"],
    "guestbook.yaml": ["redis-master", "redis-replica", "frontend"],
    "kube-prometheus": [
        *("blackbox-exporter", "grafana", "kube-state-metrics", "node-exporter", "prometheus-adapter"),
        "prometheus-operator",
    ],
    "metrics-server.yaml": ["metrics-server"],
    "online-boutique.yaml": [
        *("frontend", "adservice", "currencyservice", "cartservice", "redis-cart", "loadgenerator"),
        *("recommendationservice", "checkoutservice", "emailservice", "paymentservice", "shippingservice"),
        "productcatalogservice",
    ],
}
"""The groups of each; one of which nothing is modelled must be named as not checked, with its workload."""


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = run(["check", *arguments, "--format", "json", "--quiet"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", GROUPS)
def test_every_group_has_a_verdict(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = checked(capsys, str(FOLDER / name))
    (scenario,) = said["scenarios"]
    groups, left_out = scenario["groups"], scenario["notChecked"]
    assert sorted(group["name"] for group in [*groups, *left_out]) == sorted(GROUPS[name])
    assert all(group["complete"] and group["verdict"] == "holds" for group in groups)
    listed = {entry["kind"] for entry in scenario["notModelled"] if not entry["field"]}
    assert all(any(f", {kind} {group['name']}, is of a kind" in group["why"] for kind in listed) for group in left_out)
    assert (said["verdict"], code) == (("holds", 0) if groups else ("vacuous", 3))


def test_an_unbuilt_base_and_a_removed_version_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(FOLDER / "metrics-server.yaml"), "--quiet"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "unbuilt kustomize base: Deployment metrics-server has neither spec.selector nor template labels" in text
    assert "Kubernetes would reject it as it stands" in text
    assert "PodDisruptionBudget of policy/v1beta1 metrics-server: removed in 1.25: a current API server" in text


def test_the_guestbook_survives_the_crash_of_a_node(capsys: pytest.CaptureFixture[str]) -> None:
    """The one slow test here, a quarter of a minute: three groups, the largest of 330,000 states."""
    code, said = checked(capsys, str(FOLDER / "guestbook.yaml"), "--nodes", "3", "--fault", "node-crash=1")
    assert (code, said["verdict"]) == (0, "holds")
    assert all(group["complete"] for group in said["scenarios"][0]["groups"])
    assert max(each["peak_memory_mb"] for each in said["measured"]) < 1000
