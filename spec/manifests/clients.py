"""The clients that a scenario asks for: which of them concern a group of workloads, and whether they can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..addons.dns.server import DNS_NAMESPACE, DNS_SERVICE, is_dns
from ..environment.asked_names import full_name, tried_names
from ..kinds import NODE
from ..language.scenario import Client, Scenario
from ..node.kube_proxy_decisions import externally_reachable
from ..objects.service import Service
from .errors import COMMAND_LINE, InputError
from .settings import Settings


def clients_of(settings: Settings, objects: Sequence[Any]) -> tuple[Client, ...]:
    """The clients of Services that are among ``objects``."""
    services = {item.metadata.name for item in objects if isinstance(item, Service)}
    return tuple(client for client in settings.clients if client.service in services)


def looked_up(settings: Settings) -> frozenset[str]:
    """The Services that some client knows by its name alone."""
    return frozenset(client.service for client in settings.clients if client.by_name)


def check_clients(settings: Settings, scenarios: Sequence[Scenario], nodes: Sequence[Mapping[str, Any]]) -> None:
    """Raises ``InputError`` where a client cannot be.

    The Service it connects to, or the node it comes by, does not exist; or it asks for a name, and nobody answers.
    """
    objects = [item for scenario in scenarios for item in scenario.objects]
    known = {(item.kind, item.metadata.name) for item in objects}
    known |= {(NODE, str(node["metadata"]["name"])) for node in nodes}
    for client in settings.clients:
        for kind, name in (("Service", client.service), (NODE, client.node)):
            if (kind, name) not in known:
                there = ", ".join(sorted(it for other, it in known if other == kind))
                raise InputError(
                    f'a client connects by {kind} "{name}", which does not exist or has no pods',
                    source=COMMAND_LINE,
                    expected=f"one of {there or 'none'}",
                )
    for client in settings.clients:
        found = next(it for it in objects if isinstance(it, Service) and it.metadata.name == client.service)
        if client.external and not externally_reachable(found):
            raise InputError(
                f'a client uses the external address of Service "{client.service}", which has none',
                source=COMMAND_LINE,
                expected="type NodePort or LoadBalancer, or externalIPs",
            )
        if client.keeps_flow and not any(port.protocol == "UDP" for port in found.spec.ports):
            raise InputError(
                f'a client keeps a flow to Service "{client.service}" open, which has no UDP port',
                source=COMMAND_LINE,
                expected="protocol: UDP: an open TCP connection keeps its endpoint and breaks with it",
            )
    dns = next((it for it in objects if isinstance(it, Service) and is_dns(it)), None)
    if dns is not None:
        _check_names(settings, objects, dns)
    if looked_up(settings) and not any(isinstance(item, Service) and is_dns(item) for item in objects):
        raise InputError(
            f'a client looks Service "{min(looked_up(settings))}" up by its name, which nobody answers',
            source=COMMAND_LINE,
            expected=f"Service {DNS_SERVICE} of namespace {DNS_NAMESPACE} among the manifests, with its pods",
        )


def _check_names(settings: Settings, objects: Sequence[Any], dns: Service) -> None:
    """Raises ``InputError`` where a client asks for the name of a single endpoint."""
    services = {it.metadata.name: it for it in objects if isinstance(it, Service)}
    for client in settings.clients:
        found = services[client.service]
        if client.by_name and any(it.endswith(f".{full_name(found)}") for it in tried_names(client, found, dns)):
            raise InputError(
                f'a client asks for "{client.asks_for}", the name of a single endpoint of Service "{client.service}"',
                source=COMMAND_LINE,
                expected="the name of the Service: those of its endpoints are not modelled",
            )
