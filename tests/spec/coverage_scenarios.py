"""Small scenarios that together make every rule fire and every machine take every arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from kubemodel.spec.environment import users
from kubemodel.spec.language.scenario import Scenario

from .container_scenarios import (
    begun,
    contained,
    critical,
    from_files,
    pressed,
    pulled,
    shut_down,
    silent,
    told_late,
    watched,
)
from .exploration import (
    PROBED,
    RECREATE,
    SPREAD,
    SPREADING,
    Data,
    autoscaler,
    bare_pod,
    budget,
    cron_job,
    daemon_set,
    deployment,
    job,
    loaded,
    needing,
    node,
    pod_spec,
    priority_class,
    quota,
    replica_set,
    rolling,
    scenario,
    stateful_set,
    updating,
    webhook,
)
from .indexed_scenarios import with_indexes
from .job_scenarios import gone
from .namespace_scenarios import emptied
from .replication_scenarios import replicated, replication_controller
from .service_scenarios import served
from .volume_scenarios import claimed

_V2 = pod_spec("web:2")
_NO_SURGE = rolling(0, 1)
_LARGE = pod_spec(container=needing("3"))
_GATED = pod_spec(schedulingGates=[{"name": "example.com/gate"}])
_ONCE = pod_spec(restartPolicy="Never")
_ONCE_PROBED = pod_spec(container=PROBED, restartPolicy="Never")
_FINALIZERS = ("example.com/held",)
_MAINTENANCE = {"key": "maintenance", "effect": "NoExecute"}
_FOR_A_WHILE = [{"key": "maintenance", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}]
_FOR_A_MINUTE = [{"key": "broken", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}]
_OUT_OF_SERVICE = {"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}
FURTHER_SCHEDULER = "packing"
"""Another scheduler, whose rules are those of kube-scheduler."""

_ENDURES = [{"key": "node.kubernetes.io/out-of-service", "operator": "Exists"}]


def _updated(before: Data, *after: Data, **settings: Any) -> Scenario:
    manifests = {f"{number}.yaml": [item] for number, item in enumerate(after)}
    return scenario(before, users=[[{"apply": path} for path in manifests]], applied=manifests, **settings)


def _acted_on(*objects: Data, todo: Sequence[Mapping[str, str]], **settings: Any) -> Scenario:
    """A user acts while the cluster is still busy with what it was given."""
    return scenario(*objects, users=[list(todo)], start="created", **settings)


def _then(wanted: Scenario, *actions: users.Action) -> Scenario:
    """The scenario, in which the user goes on with actions that no manifest can say."""
    (todo,) = wanted.users
    return attrs.evolve(wanted, users=((*todo, *actions),))


def _made_by_hand(wanted: Scenario) -> Scenario:
    """The scenario with Node objects that a user created, so that no kubelet has posted anything yet."""
    nodes = tuple(
        attrs.evolve(setup, node=attrs.evolve(setup.node, status=attrs.evolve(setup.node.status, conditions=())))
        for setup in wanted.nodes
    )
    return attrs.evolve(wanted, nodes=nodes)


def _silenced() -> Mapping[str, Scenario]:
    """Nodes that go silent, and come back."""
    return {
        "a node crashes": scenario(deployment(), nodes=2, faults={"node-crash": 1}),
        "everything happens to the only node": scenario(
            deployment(), faults={"node-crash": 1, "link-cut": 1, "kubelet-crash": 1}
        ),
        "a node that is cut off is deleted": scenario(
            bare_pod(_ONCE_PROBED),
            nodes=2,
            faults={"link-cut": 1, "container-completion": 1},
            users=[[{"delete": "node/node-1"}]],
            start="created",
        ),
        "a finished pod is on a node that crashes": scenario(
            bare_pod(_ONCE),
            nodes=2,
            faults={"node-crash": 1, "container-completion": 1, "container-exit": 1},
        ),
        "all nodes are cut off at once": scenario(bare_pod(), nodes=2, faults={"control-plane-cut": 1}),
        "a watch breaks, another event is lost": scenario(
            replica_set(),
            lag={"replicaset-controller": {"Pod": 1}},
            faults={"watch-break": 1, "watch-event-lost": 1},
        ),
        "containers keep ending, and wait longer each time": scenario(
            bare_pod(),
            start="created",
            faults={"container-exit": 7, "kubelet-crash": 1},
            users=[[{"delete": "pod/web"}]],
            switches={"crash-back-off": "doubling"},
        ),
        "a slow watch ends, and its client starts again": scenario(
            replica_set(),
            lag={"replicaset-controller": {"Pod": 2}},
            slow=["replicaset-controller/Pod"],
            faults={"watch-end": 1, "controller-manager-crash": 1},
            properties=["watch-no-gap-no-reorder", "bookmark-sound"],
        ),
        "a request is lost, and a reply": scenario(replica_set(), faults={"request-lost": 1, "reply-lost": 1}),
        "the API cannot be reached for a while": scenario(
            replica_set(), faults={"api-server-down": 1, "etcd-member-down": 3}
        ),
        "instances of kube-apiserver go for longer than their leases live": scenario(
            deployment(0),
            apiServers=2,
            faults={"api-server-down": 2},
            properties=["kubernetes-service-lists-running-servers", "kubernetes-service-never-empty"],
        ),
        "etcd has no space left": scenario(replica_set(), start="created", faults={"etcd-space-exhausted": 1}),
        "leaders change": scenario(
            replica_set(0),
            candidates={"kube-controller-manager": 2},
            faults={"leader-pause": 2, "clock-skew": 1, "controller-manager-crash": 1},
        ),
        "nodes register": scenario(deployment(), registered=False),
        "a node that is hardly registered is cut off and deleted": scenario(
            deployment(0),
            nodes=2,
            registered=False,
            faults={"link-cut": 1},
            users=[[{"delete": "node/node-1"}]],
            start="created",
        ),
        "a node made by hand never reports": _made_by_hand(
            _acted_on(deployment(0), todo=[{"delete": "node/node-1"}], nodes=2, faults={"link-cut": 1})
        ),
        "a node is out of service": scenario(
            deployment(1, pod_spec(tolerations=_ENDURES)),
            nodes=[node("node-1", taints=[_OUT_OF_SERVICE])],
            faults={"node-crash": 1},
            users=[[{"delete": "pod/web"}]],
            start="created",
        ),
        "a pod may stay for a while": scenario(
            bare_pod(pod_spec(tolerations=_FOR_A_WHILE)), nodes=[node("node-1", taints=[_MAINTENANCE])]
        ),
        "a pod may stay for a while, or for another while": _acted_on(
            bare_pod(
                pod_spec(tolerations=[*_FOR_A_WHILE, {**_FOR_A_WHILE[0], "key": "broken", "tolerationSeconds": 60}])
            ),
            todo=[{"taint": "node-1 broken=yes:NoExecute"}, {"taint": "node-1 broken:NoExecute-"}],
            nodes=[node("node-1", taints=[_MAINTENANCE])],
        ),
        "evictions are queued by name": scenario(
            stateful_set(pod=pod_spec(tolerations=[{**_FOR_A_WHILE[0], "tolerationSeconds": 60}])),
            nodes=[node("node-1", taints=[_MAINTENANCE])],
            switches={"eviction-queue-key": "name"},
        ),
        "a pod is put where it may not stay": scenario(
            bare_pod(pod_spec(nodeName="node-1")), nodes=[node("node-1", taints=[_MAINTENANCE])]
        ),
    }


def _ended() -> Mapping[str, Scenario]:
    """Pods that end, and are ended."""
    return {
        "containers end": scenario(deployment(), faults={"container-exit": 2}),
        "a pod ends once for all": _acted_on(
            bare_pod(_ONCE),
            todo=[{"delete": "pod/web"}],
            faults={"container-exit": 1, "container-completion": 1},
        ),
        "a probed pod ends once for all": scenario(
            bare_pod(_ONCE_PROBED), faults={"container-exit": 1, "container-completion": 1}
        ),
        "an application stops answering": scenario(
            deployment(1, pod_spec(container=PROBED)),
            faults={"probe-failure": 1, "kubelet-crash": 1},
            alsoCheck=["deployment-min-serving"],
        ),
        "a pod is deleted while its kubelet is down": _acted_on(
            deployment(), todo=[{"delete": "pod/web"}], faults={"kubelet-crash": 1}
        ),
        "a pod is deleted by force": _acted_on(
            bare_pod(pod_spec(container=PROBED)),
            todo=[{"delete": "pod/web"}, {"force-delete": "pod/web"}],
            faults={"kubelet-crash": 1},
        ),
        "a pod is deleted by force at once": _acted_on(
            bare_pod(pod_spec(container=PROBED)), todo=[{"force-delete": "pod/web"}], faults={"kubelet-crash": 1}
        ),
        "a pod without node is held by a finalizer": _acted_on(
            bare_pod(_GATED, finalizers=_FINALIZERS), todo=[{"delete": "pod/web"}]
        ),
        "an adopted pod without node is held by a finalizer": scenario(
            replica_set(0), bare_pod(_GATED, finalizers=_FINALIZERS)
        ),
        "a probed rollout shrinks": _acted_on(deployment(1, pod_spec(container=PROBED)), todo=[{"scale": "web=0"}]),
        "an application ends while its rollout shrinks": scenario(
            deployment(), faults={"container-exit": 1}, users=[[{"scale": "web=0"}]]
        ),
    }


def _preempted() -> Mapping[str, Scenario]:
    """A pod makes others go."""
    low = replica_set(1, pod_spec(container={**needing("3"), **PROBED}), "low", "low")
    urgent = replica_set(1, pod_spec(container=needing("3"), priorityClassName="urgent"), "urgent", "urgent")
    classes = (priority_class("urgent", 1000), priority_class("middling", 10))
    middling = bare_pod(pod_spec(container=needing("3"), priorityClassName="middling"), "middling", "middling")
    return {
        "a pod makes another go": scenario(*classes, low, urgent),
        "a pod makes another go, and the scheduler crashes": scenario(
            *classes, bare_pod(_LARGE), urgent, faults={"scheduler-crash": 1}
        ),
        "a pod makes another go against a budget": scenario(
            *classes, replica_set(1, _LARGE, "low"), urgent, budget(minAvailable=1)
        ),
        "a pod makes another go that had made one go": scenario(*classes, bare_pod(_LARGE), middling, urgent),
        "nodes are chosen as the default profile does": scenario(
            deployment(2), nodes=2, switches={"scoring": "default-profile"}
        ),
    }


def _queued() -> Mapping[str, Scenario]:
    """Pods that wait for a node."""
    return {
        "everything fits": scenario(deployment(2), nodes=2),
        "nodes are chosen by score": scenario(deployment(2), nodes=2, switches={"scoring": "least-allocated"}),
        "gated pods go": _acted_on(deployment(1, _GATED), todo=[{"scale": "web=0"}]),
        "gated pods are deleted": _acted_on(deployment(1, _GATED), todo=[{"delete": "pod/web"}]),
        "a pod waits for a node, and its owner lets it go": _acted_on(
            deployment(), todo=[{"cordon": "node-1"}, {"uncordon": "node-1"}, {"scale": "web=0"}]
        ),
        "a pod waits for a node and is deleted": _acted_on(
            deployment(), todo=[{"cordon": "node-1"}, {"uncordon": "node-1"}, {"delete": "pod/web"}]
        ),
        "a pod waits for a node while the scheduler crashes": _acted_on(
            deployment(), todo=[{"cordon": "node-1"}, {"uncordon": "node-1"}], faults={"scheduler-crash": 1}
        ),
        "two schedulers share a node": scenario(
            priority_class("high", 9),
            bare_pod(_LARGE, "first"),
            bare_pod({**_LARGE, "schedulerName": FURTHER_SCHEDULER, "priorityClassName": "high"}),
            start="created",
            schedulers={FURTHER_SCHEDULER: {}},
        ),
        "the scheduler sees late": scenario(deployment(), lag={"kube-scheduler": {"Pod": 1}}),
        "the scheduler sees late and crashes": scenario(
            deployment(), lag={"kube-scheduler": {"Pod": 1}}, faults={"scheduler-crash": 1}
        ),
    }


def _rolled_out() -> Mapping[str, Scenario]:
    """Rollouts."""
    return {
        "a rolling update": _updated(deployment(2), deployment(2, _V2)),
        "a rolling update without surge": _updated(
            deployment(1, _LARGE, strategy=_NO_SURGE),
            deployment(1, pod_spec("web:2", needing("3")), strategy=_NO_SURGE),
        ),
        "an update is taken back": _updated(deployment(), deployment(1, _V2), deployment()),
        "an update by Recreate is taken back": _updated(
            deployment(strategy=RECREATE), deployment(1, _V2, strategy=RECREATE), deployment(strategy=RECREATE)
        ),
        "pods have to be ready for a while": scenario(
            deployment(1, pod_spec(container=PROBED), minReadySeconds=20), faults={"probe-failure": 1}
        ),
        "an update leaves no history": _updated(deployment(), deployment(1, _V2, revisionHistoryLimit=0)),
        "an update of nothing": _updated(deployment(0), deployment(0, _V2)),
        "a rollout is scaled": _updated(deployment(), deployment(2, _V2)),
        "a ReplicaSet names the node of its pods": scenario(replica_set(1, pod_spec(nodeName="node-1"))),
        "a ReplicaSet is adopted": scenario(deployment(), replica_set()),
        "a pod is adopted": scenario(replica_set(), bare_pod()),
        "the controllers crash": scenario(deployment(), faults={"controller-manager-crash": 1}),
        "a user deletes a pod first, so that its controller waits in vain": _acted_on(
            replica_set(0),
            bare_pod(pod_spec(nodeName="node-1"), "one"),
            bare_pod(pod_spec(nodeName="node-1"), "two"),
            todo=[{"delete": "pod/one"}],
            faults={"link-cut": 1},
        ),
        "a rollout is paused, scaled, resumed": _acted_on(
            deployment(), todo=[{"pause": "web"}, {"scale": "web=2"}, {"resume": "web"}]
        ),
        "a Deployment is deleted": _acted_on(deployment(), todo=[{"delete": "deployment/web"}]),
        "a Deployment is deleted and applied again": _updated_after_deletion(),
        "a Deployment that is held is deleted": _then(
            _acted_on(deployment(finalizers=_FINALIZERS), todo=[{"delete": "deployment/web"}]), users.release("web")
        ),
        "a rollout without progress is paused": _acted_on(
            deployment(1, _GATED), todo=[{"pause": "web"}, {"resume": "web"}, {"delete": "deployment/web"}]
        ),
        "a rollout without progress is paused and deleted": _acted_on(
            deployment(1, _GATED), todo=[{"pause": "web"}, {"delete": "deployment/web"}]
        ),
        "a held rollout without progress is deleted": _acted_on(
            deployment(1, _GATED, finalizers=_FINALIZERS), todo=[{"delete": "deployment/web"}]
        ),
        "a held and paused rollout is deleted": _acted_on(
            deployment(1, _GATED, finalizers=_FINALIZERS), todo=[{"pause": "web"}, {"delete": "deployment/web"}]
        ),
    }


def _updated_after_deletion() -> Scenario:
    return scenario(
        deployment(),
        users=[[{"delete": "deployment/web"}, {"apply": "again.yaml"}]],
        applied={"again.yaml": [deployment()]},
    )


def _daemons() -> Mapping[str, Scenario]:
    """DaemonSets."""
    probed, pinned = pod_spec(container=PROBED), pod_spec(container=needing("3"), nodeName="node-1")
    return {
        "a DaemonSet is updated while its pod starts": _updated(
            daemon_set(probed), daemon_set(pod_spec("web:2", PROBED)), start="created"
        ),
        "a DaemonSet is updated node by node": _updated(daemon_set(), daemon_set(_V2), nodes=2),
        "a DaemonSet is updated with surge": _updated(
            daemon_set(**updating(1, 0)), daemon_set(_V2, **updating(1, 0)), nodes=2
        ),
        "a DaemonSet gets other limits": _updated(daemon_set(), daemon_set(**updating(0, "100%"))),
        "a DaemonSet that waits for users is updated": _updated(
            daemon_set(), daemon_set(_V2, updateStrategy={"type": "OnDelete"})
        ),
        "gated daemon pods are updated": _updated(
            daemon_set(_GATED), daemon_set(pod_spec("web:2", schedulingGates=[{"name": "example.com/gate"}]))
        ),
        "gated daemon pods are held by a finalizer": _updated(
            daemon_set(_GATED, finalizers=_FINALIZERS), daemon_set(_GATED)
        ),
        "a daemon pod waits for room and is updated": scenario(
            daemon_set(_LARGE),
            bare_pod(pod_spec(container=needing("3"), nodeName="node-1"), app="other"),
            users=[[{"delete": "pod/web"}, {"apply": "0.yaml"}]],
            applied={"0.yaml": [daemon_set(pod_spec("web:2", needing("3")))]},
        ),
        "a daemon pod is rejected by the kubelet": scenario(daemon_set(pinned), bare_pod(pinned, app="other")),
        "a node with a daemon pod crashes": scenario(daemon_set(), nodes=2, faults={"node-crash": 1}),
        "a user deletes a daemon pod first, so that its controller waits in vain": scenario(
            daemon_set(),
            nodes=2,
            users=[[{"apply": "0.yaml"}, {"delete": "pod/agent"}]],
            properties=["daemonset-one-per-node"],
            applied={"0.yaml": [daemon_set(pod_spec(nodeSelector={"disk": "none"}))]},
            faults={"link-cut": 1},
        ),
    }


def _stateful() -> Mapping[str, Scenario]:
    """StatefulSets."""
    parallel: Mapping[str, Any] = {"podManagementPolicy": "Parallel"}
    probed, pinned = pod_spec(container=PROBED), pod_spec(container=needing("3"), nodeName="node-1")
    other_gate = pod_spec("web:2", schedulingGates=[{"name": "example.com/gate"}])
    return {
        "a StatefulSet is updated, and put back on the way": scenario(
            stateful_set(2),
            users=[[{"apply": "1.yaml"}, {"apply": "0.yaml"}]],
            applied={"0.yaml": [stateful_set(2)], "1.yaml": [stateful_set(2, _V2)]},
        ),
        "a StatefulSet is updated while its pods start": _updated(
            stateful_set(2, probed, **parallel),
            stateful_set(2, pod_spec("web:2", PROBED), **parallel),
            start="created",
        ),
        "a StatefulSet is scaled": scenario(
            stateful_set(2), users=[[{"scale": "statefulset/db=0"}, {"scale": "statefulset/db=2"}]]
        ),
        "gated stateful pods are updated": _updated(
            stateful_set(1, _GATED, **parallel), stateful_set(1, other_gate, **parallel)
        ),
        "gated stateful pods are held by a finalizer": _updated(
            stateful_set(1, _GATED, finalizers=_FINALIZERS), stateful_set(0, _GATED)
        ),
        "a stateful pod waits for room and is updated": scenario(
            stateful_set(1, _LARGE, **parallel),
            bare_pod(pod_spec(container=needing("3"), nodeName="node-1"), app="other"),
            users=[[{"delete": "pod/web"}, {"apply": "0.yaml"}]],
            applied={"0.yaml": [stateful_set(1, pod_spec("web:2", needing("3")), **parallel)]},
        ),
        "a stateful pod is rejected by the kubelet": scenario(stateful_set(1, pinned), bare_pod(pinned, app="other")),
        "a node with a stateful pod is cut off, and the pod deleted by force": scenario(
            stateful_set(), nodes=2, faults={"link-cut": 1}, users=[[{"force-delete": "pod/db-0"}]]
        ),
        "a drained stateful pod is deleted, and the next one waits for a node": scenario(
            stateful_set(), users=[[{"drain": "node-1"}], [{"delete": "pod/db-0"}, {"uncordon": "node-1"}]]
        ),
        "a drained stateful pod is updated to one that is gated": scenario(
            stateful_set(),
            nodes=2,
            users=[[{"drain": "node-1"}], [{"apply": "0.yaml"}]],
            applied={"0.yaml": [stateful_set(1, _GATED)]},
        ),
        "a kubelet restarts and lists from an API server that is behind": scenario(
            stateful_set(),
            nodes=2,
            users=[[{"delete": "pod/db-0"}]],
            faults={"kubelet-crash": 1},
            lag={"kube-apiserver-2": {"Pod": 3}},
        ),
        "the controller of a StatefulSet sees late": scenario(
            stateful_set(2), lag={"statefulset-controller": {"Pod": 1}}, users=[[{"delete": "pod/db-0"}]]
        ),
    }


def _worked() -> Mapping[str, Scenario]:
    """Jobs."""
    doubtful = job(2, pod_spec(container=PROBED), parallelism=2, backoffLimit=0)
    return {
        "a Job completes": scenario(job(2, parallelism=2)),
        "a Job names the node of its pods": scenario(job(1, pod_spec(nodeName="node-1"))),
        "a Job is a queue": scenario(job(None, parallelism=2)),
        "a pod of a Job fails": scenario(job(), faults={"container-exit": 1}),
        "a pod of a Job is started again": scenario(
            job(1, pod_spec(restartPolicy="OnFailure"), backoffLimit=1), faults={"container-exit": 1}
        ),
        "a Job fails": scenario(doubtful, faults={"container-exit": 1}),
        "a Job fails while a pod of it waits for a node": _acted_on(
            doubtful, todo=[{"cordon": "node-1"}, {"uncordon": "node-1"}], faults={"container-exit": 1}
        ),
        "a pod is flushed out of the queue": scenario(
            bare_pod(_LARGE, name="first"),
            bare_pod(_LARGE),
            users=[[{"delete": "pod/first"}]],
            start="created",
            switches={"queueing-hints": "missed"},
        ),
        "the scheduler's requests are lost, time and again": scenario(
            bare_pod(), faults={"request-lost": 5}, start="created", switches={"scheduling-back-off": "doubling"}
        ),
        **{
            f"a pod finds room before its back-off is over, or after it, {told}": scenario(
                bare_pod(_LARGE, name="first"),
                bare_pod(_LARGE),
                users=[[{"delete": "pod/first"}]],
                start="created",
                switches={"scheduling-back-off": "doubling", "pop-from-back-off": early},
            )
            for told, early in (("and is taken early", "on"), ("and waits for it", "off"))
        },
        "a pod finds room, and loses it again, time and again": _acted_on(
            bare_pod(),
            todo=[{verb: "node-1"} for verb in ("cordon", *("uncordon", "cordon") * 5)],
            nodes=1,
            switches={"scheduling-back-off": "doubling"},
        ),
        "a pod takes too long": scenario(bare_pod(pod_spec(activeDeadlineSeconds=30))),
        "a pod of a Job takes too long": scenario(
            job(1, pod_spec(activeDeadlineSeconds=30), backoffLimit=0), slow=["container-runtime"]
        ),
        "a Job takes too long": scenario(job(2, _GATED, parallelism=2, activeDeadlineSeconds=30)),
        "a Job is suspended": scenario(job(suspend=True)),
        "the controller of a Job crashes": scenario(job(2), faults={"controller-manager-crash": 1}),
        "the controller of a Job sees late": scenario(job(2), lag={"job-controller": {"Pod": 1}}),
        "the controller of a Job sees late and crashes": scenario(
            job(), lag={"job-controller": {"Pod": 1}}, faults={"controller-manager-crash": 1}
        ),
        "a user deletes a pod of a Job": _acted_on(job(), todo=[{"delete": "pod/work"}]),
    }


def _collected() -> Mapping[str, Scenario]:
    """What is left of an owner that is deleted."""
    delete, old = {"delete": "deployment/web"}, {"delete": "replicaset/web-old"}

    def by(action: Mapping[str, str], policy: str) -> Mapping[str, str]:
        return {"delete": f"{action['delete']} --cascade={policy}"}

    return {
        "a Deployment without pods is deleted": scenario(deployment(0), users=[[delete]]),
        "a Deployment of gated pods is deleted": _acted_on(deployment(1, _GATED), todo=[delete]),
        "a Deployment is deleted while its pod waits for a node": _acted_on(
            deployment(), todo=[{"cordon": "node-1"}, {"uncordon": "node-1"}, delete]
        ),
        "a Deployment is deleted before it is ready": _acted_on(
            deployment(1, pod_spec(container=PROBED)), todo=[delete]
        ),
        "a Deployment is deleted in the foreground": scenario(deployment(2), users=[[by(delete, "foreground")]]),
        "a Deployment is deleted, its ReplicaSets stay": scenario(deployment(), users=[[by(delete, "orphan")]]),
        "a ReplicaSet is deleted": _acted_on(replica_set(1), todo=[old]),
        "a ReplicaSet without pods is deleted": scenario(replica_set(0), users=[[old]]),
        "a ReplicaSet is deleted in the foreground": _acted_on(replica_set(1), todo=[by(old, "foreground")]),
        "a ReplicaSet is deleted, its pods stay": _acted_on(replica_set(2), todo=[by(old, "orphan")]),
        "a ReplicaSet is deleted with a pod that a finalizer holds": scenario(
            replica_set(2), bare_pod(_GATED, finalizers=_FINALIZERS), users=[[old]]
        ),
        "a ReplicaSet is deleted with pods that have ended": scenario(
            replica_set(1),
            bare_pod(_ONCE),
            faults={"container-exit": 1, "container-completion": 1},
            users=[[old]],
        ),
    }


def _admitted() -> Mapping[str, Scenario]:
    """What admission looks at besides the new object."""
    small = quota(pods="1")
    return {
        "a quota leaves room for one pod at a time": scenario(
            deployment(1, strategy=_NO_SURGE),
            small,
            users=[[{"apply": "0.yaml"}]],
            applied={"0.yaml": [deployment(1, _V2, strategy=_NO_SURGE)]},
        ),
        "a quota is as large as a Deployment that shrinks": _acted_on(
            deployment(2), quota(pods="2"), todo=[{"scale": "web=1"}]
        ),
        "a quota is used up by pods that nobody created": scenario(bare_pod(name="one"), bare_pod(name="two"), small),
        "a quota is used up by a daemon pod": scenario(daemon_set(), small),
        "a quota is used up by a Job": scenario(job(), small),
        "finished pods are not kept": scenario(
            bare_pod(_ONCE), faults={"container-completion": 1}, switches={"finished-pods-kept": "0"}
        ),
        "a Job counts the pods that exist": scenario(
            job(2), switches={"job-tracking": "by-pods"}, properties=["job-eventually-finished"]
        ),
        "a ServiceAccount is deleted": _acted_on(deployment(), todo=[{"delete": "serviceaccount/default/default"}]),
        "the pod behind a webhook is deleted": _acted_on(bare_pod(), *webhook(), todo=[{"delete": "pod/web"}]),
    }


def _drained() -> Mapping[str, Scenario]:
    """Nodes that users drain, or taint."""
    drain = [{"drain": "node-1"}]
    return {
        "a node is drained": scenario(deployment(2), budget(minAvailable=1), nodes=2, users=[drain]),
        "a node is drained of pods that start": _acted_on(
            deployment(1, pod_spec(container=PROBED)), budget(minAvailable=0), nodes=2, todo=drain
        ),
        "a node is drained without budgets": _acted_on(deployment(1, pod_spec(container=PROBED)), nodes=2, todo=drain),
        "a node is drained of pods that have ended": _acted_on(
            bare_pod(_ONCE), todo=drain, faults={"container-exit": 1, "container-completion": 1}
        ),
        "a node is drained slowly": scenario(
            replica_set(), budget(minAvailable=0), nodes=2, users=[drain], time="asynchronous"
        ),
        "a pod that waits for its eviction is deleted": scenario(
            deployment(1), budget(minAvailable=1), nodes=2, users=[drain, [{"delete": "pod/web"}]]
        ),
        "a drain fails because of a pod without controller": _acted_on(bare_pod(), todo=drain),
        "a descheduler removes duplicates": scenario(
            replica_set(2), nodes=2, descheduler={"strategies": ["RemoveDuplicates"]}
        ),
        "a descheduler spreads pods": scenario(replica_set(2, pod_spec(**SPREAD)), nodes=2, descheduler=SPREADING),
        "a node is tainted": scenario(
            deployment(1), users=[[{"taint": "node-1 down=yes:NoExecute"}, {"taint": "node-1 down-"}]]
        ),
    }


def _autoscaled() -> Mapping[str, Scenario]:
    """HorizontalPodAutoscalers."""
    at_once = {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}
    slowly = {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}
    busy_at_first = {"load": {"web": {"load": {"byPodAge": [{"usage": 20, "seconds": 120}, {"usage": 5}]}}}}
    kept = autoscaler(1, 1, **at_once)
    return {
        "an autoscaler keeps to its bounds": scenario(deployment(), autoscaler(2, 3)),
        "load rises and falls": scenario(deployment(), autoscaler(), **loaded(5, 20, 5)),
        "load rises and falls, and behavior says how": scenario(
            deployment(),
            autoscaler(behavior={"scaleUp": slowly, "scaleDown": {"stabilizationWindowSeconds": 120, **slowly}}),
            **loaded(5, 20, 5),
        ),
        "pods are busy at first": scenario(deployment(), autoscaler(), **busy_at_first),
        "load falls on a ReplicaSet": scenario(
            replica_set(), autoscaler(kind="ReplicaSet", name="web-old"), **loaded(20, 5)
        ),
        "an autoscaler looks at any moment": scenario(
            replica_set(),
            autoscaler(kind="ReplicaSet", name="web-old", **at_once),
            **loaded(20, 5),
            time="asynchronous",
        ),
        "load rises and falls on a StatefulSet": scenario(
            stateful_set(), autoscaler(kind="StatefulSet", name="db"), **loaded(5, 20, 5)
        ),
        "load rises and falls on a ReplicationController": scenario(
            replication_controller(1), autoscaler(kind="ReplicationController", name="old"), **loaded(5, 20, 5)
        ),
        **{
            f"an autoscaler looks at a {kind} at any moment": scenario(
                item, autoscaler(kind=kind, name=name, **at_once), **loaded(20, 5), time="asynchronous"
            )
            for kind, name, item in (
                ("StatefulSet", "db", stateful_set()),
                ("ReplicationController", "old", replication_controller(1)),
            )
        },
        "a target was scaled to zero": scenario(deployment(0), autoscaler()),
        "a target is scaled to zero": _acted_on(deployment(), kept, todo=[{"scale": "web=0"}]),
        "a target that shall grow is scaled to zero": _acted_on(
            deployment(), autoscaler(2, 2), todo=[{"scale": "web=0"}]
        ),
        "a target is scaled up from zero": scenario(
            deployment(0), autoscaler(**at_once), users=[[{"scale": "web=1"}]], **loaded(20)
        ),
        "a target is scaled to zero and back": scenario(
            deployment(), kept, users=[[{"scale": "web=0"}, {"scale": "web=1"}]], **loaded(5)
        ),
        "the only pod that is metered is deleted": scenario(
            deployment(), kept, users=[[{"delete": "pod/web"}]], **loaded(5)
        ),
    }


def _scheduled() -> Mapping[str, Scenario]:
    """CronJobs."""
    fragile = job(1, backoffLimit=0)
    return {
        "a CronJob keeps one Job that succeeded": scenario(cron_job(successfulJobsHistoryLimit=1)),
        "a CronJob forbids two Jobs at once": scenario(cron_job("Forbid")),
        "a CronJob replaces Jobs": scenario(cron_job("Replace")),
        "a CronJob keeps no Job that failed": scenario(
            cron_job("Replace", fragile, failedJobsHistoryLimit=0), faults={"container-exit": 1}
        ),
        "a CronJob replaces Jobs that are suspended": scenario(cron_job("Replace", job(1, suspend=True))),
        "a CronJob misses its time": scenario(cron_job("Forbid", job(1, _GATED), startingDeadlineSeconds=30)),
        "the controller of a CronJob crashes": scenario(
            cron_job(), faults={"controller-manager-crash": 1}, scheduledTimes=1
        ),
    }


SCENARIOS: Mapping[str, Scenario] = {
    **served(),
    **emptied(),
    **replicated(),
    **gone(),
    **with_indexes(),
    **claimed(),
    **_worked(),
    **_scheduled(),
    **_drained(),
    **_collected(),
    **_autoscaled(),
    **_admitted(),
    **_queued(),
    **_preempted(),
    **_rolled_out(),
    **_ended(),
    **contained(),
    **begun(),
    **shut_down(),
    **silent(),
    **watched(),
    **pulled(),
    **from_files(),
    **pressed(),
    **told_late(),
    **critical(),
    **_silenced(),
    **_daemons(),
    **_stateful(),
}
"""All of them, by what happens in them."""
