"""Counts the states of a Promela program again: by Spin, and by a plain search in C over what the program embeds."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

FLAGS = ("-DBFS", "-DSAFETY", "-DNOREDUCE", "-DVECTORSZ=8192")
"""Breadth first, so that Spin's depth is ours."""

SPIN = bool(shutil.which("spin") and shutil.which("gcc"))

_SEARCH = """
#include <stdlib.h>
#include <string.h>
int readtrail;
enum { MOST = 1 << 17, PLACES = 1 << 18 };
static int states[MOST][WIDTH], seen[PLACES], count;

static int take_in(const int *s) {
    unsigned place = 1;
    for (int i = 0; i < WIDTH; i++) place = place * 1000003 + s[i];
    for (place %= PLACES; seen[place]; place = (place + 1) % PLACES)
        if (!memcmp(states[seen[place] - 1], s, sizeof(states[0]))) return 0;
    if (count == MOST) exit(8);
    memcpy(states[count++], s, sizeof(states[0]));
    seen[place] = count;
    judge(s, 0);
    return 1;
}

int main(void) {
    static const int initial[][WIDTH] = {@INITIAL@};
    int transitions = 0, depth = 0, at_rest = 0;
    for (unsigned i = 0; i < sizeof(initial) / sizeof(initial[0]); i++) take_in(initial[i]);
    for (int first = 0, last; first < count; first = last) {
        last = count;
        for (int state = first; state < last; state++) {
            struct steps *steps = steps_of(states[state]);
            int found = steps->found, *after = malloc(sizeof(int) * (found + 1) * WIDTH);
            int *blamed = malloc(sizeof(int) * (found + 1) * MOST_BLAMED);
            memcpy(after, steps->after, sizeof(int) * found * WIDTH);
            memcpy(blamed, steps->blame, sizeof(int) * found * MOST_BLAMED);
            at_rest += !steps->own;
            transitions += found;
            for (int k = 0; k < found; k++) {
                judge(after + k * WIDTH, blamed + k * MOST_BLAMED);
                take_in(after + k * WIDTH);
            }
            free(after);
            free(blamed);
        }
        depth += count > last;
    }
    printf("%d %d %d %d\\n", count, transitions, depth, at_rest);
    report();
    return 0;
}
"""


class Counted(NamedTuple):
    """What was counted. ``violated``: names of properties; ``full``: kinds without a slot left."""

    states: int
    transitions: int
    depth: int
    violated: frozenset[str]
    full: frozenset[str]


def _told(output: str) -> tuple[frozenset[str], frozenset[str]]:
    violated = re.findall(r"^kubemodel: (\S.*) is violated$", output, re.MULTILINE)
    full = re.findall(r"^kubemodel: there was no slot left for another (.*)$", output, re.MULTILINE)
    return frozenset(violated), frozenset(full)


def by_spin(text: str, folder: Path) -> tuple[Counted, int]:
    """What Spin prints, as it prints it, and how many errors it counts."""
    (folder / "system.pml").write_text(text, encoding="utf-8")
    for command in (["spin", "-a", "system.pml"], ["gcc", "-O0", *FLAGS, "-o", "pan", "pan.c"]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    done = subprocess.run(["./pan", "-c0", "-w18"], cwd=folder, check=True, capture_output=True, text=True, timeout=120)
    assert "truncated" not in done.stdout and "max search depth" not in done.stdout, done.stdout
    patterns = (r"(\d+) states, stored", r"(\d+) transitions", r"depth reached (\d+)", r"errors: (\d+)")
    numbers = []
    for pattern in patterns:
        found = re.search(pattern, done.stdout)
        assert found is not None, done.stdout
        numbers.append(int(found[1]))
    return Counted(*numbers[:3], *_told(done.stdout)), numbers[3]


def by_plain_search(text: str, folder: Path) -> tuple[Counted, int]:
    """What a breadth-first search over the embedded C counts, and how many states are at rest."""
    arrays = re.search(r"^\}\n(?:short|int) pool_", text, re.MULTILINE)
    assert arrays is not None
    embedded = text[text.index("c_decl {\n") + len("c_decl {\n") : arrays.start()]
    blocks = embedded.split("\n}\nc_decl {\n")
    process = text[text.rindex("\ninit {") :]
    initial = ", ".join(re.findall(r"static const int s\[\] = (\{[-\d, ]+\});", process))
    program = "\n".join(blocks).replace("\\#", "#") + _SEARCH.replace("@INITIAL@", initial)
    (folder / "search.c").write_text(program, encoding="utf-8")
    compiler = ["cc"] if shutil.which("cc") else [sys.executable, "-m", "ziglang", "cc"]
    compile_it = [*compiler, "-w", "-o", "search", "search.c"]
    subprocess.run(compile_it, cwd=folder, check=True, capture_output=True, timeout=120)
    done = subprocess.run(["./search"], cwd=folder, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    states, transitions, depth, at_rest = map(int, done.stdout.splitlines()[0].split())
    return Counted(states, transitions, depth, *_told(done.stdout)), at_rest
