"""Which of the manifests are addons, and what they leave to others (dns-addons §4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..addons.addon_manager import ENSURE_EXISTS, MODE_LABEL, RECONCILE, Addon
from ..objects.workloads import Deployment
from .errors import COMMAND_LINE, InputError
from .loading import Document
from .settings import Settings


def without_replicas(settings: Settings, written: Iterable[Document]) -> tuple[str, ...]:
    """The Deployments whose manifest names no replicas: as written, or as the settings say of what was written."""
    found = {it.name for it in written if it.kind == "Deployment" and "replicas" not in (it.data.get("spec") or {})}
    return tuple(sorted(found | set(settings.addon_manager or ())))


def addons_of(settings: Settings, objects: Sequence[Any], unsaid: Sequence[str]) -> tuple[Addon, ...]:
    """The addons among ``objects``; none where no addon manager is asked for. ``unsaid``: who names no replicas."""
    if settings.addon_manager is None:
        return ()
    found = []
    for item in objects:
        mode = item.metadata.labels.get(MODE_LABEL) if isinstance(item, Deployment) else None
        if mode in (RECONCILE, ENSURE_EXISTS):
            found.append(Addon(item, mode, item.metadata.name not in unsaid))
    return tuple(found)


def check_addons(settings: Settings, addons: Sequence[Addon]) -> None:
    """Raises ``InputError`` where an addon manager is asked for that has nothing to keep."""
    if settings.addon_manager is not None and not addons:
        raise InputError(
            "there is no addon for the addon manager",
            source=settings.name or COMMAND_LINE,
            expected=f"a Deployment with the label {MODE_LABEL}: {RECONCILE} or {ENSURE_EXISTS}",
        )
