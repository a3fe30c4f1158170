"""ServiceAccounts."""

from __future__ import annotations

from typing import ClassVar

import attrs

from .metadata import ObjectMeta

DEFAULT_ACCOUNT = "default"
"""The account of pods that name none."""


@attrs.frozen(cache_hash=True)
class ServiceAccount:
    """A ServiceAccount; nothing but its name matters here."""

    kind: ClassVar[str] = "ServiceAccount"

    metadata: ObjectMeta = ObjectMeta()
