"""The quality-of-service class of a pod, from what its containers request and are limited to (kubelet §7)."""

from __future__ import annotations

from functools import lru_cache

from .pod import PodSpec
from .quantities import CPU, MEMORY

GUARANTEED, BURSTABLE, BEST_EFFORT = "Guaranteed", "Burstable", "BestEffort"

_COUNTED = (CPU, MEMORY)


@lru_cache(maxsize=1024)
def qos_class(spec: PodSpec) -> str:
    """BestEffort without requests or limits of CPU and memory, Guaranteed where all have both, and alike."""
    resources = [container.resources for container in (*spec.init_containers, *spec.containers)]
    if not any({**each.requests, **each.limits}.get(name) for each in resources for name in _COUNTED):
        return BEST_EFFORT

    def guaranteed(name: str) -> bool:
        return all(
            each.limits.get(name) and each.requests.get(name, each.limits[name]) == each.limits[name]
            for each in resources
        )

    return GUARANTEED if all(map(guaranteed, _COUNTED)) else BURSTABLE
