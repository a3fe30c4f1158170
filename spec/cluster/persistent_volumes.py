"""Claims and volumes that come and go: they matter where StatefulSets make claims, or where a user deletes some."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from ..addons import external_provisioner
from ..control_plane.apiserver.admission import AdmissionReads, admit
from ..control_plane.apiserver.incarnations import FIRST
from ..control_plane.controllers import persistent_volumes, volume_protection
from ..control_plane.controllers.persistent_volume_binding import bound
from ..kinds import (
    ATTACHMENT_FIELDS,
    CLAIM_DELETION,
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    PERSISTENT_VOLUME_FIELDS,
    VOLUME_POD_FIELDS,
    named,
)
from ..language.component import Component
from ..language.model import Assumption, Kind
from ..language.scenario import Scenario
from ..objects.metadata import ObjectMeta
from ..objects.pod import Pod, PodSpec
from ..objects.storage import (
    BOUND,
    NO_PROVISIONER,
    RELEASED,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    claim_names,
)
from ..properties.attachments_followed import follows_attachments
from ..properties.claims_followed import claiming_sets, follows_claims, made_claims
from ..properties.storage_classes import classes, default_class
from .over_time import templates, versions
from .part import Bundles, Part, given

needed = follows_claims
"""Whether claims come and go."""


def made_names(scenario: Scenario) -> frozenset[str]:
    """The names of all claims that StatefulSets may make."""
    return made_claims(claiming_sets(scenario))


def _used(scenario: Scenario) -> frozenset[tuple[str, str]]:
    """Namespace and name of every claim that a pod names by itself."""
    found: list[tuple[str, PodSpec]] = [(pod.metadata.namespace, pod.spec) for pod in versions(scenario, Pod)]
    namespace = next((it.metadata.namespace for it in scenario.objects if it.metadata.namespace), "default")
    found += [(namespace, template.spec) for template in templates(scenario)]
    return frozenset((where, name) for where, spec in found for name in claim_names(spec))


def _unmade(scenario: Scenario) -> Iterator[PersistentVolumeClaim]:
    """Claims that pods name, and that neither the manifests nor a StatefulSet brings: each is bound already."""
    there = {claim.metadata.name for claim in given(scenario, PersistentVolumeClaim)} | made_names(scenario)
    for namespace, name in sorted(_used(scenario)):
        if name not in there:
            volume = PersistentVolume(ObjectMeta(f"volume-of-{name}", ""))
            yield bound(PersistentVolumeClaim(ObjectMeta(name, namespace)), volume)


def _admitted(scenario: Scenario, found: Any) -> Any:
    """A claim or a volume as the API server stores it."""
    reads = AdmissionReads(default_storage_class=default_class(scenario))
    return admit(attrs.evolve(found, metadata=attrs.evolve(found.metadata, namespace="")), reads)


def _stored(scenario: Scenario) -> tuple[tuple[PersistentVolumeClaim, ...], tuple[PersistentVolume, ...]]:
    """Claims and volumes at the start: each claim is its first incarnation, each bound one has its volume."""
    claims: list[PersistentVolumeClaim] = []
    for claim in (*given(scenario, PersistentVolumeClaim), *_unmade(scenario)):
        stored = _admitted(scenario, claim)
        metadata = attrs.evolve(stored.metadata, namespace=claim.metadata.namespace, uid=FIRST)
        stored = attrs.evolve(stored, metadata=metadata, phase=BOUND if claim.bound else "Pending")
        claims.append(stored)
    volumes = {it.metadata.name: _admitted(scenario, it) for it in given(scenario, PersistentVolume)}
    keys = {(it.metadata.namespace, it.metadata.name): it for it in claims}
    for name, volume in volumes.items():
        owner = keys.get(volume.claim) if volume.claim is not None else None
        if owner is not None and (volume.phase == BOUND or owner.volume_name == name):
            volumes[name] = attrs.evolve(volume, claim_uid=FIRST)
        elif volume.claim is not None and volume.phase == BOUND:
            # Bound to a claim that is not in the manifests: nobody here can have it.
            volumes[name] = attrs.evolve(volume, claim_uid=None, phase=RELEASED)
        else:
            volumes[name] = attrs.evolve(volume, claim_uid=None)
    for key, claim in keys.items():
        if claim.bound and claim.volume_name not in volumes:
            made = PersistentVolume(
                ObjectMeta(claim.volume_name, ""),
                claim.storage_class_name or "",
                claim.request,
                claim.access_modes,
                claim=key,
                phase=BOUND,
                claim_uid=FIRST,
            )
            volumes[claim.volume_name] = _admitted(scenario, made)
    return tuple(claims), tuple(volumes.values())


def _components(scenario: Scenario) -> tuple[Component, ...]:
    found = classes(scenario)
    return (
        persistent_volumes.component(found),
        *volume_protection.components(),
        *((external_provisioner.component(found),) if _provisioned(scenario) else ()),
    )


def _provisioned(scenario: Scenario) -> bool:
    return any(it.provisioner not in ("", NO_PROVISIONER) for it in classes(scenario))


def claim_names_of(scenario: Scenario) -> tuple[str, ...]:
    """The names of all claims that there can be."""
    claims, _ = _stored(scenario)
    return tuple(sorted({claim.metadata.name for claim in claims} | made_names(scenario)))


def _kinds(scenario: Scenario) -> tuple[Kind, ...]:
    _, volumes = _stored(scenario)
    names = claim_names_of(scenario)
    # A claim's volume, and that of its predecessor, which may still be there.
    slots = 2 * len(names) if _provisioned(scenario) else 0
    fields = (*PERSISTENT_VOLUME_FIELDS, *(ATTACHMENT_FIELDS if follows_attachments(scenario) else ()))
    return (
        named(PERSISTENT_VOLUME_CLAIM, names),
        Kind(PERSISTENT_VOLUME, fields, tuple(sorted(it.metadata.name for it in volumes)), slots),
    )


def _initial(scenario: Scenario) -> Bundles:
    claims, volumes = _stored(scenario)
    return {
        PERSISTENT_VOLUME_CLAIM: tuple({"name": it.metadata.name, "object": it} for it in claims),
        PERSISTENT_VOLUME: tuple({"name": it.metadata.name, "object": it} for it in volumes),
    }


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    at_once = Assumption(
        "volumes-follow-pods",
        "a volume is attached wherever its pod is, at once: nothing waits until another node has let go of it",
        "controllers-cluster §12",
    )
    found = [
        *(() if follows_attachments(scenario) else (at_once,)),
        Assumption(
            "claims-bound-in-two-writes",
            "claim and volume are bound by a write each, which sets the phase, too; a claim's uid is the lowest that no"
            " volume refers to",
            "controllers-cluster §12",
        ),
    ]
    known = {it.metadata.name for it in given(scenario, StorageClass)}
    assumed = sorted(it.metadata.name for it in classes(scenario) if it.metadata.name not in known)
    if assumed:
        found.append(
            Assumption(
                "storage-classes-assumed",
                f"of storage classes that the manifests do not hold ({', '.join(assumed)}) claims are bound at once, to"
                " volumes that are made for them, or that the manifests hold",
                "controllers-cluster §12",
            )
        )
    if any(it.provisioner not in ("", NO_PROVISIONER) and not it.allowed_topologies for it in classes(scenario)):
        found.append(
            Assumption(
                "made-volumes-in-reach",
                "a volume that is made for a claim is in reach of every node, unless its class has allowedTopologies",
                "controllers-cluster §12",
            )
        )
    if _unmade_names := sorted(claim.metadata.name for claim in _unmade(scenario)):
        found.append(
            Assumption(
                "claims-served",
                f"claims that the manifests do not hold ({', '.join(_unmade_names)}) are bound to volumes that every"
                " node reaches",
                "kube-scheduler §4",
            )
        )
    return tuple(found)


PERSISTENT_VOLUMES = Part(
    "persistent volumes",
    needed,
    components=_components,
    kinds=_kinds,
    pod_fields=VOLUME_POD_FIELDS,
    initial=_initial,
    events=(CLAIM_DELETION,),
    machines=(persistent_volumes.CLAIM_MACHINE, persistent_volumes.VOLUME_MACHINE),
    assumptions=_assumptions,
)
