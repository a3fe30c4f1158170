"""What makes a pod one of a StatefulSet's: its name, labels and claims, and of which revision it is made.

Source: controllers-workloads §3. Names are functions of set and ordinal, so that the API server lets no second object
of one identity exist.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import attrs
from frozendict import frozendict

from ...objects.metadata import ObjectMeta, OwnerReference
from ...objects.pod import Pod, PodSpec, PodTemplateSpec
from ...objects.stateful_set import StatefulSet
from .deployment_replica_sets import template_hash

POD_NAME = "statefulset.kubernetes.io/pod-name"
POD_INDEX = "apps.kubernetes.io/pod-index"
REVISION_HASH = "controller-revision-hash"

_NAME = re.compile(r"(.*)-([0-9]+)")


def parent_and_ordinal(name: str) -> tuple[str, int]:
    """The set and the ordinal that a pod's name tells; ("", -1) for other names."""
    match = _NAME.fullmatch(name)
    return (match[1], int(match[2])) if match else ("", -1)


def pod_name(set_name: str, ordinal: int) -> str:
    """The name of one pod."""
    return f"{set_name}-{ordinal}"


def claim_name(template: str, set_name: str, ordinal: int) -> str:
    """The name of the claim that one pod gets from the claim template ``template``."""
    return f"{template}-{set_name}-{ordinal}"


def revision_name(stateful_set: StatefulSet) -> str:
    """The name of the ControllerRevision of the set's template."""
    return f"{stateful_set.metadata.name}-{template_hash(stateful_set.spec.template)}"


def claims(stateful_set: StatefulSet, ordinal: int) -> tuple[str, ...]:
    """The names of the claims of one pod."""
    name = stateful_set.metadata.name
    return tuple(
        claim_name(template.metadata.name, name, ordinal) for template in stateful_set.spec.volume_claim_templates
    )


def is_member(stateful_set: StatefulSet, pod: Pod) -> bool:
    """Whether the pod's name is that of one of the set's."""
    return parent_and_ordinal(pod.metadata.name)[0] == stateful_set.metadata.name


def identity_matches(stateful_set: StatefulSet, pod: Pod) -> bool:
    """Whether name, namespace and the label with the name are those that the set gives."""
    meta = pod.metadata
    parent, ordinal = parent_and_ordinal(meta.name)
    return (
        ordinal >= 0
        and parent == stateful_set.metadata.name
        and meta.namespace == stateful_set.metadata.namespace
        and meta.labels.get(POD_NAME) == meta.name
    )


def storage_matches(stateful_set: StatefulSet, pod: Pod) -> bool:
    """Whether the pod mounts the claims that the set gives it."""
    _, ordinal = parent_and_ordinal(pod.metadata.name)
    if ordinal < 0:
        return False
    mounted = {volume["name"]: volume.get("persistentVolumeClaim") for volume in _volumes(pod.spec)}
    return all(
        (claim := mounted.get(template.metadata.name)) is not None
        and claim.get("claimName") == claim_name(template.metadata.name, stateful_set.metadata.name, ordinal)
        for template in stateful_set.spec.volume_claim_templates
    )


def _volumes(spec: PodSpec) -> tuple[frozendict[str, Any], ...]:
    return spec.volumes  # type: ignore[return-value]


@lru_cache(maxsize=4096)
def new_pod(stateful_set: StatefulSet, template: PodTemplateSpec, revision: str, ordinal: int) -> Pod:
    """The pod that the controller posts for one ordinal, from the template of a revision."""
    meta = stateful_set.metadata
    name = pod_name(meta.name, ordinal)
    reference = OwnerReference(StatefulSet.kind, meta.name, meta.uid, controller=True, block_owner_deletion=True)
    labels = template.metadata.labels | {POD_NAME: name, POD_INDEX: str(ordinal), REVISION_HASH: revision}
    templates = [claim.metadata.name for claim in stateful_set.spec.volume_claim_templates]
    mine = tuple(
        frozendict(name=each, persistentVolumeClaim=frozendict(claimName=claim_name(each, meta.name, ordinal)))
        for each in templates
    )
    others = tuple(volume for volume in _volumes(template.spec) if volume["name"] not in templates)
    return Pod(
        metadata=ObjectMeta(
            name=name,
            namespace=meta.namespace,
            labels=frozendict(labels),
            annotations=template.metadata.annotations,
            finalizers=template.metadata.finalizers,
            owner_references=(reference,),
        ),
        spec=attrs.evolve(
            template.spec, hostname=name, subdomain=stateful_set.spec.service_name, volumes=(*mine, *others)
        ),
    )


@attrs.frozen(cache_hash=True)
class Restored:
    """The edit that gives a pod its identity and storage back."""

    stateful_set: StatefulSet

    def __call__(self, pod: Pod, /) -> Pod:
        """The pod after it; its spec cannot be changed by the API server's rules, its labels can."""
        labels = pod.metadata.labels | {POD_NAME: pod.metadata.name}
        return attrs.evolve(pod, metadata=attrs.evolve(pod.metadata, labels=frozendict(labels)))
