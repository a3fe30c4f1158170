"""`kubemodel export`: what can happen, as a program for another model checker."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..checker.promela.program import MOST_STATES, Promela, TooLargeError, promela
from ..engine.transition_system import TransitionSystem
from ..engine.verdicts import ExitCode
from ..spec.language.model import TimeMode
from ..spec.manifests.errors import InputError
from ..spec.manifests.scenarios import COMMAND_LINE, Job
from .check_command import scenario_flags
from .checking import model_of, starts
from .inputs import FLAG_NAMES, Flags, requests
from .progress import Progress
from .writing import write_whole


@click.command(short_help="Write what can happen as a Promela program, for Spin to count the states again.")
@click.argument("paths", nargs=-1, required=True)
@scenario_flags
@click.option("--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write there [standard output].")
@click.option(
    "--output-dir",
    type=click.Path(file_okay=False),
    metavar="FOLDER",
    help="Write a file for each group there: GROUP.pml.",
)
@click.option(
    "--positional", is_flag=True, help="Tell interchangeable objects apart: a state for each of their orders."
)
@click.option(
    "--max-states",
    type=click.IntRange(1),
    default=MOST_STATES,
    metavar="N",
    help=f"Write no group that has more states [{MOST_STATES:,}].",
)
@click.option("--quiet", is_flag=True, help="No progress, and no counts, on standard error.")
def export(paths: tuple[str, ...], **flags: Any) -> int:
    """Write what manifests or scenarios can do as a Promela program, with the same flags as `check`.

    \b
    kubemodel export deploy/ --nodes 2 --fault node-crash=1 --output web.pml
    spin -a web.pml && gcc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -c0 -m10000000

    Spin then finds, stores and counts the states itself, and judges the safety properties; the head of the file says
    what it must come to. Promises about whole runs are judged at rest only. A group is explored before it is written.

    Exit codes: 0 written; 3 a group has too many states, so nothing is; 2 the input cannot be used.
    """
    jobs = [
        job
        for request in requests(paths, Flags(**{name: flags[name] for name in FLAG_NAMES}), sys.stdin)
        for job in request.plan.jobs
    ]
    if any(job.scenario.time is TimeMode.PROMPT for job in jobs):
        raise InputError(
            "the program cannot say exact durations (time prompt)",
            source=COMMAND_LINE,
            field="--time",
            expected=" or ".join(mode.value for mode in TimeMode if mode is not TimeMode.PROMPT),
        )
    places = _places(jobs, flags["output"], flags["output_dir"])
    programs: list[Promela] = []
    for job in jobs:
        name = job.scenario.name
        with Progress(name, shown=not flags["quiet"]) as progress:
            system = TransitionSystem(model_of(job.scenario), positional=flags["positional"])
            try:
                programs.append(
                    promela(
                        system,
                        starts(system, job.scenario),
                        name=name,
                        most_states=flags["max_states"],
                        progress=progress.report,
                    )
                )
            except TooLargeError as error:
                click.echo(f"undetermined: {name} is not written: {error} (--max-states)", err=True)
                return int(ExitCode.UNDETERMINED)
    for job, program, place in zip(jobs, programs, places, strict=True):
        if place:
            write_whole(place, program.text)
        else:
            click.echo(program.text, nl=False)
        if not flags["quiet"]:
            click.echo(_counts(job.scenario.name, program, place), err=True)
    return 0


def _places(jobs: Sequence[Job], file: str | None, folder: str | None) -> list[str]:
    """Where each group is written; "" for standard output."""
    if file is not None and folder is not None:
        raise InputError("give a file or a folder, not both", source=COMMAND_LINE, field="--output-dir")
    if folder is not None:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot write there: {error.strerror}", source=folder, field="--output-dir") from error
        return [os.path.join(folder, f"{job.scenario.name.replace(os.sep, '-')}.pml") for job in jobs]
    if len(jobs) > 1:
        names = ", ".join(job.scenario.name for job in jobs)
        raise InputError(
            f"there are {len(jobs)} groups, each a program of its own: {names}",
            source=COMMAND_LINE,
            field="--output",
            expected="--output-dir FOLDER",
        )
    return [file or ""] * len(jobs)


def _counts(name: str, program: Promela, place: str) -> str:
    violated = ", ".join(program.violated) or "nothing"
    return (
        f"{name}: {program.states:,} states, {program.transitions:,} transitions, violated: {violated}"
        f"{f'; written to {place}' if place else ''}"
    )
