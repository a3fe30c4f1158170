"""How many nodes are needed, and what still fits: questions about a cluster that is not there.

Whatever is lost is lost whole, and all pods find their places anew on what is left: that they can is necessary for a
cluster to recover, and enough if the scheduler does not get stuck on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial

import attrs
from frozendict import frozendict

from ...spec.objects.quantities import PODS
from .changes import MOST_MORE_NODES, largest, smallest
from .grouping import groups
from .problem import PodKind, Problem
from .relations import relations
from .shapes import Shape, fewer, more, shapes, zones
from .solving import solve


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
    """How many nodes of a shape are needed, if those of the other shapes stay. None: no number up to 64 more does."""

    shape: str
    have: int
    needed: int | None


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


def _fails(problem: Problem, trial: Trial, deadline: float) -> tuple[bool | None, str]:
    """Whether some case of the trial fails, and which."""
    undecided = ""
    for text, case in cases(problem, trial):
        possible = solve(case, deadline, whole=False).possible
        if possible is False:
            return True, text
        if possible is None:
            undecided = text
    return (None, undecided) if undecided else (False, "")


def trial_of(problem: Problem, trial: Trial, deadline: float, tell: Callable[[str], None] = lambda _: None) -> Outcome:
    """Whether the cluster gets through, and how many nodes of each shape would do."""
    tell(_TEXTS[trial])
    if trial is Trial.ZONE and len(zones(problem.nodes)) < 1:
        return Outcome(trial, None, "no node has the label topology.kubernetes.io/zone")
    fails, where = _fails(problem, trial, deadline)
    found = []
    for shape in shapes(problem.nodes):
        tell(f"{_TEXTS[trial]}: nodes of {shape.text}")
        found.append(_needed(problem, trial, shape, deadline, passes=fails is False))
    return Outcome(trial, None if fails is None else not fails, where, tuple(found))


def _passes(problem: Problem, trial: Trial, deadline: float) -> bool:
    return solve(problem, deadline, whole=False).possible is True and _fails(problem, trial, deadline)[0] is False


def _needed(problem: Problem, trial: Trial, shape: Shape, deadline: float, *, passes: bool) -> Needed:
    have = len(shape.nodes)
    if passes:
        spare = largest(0, have, lambda n: _passes(fewer(problem, shape, n), trial, deadline))
        return Needed(shape.text, have, have - (spare or 0))
    least = smallest(1, MOST_MORE_NODES, lambda n: _passes(more(problem, shape, n), trial, deadline))
    return Needed(shape.text, have, None if least is None else have + least)


def what_fits(problem: Problem, deadline: float, tell: Callable[[str], None] = lambda _: None) -> tuple[Fits, ...]:
    """For each workload, how many more of its pods fit beside all that is asked for."""
    most = sum(node.status.allocatable.get(PODS, 0) for node in problem.nodes) + 1
    found = []
    for kind in problem.kinds:
        if not kind.scalable:
            continue
        tell(f"how many more of {kind.title} fit")
        answers: dict[int, bool | None] = {}
        first = smallest(1, most, partial(_too_many, problem, kind, deadline, answers))
        room = most if first is None else first - 1
        found.append(Fits(kind.title, room, at_least=first is None or answers.get(first) is None))
    return tuple(found)


def _too_many(problem: Problem, kind: PodKind, deadline: float, answers: dict[int, bool | None], number: int) -> bool:
    answers[number] = solve(problem.scaled({kind.title: kind.count + number}), deadline, whole=False).possible
    return answers[number] is not True
