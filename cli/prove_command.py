"""`kubemodel prove`: laws of controllers for all numbers of replicas, by induction."""

from __future__ import annotations

import difflib
import json
import os

import attrs
import click

from ..engine.traces import dumps
from ..engine.verdicts import ExitCode
from ..proving.induction.catalogue import PROVABLES
from ..proving.induction.law import Mutation
from ..proving.induction.proving import INTERRUPTED, Found, Outcome, prove
from . import machine_report
from .progress import Progress
from .proof_report import Proof, document, listed, listing, listing_document, text, worst
from .writing import write_whole

SECONDS = 60.0
"""How long a law may take, unless told otherwise."""

_CODES = {
    Outcome.PROVED: ExitCode.HOLDS,
    Outcome.REFUTED: ExitCode.COMPARISON,
    Outcome.VACUOUS: ExitCode.UNDETERMINED,
    Outcome.UNDETERMINED: ExitCode.UNDETERMINED,
}


MACHINES = "machines"
"""What stands for no law: whether the states of every machine are disjoint, and cover all objects."""


def _machines(as_json: bool) -> int:
    found = machine_report.checked()
    shown = machine_report.document(found)
    click.echo(json.dumps(shown, indent=1, ensure_ascii=False) if as_json else machine_report.text(found), nl=as_json)
    return int(ExitCode.HOLDS if all(it.holds for it in found) else ExitCode.COMPARISON)


def _known(name: str) -> str:
    if name not in PROVABLES:
        near = difflib.get_close_matches(name, PROVABLES, n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(PROVABLES)}, and {MACHINES}"
        raise click.UsageError(f'there is no law "{name}"; {hint}')
    return name


def _mutation(names: tuple[str, ...], wanted: str) -> Mutation:
    if len(names) != 1:
        raise click.UsageError("--mutate needs one law")
    mutations = PROVABLES[names[0]].mutations
    found = [mutation for mutation in mutations if mutation.name == wanted]
    if not found:
        there = ", ".join(mutation.name for mutation in mutations)
        raise click.UsageError(f'{names[0]} has no mutation "{wanted}"; there are {there}')
    return found[0]


@click.command("prove", short_help="Prove laws of controllers for all numbers of replicas.")
@click.argument("names", nargs=-1, metavar="[LAW]...")
@click.option("--list", "only_list", is_flag=True, help="List the laws, what they rest on, and their mutations.")
@click.option("--mutate", metavar="NAME", help="Change a rule, or give a hypothesis up: the proof must fail then.")
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), default=SECONDS, help="Seconds for each law [60]."
)
@click.option(
    "--witness", is_flag=True, help="Show numbers that meet the hypotheses, and where each step can be taken."
)
@click.option(
    "--output-dir", type=click.Path(file_okay=False), metavar="FOLDER", help="Write counterexamples as traces."
)
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def prove_command(
    names: tuple[str, ...],
    only_list: bool,
    mutate: str | None,
    timeout: float,
    witness: bool,
    output_dir: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Proves laws of Kubernetes' controllers for all numbers of replicas and all budgets; each LAW, or all there are.

    \b
    kubemodel prove                                           every law
    kubemodel prove --list                                    what there is
    kubemodel prove rolling-update --mutate surge-off-by-one  see the proof fail, and how
    kubemodel prove machines                                  is every object in one state of each machine?

    z3 shows that an invariant is kept by every step, which the controllers' own functions take; the explorer checks
    small instances besides. A law that fails is shown with a way to break it, which kubemodel replay walks again.

    Exit codes: 0 proved; 1 a law fails; 3 undetermined (time ran out, or neither a proof nor a way to break it was
    found); 2 usage.
    """
    if MACHINES in names:
        if len(names) > 1 or mutate is not None or only_list:
            raise click.UsageError(f"{MACHINES} stands alone: it is no law")
        return _machines(as_json)
    if only_list:
        entries = {name: entry for name, entry in listed().items() if not names or name in tuple(map(_known, names))}
        shown = [entry for entry in listing_document() if entry["law"] in entries]
        click.echo(json.dumps(shown, indent=1, ensure_ascii=False) if as_json else "\n".join(listing(entries)))
        return int(ExitCode.HOLDS)
    chosen = tuple(dict.fromkeys(map(_known, names))) or tuple(PROVABLES)
    mutation = _mutation(names, mutate) if mutate is not None else None
    if output_dir is not None:
        os.makedirs(output_dir, exist_ok=True)
    proofs: list[Proof] = []
    for name in chosen:
        interrupted = any(proof.found.reason == INTERRUPTED for proof in proofs)
        found = _proved(name, mutation, timeout, interrupted=interrupted, shown=not quiet)
        proofs.append(_written(Proof(found, mutation), output_dir))
    if as_json:
        click.echo(json.dumps(document(proofs), indent=1, ensure_ascii=False))
    else:
        click.echo(text(proofs, witness=witness), nl=False)
    return int(_CODES[worst(proofs)])


def _proved(name: str, mutation: Mutation | None, seconds: float, *, interrupted: bool, shown: bool) -> Found:
    law = PROVABLES[name].law() if mutation is None else mutation.law()
    if interrupted:
        return Found(law, Outcome.UNDETERMINED, reason=INTERRUPTED)
    with Progress(name, shown=shown) as doing:
        found = prove(law, mutation=mutation.name if mutation else "", seconds=seconds, told=doing.tell)
    if shown:
        click.echo(f"{name}: {found.seconds:.1f} s", err=True)
    return found


def _written(proof: Proof, folder: str | None) -> Proof:
    if folder is None or proof.found.trace is None:
        return proof
    changed = f".{proof.mutation.name}" if proof.mutation is not None else ""
    file = os.path.join(folder, f"{proof.found.law.name}{changed}.trace.json")
    write_whole(file, dumps(proof.found.trace))
    return attrs.evolve(proof, file=file)
