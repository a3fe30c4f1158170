"""Scenarios of small clusters, for tests that tie the engine to what it was built for."""

from __future__ import annotations

from typing import Any

from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.manifests.fields import Lines
from kubemodel.spec.manifests.loading import Document
from kubemodel.spec.manifests.scenarios import plan
from kubemodel.spec.manifests.settings import API_VERSION, KIND, settings_of

Data = dict[str, Any]


def deployment(replicas: int = 1, image: str = "web:1", **spec: Any) -> Data:
    """A Deployment ``web``."""
    pod = {"containers": [{"name": "web", "image": image}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod},
            **spec,
        },
    }


def scenario(*objects: Data, **settings: Any) -> Scenario:
    """The scenario of some manifests, with settings as a `kind: Scenario` document has them."""
    data = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "small"}, **settings}
    read = settings_of(Document(data, "small.yaml", Lines(1)))
    (job,) = plan([Document(dict(item), "small.yaml", Lines(1)) for item in objects], read).jobs
    return job.scenario
