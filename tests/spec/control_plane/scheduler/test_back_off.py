"""The back-off of the scheduler's queue, where it doubles: how long, from when on, what counts, who is early."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.cluster import build, components
from kubemodel.spec.control_plane.scheduler.back_off import (
    Attempts,
    BackOff,
    Erred,
    Passed,
    Rejected,
    delays,
    forget_attempts,
    rule_name,
)
from kubemodel.spec.language.component import Rule
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.objects.pod import Pod, PodSpec

from ...exploration import Found, bare_pod, explore, needing, pod_spec, scenario, without

DOUBLING = {"scheduling-back-off": "doubling"}
DELAYS = (1, 2, 4, 8, 10)
SCHEDULER = "kube-scheduler"


@pytest.mark.parametrize(
    ("given", "expected"),
    [((), DELAYS), ((3, 20), (3, 6, 12, 20)), ((10, 10), (10,)), ((20, 10), (20, 10)), ((5, 10), (5, 10))],
)
def test_each_delay_is_twice_the_one_before_up_to_the_longest(given: Any, expected: Any) -> None:
    assert delays(*given) == expected


def test_errors_are_counted_by_themselves_until_plug_ins_end_an_attempt() -> None:
    back_off = BackOff(doubles=True, delays=DELAYS)
    attempts = None
    found = []
    for change in (Rejected(5), Erred(5), Erred(5), Erred(5), Rejected(5), Rejected(5)):
        attempts = change(attempts)
        found.append(back_off.delays[back_off.due(attempts)])
    assert found == [1, 1, 2, 4, 2, 4]
    assert attempts == Attempts(3)


def test_more_attempts_than_there_are_delays_are_one() -> None:
    assert Rejected(5)(Attempts(5)) == Attempts(5)
    assert Erred(5)(Attempts(2, 5)) == Attempts(2, 5)


def test_that_a_back_off_has_passed_holds_until_the_next_attempt() -> None:
    passed = Passed()(Attempts(2))
    assert passed == Attempts(2, over=True)
    assert Rejected(5)(passed) == Attempts(3)


def test_a_pod_that_is_bound_is_forgotten() -> None:
    assert forget_attempts(Attempts(2), None, Pod()) == Attempts(2)
    assert forget_attempts(Attempts(2), None, Pod(spec=PodSpec(node_name="a"))) is None
    assert forget_attempts(Attempts(2), None, None) is None


def _freed(**settings: Any) -> Scenario:
    """A pod that has no room until a user takes another one away."""
    large = pod_spec(container=needing("3"))
    switches = {**DOUBLING, **settings.pop("switches", {})}
    return scenario(
        bare_pod(large, name="first"),
        bare_pod(large),
        users=[[{"delete": "pod/first"}]],
        start="created",
        alsoCheck=["schedulable-pod-eventually-bound"],
        switches=switches,
        **settings,
    )


def _rules(wanted: Scenario) -> dict[str, Rule]:
    (found,) = (it for it in components(wanted) if it.name == SCHEDULER)
    return {rule.name: rule for rule in found.rules}


def _fired(found: Found) -> set[str]:
    return {rule for component, rule in found.rules if component == SCHEDULER}


def test_the_rules_wait_for_as_long_as_the_constants_say() -> None:
    given = _rules(_freed(constants={"pod-initial-backoff": 3, "pod-max-backoff": 20}))
    for rules, expected in ((_rules(_freed()), DELAYS), (given, (3, 6, 12, 20))):
        for verb in ("completes", "passes"):
            names = [rule_name(number, len(expected), verb) for number in range(len(expected))]
            assert tuple(rules[name].duration for name in names) == expected
            assert {rules[name].countdown.shared for name in names} == {"scheduling back-off"}


def test_an_event_during_the_back_off_and_one_after_it() -> None:
    found = explore(_freed())
    assert {"back-off passes", "requeue", "requeue without back-off", "pop from back-off early"} <= _fired(found)
    assert found.violated == {}
    assert "schedulable-pod-eventually-bound" in found.triggered


@pytest.mark.parametrize("switches", [{"pop-from-back-off": "off"}, {"scheduling-back-off": "constant"}])
def test_before_1_33_nobody_was_early(switches: dict[str, str]) -> None:
    found = explore(_freed(switches=switches))
    assert "back-off completes" in _fired(found)
    assert "pop from back-off early" not in _fired(found)
    assert found.violated == {}


def test_an_older_kubernetes_does_not_take_pods_early() -> None:
    assert "pop from back-off early" in _rules(_freed(kubernetes="1.33"))
    assert "pop from back-off early" not in _rules(_freed(kubernetes="1.32"))


def test_the_most_urgent_pod_is_taken_early_and_only_while_none_is_active() -> None:
    rule = _rules(_freed())["pop from back-off early"]
    assert [bool(list(rule.decide(0, active=a, more_urgent=m))) for a in (False, True) for m in (False, True)] == [
        True,
        False,
        False,
        False,
    ]
    pod = Pod(spec=PodSpec(priority=7))
    assert rule.key.view(pod, "Backoff", "", Attempts(2)) == 7
    assert rule.key.view(pod, "Backoff", "", Attempts(2, 1)) is None
    assert rule.key.view(pod, "Unschedulable", "", Attempts(2)) is None
    above, active = rule.queries["more_urgent"], rule.queries["active"]
    assert [above.classify(than, pod, "Backoff", "", Attempts(1)) for than in (6, 7)] == [True, None]
    assert [active.classify(None, pod, queue, "") for queue in (None, "Backoff")] == [True, None]


def _struck(times: int, **settings: Any) -> Scenario:
    """A pod whose binding may fail time and again."""
    return scenario(bare_pod(), faults={"request-lost": times}, start="created", **settings)


def test_a_binding_that_fails_five_times_waits_for_the_longest_back_off() -> None:
    found = explore(_struck(5, switches=DOUBLING))
    expected = {rule_name(number, 5, "completes") for number in range(5)}
    assert {rule for rule in _fired(found) if rule.endswith("completes")} == expected
    assert explore(_struck(4, switches=DOUBLING)).result.states < found.result.states
    assert "longest back-off completes" not in _fired(explore(_struck(4, switches=DOUBLING)))
    assert found.violated == {}


def test_a_binding_that_fails_waits_for_the_first_back_off_where_it_does_not_double() -> None:
    found = explore(_struck(2))
    assert {rule for rule in _fired(found) if rule.endswith("completes")} == {"back-off completes"}
    assert ("scheduling-queue", "Active", "Backoff", SCHEDULER) in found.arrows
    assert found.violated == {}


@pytest.mark.parametrize("rule", ["requeue", "requeue without back-off"])
def test_a_pod_that_no_event_brings_back_waits_for_ever(rule: str) -> None:
    found = explore(_freed(switches={"pop-from-back-off": "off"}), without(SCHEDULER, rule))
    # Without the first the back-off passes, and the second acts; without the second an event that comes late is missed.
    assert bool(found.violated) == (rule == "requeue without back-off")


def test_a_pod_stays_in_back_off_where_nothing_ends_that() -> None:
    found = explore(_freed(switches={"pop-from-back-off": "off"}), without(SCHEDULER, "back-off completes"))
    assert "schedulable-pod-eventually-bound" in found.violated


def test_in_exact_time_room_may_come_during_the_back_off_and_after_it() -> None:
    found = explore(_freed(time="prompt", switches={"pop-from-back-off": "off"}))
    assert {"back-off completes", "back-off passes"} <= _fired(found)
    assert found.violated == {}


@pytest.mark.parametrize(
    ("settings", "states"),
    [
        ({"switches": {"scheduling-back-off": "constant"}}, 42),
        ({}, 52),
        ({"time": "prompt"}, 58),
        ({"time": "asynchronous"}, 61),
    ],
)
def test_what_remembering_attempts_costs(settings: Any, states: int) -> None:
    assert explore(_freed(**settings)).result.states == states


def test_a_verdict_says_which_back_off_it_is_about() -> None:
    name = "scheduling-back-off-constant"
    assert name not in {it.name for it in build(_freed()).assumptions}
    assert name in {it.name for it in build(_struck(1)).assumptions}
