"""What a pod claims on its node: resources and host ports."""

from __future__ import annotations

from functools import lru_cache

from frozendict import frozendict

from .containers import Container, ContainerPort, ResourceRequirements
from .pod import Pod, PodSpec
from .quantities import (
    CPU,
    HUGE_PAGES_PREFIX,
    MEMORY,
    ResourceList,
    add_resources,
    largest_resources,
)


def container_requests(container: Container) -> ResourceList:
    """Requests of one container; a limit without a request counts as the request, as API defaulting makes it."""
    return frozendict({**container.resources.limits, **container.resources.requests})


def pod_requests(pod: Pod) -> ResourceList:
    """What the pod requests of its node (kube-scheduler §4, last paragraph).

    Per resource: the larger of (containers + sidecars) and, over the init containers, (the init container + the
    sidecars before it); pod-level resources take its place where they are set; overhead comes on top.
    """
    return spec_requests(pod.spec)


@lru_cache(maxsize=4096)
def spec_requests(spec: PodSpec) -> ResourceList:
    """``pod_requests`` of a pod spec or of a template's spec."""
    containers = [container_requests(container) for container in spec.containers]
    init_containers = [(container.sidecar, container_requests(container)) for container in spec.init_containers]
    return combined_requests(containers, init_containers, spec.resources, spec.overhead)


def combined_requests(
    containers: list[ResourceList],
    init_containers: list[tuple[bool, ResourceList]],
    pod_level: ResourceRequirements | None,
    overhead: ResourceList,
) -> ResourceList:
    """The formula of ``pod_requests``, for callers that count the containers' requests in another way.

    ``init_containers``: (is a sidecar, requests), in order.
    """
    sidecars: ResourceList = frozendict()
    peak: ResourceList = frozendict()
    for sidecar, requests in init_containers:
        running = add_resources(sidecars, requests)
        peak = largest_resources(peak, running)
        if sidecar:
            sidecars = running
    aggregate = largest_resources(add_resources(*containers, sidecars), peak)
    if pod_level is not None:
        aggregate = frozendict({**aggregate, **_pod_level_requests(pod_level, aggregate)})
    return add_resources(aggregate, overhead)


def _pod_level_requests(pod_level: ResourceRequirements, aggregate: ResourceList) -> dict[str, int]:
    # API defaulting: what the containers ask for stands in for a missing pod-level request, and only then the limit.
    names = (*pod_level.requests, *pod_level.limits)
    return {
        name: pod_level.requests.get(name, aggregate.get(name) or pod_level.limits.get(name, 0))
        for name in names
        if name in (CPU, MEMORY) or name.startswith(HUGE_PAGES_PREFIX)
    }


def host_ports(pod: Pod) -> tuple[ContainerPort, ...]:
    """The ports that the pod claims on its node: those with a host port, of containers and sidecars.

    With the host's network every container port is a host port, as API defaulting makes it.
    """
    return spec_host_ports(pod.spec)


@lru_cache(maxsize=4096)
def spec_host_ports(spec: PodSpec) -> tuple[ContainerPort, ...]:
    """``host_ports`` of a pod spec."""
    long_running = (*spec.containers, *(container for container in spec.init_containers if container.sidecar))
    ports = (port for container in long_running for port in container.ports)
    if not spec.host_network:
        return tuple(port for port in ports if port.host_port > 0)
    return tuple(
        ContainerPort(
            container_port=port.container_port,
            host_port=port.host_port or port.container_port,
            host_ip=port.host_ip,
            protocol=port.protocol,
            name=port.name,
        )
        for port in ports
    )
