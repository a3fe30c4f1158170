"""The gate on thousands of generated systems: every mode against the naive explorer, loops against brute force.

    .venv/bin/python benchmarks/gate.py --systems 10000
    .venv/bin/python benchmarks/gate.py --systems 1000 --about prompt-states    of one kind alone
    .venv/bin/python benchmarks/gate.py --batch 17 --number 23 --about loops    that one system again

Systems come in batches; a batch is told by its seed and generated the same wherever Hypothesis is of the same version.
For each batch whose properties speak of states and steps there are two whose properties speak of loops, one in which
objects with names can trade places, and two more in prompt time, of states and of loops. Every system counts of which
something could be compared: most are small enough. Exits with 1 if anything differs, having printed how to see it
again; Ctrl-C gives what is known.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import Any, NamedTuple

import hypothesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from kubemodel.checker.kernel import library
from kubemodel.tests.checker.agreement import LIVENESS, PROMPT, PROMPT_LIVENESS, SAFETY, SYMMETRY
from kubemodel.tests.checker.random_models import models
from kubemodel.tests.checker.symmetric_models import symmetric_models
from kubemodel.tests.checker.test_liveness_gate import lively
from kubemodel.tests.checker.test_prompt_gate import prompt

BATCH = 40
"""Systems of a batch: enough that few of them are alike, few enough that one is soon reached again."""

STATES, LOOPS, SYMMETRIC = "states", "loops", "symmetric"
PROMPT_STATES, PROMPT_LOOPS = "prompt-states", "prompt-loops"
ABOUT: dict[str, tuple[Any, tuple[Callable[[Any, int], bool], ...], int]] = {
    STATES: (models(), SAFETY, 150),
    LOOPS: (lively(), LIVENESS, 40),
    SYMMETRIC: (symmetric_models(), SYMMETRY, 100),
    PROMPT_STATES: (models().map(prompt), PROMPT, 120),
    PROMPT_LOOPS: (lively().map(prompt), PROMPT_LIVENESS, 40),
}
"""Which systems, what is compared, and how many states they may have."""


class Difference(NamedTuple):
    """Something on which explorers disagree: in which system of which batch, and what it says."""

    about: str
    batch: int
    number: int
    comparison: str
    text: str


class Batch(NamedTuple):
    """What a batch came to. ``compared``: how often each comparison was made; ``systems``: how many had any made."""

    systems: int
    compared: Counter[str]
    differences: tuple[Difference, ...]


def compare(about: str, batch: int, only: int | None = None) -> Batch:
    """Generates a batch and compares what explorers say of each system; ``only``: of that one alone."""
    strategy, comparisons, most = ABOUT[about]
    compared: Counter[str] = Counter()
    differences: list[Difference] = []
    systems = 0
    number = -1

    @seed(batch)
    @settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def each(model: Any) -> None:
        nonlocal systems, number
        number += 1
        if only not in (None, number):
            return
        said = False
        for comparison in comparisons:
            name = comparison.__name__.replace("_", " ")
            # What an explorer raises is a difference as well: the reference raised nothing.
            try:
                done = comparison(model, most)
            except Exception:
                differences.append(Difference(about, batch, number, name, traceback.format_exc()))
                done = True
            compared[name] += done
            said = said or done
        systems += said

    each()
    return Batch(systems, compared, tuple(differences))


def _batches(first: int, about: str | None) -> Iterator[tuple[str, int]]:
    """Batches without end; ``about``: of one kind alone."""
    while True:
        if about is not None:
            yield about, first
        else:
            yield STATES, first
            yield LOOPS, 2 * first
            yield LOOPS, 2 * first + 1
            yield SYMMETRIC, first
            yield PROMPT_STATES, first
            yield PROMPT_LOOPS, first
        first += 1


class Total:
    """What all batches came to, and the line that says so."""

    def __init__(self) -> None:
        """Nothing compared yet."""
        self.systems = 0
        self.compared: Counter[str] = Counter()
        self.differences: list[Difference] = []
        self._began = time.monotonic()

    def add(self, batch: Batch) -> None:
        """One more batch."""
        self.systems += batch.systems
        self.compared += batch.compared
        self.differences += batch.differences
        for found in batch.differences:
            print(
                f"\n{found.comparison}: they differ. Again with\n    .venv/bin/python benchmarks/gate.py "
                f"--about {found.about} --batch {found.batch} --number {found.number}\n{found.text}"
            )

    def line(self) -> str:
        """Progress."""
        minutes = (time.monotonic() - self._began) / 60
        return f"{self.systems:,} systems, {len(self.differences)} differences, {minutes:.1f} minutes"

    def report(self) -> Iterator[str]:
        """What was compared how often."""
        yield self.line()
        for name, times in self.compared.items():
            yield f"  {times:>7,} times: {name}"


def run(systems: int, first: int, processes: int, about: str | None = None) -> tuple[Total, bool]:
    """Batches from the seed ``first`` on until so many systems were compared; whether it came to an end.

    ``about``: of one kind alone.
    """
    total = Total()
    todo = _batches(first, about)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        running: set[Future[Batch]] = {pool.submit(compare, *next(todo)) for _ in range(2 * processes)}
        try:
            while total.systems < systems:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for batch in done:
                    total.add(batch.result())
                    running.add(pool.submit(compare, *next(todo)))
                print(total.line(), file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            return total, False
        pool.shutdown(wait=True, cancel_futures=True)
    return total, True


def main() -> int:
    """Runs what is asked for; returns the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--systems", type=int, default=10_000, help="how many systems to compare at least [10000]")
    options.add_argument("--batch", type=int, default=0, help="seed of the first batch [0]")
    options.add_argument("--number", type=int, help="compare that system of the batch alone")
    options.add_argument("--about", choices=list(ABOUT), help="systems of that kind alone [all; with --number, states]")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes [one for each core]")
    given_options = options.parse_args()
    library.compiled()
    print(f"Hypothesis {hypothesis.__version__}, batches of {BATCH} from seed {given_options.batch}")
    if given_options.number is not None:
        total, complete = Total(), True
        total.add(compare(given_options.about or STATES, given_options.batch, given_options.number))
    else:
        total, complete = run(given_options.systems, given_options.batch, given_options.jobs, given_options.about)
    print("\n".join(total.report()))
    if not complete:
        print("interrupted")
        return 3
    return 1 if total.differences else 0


if __name__ == "__main__":
    sys.exit(main())
