"""Small scenarios of claims and volumes: a part of those that together make everything happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kubemodel.spec.language.scenario import Scenario

from .exploration import PROBED, Data, bare_pod, daemon_set, deployment, job, node, pod_spec, scenario, stateful_set
from .namespace_scenarios import within
from .replication_scenarios import replication_controller

ZONE = "topology.kubernetes.io/zone"
WAITS = "WaitForFirstConsumer"


def storage_class(binding: str = "Immediate", provisioner: str = "driver.example.com", *zones: str) -> Data:
    """The storage class disks."""
    allowed = [{"matchLabelExpressions": [{"key": ZONE, "values": list(zones)}]}] if zones else []
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "disks"},
        "provisioner": provisioner,
        "volumeBindingMode": binding,
        **({"allowedTopologies": allowed} if allowed else {}),
    }


BY_HAND = "kubernetes.io/no-provisioner"


def template(name: str = "data") -> Data:
    """A claim template of a StatefulSet."""
    resources = {"requests": {"storage": "1Gi"}}
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "disks", "resources": resources}
    return {"metadata": {"name": name}, "spec": spec}


def claiming(replicas: int = 1, pod: Data | None = None, *, policy: Sequence[str] = (), **spec: Any) -> Data:
    """The StatefulSet db, each of whose pods has a claim. ``policy``: whenDeleted and whenScaled."""
    retention = {"persistentVolumeClaimRetentionPolicy": dict(zip(("whenDeleted", "whenScaled"), policy, strict=False))}
    more = retention if policy else {}
    return stateful_set(replicas, pod, volumeClaimTemplates=[template()], **more, **spec)


def claim(name: str = "data-db-0", **spec: Any) -> Data:
    """A claim on a disk."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {**template()["spec"], **spec},
    }


def volume(name: str, zone: str = "", size: str = "1Gi", **spec: Any) -> Data:
    """A disk, in reach of a zone alone, or of every node."""
    terms = [{"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}]
    affinity = {"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}} if zone else {}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "storageClassName": "disks",
            "capacity": {"storage": size},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": f"/disks/{name}"},
            **affinity,
            **spec,
        },
    }


def zoned(*zones: str) -> list[Data]:
    """A node in each zone, called after it."""
    return [node(f"node-{zone}", labels={ZONE: zone}) for zone in zones]


SCALED = [[{"scale": "statefulset/db=0"}, {"scale": "statefulset/db=1"}]]
DELETED = [[{"delete": "statefulset/db"}]]


_DISKS = storage_class(WAITS)
_BY_HAND = storage_class(WAITS, BY_HAND)
_POD_CLAIMING = pod_spec(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}])
_NEW = pod_spec("web:2")
_KEPT, _GOES_WITH_SET, _GOES_WITH_POD = ("Retain", "Retain"), ("Delete", "Retain"), ("Retain", "Delete")
_FORCED = [[{"delete": "node/node-1"}], [{"delete": "pod/db-0"}]]


def whenever(*objects: Data, **settings: Any) -> Scenario:
    """What users do comes at any moment, and so does everything else."""
    return scenario(*objects, **{"start": "created", "time": "asynchronous", **settings})


def _made() -> Mapping[str, Scenario]:
    return {
        "a StatefulSet claims volumes that are made at once": scenario(claiming(), storage_class()),
        "a volume is made where the pod can run": scenario(
            claiming(), storage_class(WAITS, "driver.example.com", "a", "b"), nodes=zoned("a", "b")
        ),
        "a volume is found where the pod can run": scenario(claiming(), _BY_HAND, volume("disk"), volume("disk-2")),
        "the smallest of three volumes is found at once": scenario(
            claiming(), storage_class("Immediate", BY_HAND), volume("a"), volume("b"), volume("c", size="2Gi")
        ),
        "a node for which a volume is made is deleted": whenever(
            claiming(), _DISKS, nodes=2, users=[[{"delete": "node/node-1"}]], properties=["node-name-write-once"]
        ),
    }


def _given_up() -> Mapping[str, Scenario]:
    return {
        "claims go with their pods": scenario(claiming(policy=_GOES_WITH_POD), storage_class(), users=SCALED),
        "claims go with their pods at any moment": scenario(
            claiming(policy=_GOES_WITH_POD), storage_class(), users=SCALED, start="created"
        ),
        "claims stay": scenario(claiming(policy=_KEPT), storage_class(), users=SCALED),
        "claims go with their set": scenario(claiming(policy=_GOES_WITH_SET), storage_class(), users=DELETED),
        "a set goes, its pods and claims stay": scenario(
            claiming(policy=_GOES_WITH_SET), storage_class(), users=[[{"delete": "statefulset/db --cascade=orphan"}]]
        ),
        "a set goes after its pods": scenario(
            stateful_set(), users=[[{"delete": "statefulset/db --cascade=foreground"}]], start="created"
        ),
        "a user deletes a claim": whenever(
            claiming(),
            _DISKS,
            users=[[{"delete": "persistentvolumeclaim/data-db-0"}]],
            properties=["pvc-retained-by-default"],
        ),
    }


