"""Decoding of pods, pod templates and what they contain."""

from __future__ import annotations

from functools import lru_cache

from .affinity import (
    Affinity,
    NodeAffinity,
    PodAffinity,
    PodAffinityTerm,
    PreferredSchedulingTerm,
    TopologySpreadConstraint,
    WeightedPodAffinityTerm,
)
from .containers import (
    Container,
    ContainerPort,
    ContainerRunning,
    ContainerState,
    ContainerStatus,
    ContainerTerminated,
    ContainerWaiting,
    Lifecycle,
    Probe,
    ResourceRequirements,
)
from .decoding_shared import (
    decode_condition,
    decode_label_selector,
    decode_metadata,
    decode_node_selector,
    decode_node_selector_term,
    decode_toleration,
)
from .plain_data import Data, Reader, amounts, build, each, freeze, member, seconds, text_map, unread
from .pod import Pod, PodSpec, PodStatus, PodTemplateSpec

_REQUIRED = "required_during_scheduling_ignored_during_execution"
_PREFERRED = "preferred_during_scheduling_ignored_during_execution"


def decode_pod_affinity_term(data: Data | None) -> PodAffinityTerm:
    """A term of pod affinity or anti-affinity."""
    readers: dict[str, Reader] = {
        "topology_key": str,
        "label_selector": decode_label_selector,
        "namespaces": each(str),
        "namespace_selector": decode_label_selector,
        "match_label_keys": each(str),
        "mismatch_label_keys": each(str),
    }
    return build(PodAffinityTerm, {"topologyKey": "", **(data or {})}, readers)


def _weighted_term(data: Data) -> WeightedPodAffinityTerm:
    return WeightedPodAffinityTerm(int(data.get("weight") or 0), decode_pod_affinity_term(data.get("podAffinityTerm")))


def _pod_affinity(data: Data) -> PodAffinity:
    return build(PodAffinity, data, {_REQUIRED: each(decode_pod_affinity_term), _PREFERRED: each(_weighted_term)})


def _preferred_node_term(data: Data) -> PreferredSchedulingTerm:
    return PreferredSchedulingTerm(int(data.get("weight") or 0), decode_node_selector_term(data.get("preference")))


def _node_affinity(data: Data) -> NodeAffinity:
    return build(NodeAffinity, data, {_REQUIRED: decode_node_selector, _PREFERRED: each(_preferred_node_term)})


def decode_affinity(data: Data) -> Affinity:
    """The affinity of a pod."""
    readers: dict[str, Reader] = {
        "node_affinity": _node_affinity,
        "pod_affinity": _pod_affinity,
        "pod_anti_affinity": _pod_affinity,
    }
    return build(Affinity, data, readers)


def decode_topology_spread_constraint(data: Data) -> TopologySpreadConstraint:
    """A topology spread constraint."""
    readers: dict[str, Reader] = {
        "topology_key": str,
        "max_skew": int,
        "when_unsatisfiable": str,
        "label_selector": decode_label_selector,
        "min_domains": int,
        "node_affinity_policy": str,
        "node_taints_policy": str,
        "match_label_keys": each(str),
    }
    return build(TopologySpreadConstraint, {"topologyKey": "", **data}, readers)


def decode_resources(data: Data) -> ResourceRequirements:
    """Requests and limits."""
    return build(ResourceRequirements, data, {"requests": amounts, "limits": amounts})


def _port(data: Data) -> ContainerPort:
    readers: dict[str, Reader] = {
        "container_port": int,
        "host_port": int,
        "host_ip": str,
        "protocol": str,
        "name": str,
    }
    return build(ContainerPort, data, readers)


def _probe(data: Data) -> Probe:
    readers: dict[str, Reader] = {
        "initial_delay_seconds": int,
        "period_seconds": int,
        "timeout_seconds": int,
        "success_threshold": int,
        "failure_threshold": int,
        "termination_grace_period_seconds": int,
    }
    return build(Probe, data, readers)


def pre_stop_sleep(hook: Data | None) -> int | None:
    """Seconds for which a hook sleeps: an action sleep, or a command that is nothing else; None otherwise."""
    hook = hook or {}
    if hook.get("sleep"):
        return int(hook["sleep"].get("seconds") or 0)
    words = " ".join(map(str, (hook.get("exec") or {}).get("command") or ())).split()
    if len(words) == 4 and words[0].rpartition("/")[2] in ("sh", "bash", "ash") and words[1] == "-c":
        words = words[2:]
    asleep = len(words) == 2 and words[0].rpartition("/")[2] == "sleep" and words[1].removesuffix("s").isdecimal()
    return int(words[1].removesuffix("s")) if asleep else None


