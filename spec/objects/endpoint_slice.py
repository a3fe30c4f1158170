"""EndpointSlices: the addresses behind a Service."""

from __future__ import annotations

from typing import ClassVar

import attrs
from frozendict import frozendict

from .metadata import ObjectMeta

IPV4, IPV6 = "IPv4", "IPv6"
"""Address types."""

SERVICE_NAME_LABEL = "kubernetes.io/service-name"
MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by"
HEADLESS_LABEL = "service.kubernetes.io/headless"
"""Labels of slices that their controller owns: a Service cannot set them."""


@attrs.frozen(cache_hash=True)
class Endpoint:
    """One backend. In a model ``addresses`` is empty: whose it is, the pod says with which it stands.

    ``zones``, ``nodes``: those that its hints name.
    """

    addresses: tuple[str, ...] = ()
    ready: bool = True
    serving: bool = True
    terminating: bool = False
    node_name: str = ""
    zone: str = ""
    hostname: str = ""
    target: str = ""
    zones: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()


@attrs.frozen(cache_hash=True)
class EndpointPort:
    """A port on which the endpoints of a slice listen."""

    name: str = ""
    port: int = 0
    protocol: str = "TCP"
    app_protocol: str = ""


@attrs.frozen(cache_hash=True)
class EndpointSlice:
    """An EndpointSlice. In a model its endpoints stand with their pods (design §3.2)."""

    kind: ClassVar[str] = "EndpointSlice"

    metadata: ObjectMeta = ObjectMeta()
    address_type: str = IPV4
    ports: tuple[EndpointPort, ...] = ()

    @property
    def service(self) -> str:
        """The name of the Service whose endpoints these are."""
        return self.metadata.labels.get(SERVICE_NAME_LABEL, "")


def labels_of_slice(service: str, manager: str) -> frozendict[str, str]:
    """The labels by which consumers and the controller find the slices of a Service."""
    return frozendict({SERVICE_NAME_LABEL: service, MANAGED_BY_LABEL: manager})


def slice_names(service: str, count: int) -> tuple[str, ...]:
    """The names that a model gives to the slices of a Service, which the API server would generate."""
    return tuple(f"{service}-{number}" for number in range(1, count + 1))


def service_of(slice_name: str) -> str:
    """The Service of a slice that is so called."""
    return slice_name.rpartition("-")[0]
