"""How long each proof of `kubemodel prove` takes, and each mutation that makes it fail: a table in Markdown.

    .venv/bin/python benchmarks/proofs.py                     # every law
    .venv/bin/python benchmarks/proofs.py --mutations         # and every mutation of it
    .venv/bin/python benchmarks/proofs.py no-lost-update      # one of them

Seconds are of processor time, all threads together, so that a busy machine does not count. `docs/proving.md` holds the
table of one run, with its date and machine.
"""

from __future__ import annotations

import sys
import time

from kubemodel.proving.induction.catalogue import PROVABLES
from kubemodel.proving.induction.law import Law
from kubemodel.proving.induction.proving import Found, Outcome, prove

MOST_SECONDS = 600.0


def _timed(law: Law, mutation: str = "") -> tuple[Found, float]:
    began = time.process_time()
    found = prove(law, mutation=mutation, seconds=MOST_SECONDS)
    return found, time.process_time() - began


def _complain(name: str, found: Found) -> int:
    sys.stderr.write(f"{name}: {found.outcome.value}\n")
    return 1


def main(names: list[str]) -> int:
    """Writes the table; 1 if a law is not proved, or a mutation does not fail."""
    wrong, mutated = 0, "--mutations" in names
    head, line = (" mutations that fail | in |", "---|---|") if mutated else ("", "")
    sys.stdout.write(f"| law | proved in | obligations | states of small instances |{head}\n|---|---|---|---|{line}\n")
    for name in [each for each in names if each in PROVABLES] or list(PROVABLES):
        provable = PROVABLES[name]
        found, seconds = _timed(provable.law())
        if found.outcome is not Outcome.PROVED:
            wrong += _complain(name, found)
        failing = []
        for mutation in provable.mutations if mutated else ():
            broken, took = _timed(mutation.law(), mutation.name)
            failing.append(took)
            if broken.outcome is not Outcome.REFUTED or broken.trace is None:
                wrong += _complain(f"{name}, {mutation.name}", broken)
        states = found.explored.result.states if found.explored else 0
        last = f" {len(failing)} | {min(failing):.1f} to {max(failing):.1f} s |" if failing else ""
        sys.stdout.write(f"| `{name}` | {seconds:.1f} s | {found.shown} | {states:,} |{last}\n")
        sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
