"""Properties of static pods, their mirrors, and of what Kubernetes did not create (invariants 81, 82; kubelet §2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kinds import EXITED, KUBELET, NODE, POD, RUNNING, STATIC_POD
from ..language.component import Key
from ..language.property import (
    HOLDS,
    IDLE,
    Finding,
    Shape,
    StateProperty,
    StepProperty,
    TemporalProperty,
    suspended,
    violated,
)
from ..language.query import ANY, MULTISET, Query
from ..node.heartbeat import heartbeats
from ..node.mirror_pods import Mirror, Shown, mirror_of
from ..node.static_pods import Manifest, Source
from ..objects.node import Node

Change = tuple[Any, ...]


def _shown(place: str, name: str, source: Source) -> Shown:
    return Shown(place, name, source, runs=False)


def _silent(key: Shown, name: str, node: Node | None, machine: str, kubelet: str, link: str) -> bool | None:
    shows = node is not None and heartbeats(machine, kubelet, link)
    return True if name == key.node and not shows else None


def _reflected(key: Shown, mirrors: tuple[tuple[Mirror, int], ...], silent: bool) -> Finding:
    if silent:
        return suspended(f"the kubelet of {key.node} is down, cut off, or has no Node")
    found = [mirror for mirror, count in mirrors for _ in range(count)]
    if not isinstance(key.known, Manifest):
        return violated(f"{key.name} is gone from its source and still has a mirror") if found else HOLDS
    if not found:
        return violated(f"static pod {key.name} has no mirror")
    if len(found) > 1 or found[0].shows != key.known.uid:
        return violated(f"the mirror of {key.name} does not show what its source declares")
    return violated(f"the mirror of {key.name} is being deleted") if found[0].terminating else HOLDS


MIRROR_REFLECTS_STATIC = TemporalProperty(
    name="mirror-reflects-static",
    statement="in the end each static pod has exactly one mirror, which shows what its source declares, for good",
    key=Key(STATIC_POD, ("place", "name", "source"), _shown),
    queries={
        "mirrors": Query(POD, ("name", "object"), mirror_of, MULTISET),
        "silent": Query(NODE, ("name", "object", "machine", "kubelet", "link"), _silent, ANY),
    },
    judge=_reflected,
    shape=Shape.EVENTUALLY_ALWAYS,
    assumes="the kubelet runs and reaches the API server, which has its Node",
    reference="invariants 82",
    advice="a mirror cannot be edited: change or remove the file in the kubelet's folder of static pods",
)


def _ended(component: str, _rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (known, runtime), (_, now) = before, after
    if component != KUBELET:
        return IDLE
    if runtime is None or runtime.state != RUNNING or (now is not None and now.state == RUNNING):
        return HOLDS
    declared = isinstance(known, Manifest) and known.uid == runtime.uid
    return violated("a kubelet ends a static pod that its source declares") if declared else HOLDS


STATIC_POD_OUTLIVES_MIRROR = StepProperty(
    name="static-pod-outlives-mirror",
    statement="a kubelet ends a static pod only because of its source, whatever becomes of its mirror",
    kind=STATIC_POD,
    fields=("known", "runtime"),
    judge=_ended,
    reference="kubelet §2",
    advice="kubectl delete of a mirror pod does not stop it; nor does an eviction of its mirror",
)


def _untouched(key: tuple[str, str]) -> Finding:
    node, foreign = key
    if foreign in (RUNNING, EXITED):
        return HOLDS
    return violated(f"the kubelet of {node} has stopped a container that Kubernetes did not create")


UNMANAGED_UNTOUCHED = StateProperty(
    name="unmanaged-containers-untouched",
    statement="a kubelet never stops a container that Kubernetes did not create",
    key=Key(NODE, ("name", "foreign"), lambda name, foreign: (name, foreign)),
    judge=_untouched,
    reference="invariants 81",
    advice="the kubelet knows its containers by the labels io.kubernetes.pod.*: nothing else may bear them",
)
