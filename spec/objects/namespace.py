"""Namespaces."""

from __future__ import annotations

from typing import ClassVar

import attrs

from .metadata import ObjectMeta


@attrs.frozen(cache_hash=True)
class Namespace:
    """A Namespace; cluster-scoped. ``phase`` is Active or Terminating, ``finalizers`` are those of its spec."""

    kind: ClassVar[str] = "Namespace"

    metadata: ObjectMeta = ObjectMeta(namespace="")
    finalizers: tuple[str, ...] = ("kubernetes",)
    phase: str = "Active"
