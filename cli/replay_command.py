"""`kubemodel replay`: walks through a recorded counterexample again, on its own model or on a changed one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import attrs
import click

from ..engine.itf import to_itf
from ..engine.pools import State
from ..engine.replay import Replayed
from ..engine.replay import replay as replay_trace
from ..engine.trace_building import Chronicler
from ..engine.traces import Trace, TraceError, load, to_plain
from ..engine.transition_system import TransitionSystem
from ..engine.verdicts import ExitCode
from ..spec.language.scenario import Scenario
from ..spec.manifests.errors import InputError
from ..spec.manifests.settings import as_document
from .checking import model_of, starts
from .inputs import Flags, Request, overridden, requests, thawed
from .naming import NAMING
from .narrative import narrative


@click.command(short_help="Replay a counterexample, also against changed manifests.")
@click.argument("trace", type=click.Path(dir_okay=False))
@click.option("--against", metavar="PATH", help="Manifests or a scenario to replay it on: shows where a fix departs.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--itf", type=click.Path(dir_okay=False), help="Write the trace in the Informal Trace Format.")
def replay(trace: str, against: str | None, form: str, itf: str | None) -> int:
    """Replay TRACE: every step is computed anew from the rules and compared, byte for byte.

    Exit code 0: the trace replays as recorded (with --against: it departs, so the fix changes the story); 1 otherwise.
    """
    recorded = _loaded(trace)
    own = thawed(recorded.scenario, trace)
    request = own if against is None else _against(against, own)
    scenario, system = _system(request, recorded, against or trace)
    document = as_document(request.plan.jobs[0].settings)
    replayed = replay_trace(
        recorded,
        system,
        naming=NAMING,
        scenario=None if against is None else document,
        exact=against is None,
        initial=_beginning(system, scenario, recorded),
    )
    if itf is not None:
        _write_itf(recorded, itf)
    if form == "json":
        click.echo(json.dumps(_document(replayed), indent=1, sort_keys=True, ensure_ascii=False))
    else:
        click.echo("\n".join(_text(recorded, replayed, against)))
    if against is None:
        return int(ExitCode.HOLDS if replayed.identical else ExitCode.COMPARISON)
    return int(ExitCode.COMPARISON if replayed.still_violated else ExitCode.HOLDS)


def _loaded(path: str) -> Trace:
    try:
        return load(Path(path))
    except TraceError as error:
        raise InputError(error.problem, source=error.file, field=error.where or None) from error


def _against(path: str, own: Request) -> Request:
    """The request for changed manifests: a scenario as it stands, or manifests in the recorded scenario's place."""
    given = requests((path,), Flags())
    if given[0].source:
        return given[0]
    objects = tuple(document.data for job in given[0].plan.jobs for document in job.documents)
    settings = overridden(own.settings, Flags())
    return thawed(as_document(attrs.evolve(settings, objects=objects)), path)


def _system(request: Request, recorded: Trace, source: str) -> tuple[Scenario, TransitionSystem]:
    jobs = request.plan.jobs
    named = [job for job in jobs if job.scenario.name == recorded.model] or list(jobs)
    if len(named) != 1:
        names = ", ".join(job.scenario.name for job in jobs) or "none"
        raise InputError(f"it holds {len(jobs)} groups ({names})", source=source, expected="one to replay on")
    return named[0].scenario, TransitionSystem(model_of(named[0].scenario))


def _beginning(system: TransitionSystem, scenario: Scenario, recorded: Trace) -> State:
    """The initial state that looks as the recorded one does, the first one if none does."""
    chronicler = Chronicler(system, NAMING)
    states = starts(system, scenario)
    alike = [state for state in states if chronicler.start(chronicler.begin(state)).objects == recorded.start.objects]
    return (alike or list(states))[0]


def _text(recorded: Trace, replayed: Replayed, against: str | None) -> Sequence[str]:
    lines = [narrative(replayed.trace)]
    if replayed.departure is not None:
        lines += [str(replayed.departure)]
    if against is None:
        same = (
            f"All {len(recorded.steps)} steps replay, byte for byte." if replayed.identical else "It does not replay."
        )
        return [*lines, same, *(f"differs: {path}" for path in replayed.differences)]
    if replayed.still_violated:
        return [*lines, f"On {against} the same story still happens and still violates the property."]
    if replayed.departure is not None:
        return [*lines, f"On {against} the story departs at step {replayed.departure.number}."]
    return [*lines, f"On {against} the same steps happen, and the property is not violated by them."]


def _document(replayed: Replayed) -> dict[str, object]:
    departure = replayed.departure
    return {
        "identical": replayed.identical,
        "departure": None if departure is None else {"step": departure.number, "text": str(departure)},
        "differences": list(replayed.differences),
        "stillViolated": replayed.still_violated,
        "trace": to_plain(replayed.trace),
    }


def _write_itf(trace: Trace, path: str) -> None:
    try:
        Path(path).write_text(json.dumps(to_itf(trace), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write: {error.strerror}", source=path) from error
