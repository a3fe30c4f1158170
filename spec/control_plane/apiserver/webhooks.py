"""Admission webhooks, as the API server calls them (kube-apiserver §6).

A webhook that cannot be reached refuses what it is asked about, unless its failurePolicy is Ignore. One that answers
admits everything unchanged: what a webhook would say is not modelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from frozendict import frozendict

from ...objects.namespace import Namespace
from ...objects.webhooks import FAIL, Webhook, WebhookRule

RESOURCES: Mapping[str, tuple[str, str]] = {
    "Pod": ("", "pods"),
    "Node": ("", "nodes"),
    "Namespace": ("", "namespaces"),
    "ServiceAccount": ("", "serviceaccounts"),
    "Deployment": ("apps", "deployments"),
    "ReplicaSet": ("apps", "replicasets"),
    "StatefulSet": ("apps", "statefulsets"),
    "DaemonSet": ("apps", "daemonsets"),
    "Job": ("batch", "jobs"),
    "CronJob": ("batch", "cronjobs"),
    "PodDisruptionBudget": ("policy", "poddisruptionbudgets"),
}
"""API group and resource of each kind."""

NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that every namespace has: its name."""


@attrs.frozen(cache_hash=True)
class WebhookState:
    """A webhook, and whether somebody answers for it."""

    webhook: Webhook
    reachable: bool


def _matches(rule: WebhookRule, operation: str, group: str, resource: str) -> bool:
    return (
        any(each in ("*", operation) for each in rule.operations)
        and any(each in ("*", group) for each in rule.api_groups)
        and any(each in ("*", "*/*", resource) for each in rule.resources)
    )


def is_asked(webhook: Webhook, operation: str, kind: str, found: Any, namespace: Namespace | None) -> bool:
    """Whether the webhook is asked about an ``operation`` (CREATE, UPDATE, DELETE) on the object ``found``."""
    if kind not in RESOURCES or kind.endswith("WebhookConfiguration"):
        return False
    if not any(_matches(rule, operation, *RESOURCES[kind]) for rule in webhook.rules):
        return False
    if webhook.object_selector is not None and not webhook.object_selector.matches(found.metadata.labels):
        return False
    if webhook.namespace_selector is None or namespace is None:
        return True
    labels = frozendict({**namespace.metadata.labels, NAME_LABEL: namespace.metadata.name})
    return webhook.namespace_selector.matches(labels)


def webhook_fault(
    states: Iterable[WebhookState], operation: str, kind: str, found: Any, namespace: Namespace | None
) -> str:
    """Why a webhook keeps a request from being carried out, "" if none does."""
    for state in states:
        webhook = state.webhook
        asked = not state.reachable and webhook.failure_policy == FAIL
        if asked and is_asked(webhook, operation, kind, found, namespace):
            service = "/".join(webhook.service) if webhook.service is not None else "its URL"
            return f'failed calling webhook "{webhook.name}": no endpoints available for service {service}'
    return ""
