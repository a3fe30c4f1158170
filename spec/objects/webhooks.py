"""Admission webhooks: which requests the API server asks somebody else about, and what if nobody answers."""

from __future__ import annotations

from typing import ClassVar

import attrs

from .metadata import ObjectMeta
from .selectors import LabelSelector

FAIL, IGNORE = "Fail", "Ignore"


@attrs.frozen(cache_hash=True)
class WebhookRule:
    """Requests that a webhook is asked about; "*" stands for all."""

    operations: tuple[str, ...] = ("*",)
    api_groups: tuple[str, ...] = ("*",)
    resources: tuple[str, ...] = ("*",)


@attrs.frozen(cache_hash=True)
class Webhook:
    """One webhook. ``service``: namespace and name of the Service behind it, None for a URL.

    Selectors None select everything: the namespace of the object, or the object itself, by labels.
    """

    name: str
    rules: tuple[WebhookRule, ...] = ()
    failure_policy: str = FAIL
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    service: tuple[str, str] | None = None


@attrs.frozen(cache_hash=True)
class ValidatingWebhookConfiguration:
    """A ValidatingWebhookConfiguration."""

    kind: ClassVar[str] = "ValidatingWebhookConfiguration"

    metadata: ObjectMeta = ObjectMeta(namespace="")
    webhooks: tuple[Webhook, ...] = ()


@attrs.frozen(cache_hash=True)
class MutatingWebhookConfiguration:
    """A MutatingWebhookConfiguration; what it would change is not kept."""

    kind: ClassVar[str] = "MutatingWebhookConfiguration"

    metadata: ObjectMeta = ObjectMeta(namespace="")
    webhooks: tuple[Webhook, ...] = ()


WebhookConfiguration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration
