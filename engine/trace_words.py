"""A trace's requests, changes and answers as single lines, for texts and for sequence diagrams."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import attrs

from ..spec.language.model import INFORMER
from .effects import ANSWERED, SENT
from .encoding import Json
from .in_flight import sent_field
from .pools import MARKS, cached_field, pending_field, plan_field
from .traces import Answer, Change, Overtaken, Reference, Request, Step, Trace

NOTHING = "none"
"""Stands for null."""

LONGEST = 60
"""Values are cut at this many characters."""

MOST = 5
"""So many differences of one object are told one by one."""

_GONE = "it is gone"
"""What a client sees of an object that has been deleted."""

_BOOKKEEPING = (pending_field(""), plan_field(""), sent_field(""))
_SEEN = cached_field("")
_STORED = "object"


@attrs.frozen
class WordedStep:
    """A step as ``diagrams.sequence`` takes it: who, what made it act, on what, requests and changes as lines."""

    component: str
    trigger: str
    object: str
    requests: tuple[str, ...]
    changes: tuple[str, ...]


def worded(trace: Trace, hidden: Collection[str] = ()) -> tuple[WordedStep, ...]:
    """The steps of a trace in words; ``hidden``: kinds whose changes are left out."""
    return tuple(
        WordedStep(
            component=step.actor,
            trigger=step.rule,
            object=f"{step.target.kind}/{step.target.name}",
            requests=tuple(request_line(request) for request in step.requests),
            changes=change_lines(step, hidden),
        )
        for step in trace.steps
    )


def called(target: Reference) -> str:
    """``Pod web-a``; ``new Pod`` for one that never came into being."""
    return f"{target.kind} {target.name}" if target.name else f"new {target.kind}"


def request_line(request: Request) -> str:
    """``update Pod web-a status: conflict (the object has been modified)``; an outcome that is plain goes unsaid."""
    told = {SENT: "sends", ANSWERED: "is answered"}.get(request.phase, "")
    asked = " ".join(part for part in (told, request.verb, called(request.target), request.subresource) if part)
    outcome = "" if request.outcome in ("", "done") else f": {request.outcome}"
    stale = ["its cache was behind"] if request.stale and outcome else []
    reason = "; ".join([request.reason] * bool(request.reason) + stale)
    return f"{asked}{outcome}" + (f" ({reason})" if reason and outcome else "")


def answer_line(answer: Answer) -> str:
    """``read active: 2; the store says 3 (its cache is 1 change behind)``."""
    late = f" (its cache is {answer.behind} change{'s' if answer.behind != 1 else ''} behind)" if answer.behind else ""
    true = f"; the store says {shown(answer.actual)}" if answer.outdated else ""
    return f"read {answer.query}: {shown(answer.answer)}{true}{late}"


def change_lines(step: Step, hidden: Collection[str] = ()) -> tuple[str, ...]:
    """What is different after a step, one line an object and view of it.

    Bookkeeping of the engine is left out, and so are objects of the kinds in ``hidden``.
    """
    return _lines(step, _told(step, hidden, ()))


def deed_lines(step: Step, hidden: Collection[str] = (), omitted: Collection[str] = ()) -> tuple[str, ...]:
    """The requests of a step with what they changed, then what else is different after it.

    ``hidden``: kinds whose changes are left out. ``omitted``: field paths that are not worth telling.
    """
    told = _told(step, hidden, omitted)
    done = [number for number, one in enumerate(step.requests) if one.outcome in ("", "done") and not one.phase]
    last = {step.requests[number].target: number for number in done}
    asked = []
    for number, request in enumerate(step.requests):
        changed = told.get((request.target, ""), []) if last.get(request.target) == number else []
        asked.append(": ".join(filter(None, [request_line(request), _said(changed)])))
        changed.clear()
    return (*asked, *_lines(step, told))


def _told(step: Step, hidden: Collection[str], omitted: Collection[str]) -> dict[tuple[Reference, str], list[str]]:
    """The differences of each object in each view of it: "" for the object itself, else a client's cache."""
    told: dict[tuple[Reference, str], list[str]] = {}
    for change in (change for change in step.changes if change.target.kind not in hidden):
        view = _view(change)
        if view or (view is not None and change.target not in step.removed):
            differences = told.setdefault((change.target, view), [])
            if _path(change.field) not in omitted:
                differences.append(_difference(step, change, view))
    return told


def _skipped(step: Step) -> dict[tuple[Reference, str], int]:
    """How many changes of an object a client's list has skipped, where there were several (00-index §4, reflector)."""
    found: dict[tuple[Reference, str], int] = {}
    for change in step.changes:
        client = change.field.removeprefix(pending_field(""))
        if client != change.field and isinstance(change.before, int) and change.before > 1 and change.after == 0:
            found[change.target, client] = change.before
    return found


def _said(differences: list[str]) -> str:
    return ", ".join(_few([difference for difference in differences if difference], "more fields"))


