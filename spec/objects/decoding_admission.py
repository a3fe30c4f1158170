"""Decoding of what admission reads: quotas, limit ranges, webhook configurations."""

from __future__ import annotations

from typing import TypeVar

from .decoding_shared import decode_label_selector, decode_metadata
from .plain_data import Data, Reader, amounts, build, each
from .quota import LimitRange, LimitRangeItem, ResourceQuota, ResourceQuotaSpec, ResourceQuotaStatus
from .webhooks import (
    MutatingWebhookConfiguration,
    ValidatingWebhookConfiguration,
    Webhook,
    WebhookConfiguration,
    WebhookRule,
)

Configuration = TypeVar("Configuration", ValidatingWebhookConfiguration, MutatingWebhookConfiguration)


def decode_resource_quota(data: Data) -> ResourceQuota:
    """A ResourceQuota."""
    return ResourceQuota(
        metadata=decode_metadata(data.get("metadata")),
        spec=build(ResourceQuotaSpec, data.get("spec"), {"hard": amounts}),
        status=build(ResourceQuotaStatus, data.get("status"), {"hard": amounts, "used": amounts}),
    )


def _limit_range_item(data: Data) -> LimitRangeItem:
    readers: dict[str, Reader] = {
        "type": str,
        "default": amounts,
        "default_request": amounts,
        "min": amounts,
        "max": amounts,
    }
    return build(LimitRangeItem, data, readers)


def decode_limit_range(data: Data) -> LimitRange:
    """A LimitRange."""
    return build(
        LimitRange,
        data.get("spec"),
        {"limits": each(_limit_range_item)},
        metadata=decode_metadata(data.get("metadata")),
    )


def _webhook_rule(data: Data) -> WebhookRule:
    return build(WebhookRule, data, {"operations": each(str), "api_groups": each(str), "resources": each(str)})


def _webhook(data: Data) -> Webhook:
    service = (data.get("clientConfig") or {}).get("service")
    where = (str(service.get("namespace")), str(service.get("name"))) if service else None
    readers: dict[str, Reader] = {
        "name": str,
        "rules": each(_webhook_rule),
        "failure_policy": str,
        "namespace_selector": decode_label_selector,
        "object_selector": decode_label_selector,
    }
    return build(Webhook, {"name": "", **data}, readers, service=where)


def _configuration(class_: type[Configuration], data: Data) -> Configuration:
    metadata = decode_metadata(data.get("metadata"), default_namespace="")
    return build(class_, data, {"webhooks": each(_webhook)}, metadata=metadata)


def decode_validating_webhooks(data: Data) -> WebhookConfiguration:
    """A ValidatingWebhookConfiguration."""
    return _configuration(ValidatingWebhookConfiguration, data)


def decode_mutating_webhooks(data: Data) -> WebhookConfiguration:
    """A MutatingWebhookConfiguration."""
    return _configuration(MutatingWebhookConfiguration, data)
