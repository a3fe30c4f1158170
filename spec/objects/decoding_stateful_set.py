"""StatefulSets from what YAML or JSON holds; nothing is validated."""

from __future__ import annotations

from frozendict import frozendict

from .decoding_pod import decode_pod_template
from .decoding_shared import decode_label_selector, decode_metadata
from .plain_data import Data, Reader, build, each, freeze, same
from .stateful_set import (
    ClaimRetention,
    ClaimTemplate,
    RollingUpdateStatefulSet,
    StatefulSet,
    StatefulSetSpec,
    StatefulSetStatus,
    StatefulSetUpdateStrategy,
)


def _update_strategy(data: Data) -> StatefulSetUpdateStrategy:
    def rolling_update(fields: Data) -> RollingUpdateStatefulSet:
        return build(RollingUpdateStatefulSet, fields, {"partition": int, "max_unavailable": same})

    return build(StatefulSetUpdateStrategy, data, {"type": str, "rolling_update": rolling_update})


def _claim(data: Data) -> ClaimTemplate:
    return ClaimTemplate(
        decode_metadata(data.get("metadata")),
        frozendict({name: freeze(value) for name, value in (data.get("spec") or {}).items()}),
    )


def _retention(data: Data) -> ClaimRetention:
    return build(ClaimRetention, data, {"when_deleted": str, "when_scaled": str})


_SPEC: dict[str, Reader] = {
    "replicas": int,
    "selector": decode_label_selector,
    "template": decode_pod_template,
    "service_name": str,
    "volume_claim_templates": each(_claim),
    "pod_management_policy": str,
    "update_strategy": _update_strategy,
    "min_ready_seconds": int,
    "persistent_volume_claim_retention_policy": _retention,
    "revision_history_limit": int,
}
_STATUS: dict[str, Reader] = {
    "observed_generation": int,
    "replicas": int,
    "ready_replicas": int,
    "available_replicas": int,
    "current_replicas": int,
    "updated_replicas": int,
    "current_revision": str,
    "update_revision": str,
}


def decode_stateful_set(data: Data) -> StatefulSet:
    """A StatefulSet."""
    spec = data.get("spec") or {}
    start = int((spec.get("ordinals") or {}).get("start") or 0)
    return StatefulSet(
        metadata=decode_metadata(data.get("metadata")),
        spec=build(StatefulSetSpec, spec, _SPEC, start=start),
        status=build(StatefulSetStatus, data.get("status"), _STATUS),
    )