def _taken_back() -> Mapping[str, Scenario]:
    """Pods that wait for their volumes, and go."""
    followed: dict[str, Any] = {"switches": {"claims": "moving"}, "properties": ["node-name-write-once"]}
    given = (claim("data"), _DISKS)
    off = [[{"scale": "web=0"}]]
    return {
        "the scheduler crashes while a pod waits for its volume": scenario(
            bare_pod(_POD_CLAIMING), *given, faults={"scheduler-crash": 1}, **followed
        ),
        "a replica that waits for its volume goes": whenever(
            deployment(1, _POD_CLAIMING), *given, users=off, **followed
        ),
        "a user deletes a pod that waits for its volume": whenever(
            bare_pod(_POD_CLAIMING), *given, users=[[{"delete": "pod/web"}]], **followed
        ),
        "its Deployment goes while a pod waits for its volume": whenever(
            deployment(1, _POD_CLAIMING), *given, users=[[{"delete": "deployment/web"}]], **followed
        ),
        "an older replica that waits for its volume goes": whenever(
            replication_controller(1, _POD_CLAIMING),
            *given,
            users=[[{"scale": "replicationcontroller/old=0"}]],
            **followed,
        ),
        "a daemon that waits for its volume goes": whenever(
            daemon_set(_POD_CLAIMING),
            *given,
            users=[[{"apply": "0.yaml"}]],
            applied={"0.yaml": [daemon_set({**_POD_CLAIMING, **pod_spec("web:2")})]},
            **followed,
        ),
        "a Job is suspended while its pod waits for its volume": whenever(
            job(1, _POD_CLAIMING),
            *given,
            users=[[{"apply": "0.yaml"}]],
            applied={"0.yaml": [job(1, _POD_CLAIMING, suspend=True)]},
            **followed,
        ),
        "its namespace goes while a pod waits for its volume": whenever(
            *(within(item) for item in (bare_pod(_POD_CLAIMING), claim("data"))),
            _DISKS,
            users=[[{"delete": "namespace/shop"}]],
            **followed,
        ),
        "a pod of a StatefulSet that waits for its volume goes": whenever(
            claiming(), _DISKS, users=[[{"scale": "statefulset/db=0"}]], properties=["node-name-write-once"]
        ),
    }


_LOST: Data = {"faults": {"link-cut": 1}, "start": "created", "properties": ["volume-attached-to-one-node"]}
_BY_FORCE = [{"force-delete": "pod/db-0"}]


def _attached() -> Mapping[str, Scenario]:
    """Volumes that nodes have, and let go of, or do not."""
    rolled = {"users": [[{"apply": "0.yaml"}]], "applied": {"0.yaml": [deployment(1, {**_POD_CLAIMING, **_NEW})]}}
    return {
        "a rollout waits for a volume": scenario(
            deployment(1, _POD_CLAIMING),
            claim("data"),
            _DISKS,
            nodes=2,
            switches={"claims": "moving"},
            properties=["volume-attached-to-one-node"],
            **rolled,
        ),
        "a node is cut off that has a volume": scenario(claiming(), _DISKS, nodes=2, users=[_BY_FORCE], **_LOST),
        "a node is cut off that has a volume, and the controllers crash": scenario(
            claiming(), _DISKS, users=[_BY_FORCE], **{**_LOST, "faults": {"link-cut": 1, "controller-manager-crash": 1}}
        ),
    }


def claimed() -> Mapping[str, Scenario]:
    """Claims that are made, bound, kept and deleted; volumes that are found, made, released and deleted."""
    return {
        **_made(),
        **_given_up(),
        **_taken_back(),
        **_attached(),
        "a pod is put where its volume is not": scenario(
            bare_pod({**_POD_CLAIMING, "nodeName": "node-b"}),
            claim("data"),
            storage_class("Immediate", BY_HAND),
            volume("disk", "a"),
            nodes=zoned("a", "b"),
            switches={"claims": "moving"},
        ),
        "a node is deleted under a pod of a StatefulSet": scenario(
            stateful_set(1, pod_spec(container=PROBED)),
            nodes=2,
            faults={"node-crash": 1},
            users=_FORCED,
            start="created",
        ),
        "a node is deleted under a pod with a claim": scenario(
            claiming(), _DISKS, nodes=2, users=[[{"delete": "node/node-1"}]], start="created"
        ),
        "a node is deleted under a pod with a claim that goes with it": whenever(
            claiming(policy=_GOES_WITH_POD),
            _DISKS,
            nodes=2,
            users=[[{"delete": "node/node-1"}], SCALED[0]],
            switches={"attachments": "at-once"},
            properties=["node-name-write-once"],
        ),
        "a set is deleted at any moment": whenever(
            stateful_set(), users=[[{"apply": "0.yaml"}], *DELETED], applied={"0.yaml": [stateful_set(1, _NEW)]}
        ),
        "a set is orphaned at any moment": whenever(
            stateful_set(),
            users=[[{"apply": "0.yaml"}], [{"delete": "statefulset/db --cascade=orphan"}]],
            applied={"0.yaml": [stateful_set(1, _NEW)]},
        ),
    }
