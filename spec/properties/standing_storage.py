"""The storage of a cluster in which claims and volumes stay as they are: which volumes claims have from the start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..control_plane.controllers.persistent_volume_binding import bound_at_once
from ..language.scenario import Scenario
from ..objects.pod import Pod, PodSpec, PodTemplateSpec
from ..objects.storage import CSINode, PersistentVolume, PersistentVolumeClaim, Storage, StorageClass, claim_names
from .happenings import histories


def _specs(scenario: Scenario) -> Iterator[PodSpec]:
    for kind in dict.fromkeys(type(item) for item in scenario.objects):
        for version in (version for history in histories(scenario, kind) for version in history):
            template = getattr(getattr(version, "spec", None), "template", None)
            if isinstance(version, Pod):
                yield version.spec
            elif isinstance(template, PodTemplateSpec):
                yield template.spec


def used_claims(scenario: Scenario) -> frozenset[str]:
    """The names of all claims that some pod may use at some time, as workloads and pods name them."""
    return frozenset(name for spec in _specs(scenario) for name in claim_names(spec))


def standing_storage(scenario: Scenario) -> Storage | None:
    """Volumes, claims and classes where the scenario holds every claim that its pods use; None otherwise."""

    def given(kind: type[Any]) -> tuple[Any, ...]:
        return tuple(item for item in scenario.objects if isinstance(item, kind))

    claims, used = given(PersistentVolumeClaim), used_claims(scenario)
    if not used or not used <= {claim.metadata.name for claim in claims}:
        return None
    return bound_at_once(Storage(given(PersistentVolume), claims, given(StorageClass), given(CSINode)))
