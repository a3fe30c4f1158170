"""What the API server makes of a request for the eviction of a pod."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from frozendict import frozendict
from kubemodel.spec.control_plane.apiserver.evicting import free_entry
from kubemodel.spec.control_plane.apiserver.eviction import (
    MOST_DISRUPTED_PODS,
    Answer,
    Charge,
    MarkEvicted,
    evictable,
    judge_eviction,
)
from kubemodel.spec.control_plane.apiserver.field_selectors import matches
from kubemodel.spec.objects.conditions import Condition, condition_is_true
from kubemodel.spec.objects.disruption import (
    ALWAYS_ALLOW,
    PodDisruptionBudget,
    PodDisruptionBudgetSpec,
    PodDisruptionBudgetStatus,
)
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.pod import PENDING, RUNNING, SUCCEEDED, Pod, PodStatus

READY = (Condition("Ready", "True"),)


def pod(phase: str = RUNNING, *, ready: bool = True, deleted: float | None = None) -> Pod:
    status = PodStatus(phase=phase, conditions=READY if ready else ())
    return Pod(ObjectMeta(deletion_timestamp=deleted), status=status)


def budget(policy: str | None = None, **status: Any) -> PodDisruptionBudget:
    return PodDisruptionBudget(
        ObjectMeta(name="web"),
        PodDisruptionBudgetSpec(unhealthy_pod_eviction_policy=policy),
        attrs.evolve(PodDisruptionBudgetStatus(observed_generation=1), **status),
    )


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        (pod(SUCCEEDED), Answer.DELETE),
        (pod(deleted=1.0), Answer.DELETE),
        (pod(PENDING, ready=False), Answer.DELETE_AS_SEEN),
        (pod(ready=False), Answer.TOO_MANY_REQUESTS),
        (pod(), Answer.TOO_MANY_REQUESTS),
    ],
)
def test_what_does_not_run_is_not_protected(found: Pod, answer: Answer) -> None:
    assert judge_eviction(evictable(found), [budget()]).answer is answer


def test_nobody_is_asked_where_no_budget_selects_the_pod() -> None:
    assert judge_eviction(evictable(pod()), []).answer is Answer.DELETE


def test_two_budgets_are_an_error() -> None:
    both = [budget(disruptions_allowed=1), budget(disruptions_allowed=1)]
    assert judge_eviction(evictable(pod()), both).answer is Answer.ERROR


def test_a_pod_that_is_not_ready_goes_if_enough_others_are_healthy() -> None:
    unready = evictable(pod(ready=False))
    enough = budget(current_healthy=1, desired_healthy=1)
    assert judge_eviction(unready, [enough]).answer is Answer.DELETE_AS_SEEN
    assert judge_eviction(unready, [budget(ALWAYS_ALLOW)]).answer is Answer.DELETE
    assert judge_eviction(unready, [budget(current_healthy=0, desired_healthy=1)]).answer is Answer.TOO_MANY_REQUESTS
    assert judge_eviction(unready, [budget(current_healthy=1, desired_healthy=0)]).answer is Answer.TOO_MANY_REQUESTS


def test_a_status_that_is_not_about_the_spec_allows_nothing() -> None:
    old = budget(disruptions_allowed=1, observed_generation=0)
    assert judge_eviction(evictable(pod()), [old]).answer is Answer.TOO_MANY_REQUESTS


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ({"disruptions_allowed": 1}, Answer.CHARGE),
        ({"disruptions_allowed": 0}, Answer.TOO_MANY_REQUESTS),
        ({"disruptions_allowed": -1}, Answer.FORBIDDEN),
        (
            {
                "disruptions_allowed": 1,
                "disrupted_pods": frozendict({str(number): 0.0 for number in range(MOST_DISRUPTED_PODS + 1)}),
            },
            Answer.FORBIDDEN,
        ),
    ],
)
def test_a_budget_allows_what_its_status_says(status: dict[str, Any], answer: Answer) -> None:
    assert judge_eviction(evictable(pod()), [budget(**status)]).answer is answer


def test_a_charge_takes_one_disruption_and_lists_the_pod() -> None:
    after = Charge("eviction-0")(budget(disruptions_allowed=1)).status
    assert after.disruptions_allowed == 0
    assert set(after.disrupted_pods) == {"eviction-0"}
    assert [(it.type, it.status) for it in after.conditions] == [("DisruptionAllowed", "False")]
    assert Charge("eviction-0")(budget(disruptions_allowed=2)).status.conditions == ()


def test_entries_do_not_share_a_name() -> None:
    listed = budget(disrupted_pods=frozendict({"eviction-0": 0.0}))
    assert free_entry(listed, ("eviction-1",)) == "eviction-2"
    assert free_entry(budget(), ()) == "eviction-0"


def test_an_evicted_pod_says_so() -> None:
    assert condition_is_true(MarkEvicted()(pod()).status.conditions, "DisruptionTarget")


def test_field_selectors_have_terms_that_are_told_apart() -> None:
    assert matches(pod(), "status.phase=Running,spec.nodeName!=node-1")
    assert not matches(pod(), "status.phase!=Running")
    for wrong in ("status.phase", "spec.color=red"):
        with pytest.raises(ValueError, match="field"):
            matches(pod(), wrong)
