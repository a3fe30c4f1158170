"""What a law cannot do without, the whole cluster cannot do without either."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kubemodel.cli.main import run

LABELS = {"app": "web"}
LIMITS = {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}


def template(version: int) -> dict[str, Any]:
    containers = [{"name": "web", "image": f"shop.example/web:{version}"}]
    return {"metadata": {"labels": LABELS}, "spec": {"containers": containers}}


def deployment(version: int) -> dict[str, Any]:
    spec = {"replicas": 2, "strategy": LIMITS, "selector": {"matchLabels": LABELS}, "template": template(version)}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


EARLIER = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "metadata": {
        "name": "web-earlier",
        "labels": LABELS,
        "annotations": {"deployment.kubernetes.io/revision": "1"},
    },
    "spec": {"replicas": 0, "selector": {"matchLabels": LABELS}, "template": template(1)},
}


def test_a_rollback_and_a_third_template_take_all_pods_while_deletions_are_not_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The counterexample of ``rolling-update --mutate without-deletions-done``, by the components themselves."""
    files = {"running": [EARLIER, deployment(2)], "rollback": [deployment(1)], "third": [deployment(3)]}
    for name, items in files.items():
        (tmp_path / f"{name}.yaml").write_text("\n---\n".join(map(json.dumps, items)))
    users = [f"--user=apply={tmp_path / name}.yaml" for name in ("rollback", "third")]
    asked = ["--nodes=1", "--property=deployment-min-available", "--format=json", "--quiet"]
    assert run(["check", str(tmp_path / "running.yaml"), *users, *asked]) == 12
    (scenario,) = json.loads(capsys.readouterr().out)["scenarios"]
    (group,) = scenario["groups"]
    trace = group["traces"]["deployment-min-available"]
    assert len(trace["steps"]) == 11
    assert (
        trace["violation"]["text"]
        == "available pods of web: 0; promised were at least 1 (2 replicas, maxUnavailable 1)"
    )
