"""A trace as text: what is said, and what is left out."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.cli.narrative import narrative, told
from kubemodel.engine.traces import (
    Answer,
    Change,
    Initially,
    Move,
    Reference,
    Remark,
    Request,
    Start,
    Step,
    Trace,
    Truth,
    Violation,
)

NODE = Reference("Node", "node-1")
WEB = Reference("ReplicaSet", "web-6f7c9")
POD = Reference("Pod", "web-6f7c9-a")
OTHER = Reference("Pod", "web-6f7c9-b")
INFORMER = Reference("Informer", "replicaset-controller/Pod")

CREATES = Step(
    "replicaset-controller",
    "replicaset-controller",
    "create pods",
    WEB,
    because="1 pod is missing",
    answers=(Answer("active", 0, behind=1, outdated=True, actual=1), Answer("expected", False)),
    behind=2,
    requests=(Request("create", POD, body={"spec": {}}, outcome="done"),),
    changes=(
        Change(POD, "object", None, {"spec": {"containers": []}}),
        Change(POD, "pending@replicaset-controller", 0, 1),
        Change(INFORMER, "pending", 0, 1),
        Change(WEB, "plan@replicaset-controller", None, {"rule": "create pods"}),
    ),
    created=(POD,),
    machines=(Move(POD, "pod", "Absent", "Pending"),),
)
DELIVERS = Step(
    "watch",
    "watch",
    "deliver Pod to replicaset-controller",
    INFORMER,
    because="replicaset-controller is 1 change of Pod behind",
    changes=(
        Change(POD, "object@replicaset-controller", None, {"spec": {}}),
        Change(OTHER, "object@replicaset-controller.status.phase", "Pending", "Running"),
    ),
)
STARTS = Step(
    "kubelet",
    "kubelet on node-1",
    "sync pod",
    POD,
    because="its sandbox is ready",
    continues=True,
    requests=(
        Request("StartContainer", POD),
        Request("patch", POD, "status", outcome="conflict", reason="the object has been modified", stale=True),
    ),
    changes=(
        Change(POD, "runtime.containers", "created", "running"),
        Change(POD, "object.status.conditions[Ready]", None, {"type": "Ready", "status": "True", "message": None}),
        Change(NODE, "object.spec.unschedulable", False, True),
    ),
    machines=(Move(POD, "pod", "Pending", "Running"),),
)
EXPIRES = Step(
    "node-lifecycle-controller",
    "node-lifecycle-controller",
    "delete pod",
    OTHER,
    because="its node is gone",
    duration=300.0,
    requests=(Request("delete", OTHER, outcome="done"),),
    changes=(Change(OTHER, "object", {"spec": {}}, None),),
    removed=(OTHER,),
    properties=Truth({"min-available": "suspended"}, (Remark("min-available", WEB, "a node crashed"),)),
)
START = Start(
    (
        Initially(NODE, machines={"node": "Ready", "machine": "Up"}),
        Initially(Reference("Node", "node-2"), machines={"node": "Ready", "machine": "Up"}),
        Initially(OTHER, machines={"pod": "Running"}),
        Initially(Reference("Fault", "crash")),
    )
)
TRACE = Trace(
    "web",
    START,
    (CREATES, DELIVERS, STARTS, EXPIRES),
    Violation("pods-bounded", "There are never too many pods.", "2 pods exist", WEB, "Turn expectations on."),
)

STORY = """\
pods-bounded is violated after 4 steps
  There are never too many pods.

1  replicaset-controller      ReplicaSet web-6f7c9: create pods [sees ReplicaSets 2 changes late] (1 pod is missing)
                              read active: 0; the store says 1 (its cache is 1 change behind)
                              create Pod web-6f7c9-a
2  watch                      replicaset-controller now sees Pod web-6f7c9-a; replicaset-controller now sees Pod
                              web-6f7c9-b: status.phase Pending -> Running
3  kubelet on node-1          Pod web-6f7c9-a: sync pod, continued
                              StartContainer Pod web-6f7c9-a: runtime.containers created -> running,
                                status.conditions[Ready] none -> {status: True}; patch Pod web-6f7c9-a status:
                                conflict (the object has been modified; its cache was behind); Node node-1:
                                spec.unschedulable false -> true
4  node-lifecycle-controller  Pod web-6f7c9-b: after 300 s, delete pod (its node is gone)
                              delete Pod web-6f7c9-b; Pod web-6f7c9-b is gone
                              from here on min-available is not required: a node crashed

