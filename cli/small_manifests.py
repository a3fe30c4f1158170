"""Small manifests of each kind, of which the scenarios of the whole cluster are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UPDATE = "update.yaml"
"""What users apply."""


def template(name: str, release: int = 1) -> Mapping[str, Any]:
    """A pod template with one container, which has a readiness probe; ``release``: of its image."""
    container = {
        "name": name,
        "image": f"shop.example/{name}:{release}",
        "readinessProbe": {"httpGet": {"path": "/", "port": 80}},
    }
    return {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}


def deployment(name: str, strategy: str, release: int) -> Mapping[str, Any]:
    """A Deployment of one pod; ``strategy``: how its pods are replaced."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 1,
            "revisionHistoryLimit": 0,
            "selector": {"matchLabels": {"app": name}},
            "strategy": {"type": strategy},
            "template": template(name, release),
        },
    }


def daemon_set(name: str, release: int) -> Mapping[str, Any]:
    """A DaemonSet of the pods of that name."""
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template(name, release)},
    }


def autoscaler(name: str) -> Mapping[str, Any]:
    """One that is held back in both directions."""
    slowly = {"stabilizationWindowSeconds": 120, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "maxReplicas": 2,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
                }
            ],
            "behavior": {"scaleUp": slowly, "scaleDown": slowly},
        },
    }


def stateful_set(name: str, release: int) -> Mapping[str, Any]:
    """A StatefulSet of the pods of that name."""
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name},
        "spec": {
            "serviceName": name,
            "selector": {"matchLabels": {"app": name}},
            "template": template(name, release),
        },
    }


def replication_controller(name: str) -> Mapping[str, Any]:
    """A ReplicationController of the pods of that name."""
    return {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": {"name": name},
        "spec": {"replicas": 1, "selector": {"app": name}, "template": template(name)},
    }


def made_by_hand(name: str) -> tuple[Mapping[str, Any], ...]:
    """A ReplicaSet that a Deployment adopts, and a Pod that the ReplicaSet adopts."""
    metadata = {"name": f"{name}-by-hand", "labels": {"app": name}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template(name)}
    return (
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec},
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template(name)["spec"]},
    )


def budget(name: str) -> Mapping[str, Any]:
    """A PodDisruptionBudget of the pods of that name."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": name}}},
    }


def guards(name: str) -> tuple[Mapping[str, Any], ...]:
    """A quota, and a webhook that is asked about all ConfigMaps."""
    hard = {"pods": "9"}
    service = {"selector": {"app": name}, "ports": [{"port": 443}]}
    rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}
    webhook = {
        "name": f"{name}.shop.example",
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": {"namespace": "default", "name": name}},
        "rules": [rule],
    }
    return (
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": {"hard": hard}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": service},
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": [webhook],
        },
    )
