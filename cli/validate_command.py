"""`kubemodel validate`: can the recording of a real cluster have come about as the specification says?"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

import click

from ..engine.traces import dumps
from ..engine.verdicts import ExitCode
from ..spec.events.recording import Event, read
from ..spec.manifests.errors import InputError
from ..spec.manifests.scenarios import COMMAND_LINE
from ..validation.explaining import Budgets, Outcome
from .check_command import scenario_flags
from .inputs import FLAG_NAMES, Flags, requests
from .validating import PATIENT_USERS, left_out_everywhere, validate
from .validation_report import document, text, verdict_of
from .writing import write_whole

_CODES = {
    Outcome.EXPLAINED: ExitCode.HOLDS,
    Outcome.NOT_EXPLAINED: ExitCode.COMPARISON,
    Outcome.UNDETERMINED: ExitCode.UNDETERMINED,
}


@click.command("validate", short_help="Explain the recording of a real cluster, or say why it cannot be.")
@click.argument("recording", metavar="RECORDING")
@click.option(
    "--manifests", "paths", multiple=True, required=True, metavar="PATH", help="What was applied; repeatable."
)
@scenario_flags
@click.option("--from", "begin", metavar="TIME", help="Look only at events since then, such as 2022-12-01T08:13:24Z.")
@click.option("--to", "end", metavar="TIME", help="Look only at events before then.")
@click.option(
    "--missing",
    type=click.IntRange(0, 100),
    default=Budgets().missing,
    metavar="N",
    help=f"Steps of which the recording may miss the event [{Budgets().missing}].",
)
@click.option(
    "--max-nodes",
    type=click.IntRange(1),
    default=Budgets().nodes,
    metavar="N",
    help=f"Give up after N nodes [{Budgets().nodes:,}].",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=Budgets().seconds,
    metavar="SECONDS",
    help=f"Give up after so long [{Budgets().seconds:g}].",
)
@click.option("--patient-users", is_flag=True, help="Users act only where nothing but timers is left to happen.")
@click.option("--witness", is_flag=True, help="Show each step with the events that it explains.")
@click.option("--output-dir", type=click.Path(file_okay=False), metavar="FOLDER", help="Write the witness as a trace.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to report [text].")
def validate_command(recording: str, paths: tuple[str, ...], **flags: Any) -> int:
    """Searches for an execution that explains a recording: a folder with events.jsonl, such a file, or the output of
    kubectl get events -A -o json.

    \b
    kubemodel validate --manifests deploy.yaml --nodes nodes.yaml events.json
    kubemodel validate --manifests deploy.yaml --user drain=worker-1 --from 2022-12-01T08:13:24Z recording/

    Faults, users, lagging caches: only as far as asked for, as in kubemodel check. Users act in the order given. The
    story begins with the manifests just applied, unless --start says otherwise.

    Exit codes: 0 explained; 1 not explained: the report says which event, and which rule said no; 3 not decided; 2 the
    input cannot be used.
    """
    events = _within(read(recording), flags["begin"], flags["end"], recording)
    given = Flags(**{name: flags[name] for name in FLAG_NAMES} | {"start": flags["start"] or "created"})
    budgets = Budgets(
        missing=flags["missing"],
        nodes=flags["max_nodes"],
        seconds=flags["timeout"],
        patient=PATIENT_USERS if flags["patient_users"] else frozenset(),
    )
    found = requests(paths, given, sys.stdin)
    results = [validate(request, job, events, budgets) for request in found for job in request.plan.jobs]
    if not results:
        raise InputError("no workload to explain the recording with", source=", ".join(paths))
    if flags["output_dir"]:
        os.makedirs(flags["output_dir"], exist_ok=True)
        for result in results:
            name = f"{result.job.scenario.name}.trace.json".replace(os.sep, "-")
            write_whole(os.path.join(flags["output_dir"], name), dumps(result.trace))
    left_out = left_out_everywhere(results)
    if flags["form"] == "json":
        click.echo(json.dumps(document(results, left_out, budgets), indent=1, sort_keys=True, ensure_ascii=False))
    else:
        click.echo(text(results, left_out, budgets, witness=flags["witness"]), nl=False)
    return int(_CODES[verdict_of(results)])


def _within(events: tuple[Event, ...], begin: str | None, end: str | None, source: str) -> tuple[Event, ...]:
    first, last = _instant(begin, "--from"), _instant(end, "--to")
    found = tuple(
        event for event in events if (first is None or event.first >= first) and (last is None or event.first < last)
    )
    if not found:
        raise InputError("holds no events of that time", source=source)
    return found


def _instant(text: str | None, flag: str) -> float | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        expected = "a time such as 2022-12-01T08:13:24Z"
        raise InputError(f'cannot read "{text}"', source=COMMAND_LINE, field=flag, expected=expected) from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
