"""The cluster's DNS server: records of Services and of the pods behind them (dns-addons §1, §2, §5).

Duty: watch Services and EndpointSlices, and answer for their names. It writes nothing to the API. It runs in ordinary
pods, behind the Service kube-dns of the namespace kube-system: who asks it goes through the rules of a node, like any
client, and gets no answer where none of its pods serves.

Life of a record: a slice comes to list a pod as ready -> the pod's address is published under the name of its headless
Service -> the slice lists it as not ready, or no longer -> the record goes. Each change comes when the server comes to
it, so its answers may be those of any earlier state of the slices. A Service with an address of its own has one record,
whatever becomes of its endpoints; what it is answered is in ``records``, of which this file is the moving part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from ...control_plane.controllers.endpointslice_decisions import selects_pod
from ...kinds import POD, SERVICE, PodRuntime
from ...language.component import Component, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import Alternative, Sweep
from ...language.query import ANY, DISTINCT, Query, no_parameter
from ...node.kube_proxy import Entries, backends
from ...objects.pod import Pod
from ...objects.service import Service

NAME = "cluster-dns"

DNS_SERVICE, DNS_NAMESPACE = "kube-dns", "kube-system"
"""The Service that pods send their queries to (dns-addons §4)."""

Records = tuple[str, ...]
"""The headless Services under whose names a pod's address is published, in order."""


def is_dns(service: Service) -> bool:
    """Whether it is the Service that the cluster's DNS server stands behind."""
    return (service.metadata.name, service.metadata.namespace) == (DNS_SERVICE, DNS_NAMESPACE)


def published(service: str, entries: Entries) -> bool:
    """Whether a pod that slices list so belongs among the records of a headless Service: it is ready (dns-addons §2).

    Ready is what the slice says, so a Service that publishes addresses that are not ready has records for all.
    """
    return any(name == service and endpoint.ready for name, endpoint in backends(entries))


@attrs.frozen(cache_hash=True)
class Held:
    """A pod that belongs among the records of a Service (``wanted``), or stands there (``held``)."""

    wanted: bool
    held: bool


@attrs.frozen(cache_hash=True)
class Headless:
    """A headless Service that somebody looks up; ``there``: it exists, as one that is gone has no records."""

    name: str
    there: bool = True


def record_of(service: Headless, entries: Entries, records: Records) -> Held | None:
    """A pod as the server sees it for one headless Service; None if they have nothing to do with one another."""
    found = Held(service.there and published(service.name, entries), service.name in records)
    return found if found.wanted or found.held else None


def _load(service: Headless, entries: Entries, records: Records) -> tuple[Entries, Records]:
    others = {each for each in records if each != service.name}
    listed = service.there and published(service.name, entries)
    return entries, tuple(sorted(others | ({service.name} if listed else set())))


def _decide(key: Headless, pods: tuple[Held, ...]) -> Iterable[Alternative]:
    if any(pod.wanted != pod.held for pod in pods):
        because = f"the records of {key.name} are not those of its ready endpoints"
        yield Alternative((Sweep(POD, ("endpoints", "records"), _load, key),), because)


def named_headless(names: frozenset[str]) -> Key:
    """The key of what concerns those headless Services that somebody looks up, by their names."""

    def view(name: str, service: Service | None) -> Headless | None:
        if name not in names or (service is not None and not service.spec.headless):
            return None
        return Headless(name, service is not None)

    return Key(SERVICE, ("name", "object"), view)


RECORDS = Query(POD, ("endpoints", "records"), record_of, DISTINCT)
"""The pods that belong among the records of the key's Service, or stand there."""


def _serves(service: Service) -> Callable[..., bool | None]:
    def classify(_parameter: None, pod: Pod | None, runtime: PodRuntime | None) -> bool | None:
        return True if pod is not None and selects_pod(service, pod) and runtime and runtime.serving else None

    return classify


def component(dns: Service, names: frozenset[str]) -> Component:
    """The DNS server behind the Service ``dns``; ``names``: the Services that somebody looks up."""
    load = Rule(
        name="load records",
        key=named_headless(names),
        decide=_decide,
        queries={"pods": RECORDS},
        guards=(Query(POD, ("object", "runtime"), _serves(dns), ANY, no_parameter),),
        reference="dns-addons §2, §5",
        meaning="the records of a headless Service become the addresses of its ready endpoints",
    )
    return Component(
        name=NAME,
        rules=(load,),
        place="addons",
        duty="answers what addresses the names of Services stand for",
        reference="dns-addons §1",
    )


def _record_state(records: Records) -> str:
    return "Published" if records else "Absent"


RECORD = Machine(
    name="dns record",
    kind=POD,
    fields=("records",),
    states=states_by(
        _record_state,
        {
            "Absent": "no headless Service's name stands for the pod's address",
            "Published": "who looks a headless Service up is given the pod's address",
        },
    ),
    initial="Absent",
    arrows=(
        Arrow("publish", "Absent", "Published", NAME, "dns-addons §5"),
        Arrow("withdraw", "Published", "Absent", NAME, "dns-addons §5"),
    ),
    meaning="the records of one endpoint of headless Services",
    reference="dns-addons §2",
)
