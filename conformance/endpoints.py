"""EndpointSlices and the choice of endpoints against the tables of their own unit tests.

Each case is decoded, given to the very function that a rule calls, and its answer is compared.
"""

from __future__ import annotations

from typing import Any

from ..spec.control_plane.controllers.endpointslice_decisions import (
    address_types,
    endpoint_of,
    slice_labels,
    slice_ports,
)
from ..spec.node.kube_proxy_decisions import Candidate, categorize
from ..spec.objects.decoding import decode_node, decode_service
from ..spec.objects.decoding_pod import decode_pod
from ..spec.objects.endpoint_slice import Endpoint
from ..spec.objects.plain_data import text_map
from ..spec.objects.service_hints import asks_for_hints
from .question import Answer, Given, Question, Questions


def _said(**values: Any) -> Answer:
    return {name: value for name, value in values.items() if value not in ("", None)}


def _endpoint(given: Given) -> Answer:
    pod, service = decode_pod(given["pod"]), decode_service(given["service"])
    found = endpoint_of(pod, decode_node(given["node"]) if given["node"] else None, service)
    return {
        "addresses": list(found.addresses),
        "conditions": {"ready": found.ready, "serving": found.serving, "terminating": found.terminating},
        "targetRef": {"kind": pod.kind, "namespace": pod.metadata.namespace, "name": found.target},
        **_said(nodeName=found.node_name, zone=found.zone, hostname=found.hostname),
    }


def _new_slice(given: Given) -> Answer:
    service = decode_service(given["service"])
    labels = slice_labels(service, {}, given["controllerName"]).labels
    return {"labels": dict(labels), "generateName": f"{service.metadata.name}-", "endpoints": []}


def _labels(given: Given) -> Answer:
    existing = text_map((given["endpointSlice"].get("metadata") or {}).get("labels") or {})
    found = slice_labels(decode_service(given["service"]), existing, given["controllerName"])
    return {"labels": dict(found.labels), "updated": found.updated}


def _candidate(data: Given) -> Candidate[str]:
    conditions, hints = data.get("conditions") or {}, data.get("hints") or {}
    ready = conditions.get("ready", True)
    endpoint = Endpoint(
        ready=ready,
        serving=conditions.get("serving", ready),
        terminating=conditions.get("terminating", False),
        zones=tuple(zone["name"] for zone in hints.get("forZones") or ()),
    )
    return Candidate(data["addresses"][0], endpoint, data["local"])


def _used(given: Given) -> Answer:
    gates = given["featureGates"]
    found = categorize(
        decode_service(given["service"]),
        map(_candidate, given["endpoints"]),
        given["nodeLabels"],
        hints=gates["TopologyAwareHints"],
        annotated=True,
        terminating=gates["ProxyTerminatingEndpoints"],
    )
    return {
        "clusterEndpoints": found.cluster,
        "localEndpoints": found.local,
        "allEndpoints": found.all,
        "hasAnyEndpoints": found.any,
    }


def _ports(given: Given) -> Answer:
    found = slice_ports(decode_service(given["service"]), decode_pod(given["pod"]))
    return {
        "ports": [_said(name=it.name, port=it.port, protocol=it.protocol, appProtocol=it.app_protocol) for it in found]
    }


QUESTIONS: Questions = {
    "endpoint entry built for a pod in an IPv4 slice": Question(_endpoint),
    "labels and name prefix of a new EndpointSlice": Question(_new_slice, complete=frozenset({"labels"})),
    "labels of an existing EndpointSlice, and whether non-reserved labels changed": Question(
        _labels, complete=frozenset({"labels"})
    ),
    "endpoints the node proxy uses for cluster-wide and for node-local traffic"
    " (sets; null = traffic of that kind is not served)": Question(
        _used, sets=frozenset({"clusterEndpoints", "localEndpoints", "allEndpoints"})
    ),
    "address types for which slices are kept (as a set)": Question(
        lambda given: {"addressTypes": address_types(decode_service(given["service"]))},
        sets=frozenset({"addressTypes"}),
    ),
    "whether the service asks for topology hints": Question(
        lambda given: {"enabled": asks_for_hints(decode_service(given["service"]))}
    ),
    "ports of the slice for a service and a pod": Question(_ports),
}
