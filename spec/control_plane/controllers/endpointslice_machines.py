"""The life of an endpoint, and of a slice (controllers-cluster §3)."""

from __future__ import annotations

from ...kinds import ENDPOINT_SLICE, POD
from ...language.machine import Arrow, Machine, states_by
from ...objects.endpoint_slice import EndpointSlice, service_of
from .endpointslice import NAME, Entries

_NAMESPACES = "namespace-controller"
_GARBAGE = "garbage-collector"

UNLISTED, NOT_READY, READY, DRAINING, TWICE = "Unlisted", "NotReady", "Ready", "Terminating", "Twice"


def _state(entries: Entries) -> str:
    services = [service_of(name) for name, _ in entries]
    if len(set(services)) < len(services):
        return TWICE
    if not entries:
        return UNLISTED
    if any(endpoint.ready for _, endpoint in entries):
        return READY
    return DRAINING if any(endpoint.terminating for _, endpoint in entries) else NOT_READY


ENDPOINT = Machine(
    name="endpoint",
    kind=POD,
    fields=("endpoints",),
    states=states_by(
        _state,
        {
            UNLISTED: "no slice lists the pod",
            NOT_READY: "a slice lists it, as not ready",
            READY: "a slice lists it as ready: new connections go to it",
            DRAINING: "a slice lists it as terminating: new connections go to it if no endpoint is ready",
            TWICE: "two slices of one Service list it",
        },
    ),
    initial=UNLISTED,
    arrows=(
        Arrow("list", UNLISTED, NOT_READY, NAME, "controllers-cluster §3"),
        Arrow("list", UNLISTED, READY, NAME, "controllers-cluster §3"),
        Arrow("list", UNLISTED, DRAINING, NAME, "controllers-cluster §3"),
        Arrow("become ready", NOT_READY, READY, NAME, "controllers-cluster §3"),
        Arrow("lose readiness", READY, NOT_READY, NAME, "controllers-cluster §3"),
        Arrow("terminate", READY, DRAINING, NAME, "controllers-cluster §3"),
        Arrow("terminate", NOT_READY, DRAINING, NAME, "controllers-cluster §3"),
        Arrow("remove", READY, UNLISTED, NAME, "controllers-cluster §3"),
        Arrow("remove", NOT_READY, UNLISTED, NAME, "controllers-cluster §3"),
        Arrow("remove", DRAINING, UNLISTED, NAME, "controllers-cluster §3"),
        *(
            Arrow("remove", source, UNLISTED, _NAMESPACES, "controllers-cluster §5")
            for source in (NOT_READY, READY, DRAINING)
        ),
        *(
            Arrow("remove", source, UNLISTED, _GARBAGE, "controllers-cluster §3")
            for source in (NOT_READY, READY, DRAINING)
        ),
        Arrow("list again", READY, TWICE, NAME, "controllers-cluster §3; #92928"),
        Arrow("remove one", TWICE, READY, NAME, "controllers-cluster §3"),
    ),
    meaning="a pod as the EndpointSlices of a Service list it",
    reference="controllers-cluster §3",
)


def _slice_state(stored: EndpointSlice | None) -> str:
    if stored is None:
        return "Absent"
    return "Filled" if stored.ports else "Placeholder"


SLICE = Machine(
    name="endpoint slice",
    kind=ENDPOINT_SLICE,
    fields=("object",),
    states=states_by(
        _slice_state,
        {
            "Absent": "no such slice",
            "Placeholder": "the one slice of a Service without endpoints: it has no ports",
            "Filled": "lists endpoints that answer on its ports",
        },
    ),
    initial="Absent",
    arrows=(
        Arrow("create placeholder", "Absent", "Placeholder", NAME, "controllers-cluster §3"),
        Arrow("create", "Absent", "Filled", NAME, "controllers-cluster §3"),
        Arrow("fill", "Placeholder", "Filled", NAME, "controllers-cluster §3"),
        Arrow("empty", "Filled", "Placeholder", NAME, "controllers-cluster §3"),
        Arrow("delete", "Filled", "Absent", NAME, "controllers-cluster §3"),
        Arrow("delete", "Placeholder", "Absent", NAME, "controllers-cluster §3"),
        Arrow("delete", "Filled", "Absent", _NAMESPACES, "controllers-cluster §5"),
        Arrow("delete", "Placeholder", "Absent", _NAMESPACES, "controllers-cluster §5"),
        Arrow("delete", "Filled", "Absent", _GARBAGE, "controllers-cluster §3"),
        Arrow("delete", "Placeholder", "Absent", _GARBAGE, "controllers-cluster §3"),
    ),
    meaning="an EndpointSlice",
    reference="controllers-cluster §3",
)

MACHINES = (ENDPOINT, SLICE)
