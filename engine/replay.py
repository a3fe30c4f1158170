"""Replays a trace: every step is computed again from the rules and compared with what was recorded (design §3.3).

Against the same model the bytes must be the same. Against a changed one, such as a fix, the replay shows how far the
recorded story still can happen, and what the rules allow instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from .encoding import Encoder, Json
from .identities import Naming, Unrolled
from .judging import Judgement, TemporalProperty
from .lasso import Lasso, closes, unfair
from .pools import State
from .successors import Transition
from .temporal import violated_by
from .trace_building import Chronicler
from .traces import Change, Reference, Request, Start, Step, Trace, dumps, step_to_plain, to_plain
from .transition_system import TransitionSystem

_DIFFERENCES = 10

Called = Callable[[Reference], tuple[str, str | int]]
"""What an object is called when two stories are compared."""


@attrs.frozen
class Possible:
    """What a rule would do where a recorded step no longer fits: to each of these objects."""

    component: str
    rule: str
    targets: tuple[str, ...]

    def __str__(self) -> str:
        """``kubelet: sync pod (web-a, web-b)``."""
        return f"{self.component}: {self.rule} ({', '.join(self.targets)})"


@attrs.frozen
class Departure:
    """The first step, counted from 1, that cannot happen any more; ``nearest`` is what its own rule does instead."""

    number: int
    recorded: Step
    possible: tuple[Possible, ...]
    nearest: Step | None = None
    differences: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One paragraph: what was recorded, what is possible."""
        recorded = f"{self.recorded.actor}: {self.recorded.rule} ({self.recorded.target.name})"
        instead = "; ".join(map(str, self.possible)) or "nothing, all is at rest"
        said = f"step {self.number} no longer fits: recorded was {recorded}; the rules allow {instead}"
        return f"{said}; that rule now differs in {', '.join(self.differences)}" if self.differences else said


@attrs.frozen
class Replayed:
    """What a replay found.

    ``trace``: what was computed, up to where it fits. ``identical``: all of it, byte for byte as recorded.
    ``differences``: paths at which steps that do fit differ (the start, answers, reasons, properties), the first few.
    ``open_loop``: why the end of the story does not go round for ever as it was recorded to, "" where it does.
    ``still_violated``: whether the recorded story still happens and still violates its property.
    """

    trace: Trace
    identical: bool
    departure: Departure | None = None
    differences: tuple[str, ...] = ()
    open_loop: str = ""
    still_violated: bool = False


def replay(
    trace: Trace,
    system: TransitionSystem,
    *,
    naming: Naming | None = None,
    scenario: Mapping[str, Json] | None = None,
    exact: bool = True,
    initial: State | None = None,
) -> Replayed:
    """Replays ``trace`` on ``system`` from its initial state, or from ``initial``.

    ``naming`` must be the one that the trace was made with.

    A step fits if component, rule, object, requests with their responses, and changes are as recorded. With ``exact``
    false, for models that were changed, what was sent and the values of fields may differ: who does what to which
    objects and how it is answered must not. Objects that bear other names then, such as those whose names are made from
    what they hold, are told by the order in which they appear. ``scenario``: that of ``system``, the recorded one
    unless given.
    """
    chronicler = Chronicler(system, naming)
    first = chronicler.begin(system.initial_state() if initial is None else initial)
    start = chronicler.start(first)
    # Steps that look alike may lead apart, so all of them are followed.
    ends: dict[State, _End] = {first.state: _End(first)}
    departure: Departure | None = None
    for number, recorded in enumerate(trace.steps, 1):
        further: dict[State, _End] = {}
        for end in ends.values():
            alike = _exactly(recorded) if exact else _essentially(trace, start, end.steps, recorded)
            for step, after, transition in _fitting(chronicler, end.unrolled, recorded, alike):
                further.setdefault(after.state, end.followed(step, after, transition))
        if not further:
            departure = _departure(chronicler, [end.unrolled for end in ends.values()], number, recorded)
            break
        ends = further
    end = max(ends.values(), key=lambda end: _equal_steps(end.steps, trace.steps))
    taken = end.steps
    violation = trace.violation
    if violation is not None and departure is None:
        ending = taken[-1].properties if taken else start.properties
        violation = chronicler.violation(violation.property, violation.text, ending)
    replayed = Trace(
        model=system.model.name,
        start=start,
        steps=taken,
        violation=violation,
        loop=trace.loop,
        scenario=trace.scenario if scenario is None else scenario,
    )
    compared = attrs.evolve(trace, steps=trace.steps[: len(taken)])
    differences = tuple(_differences(to_plain(compared), to_plain(replayed)))
    opened = _open_loop(system, end, trace.loop) if departure is None and trace.loop is not None else ""
    identical = departure is None and not opened and dumps(replayed) == dumps(trace)
    still = departure is None and not opened and _still_violated(chronicler, replayed, end)
    return Replayed(replayed, identical, departure, differences[:_DIFFERENCES], opened, still)


