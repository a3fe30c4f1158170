"""A pod's volumes on its node: nothing of the pod starts before they are all there (kubelet §3).

The kubelet admits the pod, then waits until the attach/detach controller has attached to its node what has to be, and
mounts it; it tries for about two minutes, and again. A pod whose object goes meanwhile is forgotten. Only where the
attachment of volumes is followed; otherwise volumes are wherever their pods are.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ..kinds import ATTACHED, PERSISTENT_VOLUME, POD, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, Set, Write
from ..language.query import DISTINCT, Query
from ..objects.pod import Pod, PodSpec
from ..objects.storage import BOUND, PersistentVolume, claim_names
from .cri_replies import lost_reply, may_lose
from .heartbeat import KUBELET_CONNECTED
from .pod_containers import told_apart
from .pod_requests import own_name
from .startup import start_plan, wanted

START = "start pod with volumes"
"""The rule by which a kubelet starts a pod whose volumes are there."""

Claim = tuple[str, str]


@attrs.frozen(cache_hash=True)
class Awaiting:
    """A pod that the kubelet of ``node`` has admitted, and of which nothing runs yet: it waits for its volumes."""

    node: str
    spec: PodSpec
    name: str
    claims: tuple[Claim, ...]


def awaiting(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Awaiting | None:
    """The view of a pod that waits for its volumes."""
    if pod is None or worker is None or runtime is not None or not wanted(pod):
        return None
    claims = tuple((pod.metadata.namespace, name) for name in claim_names(pod.spec))
    return Awaiting(worker.node, pod.spec, own_name(pod), claims)


def _abandoned(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> PodWorker | None:
    return worker if pod is None and runtime is None else None


def rules(
    attachable: Callable[[PersistentVolume], bool], *, serving: bool, apart: bool, pulls: bool, lost_replies: bool
) -> tuple[Rule, ...]:
    """The rules of pods with volumes. ``attachable``: which volumes have to be attached; others see ``admit``."""

    def here(key: Awaiting, volume: PersistentVolume | None, attached: tuple[str, ...]) -> Claim | None:
        if volume is None or volume.phase != BOUND or volume.claim not in key.claims:
            return None
        return volume.claim if key.node in attached or not attachable(volume) else None

    def start(key: Awaiting, there: tuple[Claim, ...], loses: bool = False) -> list[Alternative]:
        if not set(key.claims) <= set(there):
            return []
        several = apart and told_apart(key.spec)
        plan = start_plan(key.node, key.spec, None, serving=serving, name=key.name, apart=several, pulls=pulls)
        found = [Alternative(plan, "the volumes of the pod are there")]
        lost = lost_reply(plan) if loses else None
        if lost is not None:
            found.append(Alternative(lost, "the volumes are there; RunPodSandbox takes effect, but its reply is lost"))
        return found

    begin = Rule(
        name=START,
        key=Key(POD, ("object", "runtime", "worker"), awaiting),
        queries={
            "there": Query(PERSISTENT_VOLUME, ("object", ATTACHED), here, DISTINCT),
            **({"loses": may_lose()} if lost_replies else {}),
        },
        decide=start,
        guards=(KUBELET_CONNECTED,),
        several_requests=True,
        reference="kubelet §3",
        meaning="the kubelet starts an admitted pod once all its volumes are attached to the node, and mounted",
    )
    forget = Rule(
        name="stop waiting for volumes",
        key=Key(POD, ("object", "runtime", "worker"), _abandoned),
        decide=lambda _worker: [Alternative((Write(KEY, "worker", Set(None)),), "its object is gone")],
        guards=(KUBELET_CONNECTED,),
        reference="kubelet §3",
        meaning="a pod that waited for its volumes is forgotten when its object is gone: nothing of it has run",
    )
    return (begin, forget)
