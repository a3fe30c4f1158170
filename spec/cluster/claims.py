"""The storage of a cluster: which volumes claims have, as the scheduler finds them."""

from __future__ import annotations

from ..control_plane.controllers.persistent_volume_binding import bound_at_once
from ..language.model import Assumption
from ..language.scenario import Scenario
from ..objects.pod import Pod
from ..objects.storage import CSINode, PersistentVolume, PersistentVolumeClaim, Storage, StorageClass, claim_names
from .over_time import templates, versions
from .part import given

CLAIMS_BOUND_FIRST = Assumption(
    "claims-bound-first",
    "claims whose class binds at once are bound before any pod is scheduled, each to the smallest volume that serves"
    " it; a volume made for a claim is in reach of every node; claims that wait for a pod stay as they are",
    "kube-scheduler §4",
)

CLAIMS_SERVED = Assumption(
    "claims-served",
    "claims of pods that the manifests do not hold are bound to volumes that every node reaches",
    "kube-scheduler §4",
)


def _used(scenario: Scenario) -> frozenset[str]:
    specs = (*(it.spec for it in templates(scenario)), *(pod.spec for pod in versions(scenario, Pod)))
    return frozenset(name for spec in specs for name in claim_names(spec))


def storage(scenario: Scenario) -> Storage | None:
    """Volumes, claims and classes where the scenario holds every claim that its pods use; None otherwise."""
    claims = given(scenario, PersistentVolumeClaim)
    if not _used(scenario) or not _used(scenario) <= {claim.metadata.name for claim in claims}:
        return None
    volumes, classes = given(scenario, PersistentVolume), given(scenario, StorageClass)
    return bound_at_once(Storage(volumes, claims, classes, given(scenario, CSINode)))


def assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    """What a verdict takes for granted of claims."""
    if not _used(scenario):
        return ()
    return (CLAIMS_SERVED,) if storage(scenario) is None else (CLAIMS_BOUND_FIRST,)
