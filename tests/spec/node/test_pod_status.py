"""Laws of phase and readiness, over everything that a runtime can hold."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given
from kubemodel.spec.kinds import ABSENT, CREATED, EXITED, RUNNING, SANDBOX_NOT_READY, SANDBOX_READY, PodRuntime
from kubemodel.spec.node.container_runtime import Exit, machine_lost, stopped
from kubemodel.spec.node.pod_status import computed_status
from kubemodel.spec.node.startup import start_calls
from kubemodel.spec.objects.containers import Container
from kubemodel.spec.objects.pod import PENDING, TERMINAL_PHASES
from kubemodel.spec.objects.pod import RUNNING as PHASE_RUNNING

from .small_cluster import pod, terminating

POLICIES = st.sampled_from(["Always", "OnFailure", "Never"])
RUNTIMES = st.builds(
    PodRuntime,
    st.just("a"),
    st.sampled_from([SANDBOX_READY, SANDBOX_NOT_READY]),
    st.sampled_from([ABSENT, CREATED, RUNNING, EXITED]),
    st.integers(0, 2),
)


@given(POLICIES, RUNTIMES)
def test_a_terminal_phase_means_that_nothing_runs_nor_will(policy: str, runtime: PodRuntime) -> None:
    item = pod(policy=policy)
    if computed_status(item, runtime, probed=False).phase in TERMINAL_PHASES:
        assert runtime.containers == EXITED
        assert start_calls(item.spec, runtime, "a", serving=True) == ()


@given(POLICIES, RUNTIMES)
def test_the_end_of_a_deleted_pod_is_terminal(policy: str, runtime: PodRuntime) -> None:
    status = computed_status(terminating(pod(policy=policy)), machine_lost(runtime), probed=False)
    assert status.phase in TERMINAL_PHASES
    assert not status.ready


@given(POLICIES, RUNTIMES, st.booleans())
def test_only_running_containers_are_ready(policy: str, runtime: PodRuntime, probed: bool) -> None:
    if computed_status(pod(policy=policy, probe=True), runtime, probed=probed).ready:
        assert probed
        assert runtime.containers == RUNNING


@given(RUNTIMES)
def test_what_a_machine_lost_has_stopped(runtime: PodRuntime) -> None:
    assert stopped(machine_lost(runtime))


@given(RUNTIMES)
def test_losing_a_machine_twice_is_losing_it_once(runtime: PodRuntime) -> None:
    lost = machine_lost(runtime)
    assert lost is None or machine_lost(lost) == lost


@given(RUNTIMES)
def test_only_running_containers_exit(runtime: PodRuntime) -> None:
    assert (Exit(1)(runtime) == runtime) == (runtime.containers != RUNNING)


def test_init_containers_and_sidecars_follow_the_main_containers() -> None:
    item = pod(init_containers=(Container("setup"), Container("proxy", restart_policy="Always")))
    before = computed_status(item, PodRuntime("a"), probed=False)
    after = computed_status(item, PodRuntime("a", containers=RUNNING), probed=False)
    assert (before.phase, after.phase, after.ready) == (PENDING, PHASE_RUNNING, True)
