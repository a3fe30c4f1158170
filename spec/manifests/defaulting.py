"""What the API server fills in where a manifest is silent (kube-apiserver §7, controllers-workloads §2-7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Object = dict[str, Any]

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def with_defaults(data: Mapping[str, Any]) -> Object:
    """A copy of ``data`` with the API's defaults; applying it again changes nothing.

    Null entries of mappings are dropped, as Kubernetes reads them as absent. Kinds without defaults here come back as
    they are. Admission (default tolerations, priority, service account) is the API server's, not done here.
    """
    fill = _DEFAULTS.get((str(data.get("apiVersion")), str(data.get("kind"))))
    copy: Object = _copied(data, keep_nulls=fill is None)
    if fill is not None:
        fill(copy)
    return copy


def default_image_pull_policy(image: str) -> str:
    """Always for the tag ``latest``, given or implied; IfNotPresent for another tag or a digest (kube-apiserver §7)."""
    name, at, _ = image.partition("@")
    _, colon, tag = name.rpartition("/")[2].partition(":")
    return "Always" if tag == "latest" or not (at or colon) else "IfNotPresent"


def _copied(value: Any, keep_nulls: bool) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item, keep_nulls) for key, item in value.items() if keep_nulls or item is not None}
    return [_copied(item, keep_nulls) for item in value] if isinstance(value, list) else value


def _fill(target: Object, **defaults: Any) -> None:
    for key, value in defaults.items():
        target.setdefault(key, value)


def _in_namespace(data: Object) -> Object:
    """Fill in the namespace (``default``); answers the object's spec."""
    metadata = data.setdefault("metadata", {})
    metadata["namespace"] = metadata.get("namespace") or "default"
    spec: Object = data.setdefault("spec", {})
    return spec


def _pod_spec(spec: Object) -> None:
    _fill(
        spec,
        restartPolicy="Always",
        terminationGracePeriodSeconds=30,
        dnsPolicy="ClusterFirst",
        schedulerName="default-scheduler",
    )
    _fill(spec, securityContext={}, enableServiceLinks=True)
    for container in (*spec.get("initContainers", ()), *spec.get("containers", ())):
        _container(container, spec.get("hostNetwork", False))
    for toleration in spec.get("tolerations", ()):
        toleration["operator"] = toleration.get("operator") or "Equal"


def _container(container: Object, host_network: bool) -> None:
    if "image" in container:
        _fill(container, imagePullPolicy=default_image_pull_policy(container["image"]))
    limits = container.get("resources", {}).get("limits", {})
    if limits:
        _fill(container["resources"].setdefault("requests", {}), **limits)
    for port in container.get("ports", ()):
        _fill(port, protocol="TCP")
        if host_network and not port.get("hostPort"):
            port["hostPort"] = port["containerPort"]
    for name in _PROBES:
        if name in container:
            _probe(container[name])


def _probe(probe: Object) -> None:
    # Zero stands for the default in these four fields (SetDefaults_Probe).
    for name, default in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        probe[name] = probe.get(name) or default
    if "httpGet" in probe:
        _fill(probe["httpGet"], path="/", scheme="HTTP")


def _template(spec: Object) -> None:
    _pod_spec(spec.setdefault("template", {}).setdefault("spec", {}))


def _pod(data: Object) -> None:
    _pod_spec(_in_namespace(data))


def _deployment(data: Object) -> None:
    spec = _in_namespace(data)
    _fill(spec, replicas=1, minReadySeconds=0, progressDeadlineSeconds=600, revisionHistoryLimit=10, strategy={})
    _fill(spec["strategy"], type="RollingUpdate")
    if spec["strategy"]["type"] == "RollingUpdate":
        _fill(spec["strategy"].setdefault("rollingUpdate", {}), maxSurge="25%", maxUnavailable="25%")
    _template(spec)


def _replica_set(data: Object) -> None:
    spec = _in_namespace(data)
    _fill(spec, replicas=1, minReadySeconds=0)
    _template(spec)


def _replication_controller(data: Object) -> None:
    _replica_set(data)
    labels = (data["spec"]["template"].get("metadata") or {}).get("labels")
    if labels:
        # SetDefaults_ReplicationController: its selector, and its own labels, are those of its template.
        data["spec"]["selector"] = data["spec"].get("selector") or dict(labels)
        data["metadata"]["labels"] = data["metadata"].get("labels") or dict(labels)


def _stateful_set(data: Object) -> None:
    spec = _in_namespace(data)
    _fill(spec, replicas=1, minReadySeconds=0, podManagementPolicy="OrderedReady", revisionHistoryLimit=10)
    _fill(spec, updateStrategy={})
    _fill(spec["updateStrategy"], type="RollingUpdate")
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        _fill(spec["updateStrategy"].setdefault("rollingUpdate", {}), partition=0)
    _fill(spec.setdefault("persistentVolumeClaimRetentionPolicy", {}), whenDeleted="Retain", whenScaled="Retain")
    _template(spec)


def _daemon_set(data: Object) -> None:
    spec = _in_namespace(data)
    _fill(spec, minReadySeconds=0, revisionHistoryLimit=10, updateStrategy={})
    _fill(spec["updateStrategy"], type="RollingUpdate")
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        _fill(spec["updateStrategy"].setdefault("rollingUpdate", {}), maxUnavailable=1, maxSurge=0)
    _template(spec)


def _job(data: Object) -> None:
    _job_spec(_in_namespace(data))


def _job_spec(spec: Object) -> None:
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    _fill(spec, parallelism=1, completionMode="NonIndexed", suspend=False)
    _fill(spec, backoffLimit=2**31 - 1 if "backoffLimitPerIndex" in spec else 6)
    _fill(spec, podReplacementPolicy="Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")
    _template(spec)


def _cron_job(data: Object) -> None:
    spec = _in_namespace(data)
    _fill(spec, concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    # The defaults of the Job itself are filled in when the CronJob controller creates it.
    _template(spec.setdefault("jobTemplate", {}).setdefault("spec", {}))


def _service(data: Object) -> None:
    spec = _in_namespace(data)
    _fill(spec, type="ClusterIP", sessionAffinity="None")
    if spec["type"] != "ExternalName":
        _fill(spec, internalTrafficPolicy="Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _fill(spec, externalTrafficPolicy="Cluster")
    if spec["sessionAffinity"] == "ClientIP":
        _fill(spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {}), timeoutSeconds=10800)
    for port in spec.get("ports", ()):
        _fill(port, protocol="TCP", targetPort=port["port"])


def _node(data: Object) -> None:
    status = data.setdefault("status", {})
    if "capacity" in status:
        _fill(status, allocatable=dict(status["capacity"]))


def _priority_class(data: Object) -> None:
    _fill(data, globalDefault=False, preemptionPolicy="PreemptLowerPriority")


def _namespaced(data: Object) -> None:
    _in_namespace(data)


_DEFAULTS: dict[tuple[str, str], Callable[[Object], None]] = {
    ("v1", "Pod"): _pod,
    ("v1", "Service"): _service,
    ("v1", "Node"): _node,
    ("v1", "ReplicationController"): _replication_controller,
    ("apps/v1", "Deployment"): _deployment,
    ("apps/v1", "ReplicaSet"): _replica_set,
    ("apps/v1", "StatefulSet"): _stateful_set,
    ("apps/v1", "DaemonSet"): _daemon_set,
    ("batch/v1", "Job"): _job,
    ("batch/v1", "CronJob"): _cron_job,
    ("policy/v1", "PodDisruptionBudget"): _namespaced,
    ("scheduling.k8s.io/v1", "PriorityClass"): _priority_class,
}
