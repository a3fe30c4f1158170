"""How the validation of a recording is told, as text and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..engine.traces import Step, to_plain
from ..spec.events.observing import LeftOut
from ..spec.events.recording import Event
from ..validation.explaining import Budgets, Outcome
from .validating import PATIENT_USERS, Validated

_SHOWN = 5


def verdict_of(results: Sequence[Validated]) -> Outcome:
    """The verdict on a recording: that of the group of which least is known."""
    found = {result.explanation.outcome for result in results}
    return next((each for each in (Outcome.NOT_EXPLAINED, Outcome.UNDETERMINED) if each in found), Outcome.EXPLAINED)


def text(results: Sequence[Validated], left_out: Sequence[LeftOut], budgets: Budgets, *, witness: bool) -> str:
    """The report. ``witness``: each step of the witness, with the events that it explains."""
    lines = [f"Verdict: {verdict_of(results).value}"]
    for result in results:
        lines += ["", *_group(result, witness)]
    lines += ["", *_left_out(left_out), *_budgets(budgets)]
    return "\n".join(lines) + "\n"


def _group(result: Validated, witness: bool) -> Iterator[str]:
    found, name = result.explanation, result.job.scenario.name
    all_of, seen = len(result.observed.observations), found.furthest.seen.bit_count()
    yield f"{name}: {found.outcome.value}   ({seen} of {all_of} events, {len(result.trace.steps)} steps)"
    if found.furthest.missing:
        yield f"  {found.furthest.missing} steps of which events are written as a rule are not in the recording"
    for prop, step, said in result.violated:
        yield f"  on the way {prop} is violated, in step {step}: {said}" if said else f"  on the way {prop} is violated"
    if found.bound:
        yield f"  stopped: {found.bound}; allow more (--timeout, --max-nodes)"
    if found.outcome is not Outcome.EXPLAINED:
        yield from _refused(result)
    if witness:
        yield from _witness(result)


def _refused(result: Validated) -> Iterator[str]:
    sightings = result.explanation.furthest.sightings()
    last = max(sightings, key=lambda number: (sightings[number], number), default=None)
    if last is not None:
        yield f"  the last event explained: {result.observed.events[last]}"
    for refusal in result.refused[:_SHOWN]:
        yield f"  not explained: {refusal.observation.text}"
        yield f"    {refusal.stands}"
        yield from (f"    {said}" for said in refusal.rules)
    if len(result.refused) > _SHOWN:
        yield f"  … and {len(result.refused) - _SHOWN} more that could come next"
    if result.instead:
        yield "  the model would have allowed next:"
        yield from (f"    {said}" for said in result.instead)


def _witness(result: Validated) -> Iterator[str]:
    by_step: dict[int, list[int]] = {}
    for number, step in result.explanation.furthest.sightings().items():
        by_step.setdefault(step, []).append(number)
    yield "  the way there:"
    for place in range(len(result.trace.steps) + 1):
        if place:
            yield f"  {place:>4}  {_told(result.trace.steps[place - 1])}"
        yield from (f"          = {result.observed.events[each]}" for each in sorted(by_step.get(place, ())))


def _told(step: Step) -> str:
    return f"{step.actor}: {step.rule} ({step.target.kind} {step.target.name})"


def _left_out(left_out: Sequence[LeftOut]) -> Iterator[str]:
    for left in left_out:
        yield f"Not looked at: {len(left.events)} events {left.why}"
        about: dict[str, dict[str, None]] = {}
        for event in left.events:
            about.setdefault(f"{event.reason} of {event.kind}", {})[event.name] = None
        for what, names in about.items():
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            yield f"  - {what} {', '.join(list(names)[:_SHOWN])}{more}"


def _budgets(budgets: Budgets) -> Iterator[str]:
    yield "Searched:"
    yield f"  - up to {budgets.missing} steps of which the recording misses the event"
    yield f"  - up to {budgets.nodes:,} nodes and {budgets.seconds:g} seconds for each group"
    if budgets.patient >= PATIENT_USERS:
        yield "  - users act only where nothing but timers is left to happen"


def _sightings(result: Validated) -> list[tuple[Event, int]]:
    found = result.explanation.furthest.sightings()
    return [(result.observed.events[number], found[number]) for number in sorted(found)]


def document(results: Sequence[Validated], left_out: Sequence[LeftOut], budgets: Budgets) -> dict[str, Any]:
    """The same as plain data; times that differ from run to run stand under ``measured``."""
    return {
        "verdict": verdict_of(results).value,
        "groups": [
            {
                "name": result.job.scenario.name,
                "verdict": result.explanation.outcome.value,
                "events": len(result.observed.observations),
                "explained": result.explanation.furthest.seen.bit_count(),
                "missing": result.explanation.furthest.missing,
                "bound": result.explanation.bound,
                "steps": [
                    {"event": str(event), "line": event.number, "step": step} for event, step in _sightings(result)
                ],
                "notExplained": [
                    {"event": each.observation.text, "stands": each.stands, "rules": list(each.rules)}
                    for each in result.refused
                ],
                "allowed": list(result.instead),
                "violated": [{"property": name, "step": step, "text": said} for name, step, said in result.violated],
                "trace": to_plain(result.trace),
            }
            for result in results
        ],
        "notLookedAt": [{"why": left.why, "events": [str(event) for event in left.events]} for left in left_out],
        "budgets": {
            "missing": budgets.missing,
            "nodes": budgets.nodes,
            "seconds": budgets.seconds,
            "patient": sorted(budgets.patient),
        },
        "measured": [{"nodes": result.explanation.nodes, "seconds": result.explanation.seconds} for result in results],
    }
