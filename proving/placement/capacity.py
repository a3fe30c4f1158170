"""How many nodes are needed, and what still fits: questions about a cluster that is not there.

Whatever is lost is lost whole, and all pods find their places anew on what is left: that they can is necessary for a
cluster to recover, and enough if the scheduler does not get stuck on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum

import attrs
from frozendict import frozendict

from ...spec.objects.quantities import PODS
from .changes import MOST_FAILURES, MOST_MORE_NODES, SMALL
from .columns import Pool
from .grouping import groups
from .problem import PodKind, Problem
from .relations import relations
from .shapes import Shape, fewer, more, shapes, zones
from .solving import refutes, solve
from .thresholds import Threshold, largest, least

FAILURES = 1
"""Numbers of a larger problem that may turn out not to work before it is left at what was found by then."""


class Trial(Enum):
    """What a cluster is asked to get through."""

    NODE = "node"
    """The loss of any one node."""
    ZONE = "zone"
    """The loss of any one zone."""
    SURGE = "surge"
    """The rolling update of any one Deployment, with all the pods that maxSurge allows."""


_TEXTS = {
    Trial.NODE: "the loss of any one node",
    Trial.ZONE: "the loss of any one zone",
    Trial.SURGE: "the rolling update of any one Deployment, with its maxSurge",
}


@attrs.frozen
class Needed:
    """How many nodes of a shape are needed, if those of the other shapes stay. None: no number up to 64 more was found.

    ``too_few``: the most that are proved not to suffice, where fewer than needed - 1; what lies between is not decided.
    """

    shape: str
    have: int
    needed: int | None
    too_few: int | None = None


@attrs.frozen
class Outcome:
    """What came of a trial. ``passes`` None: not decided. ``fails``: the first loss, or rollout, without room."""

    trial: Trial
    passes: bool | None
    fails: str = ""
    needed: tuple[Needed, ...] = ()

    @property
    def text(self) -> str:
        """The trial in words."""
        return _TEXTS[self.trial]


@attrs.frozen
class Fits:
    """How many more pods of a workload fit beside all others; ``at_least``: whether there may be room for more."""

    title: str
    more: int
    at_least: bool = False


def cases(problem: Problem, trial: Trial) -> Iterator[tuple[str, Problem]]:
    """What a trial comes to: each loss, or rollout, in words, with the problem that it leaves."""
    if trial is Trial.NODE:
        for group in groups(relations(problem)):
            lost = problem.nodes[group[0]].metadata.name
            yield f"without {lost}", _without_nodes(problem, frozenset({lost}))
    elif trial is Trial.ZONE:
        for zone, nodes in zones(problem.nodes).items():
            yield f"without zone {zone}", _without_nodes(problem, frozenset(node.metadata.name for node in nodes))
    else:
        for kind in problem.kinds:
            if kind.surge and kind.count + sum(kind.bound.values()):
                yield f"while {kind.title} is updated", _surging(problem, kind)


def _without_nodes(problem: Problem, lost: frozenset[str]) -> Problem:
    """The problem without some nodes; what a controller replaces is to be placed again."""
    left = problem.with_nodes(node for node in problem.nodes if node.metadata.name not in lost)
    again = {
        kind.title: kind.count + sum(number for name, number in kind.bound.items() if name in lost)
        for kind in problem.kinds
        if kind.scalable
    }
    return left.scaled(again)


def _surging(problem: Problem, kind: PodKind) -> Problem:
    """The problem with the pods of the next template that come before any old one goes."""
    metadata = attrs.evolve(kind.pod.metadata, labels=kind.pod.metadata.labels | kind.next_labels)
    pod = attrs.evolve(kind.pod, metadata=metadata)
    coming = PodKind(f"{kind.title}, updated", pod, kind.surge, frozendict(), items=())
    return attrs.evolve(problem, kinds=(*problem.kinds, coming))


class _Asking:
    """Questions about one cluster, and others like it, of which the large ones are not decided thoroughly."""

    def __init__(self, problem: Problem, deadline: float) -> None:
        self._problem = problem
        self._deadline = deadline
        self._pool = Pool()
        self._small = sum(kind.count for kind in problem.kinds) <= SMALL
        self._failures = MOST_FAILURES if self._small else FAILURES

    def possible(self, problem: Problem) -> bool | None:
        """Whether the pods can be placed."""
        if refutes(problem, self._deadline):
            return False
        return solve(problem, self._deadline, whole=False, thorough=self._small, pool=self._pool).possible

    def fails(self, problem: Problem, trial: Trial) -> tuple[bool | None, str]:
        """Whether some case of the trial fails, and which."""
        undecided = ""
        for text, case in cases(problem, trial):
            possible = self.possible(case)
            if possible is False:
                return True, text
            if possible is None:
                undecided = undecided or text
        return (None, undecided) if undecided else (False, "")

    def _passes(self, problem: Problem, trial: Trial) -> bool | None:
        answer = self.possible(problem)
        if not answer:
            return answer
        fails = self.fails(problem, trial)[0]
        return None if fails is None else not fails

    def _refuted(self, problem: Problem, trial: Trial) -> bool:
        return any(refutes(case, self._deadline) for _, case in cases(problem, trial))

    def needed(self, trial: Trial, shape: Shape, *, passes: bool) -> Needed:
        """How many nodes of a shape it takes to get through; fewer than there are if the trial ``passes``."""
        have = len(shape.nodes)

        def with_fewer(number: int) -> Problem:
            return fewer(self._problem, shape, number) if number > 0 else more(self._problem, shape, -number)

        low, high = (0, have + 1) if passes else (-MOST_MORE_NODES, 0)
        beyond = least(low, high, lambda number: self._refuted(with_fewer(number), trial))
        found = largest(low, beyond, lambda number: self._passes(with_fewer(number), trial), self._failures)
        if found is None:
            return Needed(shape.text, have, have if passes else None)
        return Needed(shape.text, have, have - found.works, None if found.exact else max(0, have - found.impossible))

    def fits(self, kind: PodKind) -> Fits:
        """How many more pods of a kind there is room for."""
        most = sum(node.status.allocatable.get(PODS, 0) for node in self._problem.nodes) + 1

        def with_more(number: int) -> Problem:
            return self._problem.scaled({kind.title: kind.count + number})

        beyond = least(1, most, lambda number: refutes(with_more(number), self._deadline))
        found = largest(1, beyond, lambda number: self.possible(with_more(number)), self._failures) or Threshold(
            0, beyond
        )
        return Fits(kind.title, found.works, at_least=not found.exact)


def trial_of(problem: Problem, trial: Trial, deadline: float, tell: Callable[[str], None] = lambda _: None) -> Outcome:
    """Whether the cluster gets through, and how many nodes of each shape would do."""
    tell(_TEXTS[trial])
    if trial is Trial.ZONE and len(zones(problem.nodes)) < 1:
        return Outcome(trial, None, "no node has the label topology.kubernetes.io/zone")
    asking = _Asking(problem, deadline)
    fails, where = asking.fails(problem, trial)
    found = []
    for shape in shapes(problem.nodes):
        tell(f"{_TEXTS[trial]}: nodes of {shape.text}")
        found.append(asking.needed(trial, shape, passes=fails is False))
    return Outcome(trial, None if fails is None else not fails, where, tuple(found))


def what_fits(problem: Problem, deadline: float, tell: Callable[[str], None] = lambda _: None) -> tuple[Fits, ...]:
    """For each workload, how many more of its pods fit beside all that is asked for."""
    asking = _Asking(problem, deadline)
    found = []
    for kind in problem.kinds:
        if kind.scalable:
            tell(f"how many more of {kind.title} fit")
            found.append(asking.fits(kind))
    return tuple(found)
