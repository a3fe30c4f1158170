"""How far back history goes for watches of caches that lag, where a watch can end and be resumed."""

from __future__ import annotations

from ..control_plane.apiserver import watch_history
from ..language.component import Component
from ..language.model import Assumption, TimeMode
from ..language.scenario import Scenario
from ..properties.happenings import watches_end
from .part import Part


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (watch_history.component(bookmarks=scenario.switches.get("bookmarks", "on") == "on"),)


_COMPACTED_AT_ONCE = Assumption(
    "compacted-as-soon-as-may-be",
    "a change is compacted away 5 minutes after it was made, which is as soon as may be: API servers look every 5"
    " minutes, so that it can take up to 10",
    "etcd §4",
)
"""What exact durations take for granted of compaction."""


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    exact = (_COMPACTED_AT_ONCE,) if scenario.time is TimeMode.PROMPT else ()
    return (
        *exact,
        Assumption(
            "history-of-each-watch",
            "how much of history is left is kept for each watch by itself, as of API servers whose watch caches began"
            " at different times; it ends at any change on its way, or after all of them",
            "kube-apiserver §2, docs/decisions/0020",
        ),
        Assumption(
            "bookmarks-in-time",
            "a client that has seen every change has had a bookmark since the last compaction: one comes every minute,"
            " a compaction every five, and it leaves as much of history",
            "kube-apiserver §2, etcd §4",
        ),
        Assumption(
            "list-after-410",
            "a list after 410 Gone shows what is stored; a watch that is resumed loses nothing, and is no step",
            "00-index §4 reflector",
        ),
    )


WATCH_HISTORY = Part(
    "watch history",
    watches_end,
    components=_components,
    machines=(watch_history.MACHINE,),
    assumptions=_assumptions,
)
"""Compaction, bookmarks, and watches that are too old to be resumed."""
