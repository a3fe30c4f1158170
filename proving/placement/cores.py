"""A minimal unsatisfiable core: items that cannot all be had, while without any one of them the others can.

By deletion (Chinneck and Dravnieks, *Locating minimal infeasible constraint sets in linear programs*, ORSA Journal on
Computing 3, 1991), all items of one sort together at first (as Junker, *QuickXplain*, AAAI 2004, halves them). Every
test is a problem of its own, so a core means what it says of manifests, not of a formula. While items are left away,
only a proof that is quickly found counts; whether what is then left is minimal is decided in full, item by item.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

import attrs

from .clock import now
from .columns import Pool
from .dropping import without
from .ordering import Where
from .problem import Ask, Item, Problem
from .solving import Depth, fits_without, refutes, solve

MOST_CORES = 5

SECONDS_AT_LEAST = 2.0
"""For each test whether an item can be left away; what is not decided then is kept, and the core not called minimal."""

_SORTS = (
    Ask.SPREAD,
    Ask.POD_AFFINITY,
    Ask.ANTI_AFFINITY,
    Ask.VOLUME,
    Ask.HOST_PORT,
    Ask.NODE_AFFINITY,
    Ask.NODE_SELECTOR,
    Ask.NODE_NAME,
    Ask.TAINT,
    Ask.CORDON,
    Ask.GATE,
    Ask.POD_LIMIT,
)
"""The sorts of items in the order in which they are left away together; then requests, resource by resource."""


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
    order = {item.key: number for number, item in enumerate(problem.items)}
    return tuple(sorted(found, key=lambda core: order[core.items[0].key]))


def not_asking_for(problem: Problem, titles: Collection[str]) -> Problem:
    """The problem in which nobody asks for any number of pods of some kinds."""
    return without(problem, [it for it in problem.items if it.ask is Ask.PODS and it.kind in titles])


def _core(problem: Problem, deadline: float) -> Core:
    items, pool = list(problem.items), Pool()
    for depth in Depth:
        proved = partial(_proved, problem, deadline, depth, pool)
        if proved(items):
            items = _smaller(problem, items, proved)
            break
    items, minimal = _minimal(problem, items, deadline, pool)
    order = {item.key: number for number, item in enumerate(problem.items)}
    items.sort(key=lambda item: order[item.key])
    return Core(tuple(items), minimal, _asking_only(problem, items))


def _asking_only(problem: Problem, kept: Sequence[Item]) -> Problem:
    keys = {item.key for item in kept}
    return without(problem, [item for item in problem.items if item.key not in keys])


def _proved(problem: Problem, deadline: float, depth: Depth, pool: Pool, kept: Sequence[Item]) -> bool:
    return refutes(_asking_only(problem, kept), deadline, depth, pool)


def _smaller(problem: Problem, items: list[Item], impossible: Callable[[Sequence[Item]], bool]) -> list[Item]:
    """What is left of ``items`` once sorts, then kinds, then single items were left away for as long as it goes."""
    sorts: list[tuple[Ask, str]] = [(ask, "") for ask in _SORTS]
    sorts += [(Ask.REQUEST, name) for name in sorted({str(it.what) for it in items if it.ask is Ask.REQUEST})]
    for ask, what in sorts:
        items = _unless(items, [it for it in items if it.ask is ask and what in ("", it.what)], impossible)
    for kind in problem.kinds:
        items = _unless(items, [it for it in items if it.kind == kind.title], impossible)
    for each in sorted(items, key=lambda it: it.ask is Ask.PODS):
        items = _unless(items, [each], impossible)
    return items


def _unless(items: list[Item], leaving: Sequence[Item], impossible: Callable[[Sequence[Item]], bool]) -> list[Item]:
    """The items without ``leaving``, some of them, if what is left is still impossible."""
    keys = {item.key for item in leaving}
    fewer = [item for item in items if item.key not in keys]
    return fewer if len(fewer) < len(items) and impossible(fewer) else items


def _minimal(problem: Problem, items: list[Item], deadline: float, pool: Pool) -> tuple[list[Item], bool]:
    """What is left once every item was shown to be needed, or left away; and whether that was decided of each.

    Where the others have room if the pods of a kind request less, they may have it without those pods as well.
    """
    minimal = True
    numbers = {kind.title: number for number, kind in enumerate(problem.kinds)}
    placed: dict[str, Where] = {}
    left = sorted(items, key=lambda it: it.ask is Ask.PODS)
    for number, item in enumerate(list(left)):
        fewer = [it for it in left if it is not item]
        at = now()
        if at > deadline:
            return left, False
        share = min(deadline, at + max(SECONDS_AT_LEAST, (deadline - at) / (2 * (len(items) - number))))
        asking = _asking_only(problem, fewer)
        known = placed.get(item.kind) if item.ask is Ask.PODS else None
        if known is not None and fits_without(asking, numbers[item.kind], known, share):
            continue
        answer = solve(asking, share, whole=False, pool=pool)
        if answer.possible and item.ask is Ask.REQUEST:
            placed[item.kind] = answer.where
        if answer.possible is False:
            left = fewer
        elif answer.possible is None:
            minimal = False
    return left, minimal
