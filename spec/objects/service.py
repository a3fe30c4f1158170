"""Services."""

from __future__ import annotations

from typing import ClassVar

import attrs
from frozendict import frozendict

from .metadata import ObjectMeta


@attrs.frozen(cache_hash=True)
class ServicePort:
    """A port of a Service; ``target_port`` is a number or the name of a container port, None means ``port``."""

    name: str = ""
    protocol: str = "TCP"
    port: int = 0
    target_port: int | str | None = None
    node_port: int = 0


@attrs.frozen(cache_hash=True)
class ServiceSpec:
    """Desired state of a Service. Without a selector nobody manages its endpoints."""

    type: str = "ClusterIP"
    selector: frozendict[str, str] = frozendict()
    ports: tuple[ServicePort, ...] = ()
    cluster_ip: str = ""
    publish_not_ready_addresses: bool = False
    internal_traffic_policy: str = "Cluster"
    external_traffic_policy: str = "Cluster"
    session_affinity: str = "None"


@attrs.frozen(cache_hash=True)
class Service:
    """A Service."""

    kind: ClassVar[str] = "Service"

    metadata: ObjectMeta = ObjectMeta()
    spec: ServiceSpec = ServiceSpec()
