"""Decoding of Jobs."""

from __future__ import annotations

from .decoding_pod import decode_pod_template
from .decoding_shared import decode_condition, decode_label_selector, decode_metadata
from .job import (
    Job,
    JobSpec,
    JobStatus,
    OnExitCodes,
    OnPodCondition,
    PodFailurePolicy,
    PodFailureRule,
    SuccessPolicy,
    SuccessRule,
)
from .plain_data import Data, Reader, build, each, seconds


def _on_exit_codes(data: Data) -> OnExitCodes:
    return build(OnExitCodes, data, {"operator": str, "values": each(int), "container_name": str})


def _on_pod_condition(data: Data) -> OnPodCondition:
    return build(OnPodCondition, data, {"type": str, "status": str})


def _failure_rule(data: Data) -> PodFailureRule:
    readers: dict[str, Reader] = {
        "action": str,
        "on_exit_codes": _on_exit_codes,
        "on_pod_conditions": each(_on_pod_condition),
    }
    return build(PodFailureRule, data, readers)


def decode_pod_failure_policy(data: Data | None) -> PodFailurePolicy | None:
    """A pod failure policy; None if there is none."""
    return None if data is None else build(PodFailurePolicy, data, {"rules": each(_failure_rule)})


def _success_rule(data: Data) -> SuccessRule:
    return build(SuccessRule, data, {"succeeded_indexes": str, "succeeded_count": int})


def decode_success_policy(data: Data | None) -> SuccessPolicy | None:
    """A success policy; None if there is none."""
    return None if data is None else build(SuccessPolicy, data, {"rules": each(_success_rule)})


_SPEC: dict[str, Reader] = {
    "completions": int,
    "parallelism": int,
    "backoff_limit": int,
    "backoff_limit_per_index": int,
    "max_failed_indexes": int,
    "active_deadline_seconds": int,
    "completion_mode": str,
    "suspend": bool,
    "pod_replacement_policy": str,
    "pod_failure_policy": decode_pod_failure_policy,
    "success_policy": decode_success_policy,
    "ttl_seconds_after_finished": int,
    "selector": decode_label_selector,
    "template": decode_pod_template,
}
_STATUS: dict[str, Reader] = {
    "active": int,
    "ready": int,
    "terminating": int,
    "succeeded": int,
    "failed": int,
    "completed_indexes": str,
    "failed_indexes": str,
    "start_time": seconds,
    "conditions": each(decode_condition),
}


def decode_job(data: Data) -> Job:
    """A Job."""
    return Job(
        metadata=decode_metadata(data.get("metadata")),
        spec=build(JobSpec, data.get("spec"), _SPEC),
        status=build(JobStatus, data.get("status"), _STATUS),
    )
