"""`kubemodel check`: do the properties hold of these manifests, whatever happens?"""

from __future__ import annotations

import itertools
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import click

from ..checker.kernel.library import MOST_CORES, usable_cores
from ..checker.result import Explorer, Limits
from ..checker.vacuity import Severity, Vacuity
from ..engine.traces import dumps
from ..engine.verdicts import ExitCode, combined_exit_code
from ..spec.environment.faults import FAULTS
from ..spec.language.model import TimeMode
from ..spec.language.plan import Rpc
from ..spec.language.scenario import Alike, Start
from ..spec.manifests.errors import InputError
from ..spec.manifests.scenarios import COMMAND_LINE
from ..spec.manifests.settings import Settings
from ..spec.switches import SWITCHES
from .checking import INTERRUPTED, Checked, run
from .expectations import unmet
from .inputs import FLAG_NAMES, Flags, Request, requests
from .progress import Progress
from .report_json import report_document
from .report_text import measured_lines, report_text
from .writing import write_whole

DEFAULT_MAX_STATES = 20_000_000
DEFAULT_MAX_MEMORY_MB = 8_000
DEFAULT_CORES = 4
"""More do not pay: one core takes in what the others have found."""


def scenario_flags(command: Any) -> Any:
    """The flags that say what a scenario document says, for every command that takes manifests."""
    flags = (
        click.option(
            "--nodes",
            metavar="N|FILE",
            help="N nodes with 4 cpu and 16 Gi each, or a file of Nodes, such as of kubectl get nodes -o yaml [2].",
        ),
        click.option(
            "--fault",
            "faults",
            multiple=True,
            metavar="FAULT=N",
            help=f"A fault that may come up to N times, at any moment; repeatable: {', '.join(FAULTS)}.",
        ),
        click.option(
            "--user",
            "users",
            multiple=True,
            metavar="VERB=WHAT",
            help="What a user does at any moment, in the given order; repeatable: apply=new.yaml, scale=web=5, "
            "delete=pod/web, cordon=node-1, pause=web, …",
        ),
        click.option(
            "--lag",
            "lag",
            multiple=True,
            metavar="CLIENT/KIND=N",
            help="A watch cache that may be N changes behind; repeatable: replicaset-controller/Pod=1, …",
        ),
        click.option(
            "--consistency",
            "consistency",
            multiple=True,
            metavar="CLIENT/KIND=LEVEL",
            help="What a watch cache may show: synchronous, monotonic (it lags), or resettable (it goes back in time if"
            " it lists from an API server that is behind); repeatable: job-controller/Pod=resettable, …",
        ),
        click.option(
            "--candidates",
            "candidates",
            multiple=True,
            metavar="PROCESS=N",
            help="Several instances of kube-controller-manager or kube-scheduler, one of which is elected leader.",
        ),
        click.option(
            "--kubernetes",
            metavar="VERSION",
            help="Switches and timers as in that version, such as 1.28, where they have changed since.",
        ),
        click.option(
            "--switch",
            "switches",
            multiple=True,
            metavar="NAME=VALUE",
            help="A mitigation, historic behaviour or choice; repeatable: "
            + "; ".join(f"{name}={'|'.join(switch.values)}" for name, switch in SWITCHES.items())
            + ".",
        ),
        click.option(
            "--constant",
            "constants",
            multiple=True,
            metavar="NAME=SECONDS",
            help="A timer of the specification, such as node-monitor-grace-period=40; see `kubemodel list constants`.",
        ),
        click.option(
            "--slow",
            "slow",
            multiple=True,
            metavar="NAME",
            help="A component, or a lagging watch as CLIENT/KIND, for which no timer waits; repeatable: kubelet, …",
        ),
        click.option(
            "--time",
            type=click.Choice([mode.value for mode in TimeMode]),
            help="When timers may fire: once nothing faster can happen (graded, the default), when their seconds are"
            " over (prompt), or at any moment (asynchronous).",
        ),
        click.option(
            "--rpc",
            type=click.Choice([rpc.value for rpc in Rpc]),
            help="What is one step: a request with its response (the default), a whole reconcile, or only a message: a"
            " request is sent, applied and answered.",
        ),
        click.option(
            "--start",
            type=click.Choice([start.value for start in Start]),
            help="Begin with the manifests just applied, or already running (the default where a user acts).",
        ),
        click.option(
            "--symmetry",
            type=click.Choice([alike.value for alike in Alike]),
            help="States count as one that differ only in who is who of pods (the default), or of nodes that nothing"
            " tells apart, too: the same verdict from fewer states.",
        ),
        click.option(
            "--pod-slots", type=click.IntRange(1, 1000), metavar="N", help="How many pods of a group may exist at once."
        ),
        click.option(
            "--property",
            "properties",
            multiple=True,
            metavar="PROPERTY",
            help="Check this instead of the defaults; repeatable, see kubemodel list properties.",
        ),
        click.option("--also-check", multiple=True, metavar="PROPERTY", help="Check this besides; repeatable."),
    )
    for flag in reversed(flags):
        command = flag(command)
    return command


