"""The benchmark `rollout` in Promela, for Spin: positional, a new pod takes the first empty slot.

    .venv/bin/python benchmarks/promela.py 2 3 2 1 > rollout.pml
    spin -a rollout.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan -E -m10000000 -w27 -n

Each pod is four variables: phase (0: the slot is empty), owner, node (0: none) and whether it is being deleted. One
`atomic` choice in a loop is one transition, as a rule on one object is.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

EMPTY, PENDING, BOUND, RUNNING = range(4)
OLD, NEW = range(2)


class Spin(NamedTuple):
    """What Spin's exhaustive search counted, without its own initial step, and its processor time."""

    states: int
    transitions: int
    seconds: float


def program(nodes: int, slots: int, replicas: int, crashes: int) -> str:
    """The model as a Promela program."""
    pods = range(slots)

    def count(condition: str) -> str:
        return "(" + " + ".join(f"({condition})".replace("#", str(pod)) for pod in pods) + ")"

    def active(owner: int) -> str:
        return f"phase[#] != {EMPTY} && owner[#] == {owner} && !gone[#]"

    def load(node: int) -> str:
        return count(f"phase[#] != {EMPTY} && place[#] == {node}")

    guards: list[tuple[str, str]] = []
    for owner, asked in ((OLD, "old"), (NEW, "new")):
        for pod in pods:
            first_empty = " && ".join(
                [*(f"phase[{earlier}] != {EMPTY}" for earlier in range(pod)), f"phase[{pod}] == 0"]
            )
            made = f"phase[{pod}] = {PENDING}; owner[{pod}] = {owner}; place[{pod}] = 0; gone[{pod}] = 0"
            guards.append((f"{count(active(owner))} < {asked} && {first_empty}", made))
            mine = active(owner).replace("#", str(pod))
            earlier_phase = count(f"{active(owner)} && phase[#] < phase[{pod}]")
            delete = f"if :: place[{pod}] -> gone[{pod}] = 1 :: else -> phase[{pod}] = 0; owner[{pod}] = 0 fi"
            guards.append((f"{count(active(owner))} > {asked} && {mine} && {earlier_phase} == 0", delete))
    up = f"new < {replicas} && old + new < {replicas + 1}"
    guards.append((up, "new++"))
    available = count(f"phase[#] == {RUNNING} && !gone[#]")
    guards.append((f"!({up}) && old > 0 && {available} > {replicas - 1}", "old--"))
    for node in range(1, nodes + 1):
        least = " && ".join(
            f"(!ready[{other}] || {load(other)} >= {load(node)})" for other in range(1, nodes + 1) if other != node
        )
        for pod in pods:
            here = f"phase[{pod}] != {EMPTY} && place[{pod}] == {node}"
            room = f"ready[{node}] && {load(node)} < {(slots + 1) // 2 + 1} && {least or 'true'}"
            waiting = f"phase[{pod}] == {PENDING} && !place[{pod}] && !gone[{pod}]"
            guards += [
                (f"{waiting} && {room}", f"phase[{pod}] = {BOUND}; place[{pod}] = {node}"),
                (f"{here} && phase[{pod}] == {BOUND} && !gone[{pod}] && up[{node}]", f"phase[{pod}] = {RUNNING}"),
                (
                    f"{here} && gone[{pod}] && up[{node}]",
                    f"phase[{pod}] = 0; owner[{pod}] = 0; place[{pod}] = 0; gone[{pod}] = 0",
                ),
                (f"{here} && !gone[{pod}] && !ready[{node}]", f"gone[{pod}] = 1"),
            ]
        guards += [
            (f"!up[{node}] && ready[{node}]", f"ready[{node}] = 0"),
            (f"up[{node}] && !ready[{node}]", f"ready[{node}] = 1"),
            (f"up[{node}] && crashes > 0", f"up[{node}] = 0; crashes--"),
            (f"!up[{node}]", f"up[{node}] = 1"),
        ]
    rules = "\n".join(f"    :: atomic {{ {guard} -> {effect} }}" for guard, effect in guards)
    begin = "\n".join(f"    up[{node}] = 1; ready[{node}] = 1;" for node in range(1, nodes + 1))
    return f"""byte phase[{slots}], owner[{slots}], place[{slots}];
bit gone[{slots}], up[{nodes + 1}], ready[{nodes + 1}];
byte old = {replicas}, new = 0, crashes = {crashes};
init {{
    d_step {{
{begin}
    }}
    do
{rules}
    od
}}
"""


def available() -> bool:
    """Whether Spin and a C compiler are there (Debian packages `spin` and `gcc`)."""
    return bool(shutil.which("spin") and shutil.which("gcc"))


def run(instance: tuple[int, int, int, int], folder: Path, places: int = 24) -> Spin:
    """Spin's exhaustive search in an empty folder; the time is the search's processor time.

    ``places``: the logarithm of the size of its hash table. Raises ``RuntimeError`` where the search is cut off.
    """
    (folder / "rollout.pml").write_text(program(*instance))
    for command in (["spin", "-a", "rollout.pml"], ["gcc", "-O2", "-DSAFETY", "-o", "pan", "pan.c"]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    search = ["./pan", "-E", "-m10000000", f"-w{places}", "-n"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(search, cwd=folder, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    states = re.search(r"([\d.e+]+) states, stored", done.stdout)
    transitions = re.search(r"([\d.e+]+) transitions", done.stdout)
    if not (states and transitions) or "truncated" in done.stdout or "max search depth" in done.stdout:
        raise RuntimeError(f"Spin did not search everything:\n{done.stdout}")
    return Spin(int(float(states[1])) - 1, int(float(transitions[1])) - 2, seconds)


if __name__ == "__main__":
    sys.stdout.write(program(*map(int, sys.argv[1:5])))
