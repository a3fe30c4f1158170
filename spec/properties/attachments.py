"""Properties of the attachment of volumes to nodes (controllers-cluster §12)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import attrs

from ..control_plane.controllers.attach_detach import Claim, bound_claim, for_one_node, used_on
from ..kinds import ATTACHED, PERSISTENT_VOLUME, POD, RUNNING, PodRuntime
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, StateProperty, violated
from ..language.query import DISTINCT, Query
from ..language.scenario import Scenario
from ..objects.pod import Pod
from ..objects.storage import PersistentVolume
from .attachments_followed import claims_by_pod


@attrs.frozen(cache_hash=True)
class Held:
    """A volume that one node may have at a time, and the nodes that have it."""

    volume: str
    nodes: tuple[str, ...]


def _held(volume: PersistentVolume | None, attached: tuple[str, ...]) -> Held | None:
    if volume is None or not attached or not for_one_node(volume):
        return None
    return Held(volume.metadata.name, attached)


def _by_one(key: Held) -> Finding:
    return HOLDS if len(key.nodes) == 1 else violated(f"{key.volume} is attached to {' and '.join(key.nodes)}")


ATTACHED_TO_ONE_NODE = StateProperty(
    name="volume-attached-to-one-node",
    statement="a volume that one node may have at a time is attached to one node at most",
    key=Key(PERSISTENT_VOLUME, ("object", ATTACHED), _held),
    judge=_by_one,
    reference="controllers-cluster §12",
    advice="the next node has to wait until the last one has let go: look at who attached the volume there",
)


@attrs.frozen(cache_hash=True)
class Written:
    """A volume that one node may have at a time, and the claim by which pods use it."""

    volume: str
    claim: Claim


def _written(volume: PersistentVolume | None) -> Written | None:
    claim = bound_claim(volume)
    if volume is None or claim is None or not for_one_node(volume):
        return None
    return Written(volume.metadata.name, claim)


def _from_one_node(key: Written, writers: tuple[str, ...]) -> Finding:
    if not writers:
        return IDLE
    if len(writers) == 1:
        return HOLDS
    return violated(
        f"containers on {' and '.join(sorted(writers))} use {key.volume}, which one node may have at a time"
    )


def written_by_one_node(claims: Mapping[str, Collection[Claim]]) -> StateProperty:
    """``claims``: those of pods with names of their own, whose objects may be gone while they run."""

    def writer(key: Written, pod: Pod | None, runtime: PodRuntime | None) -> str | None:
        if runtime is None or runtime.containers != RUNNING or (pod is None and not runtime.name):
            return None
        return used_on(claims, key.claim, pod, runtime)

    return StateProperty(
        name="volume-written-by-one-node",
        statement="containers that use a volume which one node may have at a time run on one node at most",
        key=Key(PERSISTENT_VOLUME, ("object",), _written),
        queries={"writers": Query(POD, ("object", "runtime"), writer, DISTINCT)},
        judge=_from_one_node,
        reference="controllers-cluster §12",
        advice="after six minutes, or where a node is declared out of service, a volume is detached from a node that"
        " may still write to it: make sure that the node is dead before its pods are deleted by force",
    )


TAILORED: Mapping[str, Callable[[Scenario], Any]] = {
    "volume-written-by-one-node": lambda scenario: written_by_one_node(claims_by_pod(scenario)),
}
"""Properties that read which claims the pods of the scenario have, by name."""
