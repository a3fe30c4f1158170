"""Who is owed a turn in a run that goes on for ever, and whether it gets one (design §5).

Francez, Fairness, 1986. A rule is owed its turn for each object that it is keyed by. Environment steps, and requests
that get lost, are owed to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from ..spec.language.component import Fairness
from ..spec.language.witness import WATCHED, WITNESS_SWITCH
from .identities import NOBODY, Unrolled
from .pools import Pool
from .successors import Transition, possible
from .transition_system import Group, TransitionSystem

WITNESS = 0
"""Stands for which of the interchangeable objects a claim is about where that is the witness."""


@attrs.frozen
class Claim:
    """A rule that is owed a turn, and for which object.

    ``name``: that object's, if it has one. ``ordinal``: which of the interchangeable objects of its kind it is, from 1;
    the witness is ``WITNESS``. Without either: the rule itself, whatever object it acts on.
    """

    component: str
    rule: str
    pool: int
    name: str = ""
    ordinal: int | None = None


def fairness(group: Group) -> Fairness:
    """How fair the steps of a group are."""
    if group.environment or group.losing is not None:
        return Fairness.NONE
    return group.rule.fairness or group.component.fairness


def is_watched(pool: Pool, bundle: int) -> bool:
    """Whether a bundle is that of the witness."""
    return WATCHED in pool.position and bool(pool.bundles[bundle][pool.position[WATCHED]])


def fairness_by_rule(system: TransitionSystem) -> dict[tuple[str, str], Fairness]:
    """The fairness of every rule that is owed its turn, by component and rule."""
    found = {(group.component.name, group.rule.name): fairness(group) for group in system.groups if _own(group)}
    return {rule: given for rule, given in found.items() if given is not Fairness.NONE}


def _own(group: Group) -> bool:
    return not group.environment and group.losing is None


def claims_met(unrolled: Unrolled, transition: Transition) -> tuple[Claim, Claim]:
    """The claims that a transition meets: its rule's, and that for its object; ``unrolled`` is the state before it."""
    pool, index, bundle = transition.chosen[0]
    return _claims(transition.group, bundle, unrolled.ordinals[pool][index])


def _claims(group: Group, bundle: int, ordinal: int) -> tuple[Claim, Claim]:
    of_rule = Claim(group.component.name, group.rule.name, group.pool)
    if ordinal == NOBODY:
        return of_rule, attrs.evolve(of_rule, name=group.system.pools[group.pool].name_of(bundle))
    return of_rule, attrs.evolve(of_rule, ordinal=ordinal)


def claims(system: TransitionSystem, unrolled: Unrolled) -> frozenset[Claim]:
    """All that is owed a turn in a state: the rules that could change it, and timers that are armed, by object.

    What needs a slot that is not there is owed nothing: the search says that the slots ran out.
    """
    found: set[Claim] = set()
    for transition in possible(system, unrolled.state):
        if not _own(transition.group) or transition.successor is None:
            continue
        pool, _, bundle = transition.chosen[0]
        ordinals = unrolled.ordinals[pool]
        for index, other in enumerate(unrolled.state[pool]):
            if other == bundle:
                found.update(_claims(transition.group, bundle, ordinals[index]))
    return frozenset(found)


def starved(
    rules: dict[tuple[str, str], Fairness],
    owed: Sequence[Iterable[Claim]],
    met: Iterable[Claim],
    lasting: frozenset[tuple[int, int]],
) -> list[Claim]:
    """The claims that a loop leaves unmet although fairness asks for their turn.

    ``owed``: the claims in each state of the loop; ``met``: those that its steps meet. ``lasting``: the (pool, ordinal)
    of interchangeable objects that are there all the time and come round as themselves.
    """
    always = frozenset.intersection(*map(frozenset, owed))
    sometimes = always.union(*owed)
    done = frozenset(met)
    unmet = [claim for claim in sometimes - done if claim.ordinal is None or (claim.pool, claim.ordinal) in lasting]
    found = [
        claim
        for claim in unmet
        if rules.get((claim.component, claim.rule)) is Fairness.STRONG
        or (claim in always and rules.get((claim.component, claim.rule)) is Fairness.WEAK)
    ]
    return sorted(found, key=lambda one: (one.component, one.rule, one.pool, one.name, one.ordinal or 0))


__all__ = [
    "WATCHED",
    "WITNESS",
    "WITNESS_SWITCH",
    "Claim",
    "Fairness",
    "claims",
    "claims_met",
    "fairness",
    "fairness_by_rule",
    "is_watched",
    "starved",
]
