"""Graceful node shutdown: what a kubelet does between the notice that its machine goes off and the end (kubelet §8).

The machine's service manager tells the kubelet, and waits for it no longer than shutdownGracePeriod. With that at 0, as
it is by default, the machine goes off as in a crash. Otherwise the kubelet reports its node not ready, rejects what is
bound to it from now on, and ends its pods: those that are not critical first, critical ones once all others have ended.
They are Failed with reason Terminated, so that what made them makes others at once, and nobody waits until the node
counts as gone.
"""

from __future__ import annotations

import attrs

from ..kinds import NODE, POD, SANDBOX_READY, UP, PodRuntime
from ..language.component import Key, Rule
from ..language.machine import Arrow, Machine, states_by
from ..language.model import Field
from ..language.plan import KEY, Alternative, Call, RuntimeCall, Set, Write
from ..language.query import ANY, Query
from ..language.request import ApiCall, Verb
from ..objects.conditions import Condition, condition_is_true, with_condition
from ..objects.node import Node
from ..objects.pod import FAILED, Pod, is_terminal
from .container_runtime import StopContainer, StopSandbox
from .heartbeat import KUBELET_CONNECTED, heartbeats, kubelet_acts, node_of
from .node_pressure import spared
from .pod_containers import sidecars_that_run
from .pod_requests import incarnation, status_patch
from .registration import POST_READY
from .static_pods import is_mirror

KUBELET, FAULT = "kubelet", "fault"

SHUTDOWN = "node-shutdown"
"""The fault by which somebody shuts a node down."""

GRACE_PERIOD = "shutdown-grace-period"
"""The constant for how many seconds the machine waits for its kubelet, shutdownGracePeriod; 0 unless given."""

ENDING, RELEASED, OFF = "ending", "released", "off"
"""How far the shutdown of a node is, "" for none: it waits for its kubelet to end its pods, for nobody any more, or it
has gone off."""

SHUTDOWN_FIELDS = (Field("shutdown", ""),)
"""One more field of nodes that may be shut down."""

TERMINATED, NODE_SHUTDOWN = "Terminated", "NodeShutdown"
"""The reasons of a pod that its kubelet ended for a shutdown, and of one that it rejected."""

ENDS_IN = 1.0
"""Seconds that a pod takes to end at least: the shortest grace that a kubelet gives (kubelet §3). By then the API shows
that the node is not ready, unless the control plane is slow."""

TERMINATE, POST_NOT_READY_NAME = "terminate for shutdown", "post NotReady"
"""Names of the rules."""


@attrs.frozen(cache_hash=True)
class PostNotReady:
    """The kubelet's report that its node is not ready (any more)."""

    def __call__(self, node: Node, /) -> Node:
        """The node after the report."""
        conditions = with_condition(node.status.conditions, Condition("Ready", "False", "KubeletNotReady"))
        return attrs.evolve(node, status=attrs.evolve(node.status, conditions=conditions))


@attrs.frozen(cache_hash=True)
class Terminate:
    """The status of a pod that its kubelet ends because its node is shut down."""

    def __call__(self, pod: Pod, /) -> Pod:
        """The pod after the report."""
        target = Condition("DisruptionTarget", "True", "TerminationByKubelet")
        conditions = with_condition(with_condition(pod.status.conditions, target), Condition("Ready", "False"))
        status = attrs.evolve(pod.status, phase=FAILED, reason=TERMINATED, conditions=conditions)
        return attrs.evolve(pod, status=status)


_NODE_FIELDS = ("name", "object", "machine", "kubelet", "link", "shutdown")


def _still_ready(name: str, node: Node | None, machine: str, kubelet: str, link: str, shutdown: str) -> str | None:
    if node is None or shutdown not in (ENDING, RELEASED) or not heartbeats(machine, kubelet, link):
        return None
    return name if condition_is_true(node.status.conditions, "Ready") else None


def _post_not_ready(_node: str) -> list[Alternative]:
    patch = ApiCall(Verb.PATCH, NODE, PostNotReady(), subresource="status")
    return [Alternative((Call(KEY, patch),), "KubeletNotReady: node is shutting down")]


POST_NOT_READY = Rule(
    name=POST_NOT_READY_NAME,
    key=Key(NODE, _NODE_FIELDS, _still_ready),
    decide=_post_not_ready,
    reference="kubelet §1, §8",
    meaning="the kubelet reports its node not ready once it is being shut down",
)


def _ready_again(name: str, node: Node | None, machine: str, kubelet: str, link: str, shutdown: str) -> object:
    return None if shutdown in (ENDING, RELEASED) else POST_READY.key.view(name, node, machine, kubelet, link)


POST_READY_UNLESS_ENDING = attrs.evolve(POST_READY, key=Key(NODE, _NODE_FIELDS, _ready_again))
"""As ``POST_READY``, for nodes that may be shut down."""


def _is_ending(node: str, name: str, shutdown: str) -> bool | None:
    return True if name == node and shutdown in (ENDING, RELEASED) else None


