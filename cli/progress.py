"""Progress of a search on standard error: one changing line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.status import Status

SECONDS_BETWEEN_PLAIN_LINES = 10.0


class Progress:
    """Shows how far a search has come. It never writes to standard output and never changes a result."""

    def __init__(self, name: str, *, shown: bool = True) -> None:
        """``name``: of the group that is searched."""
        self._name = name
        self._shown = shown
        self._console = Console(stderr=True, highlight=False)
        self._status: Status | None = None
        self._next_line = time.monotonic() + SECONDS_BETWEEN_PLAIN_LINES

    def __enter__(self) -> Self:
        """Begins a live line if standard error is a terminal."""
        if self._shown and self._console.is_terminal:
            self._status = self._console.status(f"{self._name}: starting", spinner="dots")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Takes the live line away."""
        if self._status is not None:
            self._status.stop()

    def report(self, snapshot: Any) -> None:
        """Shows a snapshot of the search: states, rate, depth, frontier, memory."""
        if not self._shown:
            return
        text = (
            f"{self._name}: {snapshot.states:,} states, {snapshot.states_per_second:,.0f}/s, depth {snapshot.depth}, "
            f"frontier {snapshot.frontier:,}, {snapshot.memory_mb:,.0f} MB"
        )
        self._show(text)

    def tell(self, what: str) -> None:
        """Shows what is being looked for, where that is not a number of states."""
        if self._shown:
            self._show(f"{self._name}: {what}")

    def _show(self, text: str) -> None:
        if self._status is not None:
            self._status.update(text)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + SECONDS_BETWEEN_PLAIN_LINES
            self._console.print(text, soft_wrap=True, markup=False)
