"""Nodes."""

from __future__ import annotations

from typing import ClassVar

import attrs
from frozendict import frozendict

from .conditions import Condition
from .metadata import ObjectMeta
from .quantities import ResourceList
from .taints import Taint


@attrs.frozen(cache_hash=True)
class NodeSpec:
    """Desired state of a node; ``unschedulable`` is the cordon."""

    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


@attrs.frozen(cache_hash=True)
class ContainerImage:
    """An image present on a node, under all its names; size in bytes."""

    names: tuple[str, ...] = ()
    size_bytes: int = 0


@attrs.frozen(cache_hash=True)
class NodeStatus:
    """Observed state of a node; ``allocatable`` is what pods may use of ``capacity``."""

    allocatable: ResourceList = frozendict()
    capacity: ResourceList = frozendict()
    conditions: tuple[Condition, ...] = ()
    images: tuple[ContainerImage, ...] = ()


@attrs.frozen(cache_hash=True)
class Node:
    """A node; cluster-scoped."""

    kind: ClassVar[str] = "Node"

    metadata: ObjectMeta = ObjectMeta(namespace="")
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()
