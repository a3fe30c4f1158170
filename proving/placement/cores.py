"""A minimal unsatisfiable core: items that cannot all be had, while without any one of them the others can.

By deletion (Chinneck and Dravnieks, *Locating minimal infeasible constraint sets in linear programs*, ORSA Journal on
Computing 3, 1991), in chunks that become smaller: every test is a problem of its own, solved anew, so a core means what
it says of manifests, not of a formula.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

import attrs

from .dropping import without
from .problem import Ask, Item, Problem
from .solving import solve

MOST_CORES = 5

SECONDS_AT_LEAST = 2.0
"""For each test whether an item can be left away; what is not decided then is kept, and the core not called minimal."""


@attrs.frozen
class Core:
    """The items; ``minimal``: for each of them it was shown that the others can be had without it.

    ``problem``: where nobody asks for anything else.
    """

    items: tuple[Item, ...]
    minimal: bool
    problem: Problem


def cores(problem: Problem, deadline: float, tell: Callable[[str], None] = lambda _: None) -> tuple[Core, ...]:
    """Conflicts of an impossible problem that have no workload in common, at most ``MOST_CORES`` of them."""
    found: list[Core] = []
    left = problem
    while len(found) < MOST_CORES and (not found or solve(left, deadline, whole=False).possible is False):
        tell(f"looking for the conflict{' after that' if found else ''}")
        core = _core(left, deadline)
        found.append(core)
        titles = {item.kind for item in core.items if item.kind}
        if not titles:
            break
        left = not_asking_for(left, titles)
    return tuple(found)


def not_asking_for(problem: Problem, titles: Collection[str]) -> Problem:
    """The problem in which nobody asks for any number of pods of some kinds."""
    return without(problem, [it for it in problem.items if it.ask is Ask.PODS and it.kind in titles])


def _core(problem: Problem, deadline: float) -> Core:
    undecided = set()

    def impossible(kept: Sequence[Item]) -> bool:
        keys = {item.key for item in kept}
        dropped = [item for item in problem.items if item.key not in keys]
        now = time.monotonic()
        if now > deadline:
            undecided.add(frozenset(keys))
            return False
        share = now + max(SECONDS_AT_LEAST, (deadline - now) / (2 * len(kept) + 1))
        answer = solve(without(problem, dropped), min(deadline, share), whole=False).possible
        if answer is None:
            undecided.add(frozenset(keys))
        return answer is False

    items = list(problem.items)
    items = _apart(problem, items, impossible)
    keys = [item.key for item in items]
    minimal = not any(frozenset(keys) - {key} in undecided for key in keys)
    order = {item.key: number for number, item in enumerate(problem.items)}
    items.sort(key=lambda item: order[item.key])
    kept = set(keys)
    alone = without(problem, [item for item in problem.items if item.key not in kept])
    return Core(tuple(items), minimal, alone)


def _apart(problem: Problem, items: list[Item], impossible: Callable[[Sequence[Item]], bool]) -> list[Item]:
    """What is left of ``items`` once whole kinds, then parts of them, have been left away for as long as that goes."""
    for kind in problem.kinds:
        fewer = [item for item in items if item.kind != kind.title]
        if len(fewer) < len(items) and impossible(fewer):
            items = fewer
    pods = [item for item in items if item.ask is Ask.PODS]
    others = [item for item in items if item.ask is not Ask.PODS]
    return _shrunk([*others, *pods], impossible)


def _shrunk(items: list[Item], impossible: Callable[[Sequence[Item]], bool]) -> list[Item]:
    size = max(1, len(items) // 2)
    while True:
        at = 0
        while at < len(items):
            fewer = items[:at] + items[at + size :]
            if impossible(fewer):
                items = fewer
            else:
                at += size
        if size == 1:
            return items
        size = max(1, size // 2)
