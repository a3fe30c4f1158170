"""LimitRanger and ResourceQuota: what admission fills in, and refuses, for a namespace's sake (kube-apiserver §6)."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from frozendict import frozendict

from ...objects.containers import Container
from ...objects.pod import Pod
from ...objects.pod_resources import container_requests
from ...objects.quota import LimitRange, LimitRangeItem, ResourceQuota, pod_usage


def with_limit_defaults(pod: Pod, ranges: Iterable[LimitRange]) -> Pod:
    """The pod with the requests and limits that the limit ranges of its namespace give containers without."""
    items = [item for each in ranges for item in each.limits if item.type == "Container"]
    containers = tuple(_defaulted(container, items) for container in pod.spec.containers)
    if containers == pod.spec.containers:
        return pod
    return attrs.evolve(pod, spec=attrs.evolve(pod.spec, containers=containers))


def _defaulted(container: Container, items: Iterable[LimitRangeItem]) -> Container:
    limits, requests = dict(container.resources.limits), dict(container_requests(container))
    for item in items:
        for name, amount in item.default.items():
            limits.setdefault(name, amount)
        for name, amount in (*item.default_request.items(), *item.default.items()):
            requests.setdefault(name, amount)
    resources = attrs.evolve(container.resources, limits=frozendict(limits), requests=frozendict(requests))
    unchanged = not set(limits) - set(container.resources.limits) and set(requests) == set(
        container_requests(container)
    )
    return container if unchanged else attrs.evolve(container, resources=resources)


def limits_fault(pod: Pod, ranges: Iterable[LimitRange]) -> str:
    """What of the pod a limit range of its namespace forbids, "" for nothing."""
    for item in (item for each in ranges for item in each.limits if item.type == "Container"):
        for container in pod.spec.containers:
            requests, limits = container_requests(container), container.resources.limits
            for name, least in item.min.items():
                if requests.get(name, 0) < least:
                    return f"minimum {name} usage per Container is {least}, but request is {requests.get(name, 0)}"
            for name, most in item.max.items():
                if limits.get(name) is None or limits[name] > most:
                    return f"maximum {name} usage per Container is {most}, but limit is {limits.get(name)}"
    return ""


def charged(pod: Pod, quotas: Iterable[ResourceQuota]) -> tuple[ResourceQuota, ...] | str:
    """The quotas of the pod's namespace with the pod counted, or why one of them refuses it.

    What a quota does not name it does not count; what it names the pod must ask for, and somebody must have counted.
    """
    usage = pod_usage(pod.spec)
    found = []
    for quota in quotas:
        hard, used = quota.spec.hard, quota.status.used
        unknown = sorted(name for name in hard if name not in used)
        if unknown:
            return f"status unknown for quota: {quota.metadata.name}, resources: {','.join(unknown)}"
        missing = sorted(name for name in hard if name not in usage and _is_compute(name))
        if missing:
            return f"failed quota: {quota.metadata.name}: must specify {','.join(missing)}"
        delta = {name: usage[name] for name in hard if name in usage}
        over = sorted(name for name, amount in delta.items() if used[name] + amount > hard[name])
        if over:
            asked = ",".join(f"{name}={delta[name]}" for name in over)
            return f"exceeded quota: {quota.metadata.name}, requested: {asked}"
        after = frozendict({name: used[name] + delta.get(name, 0) for name in hard})
        found.append(attrs.evolve(quota, status=attrs.evolve(quota.status, hard=hard, used=after)))
    return tuple(found)


def _is_compute(name: str) -> bool:
    return name.removeprefix("requests.").removeprefix("limits.") in ("cpu", "memory")
