"""The storage classes of a cluster in which claims are followed: those of the manifests, and those that are assumed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import attrs

from ..language.scenario import Scenario
from ..objects.metadata import ObjectMeta
from ..objects.storage import IMMEDIATE, NO_PROVISIONER, PersistentVolume, PersistentVolumeClaim, StorageClass
from .claims_followed import claiming_sets

SOME_PROVISIONER = "some provisioner"
"""What makes the volumes of a class that the manifests do not hold."""

IS_DEFAULT = "storageclass.kubernetes.io/is-default-class"

Item = TypeVar("Item")


def _given(scenario: Scenario, kind: type[Item]) -> tuple[Item, ...]:
    return tuple(item for item in scenario.objects if isinstance(item, kind))


def default_class(scenario: Scenario) -> str | None:
    """The class of claims that name none: the one that says so; else one that is assumed, if no volume is without."""
    classes = _given(scenario, StorageClass)
    said = [it.metadata.name for it in classes if it.metadata.annotations.get(IS_DEFAULT) == "true"]
    if said:
        return min(said)
    unclassed = any(not volume.storage_class_name for volume in _given(scenario, PersistentVolume))
    return "" if unclassed else "default"


def classes(scenario: Scenario) -> tuple[StorageClass, ...]:
    """The classes of the manifests, and those that claims name besides: they bind at once, to volumes made for them."""
    found = {it.metadata.name: it for it in _given(scenario, StorageClass)}
    wanted = {claim.storage_class_name for claim in _given(scenario, PersistentVolumeClaim)}
    for version in claiming_sets(scenario):
        wanted |= {_class_name(template.spec) for template in version.spec.volume_claim_templates}
    names = {default_class(scenario) if name is None else name for name in wanted}
    served_by_hand = {volume.storage_class_name for volume in _given(scenario, PersistentVolume)}
    for name in sorted(name for name in names if name):
        provisioner = NO_PROVISIONER if name in served_by_hand else SOME_PROVISIONER
        found.setdefault(name, StorageClass(ObjectMeta(name, ""), provisioner, IMMEDIATE))
    return tuple(
        it if it.volume_binding_mode is not None else attrs.evolve(it, volume_binding_mode=IMMEDIATE)
        for it in found.values()
    )


def _class_name(spec: Mapping[str, Any]) -> str | None:
    name = spec.get("storageClassName")
    return None if name is None else str(name)
