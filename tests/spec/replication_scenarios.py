"""Small scenarios of ReplicationControllers: a part of those that together make everything happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubemodel.spec.language.scenario import Scenario

from .exploration import PROBED, Data, bare_pod, pod_spec, scenario
from .namespace_scenarios import DELETED, whenever, within

_GATED = pod_spec(schedulingGates=[{"name": "example.com/gate"}])


def replication_controller(replicas: int = 1, pod: Data | None = None, **spec: Any) -> Data:
    """The ReplicationController old, of the app old."""
    labels = {"app": "old"}
    template = {"metadata": {"labels": labels}, "spec": pod or pod_spec("old:1")}
    return {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": {"name": "old"},
        "spec": {"replicas": replicas, "selector": labels, "template": template, **spec},
    }


def _scaled(before: int, *counts: int, pod: Data | None = None, **settings: Any) -> Scenario:
    todo = [{"scale": f"replicationcontroller/old={count}"} for count in counts]
    return scenario(replication_controller(before, pod), users=[todo], **settings)


def _deleted(replicas: int, policy: str = "", pod: Data | None = None, **settings: Any) -> Scenario:
    action = {"delete": f"replicationcontroller/old{policy}"}
    return scenario(replication_controller(replicas, pod), users=[[action]], **settings)


def replicated() -> Mapping[str, Scenario]:
    """ReplicationControllers."""
    return {
        "a ReplicationController adopts a pod": scenario(
            replication_controller(1), bare_pod(app="old"), lag={"replicaset-controller": {"Pod": 1}}
        ),
        "a ReplicationController waits until its pods are available": scenario(
            replication_controller(1, pod_spec("old:1", PROBED), minReadySeconds=20), faults={"probe-failure": 1}
        ),
        "a ReplicationController is scaled": _scaled(1, 2, 1, 0, 1, start="created"),
        "a ReplicationController is scaled to zero and back at once": _scaled(1, 0, 1),
        "a gated ReplicationController is scaled to zero": _scaled(1, 0, pod=_GATED, start="created"),
        "a ReplicationController is scaled to zero before its pod is ready": _scaled(
            1, 0, pod=pod_spec("old:1", PROBED), start="created"
        ),
        "a ReplicationController names the node of its pods": scenario(
            replication_controller(1, pod_spec(nodeName="node-1"))
        ),
        "an adopted pod of a ReplicationController is held by a finalizer": scenario(
            replication_controller(0), bare_pod(_GATED, app="old", finalizers=("example.com/held",))
        ),
        "a pod waits for a node, and its ReplicationController lets it go": scenario(
            replication_controller(),
            users=[[{"cordon": "node-1"}, {"uncordon": "node-1"}, {"scale": "replicationcontroller/old=0"}]],
            start="created",
        ),
        "a ReplicationController is deleted": _deleted(1),
        "a ReplicationController without pods is deleted": _deleted(0),
        "a ReplicationController is deleted before its pods are ready": _deleted(1, pod=_GATED),
        "a ReplicationController is deleted, its pods stay": _deleted(1, " --cascade=orphan"),
        "a ReplicationController without pods is deleted in the foreground": _deleted(0, " --cascade=foreground"),
        "a gated ReplicationController is deleted in the foreground": _deleted(1, " --cascade=foreground", _GATED),
        "a namespace is deleted with a ReplicationController": whenever(replication_controller()),
        "a namespace is deleted with a ReplicationController without pods": scenario(
            within(replication_controller(0)), users=[[DELETED]]
        ),
    }
