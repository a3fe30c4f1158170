"""The store written a second time, as plainly as possible: a dict for the present, a list of all pasts.

Every revision's whole content is kept, so reading the past is a look-up where the product takes changes back.
"""

from __future__ import annotations

from typing import Any

Row = tuple[Any, int, int, int, int | None]  # value, create revision, mod revision, version, lease


class PlainStore:
    def __init__(self) -> None:
        self.revision = 1
        self.compacted = 0
        self.now: dict[str, Row] = {}
        self.past: list[dict[str, Row]] = [{}, {}]  # by revision; 0 is never used
        self.changes: list[tuple[int, str, Any]] = []  # revision, key, value (None: deleted)
        self.leases: dict[int, tuple[float, float]] = {}  # ttl, expiry

    def column(self, key: str, number: int) -> Any:
        return self.now[key][number] or 0 if key in self.now else 0

    def apply(self, puts: list[tuple[str, Any, int | None]], doomed: list[str]) -> bool:
        """Puts and deletes in one revision; whether anything changed."""
        doomed = [key for key in doomed if key in self.now]
        if not puts and not doomed:
            return False
        self.revision += 1
        for key in doomed:
            del self.now[key]
            self.changes.append((self.revision, key, None))
        for key, value, lease in puts:
            created, version = (self.now[key][1], self.now[key][3]) if key in self.now else (self.revision, 0)
            self.now[key] = (value, created, self.revision, version + 1, lease)
            self.changes.append((self.revision, key, value))
        self.past.append(dict(self.now))
        return True

    def end_lease(self, lease: int) -> None:
        self.apply([], sorted(key for key, row in self.now.items() if row[4] == lease))
        del self.leases[lease]
