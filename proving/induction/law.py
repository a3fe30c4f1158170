"""What a law is: a counter abstraction of controllers, what it promises, and why that is inductive.

A law is written once, over numbers that may be symbolic. ``obligations`` asks z3 about it for all numbers there are;
``small_model`` makes an ordinary model of it for the explorer, for small ones. Its steps call the functions by which
the controllers themselves decide, so that a change of one of those is a change of the law.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import attrs

from ...spec.language.arithmetic import Number, Truth


@attrs.frozen(eq=False)
class Values(Mapping[str, Number]):
    """Named numbers: the counters of a state, or what a step chooses. ``values.name`` reads one."""

    numbers: Mapping[str, Number]

    def __getitem__(self, name: str, /) -> Number:
        """The number called ``name``."""
        return self.numbers[name]

    def __getattr__(self, name: str) -> Number:
        """The number called ``name``; raises ``AttributeError`` if there is none."""
        try:
            return self.numbers[name]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Iterator[str]:
        """The names, in the order of their declaration."""
        return iter(self.numbers)

    def __len__(self) -> int:
        """How many numbers there are."""
        return len(self.numbers)

    def changed(self, changes: Mapping[str, Number]) -> Values:
        """These numbers with some of them changed."""
        return Values({**self.numbers, **changes})


Range = tuple[Number, Number]
"""The least and the greatest number that a step may choose, both included."""


def _always(_state: Values, _chosen: Values) -> Truth:
    return True


@attrs.frozen(eq=False)
class Step:
    """What ``component`` may do: wherever ``guard(state, chosen)`` holds, ``effect(state, chosen)`` tells what changes.

    ``chosen``: what is up to the environment, as many pods as become ready at once; by name, each with its range.
    """

    name: str
    component: str
    effect: Callable[[Values, Values], Mapping[str, Number]]
    guard: Callable[[Values, Values], Truth] = _always
    chosen: Mapping[str, Callable[[Values], Range]] = attrs.field(factory=dict)
    meaning: str = ""
    reference: str = ""


@attrs.frozen(eq=False)
class Claim:
    """Something said of every state, and in words."""

    text: str
    holds: Callable[[Values], Truth]


@attrs.frozen
class Hypothesis:
    """What a law takes for granted, and where Kubernetes, or the model, says so."""

    name: str
    text: str
    source: str


@attrs.frozen(eq=False)
class Law:
    """A transition system over counters, and a promise about every state that it can reach.

    ``parameters``: numbers that never change, each with the greatest that is tried in small instances, from 0.
    ``assumes``: which of them are possible. ``start``: the counters in the beginning. ``invariant``: what holds of
    every state, is kept by every step, and implies ``promise``. ``broken(state)``: in words, how the promise is broken.
    ``for_all``: in words, of which clusters all this is said.
    """

    name: str
    statement: str
    for_all: str
    reference: str
    parameters: Mapping[str, int]
    assumes: Callable[[Values], Truth]
    start: Callable[[Values], Mapping[str, Number]]
    steps: tuple[Step, ...]
    invariant: tuple[Claim, ...]
    promise: Callable[[Values], Truth]
    broken: Callable[[Values], str]
    hypotheses: tuple[Hypothesis, ...]

    def begun(self, parameters: Values) -> Values:
        """The first state for these parameters."""
        return parameters.changed(self.start(parameters))


@attrs.frozen(eq=False)
class Mutation:
    """A change of a rule, or a hypothesis given up, by which the law must fail. ``law()`` is the changed law."""

    name: str
    text: str
    law: Callable[[], Law]


@attrs.frozen(eq=False)
class Provable:
    """A law with the mutations that show that its proof can fail."""

    law: Callable[[], Law]
    mutations: tuple[Mutation, ...]

    def mutation(self, name: str) -> Mutation:
        """The mutation called ``name``; raises ``KeyError`` if there is none."""
        return {mutation.name: mutation for mutation in self.mutations}[name]
