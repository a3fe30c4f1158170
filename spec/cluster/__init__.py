"""Assembles a cluster: a scenario in, a model out (design §6).

Each file but three says what one part of Kubernetes brings into a model when a scenario holds something that needs it;
``part`` says what a part is, ``assembly`` puts the parts together, ``history`` takes out of stored objects what only
grows.
"""

from .admitting import RejectedError
from .assembly import MACHINES, assumptions, build, components, initial, kinds, pod_slots, toleration_seconds
from .history import without_history
from .node_agents import fused

__all__ = [
    "MACHINES",
    "RejectedError",
    "assumptions",
    "build",
    "components",
    "fused",
    "initial",
    "kinds",
    "pod_slots",
    "toleration_seconds",
    "without_history",
]
