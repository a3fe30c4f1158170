"""What verdicts say of a simplified control plane: each where a scenario touches it, and nothing of it elsewhere."""

from __future__ import annotations

import pytest
from kubemodel.spec import cluster
from kubemodel.spec.cluster.control_plane_simplifications import SIMPLIFICATIONS
from kubemodel.spec.language.scenario import Scenario

from .exploration import CLIENT, bare_pod, deployment, scenario, service
from .volume_scenarios import claiming, storage_class

_BEHIND = {"replicaset-controller": {"Pod": 1}}

TOUCHED = {
    "writes-not-awaited": scenario(deployment(), lag=_BEHIND),
    "lists-in-one-piece": scenario(deployment(), lag=_BEHIND, faults={"watch-break": 1}),
    "tries-without-end": scenario(deployment(), faults={"request-lost": 1}),
    "no-claim-is-lost": scenario(claiming(), storage_class()),
    "rules-as-a-whole": scenario(bare_pod(), service(), **CLIENT),
}


def said(wanted: Scenario) -> set[str]:
    """The names of those of the assumptions that a verdict prints."""
    return {it.name for it in cluster.build(wanted).assumptions} & {it.name for it in SIMPLIFICATIONS}


def test_each_has_a_scenario() -> None:
    assert set(TOUCHED) == {assumption.name for assumption in SIMPLIFICATIONS}


@pytest.mark.parametrize("name", TOUCHED)
def test_it_is_said_where_a_scenario_touches_it(name: str) -> None:
    assert name in said(TOUCHED[name])


def test_nothing_is_said_of_what_nobody_touches() -> None:
    assert said(scenario(deployment())) == set()
