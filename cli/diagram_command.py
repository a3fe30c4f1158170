"""`kubemodel diagram`: pictures of machines, of the architecture and of traces."""

from __future__ import annotations

import difflib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, get_args

import attrs
import click

from ..diagrams import rendering
from ..diagrams.architecture import ComponentFacts, architecture_dot, architecture_mermaid
from ..diagrams.facts import Fact, architecture_facts
from ..diagrams.machine import machine_dot, machine_mermaid
from ..diagrams.rendering import RenderingError
from ..diagrams.trace import trace_dot, trace_mermaid
from ..engine.traces import TraceError, load
from ..spec.cluster import MACHINES
from ..spec.kinds import FAULT, USER
from ..spec.language.machine import Machine
from ..spec.manifests.errors import InputError
from .whole_cluster import all_components

Format = Literal["svg", "png", "dot", "mermaid"]
FORMATS: tuple[Format, ...] = get_args(Format)
SUFFIXES: dict[str, Format] = {
    ".svg": "svg",
    ".png": "png",
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
}
_TEXTS = ("dot", "mermaid")
_SUFFIX_OF = {"svg": ".svg", "png": ".png", "dot": ".dot", "mermaid": ".mmd"}

SEEN = Path(__file__).with_name("architecture.json")
"""What every component was seen to do while the scenarios of the tests were explored completely; a test writes and
compares it."""

ARCHITECTURE = "architecture"
ALL = "all"
STDOUT = "-"


@attrs.frozen
class Picture:
    """Something to draw. ``name``: what its file is called. DOT and Mermaid are made only when they are asked for."""

    name: str
    dot: Callable[[], str]
    mermaid: Callable[[], str]

    def content(self, form: Format, program: Path | None) -> bytes:
        """The picture in a format; ``program`` lays out what needs it."""
        if form == "mermaid":
            return self.mermaid().encode()
        if form == "dot":
            return self.dot().encode()
        return rendering.render(self.dot(), form, program or rendering.bundled_program())


def file_name(machine: Machine) -> str:
    """The name of a machine as it is typed, and as its file is called: without spaces."""
    return machine.name.replace(" ", "-")


def _of_machine(machine: Machine) -> Picture:
    return Picture(file_name(machine), lambda: machine_dot(machine), lambda: machine_mermaid(machine))


def _of_architecture() -> Picture:
    def facts() -> tuple[ComponentFacts, ...]:
        seen: list[Fact] = [tuple(fact) for fact in json.loads(SEEN.read_text(encoding="utf-8"))]
        return architecture_facts(all_components(), seen, bookkeeping=(FAULT, USER))

    return Picture(ARCHITECTURE, lambda: architecture_dot(facts()), lambda: architecture_mermaid(facts()))


def _of_trace(path: str) -> Picture:
    try:
        trace = load(Path(path))
    except TraceError as error:
        raise InputError(error.problem, source=error.file, field=error.where or None) from error
    places = {component.name: component.place for component in all_components()}
    return Picture(Path(path).stem, lambda: trace_dot(trace, places), lambda: trace_mermaid(trace, places))


def pictures() -> Iterator[Picture]:
    """All pictures that need no file: the architecture, then the machines as they are declared."""
    yield _of_architecture()
    yield from map(_of_machine, MACHINES)


def _unknown(name: str) -> click.UsageError:
    known = [picture.name for picture in pictures()]
    of_kind = [file_name(machine) for machine in MACHINES if machine.kind.lower() == name.lower()]
    meant = list(dict.fromkeys([*of_kind, *difflib.get_close_matches(name.lower(), known, n=3)]))
    hint = f"did you mean {' or '.join(meant)}?" if meant else f"there are {', '.join(known)}, and {ALL}."
    return click.UsageError(f'there is no picture "{name}"; {hint} A trace is named by its file, such as trace.json.')


def chosen(name: str) -> tuple[Picture, ...]:
    """What a name means. Raises ``click.UsageError`` for an unknown one, ``InputError`` for a file that is no trace."""
    if name.lower().endswith(".json") or os.sep in name:
        return (_of_trace(name),)
    if name.lower() == ALL:
        return tuple(pictures())
    wanted = name.lower().replace(" ", "-")
    found = tuple(picture for picture in pictures() if picture.name.lower() == wanted)
    if not found:
        raise _unknown(name)
    return found


def _format(form: Format | None, output: str | None) -> Format:
    if form is not None:
        return form
    if output is None or output == STDOUT:
        return "svg"
    suffix = Path(output).suffix.lower()
    if suffix not in SUFFIXES:
        raise click.UsageError(f'the name "{output}" does not say which format; end it in {", ".join(SUFFIXES)}')
    return SUFFIXES[suffix]


def _program(system_dot: bool) -> Path | None:
    if not system_dot:
        return None
    found = shutil.which("dot")
    if found is None:
        raise click.UsageError("--system-dot: there is no dot in PATH; install Graphviz, or leave the option out")
    return Path(found)


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as problem:
        raise InputError(f"cannot be written: {problem.strerror}", source=str(path)) from problem
    click.echo(f"wrote {path}", err=True)


@click.command(short_help="Draw a machine, the architecture or a trace.")
@click.argument("name")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by the suffix of --output, else svg.")
@click.option("-o", "--output", metavar="FILE", help="Where to; - is standard output. [default: NAME.svg]")
@click.option("--output-dir", metavar="FOLDER", help="A folder for NAME.svg, or for all pictures.")
@click.option("--system-dot", is_flag=True, help="Lay out with the system's Graphviz; its bytes depend on its version.")
def diagram(name: str, form: Format | None, output: str | None, output_dir: str | None, system_dot: bool) -> None:
    """Draws NAME: a machine (see `kubemodel list machines`), `architecture`, a trace file, or `all`.

    \b
    kubemodel diagram pod                            pod.svg: the states of a Pod, and who moves it
    kubemodel diagram architecture -o cluster.png    who watches and writes what
    kubemodel diagram trace.json                     a counterexample as a sequence diagram
    kubemodel diagram rollout --format mermaid       text for a Markdown page, on standard output
    kubemodel diagram all --output-dir pictures/     every machine, and the architecture

    The picture of the architecture is made from the components themselves: what they declare to read, and what they
    were seen to ask of others while small clusters were explored completely.
    """
    if output is not None and output_dir is not None:
        raise click.UsageError("--output and --output-dir exclude each other")
    if name.lower() == ALL and output_dir is None:
        raise click.UsageError("all needs --output-dir, the folder for the pictures")
    wanted = _format(form, output)
    program = _program(system_dot)
    drawn = chosen(name)
    try:
        for picture in drawn:
            content = picture.content(wanted, program)
            to_stdout = output == STDOUT or (output is None and output_dir is None and wanted in _TEXTS)
            if to_stdout:
                click.echo(content, nl=False)
            else:
                path = Path(output) if output else Path(output_dir or "", picture.name + _SUFFIX_OF[wanted])
                _write(path, content)
    except RenderingError as problem:
        raise click.ClickException(str(problem)) from problem
