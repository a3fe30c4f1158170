"""Scenarios of pods with several containers, for the tests of coverage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubemodel.spec.language.scenario import Scenario

from .exploration import PROBED, Data, bare_pod, deployment, job, needing, node, pod_spec, scenario, service

INIT: Data = {"name": "migrate", "image": "migrate:1"}
SIDECAR: Data = {"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"}
LOGS: Data = {"name": "logs", "image": "logs:1", "restartPolicy": "Always"}


def several(*init: Data, mains: tuple[str, ...] = ("web",), **spec: Any) -> Data:
    """A pod spec with these init containers, and main containers of these names."""
    containers = [{"name": name, "image": f"{name}:1"} for name in mains]
    return {"initContainers": list(init), "containers": containers, **spec}


_ASKED: Data = {"tcpSocket": {"port": 80}}
LIVELY: Data = {"livenessProbe": _ASKED}
"""Fields of a container with a liveness probe."""

SLOW: Data = {"startupProbe": _ASKED}
"""Fields of a container with a startup probe."""


def contained() -> Mapping[str, Scenario]:
    """Init containers, sidecars, several main containers."""
    two = several(mains=("web", "cache"))
    return {
        "an init container runs first": scenario(bare_pod(several(INIT)), start="created"),
        "init containers fail and are run again": scenario(
            bare_pod(several(INIT)), start="created", faults={"container-exit": 2}
        ),
        "an init container fails for good": scenario(
            bare_pod(several(SIDECAR, INIT, restartPolicy="Never")), start="created", faults={"container-exit": 1}
        ),
        "two containers end, each by itself": scenario(
            bare_pod(two), start="created", faults={"container-exit": 1, "container-completion": 1}
        ),
        "a pod with sidecars is deleted": scenario(
            deployment(1, several(SIDECAR, LOGS)), users=[[{"delete": "pod/web"}]]
        ),
        "a Job has a sidecar": scenario(job(1, several(SIDECAR))),
        "a kubelet crashes while init containers run": scenario(
            bare_pod(several(INIT, SIDECAR)),
            start="created",
            faults={"kubelet-crash": 1},
            users=[[{"delete": "pod/web"}]],
        ),
        "a node and a kubelet crash while init containers run": scenario(
            bare_pod(several(INIT, {**INIT, "name": "fill"})),
            start="created",
            faults={"node-crash": 1, "kubelet-crash": 1},
        ),
        "a node and a kubelet crash under several containers": scenario(
            bare_pod(several(INIT, mains=("web", "cache"))), faults={"node-crash": 1, "kubelet-crash": 1}
        ),
    }


def hooked(seconds: int = 0, **spec: Any) -> Data:
    """A pod spec with two main containers, of which the first has a postStart hook that sleeps."""
    hook = {"sleep": {"seconds": seconds}} if seconds else {"exec": {"command": ["fill-cache"]}}
    first = {"name": "cache", "image": "cache:1", "lifecycle": {"postStart": hook}}
    return {"containers": [first, {"name": "web", "image": "web:1"}], **spec}


def begun() -> Mapping[str, Scenario]:
    """postStart hooks."""
    crashes = {"kubelet-crash": 1, "node-crash": 1}
    return {
        "a postStart hook fails": scenario(
            bare_pod(hooked()), start="created", faults={"post-start-error": 2, "container-exit": 1}
        ),
        "a postStart hook sleeps, and is forgotten": scenario(
            bare_pod(hooked(5)), start="created", faults=crashes, users=[[{"delete": "pod/web"}]]
        ),
        "the hook of a single container fails": scenario(
            deployment(1, pod_spec(container={"lifecycle": {"postStart": {"exec": {"command": ["warm-up"]}}}})),
            start="created",
            faults={"post-start-error": 1},
        ),
    }


def watched() -> Mapping[str, Scenario]:
    """Startup and liveness probes."""
    return {
        "an application hangs, and its probes notice": scenario(
            deployment(1, pod_spec(container={**LIVELY, **PROBED})), faults={"application-hang": 2}
        ),
        "an application hangs as it starts": scenario(
            bare_pod(pod_spec(container={**SLOW, **LIVELY, **PROBED})), start="created", faults={"application-hang": 1}
        ),
        "a probed pod loses its node, its kubelet, its life": scenario(
            bare_pod(pod_spec(container={**SLOW, **LIVELY})),
            start="created",
            faults={"application-hang": 1, "node-crash": 1, "kubelet-crash": 1},
            users=[[{"delete": "pod/web"}]],
        ),
        "containers of a pod hang": scenario(
            bare_pod(
                {
                    "initContainers": [{**SIDECAR, **SLOW}],
                    "containers": [
                        {"name": "web", "image": "web:1", **LIVELY},
                        {"name": "cache", "image": "cache:1", **SLOW, **PROBED},
                    ],
                }
            ),
            start="created",
            faults={"application-hang": 1},
        ),
        "a sidecar hangs": scenario(
            bare_pod(several({**SIDECAR, **LIVELY, **SLOW, **PROBED}, INIT)),
            start="created",
            faults={"application-hang": 2, "container-exit": 1},
        ),
    }


def holding() -> Data:
    """A node that holds the image web:1."""
    empty = node("node-1")
    return {**empty, "status": {**empty["status"], "images": [{"names": ["web:1"], "sizeBytes": 1}]}}


def pulled() -> Mapping[str, Scenario]:
    """Images."""
    never = {"name": "web", "image": "web:2", "imagePullPolicy": "Never"}
    always = {"name": "web", "image": "web"}
    crashes = {"image-pull-error": 1, "node-crash": 1}
    return {
        "an image is pulled, and not at once": scenario(
            bare_pod(), start="created", faults=crashes, users=[[{"delete": "pod/web"}]]
        ),
        "an image is there": scenario(
            bare_pod(), nodes=[holding()], start="created", faults=crashes, users=[[{"delete": "pod/web"}]]
        ),
        "an image is pulled for every start": scenario(
            bare_pod({"containers": [always]}), faults={"image-pull-error": 1, "container-exit": 1}
        ),
        "an image may not be pulled": scenario(
            bare_pod({"containers": [never]}),
            bare_pod(pod_spec("web:2"), "other", "other"),
            nodes=[holding()],
            start="created",
            faults=crashes,
            users=[[{"delete": "pod/web"}]],
        ),
        "images of several containers are pulled": scenario(
            bare_pod(several(INIT)), start="created", faults={"image-pull-error": 1}
        ),
    }


def static_pod(name: str = "etcd-node-1", source: str = "file") -> Data:
    """A pod that the kubelet of node-1 has from a file, or by HTTP."""
    annotations = {"kubernetes.io/config.source": source}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "web"}, "annotations": annotations},
        "spec": {**pod_spec(), "nodeName": "node-1"},
    }


def from_files() -> Mapping[str, Scenario]:
    """Static pods."""
    only = ["mirror-reflects-static", "static-pod-outlives-mirror", "unmanaged-containers-untouched"]
    mirror = [[{"delete": "pod/etcd-node-1"}]]
    return {
        "a static pod is changed, and its mirror deleted": scenario(
            static_pod(),
            start="created",
            time="asynchronous",
            faults={"static-pod-changed": 2},
            users=mirror,
            properties=only,
        ),
        "a static pod is taken away, its kubelet and its node crash": scenario(
            static_pod(),
            start="created",
            faults={"static-pod-changed": 1, "static-pod-removed": 1, "kubelet-crash": 1, "node-crash": 1},
            properties=only,
        ),
        "a node is deleted that runs a static pod": scenario(
            static_pod(),
            start="created",
            faults={"kubelet-crash": 1},
            users=[[{"delete": "node/node-1"}]],
            properties=only,
        ),
        "a static pod runs on a node that is cut off": scenario(
            static_pod("proxy", "http"),
            start="created",
            faults={"link-cut": 1, "static-pod-removed": 1},
            properties=only,
        ),
    }


SOFT: Data = {"constants": {"eviction-soft-grace-period": 90, "eviction-max-pod-grace-period": 30}}
"""The setting of a scenario by which kubelets have soft eviction thresholds."""


def pressed() -> Mapping[str, Scenario]:
    """Nodes that run short of something."""
    burstable = {"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "2Gi"}}}
    return {
        "a node runs short of memory": scenario(bare_pod(), start="created", nodes=2, faults={"memory-pressure": 2}),
        "a node runs short of disk": scenario(
            bare_pod(pod_spec(container=burstable)), start="created", faults={"disk-pressure": 1}
        ),
        "a node runs short of memory, and of disk": scenario(
            bare_pod(), start="created", faults={"memory-pressure": 1, "disk-pressure": 1}
        ),
        "a node runs short of disk, and its images go": scenario(
            bare_pod(pod_spec(container=burstable)),
            start="created",
            nodes=[holding()],
            faults={"disk-pressure": 1, "image-pull-error": 1},
        ),
        "a node runs short of memory past a soft threshold": scenario(
            bare_pod(pod_spec(container={"lifecycle": {"preStop": {"sleep": {"seconds": 10}}}})),
            start="created",
            faults={"memory-pressure": 1, "kubelet-crash": 1},
            properties=["node-pressure-tainted"],
            **SOFT,
        ),
        "a node runs short of disk past a soft threshold": scenario(
            bare_pod(), start="created", faults={"disk-pressure": 1}, constants={"eviction-soft-grace-period": 90}
        ),
        "a node runs short of process ids, and a pod has sidecars": scenario(
            bare_pod(several(SIDECAR)), start="created", faults={"pid-pressure": 1}
        ),
    }


def told_late() -> Mapping[str, Scenario]:
    """What the container runtime does: sandboxes that go down, replies that are lost, containers that end in steps."""
    lost = {"cri-reply-lost": 1, "node-crash": 1, "kubelet-crash": 1}
    delete = [[{"delete": "pod/web"}]]
    return {
        "a sandbox goes down": scenario(bare_pod(), faults={"sandbox-exit": 2}),
        "a reply of containerd is lost": scenario(bare_pod(), start="created", faults={"cri-reply-lost": 1}),
        "a reply of CRI-O is lost": scenario(
            bare_pod(several(INIT)),
            start="created",
            faults={"cri-reply-lost": 1, "image-pull-error": 1},
            switches={"container-runtime": "cri-o"},
        ),
        "a reply of a runtime that reserves no names is lost": scenario(
            bare_pod(), start="created", faults=lost, users=delete, switches={"container-runtime": "unreserved"}
        ),
        "containers end in steps": scenario(
            bare_pod(pod_spec(container={"lifecycle": {"preStop": {"sleep": {"seconds": 10}}}})),
            start="created",
            faults={"node-crash": 1},
            users=delete,
            switches={"termination": "in-steps"},
        ),
        "containers without hook end in steps": scenario(
            deployment(),
            users=[[{"scale": "web=0"}], [{"force-delete": "pod/web"}]],
            switches={"termination": "in-steps"},
        ),
        "containers of a pod that is kept end in steps, at once": scenario(
            bare_pod(finalizers=["shop.example/keep"]),
            start="created",
            users=[[{"force-delete": "pod/web"}]],
            switches={"termination": "in-steps"},
        ),
    }


GRACEFUL: Data = {"constants": {"shutdown-grace-period": 30}}
"""The setting of a scenario by which nodes that are shut down wait for their kubelet."""


def with_agent() -> Scenario:
    """A pod, and a critical one behind the same Service, on a node that may be shut down."""
    agent = bare_pod(pod_spec(priorityClassName="system-node-critical"), "agent")
    return scenario(bare_pod(), agent, service(), start="created", faults={"node-shutdown": 1}, **GRACEFUL)


def silent() -> Mapping[str, Scenario]:
    """Container runtimes that answer nothing."""
    return {
        "a container runtime answers nothing": scenario(
            bare_pod(), start="created", faults={"runtime-silent": 1, "node-crash": 1}
        ),
    }


def shut_down() -> Mapping[str, Scenario]:
    """Nodes that are shut down."""
    return {
        "a node is shut down, and its pods end": scenario(bare_pod(), nodes=2, faults={"node-shutdown": 1}, **GRACEFUL),
        "a node with a critical pod is shut down": with_agent(),
        "a node is shut down that nobody reaches, or that has no kubelet": scenario(
            bare_pod(several(SIDECAR)),
            start="created",
            faults={"node-shutdown": 1, "link-cut": 1, "kubelet-crash": 1, "node-crash": 1},
            **GRACEFUL,
        ),
        "a node is shut down without grace": scenario(bare_pod(), start="created", faults={"node-shutdown": 1}),
        "a node with a static pod is shut down": scenario(
            static_pod(),
            start="created",
            faults={"node-shutdown": 1},
            properties=["static-pod-outlives-mirror", "unmanaged-containers-untouched"],
            **GRACEFUL,
        ),
    }


def crowded(**settings: Any) -> Scenario:
    """Two critical pods and another one are put on a node that has room for one of them."""

    def put(name: str, **spec: Any) -> Data:
        return bare_pod(pod_spec(container=needing("3"), nodeName="node-1", **spec), name, name)

    first, second = (put(name, priorityClassName="system-node-critical") for name in ("first", "second"))
    return scenario(put("web"), first, second, start="created", **settings)


def critical() -> Mapping[str, Scenario]:
    """Critical pods."""
    return {"critical pods need room": crowded()}
