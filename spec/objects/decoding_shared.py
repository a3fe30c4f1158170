"""Decoding of what several kinds carry: metadata, conditions, selectors, taints and tolerations."""

from __future__ import annotations

from .conditions import Condition
from .metadata import ObjectMeta, OwnerReference
from .plain_data import Data, Reader, build, each, same, seconds, text_map
from .selectors import LabelSelector, NodeSelector, NodeSelectorTerm, Requirement
from .taints import Taint, Toleration

_GROUPS = {
    "ReplicationController": "",
    "Node": "",
    "Deployment": "apps",
    "ReplicaSet": "apps",
    "StatefulSet": "apps",
    "DaemonSet": "apps",
    "Job": "batch",
    "CronJob": "batch",
}
"""The API groups of Kubernetes' own kinds that own others."""


def decode_owner_reference(data: Data) -> OwnerReference:
    """An owner reference; its group is kept only where it is not the one in which Kubernetes has the kind."""
    group = str(data.get("apiVersion") or "").rpartition("/")[0]
    foreign = data.get("apiVersion") is not None and group != _GROUPS.get(str(data.get("kind")))
    readers: dict[str, Reader] = {
        "kind": str,
        "name": str,
        "uid": same,
        "controller": bool,
        "block_owner_deletion": bool,
    }
    return build(OwnerReference, data, readers, group=group if foreign else None)


_METADATA: dict[str, Reader] = {
    "name": str,
    "namespace": str,
    "uid": same,
    "labels": text_map,
    "annotations": text_map,
    "owner_references": each(decode_owner_reference),
    "finalizers": each(str),
    "deletion_timestamp": seconds,
    "deletion_grace_period_seconds": int,
    "generation": int,
    "creation_timestamp": seconds,
}


def decode_metadata(data: Data | None, default_namespace: str = "default") -> ObjectMeta:
    """Object metadata; ``default_namespace`` takes the place of an absent or empty namespace ("": cluster-scoped)."""
    data = data or {}
    return build(ObjectMeta, {**data, "namespace": data.get("namespace") or default_namespace}, _METADATA)


def decode_condition(data: Data) -> Condition:
    """A status condition."""
    readers: dict[str, Reader] = {
        "type": str,
        "status": str,
        "reason": str,
        "last_transition_time": seconds,
        "last_update_time": seconds,
        "last_heartbeat_time": seconds,
    }
    return build(Condition, {"type": "", **data}, readers)


def decode_requirement(data: Data) -> Requirement:
    """An expression of a label or node selector."""
    return build(Requirement, {"key": "", "operator": "", **data}, {"key": str, "operator": str, "values": each(str)})


def decode_label_selector(data: Data) -> LabelSelector:
    """A label selector."""
    return build(LabelSelector, data, {"match_labels": text_map, "match_expressions": each(decode_requirement)})


def decode_node_selector_term(data: Data | None) -> NodeSelectorTerm:
    """A term of a node selector."""
    readers: dict[str, Reader] = {
        "match_expressions": each(decode_requirement),
        "match_fields": each(decode_requirement),
    }
    return build(NodeSelectorTerm, data, readers)


def decode_node_selector(data: Data) -> NodeSelector:
    """A node selector."""
    return build(NodeSelector, data, {"node_selector_terms": each(decode_node_selector_term)})


def decode_taint(data: Data) -> Taint:
    """A taint."""
    readers: dict[str, Reader] = {"key": str, "value": str, "effect": str, "time_added": seconds}
    return build(Taint, {"key": "", **data}, readers)


def decode_toleration(data: Data) -> Toleration:
    """A toleration."""
    readers: dict[str, Reader] = {
        "key": str,
        "operator": str,
        "value": str,
        "effect": str,
        "toleration_seconds": int,
    }
    return build(Toleration, data, readers)
