"""How a placement is told, as text and as plain data: the verdict, the order or the conflict, what it rests on."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..engine.verdicts import Verdict
from ..proving.placement.admission import empty, refusal
from ..proving.placement.capacity import Outcome
from ..proving.placement.problem import Ask, Item
from ..proving.placement.questions import Conflict, Findings
from ..proving.placement.reading import Reading
from ..proving.placement.shapes import shapes
from ..proving.placement.standing import Move
from ..spec.control_plane.scheduler.filtering import bound_copy
from .report_basis import counted, listed
from .report_text import WIDTH

Told = tuple[str, Reading, Findings]
"""The file of the scenario ("" for none), how it was read, what was found."""

_SHOWN = 30
_NODES_ANEW = (
    "after a loss, or beside a rollout, pods are placed anew on what there is: those of DaemonSets on their nodes, all"
    " others wherever there is room"
)
_ONE_AFTER_THE_OTHER = (
    "any-order: pods come one after the other, in any order; any node that all filters accept may be chosen, whatever"
    " its score (kube-scheduler §3)"
)
_NOBODY_LEAVES = "nobody-leaves: no pod ends, is deleted or is moved while the others come"
_PREEMPTION = (
    "preemption: where pods of lower priority could make room, a pod is not called stuck; what becomes of its victims"
    " is not followed"
)


def verdict(found: Findings) -> Verdict:
    """Holds: all pods can be placed, in whatever order, and every trial is passed."""
    answer = found.answer
    if answer is None or answer.possible is None:
        return Verdict.UNDETERMINED
    if not pods(found):
        return Verdict.VACUOUS
    stuck = found.stuck.possible if found.stuck else None
    trials = [outcome.passes for outcome in found.trials]
    if not answer.possible or stuck or any(passes is False for passes in trials):
        return Verdict.VIOLATED
    if stuck is None or found.interrupted or any(passes is None for passes in trials):
        return Verdict.UNDETERMINED
    return Verdict.HOLDS


def pods(found: Findings) -> int:
    """How many pods are to be placed."""
    tables = found.relations
    return sum(sum(tables.wanted[k]) if kind.daemon is not None else kind.count for k, kind in enumerate(tables.kinds))


def _sentence(found: Findings) -> str:
    answer, many = found.answer, counted(pods(found), "pod")
    if answer is None:
        return "nothing was decided before the interrupt"
    if answer.possible is None:
        return f"whether {many} can be placed was not decided: {answer.why}"
    if not pods(found):
        return "there is no pod to place"
    if not answer.possible:
        return f"the {many} cannot be placed, in whatever order" if pods(found) > 1 else "the pod cannot be placed"
    can = f"{many} can be placed"
    if found.stuck is None:
        return f"{can}; whether the scheduler can get stuck on the way was not looked at"
    if found.stuck.possible is None:
        return f"{can}; whether the scheduler can get stuck on the way was not decided"
    if found.stuck.possible:
        return f"{can}, but the scheduler can get stuck on the way"
    failed = [outcome.text for outcome in found.trials if outcome.passes is False]
    return f"{can}, in whatever order they come" + (f"; there is no room for {listed(failed, 'or')}" if failed else "")


def text(all_found: Sequence[Told]) -> str:
    """The report for a person."""
    lines: list[str] = []
    for source, reading, found in all_found:
        lines += [f"Scenario {source}"] if source else []
        lines += _wrapped(f"Verdict: {verdict(found).value}: {_sentence(found)}", "", "    ")
        for part in (_conflicts(found), _stuck(found), _order(found), _trials(found), _fits(found)):
            told = list(part)
            lines += ["", *told] if told else []
        lines += ["", *_basis(reading, found), ""]
    return "\n".join("".join(c if c.isprintable() else "?" for c in line).rstrip() for line in lines[:-1]) + "\n"


def _wrapped(said: str, first: str = "  ", further: str = "    ") -> list[str]:
    return textwrap.wrap(
        said, WIDTH, initial_indent=first, subsequent_indent=further, break_long_words=False, break_on_hyphens=False
    )


def _conflicts(found: Findings) -> Iterator[str]:
    for number, conflict in enumerate(found.conflicts, 1):
        which = f" {number} of {len(found.conflicts)}" if len(found.conflicts) > 1 else ""
        if number > 1:
            yield ""
        if not conflict.core.minimal:
            yield f"Conflict{which}: these cannot all be had on {_nodes(found)}; some may not be needed for that:"
        elif len(conflict.core.items) == 1:
            yield f"Conflict{which}: this cannot be had on {_nodes(found)}:"
        else:
            alone = "without any one of them the others can"
            yield f"Conflict{which}: these cannot all be had on {_nodes(found)}; {alone}:"
        for item in conflict.core.items:
            yield from _item(item)
        yield from _changes(found, conflict)


def _nodes(found: Findings) -> str:
    return counted(len(found.problem.nodes), "node")


def _item(item: Item) -> Iterator[str]:
    yield from _wrapped(f"- {item.text}")
    if item.place.source:
        yield f"      {item.place}"


def _changes(found: Findings, conflict: Conflict) -> Iterator[str]:
    several = "" if len(found.conflicts) == 1 else " this conflict"
    if not conflict.changes.found:
        unsure = " in the time that there was" if found.out_of_time or found.interrupted else ""
        yield f"No single change was found that resolves{several or ' it'}{unsure}."
        return
    yield f"Any one of these changes resolves{several or ' it'}, the cheapest first:"
    for change in conflict.changes.found:
        place = f" ({change.place.source}:{change.place.line})" if change.place.source else ""
        yield from _wrapped(f"- {change.text}{place}")
    yield from _untried(conflict.changes.untried)


_SORTS = {Ask.REQUEST: "lower requests of", Ask.PODS: "fewer pods of"}


def _untried(items: Sequence[Item]) -> Iterator[str]:
    """What would be further changes of the same sorts, counted."""
    if items:
        parts = []
        for ask, number in Counter(item.ask for item in items).items():
            parts.append(f"{_SORTS[ask]} {counted(number, 'more workload')}")
        said = f"Not tried: {listed(parts)}, which ask for less in all."
        yield from _wrapped(said, "", "")


def _runs(found: Findings, moves: Sequence[Move]) -> list[tuple[int, str, str]]:
    """The bindings, those that follow each other and are alike together: how many, of what, where."""
    runs: list[tuple[int, str, str]] = []
    for kind, node in moves:
        what, where = found.problem.kinds[kind].title, found.problem.nodes[node].metadata.name
        if runs and runs[-1][1:] == (what, where):
            runs[-1] = (runs[-1][0] + 1, what, where)
        else:
            runs.append((1, what, where))
    return runs


def _listed_moves(found: Findings, moves: Sequence[Move]) -> Iterator[str]:
    runs = _runs(found, moves)
    at = 1
    for number, what, where in runs[:_SHOWN]:
        numbers = f"{at}" if number == 1 else f"{at}-{at + number - 1}"
        yield f"  {numbers:>7}  {what} to {where}"
        at += number
    if len(runs) > _SHOWN:
        yield f"           … and {counted(len(moves) - at + 1, 'binding')} more (--format json tells them all)"


def _stuck(found: Findings) -> Iterator[str]:
    stuck = found.stuck
    if stuck is None:
        return
    if not stuck.possible:
        yield from _wrapped(f"Getting stuck: {'no' if stuck.possible is False else 'not decided'}: {stuck.how}", "")
        return
    yield from _wrapped(f"It gets stuck so ({stuck.how}):", "")
    yield from _listed_moves(found, stuck.moves)
    for kind, number in sorted(Counter(stuck.waiting).items()):
        title = found.problem.kinds[kind].title
        yield from _wrapped(f"then {counted(number, 'pod')} of {title} {'fits' if number == 1 else 'fit'} nowhere:")
        for reason, names in _reasons(found, stuck.moves, kind).items():
            yield from _wrapped(f"{', '.join(names)}: {reason}", "    ", "      ")


def _reasons(found: Findings, moves: Sequence[Move], kind: int) -> dict[str, list[str]]:
    """Why each node refuses a pod of the kind after these bindings, in Kubernetes' words."""
    tables = found.relations
    there = [bound_copy(tables.kinds[k].pod_for(tables.nodes[n]), tables.nodes[n].metadata.name) for k, n in moves]
    snapshot = empty(found.problem).with_pods(there)
    reasons: dict[str, list[str]] = {}
    for n, node in enumerate(tables.nodes):
        if tables.kinds[kind].daemon is None or tables.wanted[kind][n]:
            why = refusal(tables.kinds[kind].pod_for(node), node, snapshot)
            if why:
                reasons.setdefault(why, []).append(node.metadata.name)
    return reasons


