"""How every test runs: signals as in a terminal, and the longest modules first."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Whoever starts the tests in the background may have them ignore Ctrl-C, and processes that they start inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
