"""Workloads of a kustomize base that was not built: what `kubectl kustomize` would have added to them.

Bases often leave selector and labels to the ``commonLabels`` or ``labels`` of a kustomization. A workload without any
of both is completed here, a named assumption in the report; one with only one of them stays the error that it is.
"""

from __future__ import annotations

from typing import Any

from .loading import Document

LABEL = "app.kubernetes.io/name"
"""The label that is put into selector and template, with the workload's name as its value."""

_KINDS = ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")


def is_unbuilt(document: Document) -> bool:
    """Whether the document is a workload of ``apps/v1`` with a template, but neither a selector nor template labels."""
    if document.api_version != "apps/v1" or document.kind not in _KINDS:
        return False
    spec = document.data.get("spec")
    if not isinstance(spec, dict) or not isinstance(spec.get("template"), dict) or spec.get("selector") is not None:
        return False
    metadata = spec["template"].get("metadata")
    return metadata is None or (isinstance(metadata, dict) and not metadata.get("labels"))


def completed(document: Document) -> Document:
    """The document with the label in its selector and its template; as it is if it is no unbuilt workload."""
    if not is_unbuilt(document):
        return document
    labels = {LABEL: document.name}
    spec: dict[str, Any] = document.data["spec"]
    template = spec["template"]
    metadata = {**(template.get("metadata") or {}), "labels": labels}
    data = {
        **document.data,
        "spec": {**spec, "selector": {"matchLabels": labels}, "template": {**template, "metadata": metadata}},
    }
    return Document(data, document.source, document.lines)


def assumption(document: Document) -> str:
    """What the report says of a workload that was completed."""
    return (
        f"unbuilt kustomize base: {document.kind} {document.name} has neither spec.selector nor template labels; both "
        f"are taken to be {LABEL}: {document.name}; Kubernetes would reject it as it stands"
    )
