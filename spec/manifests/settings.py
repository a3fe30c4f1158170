"""Settings of a check: what a `kind: Scenario` document says, or flags, as one checked value (design §4).

A scenario document has apiVersion ``kubemodel/v1`` and kind ``Scenario``; the table below is its schema.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any

import attrs
from jsonschema import Draft202012Validator

from ..addons.descheduler_decisions import STRATEGIES
from ..addons.dns.resolver_configuration import POLICIES
from ..constants import CONSTANTS, NUMBERS
from ..control_plane.scheduler.profiles import serving
from ..environment.asked_names import asks_in_its_own_way
from ..environment.faults import FAULTS
from ..environment.users import VERBS
from ..kinds import KUBE_APISERVER
from ..language.model import TimeMode
from ..language.plan import Rpc
from ..language.scenario import Alike, Client, Consistency, Descheduler, Start
from ..objects.quantities import parse_quantity
from ..properties.catalogue import PROPERTIES
from ..switches import NEWEST, OLDEST, SWITCHES, constants_of, switches_of, version_of
from .errors import InputError, quote
from .loading import Document
from .names import problem_with_label
from .profile_schema import PROFILE

API_VERSION = "kubemodel/v1"
KIND = "Scenario"

LAGGING_KINDS = (
    "Pod",
    "Node",
    "ReplicaSet",
    "Deployment",
    "DaemonSet",
    "StatefulSet",
    "PodDisruptionBudget",
    "EndpointSlice",
    "ResourceQuota",
    "Namespace",
)
CLIENTS = (
    "deployment-controller",
    "replicaset-controller",
    "job-controller",
    "daemonset-controller",
    "statefulset-controller",
    "kube-apiserver-2",
    "kube-apiserver-3",
    "disruption-controller",
    "endpointslice-controller",
    "resourcequota-controller",
    "kube-scheduler",
    "node-lifecycle-controller",
)
"""Components whose watch caches may lag, and the kinds that they may lag on."""

SLOW_COMPONENTS = (
    *CLIENTS,
    "taint-eviction-controller",
    "pod-garbage-collector",
    "kubelet",
    "kube-proxy",
    "container-runtime",
    "persistentvolume-controller",
    "attachdetach-controller",
    "external-provisioner",
    "horizontal-pod-autoscaler-controller",
)
"""Components that a scenario may declare slow; besides, watches that lag, as client/kind."""

ELECTED = ("kube-controller-manager", "kube-scheduler")
"""Processes of which a scenario may have several candidates, one of which leads."""

_TAKEN = frozenset({*SLOW_COMPONENTS, *ELECTED, KUBE_APISERVER, "etcd", "fault", "user", "watch"})
"""Names that no further scheduler can have."""

MOST_CANDIDATES = 3
MOST_BUDGET = 100
MOST_LAG = 8
MOST_NODES = 100
MOST_SLOTS = 1000
MOST_TIMES = 20
MOST_SECONDS = 10**9

_WATCHES = tuple(f"{client}/{kind}" for client in CLIENTS for kind in LAGGING_KINDS)
_BOUNDS = ("maxStates", "maxDepth", "timeout")
_VERDICTS = ("holds", "violated", "undetermined", "vacuous")


def _mapping(properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False, **more}


def _count(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


_TEXT = {"type": "string"}
_AMOUNT = {"type": ["string", "number"]}
_LOAD = _mapping(
    {
        "total": {"type": "array", "items": _AMOUNT, "minItems": 1},
        "byPodAge": {
            "type": "array",
            "items": _mapping({"usage": _AMOUNT, "seconds": _count(1, MOST_SECONDS)}, required=["usage"]),
            "minItems": 1,
        },
    }
)
_ACTION = {"oneOf": [_mapping({verb: _TEXT}, required=[verb]) for verb in VERBS]}
_PROPERTY_LIST = {"type": "array", "items": {"enum": list(PROPERTIES)}}

SCHEMA: Mapping[str, Any] = _mapping(
    {
        "apiVersion": {"const": API_VERSION},
        "kind": {"const": KIND},
        "metadata": _mapping({"name": _TEXT}, required=["name"]),
        "manifests": {"type": "array", "items": _TEXT},
        "objects": {"type": "array", "items": {"type": "object"}},
        "nodes": {"oneOf": [_count(1, MOST_NODES), _TEXT, {"type": "array", "items": {"type": "object"}}]},
        "registered": {"type": "boolean"},
        "hostnameOverrides": {"type": "object", "additionalProperties": _TEXT},
        "faults": _mapping({fault: _count(0, MOST_BUDGET) for fault in FAULTS}),
        "users": {"type": "array", "items": {"type": "array", "items": _ACTION}},
        "clients": {
            "type": "array",
            "items": _mapping(
                {
                    "service": _TEXT,
                    "node": _TEXT,
                    "outside": {"type": "boolean"},
                    "byName": {"type": "boolean"},
                    "byEnvironment": {"type": "boolean"},
                    "external": {"type": "boolean"},
                    "keepsFlow": {"type": "boolean"},
                    "address": _TEXT,
                    "asksFor": {"type": "string", "minLength": 1, "maxLength": 253},
                    "meansOutside": {"type": "boolean"},
                    "namespace": _TEXT,
                    "hostNetwork": {"type": "boolean"},
                    "dnsPolicy": {"enum": list(POLICIES)},
                    "dnsConfig": _mapping(
                        {
                            "nameservers": {"type": "array", "items": _TEXT},
                            "searches": {"type": "array", "items": _TEXT},
                            "ndots": _count(0, 15),
                        }
                    ),
                },
                required=["service", "node"],
            ),
        },
        "addonManager": _mapping({"withoutReplicas": {"type": "array", "items": _TEXT}}),
        "descheduler": _mapping(
            {
                "strategies": {"type": "array", "items": {"enum": list(STRATEGIES)}, "minItems": 1},
                "intervalSeconds": _count(1, MOST_SECONDS),
                "includeSoftConstraints": {"type": "boolean"},
            },
            required=["strategies"],
        ),
        "lag": _mapping(
            {client: _mapping({kind: _count(1, MOST_LAG) for kind in LAGGING_KINDS}) for client in CLIENTS}
        ),
        "consistency": _mapping(
            {
                client: _mapping({kind: {"enum": [level.value for level in Consistency]} for kind in LAGGING_KINDS})
                for client in CLIENTS
            }
        ),
        "slow": {"type": "array", "items": {"enum": [*SLOW_COMPONENTS, *_WATCHES]}},
        "time": {"enum": [mode.value for mode in TimeMode]},
        "rpc": {"enum": [rpc.value for rpc in Rpc]},
        "start": {"enum": [start.value for start in Start]},
        "symmetry": {"enum": [alike.value for alike in Alike]},
        "podSlots": _count(1, MOST_SLOTS),
        "apiServers": _count(1, MOST_CANDIDATES),
        "candidates": _mapping({process: _count(2, MOST_CANDIDATES) for process in ELECTED}),
        "kubernetes": {"enum": [f"1.{minor}" for minor in range(OLDEST, NEWEST + 1)]},
        "switches": _mapping({name: {"enum": list(switch.values)} for name, switch in SWITCHES.items()}),
        "constants": _mapping(
            {
                name: {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_SECONDS}
                for name in (*CONSTANTS, *NUMBERS)
            }
        ),
        "profiles": {"type": "object", "additionalProperties": PROFILE},
        "schedulers": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": PROFILE},
        },
        "scheduledTimes": _count(1, MOST_TIMES),
        "load": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": _LOAD}},
        "bounds": _mapping({bound: {"type": "number", "exclusiveMinimum": 0} for bound in _BOUNDS}),
        "properties": _PROPERTY_LIST,
        "alsoCheck": _PROPERTY_LIST,
        "applied": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "object"}}},
        "expect": _mapping(
            {
                "verdict": {"enum": list(_VERDICTS)},
                "property": {"enum": [*PROPERTIES, "undeclared-transition"]},
                "states": _count(1, 10**12),
                "steps": _count(0, 10**6),
            }
        ),
    },
    required=["apiVersion", "kind", "metadata"],
)
"""JSON schema of a scenario document."""


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
        raise _explain(document, problems[0])
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
        if problem_with_label(name) or name in _TAKEN:
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


def _explain(document: Document, error: Any) -> InputError:
    path = tuple(error.absolute_path)
    value = error.instance
    if error.validator == "additionalProperties":
        known = sorted(error.schema.get("properties", ()))
        unknown = min(str(key) for key in value if key not in known)
        return document.error(f"unknown {_what(path)}", (*path, unknown), _one_of(known, unknown))
    if error.validator == "enum":
        return document.error(f"unknown {_what(path)} {quote(value)}", path, _one_of(error.validator_value, value))
    if error.validator == "type":
        problem = f"{_shown(value)} has the wrong type"
        return document.error(problem, path, _TYPE_NAMES[error.validator_value])
    if error.validator == "oneOf" and path[0] == "users" and isinstance(value, dict) and len(value) == 1:
        verb, argument = next(iter(value.items()))
        if verb not in VERBS:
            return document.error(f"unknown verb {quote(verb)}", path, _one_of(VERBS, verb))
        return document.error(f"cannot {verb} {_shown(argument)}", path, "a string")
    if error.validator == "oneOf":
        return document.error(f"cannot read {_shown(value)}", path, _ALTERNATIVES[str(path[0])])
    if error.validator == "const":
        return document.error(f"cannot read {_shown(value)}", path, str(error.validator_value))
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in value)
        return document.error("missing", (*path, missing), "a value: the field is required")
    return document.error(error.message.replace("\n", " ")[:200], path)


_TYPE_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
}
_ALTERNATIVES = {
    "users": f"one verb of {', '.join(VERBS)}, with what it acts on",
    "nodes": "a number of nodes from 1 on, a file of Node manifests, or a list of Nodes",
}
_NOUNS = {
    "alsoCheck": "property",
    "candidates": "process",
    "consistency": "client, kind or level",
    "constants": "constant",
    "descheduler": "setting",
    "addonManager": "setting",
    "faults": "fault",
    "lag": "client or kind",
    "properties": "property",
    "slow": "component or watch",
    "switches": "switch",
}


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return quote(value) if isinstance(value, (str, dict, list)) else str(value)


def _what(path: Sequence[Any]) -> str:
    """What stands at a path: the value of a switch is none of its own nouns."""
    if not path:
        return "field"
    return "value" if path[0] == "switches" and len(path) > 1 else _NOUNS.get(str(path[0]), "value")


def _one_of(values: Sequence[Any], given: object) -> str:
    close = difflib.get_close_matches(str(given), list(map(str, values)), n=1)
    return f"{close[0]} (did you mean that?)" if close else f"one of {', '.join(map(str, values))}"
