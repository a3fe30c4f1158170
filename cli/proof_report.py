"""What a proof is told as: text for whoever asked, the same as plain data, and the page of all proofs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from ..engine.traces import to_plain
from ..proving.induction.catalogue import PROVABLES
from ..proving.induction.law import Hypothesis, Law, Mutation, Values
from ..proving.induction.proving import Found, Outcome
from .narrative import narrative
from .report_text import WIDTH

_WORDS = {
    Outcome.PROVED: "proved",
    Outcome.REFUTED: "fails",
    Outcome.VACUOUS: "says nothing",
    Outcome.UNDETERMINED: "undetermined",
}


@attrs.frozen(eq=False)
class Proof:
    """What came of a law. ``mutation``: by which it was changed, None as it stands; ``file``: its counterexample's."""

    found: Found
    mutation: Mutation | None = None
    file: str = ""


def text(proofs: Sequence[Proof], *, witness: bool) -> str:
    """The report. ``witness``: with numbers that meet the hypotheses, and a state for each step."""
    return "\n\n".join("\n".join(_told(proof, witness=witness)) for proof in proofs) + "\n"


def _told(proof: Proof, *, witness: bool) -> Iterator[str]:
    found, law = proof.found, proof.found.law
    changed = f", {proof.mutation.name}" if proof.mutation is not None else ""
    yield f"{law.name}{changed}: {_WORDS[found.outcome]}"
    yield from _wrapped(law.statement, "  ")
    yield from _wrapped(f"For {law.for_all}.", "  ")
    if proof.mutation is not None:
        yield from _wrapped(f"Changed: {proof.mutation.text}.", "  ")
    if found.reason:
        yield from _wrapped(f"{_capital(found.reason)}.", "  ")
    yield from _how(found)
    if found.trace is not None:
        yield ""
        yield from narrative(found.trace, width=WIDTH).splitlines()
        if proof.file:
            yield f"Written to {proof.file}; kubemodel replay walks through it again."
    yield "  It rests on:" if found.trace is None else f"{law.name} rests on:"
    for hypothesis in law.hypotheses:
        yield from _wrapped(f"- {hypothesis.name}: {hypothesis.text} ({hypothesis.source})", "    ", "      ")
    if witness:
        yield from _witnesses(found)


def _how(found: Found) -> Iterator[str]:
    if found.depth:
        over = "an inductive invariant" if found.depth == 1 else f"induction over {found.depth} steps"
        yield f"  By {over}: z3 showed {found.shown} obligations."
    elif found.shown:
        yield f"  z3 showed {found.shown} obligations; not all there are."
    if found.stuck is not None and found.trace is None:
        yield from _wrapped(f"Not shown: {found.stuck.claim}.", "  ")
        for word, state in zip(("from", "to"), found.stuck.states, strict=False):
            yield from _wrapped(f"{word} {_numbers(state)}", "    ", "      ")
        if found.outcome is Outcome.UNDETERMINED:
            yield "    No way from the beginning to there is known."
    if found.explored is not None:
        result = found.explored.result
        whole = "all explored" if result.complete else "explored in part"
        broken = "and break it" if found.explored.trace is not None else "and none breaks it"
        counted = f"{result.states:,} states, {result.transitions:,} transitions"
        yield f"  Small instances: {counted}, {whole if not found.explored.trace else 'explored until then'}, {broken}."
        if found.outcome is Outcome.PROVED and found.explored.never:
            yield from _wrapped(f"Never taken there: {', '.join(found.explored.never)}.", "  ")


def _witnesses(found: Found) -> Iterator[str]:
    if found.witness is not None:
        yield from _wrapped(f"Its hypotheses are met by {_numbers(found.witness) or 'the beginning'}.", "  ")
    for name, state in found.enabled:
        if state is not None:
            yield from _wrapped(f"{name}: can be taken in {_numbers(state)}", "    ", "      ")


