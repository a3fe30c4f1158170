"""How every test runs: with Ctrl-C as it is in a terminal, generated ones unhurried, and what takes longest first."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

LONGEST = (
    "spec/test_coverage.py",
    "examples/test_examples.py",
    "cli/test_determinism.py",
    "checker/test_kernel.py",
    "proving/induction/test_laws.py",
    "checker/test_symmetry_gate.py",
    "checker/test_simulation.py",
    "checker/test_gate.py",
    "engine/test_rpc.py",
    "engine/test_mirror.py",
    "validation/test_explaining.py",
    "spec/properties/test_mutations.py",
    "examples/test_recordings.py",
    "examples/test_bugs.py",
    "house/test_console_blocks.py",
    "house/test_code_blocks.py",
)
"""The modules that take longest, as they did when this was written: begun last, one would be waited for by one core."""

# How long one example takes says what else the machine does, and nothing of the code.
settings.register_profile("unhurried", parent=settings.default, deadline=None)
settings.load_profile("unhurried")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Whoever starts tests in the background may have them ignore Ctrl-C, and what they start inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest modules first; all else stays in its order."""
    items.sort(key=lambda item: _place(item.nodeid.partition("::")[0]))


def _place(module: str) -> int:
    return next((place for place, name in enumerate(LONGEST) if module.endswith(name)), len(LONGEST))