def _order(found: Findings) -> Iterator[str]:
    if found.answer is None or not found.answer.moves:
        return
    yield "One order in which every pod passes the filters at its turn:"
    yield from _listed_moves(found, found.answer.moves)


def _trials(found: Findings) -> Iterator[str]:
    for outcome in found.trials:
        said = {True: "there is room", False: "there is no room", None: "not decided"}[outcome.passes]
        yield from _wrapped(f"{outcome.text}: {said}{f': {outcome.fails}' if outcome.fails else ''}", "")
        yield from _needed(outcome)


def _needed(outcome: Outcome) -> Iterator[str]:
    for each in outcome.needed:
        if each.needed is None:
            yield from _wrapped(f"nodes of {each.shape}: no number of them helps by itself")
            continue
        extra = each.needed - each.have
        rest = f"{extra} more" if extra > 0 else f"{-extra} to spare" if extra else "none to spare"
        if each.too_few is not None:
            yield from _wrapped(
                f"nodes of {each.shape}: {each.needed} suffice, {each.too_few} do not, {each.have} there: {rest}; what "
                "lies between was not decided"
            )
            continue
        yield from _wrapped(f"nodes of {each.shape}: {each.needed} needed, {each.have} there: {rest}")


def _fits(found: Findings) -> Iterator[str]:
    if found.fits:
        yield "What still fits, each workload by itself:"
    for fits in found.fits:
        yield f"  {fits.title}: {'at least ' if fits.at_least else ''}{counted(fits.more, 'more pod')}"


