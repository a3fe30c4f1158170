"""What the scheduler does when it binds, and when that fails."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from kubemodel.spec import cluster
from kubemodel.spec.control_plane.scheduler.component import ClearNomination, component
from kubemodel.spec.language.plan import Call
from kubemodel.spec.language.request import Outcome
from kubemodel.spec.objects.decoding import decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod

from ...exploration import bare_pod, explore, needing, node, pod_spec, priority_class, scenario

(SCHEDULE,) = (rule for rule in component().rules if rule.name == "schedule")
NODES = ((decode_node(node("node-1")), 1),)


def _bindings(nominated: str) -> list[Call]:
    pod = decode_pod(bare_pod(pod_spec(container=needing("1"))))
    pod = attrs.evolve(pod, status=attrs.evolve(pod.status, nominated_node_name=nominated))
    found = SCHEDULE.decide(pod, nodes=NODES, pods=(), more_urgent=False)
    return [step for each in found for step in each.plan if isinstance(step, Call)]


@pytest.mark.parametrize(("nominated", "cleared"), [("node-1", 1), ("", 0)])
def test_after_a_binding_that_failed_the_pod_is_nominated_nowhere(nominated: str, cleared: int) -> None:
    (bind,) = _bindings(nominated)
    ways = dict(bind.on)
    assert set(ways) == {outcome for outcome in Outcome if not outcome.success}
    for steps in ways.values():
        changes = [step.request.body for step in steps if isinstance(step, Call)]
        assert changes == [ClearNomination()] * cleared


def test_a_preemptor_whose_binding_fails_is_bound_in_the_end() -> None:
    large: Any = pod_spec(container=needing("3"))
    found = explore(
        scenario(
            priority_class("urgent", 1000),
            bare_pod(large, name="first"),
            bare_pod({**large, "priorityClassName": "urgent"}),
            faults={"request-lost": 1},
            start="created",
            alsoCheck=["preemptor-eventually-bound"],
        )
    )
    assert found.violated == {}
    assert "preemptor-eventually-bound" in found.triggered
    assert ("scheduling-queue", "Active", "Backoff", "kube-scheduler") in found.arrows


def test_a_verdict_says_what_is_left_out_of_binding() -> None:
    named = scenario(bare_pod(), profiles={"default-scheduler": "least-allocated"})
    assert "no-permit-plugins" in {it.name for it in cluster.build(named).assumptions}
    assert "no-permit-plugins" not in {it.name for it in cluster.build(scenario(bare_pod())).assumptions}
