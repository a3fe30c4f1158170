"""Recordings of real clusters are explained from their manifests, nodes and users; skipped without ../shared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kubemodel.cli.main import run

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings are not here")

WORKERS = ("kind-worker", "kind-worker2", "kind-worker3")


def nodes(folder: Path, **labels: tuple[str, str, str]) -> str:
    """A file with the three workers, each with its value of each label."""
    items = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": name,
                "labels": {"kubernetes.io/hostname": name, **{key: values[place] for key, values in labels.items()}},
            },
            "status": {"allocatable": {"cpu": "8", "memory": "16Gi", "pods": "110"}},
        }
        for place, name in enumerate(WORKERS)
    ]
    file = folder / "nodes.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), "utf-8")
    return str(file)


def validated(capsys: pytest.CaptureFixture[str], recording: Path, *arguments: str) -> dict[str, Any]:
    code = run(["validate", str(recording), *arguments, "--format", "json"])
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert {"explained": 0, "not explained": 1, "undetermined": 3}[data["verdict"]] == code
    return data


def test_two_drains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = RECORDINGS / "C6-drain-twice"
    users = ("drain=kind-worker", "uncordon=kind-worker", "drain=kind-worker3", "uncordon=kind-worker3")
    data = validated(
        capsys,
        recording,
        "--manifests",
        str(recording / "deploy.yaml"),
        "--nodes",
        nodes(tmp_path, node=("1", "2", "3")),
        *(part for user in users for part in ("--user", user)),
    )
    (group,) = data["groups"]
    assert group["verdict"] == "explained"
    assert (group["explained"], group["missing"]) == (38, 0)
    assert [len(left["events"]) for left in data["notLookedAt"]] == [53]