So: ReplicaSet web-6f7c9: 2 pods exist
States at the end:
  Node node-1, node-2: node Ready, machine Up
  Pod web-6f7c9-a: pod Running
Try next:
  - Turn expectations on.
  - Raise the budget.
"""


def test_a_whole_story() -> None:
    assert narrative(TRACE, advice=["Raise the budget."], width=118) == STORY


@pytest.mark.parametrize("width", [60, 80, 100])
def test_lines_keep_to_the_width(width: int) -> None:
    assert max(map(len, narrative(TRACE, width=width).splitlines())) <= width


def test_a_run_without_violation_makes_no_claim() -> None:
    text = narrative(attrs.evolve(TRACE, violation=None, steps=(DELIVERS,)))
    assert text.startswith("web: 1 step\n\n1  watch  ")
    assert "violated" not in text
    assert "Try next" not in text


def test_what_is_wrong_from_the_start_says_so() -> None:
    text = narrative(Trace("web", Start(), violation=Violation("p", text="2 pods exist")))
    assert text == "p is violated after 0 steps\n\nFrom the start: 2 pods exist\n"


def test_a_loop_is_marked_where_it_begins() -> None:
    lines = narrative(attrs.evolve(TRACE, loop=3)).splitlines()
    marked = lines.index("from here on the same steps repeat for ever:")
    assert lines[marked + 1].startswith("4  node-lifecycle-controller")


def test_the_same_trace_gives_the_same_text() -> None:
    remarks = tuple(Remark(name, WEB, "a node crashed") for name in "abcdefgh")
    step = attrs.evolve(EXPIRES, properties=Truth(dict.fromkeys("abcdefgh", "suspended"), remarks))
    lines = narrative(attrs.evolve(TRACE, steps=(step,))).splitlines()
    said = [line.split()[3] for line in lines if "from here on" in line]
    assert said == sorted(said) == list("abcdefgh")


def test_what_would_steer_a_terminal_is_not_passed_on() -> None:
    text = narrative(attrs.evolve(TRACE, model="\x1b[31mred\x07", violation=None, steps=()))
    assert text.startswith("?[31mred?: 0 steps\n")


def test_long_values_are_cut() -> None:
    step = attrs.evolve(STARTS, requests=(), changes=(Change(POD, "object.spec", "x" * 500, ["y"] * 500),))
    text = narrative(attrs.evolve(TRACE, steps=(step,)), width=200)
    assert max(map(len, text.splitlines())) <= 200
    assert "xxx… -> [y, y, " in text


def test_what_users_and_faults_may_still_do_is_no_news() -> None:
    user, fault = Reference("User", "ann"), Reference("Fault", "node-crash")
    apply = Step("user", "user", "act", user, because="kubectl cordon node-1", changes=(Change(user, "todo", [1], []),))
    crash = Step("fault", "fault", "node-crash", NODE, changes=(Change(fault, "left", 1, 0),))
    text = narrative(attrs.evolve(TRACE, steps=(apply, crash), violation=None))
    assert "1  user   kubectl cordon node-1\n2  fault  Node node-1: node-crash\n\n" in text


def test_of_many_changes_the_first_are_told() -> None:
    changes = tuple(Change(POD, f"object.spec.field{number}", 0, 1) for number in range(9))
    text = narrative(attrs.evolve(TRACE, steps=(attrs.evolve(STARTS, requests=(), changes=changes),)), width=200)
    assert "spec.field4 0 -> 1, and 4 more fields\n" in text
    assert "field5" not in text


def step_of_a_deployment(rule: str, *changes: Change) -> Step:
    web = Reference("Deployment", "web")
    request = Request("update", web, "status", outcome="done")
    return Step("c", "c", rule, web, because="why", duration=601.0, requests=(request,), changes=changes)


def test_a_rule_that_is_called_after_its_time_says_it_once() -> None:
    assert next(told(step_of_a_deployment("progress deadline 600 s"))) == (
        "Deployment web: after 600 s, progress deadline (why)"
    )
    assert next(told(step_of_a_deployment("evict after 300 s"))) == "Deployment web: after 300 s, evict (why)"
    assert next(told(step_of_a_deployment("expire"))) == "Deployment web: after 601 s, expire (why)"


def test_ranks_are_not_told_as_generations() -> None:
    web = Reference("Deployment", "web")
    step = step_of_a_deployment(
        "report",
        Change(web, "object.metadata.generation", 2, 1),
        Change(web, "object.status.observedGeneration", 0, 1),
        Change(web, "object.status.replicas", 2, 3),
    )
    assert list(told(step))[1] == "update Deployment web status: status.replicas 2 -> 3"
