"""Workloads of unbuilt kustomize bases are completed; what only looks like one is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.manifests.checking import check
from kubemodel.spec.manifests.fields import Lines
from kubemodel.spec.manifests.kustomize_base import LABEL, assumption, completed, is_unbuilt
from kubemodel.spec.manifests.loading import Document

POD = {"containers": [{"name": "web", "image": "web:1"}]}


def workload(kind: str = "Deployment", api_version: str = "apps/v1", **spec: Any) -> Document:
    data = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}, "spec": spec}
    return Document(data, "base.yaml", Lines(1))


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "DaemonSet"])
@pytest.mark.parametrize("metadata", [{}, {"metadata": None}, {"metadata": {"labels": {}, "annotations": {"a": "b"}}}])
def test_a_workload_without_selector_and_labels_is_completed(kind: str, metadata: dict[str, Any]) -> None:
    base = workload(kind, template={**metadata, "spec": POD})
    assert is_unbuilt(base)
    built = completed(base)
    assert built.data["spec"]["selector"] == {"matchLabels": {LABEL: "web"}}
    assert built.data["spec"]["template"]["metadata"]["labels"] == {LABEL: "web"}
    assert check([built]).errors == ()
    assert not is_unbuilt(built)
    assert assumption(base).startswith(f"unbuilt kustomize base: {kind} web has neither spec.selector nor template")


def test_the_rest_of_the_template_stays() -> None:
    base = workload(template={"metadata": {"annotations": {"a": "b"}}, "spec": POD}, replicas=3)
    built = completed(base).data["spec"]
    assert built["replicas"] == 3
    assert built["template"]["spec"] == POD
    assert built["template"]["metadata"]["annotations"] == {"a": "b"}
    assert "selector" not in base.data["spec"]


@pytest.mark.parametrize(
    "other",
    [
        workload(template={"metadata": {"labels": {"app": "web"}}, "spec": POD}),
        workload(selector={"matchLabels": {"app": "web"}}, template={"spec": POD}),
        workload(selector={}, template={"spec": POD}),
        workload(),
        workload(template="text"),
        workload(template={"metadata": "text"}),
        workload(kind="Job", api_version="batch/v1", template={"spec": POD}),
    ],
    ids=["labels only", "selector only", "empty selector", "no template", "wrong template", "wrong metadata", "Job"],
)
def test_anything_else_is_left_as_it_is(other: Document) -> None:
    assert completed(other) is other
