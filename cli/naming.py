"""How a trace of a cluster calls things: pods after their ReplicaSet, actors after the node they act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.identities import Naming
from ..spec.kinds import KUBELET, NODE, POD
from ..spec.node.container_runtime import NAME as CONTAINER_RUNTIME

_ON_NODES = (KUBELET, CONTAINER_RUNTIME)


def _letters(number: int) -> str:
    """1 is a, 26 is z, 27 is aa."""
    text = ""
    while number > 0:
        number, digit = divmod(number - 1, 26)
        text = chr(ord("a") + digit) + text
    return text


def object_name(kind: str, values: Mapping[str, Any], ordinal: int) -> str:
    """The name of a pod with a generated name: that of its controller and a letter, as Kubernetes adds a suffix."""
    pod = values.get("object")
    runtime = values.get("runtime")
    if kind == POD and pod is None and runtime is not None and runtime.name:
        # What runs for an incarnation whose name another one has taken.
        return f"{runtime.name} (earlier {_letters(ordinal)})"
    if kind != POD or pod is None:
        return f"{kind.lower()}-{_letters(ordinal)}"
    if pod.metadata.name:
        return str(pod.metadata.name)
    reference = pod.metadata.controller_reference
    return f"{reference.name if reference is not None else 'pod'}-{_letters(ordinal)}"


def actor(component: str, kind: str, name: str, values: Mapping[str, Any]) -> str:
    """The component, with its node where there is one of it on every node."""
    if component not in _ON_NODES:
        return component
    if kind == NODE:
        return f"{component} on {name}"
    pod, runtime, worker = values.get("object"), values.get("runtime"), values.get("worker")
    node = pod.spec.node_name if pod is not None else runtime.node if runtime is not None else ""
    return f"{component} on {node or (worker.node if worker is not None else '?')}"


def field_name(name: str) -> str:
    """A field as Kubernetes spells it: ``node_name`` is ``nodeName``."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest) if first else name


NAMING = Naming(object_name=object_name, actor=actor, field=field_name)
"""The names that traces of clusters are told with, and replayed with."""
