"""What a Service's EndpointSlices shall hold: endpoints, ports, labels, address types (controllers-cluster §3)."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from frozendict import frozendict

from ...objects.endpoint_slice import (
    HEADLESS_LABEL,
    IPV4,
    IPV6,
    MANAGED_BY_LABEL,
    SERVICE_NAME_LABEL,
    Endpoint,
    EndpointPort,
    labels_of_slice,
)
from ...objects.node import Node
from ...objects.pod import Pod, is_ready, is_terminal
from ...objects.service import Service
from ...objects.service_hints import asks_for_hints

ZONE_LABEL = "topology.kubernetes.io/zone"

_RESERVED = (SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL)


def is_managed(service: Service) -> bool:
    """Whether the controller keeps slices for a Service: it has a selector and is no name for something outside."""
    return bool(service.spec.selector) and service.spec.type != "ExternalName"


def selects_pod(service: Service, pod: Pod) -> bool:
    """Whether a pod is behind the Service, if it runs at all."""
    labels = pod.metadata.labels
    same = pod.metadata.namespace == service.metadata.namespace
    return same and all(labels.get(key) == value for key, value in service.spec.selector.items())


def belongs_in_slice(pod: Pod, *, addressed: bool, node_known: bool, publish_not_ready: bool) -> bool:
    """Whether a selected pod is listed: not finished, with an address, its node known; also one that terminates.

    ``addressed``: the pod has an address of the slice's family. ``node_known``: its Node object is in the cache.
    """
    return addressed and not is_terminal(pod) and (node_known or publish_not_ready)


def endpoint_of(pod: Pod, node: Node | None, service: Service) -> Endpoint:
    """The entry of a pod that belongs in a slice. ``node``: the pod's, None if it is not known."""
    serving, terminating = is_ready(pod), pod.metadata.terminating
    named = pod.spec.hostname and pod.spec.subdomain == service.metadata.name
    return Endpoint(
        addresses=(pod.status.pod_ip,) if pod.status.pod_ip else (),
        ready=service.spec.publish_not_ready_addresses or (serving and not terminating),
        serving=serving,
        terminating=terminating,
        node_name=pod.spec.node_name,
        zone=node.metadata.labels.get(ZONE_LABEL, "") if node is not None else "",
        hostname=pod.spec.hostname if named else "",
        target=pod.metadata.name,
    )


def slice_ports(service: Service, pod: Pod) -> tuple[EndpointPort, ...]:
    """The ports on which a pod answers for the Service; a named port that it does not have is left out.

    A Service without ports has one set of slices without ports (headless).
    """
    found = []
    for port in service.spec.ports:
        number = port.target_port if port.target_port else port.port
        if isinstance(number, str):
            named = (
                it.container_port
                for container in pod.spec.containers
                for it in container.ports
                if it.name == number and it.protocol == port.protocol
            )
            number = next(named, 0)
        if number:
            found.append(EndpointPort(port.name, number, port.protocol, port.app_protocol))
    return tuple(found)


@attrs.frozen
class SliceLabels:
    """The labels of a slice, and whether those that come from the Service have changed."""

    labels: frozendict[str, str]
    updated: bool


def slice_labels(service: Service, existing: Mapping[str, str], controller: str) -> SliceLabels:
    """The labels that a slice shall have: the Service's, but for those that mean something to the controller itself."""
    copied = {key: value for key, value in service.metadata.labels.items() if key not in _RESERVED}
    before = {key: value for key, value in existing.items() if key not in _RESERVED}
    own = labels_of_slice(service.metadata.name, controller)
    headless = {HEADLESS_LABEL: ""} if service.spec.headless else {}
    return SliceLabels(frozendict({**own, **headless, **copied}), copied != before)


def address_types(service: Service) -> tuple[str, ...]:
    """The address types for which a Service has slices, IPv4 first.

    Its families; without any those of its clusterIP; a headless Service that names none, as those of old API servers,
    has both.
    """
    spec = service.spec
    if spec.ip_families:
        return tuple(sorted(set(spec.ip_families)))
    if spec.headless:
        return (IPV4, IPV6)
    return (IPV6,) if ":" in spec.cluster_ip else (IPV4,)


__all__ = [
    "SliceLabels",
    "address_types",
    "asks_for_hints",
    "belongs_in_slice",
    "endpoint_of",
    "is_managed",
    "selects_pod",
    "slice_labels",
    "slice_ports",
]