@attrs.frozen(eq=False)
class _End:
    """Where a replay has come to: the steps so far, as they are told and as the rules make them."""

    unrolled: Unrolled
    steps: tuple[Step, ...] = ()
    run: tuple[tuple[Unrolled, Transition], ...] = ()

    def followed(self, step: Step, after: Unrolled, transition: Transition) -> _End:
        return _End(after, (*self.steps, step), (*self.run, (self.unrolled, transition)))

    def lasso(self, loop: int | None) -> Lasso:
        return Lasso(tuple(t for _, t in self.run), tuple(before for before, _ in self.run), self.unrolled, loop)


def _open_loop(system: TransitionSystem, end: _End, loop: int) -> str:
    lasso = end.lasso(loop)
    if not closes(lasso):
        return f"the last step does not lead back to where step {loop + 1} begins"
    unmet = unfair(system, lasso)
    if unmet:
        claim = unmet[0]
        return f"it is not fair: {claim.component}: {claim.rule} could act all the time and never does"
    return ""


def _still_violated(chronicler: Chronicler, replayed: Trace, end: _End) -> bool:
    """Whether what is violated according to a replayed trace is violated by it."""
    if replayed.violation is None:
        return False
    name = replayed.violation.property
    temporal = [p for p in chronicler.system.model.properties if isinstance(p, TemporalProperty) and p.name == name]
    last = replayed.steps[-1].properties if replayed.steps else replayed.start.properties
    if replayed.loop is None and name in last.judgements:
        return last.judgements[name] == Judgement.VIOLATED.value
    states = end.lasso(replayed.loop).states
    if replayed.loop is not None:
        return any(violated_by(chronicler.system, prop, states[:-1], replayed.loop) for prop in temporal)
    rests = all(t.group.environment or t.group.losing for t in chronicler.enabled(states[-1]))
    return rests and any(violated_by(chronicler.system, prop, states, len(states) - 1) for prop in temporal)


def _fitting(
    chronicler: Chronicler, unrolled: Unrolled, recorded: Step, alike: Callable[[Step], bool]
) -> Iterator[tuple[Step, Unrolled, Transition]]:
    """The steps that fit; of those that have the same effect on the same objects, the nearest in their values."""
    found = [one for one in _by_the_same_rule(chronicler, unrolled, recorded) if alike(one[0])]
    if found:
        wanted = {_text(change) for change in recorded.changes}
        nearness = [len(wanted & {_text(change) for change in step.changes}) for step, _, _ in found]
        yield from (one for one, near in zip(found, nearness, strict=True) if near == max(nearness))


def _exactly(recorded: Step) -> Callable[[Step], bool]:
    wanted = _deed(recorded)
    return lambda step: _deed(step) == wanted


def _essentially(trace: Trace, start: Start, steps: tuple[Step, ...], recorded: Step) -> Callable[[Step], bool]:
    """Whether a step after ``steps`` does what ``recorded``, at the same place of ``trace``, did."""
    theirs = _appearing(trace.start, trace.steps[: len(steps) + 1])

    def alike(step: Step) -> bool:
        ours = _appearing(start, (*steps, step))
        return _gist(step, _called(ours, theirs)) == _gist(recorded, _called(theirs, ours))

    return alike