def _assumptions(reading: Reading, found: Findings) -> Iterator[str]:
    assumed = "assumed, none were given: " if reading.assumed_nodes else ""
    yield f"nodes: {assumed}" + "; ".join(
        f"{len(shape.nodes)} of {shape.text}" for shape in shapes(found.problem.nodes)
    )
    yield _ONE_AFTER_THE_OTHER
    yield _NOBODY_LEAVES
    if len({kind.pod.spec.priority for kind in found.problem.kinds}) > 1:
        yield _PREEMPTION
    if found.trials:
        yield _NODES_ANEW
    yield from reading.assumptions


def _basis(reading: Reading, found: Findings) -> Iterator[str]:
    yield "Assumed and bounded:"
    for assumption in _assumptions(reading, found):
        yield from _wrapped(f"- {assumption}")
    if found.interrupted:
        yield from _wrapped("- interrupted: what was asked after that has no answer")
    elif found.out_of_time:
        yield from _wrapped("- the time ran out; allow more with --timeout")
    if reading.left_out:
        yield "Left out:"
        for sentence in reading.left_out:
            yield from _wrapped(f"- {sentence}")
    yield from _not_modelled(reading)


def _not_modelled(reading: Reading) -> Iterator[str]:
    entries = [entry for entry in reading.not_modelled if not entry.field]
    if entries:
        yield "Not modelled:"
    for entry in entries:
        more = f" and {entry.count - 1} more" if entry.count > 1 else ""
        yield from _wrapped(f"- {entry.kind} {entry.name}{more}: {entry.consequence}")


def document(all_found: Iterable[Told]) -> dict[str, Any]:
    """The same as plain data."""
    told = [_plain(*each) for each in all_found]
    order = (Verdict.VIOLATED, Verdict.UNDETERMINED, Verdict.VACUOUS, Verdict.HOLDS)
    worst = next(
        (each.value for each in order if any(it["verdict"] == each.value for it in told)), Verdict.VACUOUS.value
    )
    return {"verdict": worst, "scenarios": told}


def _bindings(found: Findings, moves: Sequence[Move]) -> list[dict[str, str]]:
    return [
        {"workload": found.problem.kinds[kind].title, "node": found.problem.nodes[node].metadata.name}
        for kind, node in moves
    ]


def _plain_place(place: Any) -> dict[str, Any]:
    return {"file": place.source or None, "line": place.line or None, "field": place.field or None}


def _plain_item(item: Item) -> dict[str, Any]:
    return {"workload": item.kind or None, "asks": item.ask.value, "text": item.text, **_plain_place(item.place)}


def _plain(source: str, reading: Reading, found: Findings) -> dict[str, Any]:
    answer, stuck = found.answer, found.stuck
    return {
        "source": source,
        "verdict": verdict(found).value,
        "text": _sentence(found),
        "possible": answer.possible if answer else None,
        "order": _bindings(found, answer.moves) if answer else [],
        "stuck": None
        if stuck is None
        else {
            "possible": stuck.possible,
            "how": stuck.how,
            "order": _bindings(found, stuck.moves),
            "waiting": [found.problem.kinds[kind].title for kind in stuck.waiting],
        },
        "conflicts": [
            {
                "minimal": conflict.core.minimal,
                "items": [_plain_item(item) for item in conflict.core.items],
                "changes": [{"text": change.text, **_plain_place(change.place)} for change in conflict.changes.found],
                "untried": [_plain_item(item) for item in conflict.changes.untried],
            }
            for conflict in found.conflicts
        ],
        "trials": [
            {
                "trial": outcome.trial.value,
                "passes": outcome.passes,
                "fails": outcome.fails or None,
                "nodes": [
                    {"shape": it.shape, "have": it.have, "needed": it.needed, "tooFew": it.too_few}
                    for it in outcome.needed
                ],
            }
            for outcome in found.trials
        ],
        "fits": [{"workload": it.title, "more": it.more, "atLeast": it.at_least} for it in found.fits],
        "interrupted": found.interrupted,
        "outOfTime": found.out_of_time,
        "basis": list(_assumptions(reading, found)),
        "leftOut": list(reading.left_out),
        "notModelled": [
            {name: getattr(entry, name) for name in ("kind", "name", "field", "consequence", "count")}
            for entry in reading.not_modelled
        ],
    }
