"""What only grows is taken out of stored objects (design §3.2, counters that are only compared)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..objects.daemon_set import DaemonSet
from ..objects.disruption import PodDisruptionBudget
from ..objects.stateful_set import StatefulSet
from ..objects.workloads import Deployment, ReplicaSet, ReplicationController

OBSERVED = (Deployment, ReplicaSet, ReplicationController, DaemonSet, StatefulSet, PodDisruptionBudget)
"""Kinds whose status says which generation of the spec it was made from."""


def without_history(stored: Any) -> Any:
    """An object with its generation as a rank: 1, or 2 while the status has not observed the newest spec.

    Generations are only compared with ``status.observedGeneration``; that they grow tells nothing else, and a growing
    number would make every rollout a new state (design §3.2, counters that are only compared).
    """
    if stored is None:
        return None
    observed = getattr(getattr(stored, "status", None), "observed_generation", None)
    behind = isinstance(stored, OBSERVED) and observed != stored.metadata.generation
    generation = 2 if behind else 1
    seen = {"observed_generation": 1} if isinstance(stored, OBSERVED) else {}
    if stored.metadata.generation == generation and (not seen or observed == 1):
        return stored
    if behind and observed == 0:
        # Never observed at all: 0 of 1 says that as well as 1 of 2 would, and is what a fresh object has.
        return stored if stored.metadata.generation == 1 else _ranked(stored, 1, {"observed_generation": 0})
    return _ranked(stored, generation, seen)


def _ranked(stored: Any, generation: int, seen: Mapping[str, int]) -> Any:
    metadata = attrs.evolve(stored.metadata, generation=generation)
    return attrs.evolve(stored, metadata=metadata, **({"status": attrs.evolve(stored.status, **seen)} if seen else {}))
