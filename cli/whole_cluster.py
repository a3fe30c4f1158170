"""The cluster that lists and the picture of the architecture are made from: all that the specification has, at once.

Small workloads, so that it can be walked through in no time, but every fault, every verb of a user, every component.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import attrs

from ..spec.addons.descheduler_decisions import STRATEGIES
from ..spec.cluster import components
from ..spec.control_plane.leader_election import election
from ..spec.control_plane.leader_election.election import candidate_names
from ..spec.environment.faults import FAULTS
from ..spec.environment.leader_faults import LEADER_FAULTS
from ..spec.environment.outages import OUTAGES
from ..spec.kinds import KUBE_CONTROLLER_MANAGER
from ..spec.language.component import Component
from ..spec.language.scenario import Scenario
from ..spec.manifests.settings_schema import API_VERSION, KIND
from ..spec.properties.catalogue import ON_REQUEST
from .inputs import thawed
from .small_manifests import (
    UPDATE,
    autoscaler,
    budget,
    daemon_set,
    deployment,
    guards,
    made_by_hand,
    replication_controller,
    stateful_set,
    template,
)

SCENARIO: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "whole-cluster"},
    "objects": [
        deployment("web", "RollingUpdate", 1),
        deployment("db", "Recreate", 1),
        *made_by_hand("db"),
        daemon_set("agent", 1),
    ],
    "applied": {
        UPDATE: [deployment("web", "RollingUpdate", 2), deployment("db", "Recreate", 2), daemon_set("agent", 2)]
    },
    "nodes": 2,
    "faults": dict.fromkeys((fault for fault in FAULTS if fault not in (*LEADER_FAULTS, *OUTAGES)), 1),
    "lag": {"replicaset-controller": {"Pod": 1}},
    "users": [
        [{"apply": UPDATE}, {"pause": "web"}, {"resume": "web"}, {"delete": "pod/web"}, {"delete": "deployment/web"}],
        [{"cordon": "node-1"}, {"cordon": "node-2"}, {"uncordon": "node-1"}, {"delete": "node/node-2"}],
        [{"scale": "web=2"}, {"scale": "db=2"}, {"delete": "pod/db"}],
    ],
    "alsoCheck": list(ON_REQUEST),
}
"""The scenario document."""

DRAINED: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "drained"},
    "objects": [deployment("web", "RollingUpdate", 1), budget("web"), *guards("web")],
    "nodes": 2,
    "users": [
        [{"drain": "node-1"}],
        [{"delete": "serviceaccount/default/default"}],
        [{"taint": "node-2 down:NoExecute"}, {"taint": "node-2 down:NoExecute-"}],
    ],
}
"""Another one, for what only evictions call for: in a cluster of everything a walk would hardly come to them."""

_ANY = {"topologyKey": "kubernetes.io/hostname", "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}

DESCHEDULED: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "descheduled"},
    "objects": [
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {"name": "web"},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    **template("web"),
                    "spec": {
                        **template("web")["spec"],
                        "topologySpreadConstraints": [{**_ANY, "labelSelector": {"matchLabels": {"app": "web"}}}],
                    },
                },
            },
        }
    ],
    "nodes": 2,
    "descheduler": {"strategies": list(STRATEGIES), "includeSoftConstraints": True},
}
"""Another one, in which a descheduler has both strategies."""

AUTOSCALED: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "autoscaled"},
    "objects": [deployment("web", "RollingUpdate", 1), autoscaler("web")],
    "load": {"web": {"cpu": {"total": ["50m", "100m"], "byPodAge": [{"usage": "50m", "seconds": 120}, {"usage": 0}]}}},
}
"""Another one, for what only autoscalers call for."""

SCHEDULED: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "scheduled"},
    "objects": [
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {"name": "report"},
            "spec": {
                "schedule": "@hourly",
                "concurrencyPolicy": "Replace",
                "startingDeadlineSeconds": 30,
                "jobTemplate": {
                    "spec": {
                        "activeDeadlineSeconds": 30,
                        "template": {"spec": {**template("report")["spec"], "restartPolicy": "Never"}},
                    }
                },
            },
        }
    ],
    "switches": {"scheduling-back-off": "doubling"},
}
"""Another one, for Jobs and CronJobs, and for a scheduler whose back-off doubles."""

WORKED: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "worked"},
    "objects": [
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "batch"},
            "spec": {
                "completions": 2,
                "parallelism": 2,
                "backoffLimit": 0,
                "ttlSecondsAfterFinished": 60,
                "activeDeadlineSeconds": 30,
                "template": {"spec": {**template("batch")["spec"], "restartPolicy": "Never"}},
            },
        }
    ],
    "nodes": 1,
    "faults": {"container-exit": 1},
}
"""Another one, for a Job that ends early, so that what still runs is deleted."""

OUT_OF_ORDER: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "out-of-order"},
    "objects": [deployment("web", "RollingUpdate", 1)],
    "nodes": 1,
    "faults": dict.fromkeys(OUTAGES, 2),
}
"""Another one, in which nobody can reach the API for a while."""


EMPTIED: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "emptied"},
    "objects": [
        {**item, "metadata": {**item["metadata"], "namespace": "shop"}}
        for item in (
            deployment("web", "RollingUpdate", 1),
            daemon_set("agent", 1),
            stateful_set("store", 1),
            replication_controller("old"),
            *SCHEDULED["objects"],
        )
    ],
    "nodes": 1,
    "users": [[{"delete": "serviceaccount/shop/default"}, {"delete": "namespace/shop"}]],
}
"""Another one, of a namespace that goes away with all that stands in it."""

CLAIMED: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "claimed"},
    "objects": [
        {
            **stateful_set("store", 1),
            "spec": {
                **stateful_set("store", 1)["spec"],
                "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Delete"},
                "volumeClaimTemplates": [
                    {
                        "metadata": {"name": "data"},
                        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
                    }
                ],
            },
        }
    ],
    "nodes": 1,
    "faults": {"link-cut": 1},
    "users": [[{"delete": "statefulset/store --cascade=orphan"}]],
}
"""Another one, of claims and volumes that come and go, and of a node that may keep one."""

STATEFUL: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "stateful"},
    "objects": [stateful_set("store", 1)],
    "applied": {UPDATE: [stateful_set("store", 2)]},
    "nodes": 2,
    "users": [[{"apply": UPDATE}, {"scale": "statefulset/store=0"}]],
    "faults": {"kubelet-crash": 1},
    "lag": {"kube-apiserver-2": {"Pod": 1}},
}
"""A third one, for pods with names that stay."""

SERVED: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "served"},
    "objects": [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web", "labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "shop.example/web:1",
                        "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
                    }
                ]
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "guard", "labels": {"app": "web"}},
            "spec": {**template("guard")["spec"], "priorityClassName": "system-node-critical"},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web"},
            "spec": {"selector": {"app": "web"}, "sessionAffinity": "ClientIP", "ports": [{"port": 80}]},
        },
    ],
    "nodes": 1,
    "users": [[{"delete": "pod/web"}]],
    "clients": [{"service": "web", "node": "node-1"}],
    "lag": {"endpointslice-controller": {"EndpointSlice": 1}},
}
"""Another one, for what only clients of a Service call for."""

LOOKED_UP: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "looked up"},
    "objects": [
        *(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
                "spec": {"containers": [{"name": name, "image": f"shop.example/{name}:1"}]},
            }
            for name, namespace in (("web", "default"), ("coredns", "kube-system"))
        ),
        *(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": name, "namespace": namespace},
                "spec": {"selector": {"app": app}, "ports": [{"port": 80}], **spec},
            }
            for name, namespace, app, spec in (
                ("web", "default", "web", {}),
                ("web-pods", "default", "web", {"clusterIP": "None"}),
                ("kube-dns", "kube-system", "coredns", {}),
            )
        ),
    ],
    "nodes": 1,
    "clients": [{"service": name, "node": "node-1", "byName": True} for name in ("web", "web-pods")],
}
"""Another one, for names that clients look up."""

KEPT: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "kept"},
    "objects": [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "dashboard", "labels": {"addonmanager.kubernetes.io/mode": "Reconcile"}},
            "spec": {"selector": {"matchLabels": {"app": "dashboard"}}, "template": template("dashboard")},
        }
    ],
    "nodes": 1,
    "addonManager": {},
}
"""Another one, for addons that are kept as their manifests have them."""

BALANCED: Mapping[str, Any] = {
    **LOOKED_UP,
    "metadata": {"name": "balanced"},
    "objects": [
        *LOOKED_UP["objects"],
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web-udp", "namespace": "default"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 53, "protocol": "UDP"}]},
        },
    ],
    "clients": [
        {"service": "web", "node": "node-1"},
        {"service": "web-udp", "node": "node-1", "keepsFlow": True},
    ],
    "switches": {"proxy-mode": "ipvs"},
}
"""Another one, for endpoints that take turns, and flows."""

KNOWN_APART: Mapping[str, Any] = {
    **LOOKED_UP,
    "metadata": {"name": "known apart"},
    "users": [[{"delete": "service/web"}]],
    "clients": [*LOOKED_UP["clients"], {"service": "web", "node": "node-1", "byEnvironment": True}],
    "switches": {"dns-servers": "apart"},
}
"""Another one, for DNS servers that each know what they have heard, and Services that go."""


_INIT = {"name": "migrate", "image": "shop.example/migrate:1"}
_SIDECAR = {"name": "proxy", "image": "shop.example/proxy:1", "restartPolicy": "Always"}

_ASKED = {"tcpSocket": {"port": 80}}
_PROBED = {**template("several")["spec"]["containers"][0], "livenessProbe": _ASKED, "startupProbe": _ASKED}

CONTAINED: Mapping[str, Any] = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "contained"},
    "objects": [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "several", "labels": {"app": "several"}},
            "spec": {"containers": [_PROBED], "initContainers": [_INIT, _SIDECAR]},
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "etcd", "annotations": {"kubernetes.io/config.source": "file"}},
            "spec": {**template("several")["spec"], "nodeName": "node-1"},
        },
    ],
    "nodes": 1,
    "start": "created",
    "faults": {"image-pull-error": 1, "cri-reply-lost": 1},
    "users": [[{"delete": "pod/several"}]],
    "switches": {"termination": "in-steps", "container-runtime": "unreserved", "queueing-hints": "missed"},
}
"""Another one, for pods of several containers, with all probes, for static pods, for all that runtimes may do, and
for a scheduler that misses events."""


@cache
def scenarios() -> tuple[Scenario, ...]:
    """What the documents come to: a scenario for each group of workloads."""
    documents = (
        SCENARIO,
        DRAINED,
        DESCHEDULED,
        AUTOSCALED,
        SCHEDULED,
        WORKED,
        STATEFUL,
        CLAIMED,
        SERVED,
        LOOKED_UP,
        KNOWN_APART,
        BALANCED,
        KEPT,
        OUT_OF_ORDER,
        CONTAINED,
        EMPTIED,
    )
    found = (thawed(document, document["metadata"]["name"]) for document in documents)
    return tuple(job.scenario for each in found for job in each.plan.jobs)


@cache
def all_components() -> tuple[Component, ...]:
    """Every component that a model of a cluster can have, with all its rules, in the order in which they are tried."""
    found: dict[str, Component] = {}
    for component in (it for scenario in scenarios() for it in components(scenario)):
        known = found.setdefault(component.name, component)
        further = {rule.name: rule for rule in component.rules if rule.name not in {it.name for it in known.rules}}
        if further:
            found[component.name] = attrs.evolve(known, rules=(*known.rules, *further.values()))
    # With several candidates every component of a process is there several times; one of each is enough to be told of.
    process = KUBE_CONTROLLER_MANAGER
    return (*found.values(), election.component([(process, candidate_names(process, 2))]))
