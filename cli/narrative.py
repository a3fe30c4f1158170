"""A trace as plain text for a tired reader: who did what to which object, why it was allowed, and only what changed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from ..engine.trace_words import called, deed_lines, slow_lines, stale_lines
from ..engine.traces import Reference, Step, Trace, Truth
from ..engine.watch_cache import WATCH
from ..spec.kinds import FAULT, POD, USER
from ..spec.language.model import INFORMER
from .oscillation import names_change, reasons, round_lines

_WIDEST_ACTOR = 28
_SUSPENDED = "suspended"
_BUDGETS = frozenset({FAULT, USER})
"""Kinds that only count what the environment may still do: no news to who reads what it did."""

_RANKS = frozenset({"metadata.generation", "status.observedGeneration"})
"""Fields of which the model keeps a rank: not the numbers that a cluster would show."""

_NOWHERE = "on no node"

_NAMED_TIME = re.compile(r"(?P<rule>.*?)(?: after)? (?P<time>\d+ s)")
"""A rule that is called after its time, such as ``evict after 300 s``."""


def narrative(trace: Trace, *, advice: Sequence[str] = (), width: int = 100) -> str:
    """The text of ``trace``, lines of at most ``width`` characters where words allow it, without colour codes.

    ``advice``: what to try next, one sentence each; the property's own advice comes first.
    """
    sections = [
        list(_heading(trace, width)),
        list(_beginning(trace, width)),
        list(_steps(trace, width)),
        list(_rounds(trace, width)),
        list(_ending(trace, width, advice)),
    ]
    lines = [line for section in sections if section for line in (*section, "")]
    return "\n".join(_printable(line) for line in lines[:-1]) + "\n"


def _heading(trace: Trace, width: int) -> Iterator[str]:
    count = f"{len(trace.steps)} step{'s' if len(trace.steps) != 1 else ''}"
    if trace.violation is None:
        yield f"{trace.model}: {count}"
        return
    if trace.loop is None:
        yield f"{trace.violation.property} is violated after {count}"
    else:
        yield f"{trace.violation.property} is violated for ever: {_lasso(trace)}"
    if trace.violation.statement:
        yield from _wrapped(trace.violation.statement, width, "  ", "  ")


def _lasso(trace: Trace) -> str:
    assert trace.loop is not None
    again = len(trace.steps) - trace.loop
    before = f"after {trace.loop} step{'s' if trace.loop != 1 else ''} " if trace.loop else "from the start "
    return f"{before}{'the same step repeats' if again == 1 else f'the same {again} steps repeat'}"


def _rounds(trace: Trace, width: int) -> Iterator[str]:
    """What each round of a loop does and undoes, and what would end it."""
    if trace.loop is None:
        return
    yield "Every round:"
    for line in round_lines(trace):
        yield from _wrapped(line, width, "  - ", "    ")
    new = names_change(trace)
    same = f", but that other {' and '.join(f'{kind}s' for kind in new)} stand in the place of the old" if new else ""
    yield from _wrapped(
        f"After step {len(trace.steps)} all is as it was before step {trace.loop + 1}{same}. No fault, no user and no"
        " slow component is needed: whoever could act all the time does act.",
        width,
        "  ",
        "  ",
    )
    yield "It goes on because of these, and stops where one of them has no reason to act any more:"
    for line in reasons(trace):
        yield from _wrapped(line, width, "  - ", "    ")


def _beginning(trace: Trace, width: int) -> Iterator[str]:
    """Where the pods are when the story begins; nothing as long as none has a node."""
    places: dict[tuple[str, str], list[str]] = {}
    for each in trace.start.objects:
        if each.target.kind == POD:
            pod = each.fields.get("object")
            spec = pod.get("spec") if isinstance(pod, dict) else None
            node = spec.get("nodeName") if isinstance(spec, dict) else None
            where = f"on {node}" if node else _NOWHERE
            places.setdefault((where, each.machines.get("pod", "")), []).append(each.target.name)
    if any(where != _NOWHERE for where, _ in places):
        yield "At the start:"
        for (where, state), names in places.items():
            yield from _wrapped(f"Pod {', '.join(names)} {where}{': ' if state else ''}{state}", width, "  ", "    ")


def _steps(trace: Trace, width: int) -> Iterator[str]:
    number_width = len(str(len(trace.steps)))
    actor_width = min(_WIDEST_ACTOR, max((len(step.actor) for step in trace.steps), default=0))
    margin = " " * (number_width + 2 + actor_width + 2)
    suspended = _suspensions(trace.start.properties)
    for number, step in enumerate(trace.steps, 1):
        if trace.loop == number - 1:
            yield "from here on the same steps repeat for ever:"
        now = _suspensions(step.properties)
        deed, *further = [*told(step), *sorted(now - suspended)]
        head = f"{number:>{number_width}}  {step.actor:<{actor_width}}  "
        yield from _wrapped(head + deed, width, "", margin)
        for line in further:
            yield from _wrapped(line, width, margin, margin + "  ")
        suspended = now


def told(step: Step) -> Iterator[str]:
    """A step without its number and actor, in lines: the deed and why, what was read that was old, what came of it."""
    done = "; ".join(deed_lines(step, _BUDGETS, _RANKS))
    if step.target.kind == INFORMER and step.component == WATCH:
        # A delivery is what it makes a client see; that the client was behind is why there is one.
        yield done or step.rule
        return
    yield _deed(step)
    yield from slow_lines(step.overtook)
    yield from stale_lines(step.answers)
    if done:
        yield done


def _deed(step: Step) -> str:
    if step.target.kind in _BUDGETS and step.because:
        return step.because
    if step.target.kind == INFORMER and step.because:
        return f"after {step.duration:g} s, {step.because}" if step.duration else step.because
    named = _NAMED_TIME.fullmatch(step.rule) if step.duration else None
    rule, late = (named["rule"], named["time"]) if named else (step.rule, f"{step.duration:g} s")
    when = f"after {late}, " if step.duration else ""
    go_on = ", continued" if step.continues else ""
    behind = f" [sees {step.target.kind}s {step.behind} change{'s' if step.behind != 1 else ''} late]"
    # Why a plan was made has been said when it began.
    because = f" ({step.because})" if step.because and not step.continues else ""
    return f"{called(step.target)}: {when}{rule}{go_on}{behind if step.behind else ''}{because}"


def _suspensions(truth: Truth) -> set[str]:
    return {
        f"from here on {remark.property} is not required: {remark.text}"
        for remark in truth.remarks
        if truth.judgements.get(remark.property) == _SUSPENDED
    }


def _ending(trace: Trace, width: int, advice: Sequence[str]) -> Iterator[str]:
    violation = trace.violation
    if violation is not None:
        of = f"{called(violation.target)}: " if violation.target else ""
        said = violation.text or violation.statement
        again = "again and again: " if trace.loop is not None else ""
        if said:
            yield from _wrapped(f"{'So' if trace.steps else 'From the start'}: {of}{again}{said}", width, "", "    ")
    states = list(_states(trace))
    if states:
        yield "States at the end:"
        for line in states:
            yield from _wrapped(line, width, "  ", "    ")
    asked = [*([violation.advice] if violation and violation.advice else []), *advice]
    if asked:
        yield "Try next:"
        for sentence in asked:
            yield from _wrapped(sentence, width, "  - ", "    ")


def _states(trace: Trace) -> Iterator[str]:
    """The states of the machines after the last step; objects of a kind that are in the same states share a line."""
    known: dict[Reference, dict[str, str]] = {each.target: dict(each.machines) for each in trace.start.objects}
    for step in trace.steps:
        for move in step.machines:
            known.setdefault(move.target, {})[move.machine] = move.after
        for target in step.removed:
            known.pop(target, None)
    alike: dict[tuple[str, str], list[str]] = {}
    for target, machines in known.items():
        said = ", ".join(f"{machine} {state}" for machine, state in machines.items())
        if said:
            alike.setdefault((target.kind, said), []).append(target.name)
    for (kind, said), names in alike.items():
        yield f"{kind} {', '.join(names)}: {said}"


def _wrapped(text: str, width: int, first: str, further: str) -> Iterable[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def _printable(line: str) -> str:
    """Traces come out of files: what would steer a terminal is not passed on."""
    return "".join(letter if letter.isprintable() else "?" for letter in line).rstrip()
