"""postStart hooks on tiny clusters: what they hold back, what becomes of one that fails, and who forgets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec import cluster
from kubemodel.spec.environment.faults import FAULTS
from kubemodel.spec.kinds import ABSENT, EXITED, MAIN, RUNNING, ContainerRuntime, PodRuntime, PodWorker
from kubemodel.spec.node.pod_status import computed_status
from kubemodel.spec.node.post_start import (
    POST_START_ERROR,
    Hooked,
    first_main_with_hook,
    hook_seconds,
    hook_that_runs,
    with_hooks,
)
from kubemodel.spec.objects.decoding_pod import decode_pod_spec
from kubemodel.spec.objects.pod import Pod

from ..container_scenarios import hooked
from ..exploration import Found, bare_pod, explore, pod_spec, scenario, starts, values, without

SLEEPS = decode_pod_spec(hooked(5))
RUNS = PodRuntime("node-1", containers=RUNNING)
WAITS = PodWorker("node-1", hook="cache")


@pytest.mark.parametrize(
    ("hook", "seconds"),
    [
        ({"sleep": {"seconds": 5}}, 5),
        ({"exec": {"command": ["sh", "-c", "sleep 7"]}}, 7),
        ({"httpGet": {"port": 80}}, 0),
    ],
)
def test_a_hook_is_read(hook: Mapping[str, Any], seconds: int) -> None:
    spec = decode_pod_spec(pod_spec(container={"lifecycle": {"postStart": hook}}))
    assert (with_hooks(spec), first_main_with_hook(spec), hook_seconds(spec, "web")) == (("web",), "web", seconds)


def test_a_pre_stop_hook_is_none() -> None:
    spec = decode_pod_spec(pod_spec(container={"lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}))
    assert (with_hooks(spec), first_main_with_hook(spec)) == ((), "")


def _two(first: str, second: str = ABSENT, restarts: int = 0) -> PodRuntime:
    cache = ContainerRuntime("cache", MAIN, first, restarts=restarts)
    return PodRuntime("node-1", containers=first, each=(cache, ContainerRuntime("web", MAIN, second)))


@pytest.mark.parametrize(
    ("worker", "runtime", "name"),
    [
        (WAITS, RUNS, "cache"),
        (WAITS, attrs.evolve(RUNS, containers=EXITED), ""),
        (WAITS, _two(RUNNING), "cache"),
        (WAITS, _two(EXITED, RUNNING), ""),
        (PodWorker("node-1"), RUNS, ""),
        (None, RUNS, ""),
        (WAITS, None, ""),
    ],
)
def test_a_hook_runs_as_long_as_its_container(worker: Any, runtime: Any, name: str) -> None:
    assert hook_that_runs(worker, runtime) == name
    assert not Hooked()(WAITS).hook


def test_a_container_counts_as_running_once_its_hook_has_returned() -> None:
    pod = Pod(spec=attrs.evolve(SLEEPS, node_name="node-1"))
    waits = computed_status(pod, _two(RUNNING, RUNNING), probed=False, hook="cache")
    assert (waits.phase, waits.ready) == ("Pending", False)
    again = computed_status(pod, _two(RUNNING, RUNNING, restarts=1), probed=False, hook="cache")
    assert (again.phase, again.ready) == ("Running", False)
    done = computed_status(pod, _two(RUNNING, RUNNING), probed=False)
    assert (done.phase, done.ready) == ("Running", True)


def _ends(found: Any) -> set[tuple[str, ...]]:
    """What the runtime holds of the pod, container by container, where everything has come to rest."""
    system = TransitionSystem(cluster.build(found))
    return {
        tuple(it.state for it in runtime.each)
        for state in starts(system, found.start)
        for runtime in values(system, state, "Pod", "runtime")
    }


def _in(*faults: str, policy: str = "Always", mutate: Any = None) -> Found:
    wanted = scenario(
        bare_pod(hooked(restartPolicy=policy)),
        start="created",
        faults=dict.fromkeys(faults, 1),
        properties=["phase-terminal-absorbing", "restart-policy-respected"],
    )
    return explore(wanted, mutate)


def test_containers_start_one_after_the_other_at_their_hooks() -> None:
    assert _ends(scenario(bare_pod(hooked(5)), start="running")) == {(RUNNING, RUNNING)}
    assert ("kubelet", "start next containers") in _in().rules


def test_without_the_rule_nothing_comes_after_the_hook() -> None:
    found = _in(mutate=without("kubelet", "postStart hook returns"))
    assert ("kubelet", "start next containers") not in found.rules


def test_a_hook_that_fails_ends_its_container_which_starts_again() -> None:
    assert POST_START_ERROR in FAULTS
    assert ("kubelet", "restart container") not in _in().rules
    assert ("kubelet", "restart container") in _in(POST_START_ERROR).rules


def test_a_hook_that_fails_fails_the_pod_where_nothing_starts_again() -> None:
    calm, struck = (_in(*faults, policy="Never") for faults in ((), (POST_START_ERROR,)))
    failed = ("container", "Running", "Exited", "kubelet")
    assert failed not in calm.arrows
    assert failed in struck.arrows
    assert ("kubelet", "restart container") not in struck.rules


def test_a_kubelet_that_restarts_runs_no_hook_again() -> None:
    found = _in("kubelet-crash")
    assert ("postStart hook", "Running", "None", "fault") in found.arrows
    assert ("kubelet", "start next containers") in found.rules
