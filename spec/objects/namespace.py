"""Namespaces."""

from __future__ import annotations

from typing import ClassVar

import attrs

from .conditions import Condition
from .metadata import ObjectMeta

ACTIVE, TERMINATING = "Active", "Terminating"
"""Phases of a namespace."""

KUBERNETES = "kubernetes"
"""The finalizer of a namespace's spec that its controller takes away, once nothing is left in it."""


@attrs.frozen(cache_hash=True)
class Namespace:
    """A Namespace; cluster-scoped. ``finalizers`` are those of its spec, ``phase`` and ``conditions`` its status."""

    kind: ClassVar[str] = "Namespace"

    metadata: ObjectMeta = ObjectMeta(namespace="")
    finalizers: tuple[str, ...] = (KUBERNETES,)
    phase: str = ACTIVE
    conditions: tuple[Condition, ...] = ()
