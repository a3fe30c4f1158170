"""The JSON schema of scenario documents: apiVersion ``kubemodel/v1``, kind ``Scenario`` (design §4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..addons.descheduler_decisions import STRATEGIES
from ..addons.dns.resolver_configuration import POLICIES
from ..constants import CONSTANTS, NUMBERS
from ..environment.faults import FAULTS
from ..environment.users import VERBS
from ..kinds import KUBE_APISERVER
from ..language.model import TimeMode
from ..language.plan import Rpc
from ..language.scenario import Alike, Consistency, Start
from ..properties.catalogue import PROPERTIES
from ..switches import NEWEST, OLDEST, SWITCHES
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

TAKEN = frozenset({*SLOW_COMPONENTS, *ELECTED, KUBE_APISERVER, "etcd", "fault", "user", "watch"})
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
