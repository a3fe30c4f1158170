"""Whether a Service asks for endpoints near to its clients, by annotation."""

from __future__ import annotations

from .service import Service

HINTS_ANNOTATION = "service.kubernetes.io/topology-aware-hints"
MODE_ANNOTATION = "service.kubernetes.io/topology-mode"


def asks_for_hints(service: Service) -> bool:
    """Whether the annotation says auto; the older annotation is the one that counts (controllers-cluster §3)."""
    annotations = service.metadata.annotations
    return annotations.get(HINTS_ANNOTATION, annotations.get(MODE_ANNOTATION)) in ("auto", "Auto")
