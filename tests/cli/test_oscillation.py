"""What a loop is told as: who does what each round, who undoes it, why it goes on."""

from __future__ import annotations

from kubemodel.cli.narrative import narrative
from kubemodel.cli.oscillation import names_change, reasons, round_lines
from kubemodel.engine.traces import Change, Move, Reference, Start, Step, Trace, Violation

WEB = Reference("ReplicaSet", "web")
POD = Reference("Pod", "web-a")

CREATES = Step(
    "replicaset-controller",
    "replicaset-controller",
    "manage replicas",
    WEB,
    because="1 wanted, 0 active",
    changes=(Change(POD, "object", None, {}), Change(WEB, "plan@replicaset-controller", None, 1)),
    created=(POD,),
    machines=(Move(POD, "pod", "Absent", "Bound"),),
)
REPORTS = Step(
    "replicaset-controller",
    "replicaset-controller",
    "update status",
    WEB,
    because="its pods changed",
    changes=(
        Change(WEB, "object.status.replicas", 0, 1),
        Change(WEB, "object.status.fullyLabeledReplicas", 0, 1),
        Change(WEB, "object.metadata.generation", 1, 2),
    ),
)
UNREPORTS = Step(
    "replicaset-controller",
    "replicaset-controller",
    "update status",
    WEB,
    changes=(Change(WEB, "object.status.replicas", 1, 0), Change(WEB, "object.status.fullyLabeledReplicas", 1, 0)),
)
REJECTS = Step(
    "kubelet",
    "kubelet on node-1",
    "admit pod",
    POD,
    because="OutOfcpu",
    machines=(Move(POD, "pod", "Bound", "Failed"),),
)
COLLECTS = Step("collector", "collector", "collect", POD, because="it has failed", removed=(POD,))

SCALES = Step(
    "autoscaler", "autoscaler", "scale", WEB, because="load", changes=(Change(WEB, "object.spec.replicas", 1, 2),)
)
RESETS = Step("operator", "operator", "apply", WEB, because="git", changes=(Change(WEB, "object.spec.replicas", 2, 1),))


def looping(*steps: Step, loop: int = 0) -> Trace:
    return Trace("m", Start(), steps, Violation("calm", "rest in the end", "no rest"), loop=loop)


def test_what_comes_and_goes_is_told_as_a_life_and_what_stays_by_its_fields() -> None:
    told = list(round_lines(looping(REPORTS, CREATES, REPORTS, REJECTS, UNREPORTS, COLLECTS, loop=1)))
    assert told == [
        "Pods: web-a created by replicaset-controller (step 2),"
        " web-a pod Bound -> Failed by kubelet on node-1 (step 4), web-a removed by collector (step 6)",
        "ReplicaSet web status.replicas, status.fullyLabeledReplicas: 0 -> 1 by replicaset-controller (step 3),"
        " 1 -> 0 by replicaset-controller (step 5)",
    ]


def test_who_only_reports_is_not_why_it_goes_on() -> None:
    assert list(reasons(looping(CREATES, REPORTS, REJECTS, UNREPORTS, COLLECTS))) == [
        "step 1, replicaset-controller: manage replicas (1 wanted, 0 active)",
        "step 3, kubelet on node-1: admit pod (OutOfcpu)",
        "step 5, collector: collect (it has failed)",
    ]
    assert len(list(reasons(looping(REPORTS, UNREPORTS)))) == 1


def test_two_writers_of_one_field_undo_each_other() -> None:
    assert list(round_lines(looping(SCALES, RESETS))) == [
        "ReplicaSet web spec.replicas: 1 -> 2 by autoscaler (step 1), 2 -> 1 by operator (step 2)"
    ]
    assert names_change(looping(SCALES, RESETS)) == ()
    assert names_change(looping(CREATES, COLLECTS)) == ("Pod",)


def test_the_whole_report_fits_and_says_that_it_never_ends() -> None:
    text = narrative(looping(SCALES, CREATES, REJECTS, COLLECTS, RESETS, loop=1))
    assert max(map(len, text.splitlines())) <= 100
    assert text.startswith("calm is violated for ever: after 1 step the same 4 steps repeat\n")
    assert "from here on the same steps repeat for ever:" in text
    assert "After step 5 all is as it was before step 2, but that other Pods stand in the place of the old." in text
    assert "So: again and again: no rest" in text
    assert "from the start the same step repeats" in narrative(looping(SCALES))
