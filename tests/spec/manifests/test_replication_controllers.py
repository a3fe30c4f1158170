"""ReplicationControllers in manifests: plain selectors, and what stands in for them."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.manifests.checking import check
from kubemodel.spec.manifests.defaulting import with_defaults
from kubemodel.spec.objects.decoding import decode
from kubemodel.spec.objects.selectors import LabelSelector
from kubemodel.spec.objects.workloads import ReplicationController

from ..replication_scenarios import replication_controller


def without_selector() -> dict[str, Any]:
    data = dict(replication_controller())
    return {**data, "spec": {key: value for key, value in data["spec"].items() if key != "selector"}}


def test_a_plain_selector_matches_just_its_pairs() -> None:
    found = decode(replication_controller())
    assert isinstance(found, ReplicationController)
    assert found.spec.selector == LabelSelector(match_labels={"app": "old"})


def test_the_labels_of_the_template_stand_in_for_selector_and_labels() -> None:
    filled = with_defaults(without_selector())
    assert (filled["spec"]["selector"], filled["metadata"]["labels"]) == ({"app": "old"}, {"app": "old"})
    assert decode(without_selector()) == decode(replication_controller())


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("selector: {app: old}", "selector: {app: other}", "spec.template.metadata.labels"),
        ("labels: {app: old}", "annotations: {app: old}", "spec.template.metadata.labels"),
        ("replicas: 1", "replicas: -1", "spec.replicas"),
    ],
)
def test_what_kubernetes_would_reject(documents: Any, old: str, new: str, field: str) -> None:
    text = """\
apiVersion: v1
kind: ReplicationController
metadata: {name: old}
spec:
  replicas: 1
  selector: {app: old}
  template:
    metadata: {labels: {app: old}}
    spec:
      containers: [{name: old, image: "old:1"}]
"""
    assert check(documents(text)).errors == ()
    (error,) = check(documents(text.replace(old, new))).errors
    assert error.field == field