def _lifecycle(data: Data) -> Lifecycle:
    hook = data.get("postStart")
    post_start = (pre_stop_sleep(hook) or 0) if hook else None
    return Lifecycle(pre_stop_sleep(data.get("preStop")), freeze(data), post_start)


_CONTAINER: dict[str, Reader] = {
    "name": str,
    "image": str,
    "resources": decode_resources,
    "ports": each(_port),
    "restart_policy": str,
    "readiness_probe": _probe,
    "liveness_probe": _probe,
    "startup_probe": _probe,
    "lifecycle": _lifecycle,
}


def decode_container(data: Data) -> Container:
    """A container; fields that no rule reads are kept as ``uninterpreted``."""
    return build(Container, data, _CONTAINER, uninterpreted=unread(data, _CONTAINER))


def decode_container_state(data: Data) -> ContainerState | None:
    """A container's state; None if it names none of the three."""
    times: dict[str, Reader] = {"started_at": seconds, "finished_at": seconds}
    if data.get("running") is not None:
        return build(ContainerRunning, data["running"], {"started_at": seconds})
    if data.get("terminated") is not None:
        return build(ContainerTerminated, data["terminated"], {"exit_code": int, "reason": str, **times})
    if data.get("waiting") is not None:
        return build(ContainerWaiting, data["waiting"], {"reason": str})
    return None


def decode_container_status(data: Data) -> ContainerStatus:
    """The status of a container."""
    readers: dict[str, Reader] = {
        "name": str,
        "state": decode_container_state,
        "last_state": decode_container_state,
        "ready": bool,
        "started": bool,
        "restart_count": int,
        "image": str,
        "container_id": str,
    }
    return build(ContainerStatus, data, readers)


_POD_SPEC: dict[str, Reader] = {
    "containers": each(decode_container),
    "init_containers": each(decode_container),
    "resources": decode_resources,
    "overhead": amounts,
    "node_name": str,
    "node_selector": text_map,
    "affinity": decode_affinity,
    "tolerations": each(decode_toleration),
    "topology_spread_constraints": each(decode_topology_spread_constraint),
    "priority": int,
    "priority_class_name": str,
    "preemption_policy": str,
    "scheduling_gates": each(member("name")),
    "scheduler_name": str,
    "restart_policy": str,
    "termination_grace_period_seconds": int,
    "active_deadline_seconds": int,
    "readiness_gates": each(member("conditionType")),
    "host_network": bool,
    "service_account_name": str,
    "hostname": str,
    "subdomain": str,
    "volumes": each(freeze),
}


@lru_cache(maxsize=4096)
def _shared(spec: PodSpec) -> PodSpec:
    """The first of equal specs, so that equal pods hold the identical one."""
    return spec


def decode_pod_spec(data: Data | None) -> PodSpec:
    """A pod spec; equal data gives the identical value."""
    return _shared(build(PodSpec, data, _POD_SPEC, uninterpreted=unread(data, _POD_SPEC)))


_POD_STATUS: dict[str, Reader] = {
    "phase": str,
    "conditions": each(decode_condition),
    "reason": str,
    "nominated_node_name": str,
    "start_time": seconds,
    "pod_ip": str,
    "init_container_statuses": each(decode_container_status),
    "container_statuses": each(decode_container_status),
    "observed_generation": int,
}


def decode_pod(data: Data) -> Pod:
    """A Pod. The first of its addresses stands in for an absent ``podIP``, as the API has it."""
    status = dict(data.get("status") or {})
    addresses = status.get("podIPs") or [{}]
    status.setdefault("podIP", addresses[0].get("ip"))
    return Pod(
        metadata=decode_metadata(data.get("metadata")),
        spec=decode_pod_spec(data.get("spec")),
        status=build(PodStatus, status, _POD_STATUS),
    )


def decode_pod_template(data: Data | None) -> PodTemplateSpec:
    """A pod template."""
    data = data or {}
    return PodTemplateSpec(metadata=decode_metadata(data.get("metadata")), spec=decode_pod_spec(data.get("spec")))
