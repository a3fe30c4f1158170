"""Which ReplicaSets a Deployment has, which of them is the new one, and how a new one looks (controllers-workloads §2).

ReplicaSets are told apart by their pod templates. A template is long and is compared often, so rules carry its
``fingerprint`` in its place; two templates are the same exactly if their fingerprints are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import attrs
from frozendict import frozendict

from ...objects.metadata import ObjectMeta, OwnerReference
from ...objects.pod import PodTemplateSpec
from ...objects.selectors import LabelSelector, selects
from ...objects.workloads import Deployment, DeploymentSpec, ReplicaSet, ReplicaSetSpec
from .deployment_rollout import initial_replicas, max_surge

TEMPLATE_HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS = "deployment.kubernetes.io/max-replicas"

REVISION_HISTORY_CHARACTERS = 2000
"""How long the annotation with a ReplicaSet's earlier revisions may get."""

_SAFE_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_UNLIMITED = 2**31 - 1


def same_template(first: PodTemplateSpec, second: PodTemplateSpec) -> bool:
    """Whether two pod templates are the same but for the label that tells ReplicaSets apart."""
    return first == second or _without_hash(first) == _without_hash(second)


@lru_cache(maxsize=4096)
def _without_hash(template: PodTemplateSpec) -> PodTemplateSpec:
    if TEMPLATE_HASH not in template.metadata.labels:
        return template
    labels = template.metadata.labels.delete(TEMPLATE_HASH)
    return attrs.evolve(template, metadata=attrs.evolve(template.metadata, labels=labels))


def _canonical(value: Any) -> str:
    # Equal mappings may differ in the order of their keys, which their texts would show.
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key!r}:{_canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, tuple):
        return "(" + ",".join(_canonical(item) for item in value) + ")"
    if attrs.has(type(value)):
        fields = (_canonical(getattr(value, field.name)) for field in attrs.fields(type(value)) if field.init)
        return f"{type(value).__name__}({','.join(fields)})"
    return repr(value)


@lru_cache(maxsize=4096)
def template_hash(template: PodTemplateSpec, collision_count: int | None = None) -> str:
    """Ten letters that stand for the template and the number of name clashes so far, the same in every run.

    Kubernetes takes a 32-bit sum here, which can clash; this one is long enough not to.
    """
    text = f"{_canonical(_without_hash(template))} {collision_count}"
    digest = hashlib.sha256(text.encode()).digest()
    return "".join(_SAFE_LETTERS[byte % len(_SAFE_LETTERS)] for byte in digest[:10])


def replica_set_name(deployment: Deployment) -> str:
    """Name of the ReplicaSet that the Deployment's template gets; known before it exists."""
    return f"{deployment.metadata.name}-{template_hash(deployment.spec.template, deployment.status.collision_count)}"


@lru_cache(maxsize=4096)
def fingerprint(template: PodTemplateSpec) -> PodTemplateSpec:
    """A short template that equals another's fingerprint exactly if the templates are the same."""
    return PodTemplateSpec(ObjectMeta(name=template_hash(template)))


def owner_reference(deployment: Deployment) -> OwnerReference:
    """The reference by which the Deployment controls a ReplicaSet."""
    metadata = deployment.metadata
    return OwnerReference(Deployment.kind, metadata.name, metadata.uid, controller=True, block_owner_deletion=True)


def owned_by(deployment: Deployment, replica_set: ReplicaSet) -> bool:
    """Whether the Deployment, this incarnation of it, controls the ReplicaSet."""
    reference = replica_set.metadata.controller_reference
    return (
        reference is not None
        and reference.kind == Deployment.kind
        and reference.name == deployment.metadata.name
        and reference.uid == deployment.metadata.uid
        and replica_set.metadata.namespace == deployment.metadata.namespace
    )


def deployments_selecting(replica_set: ReplicaSet, deployments: Iterable[Deployment]) -> tuple[Deployment, ...]:
    """The Deployments whose selector matches the ReplicaSet's labels; none for a ReplicaSet without labels."""
    labels = replica_set.metadata.labels
    return tuple(
        deployment
        for deployment in deployments
        if labels
        and deployment.metadata.namespace == replica_set.metadata.namespace
        and deployment.spec.selector != LabelSelector()
        and selects(deployment.spec.selector, labels)
    )


def whole_number(text: str | None) -> int | None:
    """The number in an annotation, None where it is absent or no number."""
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None


def revision(replica_set: ReplicaSet) -> int:
    """The revision that the ReplicaSet carries, 0 if none."""
    return whole_number(replica_set.metadata.annotations.get(REVISION)) or 0


def age_order(replica_set: ReplicaSet) -> tuple[float, int, str]:
    """Sorts ReplicaSets oldest first: by creation, then by name, as Kubernetes does.

    A model's clock stands still, so the first revision that a ReplicaSet ever had decides before its name does.
    """
    annotations = replica_set.metadata.annotations
    history = annotations.get(REVISION_HISTORY) or annotations.get(REVISION)
    first = whole_number(history.split(",")[0]) if history else None
    return (replica_set.metadata.creation_timestamp or 0.0, first or 0, replica_set.metadata.name)


