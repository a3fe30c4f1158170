"""Compares the explorers on the known-answer benchmark `rollout`: exact counts first, then speed, in one run.

    .venv/bin/python benchmarks/run.py [--naive]

Every exploration runs in a process of its own, so that none profits from another's memory. ``--naive`` runs the naive
explorer on the large instance too, which takes minutes. Exits with 1 if a count is not the known one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import handwritten
import rollout
from kubemodel.checker.naive import explore
from kubemodel.checker.search import search
from kubemodel.engine.transition_system import TransitionSystem

Instance = tuple[int, int, int, int]
"""Nodes, pod slots, replicas, crashes."""

SMALL: Instance = (2, 3, 2, 1)
MIDDLE: Instance = (2, 4, 3, 1)
LARGE: Instance = (3, 5, 4, 1)

CANONICAL = {
    SMALL: (8_253, 28_337),
    MIDDLE: (35_285, 137_116),
    (2, 4, 3, 2): (279_512, 1_338_529),
    LARGE: (553_387, 2_565_685),
}
POSITIONAL = {SMALL: (42_207, 149_754)}
"""Known states and transitions, confirmed by other explorers; see README.md."""

ROUNDS = 3


class Run(NamedTuple):
    """One exploration: what it counted, how long it took, by how much its process grew."""

    states: int
    transitions: int
    seconds: float
    bytes_per_state: float


def _naive(instance: Instance, positional: bool) -> tuple[int, int]:
    counts = explore(TransitionSystem(rollout.model(*instance), positional=positional))
    return counts.states, counts.transitions


def _tabling(instance: Instance, positional: bool) -> tuple[int, int]:
    result = search(TransitionSystem(rollout.model(*instance), positional=positional))
    return result.states, result.transitions


def _handwritten(instance: Instance, _positional: bool) -> tuple[int, int]:
    return handwritten.explore(*instance)


EXPLORERS: dict[str, Callable[[Instance, bool], tuple[int, int]]] = {
    "naive": _naive,
    "tabling": _tabling,
    "hand-written": _handwritten,
}


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _run(explorer: str, instance: Instance, positional: bool) -> Run:
    before, start = _peak_bytes(), time.perf_counter()
    states, transitions = EXPLORERS[explorer](instance, positional)
    seconds = time.perf_counter() - start
    return Run(states, transitions, seconds, (_peak_bytes() - before) / states)


def _alone(explorer: str, instance: Instance, positional: bool = False) -> Run:
    """The run in a new process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_run, explorer, instance, positional).result()


def _say(*columns: object) -> None:
    widths = (14, 9, 12, 9, 13, 10, 13, 0)
    line = "".join(f"{column!s:<{width}}" for column, width in zip(columns, widths, strict=False))
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


def _report(explorer: str, instance: Instance, run: Run, verdict: str, pools: str = "canonical") -> None:
    name = " ".join(map(str, instance))
    rate, size = f"{run.states / run.seconds:,.0f}", f"{run.bytes_per_state:,.0f}"
    _say(explorer, name, pools, f"{run.states:,}", f"{run.transitions:,}", rate, size, verdict)


def counts() -> bool:
    """Explores every instance with a known answer; says whether all counts are right."""
    _say("explorer", "N P R C", "pools", "states", "transitions", "states/s", "bytes/state", "known answer")
    right = True
    checks: Iterable[tuple[str, Instance, bool]] = [
        *((explorer, SMALL, positional) for explorer in ("naive", "tabling") for positional in (True, False)),
        *((explorer, MIDDLE, False) for explorer in ("naive", "hand-written")),
        *(("tabling", instance, False) for instance in CANONICAL if instance not in (SMALL, LARGE)),
    ]
    for explorer, instance, positional in checks:
        run = _alone(explorer, instance, positional)
        same = run[:2] == (POSITIONAL if positional else CANONICAL)[instance]
        right = right and same
        _report(explorer, instance, run, "yes" if same else "NO", "positional" if positional else "canonical")
    return right


def speed(*, naive: bool) -> bool:
    """Times the explorers on one instance, in turns, the best of each; says whether all counts are right."""
    runs: dict[str, list[Run]] = {"hand-written": [], "tabling": []}
    for _ in range(ROUNDS):
        for explorer, found in runs.items():
            found.append(_alone(explorer, LARGE))
    if naive:
        runs["naive"] = [_alone("naive", LARGE)]
    best = {explorer: min(found, key=lambda run: run.seconds) for explorer, found in runs.items()}
    right = True
    for explorer, run in best.items():
        same = all(each[:2] == CANONICAL[LARGE] for each in runs[explorer])
        right = right and same
        _report(explorer, LARGE, run, "yes" if same else "NO")
    for explorer in ("hand-written", "naive"):
        if explorer in best:
            ratio = best[explorer].seconds / best["tabling"].seconds
            sys.stdout.write(f"tabling is {ratio:.2f} times as fast as {explorer}, on {' '.join(map(str, LARGE))}\n")
    return right


def main() -> int:
    """Runs all; returns the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--naive", action="store_true", help="time the naive explorer on the large instance too")
    given = options.parse_args()
    return 0 if counts() & speed(naive=given.naive) else 1


if __name__ == "__main__":
    sys.exit(main())
