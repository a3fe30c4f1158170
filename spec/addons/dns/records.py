"""The records that Services, their endpoints and pods get, and what a query is answered (dns-addons §1, §2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from ipaddress import IPv4Address, ip_address

import attrs

from ...objects.endpoint_slice import Endpoint, EndpointPort
from ...objects.service import Service

CLUSTER_DOMAIN = "cluster.local"
"""The zone of a cluster that names no other (dns-addons §1)."""

SCHEMA_VERSION = "1.1.0"
"""The version of the schema of names that a server says it follows (dns-addons §2)."""

EXTERNAL_NAME = "ExternalName"
"""The type of a Service that is only another name for a host outside."""

REVERSE = (".in-addr.arpa", ".ip6.arpa")
"""How the names end under which addresses are looked up."""


class RecordType(Enum):
    """What a query asks for."""

    A = "A"
    AAAA = "AAAA"
    SRV = "SRV"
    PTR = "PTR"
    CNAME = "CNAME"
    TXT = "TXT"


class Code(Enum):
    """How a server answers: records; the name exists but not with that type; it does not exist; it cannot say yet."""

    SUCCESS = "NOERROR"
    NO_DATA = "NODATA"
    NO_SUCH_NAME = "NXDOMAIN"
    FAILURE = "SERVFAIL"


class PodNames(Enum):
    """Whether pods have names of their address: none has; every address has; those of pods that exist have."""

    DISABLED = "disabled"
    INSECURE = "insecure"
    VERIFIED = "verified"


@attrs.frozen(order=True, cache_hash=True)
class Record:
    """One record: ``name`` is in lower case; ``data`` an address, a name, or a text. ``port``: of an SRV, else 0."""

    name: str
    type: RecordType = attrs.field(order=lambda kind: kind.value)
    data: str
    port: int = 0


@attrs.frozen(cache_hash=True)
class Answer:
    """What a query is answered: ``records`` is empty unless the code is SUCCESS, else in order."""

    code: Code
    records: tuple[Record, ...] = ()


@attrs.frozen(cache_hash=True)
class Slice:
    """What an EndpointSlice lists: endpoints with their addresses, and the ports on which all of them listen."""

    ports: tuple[EndpointPort, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()


@attrs.frozen(cache_hash=True)
class Published:
    """A Service with what its EndpointSlices list."""

    service: Service
    slices: tuple[Slice, ...] = ()


@attrs.frozen(cache_hash=True)
class View:
    """What a server has in its caches, which may be older than what is stored.

    ``pods``: (namespace, address) of those that exist; only read where their names are verified.
    """

    published: tuple[Published, ...] = ()
    pods: frozenset[tuple[str, str]] = frozenset()
    domain: str = CLUSTER_DOMAIN
    pod_names: PodNames = PodNames.DISABLED


def service_name(name: str, namespace: str, domain: str = CLUSTER_DOMAIN) -> str:
    """The name of a Service."""
    return f"{name}.{namespace}.svc.{domain}".lower()


def endpoint_label(endpoint: Endpoint, address: str) -> str:
    """The first part of an endpoint's name: its host name, or its address with dashes (dns-addons §2)."""
    return (endpoint.hostname or address.replace(".", "-").replace(":", "-")).lower()


def _address(name: str, address: str) -> Record:
    return Record(name, RecordType.AAAA if ip_address(address).version == 6 else RecordType.A, address)


def _reverse(address: str, name: str) -> Record:
    return Record(ip_address(address).reverse_pointer, RecordType.PTR, name)


def _port_name(name: str, protocol: str, owner: str) -> str:
    return f"_{name}._{protocol}.{owner}".lower()


def _of_address(service: Service, owner: str) -> Iterator[Record]:
    address = service.spec.cluster_ip
    if not address:
        return
    yield _address(owner, address)
    yield _reverse(address, owner)
    for port in service.spec.ports:
        if port.name:
            yield Record(_port_name(port.name, port.protocol, owner), RecordType.SRV, owner, port.port)


def _of_endpoints(slices: Iterable[Slice], owner: str) -> Iterator[Record]:
    for each in slices:
        for endpoint in each.endpoints:
            for address in endpoint.addresses if endpoint.ready else ():
                own = f"{endpoint_label(endpoint, address)}.{owner}"
                yield _address(owner, address)
                yield _address(own, address)
                yield _reverse(address, own)
                for port in each.ports:
                    if port.name:
                        yield Record(_port_name(port.name, port.protocol, owner), RecordType.SRV, own, port.port)


def records_of(published: Published, domain: str = CLUSTER_DOMAIN) -> frozenset[Record]:
    """The records that one Service gets (dns-addons §2).

    One with an address has it whether or not endpoints are ready; a headless one has those of its ready endpoints, so
    that it has no name at all while none is; an ExternalName is nothing but another name.
    """
    service = published.service
    owner = service_name(service.metadata.name, service.metadata.namespace, domain)
    if service.spec.type == EXTERNAL_NAME:
        return frozenset({Record(owner, RecordType.CNAME, service.spec.external_name)})
    if service.spec.headless:
        return frozenset(_of_endpoints(published.slices, owner))
    return frozenset(_of_address(service, owner))


def records(view: View) -> Mapping[str, tuple[Record, ...]]:
    """All records but those of pods, by name."""
    version = f"dns-version.{view.domain}".lower()
    found: dict[str, set[Record]] = {version: {Record(version, RecordType.TXT, SCHEMA_VERSION)}}
    for each in view.published:
        for record in records_of(each, view.domain):
            found.setdefault(record.name, set()).add(record)
    return {name: tuple(sorted(held)) for name, held in found.items()}


def _pod_address(view: View, name: str) -> str | None:
    """The address that a pod's name stands for, if the view knows such a name."""
    labels = name.removesuffix(f".pod.{view.domain.lower()}").split(".")
    if view.pod_names is PodNames.DISABLED or len(labels) != 2:
        return None
    try:
        address = str(IPv4Address(labels[0].replace("-", ".")))
    except ValueError:
        return None
    known = view.pod_names is PodNames.INSECURE or (labels[1], address) in view.pods
    return address if known else None


def _held(view: View, name: str) -> tuple[Record, ...]:
    if name.endswith(f".pod.{view.domain.lower()}"):
        address = _pod_address(view, name)
        return (Record(name, RecordType.A, address),) if address is not None else ()
    return records(view).get(name, ())


def answer(view: View | None, name: str, asked: RecordType, *, domain: str = CLUSTER_DOMAIN) -> Answer | None:
    """What a server with ``view`` answers; None if the name is not of the cluster: the query goes to another server.

    Without a view (its caches are not filled yet) it cannot say what exists in its zone, named by ``domain``. A name
    that stands for another is answered with that, whatever is asked for. Names are the same in any case.
    """
    zone = (view.domain if view is not None else domain).lower()
    wanted = name.lower().removesuffix(".")
    if wanted != zone and not wanted.endswith((f".{zone}", *REVERSE)):
        return None
    if view is None:
        return Answer(Code.FAILURE)
    held = _held(view, wanted)
    if not held:
        return Answer(Code.NO_SUCH_NAME)
    fitting = tuple(record for record in held if record.type in (asked, RecordType.CNAME))
    return Answer(Code.SUCCESS, fitting) if fitting else Answer(Code.NO_DATA)
