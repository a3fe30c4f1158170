"""`kubemodel conform`: Kubernetes' own test tables, put to the functions that the model calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from ..conformance.areas import AREAS
from ..conformance.cases import read
from ..conformance.running import Finding, Result, count, run

FAILED = 1
_WRONG = (Finding.DIFFERS, Finding.NOT_MODELLED)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=repr)


def table(results: Sequence[Result]) -> Iterator[str]:
    """One line an area: how many cases there are, and what came of them; then their sum."""
    counts = count(results)
    width = max(map(len, [*counts, "area", "in all"])) + 2
    yield "".join([f"{'area':<{width}}{'cases':>7}", *(f"{finding.value:>14}" for finding in Finding)])
    for area, found in counts.items():
        yield "".join([f"{area:<{width}}{found.total():>7}", *(f"{found[finding]:>14}" for finding in Finding)])
    sums = (sum(found[finding] for found in counts.values()) for finding in Finding)
    yield "".join([f"{'in all':<{width}}{len(results):>7}", *(f"{number:>14}" for number in sums)])


def _told(results: Sequence[Result]) -> Iterator[str]:
    for result in results:
        if result.finding is Finding.DIFFERS:
            yield from (
                "",
                f"differs: {result.case.id} ({result.case.source})",
                f"  question  {result.case.question}",
                f"  given     {_plain(result.case.given)}",
                f"  expected  {_plain(result.expected)}",
                f"  answered  {_plain(result.answered)}",
            )
    reasons: dict[tuple[Finding, str], list[str]] = {}
    for result in results:
        if result.finding in (Finding.NOT_FOLLOWED, Finding.NOT_MODELLED):
            reasons.setdefault((result.finding, result.reason), []).append(result.case.id)
    for (finding, reason), ids in reasons.items():
        yield from ("", f"{finding.value}: {reason}", *(f"  {name}" for name in ids))


def document(results: Sequence[Result]) -> dict[str, Any]:
    """The same as plain data: counts by area, and every case that does not agree, with what was compared."""
    return {
        "agree": all(result.finding not in _WRONG for result in results),
        "areas": {
            area: {"cases": found.total()} | {finding.value: found[finding] for finding in Finding}
            for area, found in count(results).items()
        },
        "cases": [
            {
                "id": result.case.id,
                "question": result.case.question,
                "finding": result.finding.value,
                "given": result.case.given,
                "expected": result.expected,
                "answered": result.answered,
                "reason": result.reason,
            }
            for result in results
            if result.finding is not Finding.AGREES
        ],
    }


@click.command("conform", short_help="Run Kubernetes' own test tables through the model.")
@click.argument("files", nargs=-1, required=True, metavar="FILE.jsonl...")
@click.option("--json", "as_json", is_flag=True, help="Counts and differences as JSON.")
def conform(files: Sequence[str], as_json: bool) -> int:
    """Puts conformance cases to the very functions that the model calls, and compares what they answer exactly.

    A case is not followed where the model deliberately answers otherwise, and not modelled where nobody answers its
    question. Exit code: 1 if a case differs or is not modelled.
    """
    results = run(read(files), AREAS)
    if as_json:
        click.echo(json.dumps(document(results), indent=2, ensure_ascii=False, default=repr))
    else:
        click.echo("\n".join([*table(results), *_told(results)]))
    return FAILED if any(result.finding in _WRONG for result in results) else 0
