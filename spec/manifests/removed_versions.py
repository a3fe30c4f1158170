"""Versions of Kubernetes' own APIs that were served once: what a current API server does with manifests in them.

Kubernetes' deprecated API migration guide is the source. Such a document is no error of this program's input: old
repositories carry them along. It takes no part in what is checked, and the report says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from .loading import Document

_ADMISSION = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_FLOW_CONTROL = ("FlowSchema", "PriorityLevelConfiguration")
_RBAC = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
_REVIEWS = ("LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview")
_STORAGE = ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment")

REMOVED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "1.16": {
        "extensions/v1beta1": ("DaemonSet", "Deployment", "NetworkPolicy", "PodSecurityPolicy", "ReplicaSet"),
        "apps/v1beta1": ("ControllerRevision", "Deployment", "StatefulSet"),
        "apps/v1beta2": ("ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    },
    "1.22": {
        "admissionregistration.k8s.io/v1beta1": _ADMISSION,
        "apiextensions.k8s.io/v1beta1": ("CustomResourceDefinition",),
        "apiregistration.k8s.io/v1beta1": ("APIService",),
        "authentication.k8s.io/v1beta1": ("TokenReview",),
        "authorization.k8s.io/v1beta1": _REVIEWS,
        "certificates.k8s.io/v1beta1": ("CertificateSigningRequest",),
        "coordination.k8s.io/v1beta1": ("Lease",),
        "extensions/v1beta1": ("Ingress",),
        "networking.k8s.io/v1beta1": ("Ingress", "IngressClass"),
        "rbac.authorization.k8s.io/v1beta1": _RBAC,
        "scheduling.k8s.io/v1beta1": ("PriorityClass",),
        "storage.k8s.io/v1beta1": _STORAGE,
    },
    "1.25": {
        "autoscaling/v2beta1": ("HorizontalPodAutoscaler",),
        "batch/v1beta1": ("CronJob",),
        "discovery.k8s.io/v1beta1": ("EndpointSlice",),
        "events.k8s.io/v1beta1": ("Event",),
        "node.k8s.io/v1beta1": ("RuntimeClass",),
        "policy/v1beta1": ("PodDisruptionBudget", "PodSecurityPolicy"),
    },
    "1.26": {
        "autoscaling/v2beta2": ("HorizontalPodAutoscaler",),
        "flowcontrol.apiserver.k8s.io/v1beta1": _FLOW_CONTROL,
    },
    "1.27": {"storage.k8s.io/v1beta1": ("CSIStorageCapacity",)},
    "1.29": {"flowcontrol.apiserver.k8s.io/v1beta2": _FLOW_CONTROL},
    "1.32": {"flowcontrol.apiserver.k8s.io/v1beta3": _FLOW_CONTROL},
}
"""The release of Kubernetes that stopped serving it -> apiVersion -> kinds."""

_RELEASES = {
    (api_version, kind): release
    for release, versions in REMOVED.items()
    for api_version, kinds in versions.items()
    for kind in kinds
}


def removed_in(document: Document) -> str | None:
    """The release that stopped serving the kind in this version, such as ``1.25``; None if none did."""
    return _RELEASES.get((document.api_version, document.kind))


def consequence(release: str) -> str:
    """What it means for a verdict that a document is in a version that ``release`` removed."""
    return f"removed in {release}: a current API server refuses it, so it is taken as not being there"
