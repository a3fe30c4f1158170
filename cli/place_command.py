"""`kubemodel place`: can the pods of these manifests be placed on the nodes at all, and if not, what is in the way?"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import attrs
import click

from ..engine.verdicts import ExitCode, Verdict, combined_exit_code
from ..spec.manifests.errors import InputError
from ..spec.manifests.loading import load
from ..spec.manifests.scenarios import COMMAND_LINE
from ..spec.manifests.settings import Settings, is_scenario, settings_of
from .inputs import Flags, overridden
from .progress import Progress

if TYPE_CHECKING:
    from ..proving.placement.problem import Problem
    from ..proving.placement.reading import Reading

_CODES = {
    Verdict.HOLDS: ExitCode.HOLDS,
    Verdict.VIOLATED: ExitCode.SAFETY,
    Verdict.UNDETERMINED: ExitCode.UNDETERMINED,
    Verdict.VACUOUS: ExitCode.UNDETERMINED,
}
DEFAULT_TIMEOUT = 60.0
MOST_REPLICAS = 10_000


@click.command("place", short_help="Say whether pods can be placed at all, and if not, what is in the way.")
@click.argument("paths", nargs=-1, required=True, metavar="PATHS...")
@click.option(
    "--nodes",
    metavar="N|FILE",
    help="N nodes with 4 cpu and 16 Gi each, or a file of Nodes, such as of kubectl get nodes -o yaml [2].",
)
@click.option(
    "--replicas", multiple=True, metavar="NAME=N", help="Place so many pods of a workload instead; repeatable."
)
@click.option(
    "--survive",
    multiple=True,
    type=click.Choice(["node", "zone"]),
    help="Ask, too, whether all pods still have room without any one node, or zone, and how many nodes that takes; "
    "repeatable.",
)
@click.option(
    "--surge", is_flag=True, help="Ask, too, whether a rolling update has room for its maxSurge, for each Deployment."
)
@click.option("--fits", is_flag=True, help="Say, too, how many more pods of each workload still fit.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=DEFAULT_TIMEOUT,
    metavar="SECONDS",
    help=f"Stop after so many seconds of processor time, for each scenario [{DEFAULT_TIMEOUT:g}].",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to report [text].")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def place(paths: tuple[str, ...], form: str, quiet: bool, timeout: float, **flags: Any) -> int:
    """Whether the hard constraints of the scheduler let all pods of these manifests (files, folders, `-` for standard
    input) be placed, in some order of binding.

    \b
    kubemodel place deploy/ --nodes nodes.yaml               which constraints conflict? what is the smallest change?
    kubemodel place deploy/ --survive node --survive zone    how many nodes does it take?
    kubemodel place deploy/ --replicas web=7 --fits          is there room for seven, and what else fits?

    An answer "yes" comes with an order that passes the scheduler's filters, pod by pod, and with an order in which it
    gets stuck, if there is one. An answer "no" is proved, and comes with the fields that cannot be had together.

    Exit codes: 0 the pods can be placed, in whatever order; 12 they cannot, or the scheduler can get stuck, or a loss
    or rollout leaves no room; 3 not decided; 2 the input cannot be used.
    """
    from ..proving.placement.capacity import Trial
    from ..proving.placement.questions import Questions, answer
    from .placement_report import document, text, verdict

    trials = tuple(Trial(name) for name in dict.fromkeys((*flags["survive"], *(["surge"] if flags["surge"] else []))))
    questions = Questions(trials, flags["fits"], timeout)
    found = []
    for source, reading in _readings(paths, flags["nodes"]):
        problem = _with_replicas(reading.problem, flags["replicas"])
        with Progress(source or "place", shown=not quiet) as progress:
            findings = answer(problem, questions, progress.tell)
        found.append((source, attrs.evolve(reading, problem=problem), findings))
        if findings.interrupted:
            break
    if form == "json":
        click.echo(json.dumps(document(found), indent=1, sort_keys=True, ensure_ascii=False))
    else:
        click.echo(text(found), nl=False)
    return int(combined_exit_code([_CODES[verdict(each)] for _, _, each in found]))


def _readings(paths: tuple[str, ...], nodes: str | None) -> Iterator[tuple[str, Reading]]:
    """The problem of each scenario document, with its file, or of all manifests together."""
    from ..proving.placement.reading import read

    documents = load(paths, sys.stdin)
    scenarios = [each for each in documents if is_scenario(each)]
    manifests = [each for each in documents if not is_scenario(each)]
    flags = Flags(nodes=nodes)
    if not scenarios:
        yield "", read(manifests, overridden(Settings(), flags))
    for scenario in scenarios:
        settings = overridden(settings_of(scenario), flags)
        own = () if settings.manifests or settings.objects else manifests
        yield scenario.source, read(own, settings, os.path.dirname(scenario.source))


def _with_replicas(problem: Problem, asked: tuple[str, ...]) -> Problem:
    for text in asked:
        name, _, number = text.partition("=")
        expected = "NAME=N, such as web=7"
        if not name or not number.isdigit() or int(number) > MOST_REPLICAS:
            raise InputError(f'cannot read "{text}"', source=COMMAND_LINE, field="--replicas", expected=expected)
        kinds = [kind for kind in problem.kinds if kind.scalable and name in (kind.title, kind.title.split(" ", 1)[1])]
        if len(kinds) != 1:
            titles = ", ".join(kind.title.split(" ", 1)[1] for kind in problem.kinds if kind.scalable)
            what = "there are several workloads" if kinds else "there is no workload"
            expected = f"one of {titles or 'none'}"
            raise InputError(f'{what} "{name}"', source=COMMAND_LINE, field="--replicas", expected=expected)
        problem = problem.with_replicas(kinds[0], int(number))
    return problem
