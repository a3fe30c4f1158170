"""What an execution of one step needs, and what comes of it (design §3.1, §3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from ..spec.language.model import LossBudget
from ..spec.language.plan import RuntimeCall, Step, Sweep
from ..spec.language.request import ApiCall, Outcome, Response
from .in_flight import Awaited

if TYPE_CHECKING:
    from .transition_system import BoundQuery


@attrs.frozen(eq=False)
class Selection:
    """A bundle that an execution needs next: of ``pool``, by name, by class, by mark, or a new one (all None)."""

    pool: int
    name: str | None = None
    query: BoundQuery | None = None
    cls: Any = None
    mark: tuple[str, str, int] | None = None

    @property
    def new(self) -> bool:
        """Whether an object that does not exist yet is meant."""
        return self.name is None and self.query is None and self.mark is None


SENT, ANSWERED = "sent", "answered"


@attrs.frozen(eq=False)
class CallRecord:
    """One request as it was made: on the selection ``target``, what was asked, and what came back.

    ``phase``: SENT where it was only sent, ANSWERED where its reply arrived, "" where it was applied.
    """

    target: int
    request: ApiCall | RuntimeCall
    response: Response | None
    seen_stale: bool = False
    phase: str = ""


@attrs.frozen(eq=False)
class Effects:
    """What one step does: the new bundle of every selection, and edits of whole pools (for all other bundles).

    ``origins``: what every selection held before, each field with the incarnation that it belongs to now; () where that
    is just what it held.
    """

    bundles: tuple[int, ...]
    sweeps: tuple[tuple[int, Sweep], ...]
    calls: tuple[CallRecord, ...]
    origins: tuple[int, ...] = ()


@attrs.frozen
class Lost:
    """A request, counted from 0 within its step, of which something is lost."""

    request: int
    budget: LossBudget


class NeedsSelection(Exception):
    """An execution needs one more bundle."""

    def __init__(self, selection: Selection) -> None:
        """``selection``: the bundle."""
        self.selection = selection


@attrs.frozen(cache_hash=True)
class PlanInFlight:
    """What a process remembers of a plan that it is in the middle of.

    Not why it was made: plans that go on alike are one, whatever led to them. ``reply``: to its first step, where that
    was sent already; None otherwise.
    """

    rule: str
    steps: tuple[Step, ...]
    reply: Outcome | Awaited | None = None
