"""A hundred million states in little memory: a lattice whose number of states is known beforehand.

    .venv/bin/python benchmarks/lattice.py [LEVELS]

Four dials, each of which can only be turned up, have LEVELS levels (100 unless given): LEVELS^4 states,
4 (LEVELS - 1) LEVELS^3 transitions, and the longest way is 4 (LEVELS - 1) steps. Exits with 1 if a count is wrong.
"""

from __future__ import annotations

import sys

from kubemodel.checker.result import Explorer, Progress
from kubemodel.checker.search import search
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Set, Write

DIALS = ("north", "east", "south", "west")


def model(levels: int) -> Model:
    """Four dials with so many levels."""

    def turn(dial: str) -> Rule:
        key = Key(dial, ("level",), lambda level: level if level < levels - 1 else None)
        return Rule(f"turn {dial}", key, lambda level: [Alternative((Write(KEY, "level", Set(level + 1)),))])

    return Model(
        name=f"lattice of {levels}",
        kinds=tuple(Kind(dial, (Field("level", 0),), names=("dial",)) for dial in DIALS),
        components=(Component("hand", tuple(turn(dial) for dial in DIALS)),),
        initial={},
    )


def expected(levels: int) -> tuple[int, int, int]:
    """States, transitions, depth."""
    return levels**4, 4 * (levels - 1) * levels**3, 4 * (levels - 1)


def _say(snapshot: Progress) -> None:
    sys.stderr.write(
        f"\r{snapshot.states:,} states, {snapshot.states_per_second:,.0f}/s, {snapshot.memory_mb:,.0f} MB "
    )


def main() -> int:
    """Runs it; returns the exit code."""
    levels = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    result = search(TransitionSystem(model(levels)), progress=_say, explorer=Explorer.KERNEL)
    measured = result.measured
    sys.stdout.write(
        f"{result.states:,} states, {result.transitions:,} transitions, depth {result.depth}: "
        f"{measured.seconds:.0f} s, "
        f"{measured.states_per_second:,.0f} states/s, {measured.bytes_per_state:.1f} bytes a state, "
        f"peak {measured.peak_memory_mb:,.0f} MiB\n"
    )
    return 0 if (result.states, result.transitions, result.depth) == expected(levels) else 1


if __name__ == "__main__":
    sys.exit(main())
