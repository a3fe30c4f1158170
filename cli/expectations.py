"""`expect:` of a scenario: what its author says will come out (design §3.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .checking import Checked, verdict_of


def unmet(expect: Mapping[str, Any], checked: Sequence[Checked]) -> tuple[str, ...]:
    """What came out otherwise than expected, one sentence each; empty if all was met."""
    traces = {name: trace for one in checked for name, trace in one.traces.items()}
    found: dict[str, Any] = {
        "verdict": verdict_of(checked).verdict.value,
        "states": sum(one.result.states for one in checked),
    }
    if "property" in expect:
        found["property"] = expect["property"] if expect["property"] in traces else ", ".join(traces) or "none violated"
    if "steps" in expect:
        wanted = expect.get("property") or next(iter(traces), "")
        found["steps"] = len(traces[wanted].steps) if wanted in traces else "no counterexample"
    return tuple(
        f"expected {field} {value}, found {found[field]}" for field, value in expect.items() if found[field] != value
    )
