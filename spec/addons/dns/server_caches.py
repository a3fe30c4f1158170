"""DNS servers that each have caches of their own (dns-addons §1, §5), where a scenario asks for them apart.

Duty: as that of ``server``. Two servers hear of the same change at different times, and one that is cut off from the
API server goes on to answer from what it knows: whom a client asks decides what it is told.

Life of a server's caches: its program starts to serve, with nothing in them: it answers SERVFAIL, and its pod is not
ready -> it has listed Services and EndpointSlices once, and has their records -> it hears of changes, of Services and
of slices each on its own -> its container ends, and with it what it knew.

A server has a number while its caches are filled, so that a pod's records can say whose they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from ...control_plane.controllers.endpointslice_decisions import selects_pod
from ...kinds import POD, RUNNING, SERVICE, PodRuntime
from ...language.component import Component, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Set, Sweep, Write
from ...language.query import DISTINCT, Query, no_parameter
from ...node.heartbeat import PROXY_CONNECTED
from ...node.kube_proxy import Entries
from ...objects.pod import Pod
from ...objects.service import HEADLESS, Service
from .server import NAME, published

Known = tuple[tuple[str, str], ...]
"""The Services that a server knows, in order: (name, address), HEADLESS for one without an address."""

Records = tuple[tuple[int, str], ...]
"""What servers say of a pod's address: (number of the server, headless Service), in order."""


@attrs.frozen(cache_hash=True)
class Caches:
    """What the server of that number knows of Services."""

    number: int
    services: Known

    @property
    def headless(self) -> tuple[str, ...]:
        """The names of the headless ones."""
        return tuple(name for name, address in self.services if address == HEADLESS)


@attrs.frozen(cache_hash=True)
class Serving:
    """A pod of the DNS server on ``node``; ``caches``: None while they are not filled."""

    node: str
    caches: Caches | None


def is_server(dns: Service, pod: Pod | None) -> bool:
    """Whether a pod stands behind the Service ``dns``."""
    return pod is not None and selects_pod(dns, pod)


def own_records(number: int, headless: Iterable[str], entries: Entries) -> Records:
    """The records that the server of that number has of a pod, once it has heard of what slices list."""
    return tuple((number, name) for name in headless if published(name, entries))


def _load(caches: Caches, entries: Entries, records: Records) -> tuple[Entries, Records]:
    others = tuple(each for each in records if each[0] != caches.number)
    return entries, tuple(sorted((*others, *own_records(caches.number, caches.headless, entries))))


def _drop(number: int, records: Records) -> tuple[Records]:
    return (tuple(each for each in records if each[0] != number),)


def _fill(key: Serving, services: Known, taken: tuple[int, ...]) -> Iterable[Alternative]:
    number = next(each for each in range(1, len(taken) + 2) if each not in taken)
    caches = Caches(number, services)
    plan = (Write(KEY, "server", Set(caches)), Sweep(POD, ("endpoints", "records"), _load, caches))
    yield Alternative(plan, f"the DNS server on {key.node} has listed Services and EndpointSlices")


def _see(key: Serving, services: Known) -> Iterable[Alternative]:
    if key.caches is not None and key.caches.services != services:
        caches = attrs.evolve(key.caches, services=services)
        yield Alternative((Write(KEY, "server", Set(caches)),), f"the DNS server on {key.node} hears of it")


def _hear(key: Serving, pods: tuple[bool, ...]) -> Iterable[Alternative]:
    if True in pods:
        plan = (Sweep(POD, ("endpoints", "records"), _load, key.caches),)
        yield Alternative(plan, f"the records of the DNS server on {key.node} are not those of ready endpoints")


def _differs(key: Serving, entries: Entries, records: Records) -> bool | None:
    assert key.caches is not None, "asked of servers whose caches are filled"
    mine = tuple(each for each in records if each[0] == key.caches.number)
    return True if mine != own_records(key.caches.number, key.caches.headless, entries) else None


