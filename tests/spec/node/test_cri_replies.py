"""Lost replies of the container runtime: what each kind of runtime makes of them, and how kubelets get over it."""

from __future__ import annotations

import pytest
from kubemodel.spec.kinds import PodRuntime
from kubemodel.spec.language.plan import KEY, RuntimeCall, Write
from kubemodel.spec.node.container_runtime import CreateContainer, Known, RunSandbox
from kubemodel.spec.node.cri_replies import CONTAINERD, CRI_O, UNRESERVED, Doubted, lost_reply, rules

from ..exploration import bare_pod, explore, scenario, without

ONE = "one-running-instance-per-container"


def lost(runtime: str = CONTAINERD) -> object:
    return scenario(bare_pod(), start="created", faults={"cri-reply-lost": 1}, switches={"container-runtime": runtime})


def test_a_lost_reply_ends_the_plan_after_the_sandbox() -> None:
    run = RuntimeCall(KEY, "runtime", RunSandbox("a"), "RunPodSandbox")
    create = RuntimeCall(KEY, "runtime", CreateContainer(), "CreateContainer")
    plan = lost_reply((run, create))
    assert plan is not None
    assert [step.change for step in plan if isinstance(step, RuntimeCall)] == [Doubted(RunSandbox("a"))]
    assert [step.field for step in plan if isinstance(step, Write)] == ["left", "used"]
    assert lost_reply((create,)) is None


def test_a_sandbox_is_doubted_until_it_is_known() -> None:
    doubted = Doubted(RunSandbox("a"))(None)
    assert (doubted.doubted, doubted.sandboxes) == (True, 1)
    assert Known()(doubted) == PodRuntime("a")
    assert Known(2)(doubted) == PodRuntime("a", sandboxes=2)


@pytest.mark.parametrize(("runtime", "count"), [(CONTAINERD, 1), (CRI_O, 2), (UNRESERVED, 3)])
def test_the_rules_follow_from_the_runtime(runtime: str, count: int) -> None:
    assert len(rules(runtime, serving=True)) == count


@pytest.mark.parametrize("runtime", [CONTAINERD, CRI_O])
def test_a_runtime_that_reserves_names_never_has_two(runtime: str) -> None:
    assert ONE in explore(lost(runtime)).triggered  # type: ignore[arg-type]


def test_one_that_does_not_may_have_two_until_the_kubelet_tears_both_down() -> None:
    found = explore(lost(UNRESERVED))  # type: ignore[arg-type]
    assert found.violated == {ONE: "two sandboxes of one pod are ready on node-1"}
    assert ("kubelet", "tear down sandboxes") in found.rules


@pytest.mark.parametrize(
    ("runtime", "rule"),
    [(CONTAINERD, "relist sandboxes"), (UNRESERVED, "tear down sandboxes"), (UNRESERVED, "ask for sandbox again")],
)
def test_without_the_rule_something_is_missing(runtime: str, rule: str) -> None:
    wanted = lost(runtime)
    assert explore(wanted, without("kubelet", rule)).arrows < explore(wanted).arrows  # type: ignore[arg-type]
