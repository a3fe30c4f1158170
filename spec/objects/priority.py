"""PriorityClasses."""

from __future__ import annotations

from typing import ClassVar

import attrs

from .metadata import ObjectMeta


@attrs.frozen(cache_hash=True)
class PriorityClass:
    """A PriorityClass; cluster-scoped. The larger ``value`` is the more important."""

    kind: ClassVar[str] = "PriorityClass"

    metadata: ObjectMeta = ObjectMeta(namespace="")
    value: int = 0
    global_default: bool = False
    preemption_policy: str = "PreemptLowerPriority"
