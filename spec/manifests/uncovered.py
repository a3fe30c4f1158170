"""What it means for a verdict that a kind or field is left out of the model: the sentences of the listing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """Fields that are left out for one reason. No fields: all others. ``scores``: modelled with scoring switched on."""

    fields: tuple[str, ...]
    consequence: str
    scores: bool = False


def _both(*fields: str) -> tuple[str, ...]:
    return tuple(f"spec.{owner}[].{field}" for owner in ("containers", "initContainers") for field in fields)


_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")

POD_TOPICS: tuple[Topic, ...] = (
    Topic(
        (*_both("env", "envFrom", "volumeMounts", "volumeDevices"), "spec.volumes"),
        "containers' environment and volumes: assumed to be mountable; a missing ConfigMap, Secret or claim would keep "
        "the pod from starting and is not found",
    ),
    Topic(
        _both(*_PROBES),
        "probes: that there is one is modelled, and how long it takes to fail; what it asks is not: it may pass or "
        "fail whenever the faults that are allowed say so",
    ),
    Topic(
        (
            "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution",
            "spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution",
            "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution",
        ),
        "preferences of placement: scores are not modelled, so every feasible node is tried, also those that the "
        "scheduler would avoid",
        scores=True,
    ),
    Topic(
        (*_both("resources.limits"), "spec.resources.limits"),
        "limits: count only where they stand in for requests; a container killed for lack of memory, or slowed down, "
        "is not found",
    ),
    Topic(
        (
            *_both("command", "args", "workingDir", "lifecycle", "stdin", "stdinOnce", "tty"),
            *_both("terminationMessagePath", "terminationMessagePolicy"),
        ),
        "what containers run: a program that crashes, hangs or ignores its termination signal is found only as a fault "
        "that is allowed",
    ),
    Topic(
        _both("imagePullPolicy"),
        "pulling of images: assumed to succeed unless the fault image-pull-error is allowed; a wrong name is not found",
    ),
    Topic(
        (
            *_both("securityContext"),
            "spec.securityContext",
            "spec.serviceAccountName",
            "spec.serviceAccount",
            "spec.automountServiceAccountToken",
            "spec.imagePullSecrets",
            "spec.hostPID",
            "spec.hostIPC",
            "spec.hostUsers",
        ),
        "identity and security settings: assumed to be allowed; a missing service account, or a policy that refuses "
        "the pod, is not found",
    ),
    Topic(
        ("spec.readinessGates",),
        "readiness gates: assumed to be set true; a gate that nobody sets keeps a rollout waiting and is not found",
    ),
    Topic(
        ("spec.resourceClaims", "spec.runtimeClassName"),
        "placement beyond the default scheduler's filters: ignored; a pod may be placed where a real one would not, and"
        " the overhead of a runtime class is not added to what it requests",
    ),
)
"""Fields of a pod or pod template; paths relative to it."""

GATED_FIELDS = Topic(
    ("spec.tolerations",),
    "tolerations with Lt or Gt: need the feature gate TaintTolerationComparisonOperators, taken to be off; such a "
    "toleration tolerates nothing, and the API server would refuse it",
)

WORKLOAD_TOPICS: tuple[Topic, ...] = (
    Topic(("spec.managedBy",), "who runs a Job: taken to be the Job controller of Kubernetes"),
    Topic((), "other fields: ignored; the verdict assumes that they change nothing that is checked"),
)

_CONFIGURATION = "assumed to be what the pods need; a missing or wrong one is not found"
_PERMISSIONS = "not modelled: every request is assumed to be authorised"
_STORAGE = "not modelled: volumes are assumed to be there, and to be attachable to every node"
_TRAFFIC = "not modelled: whether requests reach the pods is not part of the verdict"
_FLOW_CONTROL = "not modelled: no request is refused for being one too many (429)"
_ADMISSION = "not modelled: objects that it would change or refuse are taken as they are written"

RESTRICTED_NAMESPACE = "restricted Namespace"
"""A Namespace whose label makes PodSecurity refuse pods."""

KIND_CONSEQUENCES: Mapping[str, str] = {
    "Service": "read to see which workloads belong together; without clients in a scenario, endpoints and traffic "
    "are not part of the verdict",
    "ConfigMap": _CONFIGURATION,
    "Secret": _CONFIGURATION,
    "Role": _PERMISSIONS,
    "RoleBinding": _PERMISSIONS,
    "ClusterRole": _PERMISSIONS,
    "ClusterRoleBinding": _PERMISSIONS,
    "ServiceAccount": "assumed to exist; without it the pods would be refused, which is not found",
    "Namespace": "assumed to exist, and to stay unless a user of the scenario deletes it",
    RESTRICTED_NAMESPACE: "assumed to exist, and to stay unless a user of the scenario deletes it; not modelled: "
    "PodSecurity, so that pods which its level would refuse are taken to be admitted",
    "RuntimeClass": "not modelled: the overhead, the node selector and the tolerations that it gives pods are not "
    "added to them; those that a pod states itself count",
    "PersistentVolume": _STORAGE,
    "PersistentVolumeClaim": _STORAGE,
    "StorageClass": _STORAGE,
    "CSINode": _STORAGE,
    "Ingress": _TRAFFIC,
    "IngressClass": _TRAFFIC,
    "NetworkPolicy": _TRAFFIC,
    "EndpointSlice": "not read: slices are what the EndpointSlice controller makes of pods; those that somebody else "
    "keeps for a Service without a selector lead nowhere here, and no client of such a Service can be given",
    "Endpoints": "not read, and not mirrored: the mirroring controller would copy them into EndpointSlices of a "
    "Service without a selector, which has no endpoints here, so that no client of it can be given",
    **dict.fromkeys(
        (
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
        ),
        _ADMISSION,
    ),
    **dict.fromkeys(("FlowSchema", "PriorityLevelConfiguration"), _FLOW_CONTROL),
    "APIService": "not modelled: the API that it adds is assumed not to matter to what is checked",
    "CustomResourceDefinition": "not modelled: objects of the kind that it defines have no behaviour",
    "PriorityClass": "named by a pod but not in the input: the priority it gives is not known, and without it the API "
    "server would refuse the pods",
    "custom resource": "no schema: not checked, and what its operator would create or change is not modelled",
    "other": "not modelled: assumed to change nothing that is checked",
}
"""By kind; ``custom resource`` and ``other`` stand for kinds that are not named."""

ENFORCED_LEVEL, UNRESTRICTED = "pod-security.kubernetes.io/enforce", "privileged"
"""The label by which a namespace names the level that PodSecurity holds its pods to, and the one that refuses none."""
