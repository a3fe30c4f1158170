"""Labels that a node has under an older name besides: the node lifecycle controller keeps both alike."""

from __future__ import annotations

from frozendict import frozendict

from ...objects.node import Node

OLDER_NAMES = frozendict({"kubernetes.io/os": "beta.kubernetes.io/os", "kubernetes.io/arch": "beta.kubernetes.io/arch"})
"""Label -> what it was called in its beta, under which manifests may still ask for it."""


def reconciled_labels(node: Node) -> frozendict[str, str]:
    """The node's labels, where those under older names say what the newer ones say (kubelet §1)."""
    labels = node.metadata.labels
    return labels | {older: labels[name] for name, older in OLDER_NAMES.items() if name in labels}