@click.command(short_help="Check manifests or scenarios; a counterexample if something can go wrong.")
@click.argument("paths", nargs=-1, required=True)
@scenario_flags
@click.option(
    "--max-states", type=click.IntRange(1), metavar="N", help=f"Stop after N states [{DEFAULT_MAX_STATES:,}]."
)
@click.option("--max-depth", type=click.IntRange(0), metavar="N", help="Look no further than N steps.")
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Stop each group after so long."
)
@click.option(
    "--max-memory", type=click.IntRange(50), metavar="MB", help=f"Stop at so much memory [{DEFAULT_MAX_MEMORY_MB:,}]."
)
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Try components in another order.")
@click.option(
    "--explorer",
    type=click.Choice([explorer.value for explorer in Explorer]),
    default=Explorer.AUTO.value,
    help="How to explore: by tables in Python, by the compiled kernel, or first one, then the other [auto].",
)
@click.option(
    "--checkpoint",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Keep the search of one group there, once a minute and when it is ended.",
)
@click.option(
    "--resume",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Go on from there, with the same manifests and flags, but for limits.",
)
@click.option(
    "--cores",
    type=click.IntRange(1, MOST_CORES),
    metavar="N",
    help=f"How many cores the kernel may use; what it finds is the same [all, at most {DEFAULT_CORES}].",
)
@click.option(
    "--fingerprint",
    is_flag=True,
    help="Know states by 64 bits alone, in less memory: the report says how likely it is that one was missed.",
)
@click.option("--keep-going", is_flag=True, help="Go on after the first violation, until every property is decided.")
@click.option(
    "--vacuity",
    type=click.Choice([severity.value for severity in Severity]),
    help="What to make of properties that never had anything to say, and of rules that never fired: do not list them, "
    "list them, or call a run vacuous for them (exit code 3) [error for properties, ignore for rules].",
)
@click.option(
    "--stats",
    is_flag=True,
    help="Show distinct views of each rule, tables, rates and what multiplies the states (also told at a bound).",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to report [text].")
@click.option(
    "--output-dir",
    type=click.Path(file_okay=False),
    metavar="FOLDER",
    help="Write every counterexample there as a trace.",
)
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def check(paths: tuple[str, ...], **flags: Any) -> int:
    """Check manifests (files, folders, `-` for standard input) or scenario documents.

    \b
    kubemodel check deploy/ --nodes 3 --fault node-crash=1     does the service survive a node?
    kubemodel check old.yaml --user apply=new.yaml             can this rollout get stuck?
    helm template . | kubemodel check - --output-dir traces/   keep counterexamples, to replay or draw

    Workloads that cannot influence each other are checked apart. Every interleaving of the components is explored;
    faults, users and lagging caches only as far as asked for. A scenario document says the same as these flags.

    Exit codes: 0 everything holds; 11, 12 or 13 something is violated, which the report shows step by step; 3 not
    decided: the report says what to raise; 1 an `expect:` of a scenario was not met; 2 the input cannot be used.
    """
    given = requests(
        paths,
        Flags(**{name: flags[name] for name in FLAG_NAMES}),
        sys.stdin,
    )
    kept = _kept(given, flags)
    folder = _writable(flags["output_dir"])
    results: list[tuple[Request, list[Checked]]] = []
    interrupted = False
    for request in given:
        limits = _limits(request.settings, flags)
        checked = []
        for job in request.plan.jobs:
            with Progress(job.scenario.name, shown=not flags["quiet"]) as progress:
                one = run(
                    job,
                    limits,
                    seed=flags["seed"],
                    keep_going=flags["keep_going"],
                    explorer=Explorer(flags["explorer"]),
                    diagnose=flags["stats"],
                    cores=flags["cores"] or min(usable_cores(), DEFAULT_CORES),
                    fingerprint=flags["fingerprint"],
                    **kept,
                    progress=progress.report,
                    interrupted=interrupted,
                )
            interrupted = any(bound.name == INTERRUPTED.name for bound in one.result.bounds)
            checked.append(attrs.evolve(one, vacuity=_vacuity(flags["vacuity"])))
        results.append((request, checked))
    if folder is not None:
        results = _with_traces_written(results, folder)
    if flags["form"] == "json":
        click.echo(json.dumps(report_document(results), indent=1, sort_keys=True, ensure_ascii=False))
    else:
        click.echo(report_text(results, stats=flags["stats"]), nl=False)
        if flags["stats"]:
            click.echo("\n".join(measured_lines(results)), err=True)
    return _exit_code(results)


def _kept(given: Sequence[Request], flags: dict[str, Any]) -> dict[str, Path]:
    """Where the search is kept, and what it goes on from."""
    kept = {name: Path(flags[name]) for name in ("checkpoint", "resume") if flags[name]}
    if kept and sum(len(request.plan.jobs) for request in given) != 1:
        raise InputError(
            "several groups are checked, each by a search of its own", source=COMMAND_LINE, field=f"--{min(kept)}"
        )
    if kept and flags["fingerprint"]:
        raise InputError(
            f"a search by fingerprints cannot be kept, nor gone on with: leave out --{min(kept)}",
            source=COMMAND_LINE,
            field="--fingerprint",
        )
    if flags["fingerprint"] and flags["explorer"] == Explorer.TABLES.value:
        raise InputError("only the kernel knows fingerprints", source=COMMAND_LINE, field="--explorer")
    if kept and flags["explorer"] == Explorer.TABLES.value:
        raise InputError("only the kernel keeps its search", source=COMMAND_LINE, field="--explorer")
    _only_tables(given, flags, kept)
    if "checkpoint" in kept and not os.access(kept["checkpoint"].parent, os.W_OK):
        raise InputError("cannot write there", source=str(kept["checkpoint"]), field="--checkpoint")
    return kept


def _only_tables(given: Sequence[Request], flags: dict[str, Any], kept: dict[str, Path]) -> None:
    """Refuses what the kernel alone can do where exact durations are asked for, which it does not know."""
    asked = [f"--{name}" for name in (*sorted(kept), *(["fingerprint"] if flags["fingerprint"] else []))]
    asked += ["--explorer"] if flags["explorer"] == Explorer.KERNEL.value else []
    if asked and any(request.settings.time is TimeMode.PROMPT for request in given):
        raise InputError(
            "the kernel does not know exact durations (time prompt): the tables explore them",
            source=COMMAND_LINE,
            field=asked[0],
            expected=f"no {asked[0]}, or --time {TimeMode.GRADED.value}",
        )


def _vacuity(word: str | None) -> Vacuity:
    return Vacuity() if word is None else Vacuity(Severity(word), Severity(word))


def _limits(settings: Settings, flags: dict[str, Any]) -> Limits:
    bounds = settings.bounds
    return Limits(
        max_states=flags["max_states"] or int(bounds.get("maxStates", DEFAULT_MAX_STATES)),
        max_depth=flags["max_depth"] if flags["max_depth"] is not None else _whole(bounds.get("maxDepth")),
        seconds=flags["timeout"] or bounds.get("timeout"),
        max_memory_mb=flags["max_memory"] or DEFAULT_MAX_MEMORY_MB,
    )


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _exit_code(results: list[tuple[Request, list[Checked]]]) -> int:
    codes = []
    for request, checked in results:
        if request.settings.expect:
            codes.append(ExitCode.COMPARISON if unmet(request.settings.expect, checked) else ExitCode.HOLDS)
        else:
            codes.extend(one.verdict.exit_code for one in checked)
    return int(combined_exit_code(codes)) if codes else int(ExitCode.UNDETERMINED)


def _writable(folder: str | None) -> str | None:
    """The folder for traces, made if need be: that it cannot be written to is said before a long search, not after."""
    if folder is None:
        return None
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise InputError(f"cannot write traces there: {error.strerror}", source=folder, field="--output-dir") from error


def _with_traces_written(
    results: list[tuple[Request, list[Checked]]], folder: str
) -> list[tuple[Request, list[Checked]]]:
    """Writes every counterexample into ``folder``, under names that differ also where scenarios are called alike."""
    taken: set[str] = set()

    def written(one: Checked) -> Checked:
        files = {}
        for name, trace in one.traces.items():
            stem = f"{one.job.scenario.name}-{name}".replace(os.sep, "-")
            names = (f"{stem}{f'-{number}' if number > 1 else ''}.trace.json" for number in itertools.count(1))
            files[name] = os.path.join(folder, next(each for each in names if each not in taken))
            taken.add(os.path.basename(files[name]))
            write_whole(files[name], dumps(trace))
        return attrs.evolve(one, files=files)

    return [(request, [written(one) for one in checked]) for request, checked in results]
