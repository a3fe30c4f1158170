"""The grace period: how long it is, and how containers end within it or after it."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.spec.kinds import HANDLES, IGNORES, RUNNING, PodRuntime
from kubemodel.spec.node.container_runtime import KILLED, Exit, StopContainer
from kubemodel.spec.node.grace import LEAST, WITHOUT_OBJECT, Signal, grace_seconds
from kubemodel.spec.objects.containers import Container, Lifecycle
from kubemodel.spec.objects.pod import Pod, PodSpec

from ..exploration import bare_pod, explore, replaced, scenario, without

RUNS = PodRuntime("a", containers=RUNNING, serving=True)


def ending(grace: int, sleep: int | None = None, override: int | None = None) -> Pod:
    """A pod that is being deleted, with this grace period and preStop hook; ``override``: of the deletion."""
    hook = None if sleep is None else Lifecycle(sleep)
    spec = PodSpec(containers=(Container("web", lifecycle=hook),), termination_grace_period_seconds=grace)
    found = Pod(spec=spec)
    metadata = attrs.evolve(found.metadata, deletion_timestamp=0.0, deletion_grace_period_seconds=override)
    return attrs.evolve(found, metadata=metadata)


@pytest.mark.parametrize(
    ("pod", "seconds"),
    [
        (ending(30), 30),
        (ending(30, sleep=10), 20),
        (ending(30, sleep=60), LEAST),
        (ending(30, override=5), 5),
        (ending(0), LEAST),
        (None, WITHOUT_OBJECT),
    ],
)
def test_what_the_hook_leaves_of_the_grace_period(pod: Pod | None, seconds: int) -> None:
    assert grace_seconds(pod) == seconds


@pytest.mark.parametrize("answer", [HANDLES, IGNORES])
def test_term_ends_nothing_yet(answer: str) -> None:
    assert attrs.evolve(Signal(answer)(RUNS), signalled="") == RUNS


def test_the_exit_code_tells_how_a_container_ended() -> None:
    assert Exit(0)(Signal(HANDLES)(RUNS)).exit_code == 0
    killed = StopContainer()(Signal(IGNORES)(RUNS))
    assert (killed.exit_code, killed.signalled) == (KILLED, "")


IN_STEPS = scenario(bare_pod(), start="created", users=[[{"delete": "pod/web"}]], switches={"termination": "in-steps"})


def test_a_pod_ends_as_its_program_does() -> None:
    arrows = {(source, dest) for machine, source, dest, _ in explore(IN_STEPS).arrows if machine == "pod"}
    assert {("Terminating", "Succeeded"), ("Terminating", "Failed")} <= arrows
    one_step = attrs.evolve(IN_STEPS, switches={})
    arrows = {(source, dest) for machine, source, dest, _ in explore(one_step).arrows if machine == "pod"}
    assert ("Terminating", "Succeeded") not in arrows


@pytest.mark.parametrize(
    ("component", "rule"),
    [("kubelet", "send TERM"), ("container-runtime", "program ends on TERM"), ("container-runtime", "kill after 30 s")],
)
def test_without_the_rule_some_pod_never_ends(component: str, rule: str) -> None:
    whole, less = explore(IN_STEPS), explore(IN_STEPS, without(component, rule))
    assert less.arrows < whole.arrows


def test_a_grace_period_of_another_length_is_no_other_behaviour() -> None:
    longer = explore(IN_STEPS, replaced("container-runtime", "kill after 30 s", duration=60.0))
    assert longer.arrows == explore(IN_STEPS).arrows
