"""What the API server would reject in the containers of a pod (v1.28 ``pkg/apis/core/validation``)."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from ..objects.quantities import HUGE_PAGES_PREFIX, parse_quantity
from .cursor import Cursor, check_unique
from .errors import quote
from .names import (
    KEY_RULE,
    LABEL_RULE,
    PORT_NAME_RULE,
    problem_with_key,
    problem_with_label,
    problem_with_port_name,
)

MOST_PORT = 65535
_NATIVE_RESOURCES = ("cpu", "memory", "ephemeral-storage", "storage", "pods")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def check_containers(spec: Cursor, volumes: Collection[str]) -> None:
    """Containers and init containers of the pod spec ``spec``; ``volumes``: names that mounts may refer to."""
    containers, init = list(spec["containers"].items()), list(spec["initContainers"].items())
    spec["containers"].require("at least one container")
    check_unique([container["name"] for container in (*init, *containers)], "container name")
    host_network = spec["hostNetwork"].value is True
    for container in (*init, *containers):
        _check_container(container, volumes, host_network)
    for container in init:
        restart = container["restartPolicy"].text
        for probe in (*_PROBES, "lifecycle"):
            if container[probe] and restart != "Always":
                container[probe].reject("an init container has none", "restartPolicy Always, which makes it a sidecar")
    _check_host_ports(containers)


def check_amounts(amounts: Cursor) -> dict[str, Fraction]:
    """The amounts of a resource list by name; those that are no quantity, negative or oddly named are reported."""
    good = {}
    for name, amount in amounts.entries():
        if name not in _NATIVE_RESOURCES and problem_with_key(name):
            amount.reject(f"{quote(name)} is not the name of a resource", KEY_RULE)
        elif name not in _NATIVE_RESOURCES and "/" not in name and not name.startswith(HUGE_PAGES_PREFIX):
            amount.reject(f"{quote(name)} is not a resource of Kubernetes", "cpu, memory, … or example.com/name")
        if isinstance(amount.value, bool) or not isinstance(amount.value, (str, int, float)):
            continue
        try:
            quantity = parse_quantity(amount.value)
        except ValueError:
            amount.reject(f"{quote(str(amount.value))} is not a quantity", "such as 100m, 0.5, 128Mi or 1G")
            continue
        if quantity < 0:
            amount.reject(f"{quote(str(amount.value))} is negative", "0 or more")
        elif "/" in name and quantity.denominator != 1:
            amount.reject(f"{quote(str(amount.value))} is not whole", "an integer for an extended resource")
        else:
            good[name] = quantity
    return good


def check_resources(resources: Cursor) -> None:
    """Requests and limits of a container or a pod: no request above its limit."""
    requests, limits = check_amounts(resources["requests"]), check_amounts(resources["limits"])
    for name, amount in requests.items():
        request, limit = resources["requests"][name], resources["limits"][name]
        may_overcommit = "/" not in name and not name.startswith(HUGE_PAGES_PREFIX)
        if name in limits and amount > limits[name]:
            request.reject(f"the request {request.value} exceeds the limit {limit.value}", f"at most {limit.value}")
        elif not may_overcommit and amount != limits.get(name):
            request.reject("the request of a resource that is not shared differs from its limit", "an equal limit")


def _check_container(container: Cursor, volumes: Collection[str], host_network: bool) -> None:
    if container["name"].require(LABEL_RULE):
        container["name"].check_text(problem_with_label(container["name"].text), LABEL_RULE)
    if container["image"].require("an image") and container["image"].text != container["image"].text.strip():
        container["image"].reject("begins or ends with white space", "an image")
    container["imagePullPolicy"].check_choice("Always", "IfNotPresent", "Never", "")
    container["restartPolicy"].check_choice("Always", "OnFailure", "Never")
    check_resources(container["resources"])
    ports = list(container["ports"].items())
    check_unique([port["name"] for port in ports if port["name"].text], "port name")
    for port in ports:
        _check_port(port, host_network)
    for name in _PROBES:
        if container[name]:
            _check_probe(container[name], name)
    check_unique([mount["mountPath"] for mount in container["volumeMounts"].items()], "mount path")
    for mount in container["volumeMounts"].items():
        if mount["name"].text and mount["name"].text not in volumes:
            known = ", ".join(sorted(volumes)) or "a volume (the pod has none)"
            mount["name"].reject(f"the pod has no volume {quote(mount['name'].text)}", known)


def _check_port(port: Cursor, host_network: bool) -> None:
    port["containerPort"].check_range(1, MOST_PORT)
    host = port["hostPort"]
    host.check_range(0, MOST_PORT)
    if host_network and host.integer and host.integer != port["containerPort"].integer:
        host.reject("differs from containerPort although hostNetwork is true", "the same port, or no hostPort")
    port["protocol"].check_choice("TCP", "UDP", "SCTP")
    if port["name"].text:
        port["name"].check_text(problem_with_port_name(port["name"].text), PORT_NAME_RULE)


def _check_host_ports(containers: list[Cursor]) -> None:
    seen = set()
    for container in containers:
        for port in container["ports"].items():
            host = port["hostPort"].integer
            claim = (host, port["protocol"].text or "TCP", port["hostIP"].text)
            if host and claim in seen:
                port["hostPort"].reject(f"host port {host} {claim[1]} is claimed twice in the pod", "another port")
            seen.add(claim)


def _check_probe(probe: Cursor, name: str) -> None:
    for setting in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
        probe[setting].check_range(0)
    threshold = probe["successThreshold"]
    if name != "readinessProbe" and threshold.integer is not None and threshold.integer > 1:
        threshold.reject(f"{threshold.integer} in a {name}", "1")
    grace = probe["terminationGracePeriodSeconds"]
    grace.check_range(1)
    if grace and name == "readinessProbe":
        grace.reject("given in a readinessProbe", "only in a livenessProbe or startupProbe")
    handlers = [probe[handler] for handler in _HANDLERS if probe[handler]]
    if len(handlers) != 1:
        problem = "no handler" if not handlers else "more than one handler"
        (handlers[1] if handlers else probe).reject(problem, "one of " + ", ".join(_HANDLERS))
    for handler in ("httpGet", "tcpSocket"):
        port = probe[handler]["port"]
        port.check_range(1, MOST_PORT)
        if port.text:
            port.check_text(problem_with_port_name(port.text), PORT_NAME_RULE)
    if probe["exec"]:
        probe["exec"]["command"].require("a command")