def find_new_replica_set(deployment: Deployment, replica_sets: Iterable[ReplicaSet]) -> ReplicaSet | None:
    """The oldest ReplicaSet with the Deployment's template, None if there is none yet."""
    template = deployment.spec.template
    return min((rs for rs in replica_sets if same_template(rs.spec.template, template)), key=age_order, default=None)


def find_old_replica_sets(deployment: Deployment, replica_sets: Sequence[ReplicaSet]) -> tuple[ReplicaSet, ...]:
    """All ReplicaSets but the new one, oldest first."""
    new = find_new_replica_set(deployment, replica_sets)
    return tuple(sorted((rs for rs in replica_sets if rs is not new), key=age_order))


def active(replica_sets: Iterable[ReplicaSet]) -> tuple[ReplicaSet, ...]:
    """The ReplicaSets that ask for pods."""
    return tuple(rs for rs in replica_sets if rs.spec.replicas > 0)


def next_revision(old: Iterable[ReplicaSet]) -> int:
    """The revision that the new ReplicaSet should carry: one more than any old one."""
    return max((revision(rs) for rs in old), default=0) + 1


def with_revision(
    annotations: frozendict[str, str], number: int, characters: int = REVISION_HISTORY_CHARACTERS
) -> frozendict[str, str]:
    """A ReplicaSet's annotations once it is revision ``number``; an earlier revision moves to the history.

    The history drops its oldest entries to stay within ``characters``. Nothing changes if the revision is not higher.
    """
    text = annotations.get(REVISION)
    earlier = whole_number(text)
    if (text and earlier is None) or (earlier or 0) >= number:
        return annotations
    changed = annotations.set(REVISION, str(number))
    if text is None:
        return changed
    history = annotations.get(REVISION_HISTORY, "")
    entries = history.split(",") if history else []
    if not entries:
        return changed.set(REVISION_HISTORY, text)
    while entries and len(",".join((*entries, text))) > characters:
        entries = entries[1:]
    kept = ",".join((*entries, text))
    return changed.set(REVISION_HISTORY, kept) if len(kept) <= characters else changed


def revision_is_due(deployment: Deployment, new: ReplicaSet, old: Iterable[ReplicaSet]) -> bool:
    """Whether the new ReplicaSet still carries an earlier revision, or another minReadySeconds than the Deployment."""
    annotations = new.metadata.annotations
    return (
        with_revision(annotations, next_revision(old)) != annotations
        or new.spec.min_ready_seconds != deployment.spec.min_ready_seconds
    )


def scale_marks(spec: DeploymentSpec) -> tuple[int, int]:
    """What a ReplicaSet is marked with when the Deployment scales it: the desired count, and the most there may be."""
    return spec.replicas, spec.replicas + max_surge(spec)


def with_scale(annotations: frozendict[str, str], marks: tuple[int, int]) -> frozendict[str, str]:
    """A ReplicaSet's annotations with these marks of scaling."""
    desired, most = marks
    return annotations.set(DESIRED_REPLICAS, str(desired)).set(MAX_REPLICAS, str(most))


@lru_cache(maxsize=256)
def _labelled(template: PodTemplateSpec, value: str) -> PodTemplateSpec:
    labels = template.metadata.labels.set(TEMPLATE_HASH, value)
    return attrs.evolve(template, metadata=attrs.evolve(template.metadata, labels=labels))


def new_replica_set(deployment: Deployment, old: Sequence[ReplicaSet]) -> ReplicaSet:
    """The ReplicaSet for the Deployment's template, as it is created beside the ``old`` ones.

    The Deployment's own annotations are not copied: no decision reads them on a ReplicaSet.
    """
    value = template_hash(deployment.spec.template, deployment.status.collision_count)
    template = _labelled(deployment.spec.template, value)
    selector = deployment.spec.selector or LabelSelector()
    return ReplicaSet(
        metadata=ObjectMeta(
            name=replica_set_name(deployment),
            namespace=deployment.metadata.namespace,
            labels=template.metadata.labels,
            annotations=with_scale(with_revision(frozendict(), next_revision(old)), scale_marks(deployment.spec)),
            owner_references=(owner_reference(deployment),),
        ),
        spec=ReplicaSetSpec(
            replicas=initial_replicas(deployment.spec, sum(rs.spec.replicas for rs in old)),
            selector=attrs.evolve(selector, match_labels=selector.match_labels.set(TEMPLATE_HASH, value)),
            template=template,
            min_ready_seconds=deployment.spec.min_ready_seconds,
        ),
    )


def replica_sets_to_delete(deployment: Deployment, old: Iterable[ReplicaSet]) -> tuple[ReplicaSet, ...]:
    """Old ReplicaSets beyond the history limit, lowest revision first; those that still have pods are skipped."""
    limit = deployment.spec.revision_history_limit
    if limit == _UNLIMITED:
        return ()
    alive = sorted((rs for rs in old if not rs.metadata.terminating), key=lambda rs: (revision(rs), age_order(rs)))
    beyond = alive[: max(0, len(alive) - limit)]
    return tuple(
        rs
        for rs in beyond
        if rs.spec.replicas == rs.status.replicas == 0 and rs.metadata.generation <= rs.status.observed_generation
    )