def _lines(step: Step, told: dict[tuple[Reference, str], list[str]]) -> tuple[str, ...]:
    found: list[str] = []
    skipped = _skipped(step)
    for (target, view), differences in told.items():
        what = "" if target == step.target else called(target)
        who = f"{view} now sees {called(target)}" if view else what
        said = _said(differences)
        number = skipped.pop((target, view), 1) - 1
        if number:
            earlier = f"{number} earlier change{'s' if number > 1 else ''} unseen"
            said += f" (DeletedFinalStateUnknown: {earlier})" if differences == [_GONE] else f" ({earlier})"
        if said or view:
            found.append(": ".join(part for part in (who, said) if part))
    found += [f"{client} never sees {number} changes of {called(it)}" for (it, client), number in skipped.items()]
    late = {target for target, view in told if view}
    stored = {change.target for change in step.changes if change.field == _STORED}
    # What left the store earlier is only now gone from the last cache: that has been said.
    gone = [called(target) for target in step.removed if target in stored or target not in late]
    silent = [called(target) for target in step.created if not any(target == key[0] for key in told)]
    return (*found, *(f"{name} is gone" for name in gone), *(f"{name} is new" for name in silent))


def _few(said: list[str], further: str) -> list[str]:
    more = len(said) - MOST
    return said if more <= 1 else [*said[:MOST], f"and {more} {further}"]


def shown(value: Json) -> str:
    """A value on one line, nulls left out, cut where it gets long."""
    text = _flat(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _flat(value: Json, inside: bool = False) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        items = ", ".join(f"{key}: {_flat(item, True)}" for key, item in value.items() if item is not None)
        return f"{{{items}}}"
    if isinstance(value, list):
        items = ", ".join(_flat(item, True) for item in value)
        return f"[{items}]"
    return str(value) if value != "" or inside else NOTHING


def _view(change: Change) -> str | None:
    """Whose cache it is that changes, "" if the object itself does, None for bookkeeping."""
    field = change.field
    if change.target.kind == INFORMER or field == MARKS or field.startswith(_BOOKKEEPING):
        return None
    if not field.startswith(_SEEN):
        return ""
    client = field[len(_SEEN) :]
    return client.split(".", 1)[0].split("[", 1)[0]


def stored_path(change: Change) -> str | None:
    """The field of an object that changed, as Kubernetes spells it; None for caches and bookkeeping of the engine."""
    return None if _view(change) != "" else _path(change.field)


def _path(field: str) -> str:
    """A field path without the place where the value is kept, if that is the store or a cache of it."""
    place = _STORED if not field.startswith(_SEEN) else field.split(".", 1)[0].split("[", 1)[0]
    return field[len(place) :].lstrip(".") if field == place or field.startswith((f"{place}.", f"{place}[")) else field


def _difference(step: Step, change: Change, view: str) -> str:
    path = _path(change.field)
    before, after = _beyond(path, change.before), _beyond(path, change.after)
    # An entry that says no more than its name, all else being as it is by default.
    if path and (before, after) == (None, {}):
        return f"{path} added"
    if path and (before, after) == ({}, None):
        return f"{path} removed"
    if path:
        return f"{path} {_by_entry(before, after) or f'{shown(before)} -> {shown(after)}'}"
    if change.before is None:
        made = any(request.verb == "create" and request.target == change.target for request in step.requests)
        return "" if made or view else f"now exists, {shown(after)}"
    if change.after is None:
        return _GONE if view else "is gone"
    return f"{shown(before)} -> {shown(after)}"


def _by_entry(before: Json, after: Json) -> str:
    """Of lists that are too long to be shown: which entries came, and which went; "" of all else."""
    if not isinstance(before, list) or not isinstance(after, list):
        return ""
    if all(len(_flat(each)) <= LONGEST for each in (before, after)):
        return ""
    added = [f"{shown(entry)} added" for entry in after if entry not in before]
    removed = [f"{shown(entry)} removed" for entry in before if entry not in after]
    return ", ".join(_few([*added, *removed], "more"))


def _beyond(path: str, value: Json) -> Json:
    """An entry of a list without the member that its path names: ``conditions[Ready]`` says the type already."""
    named = path.rpartition("[")[2][:-1] if path.endswith("]") else ""
    if not named or not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if item != named}


def slow_lines(overtook: Iterable[Overtaken]) -> tuple[str, ...]:
    """Who had to be slow for a timer to fire: ``while kubelet on node-1 had yet to do: admit pod Pod web-a``."""
    waiting: dict[str, list[str]] = {}
    for each in overtook:
        waiting.setdefault(each.actor, []).append(f"{each.rule} {called(each.target)}")
    return tuple(f"while {actor} had yet to do: {', '.join(_few(deeds, 'more'))}" for actor, deeds in waiting.items())


def stale_lines(answers: Iterable[Answer]) -> tuple[str, ...]:
    """The answers that the store would have given otherwise."""
    return tuple(answer_line(answer) for answer in answers if answer.outdated)
