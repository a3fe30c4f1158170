"""The garbage collector, for EndpointSlices: they go after their Service (controllers-cluster §3, §6).

A slice names its Service as its owner, which its name says in this model: what of it stands with pods goes along.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...kinds import ENDPOINT_SLICE, SERVICE
from ...language.component import Key, Rule
from ...language.plan import KEY, Alternative, Call
from ...language.query import ANY, Query, Read
from ...language.request import ApiCall, DeleteOptions, Verb
from ...objects.endpoint_slice import EndpointSlice, service_of
from ...objects.service import Service
from .endpointslice import foreign_removal


def _named(name: str, found: EndpointSlice | None) -> str | None:
    return name if found is not None else None


def _owns(name: str, service: Service | None) -> bool | None:
    return True if service is not None and service.metadata.name == service_of(name) else None


def collect_slices(*, late: bool) -> Rule:
    """The rule. ``late``: the cache of EndpointSlices of their controller lags."""

    def decide(name: str, owned: bool) -> Iterable[Alternative]:
        if not owned:
            delete = Call(KEY, ApiCall(Verb.DELETE, ENDPOINT_SLICE, DeleteOptions()))
            yield Alternative((delete, *foreign_removal(KEY, name, late=late)), f"its owner {service_of(name)} is gone")

    return Rule(
        name="collect EndpointSlice",
        key=Key(ENDPOINT_SLICE, ("name", "object"), _named),
        decide=decide,
        queries={"owned": Query(SERVICE, ("object",), _owns, ANY, read=Read.QUORUM)},
        reference="controllers-cluster §3, §6",
        meaning="deletes a slice whose Service is gone, with the endpoints that it lists",
    )
