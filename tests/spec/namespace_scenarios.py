"""Small scenarios of namespaces that are deleted: a part of those that together make everything happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from kubemodel.spec.environment import users
from kubemodel.spec.kinds import NAMESPACE
from kubemodel.spec.language.scenario import Scenario

from .exploration import (
    BY_NAME,
    CLIENT,
    PROBED,
    Data,
    autoscaler,
    bare_pod,
    budget,
    cron_job,
    daemon_set,
    deployment,
    dns_server,
    job,
    loaded,
    needing,
    pod_spec,
    quota,
    replica_set,
    scenario,
    service,
    stateful_set,
)

SHOP = "shop"
DELETED: Data = {"delete": "namespace/shop"}
_GATED = pod_spec(schedulingGates=[{"name": "example.com/gate"}])
_FINALIZERS = ("example.com/held",)
_LARGE = pod_spec(container=needing("3"))


def within(item: Data, finalizers: tuple[str, ...] = ()) -> Data:
    """The object in the namespace shop, held by finalizers."""
    more = {"finalizers": list(finalizers)} if finalizers else {}
    return {**item, "metadata": {**item["metadata"], "namespace": SHOP, **more}}


def namespace(*finalizers: str) -> Data:
    """The namespace shop."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SHOP, "finalizers": list(finalizers)}}


def deleted(*objects: Data, **settings: Any) -> Scenario:
    """A user deletes the namespace in which these objects are, at any moment."""
    return scenario(*map(within, objects), **{"users": [[DELETED]], "start": "created", **settings})


def whenever(*objects: Data, **settings: Any) -> Scenario:
    """The same, and its controller may look at them at any moment, too."""
    return deleted(*objects, time="asynchronous", **settings)


def _released(wanted: Scenario) -> Scenario:
    """The scenario, in which the user takes the namespace's own finalizers off at last."""
    (todo,) = wanted.users
    return attrs.evolve(wanted, users=((*todo, users.release(SHOP, NAMESPACE)),))


_ACCOUNT: Data = {"delete": "serviceaccount/shop/default"}
_ONCE = pod_spec(restartPolicy="Never")


def _updated(before: Data, after: Data, **settings: Any) -> Scenario:
    """A user applies a changed manifest, and another one deletes the namespace."""
    todo = [[{"apply": "0.yaml"}], [DELETED]]
    return whenever(before, users=todo, applied={"0.yaml": [within(after)]}, start="running", **settings)


def _with_rollouts() -> Mapping[str, Scenario]:
    return {
        "a namespace is deleted": scenario(within(deployment()), users=[[DELETED]]),
        "a namespace is deleted while its pods start": whenever(replica_set(1, pod_spec(container=PROBED))),
        "a namespace is deleted while a rollout begins": whenever(deployment(1, _GATED)),
        "a namespace is deleted with a paused rollout": scenario(
            within(deployment(0)), users=[[{"pause": "web"}, DELETED]]
        ),
        "a namespace is deleted with a paused rollout that a finalizer holds": scenario(
            within(deployment(0), _FINALIZERS), users=[[{"pause": "web"}, DELETED]]
        ),
        "a namespace is deleted with a Deployment that a finalizer holds": whenever(
            within(deployment(1, _GATED), _FINALIZERS)
        ),
        "a namespace is deleted with a complete rollout that a finalizer holds": scenario(
            within(deployment(0), _FINALIZERS), users=[[DELETED]]
        ),
        "a namespace is deleted with pods that wait for a node": whenever(
            replica_set(), users=[[{"cordon": "node-1"}, {"uncordon": "node-1"}, DELETED]]
        ),
    }


def _with_others() -> Mapping[str, Scenario]:
    gated = pod_spec("web:2", schedulingGates=[{"name": "example.com/gate"}])
    return {
        "a namespace is deleted with a DaemonSet": _updated(daemon_set(_GATED), daemon_set(gated)),
        "a namespace is deleted with daemon pods that run": scenario(within(daemon_set()), users=[[DELETED]]),
        "a namespace is deleted while daemon pods are created": whenever(daemon_set(_GATED)),
        "a namespace is deleted with a StatefulSet": _updated(stateful_set(1, _GATED), stateful_set(1, gated)),
        "a namespace is deleted with a StatefulSet that is ready": whenever(stateful_set()),
        "a namespace is deleted with a Job": whenever(job()),
        "a namespace is deleted with a Job that fails": whenever(job(1, backoffLimit=0), faults={"container-exit": 1}),
        "a namespace is deleted with a Job that is suspended": whenever(job(suspend=True)),
        "a namespace is deleted with a CronJob": deleted(cron_job(of=job(1, _GATED)), scheduledTimes=1),
        "a namespace is deleted with an account": scenario(
            within(deployment(0)), users=[[_ACCOUNT], [DELETED]], start="created"
        ),
        "a namespace is deleted with pods that have ended": deleted(
            bare_pod(_ONCE), faults={"container-exit": 1, "container-completion": 1}
        ),
    }


def _with_what_serves() -> Mapping[str, Scenario]:
    late = {"lag": {"endpointslice-controller": {"EndpointSlice": 1}}}
    slices = ["endpointslice-matches-pods", "namespace-empty-before-gone"]
    return {
        "a namespace is deleted with a quota": whenever(replica_set(1, _GATED), quota(pods="1")),
        "a namespace is deleted with a budget that allows evictions": scenario(
            within(replica_set(1)),
            within(budget(minAvailable=0)),
            users=[[{"drain": "node-1"}], [DELETED]],
            properties=["namespace-empty-before-gone"],
        ),
        "a namespace is deleted with a budget that allows none": whenever(
            replica_set(1, _GATED), budget(minAvailable=1), users=[[{"drain": "node-1"}], [DELETED]]
        ),
        "a namespace is deleted with an autoscaler": whenever(
            deployment(1, _GATED), autoscaler(), users=[[DELETED], [{"scale": "web=0"}]], **loaded(10, 20)
        ),
        "a namespace is deleted with an autoscaler that follows a load": scenario(
            within(deployment(1)),
            within(autoscaler()),
            users=[[DELETED]],
            properties=["namespace-empty-before-gone", "hpa-within-bounds"],
            **loaded(10, 20),
        ),
        "a namespace is deleted with a Service": whenever(bare_pod(pod_spec(container=PROBED)), service(), **CLIENT),
        "a namespace is deleted with a Service without pods": whenever(deployment(0), service(), properties=slices),
        "a namespace is deleted with slices that are seen late": deleted(
            bare_pod(), service(), properties=slices, **late
        ),
        "a namespace is deleted with a headless Service that a client looks up": scenario(
            within(bare_pod()), within(service(clusterIP="None")), *dns_server(), users=[[DELETED]], **BY_NAME
        ),
    }


def _held() -> Mapping[str, Scenario]:
    return {
        "a namespace is deleted with a pod that a finalizer holds": scenario(
            within(bare_pod(_GATED), _FINALIZERS), users=[[DELETED]]
        ),
        "a namespace is deleted, and an API can not be discovered": scenario(
            within(deployment(0)), users=[[DELETED]], faults={"aggregated-api-down": 1}
        ),
        "a namespace holds itself": _released(
            scenario(namespace(*_FINALIZERS), within(deployment(0)), users=[[DELETED]])
        ),
    }


def emptied() -> Mapping[str, Scenario]:
    """Namespaces that go away, and those that do not."""
    return {**_with_rollouts(), **_with_others(), **_with_what_serves(), **_held()}
