"""The report of a check as text for a person: verdict first, then what it rests on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..checker.vacuity import Severity
from ..engine.verdicts import Verdict
from ..spec.manifests.coverage import NotModelled
from .checking import Checked, verdict_of
from .expectations import unmet
from .inputs import Request
from .narrative import narrative
from .report_basis import BOUND_FLAGS, basis, counted, not_checked
from .report_explosion import explosion_lines

WIDTH = 100

_MOST_SERIOUS_FIRST = (Verdict.VIOLATED, Verdict.UNDETERMINED, Verdict.VACUOUS, Verdict.HOLDS)
_SLOWEST = 10
"""Rules whose time is told; the JSON report has them all."""

_HANGING = " " * 15


def report_text(
    results: Sequence[tuple[Request, Sequence[Checked]]],
    *,
    stats: bool = False,
) -> str:
    """The report of all requests, with ``stats`` on what the search was made of."""
    lines: list[str] = []
    for request, checked in results:
        if request.source:
            lines += [f"Scenario {request.source}"]
        lines += [*_verdict(request, checked), ""]
        for one in checked:
            lines += [*_group(one, stats), ""]
        lines += [*_ending(request, checked), ""]
    if len(results) > 1:
        lines += [*_of_all(results), ""]
    return "\n".join(_printable(line) for line in lines[:-1]) + "\n"


def _printable(line: str) -> str:
    """Names of files come from anywhere: what would steer a terminal is not passed on."""
    return "".join(letter if letter.isprintable() else "?" for letter in line).rstrip()


def _wrapped(text: str, first: str = "", further: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=further, break_long_words=False, break_on_hyphens=False
    )


def _verdict(request: Request, checked: Sequence[Checked]) -> Iterator[str]:
    """The verdict of a request: its first lines and, so that none has to scroll back, its last ones."""
    verdict = verdict_of(checked).verdict
    if not checked:
        yield f"Verdict: {verdict.value}: there is no workload of a kind that is modelled, so nothing was checked"
    else:
        those = [one.job.scenario.name for one in checked if one.verdict.verdict is verdict]
        of = f" of {len(checked)}" if len(those) != len(checked) else ""
        which = f" ({', '.join(those)})" if of else ""
        groups = f" in {len(those)}{of} groups{which}" if len(checked) > 1 else ""
        left = [group.name for group in request.plan.not_checked]
        rest = f"; not checked: {', '.join(left)}" if left else ""
        yield from _wrapped(f"Verdict: {verdict.value}{groups}{_reason(checked, verdict)}{rest}", "", "    ")
    missed = unmet(request.settings.expect, checked)
    for sentence in missed:
        yield f"Not as expected: {sentence}"
    if request.settings.expect and not missed:
        yield "As expected."


def _reason(checked: Sequence[Checked], verdict: Verdict) -> str:
    """What decides a verdict: the properties that are violated, the bounds that ran out."""
    results = [one.result for one in checked if one.verdict.verdict is verdict]
    if verdict is Verdict.VIOLATED:
        found = [prop.name for result in results for prop in result.properties if prop.verdict is verdict]
    elif verdict is Verdict.UNDETERMINED:
        found = [bound.name for result in results for bound in result.bounds]
    elif verdict is Verdict.VACUOUS:
        by_rules = [one for one in checked if one.vacuity.rules is Severity.ERROR and one.never_fired]
        found = ["rules that never fired"] if by_rules else []
    else:
        return ""
    return f": {', '.join(dict.fromkeys(found))}" if found else ""


def _of_all(results: Sequence[tuple[Request, Sequence[Checked]]]) -> Iterator[str]:
    by_verdict: dict[Verdict, list[str]] = {}
    for request, checked in results:
        verdict = verdict_of(checked).verdict
        by_verdict.setdefault(verdict, []).append(request.source)
    yield f"All {len(results)} scenarios:"
    for verdict in _MOST_SERIOUS_FIRST:
        for source in by_verdict.get(verdict, ()):
            yield f"  {verdict.value:<13}{source}"


def _group(one: Checked, stats: bool) -> Iterator[str]:
    result = one.result
    name = one.job.scenario.name
    yield (
        f"{name}: {one.verdict.verdict.value}   ({counted(result.states, 'state')}, "
        f"{counted(result.transitions, 'transition')}, depth {result.depth}, {_extent(one)})"
    )
    yield from _wrapped(one.job.group.explanation, "  group: ", "    ")
    for bound in result.bounds:
        if bound.name != "first-violation":
            flag = BOUND_FLAGS.get(bound.name)
            yield from _wrapped(f"stopped: {bound.text}{f' (raise {flag})' if flag else ''}", "  ", "    ")
    yield from _properties(one)
    for suspension in result.suspended:
        texts, times = "; ".join(suspension.texts), counted(suspension.times, "time")
        yield from _wrapped(f"{suspension.property} was not required {times}: {texts}", "  ", "    ")
    for violated, trace in one.traces.items():
        yield ""
        yield from narrative(trace, width=WIDTH).splitlines()
        path = one.files.get(violated)
        yield f"Trace written to {path}" if path else "Write it to a file with --output-dir DIR, to replay or draw it."
    for undetermined, loop in one.loops.items():
        yield ""
        yield f"The loop that leaves {undetermined} undetermined:"
        yield from narrative(loop, width=WIDTH).splitlines()
    if stats:
        yield from _stats(one)
    if result.explosion is not None:
        yield ""
        for line, further in explosion_lines(result.explosion, complete=result.complete):
            yield from _wrapped(line, "", further)


def _extent(one: Checked) -> str:
    if one.result.complete:
        return "complete"
    stopped = [bound.name for bound in one.result.bounds]
    return "not complete" if stopped != ["first-violation"] else "stopped at the violation"


def _properties(one: Checked) -> Iterator[str]:
    """The properties, those of one verdict for one reason together; violations first."""
    for verdict in _MOST_SERIOUS_FIRST:
        reasons: dict[str, list[str]] = {}
        for prop in one.vacuity.listed(one.result.properties):
            if prop.verdict is verdict:
                reasons.setdefault(prop.text if verdict is not Verdict.HOLDS else "", []).append(prop.name)
        for reason, names in reasons.items():
            said = f"{', '.join(names)}: {reason}" if reason else ", ".join(names)
            yield from _wrapped(f"{verdict.value:<13}{said}", "  ", _HANGING)
    if one.vacuity.rules is not Severity.IGNORE and one.never_fired:
        mark = Verdict.VACUOUS.value if one.vacuity.rules is Severity.ERROR else Severity.WARN.value
        so_far = "" if one.result.complete else " as far as was explored"
        rules = ", ".join(f"{component}: {rule}" for component, rule in one.never_fired)
        yield from _wrapped(f"{mark:<13}rules that never fired{so_far}: {rules}", "  ", _HANGING)


def _stats(one: Checked) -> Iterator[str]:
    result = one.result
    yield ""
    yield "  distinct views of each rule (share of the states):"
    for (component, rule), count in result.views.items():
        if count:
            yield f"    {count:>9,}  {100 * count / result.states:7.3f} %  {component}: {rule}"
    yield "  rules that never fired: " + (
        ", ".join(f"{component}: {rule}" for component, rule in result.never_fired) or "none"
    )


def measured_lines(results: Iterable[tuple[Request, Sequence[Checked]]]) -> Iterator[str]:
    """What differs from run to run: rates and memory; for standard error, so that the report stays the same."""
    for _, checked in results:
        for one in checked:
            measured = one.result.measured
            yield (
                f"{one.job.scenario.name}: {measured.seconds:.1f} s, {measured.states_per_second:,.0f} states/s, "
                f"{measured.bytes_per_state:.0f} bytes a state, peak {measured.peak_memory_mb:,.0f} MB"
            )
            yield f"  explored by {measured.explorer}: " + ", ".join(
                f"{count:,} {what}" for what, count in sorted(measured.tables.items())
            )
            for what in _looked_up(measured.tables):
                yield f"  {what}"
            for rule in measured.rules[:_SLOWEST]:
                yield f"  {1000 * rule.seconds:>9,.1f} ms in {': '.join(rule.rule)}"


def _looked_up(tables: Mapping[str, int]) -> Iterator[str]:
    """Of what was looked up, how much was there."""
    for name, hits in sorted(tables.items()):
        missed = tables.get(f"{name.removesuffix(' found')} not found")
        if name.endswith(" found") and missed is not None and not name.endswith(" not found") and hits + missed:
            yield f"{100 * hits / (hits + missed):.2f} % of the {name.removesuffix(' found')} looked up were found"


def _ending(request: Request, checked: Sequence[Checked]) -> Iterator[str]:
    unchecked = list(not_checked(request))
    for group, why in unchecked:
        yield from _wrapped(f"{group.name}: not checked: {why}", "", "    ")
    if unchecked:
        yield ""
    if request.plan.not_modelled:
        yield "Not modelled:"
        for entry in request.plan.not_modelled:
            yield from _wrapped(_left_out(entry), "  - ", "    ")
    yield "Assumed and bounded:"
    for line in basis(request, checked):
        yield from _wrapped(line, "  - ", "    ")
    yield from _verdict(request, checked)


def _left_out(entry: NotModelled) -> str:
    what = f"{entry.kind} {entry.field}" if entry.field else f"{entry.kind} {entry.name}"
    more = f" (and {entry.count - 1} more)" if entry.count > 1 and not entry.field else ""
    return f"{what}{more}: {entry.consequence}"
