"""ResourceQuotas and LimitRanges: what a namespace may hold, and what its pods must ask for."""

from __future__ import annotations

from typing import ClassVar

import attrs
from frozendict import frozendict

from .metadata import ObjectMeta
from .pod import PodSpec
from .pod_resources import spec_requests
from .quantities import CPU, MEMORY, PODS, ResourceList


@attrs.frozen(cache_hash=True)
class ResourceQuotaSpec:
    """``hard``: the most of each resource. Scopes are not kept."""

    hard: ResourceList = frozendict()


@attrs.frozen(cache_hash=True)
class ResourceQuotaStatus:
    """``used``: what is counted of each resource in ``hard``."""

    hard: ResourceList = frozendict()
    used: ResourceList = frozendict()


@attrs.frozen(cache_hash=True)
class ResourceQuota:
    """A ResourceQuota."""

    kind: ClassVar[str] = "ResourceQuota"

    metadata: ObjectMeta = ObjectMeta()
    spec: ResourceQuotaSpec = ResourceQuotaSpec()
    status: ResourceQuotaStatus = ResourceQuotaStatus()


@attrs.frozen(cache_hash=True)
class LimitRangeItem:
    """What a LimitRange says of objects of ``type``: here Container or Pod."""

    type: str = "Container"
    default: ResourceList = frozendict()
    default_request: ResourceList = frozendict()
    min: ResourceList = frozendict()
    max: ResourceList = frozendict()


@attrs.frozen(cache_hash=True)
class LimitRange:
    """A LimitRange."""

    kind: ClassVar[str] = "LimitRange"

    metadata: ObjectMeta = ObjectMeta()
    limits: tuple[LimitRangeItem, ...] = ()


def spec_limits(spec: PodSpec) -> ResourceList:
    """The limits of a pod's containers, summed; a resource that some container does not limit is left out."""
    limits = [container.resources.limits for container in spec.containers]
    common = set(limits[0]).intersection(*limits[1:]) if limits else set()
    return frozendict({name: sum(each[name] for each in limits) for name in common})


def pod_usage(spec: PodSpec) -> ResourceList:
    """What a pod counts for, under the names that quotas use for it (``pkg/quota/v1/evaluator/core/pods.go``)."""
    requests, limits = spec_requests(spec), spec_limits(spec)
    used = {PODS: 1, "count/pods": 1}
    for name in (CPU, MEMORY):
        if name in requests:
            used[name] = used[f"requests.{name}"] = requests[name]
        if name in limits:
            used[f"limits.{name}"] = limits[name]
    return frozendict(used)
