"""Decides temporal properties on an explored graph: a lasso for each that is violated (design §5).

What comes to rest stays there for ever: that is judged while the search goes on, where it can be. What goes round for
ever does so inside strongly connected components of the components' own steps, for the environment has ceased. A loop
that violates a property there is walked with every object as itself before anything is said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import attrs
import numpy

from ..engine.executor import in_order
from ..engine.fairness import WATCHED, WITNESS_SWITCH, Claim, Fairness
from ..engine.judging import (
    AT_REST,
    Finding,
    Judgement,
    Shape,
    StateJudge,
    TemporalProperty,
    temporal_judge,
    trigger_judge,
)
from ..engine.lasso import Lasso, unrolled_lasso
from ..engine.pools import State
from ..engine.successors import Transition, transitions
from ..engine.transition_system import TransitionSystem
from ..engine.verdicts import Category, Verdict
from .expansion import Packed
from .exploration import Exploration
from .fair_loops import Demands, Graph, Loop, Looping, fair_components
from .labelled import Label
from .obligations import Obligations, Promise
from .prompt import labelled_expansion
from .result import Outcome, Path
from .strong_components import Numbers, strong_components

_ATTEMPTS = 8
"""How often a loop that is unfair to some object is made longer."""

_COMPONENTS = 20
"""Components in which a loop is looked for before the property is given up as undetermined."""


def decide(exploration: Exploration) -> list[Outcome]:
    """The outcome of each temporal property of the system on what was explored of it."""
    return _Decision(exploration).outcomes()


@attrs.frozen(eq=False)
class _Candidates:
    """States in which a property may be violated for ever, nearest first, and a shortest way to each."""

    states: list[Packed]
    way_to: Callable[[int], list[State]]


class _Decision:
    def __init__(self, exploration: Exploration) -> None:
        self.exploration = exploration
        self.system = exploration.system
        self.expansion = labelled_expansion(self.system)

    def outcomes(self) -> list[Outcome]:
        wanted = [prop for prop in self.system.model.properties if isinstance(prop, TemporalProperty)]
        circling = (
            self._circling()
            if any(prop.shape in AT_REST for prop in wanted)
            else _Candidates([], self.exploration.way_to)
        )
        return [self._outcome(prop, circling) for prop in wanted]

    def _outcome(self, prop: TemporalProperty, circling: _Candidates) -> Outcome:
        judge = temporal_judge(self.system, prop)
        pool = self.system.pools[judge.pool]
        if prop.key is not None and pool.kind.slots and WATCHED not in pool.position:
            return self._unwatched(prop, judge, circling)
        return self._for_ever(prop, judge, circling) if prop.shape in AT_REST else self._promised(prop, judge)

    def _circling(self) -> _Candidates:
        """All states that the components' own steps lead back to."""
        edges = self.exploration.edges()
        found = strong_components(self.exploration.states, edges.sources, edges.targets)
        # A step to an image of the state itself goes round as well, be it by way of other images.
        own = edges.sources[edges.sources == edges.targets]
        numbers = numpy.unique(numpy.concatenate([*found, own])).tolist()
        symmetry = self.system.symmetry
        if symmetry is None:
            packed = [self.expansion.pack(self.exploration.state(number)) for number in numbers]
            return _Candidates(packed, lambda local: self.exploration.way_to(numbers[local]))
        # Loops are looked for with every object as itself: on cycles is whatever has an image that is.
        every = [(image, n) for n in numbers for image in dict.fromkeys(symmetry.images(self.exploration.state(n)))]

        def way_to(local: int) -> list[State]:
            image, number = every[local]
            return symmetry.moved_to(self.exploration.way_to(number), image)

        return _Candidates([self.expansion.pack(image) for image, _ in every], way_to)

    def _unwatched(self, prop: TemporalProperty, judge: StateJudge, circling: _Candidates) -> Outcome:
        """Of a property that follows objects which nothing tells apart: decided only where no loop can violate it."""
        judged = [finding for state in circling.states for _, finding in self.expansion.judged(judge, state)]
        if prop.shape in AT_REST and not any(finding.judgement is Judgement.VIOLATED for finding in judged):
            return Outcome(prop.name, Verdict.HOLDS, triggered=any(_is(it, Judgement.HOLDS) for it in judged))
        name = self.system.pools[judge.pool].name
        text = (
            f"it follows one {name}; in what goes round, one {name} cannot be told from another unless it is watched"
            f" (switch {WITNESS_SWITCH})"
        )
        return Outcome(prop.name, Verdict.UNDETERMINED, text)

    def _for_ever(self, prop: TemporalProperty, judge: StateJudge, circling: _Candidates) -> Outcome:
        """Of a property that is violated by what happens again and again, whatever led there."""
        judged = [dict(self.expansion.judged(judge, state)) for state in circling.states]
        findings = [finding for found in judged for finding in found.values()]
        triggered = any(finding.judgement is Judgement.HOLDS for finding in findings)
        suspended = tuple(f.text for f in findings if f.judgement is Judgement.SUSPENDED)
        outcomes = []
        for name in sorted({name for found in judged for name in found}):
            says = [found.get(name) for found in judged]
            bad = [_is(finding, Judgement.VIOLATED) for finding in says]
            if prop.restless:
                bad = [finding is not None and not _is(finding, Judgement.SUSPENDED) for finding in says]
            required = [not _is(finding, Judgement.SUSPENDED) for finding in says]
            within = bad if prop.shape is Shape.INFINITELY_OFTEN else required
            outcomes.append(self._loops(prop, circling, within, bad, says))
        found = _worst(outcomes, prop.name)
        return attrs.evolve(found, triggered=triggered, suspended=suspended)

    def _promised(self, prop: TemporalProperty, judge: StateJudge) -> Outcome:
        """Of a property that is owed from some moment on."""
        trigger = trigger_judge(self.system, prop)
        pool = self.system.pools[judge.pool]
        outcomes, made = [], False
        for name in (*pool.names, *([""] if pool.kind.slots else [])):
            owed = Obligations(self.expansion, Promise(prop.shape, judge, trigger, name))
            states = self.exploration.states * (1 if self.system.symmetry is None else self.system.symmetry.order)
            owed.walk(self.exploration.task.initial, states, self.exploration.pause)
            made = made or owed.made
            outcomes.append(self._unkept(prop, judge, name, owed))
        return attrs.evolve(_worst(outcomes, prop.name), triggered=made)

    def _unkept(self, prop: TemporalProperty, judge: StateJudge, name: str, owed: Obligations) -> Outcome:
        candidates = _Candidates(
            [owed.state(number) for number in owed.owed], lambda local: owed.way_to(owed.owed[local])
        )
        says = [dict(self.expansion.judged(judge, state)).get(name) for state in candidates.states]
        everywhere = [True] * len(says)
        looping = self._loops(prop, candidates, everywhere, everywhere, says)
        if owed.resting is None:
            return looping
        stem = owed.way_to(owed.resting)
        # Of two violations the shorter is told; a loop of which time cannot tell what comes is none.
        loop = looping.path.loop if looping.path is not None and looping.verdict is Verdict.VIOLATED else None
        if loop is not None and loop + 1 < len(stem):
            return looping
        finding = says[owed.owed.index(owed.resting)]
        assert finding is not None
        path = Path(tuple(stem), None, None, self._along(stem))
        return Outcome(prop.name, Verdict.VIOLATED, finding.text, Category.DEADLOCK, path)

    def _loops(
        self,
        prop: TemporalProperty,
        candidates: _Candidates,
        within: Sequence[bool],
        bad: Sequence[bool],
        says: Sequence[Finding | None],
    ) -> Outcome:
        """Of loops ``within`` which the property stays violated, if they visit a ``bad`` state."""
        inside = [number for number, ok in enumerate(within) if ok]
        if not any(bad[number] for number in inside):
            return Outcome(prop.name, Verdict.HOLDS)
        # What fairness asks is looked at only where there is any way round.
        packed = {candidates.states[number]: number for number in inside}
        armed, now, labels = self._graph(packed, len(candidates.states))
        states = numpy.array(inside, dtype=numpy.int64)
        problem = ""
        for component in self._fair(armed, states, bad):
            entry = int(component[0])
            looping = Looping.inside(
                armed, component, self._demands(), frozenset(n for n in component.tolist() if bad[n])
            )
            lasso, problem = self._lasso(candidates, looping, entry, labels)
            if lasso is None:
                continue
            text = prop.restless or self._text(packed, lasso, says)
            path = Path(lasso.states[:-1], None, lasso.loop, lasso.steps)
            return Outcome(prop.name, Verdict.VIOLATED, text, path=path)
        if problem:
            return Outcome(prop.name, Verdict.UNDETERMINED, problem)
        return self._timeless(prop, candidates, now, states, bad, labels)

    def _timeless(
        self,
        prop: TemporalProperty,
        candidates: _Candidates,
        now: Graph,
        states: Numbers,
        bad: Sequence[bool],
        labels: Sequence[Label],
    ) -> Outcome:
        """Of loops that last for ever, yet in which an armed timer never fires because something faster goes on."""
        if not self.system.graded:
            return Outcome(prop.name, Verdict.HOLDS)
        for component in self._fair(now, states, bad):
            looping = Looping.inside(
                now, component, self._demands(), frozenset(n for n in component.tolist() if bad[n])
            )
            loop = looping.loop(int(component[0]))
            steps = self._round(candidates, loop, labels)
            lasso = unrolled_lasso(
                self.system, candidates.way_to(loop.states[0])[0], self._stem(candidates, loop), steps
            )
            waiting = sorted({f"{claim.component}: {claim.rule}" for claim in lasso.starved}) if lasso else []
            text = (
                "there is a loop that violates it, but it keeps timers from firing that are armed all the while"
                f" ({', '.join(waiting)}): {self.system.model.time.value} time cannot tell what comes of it; ask for"
                " asynchronous time"
            )
            path = Path(lasso.states[:-1], None, lasso.loop, lasso.steps) if lasso else None
            return Outcome(prop.name, Verdict.UNDETERMINED, text, path=path)
        return Outcome(prop.name, Verdict.HOLDS)

    def _fair(self, graph: Graph, states: Numbers, bad: Sequence[bool]) -> Iterator[Numbers]:
        found = [one for one in fair_components(graph, states, self._demands()) if any(bad[n] for n in one.tolist())]
        yield from sorted(found, key=lambda one: int(one[0]))[:_COMPONENTS]

    def _demands(self) -> Demands:
        return Demands(self.expansion.fair(Fairness.WEAK), self.expansion.fair(Fairness.STRONG))

    def _graph(self, packed: dict[Packed, int], states: int) -> tuple[Graph, Graph, list[Label]]:
        """The steps between some states: with what is owed while armed timers wait, and with what may happen now."""
        numbers: dict[Label, int] = {}
        sets: dict[frozenset[int], int] = {frozenset(): 0}
        steps: list[tuple[int, int, int]] = []
        armed, now = numpy.zeros(states, dtype=numpy.int64), numpy.zeros(states, dtype=numpy.int64)
        for number, (state, local) in enumerate(packed.items()):
            if not number % 1024:
                self.exploration.pause(len(packed) - number)
            found, owed = self.expansion.labelled(state)
            armed[local] = sets.setdefault(owed.armed, len(sets))
            now[local] = sets.setdefault(owed.now, len(sets))
            for delta, label in found:
                target = packed.get(state + delta)
                if target is not None:
                    steps.append((local, target, numbers.setdefault(label, len(numbers))))
        columns = numpy.array(steps, dtype=numpy.int64).reshape(-1, 3)
        meets = [frozenset(label.claims) for label in numbers]
        graph = Graph(states, columns[:, 0], columns[:, 1], columns[:, 2], meets, armed, list(sets))
        return graph, attrs.evolve(graph, owed=now), list(numbers)

    def _lasso(
        self, candidates: _Candidates, looping: Looping, entry: int, labels: Sequence[Label]
    ) -> tuple[Lasso | None, str]:
        """The run into a fair loop through ``entry``, or why there is none that is fair to every single object."""
        stem: list[Transition] | None = None
        problem = ""
        for _ in range(_ATTEMPTS):
            loop = looping.loop(entry)
            stem = self._stem(candidates, loop) if stem is None else stem
            first = candidates.way_to(entry)[0]
            lasso = unrolled_lasso(self.system, first, stem, self._round(candidates, loop, labels))
            if lasso is None:
                return None, "a loop that violates it was found, in which objects do not come round as themselves"
            if not lasso.starved:
                return lasso, ""
            claim = lasso.starved[0]
            problem = (
                "a loop that violates it was found, but it is unfair to a single"
                f" {self.system.pools[claim.pool].name}: {claim.component}: {claim.rule} never gets to act on it"
            )
            helping = self._acting_on(looping, lasso, claim, labels)
            if not helping:
                return None, problem
            looping = attrs.evolve(looping, also=(*looping.also, helping))
        return None, problem

    def _acting_on(self, looping: Looping, lasso: Lasso, claim: Claim, labels: Sequence[Label]) -> frozenset[int]:
        """The labels of the steps by which a rule would act on an object as it is at some place of the loop."""
        assert lasso.loop is not None
        bundles = {
            unrolled.state[claim.pool][index]
            for unrolled in lasso.before[lasso.loop :]
            for index, ordinal in enumerate(unrolled.ordinals[claim.pool])
            if ordinal == claim.ordinal
        }
        there = {label for steps in looping.following.values() for _, label in steps}
        found = set()
        for number in there:
            group = self.system.groups[labels[number].group]
            if (group.component.name, group.rule.name, group.pool) == (claim.component, claim.rule, claim.pool):
                found |= {number} if labels[number].bundle in bundles else set()
        return frozenset(found)

    def _stem(self, candidates: _Candidates, loop: Loop) -> list[Transition]:
        return list(self._along(candidates.way_to(loop.states[0])))

    def _along(self, states: Sequence[State]) -> tuple[Transition, ...]:
        """The first transition, in plain words, between each state and the next."""
        return tuple(
            next(t for t in in_order(self.system, transitions(self.system, before)) if t.successor == after)
            for before, after in pairwise(states)
        )

    def _round(self, candidates: _Candidates, loop: Loop, labels: Sequence[Label]) -> list[Transition]:
        states = [self.expansion.unpack(candidates.states[number]) for number in loop.states]
        return [
            _labelled(self.system, before, after, labels[label])
            for before, after, label in zip(states, (*states[1:], states[0]), loop.labels, strict=True)
        ]

    def _text(self, packed: dict[Packed, int], lasso: Lasso, says: Sequence[Finding | None]) -> str:
        assert lasso.loop is not None
        found = [says[packed[self.expansion.pack(one.state)]] for one in lasso.before[lasso.loop :]]
        return next(finding.text for finding in found if finding is not None and _is(finding, Judgement.VIOLATED))


def _labelled(system: TransitionSystem, before: State, after: State, label: Label) -> Transition:
    for transition in in_order(system, transitions(system, before)):
        _, index, bundle = transition.chosen[0]
        same = transition.group is system.groups[label.group] and bundle == label.bundle
        if same and label.index in (-1, index) and transition.successor == after:
            return transition
    raise AssertionError(f"no transition to {after} by group {label.group} on bundle {label.bundle}")


def _is(finding: Finding | None, judgement: Judgement) -> bool:
    return finding is not None and finding.judgement is judgement


def _worst(outcomes: Iterable[Outcome], name: str) -> Outcome:
    """Of the outcomes for each object: a violation, the shortest way to one first; else what is undetermined."""
    order = (Verdict.VIOLATED, Verdict.UNDETERMINED, Verdict.HOLDS)

    def gravity(outcome: Outcome) -> tuple[int, int]:
        return order.index(outcome.verdict), outcome.path.length if outcome.path is not None else 0

    return min(outcomes, key=gravity, default=Outcome(name, Verdict.HOLDS))


__all__ = ["decide"]
