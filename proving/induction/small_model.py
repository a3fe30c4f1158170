"""A law as an ordinary model for the explorer: one object that holds the counters, one rule for each step.

The first step chooses the parameters, so that one search goes through all small instances. A state and a step that z3
found are run through the same model (``walk``): both readings of a law must come to the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, product

import attrs
from frozendict import frozendict

from ...checker.result import Explorer, Limits, Progress, SearchResult
from ...checker.search import search
from ...engine.encoding import Json
from ...engine.pools import State
from ...engine.successors import transitions
from ...engine.trace_building import build
from ...engine.traces import Trace
from ...engine.transition_system import TransitionSystem
from ...engine.verdicts import Verdict
from ...spec.language.component import Component, Key, Rule
from ...spec.language.model import Assumption, Field, Kind, Model
from ...spec.language.plan import KEY, Alternative, Set, Write
from ...spec.language.property import HOLDS, Finding, StateProperty, violated
from .law import Law, Step, Values

COUNTERS = "Counters"
"""Kind of the one object of a law's model."""

NUMBERS = "numbers"
"""Its field: the counters by name, None before the parameters are chosen."""

CHOICE = "instance"
"""The component that chooses them."""

API_VERSION, KIND = "kubemodel/v1", "Law"
"""What a trace of a law says that it comes from."""


class Disagreement(RuntimeError):
    """The explorer does not do what z3 says that a step does: a fault of this program."""


def model_of(law: Law, first: Values | None = None) -> Model:
    """The model of ``law``. ``first``: the state to begin with; without one, the parameters are chosen first."""
    begins = None if first is None else frozendict(first.numbers)
    return Model(
        name=law.name,
        kinds=(Kind(COUNTERS, (Field(NUMBERS),), names=(law.name,)),),
        components=tuple(_components(law)),
        initial={COUNTERS: ({"name": law.name, NUMBERS: begins},)},
        properties=(_property(law),),
        assumptions=tuple(Assumption(one.name, one.text, one.source) for one in law.hypotheses),
    )


def _names(law: Law) -> tuple[str, ...]:
    return tuple(law.begun(Values(dict.fromkeys(law.parameters, 0))))


def instances(law: Law) -> Iterator[Values]:
    """The parameters of every small instance, in ascending order."""
    for numbers in product(*(range(most + 1) for most in law.parameters.values())):
        parameters = Values(dict(zip(law.parameters, numbers, strict=True)))
        if law.assumes(parameters):
            yield parameters


def _components(law: Law) -> Iterator[Component]:
    def chosen(_key: bool) -> Iterable[Alternative]:
        for parameters in instances(law):
            said = ", ".join(f"{_spelt(name)} {number}" for name, number in parameters.items())
            yield Alternative((Write(KEY, NUMBERS, Set(frozendict(law.begun(parameters).numbers))),), said)

    begin = Rule("begin", Key(COUNTERS, (NUMBERS,), lambda numbers: True if numbers is None else None), chosen)
    yield Component(CHOICE, (begin,), environment=True)
    for component in dict.fromkeys(step.component for step in law.steps):
        yield Component(component, tuple(_rule(step) for step in law.steps if step.component == component))


_KEY = Key(COUNTERS, (NUMBERS,), lambda numbers: numbers)


def _rule(step: Step) -> Rule:
    def decide(numbers: frozendict[str, int]) -> Iterable[Alternative]:
        state, met = Values(numbers), {numbers}
        for chosen in _choices(step, state):
            if step.guard(state, chosen):
                after = frozendict({**numbers, **step.effect(state, chosen)})
                if after not in met:
                    met.add(after)
                    yield Alternative((Write(KEY, NUMBERS, Set(after)),), _because(step, chosen))

    return Rule(step.name, _KEY, decide, reference=step.reference, meaning=step.meaning)


def _choices(step: Step, state: Values) -> Iterator[Values]:
    ranges = [limits(state) for limits in step.chosen.values()]
    for numbers in product(*(range(least, most + 1) for least, most in ranges)):
        yield Values(dict(zip(step.chosen, numbers, strict=True)))


