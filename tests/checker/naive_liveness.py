"""Temporal properties decided by brute force: no table, no component, no reduction; for the gate (design §7).

A fair cycle is looked for with a counter over all conditions (Choueka, 1974), by plain depth-first search, once for
each set of strong claims that the run is guessed never to be in again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, combinations
from typing import Any

import attrs
from kubemodel.engine.judging import StateJudge
from kubemodel.engine.pools import State
from kubemodel.engine.successors import Transition, answers, keys, possible, transitions
from kubemodel.engine.transition_system import Group, TransitionSystem
from kubemodel.spec.language.component import Fairness
from kubemodel.spec.language.property import HOLDS, IDLE, Finding, Judgement, Shape, TemporalProperty
from kubemodel.spec.language.witness import WATCHED

Claim = tuple[Any, ...]


@attrs.frozen(eq=False)
class World:
    """A whole graph. ``edges``: own steps with the claims they meet; ``outside``: what the environment may do."""

    system: TransitionSystem
    states: list[State]
    edges: dict[State, list[tuple[State, frozenset[Claim]]]]
    outside: dict[State, list[State]]
    armed: dict[State, frozenset[Claim]]
    now: dict[State, frozenset[Claim]]
    resting: set[State]
    weak: frozenset[Claim]
    strong: frozenset[Claim]


def _who(system: TransitionSystem, transition: Transition) -> frozenset[Claim]:
    group = transition.group
    number, _, bundle = transition.chosen[0]
    rule = (group.component.name, group.rule.name, number)
    pool = system.pools[number]
    if pool.name_of(bundle):
        return frozenset({rule, (*rule, pool.name_of(bundle))})
    if WATCHED in pool.fields and pool.bundles[bundle][pool.fields.index(WATCHED)]:
        return frozenset({rule, (*rule, "witness")})
    return frozenset({rule})


def _own(group: Group) -> bool:
    return not group.environment and group.losing is None


def world(system: TransitionSystem, most: int) -> World | None:
    """The graph of a system; None if it has more states than ``most``, or runs out of slots."""
    first = system.initial_state()
    states, waiting = {first: None}, [first]
    edges: dict[State, list[tuple[State, frozenset[Claim]]]] = {}
    outside: dict[State, list[State]] = {}
    armed: dict[State, frozenset[Claim]] = {}
    now: dict[State, frozenset[Claim]] = {}
    resting = set()
    fairness: dict[Claim, Fairness] = {}
    while waiting:
        state = waiting.pop()
        all_ = possible(system, state)
        if len(states) > most or any(transition.full for transition in all_):
            return None
        enabled = transitions(system, state)
        own = [t for t in enabled if _own(t.group)]
        edges[state] = [(t.successor, _who(system, t)) for t in own if t.successor is not None]
        outside[state] = [t.successor for t in enabled if not _own(t.group) and t.successor is not None]
        armed[state] = frozenset(chain.from_iterable(_who(system, t) for t in all_ if _own(t.group)))
        now[state] = frozenset(chain.from_iterable(claims for _, claims in edges[state]))
        for t in all_:
            fairness.update(dict.fromkeys(_who(system, t), t.group.rule.fairness or t.group.component.fairness))
        if not own:
            resting.add(state)
        for after in chain((target for target, _ in edges[state]), outside[state]):
            if after not in states:
                states[after] = None
                waiting.append(after)
    weak = frozenset(claim for claim, given in fairness.items() if given is Fairness.WEAK)
    strong = frozenset(claim for claim, given in fairness.items() if given is Fairness.STRONG)
    return World(system, list(states), edges, outside, armed, now, resting, weak, strong)


def _judged(system: TransitionSystem, judge: StateJudge, state: State) -> dict[str, Finding]:
    name_of = system.pools[judge.pool].name_of
    return {
        name_of(bundle): judge.judge(key, answers(judge, state, key, index)[0])
        for index, bundle, key in keys(judge, state)
    }


def violated(found: World, prop: TemporalProperty, *, graded: bool = False) -> bool:
    """Whether a fair run violates a property. ``graded``: timers that wait for something faster are owed nothing."""
    system = found.system
    judge = StateJudge(system, prop, prop.judge, quiescent=False)
    says = {state: _judged(system, judge, state) for state in found.states}
    asked: dict[State, dict[str, Finding]] = {}
    if prop.asks is not None:
        asks = prop.asks

        def trigger(key: Any, **given: Any) -> Finding:
            return HOLDS if asks(key, **given) else IDLE

        reader = StateJudge(system, prop, trigger, quiescent=False)
        asked = {state: _judged(system, reader, state) for state in found.states}
    names = {name for told in says.values() for name in told}
    return any(_violated_at(found, prop, name, says, asked, graded) for name in names)


def _violated_at(
    found: World,
    prop: TemporalProperty,
    name: str,
    says: dict[State, dict[str, Finding]],
    asked: dict[State, dict[str, Finding]],
    graded: bool,
) -> bool:
    def is_(state: State, judgement: Judgement) -> bool:
        finding = says[state].get(name)
        return finding is not None and finding.judgement is judgement

    bad = {state for state in found.states if is_(state, Judgement.VIOLATED)}
    suspended = {state for state in found.states if is_(state, Judgement.SUSPENDED)}
    if prop.shape in (Shape.EVENTUALLY, Shape.LEADS_TO):
        owed = _owed(found, prop, name, says, asked) & bad
        return bool(owed & found.resting) or _fair_cycle(found, owed, owed, graded)
    if bad & found.resting:
        return True
    if prop.restless:
        there = {state for state in found.states if name in says[state]} - suspended
        return _fair_cycle(found, set(found.states) - suspended, there, graded)
    within = bad if prop.shape is Shape.INFINITELY_OFTEN else set(found.states) - suspended
    return _fair_cycle(found, within, bad, graded)


def _owed(
    found: World,
    prop: TemporalProperty,
    name: str,
    says: dict[State, dict[str, Finding]],
    asked: dict[State, dict[str, Finding]],
) -> set[State]:
    """The states in which something may be owed, by some way that leads there."""

    def follow(status: str, state: State) -> str:
        finding = says[state].get(name)
        if finding is None or finding.judgement is Judgement.IDLE:
            return "nothing"
        if finding.judgement is Judgement.HOLDS:
            return "kept" if prop.shape is Shape.EVENTUALLY else "nothing"
        if prop.shape is Shape.EVENTUALLY:
            return "kept" if status == "kept" else "owed"
        now = asked[state].get(name, IDLE).judgement is Judgement.HOLDS
        return "owed" if now or status == "owed" else "nothing"

    first = found.system.initial_state()
    waiting = [(first, follow("nothing", first))]
    seen = set(waiting)
    while waiting:
        state, status = waiting.pop()
        for after in chain((target for target, _ in found.edges[state]), found.outside[state]):
            node = (after, follow(status, after))
            if node not in seen:
                seen.add(node)
                waiting.append(node)
    return {state for state, status in seen if status == "owed"}


def _fair_cycle(found: World, within: set[State], visiting: set[State], graded: bool) -> bool:
    owed = found.now if graded else found.armed
    strong = sorted(found.strong, key=repr)
    guesses = chain.from_iterable(combinations(strong, count) for count in range(len(strong) + 1))
    for never in guesses:
        allowed = {state for state in within if not owed[state] & set(never)}
        conditions: list[Callable[[State, frozenset[Claim]], bool]] = [lambda state, _met: state in visiting]
        conditions += [_met(claim) for claim in strong if claim not in never]
        conditions += [_met_or_gone(claim, owed) for claim in sorted(found.weak, key=repr)]
        if allowed & visiting and _cycle(found, allowed, conditions):
            return True
    return False


def _met(claim: Claim) -> Callable[[State, frozenset[Claim]], bool]:
    return lambda _state, met: claim in met


def _met_or_gone(claim: Claim, owed: dict[State, frozenset[Claim]]) -> Callable[[State, frozenset[Claim]], bool]:
    return lambda state, met: claim in met or claim not in owed[state]


def _cycle(found: World, allowed: set[State], conditions: list[Callable[[State, frozenset[Claim]], bool]]) -> bool:
    def following(node: tuple[State, int]) -> Iterator[tuple[tuple[State, int], bool]]:
        state, count = node
        for target, met in found.edges[state]:
            if target in allowed:
                reached = count
                while reached < len(conditions) and conditions[reached](state, met):
                    reached += 1
                done = reached == len(conditions)
                yield (target, 0 if done else reached), done

    for state in allowed:
        if conditions[0](state, frozenset()):
            # Round the counter, from a state that is to be visited to itself.
            seen: set[tuple[State, int, bool]] = set()
            waiting = [(state, 0, False)]
            while waiting:
                here, count, round_ = waiting.pop()
                for (target, reached), done in following((here, count)):
                    node = (target, reached, round_ or done)
                    if node == (state, 0, True):
                        return True
                    if node not in seen:
                        seen.add(node)
                        waiting.append(node)
    return False
