"""A system written in Promela has our states: counted by Spin where it is installed, and always by plain C."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from kubemodel.benchmarks import rollout
from kubemodel.checker.naive import Counts, explore
from kubemodel.checker.promela.program import Promela, TooLargeError, promela
from kubemodel.cli.checking import model_of, starts
from kubemodel.cli.inputs import Flags, requests
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.model import Model

from ..thoroughness import examples
from .random_models import models
from .recounting import SPIN, Counted, by_plain_search, by_spin

ROOT = Path(__file__).parents[2]
MOST = 1_500
ROLLOUT = {(1, 2, 1, 1): (), (2, 3, 2, 1): ()}
EXAMPLES = {
    "stuck-rollout/broken.yaml": {"deployment-eventually-complete"},
    "budget-blocks-drain/broken.yaml": {"drain-completes"},
    "all-on-one-node/fixed.yaml": set[str](),
}
needs_spin = pytest.mark.skipif(not SPIN, reason="Spin is not installed (Debian packages spin and gcc)")


def assert_counted_by_spin(program: Promela, folder: Path) -> None:
    counted, errors = by_spin(program.text, folder)
    # A state before the initial ones is Spin's own; breadth first it stands a step before them.
    expected = (program.stored, program.spin_transitions, program.depth + 1)
    assert counted == Counted(*expected, frozenset(program.violated), frozenset(program.full))
    assert (errors > 0) is bool(program.violated)


def assert_counted_in_c(program: Promela, expected: Counts, folder: Path) -> None:
    counted, at_rest = by_plain_search(program.text, folder)
    counts = (expected.states, expected.transitions, expected.depth)
    assert counted == Counted(*counts, frozenset(expected.violations), expected.full)
    assert at_rest == expected.quiescent


@pytest.mark.parametrize("positional", [False, True])
@pytest.mark.parametrize("size", ROLLOUT)
def test_the_benchmark_is_counted_again(size: tuple[int, int, int, int], positional: bool, tmp_path: Path) -> None:
    program = promela(TransitionSystem(rollout.model(*size), positional=positional))
    if size == (2, 3, 2, 1):
        assert program.states == (42_207 if positional else 8_253)
    counted, _ = by_plain_search(program.text, tmp_path)
    assert counted[:3] == (program.states, program.transitions, program.depth)
    if SPIN:
        assert_counted_by_spin(program, tmp_path)


@settings(
    max_examples=examples(6, 12),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(models(), st.booleans())
def test_random_systems_are_what_the_naive_explorer_finds(model: Model, positional: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            program = promela(TransitionSystem(model, positional=positional), most_states=MOST)
        except TooLargeError:
            assume(False)
        naive = explore(TransitionSystem(model, positional=positional), keep_going=True)
        assert_counted_in_c(program, naive, Path(folder))


def _random(count: int) -> Iterator[tuple[Model, bool]]:
    """The same few random models in every run: each takes Spin and a compiler more than a second."""
    found: list[tuple[Model, bool]] = []

    @seed(4)
    @settings(
        max_examples=4 * count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(models(), st.booleans())
    def collect(model: Model, positional: bool) -> None:
        if len(found) < count and 20 < len_of(model, positional) < MOST:
            found.append((model, positional))

    def len_of(model: Model, positional: bool) -> int:
        try:
            return promela(TransitionSystem(model, positional=positional), most_states=MOST).states
        except TooLargeError:
            return MOST

    collect()
    yield from found


@needs_spin
def test_spin_counts_random_systems(tmp_path: Path) -> None:
    several = list(_random(3))
    assert several
    for number, (model, positional) in enumerate(several):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert_counted_by_spin(promela(TransitionSystem(model, positional=positional)), folder)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_counted_again(example: str, tmp_path: Path) -> None:
    (request,) = requests([str(ROOT / "examples" / example)], Flags())
    (job,) = request.plan.jobs
    system = TransitionSystem(model_of(job.scenario))
    program = promela(system, starts(system, job.scenario), name=job.scenario.name)
    assert set(program.violated) == EXAMPLES[example]
    counted, _ = by_plain_search(program.text, tmp_path)
    counts = (program.states, program.transitions, program.depth)
    assert counted == Counted(*counts, frozenset(program.violated), frozenset(program.full))
    if SPIN:
        assert_counted_by_spin(program, tmp_path)


def test_the_text_says_what_must_come_of_it() -> None:
    program = promela(TransitionSystem(rollout.model(1, 2, 1, 1)), name="a */ name")
    head, _, code = program.text.partition("*/\n")
    assert "a * / name" in head and f"must count {program.stored} states, stored" in head
    assert re.search(r"^short pool_Pod\[2\];$", code, re.MULTILINE)
    options = re.findall(r"^    :: d_step \{ c_expr \{ CAN_(\d+) \}", code, re.MULTILINE)
    assert options == [str(number) for number in range(len(options))] and len(options) > 1
    # Spin takes no longer block.
    assert max(map(len, code.split("c_decl {"))) < 1 << 16


def test_what_is_too_large_is_not_written() -> None:
    with pytest.raises(TooLargeError, match="100 states"):
        promela(TransitionSystem(rollout.model(2, 3, 2, 1)), most_states=100)