def _numbers(state: Values) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in state.items())


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _wrapped(sentence: str, first: str, further: str | None = None) -> Iterable[str]:
    return textwrap.wrap(
        sentence,
        WIDTH,
        initial_indent=first,
        subsequent_indent=first if further is None else further,
        break_long_words=False,
        break_on_hyphens=False,
    )


def document(proofs: Sequence[Proof]) -> dict[str, Any]:
    """The report as plain data; what differs from run to run stands under ``measured`` alone."""
    return {
        "verdict": worst(proofs).value,
        "proofs": [_plain(proof) for proof in proofs],
        "measured": [{"law": proof.found.law.name, "seconds": proof.found.seconds} for proof in proofs],
    }


def worst(proofs: Sequence[Proof]) -> Outcome:
    """The outcome of all proofs together."""
    order = (Outcome.REFUTED, Outcome.UNDETERMINED, Outcome.VACUOUS, Outcome.PROVED)
    return min((proof.found.outcome for proof in proofs), key=order.index, default=Outcome.PROVED)


def _plain(proof: Proof) -> dict[str, Any]:
    found, law = proof.found, proof.found.law
    result = found.explored.result if found.explored is not None else None
    return {
        "law": law.name,
        "mutation": proof.mutation.name if proof.mutation is not None else None,
        "verdict": found.outcome.value,
        "reason": found.reason,
        "statement": law.statement,
        "forAll": law.for_all,
        "reference": law.reference,
        "hypotheses": [attrs.asdict(hypothesis) for hypothesis in law.hypotheses],
        "obligationsShown": found.shown,
        "inductionOver": found.depth,
        "notShown": None
        if found.stuck is None
        else {"claim": found.stuck.claim, "states": [dict(state) for state in found.stuck.states]},
        "hypothesesMetBy": None if found.witness is None else dict(found.witness),
        "stepsTakenIn": {name: None if state is None else dict(state) for name, state in found.enabled},
        "smallInstances": None
        if result is None or found.explored is None
        else {
            "states": result.states,
            "transitions": result.transitions,
            "depth": result.depth,
            "complete": result.complete,
            "neverTaken": list(found.explored.never),
        },
        "counterexample": None if found.trace is None else to_plain(found.trace),
        "counterexampleFile": proof.file or None,
    }


def listing(provables: Mapping[str, tuple[Law, Sequence[Mutation]]]) -> Iterator[str]:
    """Every law with its mutations, in lines."""
    for name, (law, mutations) in provables.items():
        yield name
        yield from _wrapped(law.statement, "  ")
        yield "  hypotheses:"
        for hypothesis in law.hypotheses:
            yield from _wrapped(f"{hypothesis.name}: {hypothesis.text} ({hypothesis.source})", "    ", "      ")
        yield "  mutations, by which it fails:"
        for mutation in mutations:
            yield from _wrapped(f"{mutation.name}: {mutation.text}", "    ", "      ")


def listed() -> dict[str, tuple[Law, Sequence[Mutation]]]:
    """Every law as it stands, with its mutations."""
    return {name: (provable.law(), provable.mutations) for name, provable in PROVABLES.items()}


def listing_document() -> list[dict[str, Any]]:
    """The same as plain data."""
    return [
        {
            "law": name,
            "statement": law.statement,
            "forAll": law.for_all,
            "reference": law.reference,
            "hypotheses": [attrs.asdict(hypothesis) for hypothesis in law.hypotheses],
            "mutations": [{"name": mutation.name, "text": mutation.text} for mutation in mutations],
        }
        for name, (law, mutations) in listed().items()
    ]


def table() -> Iterator[str]:
    """The table of all proofs, in Markdown."""
    yield "| law | says, of all sizes | rests on | fails with |"
    yield "|---|---|---|---|"
    for name, (law, mutations) in listed().items():
        rests = ", ".join(map(_sourced, law.hypotheses))
        fails = ", ".join(f"`{mutation.name}`" for mutation in mutations)
        yield f"| `{name}` | {law.statement} | {rests} | {fails} |"


def _sourced(hypothesis: Hypothesis) -> str:
    return f"{hypothesis.name} ({hypothesis.source})"
