"""A container runtime that answers nothing: what its kubelet can still do, and when it says so (kubelet §1).

The kubelet lists what the runtime holds once a second (PLEG). While it gets no answer it starts, stops and admits
nothing, and what runs goes on. Once it has not been able to list for three minutes it reports its node not ready
(KubeletNotReady: PLEG is not healthy); that drives the pods off in the API, though nobody can stop their containers.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..kinds import DOWN, NODE, UP
from ..language.component import Key, Rule
from ..language.machine import Arrow, Machine, State
from ..language.model import Field
from ..language.plan import KEY, Alternative, Call
from ..language.query import ANY, Query
from ..language.request import ApiCall, Verb
from ..objects.conditions import condition_is_true
from ..objects.node import Node
from .heartbeat import heartbeats, node_of
from .images import PULLED
from .mirror_pods import RULES as OF_MIRRORS
from .node_shutdown import PostNotReady
from .pod_status import REPORT_STATUS
from .registration import POST_READY

FAULT = "fault"

SILENT = "runtime-silent"
"""The fault by which a container runtime answers nothing any more."""

PLEG_PERIOD = 180.0
"""Seconds without a list after which a kubelet takes its runtime for unhealthy."""

RUNTIME_FIELDS = (Field("cri", UP),)
"""One more field of nodes whose container runtime may be silent: UP or DOWN."""

_WITHOUT_RUNTIME = frozenset(rule.name for rule in (REPORT_STATUS, PULLED, *OF_MIRRORS)) | {
    "complete deletion",
    "read static pods",
    "read static pods again",
    "readiness probe succeeds",
    "startup probe succeeds",
}
"""Rules of a kubelet, by name, in which it asks nothing of its runtime; so do those that are about nodes alone."""


def _answers(node: str, name: str, cri: str) -> bool | None:
    return True if name == node and cri == UP else None


RUNTIME_ANSWERS = Query(NODE, ("name", "cri"), _answers, ANY, node_of)
"""Guard: the container runtime of the key's node answers."""


def waiting_for_runtime(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules of a kubelet that does nothing with its runtime while that answers nothing."""

    def guarded(rule: Rule) -> Rule:
        needs = bool(rule.guards) and rule.name not in _WITHOUT_RUNTIME
        needs = needs and not rule.name.startswith("readiness probe fails")
        return attrs.evolve(rule, guards=(*rule.guards, RUNTIME_ANSWERS)) if needs else rule

    return tuple(map(guarded, rules))


_NODE_FIELDS = ("name", "object", "machine", "kubelet", "link", "cri")


def _unhealthy(name: str, node: Node | None, machine: str, kubelet: str, link: str, cri: str) -> str | None:
    if node is None or cri == UP or not heartbeats(machine, kubelet, link):
        return None
    return name if condition_is_true(node.status.conditions, "Ready") else None


def _post(_node: str) -> list[Alternative]:
    patch = ApiCall(Verb.PATCH, NODE, PostNotReady(), subresource="status")
    return [Alternative((Call(KEY, patch),), "KubeletNotReady: PLEG is not healthy, it was last active 3 min ago")]


POST_UNHEALTHY = Rule(
    name="post NotReady for PLEG",
    key=Key(NODE, _NODE_FIELDS, _unhealthy),
    decide=_post,
    duration=PLEG_PERIOD,
    reference="kubelet §1",
    meaning="a kubelet that could not list what its runtime holds for three minutes reports its node not ready",
)


def listing(post_ready: Rule = POST_READY) -> Rule:
    """The rule ``post_ready``, for a kubelet that has to be able to list what its runtime holds."""

    def view(*values: object) -> object:
        return post_ready.key.view(*values[:-1]) if values[-1] == UP else None

    return attrs.evolve(post_ready, key=Key(NODE, (*post_ready.key.fields, "cri"), view))


MACHINE = Machine(
    name="runtime",
    kind=NODE,
    fields=("cri",),
    states=(
        State("Answering", lambda cri: cri == UP, "the container runtime answers its kubelet"),
        State("Silent", lambda cri: cri == DOWN, "it answers nothing; what runs goes on"),
    ),
    initial="Answering",
    arrows=(
        Arrow("fall silent", "Answering", "Silent", FAULT, "container-runtime §1"),
        Arrow("answer again, or return with the node", "Silent", "Answering", FAULT, "container-runtime §1"),
    ),
    meaning="whether the container runtime of a node answers its kubelet",
    reference="container-runtime §1",
)
