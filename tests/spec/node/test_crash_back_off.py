"""CrashLoopBackOff that doubles: how long containers wait, when that is forgotten, and who must not hurry."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import attrs
import pytest
from kubemodel.spec.cluster import build
from kubemodel.spec.kinds import EXITED, RUNNING, PodRuntime, PodWorker
from kubemodel.spec.language.component import Key, Rule
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.node.crash_back_off import (
    DELAYS,
    FORGIVE,
    MACHINE,
    MOST,
    Crashed,
    Forgiven,
    InNewSandbox,
    Steady,
    delay,
    rule_name,
)

from ..exploration import Found, bare_pod, edited, explore, scenario

BASE = "restart containers"
RULES = [rule_name(BASE, seconds) for seconds in DELAYS]


def crashing(times: int, **settings: Any) -> Scenario:
    return scenario(bare_pod(), faults={"container-exit": times}, switches={"crash-back-off": "doubling"}, **settings)


@pytest.fixture(scope="module")
def crashed() -> Found:
    return explore(crashing(8))


def test_each_wait_is_twice_the_one_before_up_to_five_minutes() -> None:
    assert DELAYS[:2] == (0, 10)
    assert all(later == min(2 * earlier, 300) for earlier, later in pairwise(DELAYS[1:]))
    assert DELAYS[-1] == 300


def test_a_restart_is_counted_up_to_the_longest_wait() -> None:
    worker = PodWorker("a", ready=True, started=("main",))
    assert Crashed()(worker) == PodWorker("a", crashes=1)
    assert Crashed()(PodWorker("a", crashes=MOST)).crashes == MOST
    assert InNewSandbox()(PodWorker("a", crashes=2)).crashes == 2
    assert Forgiven()(PodWorker("a", ready=True, crashes=2)) == PodWorker("a", ready=True)
    assert [delay(PodWorker("a", crashes=number)) for number in range(MOST + 1)] == list(DELAYS)
    assert delay(None) == 0


def test_containers_that_end_eight_times_come_to_the_longest_wait(crashed: Found) -> None:
    assert {rule for component, rule in crashed.rules if rule.startswith(BASE)} == set(RULES)
    assert crashed.violated == {}
    assert "crashloop-backoff" in crashed.triggered


def test_what_has_run_for_ten_minutes_is_forgotten(crashed: Found) -> None:
    assert ("kubelet", "forget crashes") in crashed.rules
    running = PodRuntime("a", containers=RUNNING)
    assert FORGIVE.key.view(running, PodWorker("a", crashes=1)) == Steady("a")
    assert FORGIVE.key.view(running, PodWorker("a")) is None
    assert FORGIVE.key.view(attrs.evolve(running, containers=EXITED), PodWorker("a", crashes=1)) is None


def test_every_arrow_of_the_back_off_is_taken() -> None:
    found = explore(crashing(7, nodes=1, users=[[{"delete": "pod/web"}]], start="created"))
    ended = explore(crashing_with_kubelet())
    taken = {*found.arrows, *ended.arrows}
    assert [it for it in MACHINE.arrows if (MACHINE.name, it.source, it.dest, it.component) not in taken] == []


def crashing_with_kubelet() -> Scenario:
    return scenario(
        bare_pod(),
        faults={"container-exit": 7, "kubelet-crash": 1},
        switches={"crash-back-off": "doubling"},
    )


def test_a_kubelet_that_restarts_has_forgotten() -> None:
    found = explore(crashing_with_kubelet())
    assert found.violated == {}


def heedless(rule: Rule) -> tuple[Rule, ...]:
    """The kubelet takes every crash for the first that has to wait."""

    def view(pod: Any, runtime: Any, worker: PodWorker | None) -> Any:
        if worker is not None and worker.crashes > 1:
            worker = attrs.evolve(worker, crashes=1)
        return rule.key.view(pod, runtime, worker)

    return (attrs.evolve(rule, key=Key(rule.key.kind, rule.key.fields, view)),)


def test_a_kubelet_that_does_not_double_is_found_out() -> None:
    found = explore(crashing(3), edited("kubelet", rule_name(BASE, 10), heedless))
    assert set(found.violated) == {"crashloop-backoff"}


@pytest.mark.parametrize("crashes", range(MOST + 1))
def test_the_states_of_the_back_off_are_disjoint_and_complete(crashes: int) -> None:
    expected = {0: "None", MOST: "Longest"}.get(crashes, "Doubling")
    assert MACHINE.classify(PodWorker("a", crashes=crashes)) == expected


def test_a_verdict_says_which_back_off_it_is_about() -> None:
    assert "crashes-of-a-pod" in {it.name for it in build(crashing(2)).assumptions}
    constant = scenario(bare_pod(), faults={"container-exit": 2})
    assert "crash-back-off-constant" in {it.name for it in build(constant).assumptions}
    once = scenario(bare_pod(), faults={"container-exit": 1})
    assert "crash-back-off-constant" not in {it.name for it in build(once).assumptions}
