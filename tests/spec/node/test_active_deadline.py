"""How a kubelet ends what has been active for too long."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Verdict
from kubemodel.spec import cluster
from kubemodel.spec.kinds import RUNNING, PodRuntime, PodWorker
from kubemodel.spec.node.active_deadline import DEADLINE_EXCEEDED, Overdue, active, deadline_rule
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.pod import FAILED, Pod, PodSpec, PodStatus, is_ready

from ..exploration import bare_pod, explore, job, pod_spec, scenario

POD = Pod(ObjectMeta("web"), PodSpec(node_name="node-1", active_deadline_seconds=30), PodStatus("Running"))
RUNTIME, WORKER = PodRuntime("node-1", containers=RUNNING), PodWorker("node-1")


@pytest.mark.parametrize(
    ("pod", "worker", "counts"),
    [
        (POD, WORKER, True),
        (POD, None, False),
        (attrs.evolve(POD, status=PodStatus(FAILED)), WORKER, False),
        (attrs.evolve(POD, metadata=ObjectMeta("web", deletion_timestamp=30.0)), WORKER, False),
        (attrs.evolve(POD, spec=attrs.evolve(POD.spec, active_deadline_seconds=60)), WORKER, False),
        (attrs.evolve(POD, spec=attrs.evolve(POD.spec, active_deadline_seconds=None)), WORKER, False),
        (None, WORKER, False),
    ],
)
def test_time_counts_for_pods_that_the_kubelet_has_taken_in(
    pod: Pod | None, worker: PodWorker | None, counts: bool
) -> None:
    assert (active(30, pod, RUNTIME, worker) is not None) is counts


def test_containers_are_stopped_before_the_end_is_reported() -> None:
    rule = deadline_rule(30)
    (found,) = rule.decide(active(30, POD, RUNTIME, WORKER))
    assert [type(step).__name__ for step in found.plan] == ["RuntimeCall", "RuntimeCall", "Call"]
    assert rule.duration == 30


def test_the_pod_is_failed_for_that_reason_and_not_ready() -> None:
    ready = attrs.evolve(POD, status=PodStatus("Running", (Condition("Ready", "True"),)))
    after = Overdue()(ready)
    assert (after.status.phase, after.status.reason, is_ready(after)) == (FAILED, DEADLINE_EXCEEDED, False)


def test_a_pod_that_would_run_for_ever_ends() -> None:
    found = explore(scenario(bare_pod(pod_spec(activeDeadlineSeconds=30))))
    assert found.violated == {}
    assert "active-deadline-enforced" in found.triggered
    assert ("kubelet", "active deadline 30 s") in found.rules


def test_a_job_counts_such_a_pod_as_failed() -> None:
    # A program that may take as long as it likes: otherwise it has always ended before a timer fires.
    limited = job(1, pod_spec(activeDeadlineSeconds=30), backoffLimit=0)
    found = explore(scenario(limited, slow=["container-runtime"]))
    assert found.violated == {}
    assert {dest for machine, _, dest, _ in found.arrows if machine == "job"} >= {"Complete", "Failed"}


def test_nothing_of_it_is_there_without_deadlines() -> None:
    found = explore(scenario(bare_pod()))
    assert all(prop.name != "active-deadline-enforced" for prop in found.result.properties)
    assert all(prop.verdict is not Verdict.VIOLATED for prop in found.result.properties)


def test_in_exact_time_a_kubelet_that_starts_again_does_not_begin_it_anew() -> None:
    model = cluster.build(scenario(bare_pod(pod_spec(activeDeadlineSeconds=30)), time="prompt"))
    timing = TransitionSystem(model).timing
    assert timing is not None
    (timer,) = (one for one in timing.timers if one.group.rule.name == "active deadline 30 s")
    assert timer.number not in timing.in_memory({"kubelet"})
