"""Nodes that nothing tells apart: the same verdicts from fewer states, counterexamples with every node as itself."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner
from kubemodel.cli.check_command import check
from kubemodel.cli.replay_command import replay
from kubemodel.cli.whole_cluster import scenarios
from kubemodel.engine.equivariance import Equivariance
from kubemodel.engine.successors import transitions
from kubemodel.engine.symmetry import up_to_symmetry
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec import cluster
from kubemodel.spec.language.scenario import Scenario

COUNTS = (184, 106)
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def report(*arguments: str) -> Any:
    result = CliRunner().invoke(check, [*arguments, "--format", "json", "--quiet"], standalone_mode=False)
    assert result.exception is None, result.output
    (scenario,) = json.loads(result.stdout)["scenarios"]
    (group,) = scenario["groups"]
    return scenario, group


def both(*arguments: str) -> tuple[Any, Any, list[str]]:
    _, plain = report(*arguments)
    scenario, reduced = report(*arguments, "--symmetry", "nodes")
    told = [line for line in scenario["basis"] if line.startswith("symmetry nodes")]
    assert [(it["name"], it["verdict"]) for it in reduced["properties"]] == [
        (it["name"], it["verdict"]) for it in plain["properties"]
    ]
    assert reduced["depth"] == plain["depth"]
    return plain, reduced, told


@pytest.mark.parametrize("explorer", ["tables", "kernel"])
def test_two_nodes_take_half_the_states(explorer: str) -> None:
    path = str(EXAMPLES / "webhook-locks-itself-out" / "fixed.yaml")
    plain, reduced, told = both(path, "--explorer", explorer)
    assert (plain["states"], reduced["states"]) == COUNTS
    assert told == [
        "symmetry nodes: nothing tells node-1 and node-2 apart, so states that differ only in who is who of them"
        " count as one"
    ]


@pytest.mark.parametrize("example", ["ready-too-early", "all-on-one-node"])
def test_a_counterexample_is_told_with_every_node_as_itself(example: str, tmp_path: Path) -> None:
    path = str(EXAMPLES / example / "broken.yaml")
    plain, reduced, _ = both(path, "--output-dir", str(tmp_path))
    assert reduced["states"] < plain["states"]
    lengths = [{name: len(trace["steps"]) for name, trace in group["traces"].items()} for group in (plain, reduced)]
    assert lengths[0] == lengths[1]
    for trace in tmp_path.iterdir():
        told = CliRunner().invoke(replay, [str(trace)], standalone_mode=False)
        assert (told.exception, told.return_value) == (None, 0), told.output


def test_a_node_that_a_user_names_is_looked_at_as_itself() -> None:
    path = str(EXAMPLES / "budget-blocks-drain" / "fixed.yaml")
    plain, reduced, told = both(path)
    assert reduced["states"] == plain["states"]
    assert told == ["symmetry nodes: something tells any two nodes apart, so each is looked at as itself"]


def _walk(scenario: Scenario, most: int) -> None:
    """Walks at random, and looks whether every step has its image wherever it comes by."""
    system = TransitionSystem(cluster.build(scenario))
    symmetry = up_to_symmetry(system).symmetry
    assert symmetry is not None
    equivariance, chance = Equivariance(system, symmetry), random.Random(0)
    state = system.initial_state()
    for _ in range(most):
        assert not list(equivariance.differences(state))
        following = [t.successor for t in transitions(system, state) if t.successor is not None]
        state = chance.choice(following) if following else system.initial_state()


SYMMETRIC = [one for one in scenarios() if up_to_symmetry(TransitionSystem(cluster.build(one))).symmetry is not None]


@pytest.mark.parametrize("scenario", SYMMETRIC, ids=lambda scenario: scenario.name)
def test_every_component_takes_images_to_images(scenario: Scenario) -> None:
    _walk(scenario, 25)


@pytest.mark.parametrize("switch", ["any-feasible", "least-allocated", "default-profile"])
def test_the_scheduler_does_whatever_it_scores_by(switch: str) -> None:
    scenario = next(one for one in SYMMETRIC if one.name == "scheduled")
    _walk(attrs.evolve(scenario, switches={**scenario.switches, "scoring": switch}), 25)
