"""Volumes of a pod that is being scheduled: reserved or asked for with its node, waited for before it is bound.

kube-scheduler §3, steps 8 and 9: once a node is chosen, the pod is assumed there. For each claim that waits for its pod
the scheduler reserves a free volume that the node reaches (it writes the volume's claimRef), or, where there is none,
tells by an annotation for which node one is to be made. The pod is bound when all its claims are; if that takes longer
than 600 seconds, or a claim turns out to have its volume elsewhere, the pod is forgotten and tried again.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import attrs

from ...kinds import PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD, WAITS_FOR_VOLUMES
from ...language.component import Key, Rule
from ...language.plan import IT, KEY, Alternative, Call, Chosen, Set, Step, Write
from ...language.query import DISTINCT, Query, no_parameter
from ...language.request import ApiCall, Binding, Outcome, Preconditions, Verb
from ...objects.node import Node
from ...objects.pod import Pod
from ...objects.storage import SELECTED_NODE, PersistentVolume, PersistentVolumeClaim, Storage, claim_names
from ..controllers.persistent_volumes import BindVolume
from .filters.volume_binding import in_reach, volumes_for, waiting_claims
from .nomination import Nominate, cleared
from .queue import waits_for_node
from .views import NODES

BIND_WITH_VOLUMES = "bind with volumes"
"""Name of the rule that binds what waited for its volumes: its node was chosen before."""

BIND_TIMEOUT = 600.0
"""Seconds that the scheduler waits for the volumes of a pod (kube-scheduler §3, step 9)."""


@attrs.frozen(cache_hash=True)
class SelectNode:
    """The edit of a claim for which a volume is to be made that a node reaches."""

    node: str

    def __call__(self, stored: PersistentVolumeClaim, /) -> PersistentVolumeClaim:
        """The claim with its annotation."""
        annotations = stored.metadata.annotations.set(SELECTED_NODE, self.node)
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, annotations=annotations))


def _claim(_parameter: None, claim: PersistentVolumeClaim | None) -> PersistentVolumeClaim | None:
    if claim is None:
        return None
    # Who owns a claim is nothing to the scheduler.
    return attrs.evolve(claim, metadata=attrs.evolve(claim.metadata, owner_references=()))


def _volume(_parameter: None, volume: PersistentVolume | None) -> PersistentVolume | None:
    return volume


CLAIMS = Query(PERSISTENT_VOLUME_CLAIM, ("object",), _claim, DISTINCT, no_parameter)
VOLUMES = Query(PERSISTENT_VOLUME, ("object",), _volume, DISTINCT, no_parameter)
"""All claims and all volumes in the scheduler's cache."""


_FORGET: tuple[Step, ...] = (Write(KEY, "assumed", Set("")), Write(KEY, WAITS_FOR_VOLUMES, Set(False)))


def reserve(
    pod: Pod, node: Node, storage: Storage | None, erred: tuple[Step, ...], *, nominates: bool = True
) -> tuple[Step, ...]:
    """The plan by which the pod is assumed on the node, and its volumes are reserved or asked for.

    Empty if none of its claims waits for it. ``erred``: what is written to memory if one of the requests fails.
    ``nominates``: the pod is nominated to the node before them, as it is since v1.35 (kube-scheduler §3.9).
    """
    claims = waiting_claims(pod, storage) if storage is not None else ()
    if not claims or storage is None:
        return ()
    name = node.metadata.name
    steps: list[Step] = [Write(KEY, "assumed", Set(name)), Write(KEY, WAITS_FOR_VOLUMES, Set(True))]
    failed = (*cleared(_FORGET), *_FORGET, *erred) if nominates else (*_FORGET, *erred)
    if nominates and pod.status.nominated_node_name != name:
        nominate = ApiCall(Verb.PATCH, POD, Nominate(name), "status")
        steps.append(Call(KEY, nominate, on=_on_failure((*_FORGET, *erred))))
    for claim, volume in volumes_for(claims, node, storage) or ():
        meta = claim.metadata
        if volume is not None:
            edit = BindVolume((meta.namespace, meta.name), meta.uid, complete=False)
            call = ApiCall(Verb.UPDATE, PERSISTENT_VOLUME, edit, preconditions=Preconditions(seen=volume))
            steps.append(Call(Chosen("volumes", volume), call, on=_on_failure(failed)))
        elif not claim.selected_node:
            call = ApiCall(Verb.PATCH, PERSISTENT_VOLUME_CLAIM, SelectNode(name))
            steps.append(Call(Chosen("claims", claim), call, on=_on_failure(failed)))
    return tuple(steps)


