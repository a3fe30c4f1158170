"""Recordings that no execution can have written: not explained, with the event that can not be, and what said no.

The story: a Deployment of one replica is created, scaled to two, node-1 is drained and uncordoned, scaled to one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import pytest
from kubemodel.cli.validating import PATIENT_USERS, _own
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.cluster import build
from kubemodel.spec.events.observing import observe, telling
from kubemodel.spec.events.recording import parse
from kubemodel.validation.explaining import Budgets, Explanation, Outcome, explain
from kubemodel.validation.refusals import Refusal, refusals

from ..engine.small_clusters import deployment, scenario

RS = "web-6d5"
A, B, C = (f"{RS}-{letter}" for letter in "abc")
STORY = [[{"scale": "web=2"}, {"drain": "node-1"}, {"uncordon": "node-1"}, {"scale": "web=1"}]]
BUDGETS = Budgets(missing=0, patient=PATIENT_USERS, nodes=100_000, seconds=120)

Line = dict[str, Any]


def line(at: int, component: str, reason: str, message: str, kind: str, name: str, host: str = "") -> Line:
    time = f"2024-05-01T10:00:{at:02d}Z"
    about = {"kind": kind, "namespace": "" if kind == "Node" else "default", "name": name}
    said = {"component": component, "host": host, "reason": reason, "message": message, "object": about}
    return {"time": time, "lastTime": time, "count": 1, "resourceVersion": str(1000 + at), **said}


def scaled(at: int, to: int, way: str = "up", replica_set: str = RS) -> Line:
    text = f"Scaled {way} replica set {replica_set} to {to}"
    return line(at, "deployment-controller", "ScalingReplicaSet", text, "Deployment", "web")


def created(at: int, pod: str) -> Line:
    return line(at, "replicaset-controller", "SuccessfulCreate", f"Created pod: {pod}", "ReplicaSet", RS)


def deleted(at: int, pod: str) -> Line:
    return line(at, "replicaset-controller", "SuccessfulDelete", f"Deleted pod: {pod}", "ReplicaSet", RS)


def scheduled(at: int, pod: str, node: str) -> Line:
    text = f"Successfully assigned default/{pod} to {node}"
    return line(at, "default-scheduler", "Scheduled", text, "Pod", pod)


def kubelet(at: int, reason: str, pod: str, node: str) -> Line:
    text = "Stopping container web" if reason == "Killing" else "container web"
    return line(at, "kubelet", reason, text, "Pod", pod, node)


def node(at: int, reason: str, name: str) -> Line:
    return line(at, "kubelet", reason, f"Node {name} status is now: {reason}", "Node", name, name)


LINES = (
    scaled(1, 1),
    created(3, A),
    scheduled(5, A, "node-2"),
    kubelet(7, "Pulled", A, "node-2"),
    kubelet(8, "Started", A, "node-2"),
    scaled(12, 2),
    created(14, B),
    scheduled(16, B, "node-1"),
    kubelet(18, "Pulled", B, "node-1"),
    kubelet(19, "Started", B, "node-1"),
    kubelet(28, "Killing", B, "node-1"),
    created(31, C),
    scheduled(33, C, "node-2"),
    kubelet(37, "Started", C, "node-2"),
    node(38, "NodeNotSchedulable", "node-1"),
    node(43, "NodeSchedulable", "node-1"),
    scaled(46, 1, "down"),
    deleted(48, A),
    kubelet(50, "Killing", A, "node-2"),
)

USERS_WHO_DO_NOTHING: list[Any] = []


def explained(lines: Sequence[Line], **settings: Any) -> tuple[Explanation, tuple[Refusal, ...]]:
    given = {"nodes": 2, "start": "created", "users": STORY, **settings}
    system = TransitionSystem(build(scenario(given.pop("deployment", deployment(1)), **given)))
    events = parse("\n".join(map(json.dumps, lines)), "recording")
    observed = observe(events, _own(system))
    start = [system.initial_state()]
    found = explain(system, start, observed.observations, telling, observed.fixed, BUDGETS)
    return found, refusals(system, found.furthest, found.next)


def test_the_story_is_explained() -> None:
    found, refused = explained(LINES)
    assert (found.outcome, refused) == (Outcome.EXPLAINED, ())


def moved(reason: str, name: str, to: int) -> list[Line]:
    """The story with an event at another time."""
    (known,) = [each for each in LINES if each["reason"] == reason and name in each["object"]["name"] + each["message"]]
    time = f"2024-05-01T10:00:{to:02d}Z"
    return [{**each, "time": time, "lastTime": time} if each is known else each for each in LINES]


def with_line(*more: Line) -> list[Line]:
    return [*LINES, *more]


def instead(old: Line, new: Line) -> list[Line]:
    assert old in LINES
    return [new if each == old else each for each in LINES]


@attrs.frozen
class Impossible:
    """A recording that can not be; ``event`` can not come where the story has got to, as ``said`` says."""

    lines: Sequence[Line]
    event: str
    said: str
    settings: Mapping[str, Any] = attrs.field(factory=dict)


FULL = deployment(1)
FULL["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "3"}}

IMPOSSIBLE = {
    "started before it is bound": Impossible(moved("Started", A, 4), f"Started Pod {A}", "spec.nodeName is not set"),
    "image pulled before the pod is bound": Impossible(
        moved("Pulled", B, 15), f"Pulled Pod {B}", "spec.nodeName is not set"
    ),
    "bound to a cordoned node": Impossible(
        instead(scheduled(33, C, "node-2"), scheduled(33, C, "node-1")),
        f"Scheduled Pod {C}",
        "node-1 is not feasible: node(s) were unschedulable",
    ),
    "bound to a full node": Impossible(
        instead(scheduled(16, B, "node-1"), scheduled(16, B, "node-2")),
        f"Scheduled Pod {B}",
        "node-2 is not feasible: Insufficient cpu",
        {"deployment": FULL},
    ),
    "bound to a node that is not there": Impossible(
        instead(scheduled(5, A, "node-2"), scheduled(5, A, "node-9")), f"Scheduled Pod {A}", "there is no node node-9"
    ),
    "bound before it exists": Impossible(
        moved("Scheduled", C, 30), f"Scheduled Pod {C}", "nothing that was seen so far is Pod"
    ),
    "bound twice": Impossible(with_line(scheduled(24, A, "node-1")), f"Scheduled Pod {A}", "spec.nodeName is node-2"),
    "started elsewhere": Impossible(
        instead(kubelet(8, "Started", A, "node-2"), kubelet(8, "Started", A, "node-1")),
        f"Started Pod {A}",
        "spec.nodeName is node-2",
    ),
    "pulled elsewhere": Impossible(
        instead(kubelet(18, "Pulled", B, "node-1"), kubelet(18, "Pulled", B, "node-2")),
        f"Pulled Pod {B}",
        "spec.nodeName is node-1",
    ),
    "created before the ReplicaSet is scaled up": Impossible(
        moved("ScalingReplicaSet", "to 2", 15), f"Created pod: {B}", "manage replicas: has nothing to do"
    ),
    "scaled up by more than is wanted": Impossible(
        instead(scaled(12, 2), scaled(12, 3)),
        f"Scaled up replica set {RS} to 3",
        "spec.replicas of the ReplicaSet is 1",
    ),
    "scaled down by more than is wanted": Impossible(
        instead(scaled(46, 1, "down"), scaled(46, 0, "down")),
        f"Scaled down replica set {RS} to 0",
        "spec.replicas of the ReplicaSet is",
    ),
    "one pod too many": Impossible(
        with_line(created(22, f"{RS}-z")), f"Created pod: {C}", "manage replicas: has nothing to do (active 2"
    ),
    "one deletion too many": Impossible(
        with_line(deleted(52, C)), f"Deleted pod: {C}", "manage replicas: has nothing to do"
    ),
    "deleted before the ReplicaSet is scaled down": Impossible(
        moved("SuccessfulDelete", A, 45), f"Deleted pod: {A}", "manage replicas: has nothing to do"
    ),
    "killed before it is deleted": Impossible(
        moved("Killing", A, 47), f"Killing Pod {A}", "spec.nodeName is node-2, its containers are running"
    ),
    "killed on another node": Impossible(
        instead(kubelet(28, "Killing", B, "node-1"), kubelet(28, "Killing", B, "node-2")),
        f"Killing Pod {B}",
        "spec.nodeName is node-1",
    ),
    "killed though nobody drained": Impossible(
        LINES, f"Killing Pod {B}", "its containers are running", {"users": [[{"scale": "web=2"}]]}
    ),
    "replaced before it was evicted": Impossible(
        moved("SuccessfulCreate", C, 15), f"Created pod: {C}", "manage replicas: has nothing to do"
    ),
    "a second ReplicaSet without a new template": Impossible(
        with_line(scaled(22, 1, replica_set="web-7f8")), "Scaled up replica set web-7f8", "nothing that was seen so far"
    ),
    "a node cordoned by nobody": Impossible(
        with_line(node(40, "NodeNotSchedulable", "node-2")), "NodeNotSchedulable Node node-2", "unschedulable is false"
    ),
    "schedulable while it is drained": Impossible(
        moved("NodeSchedulable", "node-1", 32), "NodeSchedulable Node node-1", "spec.unschedulable is true"
    ),
    "scaled though nobody did": Impossible(
        LINES, f"Scaled up replica set {RS} to 2", "spec.replicas of the ReplicaSet is 1", {"users": []}
    ),
    "unschedulable though a node has room": Impossible(
        with_line(line(4, "default-scheduler", "FailedScheduling", "0/2 nodes are available", "Pod", A)),
        f"FailedScheduling Pod {A}",
        "may act: feasible",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_recording_that_can_not_be(case: Impossible) -> None:
    found, refused = explained(case.lines, **case.settings)
    assert found.outcome is Outcome.NOT_EXPLAINED
    told = {each.observation.text: " | ".join((each.stands, *each.rules)) for each in refused}
    assert any(case.event in event and case.said in why for event, why in told.items()), (
        found.furthest.seen.bit_count(),
        told,
    )


def test_there_are_many() -> None:
    assert len(IMPOSSIBLE) >= 20