def _known(names: frozenset[str]) -> Query:
    def classify(_parameter: None, service: Service | None) -> tuple[str, str] | None:
        if service is None or service.metadata.name not in names:
            return None
        return service.metadata.name, HEADLESS if service.spec.headless else service.address

    return Query(SERVICE, ("object",), classify, DISTINCT, no_parameter)


def _number(_parameter: None, server: Caches | None) -> int | None:
    return server.number if server is not None else None


def _view(dns: Service, *, filled: bool) -> Callable[..., Serving | None]:
    def view(pod: Pod | None, runtime: PodRuntime | None, server: Caches | None) -> Serving | None:
        if pod is None or not is_server(dns, pod) or runtime is None or runtime.containers != RUNNING:
            return None
        if filled:
            return Serving(runtime.node, server) if server is not None else None
        return Serving(runtime.node, None) if server is None and runtime.serving else None

    return view


def _ended(runtime: PodRuntime | None, server: Caches | None) -> int | None:
    ended = runtime is None or runtime.containers != RUNNING
    return server.number if server is not None and ended else None


LOSE = Rule(
    name="lose caches",
    key=Key(POD, ("runtime", "server"), _ended),
    decide=lambda number: [
        Alternative(
            (Write(KEY, "server", Set(None)), Sweep(POD, ("records",), _drop, number)), "its container has ended"
        )
    ],
    reference="dns-addons §1",
    meaning="a DNS server whose container has ended knows nothing any more",
)


def component(dns: Service, names: frozenset[str]) -> Component:
    """The DNS servers behind the Service ``dns``; ``names``: the Services that somebody looks up."""
    key = Key(POD, ("object", "runtime", "server"), _view(dns, filled=True))
    fill = Rule(
        name="fill caches",
        key=Key(POD, ("object", "runtime", "server"), _view(dns, filled=False)),
        decide=_fill,
        queries={"services": _known(names), "taken": Query(POD, ("server",), _number, DISTINCT, no_parameter)},
        guards=(PROXY_CONNECTED,),
        reference="dns-addons §1",
        meaning="a DNS server that has started lists Services and EndpointSlices, before which it cannot answer",
    )
    see = Rule(
        name="hear of Services",
        key=key,
        decide=_see,
        queries={"services": _known(names)},
        guards=(PROXY_CONNECTED,),
        reference="dns-addons §5",
        meaning="a DNS server hears that a Service was made, changed or deleted",
    )
    hear = Rule(
        name="hear of endpoints",
        key=key,
        decide=_hear,
        queries={"pods": Query(POD, ("endpoints", "records"), _differs, DISTINCT)},
        guards=(PROXY_CONNECTED,),
        reference="dns-addons §2, §5",
        meaning="the records of one DNS server become the addresses of ready endpoints",
    )
    return Component(
        name=NAME,
        rules=(fill, see, hear, LOSE),
        place="addons",
        duty="answers what addresses the names of Services stand for",
        reference="dns-addons §1",
    )


def ready_when_filled(dns: Service, probe: Rule) -> Rule:
    """The kubelet's rule by which a readiness probe succeeds: that of a DNS server does once its caches are filled."""

    def view(*values: object) -> object:
        *others, server = values
        pod = others[probe.key.fields.index("object")]
        waits = isinstance(pod, Pod) and is_server(dns, pod) and server is None
        return None if waits else probe.key.view(*others)

    return attrs.evolve(probe, key=Key(POD, (*probe.key.fields, "server"), view))


def _state(server: Caches | None) -> str:
    return "Empty" if server is None else "Filled"


CACHES = Machine(
    name="dns server's caches",
    kind=POD,
    fields=("server",),
    states=states_by(
        _state,
        {"Empty": "it is no DNS server, or knows nothing yet", "Filled": "it answers from what it has heard of"},
    ),
    initial="Empty",
    arrows=(
        Arrow("fill", "Empty", "Filled", NAME, "dns-addons §1"),
        Arrow("lose", "Filled", "Empty", NAME, "dns-addons §1"),
    ),
    meaning="what one pod of the cluster's DNS server knows",
    reference="dns-addons §1",
)
