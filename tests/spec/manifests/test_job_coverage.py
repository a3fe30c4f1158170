"""What of a Job the model leaves out is listed; what it reads is not."""

from __future__ import annotations

from typing import Any

from kubemodel.spec.manifests.coverage import not_modelled
from kubemodel.spec.manifests.fields import Lines
from kubemodel.spec.manifests.loading import Document


def _fields_left_out(**spec: Any) -> list[str]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "work", "image": "work:1"}]}
    data = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "work"},
        "spec": {"template": {"spec": pod}, **spec},
    }
    return [entry.field for entry in not_modelled([Document(data, "job.yaml", Lines(1))])]


def test_a_plain_job_is_modelled_in_full() -> None:
    read = {"completions": 3, "parallelism": 2, "backoffLimit": 1, "activeDeadlineSeconds": 60, "suspend": False}
    assert _fields_left_out(**read, completionMode="NonIndexed", podReplacementPolicy="Failed") == []


def test_indexes_and_policies_are_modelled() -> None:
    success = {"rules": [{"succeededIndexes": "0"}]}
    indexes = {"completionMode": "Indexed", "backoffLimitPerIndex": 1, "maxFailedIndexes": 1}
    assert _fields_left_out(completions=3, **indexes, successPolicy=success) == []


def test_who_else_runs_a_job_is_left_out() -> None:
    policy = {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]}
    assert _fields_left_out(podFailurePolicy=policy, managedBy="example.com/other") == ["managedBy"]