IS_ENDING = Query(NODE, ("name", "shutdown"), _is_ending, ANY, node_of)
"""Whether the key's node is being shut down."""


@attrs.frozen(cache_hash=True)
class Tenant:
    """A pod of which something is on ``node``. ``sidecars``: those of its containers that run, the last one first."""

    node: str
    uid: int | None
    critical: bool
    sidecars: tuple[str, ...] = ()


def _tenant(pod: Pod | None, runtime: PodRuntime | None) -> Tenant | None:
    if pod is None or runtime is None or runtime.sandbox != SANDBOX_READY or is_terminal(pod) or is_mirror(pod):
        return None
    return Tenant(runtime.node, incarnation(pod), spared(pod.spec), sidecars_that_run(runtime.each))


def _holds_up(node: str, pod: Pod | None, runtime: PodRuntime | None) -> bool | None:
    found = _tenant(pod, runtime)
    return True if found is not None and found.node == node else None


def _comes_first(node: str, pod: Pod | None, runtime: PodRuntime | None) -> bool | None:
    found = _tenant(pod, runtime)
    return True if found is not None and found.node == node and not found.critical else None


def _terminate(key: Tenant, ending: bool, others: bool) -> list[Alternative]:
    if not ending or (key.critical and others):
        return []
    stop = [RuntimeCall(KEY, "runtime", StopContainer(), "StopContainer")]
    stop += [RuntimeCall(KEY, "runtime", StopContainer(name), "StopContainer") for name in key.sidecars]
    stop.append(RuntimeCall(KEY, "runtime", StopSandbox(), "StopPodSandbox"))
    report = Call(KEY, status_patch(key.uid, Terminate()))
    last = ", and only critical pods are left" if key.critical else ""
    return [Alternative((*stop, report), f"the node is being shut down{last}")]


TERMINATE_FOR_SHUTDOWN = Rule(
    name=TERMINATE,
    key=Key(POD, ("object", "runtime"), _tenant),
    decide=_terminate,
    queries={
        "ending": IS_ENDING,
        "others": Query(POD, ("object", "runtime"), _comes_first, ANY, node_of, excluding_key=True),
    },
    guards=(KUBELET_CONNECTED,),
    duration=ENDS_IN,
    several_requests=True,
    reference="kubelet §8",
    meaning="the kubelet of a node that is being shut down ends its pods, critical ones after all others",
)


def _waited_for(name: str, machine: str, kubelet: str, shutdown: str) -> str | None:
    return name if shutdown == ENDING and kubelet_acts(machine, kubelet) else None


_WAITED_FOR = Key(NODE, ("name", "machine", "kubelet", "shutdown"), _waited_for)


def _release(because: str) -> Alternative:
    return Alternative((Write(KEY, "shutdown", Set(RELEASED)),), f"{because}: the machine waits for nobody any more")


RELEASE = Rule(
    name="release shutdown",
    key=_WAITED_FOR,
    decide=lambda _node, busy: [] if busy else [_release("the pods of the node have ended")],
    queries={"busy": Query(POD, ("object", "runtime"), _holds_up, ANY, lambda name: name)},
    reference="kubelet §8",
    meaning="once it has ended its pods, the kubelet lets the machine go off",
)


def release_at_last(grace: float) -> Rule:
    """The rule by which a machine waits for its kubelet no longer than so many seconds."""
    return Rule(
        name="release shutdown at last",
        key=_WAITED_FOR,
        decide=lambda _node: [_release(f"{grace:g} s are over")],
        duration=grace,
        reference="kubelet §8",
        meaning="a node that is shut down waits for its kubelet no longer than shutdownGracePeriod",
    )


def of_kubelet(grace: float) -> tuple[Rule, ...]:
    """The kubelet's rules, where the machine waits for it for so many seconds."""
    return (POST_NOT_READY, TERMINATE_FOR_SHUTDOWN, RELEASE, release_at_last(grace))


def _stage(shutdown: str, machine: str) -> str:
    if machine != UP:
        return "Off"
    return {ENDING: "Ending", RELEASED: "Released"}.get(shutdown, "On")


MACHINE = Machine(
    name="node shutdown",
    kind=NODE,
    fields=("shutdown", "machine"),
    states=states_by(
        _stage,
        {
            "On": "nobody shuts the node down",
            "Ending": "the node is being shut down, and waits for its kubelet",
            "Released": "its kubelet has ended its pods, or has had its time",
            "Off": "the machine is off",
        },
    ),
    initial="On",
    arrows=(
        Arrow("shut down", "On", "Ending", FAULT, "kubelet §8"),
        Arrow("release", "Ending", "Released", KUBELET, "kubelet §8"),
        Arrow("go off", "Released", "Off", FAULT, "kubelet §8"),
        Arrow("shut down without notice, or lose power", "On", "Off", FAULT, "kubelet §8"),
        Arrow("lose power or kubelet", "Ending", "Off", FAULT, "kubelet §8"),
        Arrow("return", "Off", "On", FAULT, "design §4"),
    ),
    meaning="whether a node is being shut down, and how far that is",
    reference="kubelet §8",
)
