"""Why nothing more is explained: what keeps the next observations from being seen, and what may happen instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from ..engine.pools import EMPTY
from ..engine.successors import answers, keys
from ..engine.transition_system import Group, TransitionSystem
from ..spec.language.observation import Observation
from .explaining import Node
from .naming import Bundles
from .stepping import Stepping

_MOST = 12


@attrs.frozen
class Refusal:
    """An observation that could have come next. ``stands``: how its subject stands. ``rules``: what the rules say that
    bring it about: the first thing that keeps each of them from it."""

    observation: Observation
    stands: str
    rules: tuple[str, ...]


def refusals(system: TransitionSystem, node: Node, following: Sequence[Observation]) -> tuple[Refusal, ...]:
    """What keeps each of the observations ``following`` from being seen at ``node``."""
    bundles = Bundles(system)
    return tuple(_refusal(system, bundles, node, each) for each in following)


def _refusal(system: TransitionSystem, bundles: Bundles, node: Node, each: Observation) -> Refusal:
    kind, name = each.subject
    bundle = dict(node.names).get(each.subject)
    if bundle is None:
        stands = f"nothing that was seen so far is {kind} {name}"
    else:
        stands = each.instead(bundles.values(kind, bundle)) if bundle != EMPTY else f"{kind} {name} is gone"
    said = (
        text
        for group in system.groups
        if group.component.name == each.component and group.rule.name in each.rules and group.losing is None
        for text in _verdicts(system, group, node, each, bundle)
    )
    return Refusal(each, stands, tuple(dict.fromkeys(said))[:_MOST])


def _verdicts(
    system: TransitionSystem, group: Group, node: Node, each: Observation, bundle: int | None
) -> Iterator[str]:
    """What a rule says of the subject, or, where nothing is the subject yet, of every object that it applies to."""
    rule = f"{group.component.name}, {group.rule.name}"
    own = system.pools[group.pool].name == each.subject[0]
    found = False
    for index, candidate, key in keys(group, node.state):
        if own and bundle is not None and candidate != bundle:
            continue
        found = True
        given, queries = answers(group, node.state, key, index)
        seen = {name: answer for name, answer in given.items() if name not in group.guards}
        because = each.why(key, seen) if each.why is not None else ""
        if not because and not all(given[guard] for guard in group.guards):
            because = "it can not act: its process or its node is down, or cut off"
        if not because:
            may = [firing.alternative.because for firing in group.fire(key, given, queries)]
            because = f"may act: {'; '.join(dict.fromkeys(may))}" if may else f"has nothing to do{_numbers(seen)}"
        yield f"{rule}: {because}"
    if not found:
        yield f"{rule}: does not apply"


def _numbers(seen: dict[str, object]) -> str:
    told = ", ".join(f"{name} {value}" for name, value in seen.items() if isinstance(value, (bool, int, str)))
    return f" ({told})" if told else ""


def allowed(system: TransitionSystem, node: Node, patient: frozenset[str]) -> tuple[str, ...]:
    """What the model would have allowed next, each rule with its reason once."""
    steps = Stepping(system, patient).enabled(node.state)
    told = (
        f"{step.group.component.name}: {step.key.rule if step.group.continues else step.group.rule.name}"
        + (f" ({step.firing.alternative.because})" if step.firing.alternative.because else "")
        for step in steps
    )
    return tuple(dict.fromkeys(told))[:_MOST]
