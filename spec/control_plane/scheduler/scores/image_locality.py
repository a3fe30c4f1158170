"""ImageLocality: prefers nodes that already hold the pod's images."""

from __future__ import annotations

from ....objects.node import Node
from ....objects.pod import Pod
from ..snapshot import Snapshot
from .normalising import MAX_NODE_SCORE, Scores

_MIB = 1024 * 1024
MIN_THRESHOLD = 23 * _MIB
"""Bytes below which the images present count as nothing."""

MAX_CONTAINER_THRESHOLD = 1000 * _MIB
"""Bytes for each container above which more makes no difference."""


def _with_tag(image: str) -> str:
    return image if image.rfind(":") > image.rfind("/") else f"{image}:latest"


def _sizes(node: Node) -> dict[str, int]:
    return {name: image.size_bytes for image in node.status.images for name in image.names}


def image_locality(pod: Pod, candidates: tuple[Node, ...], snapshot: Snapshot) -> Scores:
    """Scores of the candidates, 0..100 (kube-scheduler §5).

    The sizes of the images that a node holds, each times the share of nodes that hold it, so that popular images do not
    draw every pod to one node; between the two thresholds.
    """
    images = [_with_tag(container.image) for container in (*pod.spec.init_containers, *pod.spec.containers)]
    held = {node.metadata.name: _sizes(node) for node in snapshot.nodes}
    nodes = len(snapshot.nodes)
    largest = MAX_CONTAINER_THRESHOLD * len(images)

    def score(node: Node) -> int:
        here = _sizes(node)
        total = sum(
            int(here[image] * (sum(image in sizes for sizes in held.values()) / nodes))
            for image in images
            if image in here
        )
        clamped = max(MIN_THRESHOLD, min(total, largest))
        return MAX_NODE_SCORE * (clamped - MIN_THRESHOLD) // (largest - MIN_THRESHOLD)

    return {node.metadata.name: score(node) if images else 0 for node in candidates}
