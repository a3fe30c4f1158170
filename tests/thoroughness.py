"""How many examples Hypothesis draws: a few each time the tests run, and many where `THOROUGH=1` asks for them."""

from __future__ import annotations

import os

THOROUGH = bool(os.environ.get("THOROUGH"))


def examples(few: int, many: int) -> int:
    """What to give as ``max_examples``."""
    return many if THOROUGH else few
