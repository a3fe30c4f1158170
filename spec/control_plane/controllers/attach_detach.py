"""The attach/detach controller: brings volumes to the nodes whose pods need them, and takes them away again.

Duty (controllers-cluster §12): a volume is attached to a node iff some pod that is scheduled there needs it. One that
only one node may use is attached nowhere else while it is attached: the second node has to wait (Multi-Attach error,
``pkg/controller/volume/attachdetach/reconciler``). It is detached once the node's kubelet reports that nothing there
uses it any more, after six minutes without such a report, or at once where the node is declared out of service.

Life of a volume's attachment: Detached -> Attached -> Detaching, once no pod there needs it -> Detached; or Attached
again, if a pod comes to need it meanwhile. Since when it is to be detached is memory: a controller that restarts waits
for six minutes anew. A pod whose object is there and that has not finished needs its volumes, also while it is being
deleted: what a silent node has attached stays there as long as its pods have objects.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import attrs

from ...kinds import (
    ATTACHED,
    DETACHING,
    KUBE_CONTROLLER_MANAGER,
    NODE,
    PERSISTENT_VOLUME,
    POD,
    PodRuntime,
    PodWorker,
    process_runs,
)
from ...language.component import Component, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Step, Write
from ...language.query import DISTINCT, Query, no_parameter
from ...node.container_runtime import stopped
from ...node.heartbeat import heartbeats
from ...objects.node import Node
from ...objects.pod import Pod, is_terminal
from ...objects.storage import BOUND, PersistentVolume, claim_names
from .pod_garbage_collector import out_of_service

NAME = "attachdetach-controller"

LONGEST_WAIT = 360.0
"""Seconds that the controller waits for the report of a kubelet (ReconcilerMaxWaitForUnmountDuration)."""

MANY_NODES = frozenset({"ReadWriteMany", "ReadOnlyMany"})
"""Access modes of volumes that several nodes may have at once."""

Claim = tuple[str, str]
Attachable = Callable[[PersistentVolume], bool]
"""Whether a volume has to be attached to a node before it can be used there."""


def for_one_node(volume: PersistentVolume) -> bool:
    """Whether only one node may have the volume; one without access modes is refused to nobody."""
    return bool(volume.access_modes) and not MANY_NODES.intersection(volume.access_modes)


@attrs.frozen(cache_hash=True)
class With:
    """The edit that adds a node to a sorted list of nodes."""

    node: str

    def __call__(self, nodes: tuple[str, ...], /) -> tuple[str, ...]:
        """The nodes, with it."""
        return tuple(sorted({*nodes, self.node}))


@attrs.frozen(cache_hash=True)
class Without:
    """The edit that takes a node from a list of nodes."""

    node: str

    def __call__(self, nodes: tuple[str, ...], /) -> tuple[str, ...]:
        """The nodes, without it."""
        return tuple(node for node in nodes if node != self.node)


@attrs.frozen(cache_hash=True)
class Attachment:
    """Where a volume is attached. ``claim``: None where it is bound to none. ``detaching``: nodes that must let go."""

    volume: str
    claim: Claim | None
    single: bool
    attached: tuple[str, ...]
    detaching: tuple[str, ...]


def bound_claim(volume: PersistentVolume | None) -> Claim | None:
    """The claim that the volume is bound to."""
    return volume.claim if volume is not None and volume.phase == BOUND else None


def _attachment(
    volume: PersistentVolume | None, attached: tuple[str, ...], detaching: tuple[str, ...] = ()
) -> Attachment:
    name = volume.metadata.name if volume is not None else ""
    single = volume is not None and for_one_node(volume)
    return Attachment(name, bound_claim(volume), single, attached, detaching)


def pod_claims(pod: Pod) -> tuple[Claim, ...]:
    """The claims that a pod uses."""
    return tuple((pod.metadata.namespace, name) for name in claim_names(pod.spec))


def _needs(key: Attachment, pod: Pod | None) -> str | None:
    if pod is None or is_terminal(pod) or not pod.spec.node_name:
        return None
    return pod.spec.node_name if key.claim in pod_claims(pod) else None


NEEDED = Query(POD, ("object",), _needs, DISTINCT)
"""The nodes on which a scheduled pod needs the volume."""


def _there(_parameter: None, name: str, node: Node | None) -> str | None:
    return name if node is not None else None


def _given_up(_parameter: None, name: str, node: Node | None) -> str | None:
    return name if node is not None and out_of_service(node) else None


def _heard(_parameter: None, name: str, node: Node | None, machine: str, kubelet: str, link: str) -> str | None:
    return name if node is not None and heartbeats(machine, kubelet, link) else None


def used_on(
    claims: Mapping[str, Collection[Claim]], claim: Claim | None, pod: Pod | None, runtime: PodRuntime | None
) -> str | None:
    """The node on which something runs, or may still run, that uses the claim; None for none.

    ``claims``: those of pods with names of their own, for what still runs of pods whose objects are gone. What runs of
    any other such pod may use the claim.
    """
    if runtime is None or stopped(runtime):
        return None
    if pod is not None:
        return runtime.node if claim in pod_claims(pod) else None
    return runtime.node if not runtime.name or claim in claims.get(runtime.name, ()) else None


def _in_use(claims: Mapping[str, Collection[Claim]]) -> Query:
    """The nodes whose kubelets use the volume: a pod there runs with it, or waits for it."""

    def classify(key: Attachment, pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> str | None:
        if runtime is None:
            return worker.node if worker is not None and pod is not None and key.claim in pod_claims(pod) else None
        return used_on(claims, key.claim, pod, runtime)

    return Query(POD, ("object", "runtime", "worker"), classify, DISTINCT)


def _attach(key: Attachment, needed: tuple[str, ...], nodes: tuple[str, ...]) -> Iterable[Alternative]:
    if key.single and key.attached:
        return
    for node in sorted(set(needed) & set(nodes) - set(key.attached)):
        because = f"a pod on {node} needs volume {key.volume}"
        yield Alternative((Write(KEY, ATTACHED, With(node)),), because)


def _attach_rule(attachable: Attachable) -> Rule:
    def view(volume: PersistentVolume | None, attached: tuple[str, ...]) -> Attachment | None:
        if volume is None or bound_claim(volume) is None or not attachable(volume):
            return None
        return _attachment(volume, attached)

    return Rule(
        name="attach volume",
        key=Key(PERSISTENT_VOLUME, ("object", ATTACHED), view),
        queries={"needed": NEEDED, "nodes": Query(NODE, ("name", "object"), _there, DISTINCT, no_parameter)},
        decide=_attach,
        reference="controllers-cluster §12",
        meaning="attaches a volume to the node of a pod that needs it; one that only one node may use only if it is"
        " attached nowhere",
    )


def _where(holds: Callable[[Attachment], bool]) -> Key:
    def view(
        volume: PersistentVolume | None, attached: tuple[str, ...], detaching: tuple[str, ...]
    ) -> Attachment | None:
        key = _attachment(volume, attached, detaching)
        return key if holds(key) else None

    return Key(PERSISTENT_VOLUME, ("object", ATTACHED, DETACHING), view)


_DETACHING = _where(lambda key: bool(key.detaching))


def _begin(key: Attachment, needed: tuple[str, ...]) -> Iterable[Alternative]:
    for node in key.attached:
        if node not in needed and node not in key.detaching:
            yield Alternative((Write(KEY, DETACHING, With(node)),), f"no pod on {node} needs it any more")


BEGIN = Rule(
    name="begin to detach",
    key=_where(lambda key: key.attached != key.detaching),
    queries={"needed": NEEDED},
    decide=_begin,
    reference="controllers-cluster §12",
    meaning="a volume that no pod of its node needs any more is to be detached: the six minutes begin",
)


def _keep(key: Attachment, needed: tuple[str, ...]) -> Iterable[Alternative]:
    for node in key.detaching:
        if node in needed:
            yield Alternative((Write(KEY, DETACHING, Without(node)),), f"a pod on {node} needs it again")


KEEP = Rule(
    name="keep attached",
    key=_DETACHING,
    queries={"needed": NEEDED},
    decide=_keep,
    reference="controllers-cluster §12",
    meaning="a volume that a pod of its node has come to need again stays attached",
)


def _gone(node: str) -> tuple[Step, ...]:
    return (Write(KEY, ATTACHED, Without(node)), Write(KEY, DETACHING, Without(node)))


Names = tuple[str, ...]


def _let_go(node: str, used: Names, heard: Names, given_up: Names) -> str:
    """Why the node lets go of a volume that no pod there needs, "" if it does not yet."""
    if node in given_up:
        return f"{node} is out of service"
    return f"the kubelet of {node} reports that nothing uses it" if node in heard and node not in used else ""


def _detach_rules(claims: Mapping[str, Collection[Claim]]) -> tuple[Rule, Rule]:
    reads = {
        "needed": NEEDED,
        "used": _in_use(claims),
        "heard": Query(NODE, ("name", "object", "machine", "kubelet", "link"), _heard, DISTINCT, no_parameter),
        "given_up": Query(NODE, ("name", "object"), _given_up, DISTINCT, no_parameter),
    }

    def detach(key: Attachment, needed: Names, **found: Any) -> Iterable[Alternative]:
        for node in key.detaching:
            because = _let_go(node, **found)
            if because and node not in needed:
                yield Alternative(_gone(node), because)

    def force(key: Attachment, needed: Names, **found: Any) -> Iterable[Alternative]:
        for node in key.detaching:
            if not _let_go(node, **found) and node not in needed:
                because = f"for six minutes nobody has reported that nothing on {node} uses it"
                yield Alternative(_gone(node), because)

    timely = Rule(
        name="detach volume",
        key=_DETACHING,
        queries=reads,
        decide=detach,
        reference="controllers-cluster §12",
        meaning="detaches a volume that its node's kubelet reports unused, or whose node is out of service",
    )
    forced = Rule(
        name="force detach volume",
        key=_DETACHING,
        queries=reads,
        decide=force,
        duration=LONGEST_WAIT,
        reference="controllers-cluster §12",
        meaning="after six minutes without that report it detaches the volume all the same: what runs there may still"
        " write to it",
    )
    return timely, forced


def component(attachable: Attachable, claims: Mapping[str, Collection[Claim]]) -> Component:
    """The controller. ``claims``: those of pods with names of their own, by name."""
    return Component(
        name=NAME,
        rules=(_attach_rule(attachable), BEGIN, KEEP, *_detach_rules(claims)),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        duty="attaches volumes where pods need them, and detaches them where none does",
        reference="controllers-cluster §12",
    )


def _state(attached: Names, detaching: Names) -> str:
    if not attached:
        return "Detached"
    return "Detaching" if detaching else "Attached"


MACHINE = Machine(
    name="volume attachment",
    kind=PERSISTENT_VOLUME,
    fields=(ATTACHED, DETACHING),
    states=states_by(
        _state,
        {
            "Detached": "no node has it",
            "Attached": "a node has it, whose pods need it",
            "Detaching": "a node has it that must let go, for no pod there needs it",
        },
    ),
    initial="Detached",
    arrows=(
        Arrow("attach", "Detached", "Attached", NAME, "controllers-cluster §12"),
        Arrow("no pod needs it", "Attached", "Detaching", NAME, "controllers-cluster §12"),
        Arrow("needed again", "Detaching", "Attached", NAME, "controllers-cluster §12"),
        Arrow("detach", "Detaching", "Detached", NAME, "controllers-cluster §12"),
        Arrow("controller restarts", "Detaching", "Attached", "fault", "controllers-cluster §12"),
    ),
    meaning="where a volume is attached",
    reference="controllers-cluster §12",
)
