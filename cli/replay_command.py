"""`kubemodel replay`: walks through a recorded counterexample again, on its own model or on a changed one."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import click

from ..engine.itf import to_itf
from ..engine.legality import IllegalMove, illegal_moves
from ..engine.pools import State
from ..engine.replay import Departure, Replayed
from ..engine.replay import replay as replay_trace
from ..engine.trace_building import Chronicler
from ..engine.traces import Step, Trace, TraceError, to_plain
from ..engine.traces import load as load_trace
from ..engine.transition_system import TransitionSystem
from ..engine.verdicts import ExitCode
from ..spec.kinds import NODE
from ..spec.language.scenario import Scenario
from ..spec.manifests.errors import InputError
from ..spec.manifests.loading import load
from ..spec.manifests.scenarios import plan
from ..spec.manifests.settings import Settings, as_document, is_scenario
from .checking import model_of, starts
from .inputs import Flags, Request, requests, thawed
from .naming import NAMING
from .narrative import narrative, told
from .replaying_laws import is_of_law, system_of_law
from .report_text import WIDTH
from .writing import write_whole


@click.command(short_help="Replay a counterexample, also against changed manifests.")
@click.argument("trace", type=click.Path(dir_okay=False))
@click.option("--against", metavar="PATH", help="Changed manifests, or a scenario, to replay it on instead of its own.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to report [text].")
@click.option(
    "--itf", type=click.Path(dir_okay=False), metavar="FILE", help="Write the trace in the Informal Trace Format."
)
def replay(trace: str, against: str | None, form: str, itf: str | None) -> int:
    """Replay TRACE: every step is computed anew from the rules and compared, byte for byte.

    \b
    kubemodel replay trace.json                       walk through it again
    kubemodel replay trace.json --against fixed.yaml  at which step does the fix change the story?

    Exit codes: 0 the trace replays as recorded (with --against: it does not end in the violation any more); 1
    otherwise, or if it holds a change that the machines of Kubernetes do not allow; 2 the trace or the manifests cannot
    be used.
    """
    recorded = _loaded(trace)
    if is_of_law(recorded):
        return _of_law(recorded, trace, against, form, itf)
    own = thawed(recorded.scenario, trace)
    request = own if against is None else _against(against, own)
    scenario, system = _system(request, recorded, against or trace)
    illegal = _illegal(recorded, system if against is None else _system(own, recorded, trace)[1])
    document = as_document(request.plan.jobs[0].settings)
    replayed = replay_trace(
        recorded,
        system,
        naming=NAMING,
        scenario=None if against is None else document,
        exact=against is None,
        initial=_beginning(system, scenario, recorded),
    )
    _report(recorded, replayed, illegal, against, form, itf)
    if illegal:
        return int(ExitCode.COMPARISON)
    if against is None:
        return int(ExitCode.HOLDS if replayed.identical else ExitCode.COMPARISON)
    return int(ExitCode.COMPARISON if replayed.still_violated else ExitCode.HOLDS)


def _of_law(recorded: Trace, path: str, against: str | None, form: str, itf: str | None) -> int:
    """Replays the counterexample of a law, which comes from no manifests."""
    if against is not None:
        raise click.UsageError("--against: the trace is of a law of kubemodel prove, which no manifests change")
    replayed = replay_trace(recorded, system_of_law(recorded, path), naming=NAMING)
    _report(recorded, replayed, (), None, form, itf)
    return int(ExitCode.HOLDS if replayed.identical else ExitCode.COMPARISON)


def _report(
    recorded: Trace,
    replayed: Replayed,
    illegal: tuple[IllegalMove, ...],
    against: str | None,
    form: str,
    itf: str | None,
) -> None:
    if itf is not None:
        write_whole(itf, json.dumps(to_itf(recorded), indent=1, ensure_ascii=False) + "\n")
    if form == "json":
        click.echo(json.dumps(_document(replayed, illegal), indent=1, sort_keys=True, ensure_ascii=False))
    else:
        click.echo("\n".join((*_text(recorded, replayed, against), *_reproach(illegal))))


def _loaded(path: str) -> Trace:
    try:
        return load_trace(Path(path))
    except TraceError as error:
        raise InputError(error.problem, source=error.file, field=error.where or None) from error


def _against(path: str, own: Request) -> Request:
    """The request for changed manifests: a scenario as it stands, or manifests in the recorded scenario's place.

    A manifest with a Deployment, DaemonSet or StatefulSet that a user applies in the recorded story stands for what is
    applied; any other one for the objects that are there when the story begins.
    """
    documents = load((path,), sys.stdin)
    if any(map(is_scenario, documents)):
        scenarios = requests((path,), Flags())
        if len(scenarios) != 1:
            raise InputError(f"it holds {len(scenarios)} scenarios", source=path, expected="one to replay on")
        return scenarios[0]
    found = plan(documents, Settings())  # as they would be checked, so that what is wrong is said of the file itself
    objects = tuple(document.data for job in found.jobs for document in job.documents if document.kind != NODE)
    if not objects:
        raise InputError("no workload of a kind that is modelled", source=path, expected="a changed Deployment")
    settings = own.settings
    changed = {_identity(item): item for item in objects if item["kind"] in ("Deployment", "DaemonSet", "StatefulSet")}
    applied = {
        name: tuple(changed.get(_identity(item), item) for item in items) for name, items in settings.applied.items()
    }
    if any(_identity(item) in changed for items in settings.applied.values() for item in items):
        settings = attrs.evolve(settings, applied=applied)
    else:
        settings = attrs.evolve(settings, objects=objects)
    return thawed(as_document(settings), path)


def _identity(item: Mapping[str, Any]) -> tuple[str, str, str]:
    metadata = item["metadata"]
    return item["kind"], metadata.get("namespace") or "default", metadata["name"]


def _system(request: Request, recorded: Trace, source: str) -> tuple[Scenario, TransitionSystem]:
    jobs = request.plan.jobs
    named = [job for job in jobs if job.scenario.name == recorded.model] or list(jobs)
    if len(named) != 1:
        names = ", ".join(job.scenario.name for job in jobs) or "none"
        raise InputError(f"it holds {len(jobs)} groups ({names})", source=source, expected="one to replay on")
    return named[0].scenario, TransitionSystem(model_of(named[0].scenario))


def _illegal(recorded: Trace, system: TransitionSystem) -> tuple[IllegalMove, ...]:
    """The recorded moves that no machine allows, in the model that the trace says it comes from."""
    model = system.model
    whole_plans = [component.name for component in model.components if system.fuses(component.name)]
    return illegal_moves(recorded, model.machines, whole_plans=whole_plans, lagging=bool(model.lag))


def _reproach(illegal: tuple[IllegalMove, ...]) -> Iterator[str]:
    for move in illegal:
        yield from _wrapped(str(move), "")
    if illegal:
        yield "No component can do that: the trace was edited, or made by another version."


def _beginning(system: TransitionSystem, scenario: Scenario, recorded: Trace) -> State:
    """The initial state that looks as the recorded one does, the first one if none does."""
    chronicler = Chronicler(system, NAMING)
    states = starts(system, scenario)
    alike = [state for state in states if chronicler.start(chronicler.begin(state)).objects == recorded.start.objects]
    return (alike or list(states))[0]


def _text(recorded: Trace, replayed: Replayed, against: str | None) -> Iterator[str]:
    departure = replayed.departure
    story = narrative(replayed.trace if departure is None else _so_far(replayed.trace))
    where = f"On {against}" if against is not None else "Now"
    yield from story.splitlines()
    yield ""
    if departure is not None:
        yield from _departure(departure, recorded, where)
    if against is None and replayed.identical:
        if recorded.loop is not None:
            yield f"The loop closes: after step {len(recorded.steps)} all is as before step {recorded.loop + 1},"
            yield "but for the names of objects, and nobody waits for ever."
        yield f"{_all_steps(recorded)}, byte for byte."
    elif against is None:
        yield "It does not replay as recorded."
        if replayed.open_loop:
            yield from _wrapped(f"The loop does not hold: {replayed.open_loop}.", "  ")
        yield from (f"  differs: {path}" for path in replayed.differences)
    elif replayed.still_violated:
        yield f"{where} the same story still happens and still violates {_property(recorded)}."
    elif replayed.open_loop:
        yield from _wrapped(f"{where} the same steps happen, but not for ever: {replayed.open_loop}.", "")
    elif departure is None:
        yield f"{where} the same steps happen, and they do not violate {_property(recorded)}."


def _so_far(trace: Trace) -> Trace:
    """The steps up to a departure: nothing is violated by them."""
    return attrs.evolve(trace, violation=None, loop=None)


def _all_steps(trace: Trace) -> str:
    return f"All {len(trace.steps)} steps replay" if len(trace.steps) != 1 else "The only step replays"


def _property(trace: Trace) -> str:
    return trace.violation.property if trace.violation is not None else "anything"


def _departure(departure: Departure, recorded: Trace, where: str) -> Iterator[str]:
    """Where the recorded story cannot go on: what happened then, what the same rule does now, what else can happen."""
    yield f"{where} the story departs at step {departure.number} of {len(recorded.steps)}."
    yield from _deed("recorded: ", departure.recorded)
    if departure.nearest is not None:
        yield from _deed("instead:  ", departure.nearest)
    if not departure.possible:
        yield "  possible: nothing: all is at rest"
    for number, possible in enumerate(departure.possible):
        head = "  possible: " if not number else " " * 12
        yield from _wrapped(f"{possible.component}: {possible.rule} ({', '.join(possible.targets)})", head)


def _deed(head: str, step: Step) -> Iterator[str]:
    first, *further = told(step)
    yield from _wrapped(f"{step.actor}: {first}", f"  {head}")
    for line in further:
        yield from _wrapped(line, " " * 12)


def _wrapped(text: str, head: str) -> Iterable[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=head, subsequent_indent=" " * 14, break_long_words=False, break_on_hyphens=False
    )


def _document(replayed: Replayed, illegal: tuple[IllegalMove, ...]) -> dict[str, object]:
    departure = replayed.departure
    return {
        "identical": replayed.identical,
        "departure": None if departure is None else _departed(departure),
        "differences": list(replayed.differences),
        "openLoop": replayed.open_loop,
        "stillViolated": replayed.still_violated,
        "illegalMoves": [{**attrs.asdict(move), "text": str(move)} for move in illegal],
        "trace": to_plain(replayed.trace),
    }


def _departed(departure: Departure) -> dict[str, object]:
    return {
        "step": departure.number,
        "text": str(departure),
        "possible": [attrs.asdict(possible) for possible in departure.possible],
    }
