"""Documents and settings to jobs: what a user may apply."""

from __future__ import annotations

from pathlib import Path

import pytest
from kubemodel.spec.manifests.errors import InputError
from kubemodel.spec.manifests.loading import load
from kubemodel.spec.manifests.scenarios import plan
from kubemodel.spec.manifests.settings import Settings

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: {name}, image: "shop.example/{name}:1"}}]}}
"""


@pytest.fixture
def web(tmp_path: Path) -> str:
    path = tmp_path / "web.yaml"
    path.write_text(DEPLOYMENT.format(name="web", replicas=2))
    return str(path)


def test_a_user_applies_a_changed_deployment(web: str, tmp_path: Path) -> None:
    changed = tmp_path / "changed.yaml"
    changed.write_text(DEPLOYMENT.format(name="web", replicas=3))
    (job,) = plan(load([web]), Settings(users=((("apply", str(changed)),),))).jobs
    assert [action.change.spec.replicas for todo in job.scenario.users for action in todo] == [3]


def test_a_user_can_not_apply_what_is_not_among_the_manifests(web: str, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(DEPLOYMENT.format(name="api", replicas=1))
    with pytest.raises(InputError) as caught:
        plan(load([web]), Settings(users=((("apply", str(other)),),)))
    assert caught.value.source == str(other)
    assert caught.value.problem == 'a user applies Deployment "api", which is not among the manifests'
    assert caught.value.expected == "one of web, changed"
