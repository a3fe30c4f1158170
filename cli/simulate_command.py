"""`kubemodel simulate`: random walks through what is too large to be explored."""

from __future__ import annotations

import json
import os
import sys
import textwrap
import time
from collections.abc import Iterator
from typing import Any

import click
from rich.console import Console

from ..checker.simulation import Walking
from ..engine.traces import dumps
from ..engine.verdicts import ExitCode, PropertyVerdict, Verdict, combined_exit_code
from .check_command import scenario_flags
from .inputs import FLAG_NAMES, Flags, requests
from .narrative import narrative
from .progress import SECONDS_BETWEEN_PLAIN_LINES
from .report_text import WIDTH
from .simulating import Reached, Swarm, Wandered, processes, run
from .writing import write_whole

DEFAULT_WALKS = 200
DEFAULT_STEPS = 300
_SHOWN = 12


@click.command(short_help="Random walks, where there is too much to explore: finds bugs, proves nothing.")
@click.argument("paths", nargs=-1, required=True)
@scenario_flags
@click.option("--walks", type=click.IntRange(1), default=DEFAULT_WALKS, metavar="N", help=f"Walks [{DEFAULT_WALKS}].")
@click.option(
    "--steps", type=click.IntRange(1), default=DEFAULT_STEPS, metavar="N", help=f"Steps of a walk [{DEFAULT_STEPS}]."
)
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Seed of the first walk [0].")
@click.option(
    "--walking",
    type=click.Choice([walking.value for walking in Walking]),
    default=Walking.RANDOM.value,
    help="Each step alike, or by random priorities that change a few times [random].",
)
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Processes [one for each core].")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to report [text].")
@click.option("--output-dir", type=click.Path(file_okay=False), metavar="FOLDER", help="Write counterexamples there.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def simulate(paths: tuple[str, ...], **flags: Any) -> int:
    """Walk at random through what manifests or scenarios can do, with the same flags as `check`.

    \b
    kubemodel simulate deploy/ --nodes 9 --fault node-crash=3 --walks 1000
    kubemodel simulate scenario.yaml --walking priority --seed 1000

    Every walk is told by its seed. The first that meets a violation is made short, shown, and can be replayed. What
    ought to come about in the end is judged only where a walk comes to rest. Nothing found is nothing proved.

    Exit codes: 11 or 12 something is violated; 3 nothing was found, which decides nothing; 2 the input cannot be used.
    """
    swarm = Swarm(
        flags["walks"], flags["steps"], flags["seed"], Walking(flags["walking"]), flags["jobs"] or processes()
    )
    progress = _Progress(shown=not flags["quiet"])
    given = requests(paths, Flags(**{name: flags[name] for name in FLAG_NAMES}), sys.stdin)
    found: list[Wandered] = []
    for request in given:
        for job in request.plan.jobs:
            found.append(run(job, swarm, progress.report))
            if found[-1].interrupted:
                break
    files = _written(found, flags["output_dir"])
    if flags["form"] == "json":
        click.echo(json.dumps([_document(one, swarm) for one in found], indent=1, sort_keys=True, ensure_ascii=False))
    else:
        lines = (line for one, file in zip(found, files, strict=True) for line in (*_text(one, swarm, file), ""))
        click.echo("\n".join(lines), nl=False)
    return int(combined_exit_code([_exit_code(one) for one in found] or [ExitCode.UNDETERMINED]))


class _Progress:
    """How far the walks are, and what they have come by: a changing line on a terminal, a plain one now and then."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._console = Console(stderr=True, highlight=False)
        self._next_line = time.monotonic() + SECONDS_BETWEEN_PLAIN_LINES

    def report(self, reached: Reached) -> None:
        if not self._shown:
            return
        text = (
            f"{reached.walks:,} of {reached.of:,} walks, fired {reached.rules} of {reached.of_rules} rules, "
            f"took {reached.arrows} of {reached.of_arrows} arrows"
        )
        if self._console.is_terminal:
            self._console.print(text, end="\r", markup=False, soft_wrap=True)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + SECONDS_BETWEEN_PLAIN_LINES
            self._console.print(text, markup=False, soft_wrap=True)


def _exit_code(one: Wandered) -> ExitCode:
    met = one.result.found.met if one.result.found is not None else None
    if met is None:
        return ExitCode.UNDETERMINED
    return PropertyVerdict(met.property, Verdict.VIOLATED, met.category).exit_code


def _written(found: list[Wandered], folder: str | None) -> list[str]:
    files = []
    for one in found:
        path = ""
        if folder is not None and one.trace is not None and one.trace.violation is not None:
            os.makedirs(folder, exist_ok=True)
            name = f"{one.job.scenario.name}-{one.trace.violation.property}.trace.json".replace(os.sep, "-")
            path = os.path.join(folder, name)
            write_whole(path, dumps(one.trace))
        files.append(path)
    return files


def _text(one: Wandered, swarm: Swarm, file: str) -> Iterator[str]:
    result, name = one.result, one.job.scenario.name
    last = swarm.seed + max(result.walks, 1) - 1
    met = result.found.met if result.found is not None else None
    verdict = f"violated: {met.property}" if met is not None else "undetermined: walks cannot show that something holds"
    yield f"{name}: {verdict}"
    came = f"{result.rested:,} of them came to rest" if result.walks else "none was finished"
    yield from _wrapped(
        f"{result.walks:,} walks of at most {swarm.steps:,} steps, seeds {swarm.seed} to {last}, "
        f"{swarm.walking.value}: {result.steps:,} steps; {came}{'; interrupted' if one.interrupted else ''}"
    )
    declared = {(component, rule) for component, rule in one.rules}
    missing = sorted(declared - result.fired)
    yield from _wrapped(
        f"fired {len(declared & result.fired)} of {len(declared)} rules, "
        f"took {len(one.arrows & result.arrows)} of {len(one.arrows)} arrows of the machines"
    )
    if missing:
        shown = ", ".join(f"{component}: {rule}" for component, rule in missing[:_SHOWN])
        more = f", and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        yield from _wrapped(f"never fired: {shown}{more}")
    if one.trace is not None and result.found is not None:
        yield from _wrapped(
            f"seed {result.found.seed} met it after {len(result.found.choices):,} steps; "
            f"made short, it takes {len(one.trace.steps)}"
        )
        yield ""
        yield from narrative(one.trace, width=WIDTH).splitlines()
        yield f"Trace written to {file}" if file else "Write it to a file with --output-dir DIR, to replay or draw it."


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def _document(one: Wandered, swarm: Swarm) -> dict[str, Any]:
    result = one.result
    met = result.found.met if result.found is not None else None
    return {
        "name": one.job.scenario.name,
        "verdict": "violated" if met is not None else "undetermined",
        "walks": result.walks,
        "steps": result.steps,
        "rested": result.rested,
        "walking": swarm.walking.value,
        "interrupted": one.interrupted,
        "neverFired": sorted([component, rule] for component, rule in one.rules - result.fired),
        "rulesFired": len(one.rules & result.fired),
        "arrowsTaken": len(one.arrows & result.arrows),
        "arrowsNeverTaken": sorted(map(list, one.arrows - result.arrows)),
        **(
            {
                "property": met.property,
                "text": met.text,
                "seed": result.found.seed,
                "foundAfter": len(result.found.choices),
                "minimised": len(one.trace.steps) if one.trace is not None else None,
            }
            if met is not None and result.found is not None
            else {}
        ),
    }
