"""The report of a check as text for a person: verdict first, then what it rests on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..engine.verdicts import RunVerdict, Verdict
from ..spec.language.model import TimeMode
from ..spec.language.scenario import Start
from ..spec.manifests.coverage import NotModelled
from ..spec.objects.quantities import ResourceList
from .checking import Checked
from .expectations import unmet
from .inputs import Request
from .narrative import narrative

WIDTH = 100


def report_text(
    results: Sequence[tuple[Request, Sequence[Checked]]],
    written: Mapping[tuple[str, str], str],
    *,
    stats: bool = False,
) -> str:
    """The report of all requests. ``written``: where traces went, by job and property."""
    lines: list[str] = []
    for request, checked in results:
        if request.source:
            lines += [f"scenario {request.source}", ""]
        for one in checked:
            lines += [*_group(one, written, stats), ""]
        lines += [*_ending(request, checked), ""]
    return "\n".join(line.rstrip() for line in lines[:-1]) + "\n"


def _wrapped(text: str, first: str = "", further: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=further, break_long_words=False, break_on_hyphens=False
    )


def _group(one: Checked, written: Mapping[tuple[str, str], str], stats: bool) -> Iterator[str]:
    result = one.result
    name = one.job.scenario.name
    complete = "complete" if result.complete else "not complete"
    yield (
        f"{name}: {result.verdict.verdict.value}   "
        f"({result.states:,} states, {result.transitions:,} transitions, depth {result.depth}, {complete})"
    )
    yield from _wrapped(one.job.group.explanation, "  group: ", "    ")
    for bound in result.bounds:
        if bound.name != "first-violation":
            yield from _wrapped(f"stopped: {bound.text}", "  ", "    ")
    width = max((len(prop.name) for prop in result.properties), default=0)
    for prop in result.properties:
        text = prop.text if prop.verdict is not Verdict.HOLDS else ""
        yield from _wrapped(f"{prop.verdict.value:<13}{prop.name:<{width}}  {text}".rstrip(), "  ", " " * 17)
    for suspension in result.suspended:
        texts = "; ".join(suspension.texts)
        yield from _wrapped(f"{suspension.property} was not required {suspension.times:,} times: {texts}", "  ", "    ")
    for violated, trace in one.traces.items():
        yield ""
        yield from narrative(trace, width=WIDTH).splitlines()
        path = written.get((name, violated))
        yield f"Trace written to {path}" if path else "Write it to a file with --output-dir DIR, to replay or draw it."
    if one.cycle is not None:
        yield ""
        yield "These steps can go round for ever, so it cannot be said that the cluster comes to rest:"
        yield from narrative(one.cycle, width=WIDTH).splitlines()
    if stats:
        yield from _stats(one)


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
    yield "  tables: " + ", ".join(f"{count:,} {what}" for what, count in sorted(result.tables.items()))


def measured_lines(results: Iterable[tuple[Request, Sequence[Checked]]]) -> Iterator[str]:
    """What differs from run to run: rates and memory; for standard error, so that the report stays the same."""
    for _, checked in results:
        for one in checked:
            measured = one.result.measured
            yield (
                f"{one.job.scenario.name}: {measured.seconds:.1f} s, {measured.states_per_second:,.0f} states/s, "
                f"{measured.bytes_per_state:.0f} bytes a state, peak {measured.peak_memory_mb:,.0f} MB"
            )


def _ending(request: Request, checked: Sequence[Checked]) -> Iterator[str]:
    plan = request.plan
    if not checked:
        yield "No workload of a kind that is modelled, so there is nothing to check."
    left_out = [*plan.not_modelled, *(entry for one in checked for entry in one.job.not_modelled)]
    if left_out:
        yield "Not modelled:"
        for entry in _merged(left_out):
            yield from _wrapped(_left_out(entry), "  - ", "    ")
    yield "Assumed and bounded:"
    for line in basis(request, checked):
        yield from _wrapped(line, "  - ", "    ")
    verdict = RunVerdict.of(prop for one in checked for prop in one.result.properties)
    groups = f" in {len(checked)} groups" if len(checked) != 1 else ""
    yield f"Verdict: {verdict.verdict.value}{groups}"
    for sentence in unmet(request.settings.expect, checked):
        yield f"Not as expected: {sentence}"
    if request.settings.expect and not unmet(request.settings.expect, checked):
        yield "As expected."


def _merged(entries: Iterable[NotModelled]) -> list[NotModelled]:
    found: dict[tuple[str, str, str], NotModelled] = {}
    for entry in entries:
        found.setdefault((entry.kind, entry.field, entry.consequence), entry)
    return list(found.values())


def _left_out(entry: NotModelled) -> str:
    what = f"{entry.kind} {entry.field}" if entry.field else f"{entry.kind} {entry.name}"
    more = f" (and {entry.count - 1} more)" if entry.count > 1 and not entry.field else ""
    return f"{what}{more}: {entry.consequence}"


def basis(request: Request, checked: Sequence[Checked]) -> Iterator[str]:
    """What the verdict rests on: nodes, budgets, consistency, time, bounds and named assumptions, a line each."""
    settings = request.settings
    names = ", ".join(str(node["metadata"]["name"]) for node in request.plan.nodes)
    given = "assumed, none were given: " if request.plan.assumed_nodes else ""
    yield f"nodes: {given}{names}{_size(checked)}"
    budgets = ", ".join(f"{name} at most {budget}" for name, budget in sorted(settings.faults.items()) if budget)
    yield f"faults: {budgets or 'none'}"
    todo = "; ".join(", then ".join(f"{verb} {what}" for verb, what in user) for user in settings.users)
    yield f"users: {todo or 'none'}"
    lag = ", ".join(f"{client} up to {n} changes of {kind}" for (client, kind), n in sorted(settings.lag.items()))
    yield f"watch caches behind: {lag + '; all others up to date' if lag else 'none, all are up to date'}"
    if settings.constants:
        yield "timers changed: " + ", ".join(
            f"{name} {value:g} s" for name, value in sorted(settings.constants.items())
        )
    if settings.time is TimeMode.GRADED:
        yield "time graded: a timer fires only when nothing faster can happen; faults and users come at any moment"
    else:
        yield "time asynchronous: a timer that is armed may fire at any moment"
    starts = sorted({(one.job.scenario.start, one.starts) for one in checked}, key=repr)
    for start, count in starts:
        if start is Start.RUNNING:
            yield f"start: the manifests run already, in every way in which they can come to rest ({count} states)"
        else:
            yield "start: the manifests have just been applied to ready nodes"
    slots = sorted({kind.slots for one in checked for kind in one.model.kinds if kind.slots})
    if slots:
        yield f"room for at most {' or '.join(map(str, slots))} pods at once in a group"
    known: dict[str, str] = {}
    for one in checked:
        for assumption in one.model.assumptions:
            source = f" ({assumption.source})" if assumption.source else ""
            known.setdefault(assumption.name, f"{assumption.name}: {assumption.text}{source}")
    yield from known.values()


def _size(checked: Sequence[Checked]) -> str:
    sizes: dict[ResourceList, None] = {}
    for one in checked:
        for setup in one.job.scenario.nodes:
            sizes.setdefault(setup.node.status.allocatable)
    if len(sizes) != 1:
        return ""
    allocatable = next(iter(sizes))
    memory = allocatable.get("memory", 0) / 2**30
    return f" (each {allocatable.get('cpu', 0) / 1000:g} cpu, {memory:g} Gi memory)"
