"""Compares the explorers with each other, with hand-written Python and with Spin: exact counts first, then speed.

    .venv/bin/python benchmarks/run.py [--quick] [--naive]

``--quick`` leaves out what takes minutes: Spin on the large instance, and the largest models. ``--naive`` runs the
naive explorer on the large instance, too. Without Spin (Debian packages ``spin`` and ``gcc``) its rows are left out.
Exits with 1 if a count is not the known one. Rates are by processor time, which what else runs on the machine disturbs
less than wall time; ``stored`` and ``grown`` are bytes a state: in the tables of states, with the way back, and by how
much the process grew, caches, tables and Python's own included.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kubemodel.benchmarks import promela
from kubemodel.benchmarks.explorations import (
    Instance,
    Run,
    alone,
    hand_written,
    kubernetes,
    lags,
    naive,
    searched,
)
from kubemodel.checker.kernel import library

SMALL: Instance = (2, 3, 2, 1)
MIDDLE: Instance = (2, 4, 3, 1)
WIDE: Instance = (2, 4, 3, 2)
LARGE: Instance = (3, 5, 4, 1)

CANONICAL = {
    SMALL: (8_253, 28_337),
    MIDDLE: (35_285, 137_116),
    WIDE: (279_512, 1_338_529),
    LARGE: (553_387, 2_565_685),
}
POSITIONAL = {SMALL: (42_207, 149_754), WIDE: (5_077_120, 25_770_080), LARGE: (46_686_480, None)}
"""Known states and transitions, confirmed by other explorers; see README.md."""

LAGGING = {1: (138_723, 669_606), 2: (359_877, 1_888_393)}
"""Of the small instance, by the number of lagging clients; the naive explorer confirms the first."""

UP_TO_NODES = {SMALL: (4_165, 14_322), MIDDLE: (17_753, 69_036), LARGE: (97_528, 455_177)}
"""States and transitions where, besides, nodes are interchangeable; the smallest counted by brute force, too."""

KUBERNETES = {2: 38_198, 3: 239_084, 4: 1_165_097}
"""States by replicas."""

ROUNDS = 3
CORE_ROUNDS = 5


class Report:
    """Prints rows and remembers whether all counts were right."""

    def __init__(self) -> None:
        """Nothing wrong yet."""
        self.right = True
        self._say("explorer", "model", "states", "transitions", "states/s", "stored", "grown", "known answer")

    def _say(self, *columns: object) -> None:
        widths = (24, 26, 12, 13, 11, 8, 8, 0)
        line = "".join(f"{column!s:<{width}}" for column, width in zip(columns, widths, strict=False))
        sys.stdout.write(line.rstrip() + "\n")
        sys.stdout.flush()

    def row(self, explorer: str, model: str, run: Run, known: tuple[int, int | None] | None) -> Run:
        """One exploration; ``known``: the states, and transitions, that it must count."""
        same = known is None or (run.states == known[0] and known[1] in (None, run.transitions))
        self.right &= same
        verdict = "-" if known is None else "yes" if same else "NO"
        sizes = [f"{size:,.0f}" if size else "-" for size in (run.stored, run.grown)]
        self._say(explorer, model, f"{run.states:,}", f"{run.transitions:,}", f"{run.rate:,.0f}", *sizes, verdict)
        return run

    def text(self, line: str) -> None:
        """A line between the rows."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _name(instance: Instance, what: str = "canonical") -> str:
    return f"{' '.join(map(str, instance))} {what}"


def _best(rounds: int, *runs: tuple[str, Callable[..., Run], tuple[Any, ...]]) -> dict[str, Run]:
    """The fastest of several rounds of each, run in turns."""
    best: dict[str, Run] = {}
    for _ in range(rounds):
        for name, exploration, given in runs:
            found = alone(exploration, *given)
            if name not in best or found.seconds < best[name].seconds:
                best[name] = found
    return best


def _spin(instance: Instance, places: int) -> Run | None:
    if not promela.available():
        return None
    with tempfile.TemporaryDirectory() as folder:
        found = promela.run(instance, Path(folder), places)
    return Run(found.states, found.transitions, found.seconds)


def counts(report: Report) -> None:
    """Every explorer counts what is known of the smaller instances."""
    for positional, known in ((True, POSITIONAL), (False, CANONICAL)):
        what = "positional" if positional else "canonical"
        report.row("naive", _name(SMALL, what), alone(naive, SMALL, positional), known[SMALL])
        for explorer in ("tables", "kernel"):
            found = alone(searched, explorer, SMALL, positional)
            report.row(explorer, _name(SMALL, what), found, known[SMALL])
    report.row("hand-written", _name(MIDDLE), alone(hand_written, MIDDLE), CANONICAL[MIDDLE])
    for instance in (SMALL, MIDDLE):
        found = alone(searched, "tables", instance, False, True)
        report.row("tables", _name(instance, "up to nodes"), found, UP_TO_NODES[instance])
    for instance in (MIDDLE, WIDE):
        report.row("kernel", _name(instance), alone(searched, "kernel", instance), CANONICAL[instance])


