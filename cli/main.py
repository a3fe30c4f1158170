"""The program `kubemodel`: its commands, and what becomes of errors (exit codes: design §3.4)."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version

import click

from ..spec.manifests.errors import InputError
from .check_command import check
from .conform_command import conform
from .diagram_command import diagram
from .explain_command import explain
from .export_command import export
from .list_command import list_command
from .place_command import place
from .prove_command import prove_command
from .replay_command import replay
from .simulate_command import simulate
from .validate_command import validate_command

PROGRAM = "kubemodel"

_CLICKS_NUMBERS = re.compile(r"a valid (float|integer)( range)?")

USAGE_ERROR = 2
UNDETERMINED = 3
INTERNAL_ERROR = 70


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version("kubemodel"), prog_name=PROGRAM)
def commands() -> None:
    """Checks what Kubernetes can do with your manifests: every interleaving of its components, faults included.

    \b
    kubemodel check deploy/                       can anything go wrong with these manifests?
    kubemodel check deploy/ --fault node-crash=1  … and when a node crashes?
    kubemodel check deploy/ --user apply=new.yaml … and during this rollout?
    kubemodel simulate deploy/ --walks 1000       random walks, where there is too much to explore
    kubemodel place deploy/                       can all pods be placed? what is in the way?
    kubemodel replay trace.json                   walk through a counterexample again
    kubemodel diagram pod                         the states of a Pod, and who moves it
    kubemodel explain deployment-min-available    what a property says, who upholds it, what shows it
    kubemodel prove rolling-update                what holds of all numbers of replicas

    Exit codes: 0 all properties hold; 11 the cluster can get stuck, 12 a safety property is violated; 3 undetermined;
    2 bad input or usage; 1 an expectation was not met, a conformance case differs, a recording is not explained, a
    proof fails; 70 an error of kubemodel itself.
    """


commands.add_command(check)
commands.add_command(simulate)
commands.add_command(replay)
commands.add_command(diagram)
commands.add_command(export)
commands.add_command(list_command)
commands.add_command(explain)
commands.add_command(conform)
commands.add_command(validate_command)
commands.add_command(place)
commands.add_command(prove_command)
for command in commands.commands.values():
    # A command that was once called on its own would otherwise know no -h from then on.
    command.context_settings.setdefault("help_option_names", ["-h", "--help"])


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; errors become one line on standard error."""
    try:
        given = list(arguments) if arguments is not None else None
        code = commands.main(args=given, prog_name=PROGRAM, standalone_mode=False)
    except InputError as error:
        click.echo(f"error: {error}", err=True)
        return USAGE_ERROR
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        click.echo(f"error: {_usage(error)}", err=True)
        return USAGE_ERROR
    except click.Abort:
        click.echo("interrupted before there was anything to report", err=True)
        return UNDETERMINED
    except Exception as error:
        traceback.print_exc()
        click.echo(f"internal error: {error!r}; this is a fault of kubemodel, please report it", err=True)
        return INTERNAL_ERROR
    return code if isinstance(code, int) else 0


def _usage(error: click.ClickException) -> str:
    """What is wrong with a command line, on one line, with where to read on."""
    said = _CLICKS_NUMBERS.sub("a number", " ".join(error.format_message().split()))
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{said.rstrip('.')}; see {context.command_path if context else PROGRAM} --help"


def main() -> None:
    """Entry point of the console script."""
    sys.exit(run())
