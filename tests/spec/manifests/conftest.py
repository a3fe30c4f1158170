"""Manifests that several test files build on."""

import io
import textwrap
from pathlib import Path

import pytest
from kubemodel.spec.manifests.loading import load

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: server
        image: example/web:1
        resources:
          requests: {cpu: 100m, memory: 100Mi}
"""


@pytest.fixture(scope="session")
def documents():
    """``documents(text, ...)``: YAML texts as if they came through standard input."""
    return lambda *texts: load(["-"], io.StringIO("\n---\n".join(textwrap.dedent(text) for text in texts)))


@pytest.fixture(scope="session")
def deployment():
    """``deployment(name, extra)``: a sound Deployment of 18 lines, with lines added to its pod spec."""
    return lambda name="web", extra="": (
        DEPLOYMENT.replace("web", name) + textwrap.indent(textwrap.dedent(extra), " " * 6)
    )


@pytest.fixture(scope="session")
def plain_nodes():
    """``plain_nodes(count, cpu, memory)``: equal nodes in plain form."""

    def nodes(count, cpu="4", memory="8Gi"):
        status = {"allocatable": {"cpu": cpu, "memory": memory, "pods": "110"}}
        labels = {"kubernetes.io/os": "linux"}
        return [
            {"kind": "Node", "metadata": {"name": f"node-{i}", "labels": labels}, "status": status}
            for i in range(count)
        ]

    return nodes


@pytest.fixture(scope="session")
def real_manifests():
    """Folder of manifests of public projects, kept beside the checkout."""
    folder = Path(__file__).parents[4] / "shared" / "manifests"
    if not folder.is_dir():
        pytest.skip("the folder ../shared/manifests is not there")
    return folder
