"""The protection controllers: a claim stays while a pod uses it, a volume while a claim is bound to it.

Duty (controllers-cluster §12): admission gives every claim and every volume a finalizer (kube-apiserver §6); these two
take it off once the object is being deleted and nothing needs it any more. A claim is in use by a pod that has a node
and has not ended: the kubelet starts no pod with a claim that is being deleted, so that one without a node does not
count (pkg/controller/volume/pvcprotection).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from ...kinds import KUBE_CONTROLLER_MANAGER, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD, process_runs
from ...language.component import Component, Key, Rule
from ...language.plan import KEY, Alternative, Call
from ...language.query import ANY, Query, Read
from ...language.request import ApiCall, Verb
from ...objects.pod import Pod, is_terminal
from ...objects.storage import BOUND, PV_PROTECTION, PVC_PROTECTION, PersistentVolume, claim_names
from .garbage_collector import RemoveFinalizer

OF_CLAIMS, OF_VOLUMES = "pvc-protection-controller", "pv-protection-controller"


def _held(finalizer: str) -> Callable[[Any], tuple[str, str] | None]:
    def view(found: Any) -> tuple[str, str] | None:
        if found is None or not found.metadata.terminating or finalizer not in found.metadata.finalizers:
            return None
        return found.metadata.namespace, found.metadata.name

    return view


def uses(claim: tuple[str, str], pod: Pod | None) -> bool | None:
    """Whether a pod uses the claim, as (namespace, name)."""
    if pod is None or is_terminal(pod) or not pod.spec.node_name:
        return None
    return True if pod.metadata.namespace == claim[0] and claim[1] in claim_names(pod.spec) else None


def _bound(volume: PersistentVolume | None) -> tuple[str, str] | None:
    return None if volume is not None and volume.phase == BOUND else _held(PV_PROTECTION)(volume)


def _let_go(kind: str, finalizer: str, because: str) -> Iterable[Alternative]:
    patch = ApiCall(Verb.PATCH, kind, RemoveFinalizer(finalizer))
    yield Alternative((Call(KEY, patch),), because)


def _unused(key: tuple[str, str], used: bool) -> Iterable[Alternative]:
    if not used:
        yield from _let_go(PERSISTENT_VOLUME_CLAIM, PVC_PROTECTION, f"no pod uses claim {key[1]} any more")


CLAIM = Rule(
    name="let claim go",
    key=Key(PERSISTENT_VOLUME_CLAIM, ("object",), _held(PVC_PROTECTION)),
    queries={"used": Query(POD, ("object",), uses, ANY, read=Read.QUORUM)},
    decide=_unused,
    reference="controllers-cluster §12",
    meaning="a claim that is being deleted goes once no pod uses it",
)

VOLUME = Rule(
    name="let volume go",
    key=Key(PERSISTENT_VOLUME, ("object",), _bound),
    decide=lambda key: _let_go(PERSISTENT_VOLUME, PV_PROTECTION, f"no claim is bound to volume {key[1]}"),
    reference="controllers-cluster §12",
    meaning="a volume that is being deleted goes once no claim is bound to it",
)


def components() -> tuple[Component, ...]:
    """Both controllers."""
    of_claims = Component(
        name=OF_CLAIMS,
        rules=(CLAIM,),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        duty="keeps claims while pods use them",
        reference="controllers-cluster §12",
    )
    duty = "keeps volumes while claims are bound to them"
    return of_claims, attrs.evolve(of_claims, name=OF_VOLUMES, rules=(VOLUME,), duty=duty)
