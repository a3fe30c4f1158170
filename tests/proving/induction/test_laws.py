"""Every law is proved, and every mutation of it fails with a counterexample that replays.

The lengths of counterexamples are those of the shortest ones that small instances have.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from kubemodel.engine.replay import replay
from kubemodel.proving.induction.catalogue import PROVABLES, law_called
from kubemodel.proving.induction.proving import Outcome, prove
from kubemodel.proving.induction.small_model import system_of

SMALL: Mapping[str, tuple[int, int]] = {
    "rolling-update": (1837, 7845),
    "rollout-percentages": (10, 9),
    "disruption-budget": (4249, 14414),
    "budget-percentages": (10, 9),
    "single-leader": (1652, 21097),
    "job-counters": (421, 2211),
    "topology-spread": (1330, 5974),
    "no-lost-update": (81, 112),
}
"""States and transitions of the small instances of each law."""

COUNTEREXAMPLES: Mapping[tuple[str, str], tuple[int, str]] = {
    ("rolling-update", "surge-off-by-one"): (3, "the ReplicaSets ask for 2 pods, 1 are the most there may be"),
    ("rolling-update", "unavailable-off-by-one"): (4, "0 pods are available, 1 must be"),
    ("rolling-update", "unready-counts"): (5, "0 pods are available, 1 must be"),
    ("rolling-update", "without-fresh-status"): (8, "0 pods are available, 1 must be"),
    ("rolling-update", "without-deletions-done"): (7, "0 pods are available, 1 must be"),
    ("rolling-update", "without-no-pod-fails"): (2, "0 pods are available, 1 must be"),
    ("rollout-percentages", "surge-rounded-down"): (1, "wrong of 1 replicas: maxSurge 1% is rounded up"),
    ("rollout-percentages", "both-none"): (
        1,
        "wrong of 0 replicas: 0% of the one and 0% of the other let something move",
    ),
    ("disruption-budget", "no-conflict-check"): (9, "0 pods are healthy after an eviction, 1 must be"),
    ("disruption-budget", "status-overwritten"): (11, "0 pods are healthy after an eviction, 1 must be"),
    ("disruption-budget", "allowed-off-by-one"): (6, "0 pods are healthy after an eviction, 1 must be"),
    ("disruption-budget", "granted-forgotten"): (11, "0 pods are healthy after an eviction, 1 must be"),
    ("disruption-budget", "without-no-pod-fails"): (7, "0 pods are healthy after an eviction, 1 must be"),
    ("disruption-budget", "without-deleted-in-time"): (12, "0 pods are healthy after an eviction, 1 must be"),
    ("budget-percentages", "available-rounded-down"): (1, "wrong of 1 replicas: minAvailable 1% is rounded up"),
    ("budget-percentages", "unavailable-rounded-down"): (1, "wrong of 1 replicas: maxUnavailable 1% is rounded up"),
    ("single-leader", "lease-too-short"): (6, "two candidates act as leader at once"),
    ("single-leader", "no-conflict-check"): (6, "two candidates act as leader at once"),
    ("single-leader", "without-rates-alike"): (6, "two candidates act as leader at once"),
    ("single-leader", "without-stops-in-time"): (6, "two candidates act as leader at once"),
    ("job-counters", "removals-forgotten"): (6, "the status speaks of 2 pods that succeeded, there were 1"),
    ("job-counters", "list-kept"): (6, "the status speaks of 2 pods that succeeded, there were 1"),
    ("job-counters", "list-skipped"): (4, "the status speaks of 2 pods that succeeded, there were 1"),
    ("topology-spread", "skew-off-by-one"): (3, "a pod was placed where the skew became 2, 1 is the most"),
    ("topology-spread", "self-forgotten"): (3, "a pod was placed where the skew became 2, 1 is the most"),
    ("topology-spread", "assumed-forgotten"): (3, "a pod was placed where the skew became 2, 1 is the most"),
    ("no-lost-update", "no-conflict-check"): (5, "2 updates were taken, and the object shows 1"),
    ("no-lost-update", "without-updates-name-versions"): (5, "2 updates were taken, and the object shows 1"),
}


def test_every_law_and_mutation_is_among_these() -> None:
    assert list(PROVABLES) == list(SMALL)
    mutations = [(name, mutation.name) for name, provable in PROVABLES.items() for mutation in provable.mutations]
    assert mutations == list(COUNTEREXAMPLES)


@pytest.mark.parametrize("name", SMALL)
def test_a_law_is_proved_and_small_instances_agree(name: str) -> None:
    found = prove(law_called(name))
    assert (found.outcome, found.depth, found.stuck, found.trace) == (Outcome.PROVED, 1, None, None), found.reason
    assert found.explored is not None
    assert found.explored.result.complete
    assert (found.explored.result.states, found.explored.result.transitions) == SMALL[name]
    assert found.explored.never == ()
    assert found.witness is not None
    assert [step for step, state in found.enabled if state is None] == []
    assert len(found.enabled) == len(found.law.steps)


@pytest.mark.parametrize(("name", "mutation"), COUNTEREXAMPLES)
def test_a_mutation_fails_with_a_counterexample_that_replays(name: str, mutation: str) -> None:
    law = law_called(name, mutation)
    found = prove(law, mutation=mutation)
    assert found.outcome is Outcome.REFUTED
    assert found.stuck is not None
    assert found.trace is not None
    assert found.trace.violation is not None
    assert (len(found.trace.steps), found.trace.violation.text) == COUNTEREXAMPLES[name, mutation]
    assert replay(found.trace, system_of(law, found.trace.scenario)).identical
    as_it_stands = replay(found.trace, system_of(law_called(name), found.trace.scenario))
    assert as_it_stands.departure is not None or not as_it_stands.identical


def test_each_hypothesis_has_a_source_and_a_name_of_its_own() -> None:
    for name in PROVABLES:
        hypotheses = law_called(name).hypotheses
        assert all(hypothesis.text and hypothesis.source for hypothesis in hypotheses)
        assert len({hypothesis.name for hypothesis in hypotheses}) == len(hypotheses)
