"""Services."""

from __future__ import annotations

from typing import ClassVar

import attrs
from frozendict import frozendict

from .metadata import ObjectMeta

HEADLESS = "None"
"""The clusterIP of a Service that has no address of its own."""

CLUSTER, LOCAL = "Cluster", "Local"
"""Traffic policies: to any endpoint, or to those on the node that the traffic has come to."""

CLIENT_IP = "ClientIP"
"""The session affinity under which a client stays with its endpoint."""


@attrs.frozen(cache_hash=True)
class ServicePort:
    """A port of a Service; ``target_port`` is a number or the name of a container port, None means ``port``."""

    name: str = ""
    protocol: str = "TCP"
    port: int = 0
    target_port: int | str | None = None
    node_port: int = 0
    app_protocol: str = ""


@attrs.frozen(cache_hash=True)
class ClientIPConfig:
    """How long a client stays with its endpoint, in seconds since it last came."""

    timeout_seconds: int = 10_800


@attrs.frozen(cache_hash=True)
class SessionAffinityConfig:
    """Details of the session affinity."""

    client_ip: ClientIPConfig = ClientIPConfig()


@attrs.frozen(cache_hash=True)
class ServiceSpec:
    """Desired state of a Service. Without a selector nobody manages its endpoints."""

    type: str = "ClusterIP"
    selector: frozendict[str, str] = frozendict()
    ports: tuple[ServicePort, ...] = ()
    cluster_ip: str = ""
    ip_families: tuple[str, ...] = ()
    external_ips: tuple[str, ...] = ()
    external_name: str = ""
    publish_not_ready_addresses: bool = False
    internal_traffic_policy: str = CLUSTER
    external_traffic_policy: str = CLUSTER
    load_balancer_source_ranges: tuple[str, ...] = ()
    traffic_distribution: str = ""
    session_affinity: str = "None"
    session_affinity_config: SessionAffinityConfig = SessionAffinityConfig()

    @property
    def headless(self) -> bool:
        """Whether it has no address of its own."""
        return self.cluster_ip == HEADLESS


@attrs.frozen(cache_hash=True)
class Service:
    """A Service."""

    kind: ClassVar[str] = "Service"

    metadata: ObjectMeta = ObjectMeta()
    spec: ServiceSpec = ServiceSpec()

    @property
    def address(self) -> str:
        """Its clusterIP; where the manifest leaves it to the API server, which incarnation it is the address of."""
        return self.spec.cluster_ip or f"address {self.metadata.uid or 0} of {self.metadata.name}"
