"""Container runtimes that answer nothing: what waits for them, and when that is reported."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.spec.cluster import fused
from kubemodel.spec.kinds import DOWN, UP
from kubemodel.spec.node import kubelet
from kubemodel.spec.node.registration import POST_READY
from kubemodel.spec.node.runtime_health import (
    PLEG_PERIOD,
    POST_UNHEALTHY,
    RUNTIME_ANSWERS,
    listing,
    waiting_for_runtime,
)
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.node import Node, NodeStatus

from ..exploration import Found, bare_pod, explore, scenario, without

NOT_READY = Node(status=NodeStatus(conditions=(Condition("Ready", "False"),)))


def test_a_kubelet_waits_for_three_minutes() -> None:
    assert (POST_UNHEALTHY.duration, PLEG_PERIOD) == (180.0, 180.0)


def test_only_a_kubelet_that_can_list_reports_its_node_ready() -> None:
    known = ("a", NOT_READY, "up", "running", "up")
    assert POST_READY.key.view(*known) == "a"
    assert listing().key.view(*known, UP) == "a"
    assert listing().key.view(*known, DOWN) is None


@pytest.mark.parametrize(
    ("name", "waits"),
    [("admit pod", True), ("stop pod", True), ("restart containers", True)]
    + [(name, False) for name in ("report status", "complete deletion", "readiness probe fails", "register node")],
)
def test_what_needs_the_runtime_waits_for_it(name: str, waits: bool) -> None:
    found = {rule.name: rule for rule in waiting_for_runtime(kubelet.component().rules)}
    assert (RUNTIME_ANSWERS in found[name].guards) is waits
    assert (RUNTIME_ANSWERS in {it.name: it for it in kubelet.component().rules}[name].guards) is False


def silent(mutate: object = None, **settings: object) -> Found:
    """A pod on a node whose runtime falls silent."""
    given = {"start": "running", "faults": {"runtime-silent": 1}, **settings}
    return explore(scenario(bare_pod(), **given), mutate)  # type: ignore[arg-type]


def test_nothing_is_stopped_while_it_is_silent() -> None:
    wanted = {"users": [[{"delete": "pod/web"}]], "properties": ["api-removal-implies-stopped"]}
    heard, unheard = silent(**wanted), silent(without("fault", "runtime answers"), **wanted)
    assert ("node", "NotReady", "Ready", "kubelet") in heard.arrows
    assert ("node", "NotReady", "Ready", "kubelet") not in unheard.arrows
    assert ("runtime", "Silent", "Answering", "fault") not in unheard.arrows


def test_pods_are_driven_off_whom_nobody_can_stop() -> None:
    """The API shows them as being deleted for good: their containers run on until the runtime answers."""
    found = silent(without("fault", "runtime answers"), nodes=2)
    assert ("pod", "Ready", "Terminating", "taint-eviction-controller") in found.arrows
    gone = {arrow for arrow in found.arrows if arrow[:2] == ("container", "Running")}
    assert gone == set()


def test_without_the_rule_nobody_says_so() -> None:
    assert set(silent(without("kubelet", "post NotReady for PLEG")).violated) == {"silent-runtime-reported"}


def test_a_node_that_returns_has_a_runtime_that_answers() -> None:
    crash = {"runtime-silent": 1, "node-crash": 1}
    found = silent(without("fault", "runtime answers"), faults=crash)
    assert ("runtime", "Silent", "Answering", "fault") in found.arrows


def test_no_two_requests_are_one_step_where_it_may_fall_silent_between_them() -> None:
    calm = scenario(bare_pod())
    assert fused(calm)
    assert not fused(attrs.evolve(calm, faults={"runtime-silent": 1}))