def _on_failure(plan: tuple[Step, ...]) -> tuple[tuple[Outcome, tuple[Step, ...]], ...]:
    return tuple((outcome, plan) for outcome in Outcome if not outcome.success)


@attrs.frozen(cache_hash=True)
class Waiting:
    """A pod that waits for its volumes on the node that it is assumed on."""

    namespace: str
    node: str
    claims: tuple[str, ...]


def waiting(pod: Pod | None, assumed: str, waits: bool) -> Waiting | None:
    """The view of a pod that waits for its volumes."""
    if pod is None or not waits or not assumed or not waits_for_node(pod):
        return None
    return Waiting(pod.metadata.namespace, assumed, claim_names(pod.spec))


def stop_waiting(waits: bool, _before: Pod | None, after: Pod | None) -> bool:
    """Whether a pod still waits for its volumes after the scheduler saw it change."""
    return waits and waits_for_node(after)


def _verdict(key: Waiting, nodes: Iterable[Node], storage: Storage) -> str | None:
    """Why the pod must be forgotten, "" if it can be bound now, None if it has to wait."""
    node = next((it for it in nodes if it.metadata.name == key.node), None)
    unbound = False
    for name in key.claims:
        claim = storage.claim(key.namespace, name)
        if claim is None or claim.metadata.terminating:
            return f"claim {name} is gone"
        if not claim.bound:
            reserved = any(volume.claim == (key.namespace, name) for volume in storage.volumes)
            if not reserved and claim.selected_node != key.node:
                return f"no volume is being made for claim {name} on {key.node} any more"
            unbound = True
            continue
        volume = storage.volume(claim.volume_name)
        if volume is None or (node is not None and not in_reach(volume, node)):
            return f"the volume of claim {name} is out of reach of {key.node}"
    return None if unbound else ""


def _bind(
    key: Waiting, nodes: Any, claims: Any, volumes: Any, *, unpromised: tuple[Step, ...]
) -> Iterable[Alternative]:
    why = _verdict(key, (node for node, _ in nodes), Storage(volumes, claims))
    if why == "":
        call = Call(
            KEY,
            ApiCall(Verb.BIND, POD, Binding(key.node)),
            memory=((WAITS_FOR_VOLUMES, Set(False)),),
            on=_on_failure((Write(IT, "assumed", Set("")), *unpromised)),
        )
        yield Alternative((call,), f"its claims are bound: {', '.join(key.claims)}")


_KEY = Key(POD, ("object", "assumed", WAITS_FOR_VOLUMES), waiting)
_READS = {"nodes": NODES, "claims": CLAIMS, "volumes": VOLUMES}


def volume_rules(erred: tuple[Step, ...], *, nominates: bool = True) -> tuple[Rule, ...]:
    """What becomes of a pod that is assumed and waits for its volumes; ``erred``: what is written if that fails.

    ``nominates``: it was nominated to its node, which is over then.
    """
    unpromised = cleared() if nominates else ()

    def forget(key: Waiting, nodes: Any, claims: Any, volumes: Any) -> Iterable[Alternative]:
        why = _verdict(key, (node for node, _ in nodes), Storage(volumes, claims))
        if why:
            yield Alternative((*_FORGET, *erred, *unpromised), why)

    def time_out(key: Waiting, nodes: Any, claims: Any, volumes: Any) -> Iterable[Alternative]:
        if _verdict(key, (node for node, _ in nodes), Storage(volumes, claims)) is None:
            yield Alternative((*_FORGET, *erred, *unpromised), "its claims are not bound in time")

    return (
        Rule(
            name=BIND_WITH_VOLUMES,
            key=_KEY,
            queries=_READS,
            decide=partial(_bind, unpromised=unpromised),
            reference="kube-scheduler §3.9",
            meaning="binds an assumed pod once all its claims are bound",
        ),
        Rule(
            name="forget pod without volumes",
            key=_KEY,
            queries=_READS,
            decide=forget,
            reference="kube-scheduler §3.9",
            meaning="a claim is gone, or its volume is elsewhere: the pod is forgotten there and tried again",
        ),
        Rule(
            name="volumes are not bound in time",
            key=_KEY,
            queries=_READS,
            decide=time_out,
            duration=BIND_TIMEOUT,
            reference="kube-scheduler §3.9",
            meaning="a pod whose claims stay unbound for 600 seconds is forgotten there and tried again",
        ),
    )
