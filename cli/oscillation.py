"""What goes round in a loop of a trace, and who undoes what: the short story of an oscillation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import attrs

from ..engine.trace_words import called, shown, stored_path
from ..engine.traces import Reference, Step, Trace

_MOST = 6
"""So many fields, and so many lives, are told."""

_RANKS = frozenset({"metadata.generation", "status.observedGeneration"})
"""Fields of which the model keeps a rank: not the numbers that a cluster would show."""


@attrs.frozen
class Turn:
    """Something that happens each round: what, and in which step."""

    what: str
    number: int
    step: Step


def turns(trace: Trace) -> list[tuple[str, list[Turn]]]:
    """What goes round, with its turns in order: the lives of what comes and goes, the fields of what stays."""
    assert trace.loop is not None
    loop = list(enumerate(trace.steps, 1))[trace.loop :]
    passing = {target for _, step in loop for target in (*step.created, *step.removed)}
    fields: dict[tuple[Reference, str], list[Turn]] = {}
    lives: dict[str, list[Turn]] = {}
    for number, step in loop:
        for target in step.created:
            lives.setdefault(target.kind, []).append(Turn(f"{target.name} created", number, step))
        for change in step.changes:
            path = stored_path(change)
            if path is None or path in _RANKS or change.target in passing:
                continue
            said = f"{shown(change.before)} -> {shown(change.after)}"
            fields.setdefault((change.target, path), []).append(Turn(said, number, step))
        for move in step.machines:
            if move.target in passing and move.target not in (*step.created, *step.removed):
                said = f"{move.target.name} {move.machine} {move.before} -> {move.after}"
                lives.setdefault(move.target.kind, []).append(Turn(said, number, step))
        for target in step.removed:
            lives.setdefault(target.kind, []).append(Turn(f"{target.name} removed", number, step))
    return [
        *((f"{kind}s", found) for kind, found in lives.items()),
        *((f"{called(target)} {path}".rstrip(), found) for (target, path), found in fields.items()),
    ]


def round_lines(trace: Trace) -> Iterator[str]:
    """What each round does, a line for each thing that goes round; fields that change together share one."""
    alike: dict[tuple[tuple[str, int], ...], list[str]] = {}
    who: dict[tuple[tuple[str, int], ...], list[Turn]] = {}
    for what, its in turns(trace):
        key = tuple((turn.what, turn.number) for turn in its)
        alike.setdefault(key, []).append(what)
        who[key] = its
    for key, whats in list(alike.items())[:_MOST]:
        first, *others = whats
        also = "".join(f", {other.rpartition(' ')[2]}" for other in others)
        yield f"{first}{also}: " + ", ".join(f"{turn.what} by {_who(turn)}" for turn in who[key])
    if len(alike) > _MOST:
        yield f"and {len(alike) - _MOST} more that change and change back"


def _who(turn: Turn) -> str:
    return f"{turn.step.actor} (step {turn.number})"


def reasons(trace: Trace) -> Iterator[str]:
    """Why it goes on: who acts in the loop, and why its rule lets it; who only reports what others did is told of
    where nobody else acts."""
    assert trace.loop is not None
    loop = list(enumerate(trace.steps, 1))[trace.loop :]
    passing = {target for _, step in loop for target in (*step.created, *step.removed)}
    doing = [(number, step) for number, step in loop if _does(step, passing)]
    found: dict[tuple[str, str], str] = {}
    for number, step in doing or loop:
        because = f" ({step.because})" if step.because and not step.continues else ""
        found.setdefault((step.actor, step.rule), f"step {number}, {step.actor}: {step.rule}{because}")
    yield from found.values()


def _does(step: Step, passing: Collection[Reference]) -> bool:
    """Whether a step does more than to report: makes, moves or removes an object, or changes what one is to be."""
    paths = [stored_path(change) for change in step.changes if change.target not in passing]
    moved = any(move.target in passing for move in step.machines)
    wants = any(path and path not in _RANKS and not path.startswith("status") for path in paths)
    return bool(step.created or step.removed or moved or wants)


def names_change(trace: Trace) -> Sequence[str]:
    """The objects of which others take the place each round, by kind."""
    assert trace.loop is not None
    return tuple(dict.fromkeys(target.kind for step in trace.steps[trace.loop :] for target in step.created))