def _appearing(start: Start, steps: Iterable[Step]) -> tuple[Reference, ...]:
    """The objects of a story in the order in which they appear; names that nothing has had yet come last."""
    there = [each.target for each in start.objects if each.fields]
    later = [target for step in steps for target in (*step.created, *(request.target for request in step.requests))]
    return tuple(dict.fromkeys([*there, *later, *(each.target for each in start.objects)]))


def _called(own: tuple[Reference, ...], other: tuple[Reference, ...]) -> Called:
    """What to call objects of one story in comparison with another: by name if both know it, else by their order."""
    shared = set(own) & set(other)
    counts: dict[str, int] = {}
    names: dict[Reference, tuple[str, str | int]] = {}
    for target in own:
        if target not in shared:
            counts[target.kind] = counts.get(target.kind, 0) + 1
            names[target] = (target.kind, counts[target.kind])
    return lambda target: names.get(target, (target.kind, target.name))


def _by_the_same_rule(
    chronicler: Chronicler, unrolled: Unrolled, recorded: Step
) -> Iterator[tuple[Step, Unrolled, Transition]]:
    for transition in _with_room(chronicler.enabled(unrolled.state)):
        group = transition.group
        rule = transition.key.rule if group.continues else group.rule.name
        if (group.component.name, rule, group.continues) == (recorded.component, recorded.rule, recorded.continues):
            yield (*chronicler.step(unrolled, transition), transition)


def _with_room(enabled: Iterable[Transition]) -> Iterator[Transition]:
    return (transition for transition in enabled if transition.successor is not None)


def _deed(step: Step) -> tuple[object, ...]:
    """What must be as recorded for a step to be the same."""
    return step.target, step.requests, step.changes


def _gist(step: Step, called: Called) -> tuple[object, ...]:
    """What must be as recorded for a step to be the same one in a changed model."""

    def asked(request: Request) -> tuple[object, ...]:
        return request.verb, called(request.target), request.subresource, request.outcome

    touched = {called(change.target) for change in step.changes}
    there = [tuple(map(called, targets)) for targets in (step.created, step.removed)]
    return called(step.target), tuple(map(asked, step.requests)), touched, there


def _text(change: Change) -> str:
    return repr(change)


def _equal_steps(steps: tuple[Step, ...], recorded: tuple[Step, ...]) -> int:
    return sum(one == other for one, other in zip(steps, recorded, strict=False))


def _departure(chronicler: Chronicler, ends: list[Unrolled], number: int, recorded: Step) -> Departure:
    possible: dict[tuple[str, str], dict[str, None]] = {}
    nearest: Step | None = None
    for unrolled in ends:
        for transition in _with_room(chronicler.enabled(unrolled.state)):
            step, _ = chronicler.step(unrolled, transition)
            possible.setdefault((step.component, step.rule), {})[step.target.name] = None
            same = (step.component, step.rule, step.target) == (recorded.component, recorded.rule, recorded.target)
            nearest = step if same and nearest is None else nearest
    differences: tuple[str, ...] = ()
    if nearest is not None:
        deed = Step("", "", "", recorded.target, requests=recorded.requests, changes=recorded.changes)
        instead = attrs.evolve(deed, requests=nearest.requests, changes=nearest.changes)
        differences = tuple(_differences(step_to_plain(deed), step_to_plain(instead)))[:_DIFFERENCES]
    return Departure(
        number,
        recorded,
        tuple(Possible(component, rule, tuple(targets)) for (component, rule), targets in possible.items()),
        nearest,
        differences,
    )


def _differences(recorded: Json, replayed: Json) -> Iterator[str]:
    return (each.path for each in Encoder().difference(recorded, replayed))


__all__ = ["Departure", "Possible", "Replayed", "replay"]