def _because(step: Step, chosen: Values) -> str:
    said = ", ".join(f"{_spelt(name)} {number}" for name, number in chosen.items())
    return "; ".join(part for part in (step.meaning, said) if part)


def _spelt(name: str) -> str:
    return name.replace("_", " ")


def _property(law: Law) -> StateProperty:
    def judge(numbers: frozendict[str, int]) -> Finding:
        state = Values(numbers)
        return HOLDS if law.promise(state) else violated(law.broken(state))

    return StateProperty(law.name, law.statement, _KEY, judge, reference=law.reference)


def document(law: Law, mutation: str, first: Values | None) -> Mapping[str, Json]:
    """What a trace says that it comes from. ``mutation``: its name, "" for the law as it stands."""
    begins = {"first": dict(first)} if first is not None else {}
    return {"apiVersion": API_VERSION, "kind": KIND, "law": law.name, "mutation": mutation, **begins}


class NoLawError(ValueError):
    """A trace that says that it comes from a law does not say from which, or not from where."""


def system_of(law: Law, said: Mapping[str, Json]) -> TransitionSystem:
    """The model that a trace of ``law`` comes from, which says ``said``; raises ``NoLawError`` if it cannot."""
    begins = said.get("first")
    if begins is None:
        return TransitionSystem(model_of(law))
    names = _names(law)
    if not isinstance(begins, dict) or set(begins) != set(names):
        raise NoLawError(f"its first state must have the numbers {', '.join(names)}")
    if not all(type(number) is int for number in begins.values()):
        raise NoLawError("a number of its first state is none")
    return TransitionSystem(model_of(law, Values({name: begins[name] for name in names})))


@attrs.frozen
class Explored:
    """What came of all small instances. ``trace``: the shortest way to break the promise, None if it is kept."""

    result: SearchResult
    trace: Trace | None

    @property
    def never(self) -> tuple[str, ...]:
        """The steps that never happened."""
        return tuple(f"{component}: {rule}" for component, rule in self.result.never_fired)


def explored(law: Law, mutation: str, limits: Limits, progress: Callable[[Progress], None] | None = None) -> Explored:
    """Explores every small instance of ``law``."""
    system = TransitionSystem(model_of(law))
    result = search(system, limits, progress, explorer=Explorer.TABLES)  # there is too little for the kernel
    (prop,) = result.properties
    if prop.verdict is not Verdict.VIOLATED or prop.trace is None:
        return Explored(result, None)
    states = result.paths[prop.trace].states
    scenario = document(law, mutation, None)
    return Explored(result, build(system, states, scenario=scenario, violated=law.name, text=prop.text))


def walk(law: Law, mutation: str, path: Sequence[Values]) -> Trace:
    """The trace of a path that z3 found, as the explorer walks it from its first state.

    States that are as the one before are passed over. Raises ``Disagreement`` if the explorer can not walk it.
    """
    system = TransitionSystem(model_of(law, path[0]))
    states = [system.initial_state()]
    for number, (before, wanted) in enumerate(pairwise(path), 1):
        if dict(wanted) == dict(before):
            continue
        found = [it.successor for it in transitions(system, states[-1]) if it.successor is not None]
        fitting = [state for state in found if numbers_of(system, state) == wanted.numbers]
        if not fitting:
            raise Disagreement(f"{law.name}: the explorer cannot take step {number} of z3's path, to {dict(wanted)}")
        states.append(fitting[0])
    broken = "" if law.promise(path[-1]) else law.name
    return build(system, states, scenario=document(law, mutation, path[0]), violated=broken)


def numbers_of(system: TransitionSystem, state: State) -> Mapping[str, int]:
    """The counters of a state."""
    number = system.pool_index[COUNTERS]
    pool = system.pools[number]
    (bundle,) = (pool.bundles[item] for item in state[number])
    numbers: Mapping[str, int] = bundle[pool.position[NUMBERS]]
    return numbers