def canonical(report: Report, *, quick: bool, with_naive: bool) -> None:
    """The large instance: hand-written Python, tables, the kernel in turns, and Spin, which knows no symmetry."""
    best = _best(
        ROUNDS,
        ("hand-written", hand_written, (LARGE,)),
        ("tables", searched, ("tables", LARGE)),
        ("kernel", searched, ("kernel", LARGE)),
    )
    if with_naive:
        best["naive"] = alone(naive, LARGE)
    for explorer, run in best.items():
        report.row(explorer, _name(LARGE), run, CANONICAL[LARGE])
    kernel = best["kernel"]
    nodes = report.row(
        "kernel", _name(LARGE, "up to nodes"), alone(searched, "kernel", LARGE, False, True), UP_TO_NODES[LARGE]
    )
    report.text(
        f"  that nodes are alike: {kernel.states / nodes.states:.2f} times fewer states,"
        f" {kernel.seconds / nodes.seconds:.2f} times as fast"
    )
    for explorer in ("hand-written", "tables", "naive"):
        if explorer in best:
            report.text(f"  kernel is {best[explorer].seconds / kernel.seconds:.1f} times as fast as {explorer}")
    spin = None if quick else _spin(LARGE, 27)
    if spin is None:
        report.text("  Spin: left out" + ("" if quick else ": it is not installed"))
        return
    report.row("spin", _name(LARGE, "positional"), spin, POSITIONAL[LARGE])
    symmetry = spin.states / kernel.states
    raw = kernel.rate / spin.rate
    report.text(
        f"  kernel is {spin.seconds / kernel.seconds:.0f} times as fast as Spin: "
        f"{symmetry:.1f} (symmetry) x {raw:.2f} (states a second)"
    )


def positional(report: Report) -> None:
    """Without symmetry: the kernel against Spin on the same states."""
    kernel = _best(ROUNDS, ("kernel", searched, ("kernel", WIDE, True)))["kernel"]
    report.row("kernel", _name(WIDE, "positional"), kernel, POSITIONAL[WIDE])
    spin = _spin(WIDE, 24)
    if spin is None:
        report.text("  Spin: left out: it is not installed")
        return
    report.row("spin", _name(WIDE, "positional"), spin, POSITIONAL[WIDE])
    report.text(f"  kernel is {spin.seconds / kernel.seconds:.2f} times as fast as Spin, state for state")


def staleness(report: Report, *, quick: bool) -> None:
    """One and two lagging clients."""
    for clients, known in LAGGING.items():
        what = f"{clients} lagging"
        if clients == 1:
            report.row("naive", _name(SMALL, what), alone(lags, "naive", SMALL, clients), known)
        report.row("kernel", _name(SMALL, what), alone(lags, "kernel", SMALL, clients), known)
    for clients in LAGGING:
        if clients == 1 or not quick:
            report.row("kernel", _name(MIDDLE, f"{clients} lagging"), alone(lags, "kernel", MIDDLE, clients), None)


def clusters(report: Report, *, quick: bool) -> None:
    """A Deployment starts while a node crashes: with everything, then with one thing after the other switched off."""
    for replicas, states in KUBERNETES.items():
        model, known = f"{replicas} replicas, 2 nodes", (states, None)
        kernel = report.row("kernel", model, alone(kubernetes, "kernel", replicas), known)
        tables = kernel.tables
        report.text("  look-ups that found something: " + ", ".join(_hits(tables)))
        if replicas < 4 or not quick:
            report.row("kernel off (tables)", model, alone(kubernetes, "tables", replicas), known)
        nodes = report.row("kernel, nodes alike", model, alone(kubernetes, "kernel", replicas, False, True), None)
        report.text(
            f"  that nodes are alike: {states / nodes.states:.2f} times fewer states,"
            f" {kernel.seconds / nodes.seconds:.2f} times as fast"
        )
        if replicas == 2 or (replicas == 3 and not quick):
            report.row("symmetry off", model, alone(kubernetes, "kernel", replicas, True), None)


def second_core(report: Report, *, quick: bool) -> None:
    """The largest cluster on two cores and on one, in turns; by the seconds that go by, which is what cores save."""
    replicas = 3 if quick else 4
    walls: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(CORE_ROUNDS):
        for cores, found in walls.items():
            run = alone(kubernetes, "kernel", replicas, False, False, cores)
            report.right &= run.states == KUBERNETES[replicas]
            found.append(run.wall)
    one, two = (statistics.median(found) for found in walls.values())
    report.text(
        f"  second core, {replicas} replicas, median of {CORE_ROUNDS}: {two:.1f} s with it, {one:.1f} s without:"
        f" {one / two:.2f} times as fast"
    )


def _hits(tables: Mapping[str, int]) -> list[str]:
    found = []
    for what in ("moves", "sites"):
        hits, misses = tables[f"{what} found"], tables[f"{what} not found"]
        found.append(f"{what} {100 * hits / (hits + misses):.1f} %")
    return [*found, f"questions to Python {tables['questions']:,}"]


def main() -> int:
    """Runs all; returns the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="leave out what takes minutes")
    options.add_argument("--naive", action="store_true", help="time the naive explorer on the large instance too")
    given = options.parse_args()
    library.compiled()
    report = Report()
    counts(report)
    canonical(report, quick=given.quick, with_naive=given.naive)
    positional(report)
    staleness(report, quick=given.quick)
    clusters(report, quick=given.quick)
    second_core(report, quick=given.quick)
    return 0 if report.right else 1


if __name__ == "__main__":
    sys.exit(main())
