"""Settings of a check: what a `kind: Scenario` document says, or flags, as one checked value (design §4)."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

import attrs
from jsonschema import Draft202012Validator

from ..control_plane.scheduler.profiles import serving
from ..environment.asked_names import asks_in_its_own_way
from ..language.model import TimeMode
from ..language.plan import Rpc
from ..language.scenario import Alike, Client, Consistency, Descheduler, Start
from ..objects.quantities import parse_quantity
from ..switches import constants_of, switches_of, version_of
from .errors import quote
from .loading import Document
from .names import problem_with_label
from .settings_errors import explained
from .settings_schema import (
    API_VERSION,
    KIND,
    SCHEMA,
    TAKEN,
)


@attrs.frozen
class Settings:
    """What a check is asked to do, besides the manifests. Field names as in a scenario document.

    ``nodes``: a number, a path, or plain Node objects; None for the default cluster. ``users``: for each user a list
    of (verb, argument). ``lag``: (client, kind) -> changes. ``kubernetes``: a minor version, "" for today's.
    ``addon_manager``: None where none runs, else the Deployments whose manifests name no replicas.
    """

    name: str = ""
    manifests: tuple[str, ...] = ()
    objects: tuple[Mapping[str, Any], ...] = ()
    nodes: int | str | tuple[Mapping[str, Any], ...] | None = None
    registered: bool = True
    hostname_overrides: Mapping[str, str] = attrs.field(factory=dict)
    faults: Mapping[str, int] = attrs.field(factory=dict)
    users: tuple[tuple[tuple[str, str], ...], ...] = ()
    clients: tuple[Client, ...] = ()
    descheduler: Descheduler | None = None
    addon_manager: tuple[str, ...] | None = None
    lag: Mapping[tuple[str, str], int] = attrs.field(factory=dict)
    consistency: Mapping[tuple[str, str], Consistency] = attrs.field(factory=dict)
    slow: tuple[str, ...] = ()
    time: TimeMode = TimeMode.GRADED
    rpc: Rpc = Rpc.REQUEST
    start: Start | None = None
    symmetry: Alike = Alike.OBJECTS
    pod_slots: int | None = None
    api_servers: int = 1
    candidates: Mapping[str, int] = attrs.field(factory=dict)
    kubernetes: str = ""
    switches: Mapping[str, str] = attrs.field(factory=dict)
    constants: Mapping[str, float] = attrs.field(factory=dict)
    profiles: Mapping[str, str | Mapping[str, Any]] = attrs.field(factory=dict)
    schedulers: Mapping[str, Mapping[str, str | Mapping[str, Any]]] = attrs.field(factory=dict)
    scheduled_times: int = 2
    load: Mapping[str, Mapping[str, Mapping[str, Any]]] = attrs.field(factory=dict)
    bounds: Mapping[str, float] = attrs.field(factory=dict)
    properties: tuple[str, ...] = ()
    also_check: tuple[str, ...] = ()
    applied: Mapping[str, tuple[Mapping[str, Any], ...]] = attrs.field(factory=dict)
    expect: Mapping[str, Any] = attrs.field(factory=dict)


def of_version(settings: Settings) -> Settings:
    """The settings with the switches and timers of the Kubernetes that they name; what they say themselves stays."""
    if not settings.kubernetes:
        return settings
    minor = version_of(settings.kubernetes)
    return attrs.evolve(
        settings,
        switches={**switches_of(minor), **settings.switches},
        constants={**constants_of(minor), **settings.constants},
    )


def is_scenario(document: Document) -> bool:
    """Whether a document is a scenario and not a manifest."""
    return document.kind == KIND and document.api_version.startswith("kubemodel/")


def settings_of(document: Document) -> Settings:
    """The settings of a scenario document. Raises ``InputError`` at the first thing that is wrong in it."""
    problems = sorted(
        Draft202012Validator(SCHEMA).iter_errors(document.data), key=lambda error: list(map(str, error.path))
    )
    if problems:
        raise explained(document, problems[0])
    data = document.data
    nodes = data.get("nodes")
    return Settings(
        name=document.name,
        manifests=tuple(data.get("manifests", ())),
        objects=tuple(data.get("objects", ())),
        nodes=tuple(nodes) if isinstance(nodes, list) else nodes,
        registered=data.get("registered", True),
        hostname_overrides=data.get("hostnameOverrides", {}),
        faults=data.get("faults", {}),
        users=tuple(tuple(next(iter(action.items())) for action in todo) for todo in data.get("users", ())),
        clients=_read_clients(document),
        addon_manager=_read_addon_manager(data.get("addonManager")),
        descheduler=_read_descheduler(data["descheduler"]) if "descheduler" in data else None,
        lag={(client, kind): lag for client, kinds in data.get("lag", {}).items() for kind, lag in kinds.items()},
        consistency={
            (client, kind): Consistency(level)
            for client, kinds in data.get("consistency", {}).items()
            for kind, level in kinds.items()
        },
        slow=tuple(data.get("slow", ())),
        time=TimeMode(data.get("time", TimeMode.GRADED.value)),
        rpc=Rpc(data.get("rpc", Rpc.REQUEST.value)),
        start=Start(data["start"]) if "start" in data else None,
        symmetry=Alike(data.get("symmetry", Alike.OBJECTS.value)),
        pod_slots=data.get("podSlots"),
        api_servers=data.get("apiServers", 1),
        candidates=data.get("candidates", {}),
        kubernetes=data.get("kubernetes", ""),
        switches=data.get("switches", {}),
        constants=data.get("constants", {}),
        profiles=data.get("profiles", {}),
        schedulers=_read_schedulers(document),
        scheduled_times=data.get("scheduledTimes", 2),
        load=_readable_load(document),
        bounds=data.get("bounds", {}),
        properties=tuple(data.get("properties", ())),
        also_check=tuple(data.get("alsoCheck", ())),
        applied={path: tuple(objects) for path, objects in data.get("applied", {}).items()},
        expect=data.get("expect", {}),
    )


def _readable_load(document: Document) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """The load as it stands there. Raises ``InputError`` at an amount that is no quantity."""
    found: Mapping[str, Mapping[str, Mapping[str, Any]]] = document.data.get("load", {})
    for name, metrics in found.items():
        for metric, said in metrics.items():
            path = ("load", name, metric)
            amounts: list[tuple[tuple[str | int, ...], Any]] = []
            amounts += [(("total", at), amount) for at, amount in enumerate(said.get("total", ()))]
            amounts += [(("byPodAge", at, "usage"), it["usage"]) for at, it in enumerate(said.get("byPodAge", ()))]
            for where, amount in amounts:
                try:
                    parse_quantity(amount)
                except ValueError:
                    raise document.error(f"{quote(amount)} is no quantity", (*path, *where), "such as 300m") from None
    return found


def as_document(settings: Settings) -> dict[str, Any]:
    """The scenario document that says the same; what is at its default is left out."""
    lag: dict[str, dict[str, int]] = {}
    for (client, kind), behind in sorted(settings.lag.items()):
        lag.setdefault(client, {})[kind] = behind
    consistency: dict[str, dict[str, str]] = {}
    for (client, kind), level in sorted(settings.consistency.items(), key=lambda item: item[0]):
        consistency.setdefault(client, {})[kind] = level.value
    nodes = list(settings.nodes) if isinstance(settings.nodes, tuple) else settings.nodes
    said: dict[str, Any] = {
        "manifests": list(settings.manifests),
        "objects": [dict(item) for item in settings.objects],
        "nodes": nodes,
        "registered": None if settings.registered else False,
        "hostnameOverrides": dict(settings.hostname_overrides),
        "faults": {name: budget for name, budget in sorted(settings.faults.items()) if budget},
        "users": [[{verb: argument} for verb, argument in todo] for todo in settings.users],
        "clients": [_client(client) for client in settings.clients],
        "addonManager": _addon_manager(settings.addon_manager),
        "descheduler": _descheduler(settings.descheduler) if settings.descheduler else None,
        "lag": lag,
        "consistency": consistency,
        "slow": list(settings.slow),
        "time": settings.time.value,
        "rpc": settings.rpc.value,
        "start": settings.start.value if settings.start else None,
        "symmetry": None if settings.symmetry is Alike.OBJECTS else settings.symmetry.value,
        "podSlots": settings.pod_slots,
        "apiServers": settings.api_servers if settings.api_servers > 1 else None,
        "candidates": dict(sorted(settings.candidates.items())),
        "kubernetes": settings.kubernetes or None,
        "switches": dict(sorted(settings.switches.items())),
        "constants": dict(sorted(settings.constants.items())),
        "profiles": dict(sorted(settings.profiles.items())),
        "schedulers": {name: dict(sorted(served.items())) for name, served in sorted(settings.schedulers.items())},
        "scheduledTimes": None if settings.scheduled_times == 2 else settings.scheduled_times,
        "load": {name: dict(metrics) for name, metrics in sorted(settings.load.items())},
        "bounds": dict(sorted(settings.bounds.items())),
        "properties": list(settings.properties),
        "alsoCheck": list(settings.also_check),
        "applied": {path: [dict(item) for item in items] for path, items in sorted(settings.applied.items())},
        "expect": dict(settings.expect),
    }
    head = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": settings.name or "check"}}
    return {**head, **{field: value for field, value in said.items() if value not in (None, [], {})}}


def _client(client: Client) -> dict[str, Any]:
    config = {
        "nameservers": list(client.dns_nameservers),
        "searches": list(client.dns_searches),
        "ndots": client.dns_dots,
    }
    said = {
        "outside": client.outside,
        "byName": client.by_name,
        "byEnvironment": client.by_environment,
        "external": client.external,
        "keepsFlow": client.keeps_flow,
        "address": client.address,
        "asksFor": client.asks_for,
        "meansOutside": client.means_outside,
        "namespace": client.namespace if client.namespace != "default" else "",
        "hostNetwork": client.host_network,
        "dnsPolicy": client.dns_policy,
        "dnsConfig": {word: value for word, value in config.items() if value not in (None, [])},
    }
    given = {word: value for word, value in said.items() if value not in (None, False, "", {})}
    return {"service": client.service, "node": client.node, **given}


def _read_clients(document: Document) -> tuple[Client, ...]:
    """The clients. Raises ``InputError`` at one that could not know of the Service in that way, or in two."""
    found = []
    for at, said in enumerate(document.data.get("clients", ())):
        config = said.get("dnsConfig", {})
        client = Client(
            said["service"],
            said["node"],
            outside=said.get("outside", False),
            by_name=said.get("byName", False),
            by_environment=said.get("byEnvironment", False),
            external=said.get("external", False),
            keeps_flow=said.get("keepsFlow", False),
            address=said.get("address", ""),
            asks_for=said.get("asksFor", ""),
            means_outside=said.get("meansOutside", False),
            namespace=said.get("namespace", "default"),
            host_network=said.get("hostNetwork", False),
            dns_policy=said.get("dnsPolicy"),
            dns_nameservers=tuple(config.get("nameservers", ())),
            dns_searches=tuple(config.get("searches", ())),
            dns_dots=config.get("ndots"),
        )
        if client.external and (client.outside or client.by_name or client.by_environment or client.keeps_flow):
            problem = "a client inside the cluster that uses an external address neither asks nor comes from outside"
            raise document.error(problem, ("clients", at, "external"), "external alone")
        if client.keeps_flow and (client.outside or client.by_name or client.by_environment):
            problem = "a client that keeps a flow open knows the address of its Service, and sends from inside"
            raise document.error(problem, ("clients", at, "keepsFlow"), "keepsFlow alone")
        if client.address and (not client.outside or not _is_address(client.address)):
            problem = "the address of a client from outside decides whether a load balancer admits it"
            raise document.error(problem, ("clients", at, "address"), "an IP address, and outside: true")
        if not client.by_name and (asks_in_its_own_way(client) or client.means_outside):
            problem = "says how names are looked up, of a client that looks none up"
            raise document.error(problem, ("clients", at), "byName: true besides")
        if client.means_outside and not client.asks_for:
            problem = "means a host outside of the cluster, and does not say by which name"
            raise document.error(problem, ("clients", at, "meansOutside"), "asksFor besides, such as payments.com")
        if client.outside and client.by_name:
            problem = "a client from outside the cluster does not ask the cluster's DNS server"
            raise document.error(problem, ("clients", at, "byName"), "outside, or byName")
        if client.by_environment and (client.outside or client.by_name):
            problem = (
                "a client that has the address from its container's environment neither asks nor comes from outside"
            )
            raise document.error(problem, ("clients", at, "byEnvironment"), "outside, byName or byEnvironment")
        found.append(client)
    return tuple(found)


def _read_schedulers(document: Document) -> Mapping[str, Mapping[str, Any]]:
    """The further schedulers. Raises ``InputError`` at a name that is taken, or a profile that another one serves."""
    found: Mapping[str, Mapping[str, Any]] = document.data.get("schedulers", {})
    served = dict(serving(document.data.get("profiles", {}), {}))
    for name, profiles in found.items():
        if problem_with_label(name) or name in TAKEN:
            expected = "letters in lower case, digits and dashes, and no name of another component"
            raise document.error(f"no scheduler can be called {quote(name)}", ("schedulers", name), expected)
        for profile in profiles or (name,):
            if profile in served:
                problem = f"{served[profile]} serves the profile {quote(profile)} already"
                raise document.error(problem, ("schedulers", name), "a schedulerName that no other scheduler serves")
            served[profile] = name
    return found


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _read_addon_manager(said: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    return None if said is None else tuple(said.get("withoutReplicas", ()))


def _addon_manager(unsaid: tuple[str, ...] | None) -> dict[str, Any] | None:
    # An empty mapping would be left out as a default is.
    return None if unsaid is None else {"withoutReplicas": list(unsaid)}


def _read_descheduler(said: Mapping[str, Any]) -> Descheduler:
    interval = float(said.get("intervalSeconds", Descheduler(()).interval))
    return Descheduler(tuple(said["strategies"]), interval, said.get("includeSoftConstraints", False))


def _descheduler(wanted: Descheduler) -> dict[str, Any]:
    said: dict[str, Any] = {"strategies": list(wanted.strategies)}
    if wanted.interval != Descheduler(()).interval:
        said["intervalSeconds"] = int(wanted.interval)
    return {**said, **({"includeSoftConstraints": True} if wanted.soft_constraints else {})}
