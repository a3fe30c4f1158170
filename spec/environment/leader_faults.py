"""Faults of leaders: pauses that a process does not notice, and clocks that run at different rates (design §4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..control_plane.leader_election.election import RUNS, become_leader, holder_of
from ..kinds import CANDIDATE
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, Set, Write
from .budgets import left, spend

LEADER_PAUSE = "leader-pause"
CLOCK_SKEW = "clock-skew"

LEADER_FAULTS: Mapping[str, str] = {
    LEADER_PAUSE: "a leader stands still and does not notice, as if its machine slept; it may go on at any time",
    CLOCK_SKEW: "the clock of a candidate runs fast: it takes a Lease for expired that its holder still renews",
}
"""The faults that come to candidates for leadership."""


def _pause() -> Rule:
    def decide(name: str, left: bool) -> Iterable[Alternative]:
        if left:
            yield Alternative((Write(KEY, "paused", Set(True)), *spend(LEADER_PAUSE)), f"{name} stands still")

    def leader(name: str, leads: bool, paused: bool) -> str | None:
        return name if leads and not paused else None

    return Rule(
        LEADER_PAUSE,
        Key(CANDIDATE, ("name", "leads", "paused"), leader),
        decide,
        {"left": left(LEADER_PAUSE)},
        reference="controllers-cluster §11",
        meaning=LEADER_FAULTS[LEADER_PAUSE],
    )


_RESUME = Rule(
    "leader resumes",
    Key(CANDIDATE, ("name", "paused"), lambda name, paused: name if paused else None),
    lambda name: [Alternative((Write(KEY, "paused", Set(False)),), f"{name} goes on where it stood")],
    reference="controllers-cluster §11",
    meaning="a leader that stood still goes on",
)


def _skew(lease: str, names: tuple[str, ...]) -> Rule:
    def decide(name: str, left: bool, runs: tuple[str, ...], holder: str) -> Iterable[Alternative]:
        if left and name in runs and holder not in ("", name):
            because = f"the clock of {name} runs fast: for it the Lease {lease} has expired"
            yield Alternative((*become_leader(lease, name, holder), *spend(CLOCK_SKEW)), because)

    def follower(name: str, leads: bool, paused: bool) -> str | None:
        return name if name in names and not leads and not paused else None

    return Rule(
        f"{CLOCK_SKEW} {lease}",
        Key(CANDIDATE, ("name", "leads", "paused"), follower),
        decide,
        {"left": left(CLOCK_SKEW), "runs": RUNS, "holder": holder_of(lease)},
        reference="controllers-cluster §11",
        meaning=LEADER_FAULTS[CLOCK_SKEW],
    )


def rules(budgets: Mapping[str, int], leases: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[Rule, ...]:
    """The rules of the leader faults with a budget, and of what undoes them. ``leases``: each with its candidates."""
    found: list[Rule] = []
    if budgets.get(LEADER_PAUSE, 0):
        found += [_pause(), _RESUME]
    if budgets.get(CLOCK_SKEW, 0):
        found += [_skew(lease, names) for lease, names in leases]
    return tuple(found)
