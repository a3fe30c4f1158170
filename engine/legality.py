"""Asks the oracles of a specification whether the moves that a trace records are legal (design §3.3).

A replay computes a trace anew and compares; this needs no model at all, only the machines. It catches a trace that was
edited, or made by a version whose machines were others, and says so in a sentence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import attrs

from ..spec.language.machine import Arrow, Machine
from .judging import UNDECLARED_TRANSITION
from .oracle import Oracle, build
from .traces import Move, Reference, Step, Trace
from .watch_cache import WATCH


@attrs.frozen
class IllegalMove:
    """A recorded move that its machine does not allow. ``step``: its number from 1; 0: a state at the start."""

    step: int
    target: Reference
    reason: str

    def __str__(self) -> str:
        """``step 3 is illegal: Pod web-a: machine pod has no arrow Pending -> Gone driven by kubelet``."""
        where = f"step {self.step}" if self.step else "the start"
        return f"{where} is illegal: {self.target.kind} {self.target.name}: {self.reason}"


def illegal_moves(
    trace: Trace, machines: Iterable[Machine], *, whole_plans: Collection[str] = (), lagging: bool = False
) -> tuple[IllegalMove, ...]:
    """What the machines do not allow of a trace, in its order.

    ``whole_plans``: components of which one step may take several arrows, as it makes several requests; ``lagging``:
    whether a write may have an event delivered in the same step. A move that its own step calls undeclared is what the
    trace is about, and no news.
    """
    judge = _Judge(machines, whole_plans, lagging)
    return tuple(judge.over(trace))


class _Judge:
    """Drives an oracle for every object and machine of its kind."""

    def __init__(self, machines: Iterable[Machine], whole_plans: Collection[str], lagging: bool) -> None:
        self._machines = {machine.name: machine for machine in machines}
        self._whole_plans = whole_plans
        self._lagging = lagging
        self._oracles: dict[tuple[Reference, str], Oracle] = {}
        self._anew: set[tuple[Reference, str]] = set()
        self._left_behind: list[tuple[str, dict[str, str]]] = []

    def over(self, trace: Trace) -> Iterator[IllegalMove]:
        for each in trace.start.objects:
            for machine, state in each.machines.items():
                reason = self._stand(each.target, machine, state)
                if reason:
                    yield IllegalMove(0, each.target, reason)
        for number, step in enumerate(trace.steps, 1):
            known = step.properties.judgements.get(UNDECLARED_TRANSITION) == "violated"
            for move in step.machines:
                reason = self._move(move, step.component)
                if reason and not known:
                    yield IllegalMove(number, move.target, reason)
            self._begin_anew(step)
            gone = set(step.removed)
            self._oracles = {key: oracle for key, oracle in self._oracles.items() if key[0] not in gone}

    def _begin_anew(self, step: Step) -> None:
        """Notes what a creation may leave behind of an earlier object of that name: what its step does not move.

        Of such machines the new object stands at the beginning, if they are of one incarnation each; what is left of
        the earlier one then goes on under a name that was not told before.
        """
        done = (request for request in step.requests if request.verb == "create" and request.outcome in ("", "done"))
        for target in {request.target for request in done}:
            moved = {move.machine for move in step.machines if move.target == target}
            left = {
                name: oracle.state for (of, name), oracle in self._oracles.items() if of == target and name not in moved
            }
            if left:
                self._anew.update((target, name) for name in left)
                self._left_behind.append((target.kind, left))

    def _earlier(self, move: Move) -> None:
        """Takes an object that was not told before for what an earlier one has left behind, if it stands as that."""
        if any(target == move.target for target, _ in self._oracles):
            return
        for number, (kind, left) in enumerate(self._left_behind):
            if kind == move.target.kind and left.get(move.machine) == move.before:
                del self._left_behind[number]
                for name, state in left.items():
                    self._stand(move.target, name, state)
                return

    def _stand(self, target: Reference, name: str, state: str | None = None) -> str:
        """Puts an object in a state, the initial one unless given; what is wrong with that, "" if nothing."""
        machine = self._machines.get(name)
        if machine is None or machine.kind != target.kind:
            return f"no machine {name} of a {target.kind} is declared"
        if state is not None and state not in [each.name for each in machine.states]:
            return f"machine {name} has no state {state}"
        self._oracles[target, name] = build(machine, state)
        return ""

    def _move(self, move: Move, component: str) -> str:
        """Drives the oracle of one object; why it does not follow, "" if it does."""
        key = (move.target, move.machine)
        self._earlier(move)
        if key in self._anew and move.before == self._machines[move.machine].initial:
            self._anew.discard(key)
            self._stand(move.target, move.machine)
        if key not in self._oracles:
            reason = self._stand(move.target, move.machine)
            if reason:
                return reason
        oracle = self._oracles[key]
        if oracle.state != move.before:
            reason = f"machine {move.machine} stood in {oracle.state}, not in {move.before}"
        else:
            reason = self._follow(oracle, move.after, component)
        if reason:
            # What comes after is judged from where the trace goes on.
            self._stand(move.target, move.machine, move.after)
        return reason

    def _follow(self, oracle: Oracle, dest: str, component: str) -> str:
        """Drives an oracle to ``dest``; several arrows in a row only where one step may take them."""
        if oracle.allows(dest, component):
            oracle.observe(dest, component)
            return ""
        ways = []
        if component in self._whole_plans:
            ways.append(_way(oracle.machine, oracle.state, dest, (component,)))
        if self._lagging:
            ways.append(_way(oracle.machine, oracle.state, dest, (component, WATCH)))
        for arrow in next((way for way in ways if way), ()):
            oracle.observe(arrow.dest, arrow.component)
        if oracle.state == dest:
            return ""
        return f"machine {oracle.machine.name} has no arrow {oracle.state} -> {dest} driven by {component}"


def _way(machine: Machine, source: str, dest: str, components: tuple[str, ...]) -> tuple[Arrow, ...]:
    """The fewest arrows driven by ``components`` alone from ``source`` to ``dest``; none if there is no way."""
    ways: dict[str, tuple[Arrow, ...]] = {source: ()}
    open_ = [source]
    for state in open_:
        for arrow in machine.arrows_from(state):
            if arrow.component in components and arrow.dest not in ways:
                ways[arrow.dest] = (*ways[state], arrow)
                open_.append(arrow.dest)
    return ways.get(dest, ())


__all__ = ["IllegalMove", "illegal_moves"]
