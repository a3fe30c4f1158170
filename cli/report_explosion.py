"""Why a search has so many states, as text, and what to lower so that there are fewer."""

from __future__ import annotations

from collections.abc import Iterator

from ..checker.result import Explosion, FieldShare
from ..engine.pools import pending_field
from ..spec.environment import faults, users
from .report_basis import counted

_SHOWN = 8
"""Fields and rules that are shown; the JSON report has them all."""

_WORTH_SAYING = 0.01
"""The share of new states from which on it helps to say who finds them."""

_PENDING = pending_field("")

_SOURCES = {faults.NAME: "smaller budgets of faults (--fault)", users.NAME: "fewer actions of users (--user)"}


def explosion_lines(found: Explosion, *, complete: bool) -> Iterator[tuple[str, str]]:
    """The lines, each with what a part of it that is wrapped begins with."""
    yield "  what multiplies the states:", "    "
    yield f"    states at each depth: {', '.join(f'{size:,}' for size in found.levels)}", "      "
    if not complete:
        yield f"    in all: {_total(found)}", "      "
    alike = f"{found.symmetry:,.1f}"
    yield (
        f"    interchangeable objects: {alike} orders of them count as one state (average of "
        f"{counted(found.states_read, 'state')})",
        "      ",
    )
    if found.images > 1:
        yield f"    interchangeable nodes: {found.images:,.2f} states count as one (average of the same)", "      "
    yield f"    fields, in the first {counted(found.states_read, 'state')}:", "      "
    for field in found.fields[:_SHOWN]:
        yield (
            f"      {field.factor:>8,.2f} times as many states: {field.kind} {field.field}, {field.values:,} values",
            " " * 10,
        )
    yield f"    rules, in the first {counted(found.states_expanded, 'state')}:", "      "
    for rule in found.rules[:_SHOWN]:
        steps = counted(rule.steps, "step")
        yield f"      {100 * rule.share:>7.1f} % of the new states: {': '.join(rule.rule)} ({steps})", " " * 10
    for advice in _advice(found):
        yield f"    fewer states with {advice}", "      "


def _total(found: Explosion) -> str:
    if found.estimate is None:
        return "no estimate: the number of states at each depth does not shrink steadily yet"
    return f"about {found.estimate:,} states, if depths go on to shrink as the last ones do"


def _advice(found: Explosion) -> Iterator[str]:
    for name, what in _SOURCES.items():
        share = sum(rule.share for rule in found.rules if rule.environment and rule.rule[0] == name)
        if share >= _WORTH_SAYING:
            yield f"{what}, which find {100 * share:.1f} % of the new states"
    lagging = [field for field in found.fields if field.field.startswith(_PENDING)]
    for field in lagging:
        yield f"a smaller lag (--lag {field.field.removeprefix(_PENDING)}/{field.kind})"
    others = [field for field in found.fields if field not in lagging]
    if others:
        yield _fewer(others[0])


def _fewer(field: FieldShare) -> str:
    return f"fewer objects of kind {field.kind}, or less that happens to them: their {field.field} multiplies most"


__all__ = ["explosion_lines"]
