"""A transition system as a Promela program, for Spin to search on its own (Holzmann: The Model Checker SPIN, TSE 1997).

    spin -a system.pml && gcc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -c0 -m10000000

A state is an array of bundle numbers for each kind. What can happen in it is found by embedded C from tables: which key
an object has for a rule, the classes of objects, the answers to declared queries, and the edits that a rule makes for a
view. The tables are those of a search of our own that has seen every state; the states Spin finds and stores itself.
Where it comes to one that they do not provide for, it stops and says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import attrs

from ...engine.judging import property_names
from ...engine.pools import State
from ...engine.transition_system import Group, TransitionSystem
from ...engine.verdicts import Verdict
from ..exploration import Stopped, Task
from ..result import Limits, Progress
from ..tabled import TabledExploration
from .flattening import ENVIRONMENT, LOSING, SLOW, Flat, Flattening

MOST_STATES = 200_000
"""States up to which a system is written, unless more are asked for."""

_CHUNK = 4096
_WALKER = Path(__file__).with_name("walker.h")
_SHORT = 1 << 15


class TooLargeError(Exception):
    """The system cannot be written down: not all of its states were seen."""


@attrs.frozen
class Promela:
    """A program, and what Spin must count. ``violated``: names of the safety properties that are; ``depth``: steps to
    the farthest state; ``full``: kinds that ran out of slots; ``left_out``: properties that the program cannot judge.

    Spin counts a state, and a transition, that are its own: the one in which nothing is there yet.
    """

    text: str
    states: int
    transitions: int
    depth: int
    initial: int
    violated: tuple[str, ...]
    full: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def stored(self) -> int:
        """What Spin calls states, stored."""
        return self.states + 1

    @property
    def spin_transitions(self) -> int:
        """What Spin calls transitions: a step to each initial state is one, and so is being there at all."""
        return self.transitions + self.initial + 1


def promela(
    system: TransitionSystem,
    initial: Sequence[State] = (),
    *,
    name: str = "",
    most_states: int = MOST_STATES,
    progress: Callable[[Progress], None] | None = None,
) -> Promela:
    """Explores ``system`` and writes it down. ``initial``: as in ``search``; ``name``: what it is called in a comment.

    Raises ``TooLargeError`` where there are more than ``most_states`` states, or the search is interrupted.
    """
    starts = tuple(dict.fromkeys(initial or (system.initial_state(),)))
    task = Task(system, starts, Limits(max_states=most_states), progress, keep_going=True)
    exploration = TabledExploration(task)
    try:
        exploration.explore()
    except Stopped as stopped:
        raise TooLargeError(stopped.bound.text) from stopped
    exploration.finish()
    judges = exploration.findings.judges
    properties = property_names(system)
    flat = Flattening(exploration.tables, judges, properties).flat()
    found = exploration.findings.verdicts(exploration.triggered, ())
    judged = {judge.name for judge in judges}
    temporal = tuple(name for name in properties if name in exploration.findings.temporal)
    result = Promela(
        text="",
        states=exploration.states,
        transitions=exploration.transitions,
        depth=exploration.depth,
        initial=len(starts),
        violated=tuple(each.name for each in found if each.verdict is Verdict.VIOLATED),
        full=tuple(exploration.full),
        left_out=tuple(name for name in temporal if name not in judged),
    )
    loops = tuple(name for name in temporal if name in judged)
    text = _Program(system, starts, flat, properties, exploration.most_steps()).text(name, result, loops)
    return attrs.evolve(result, text=text)


class _Program:
    """The parts of the text."""

    def __init__(
        self, system: TransitionSystem, initial: Sequence[State], flat: Flat, properties: Sequence[str], most_steps: int
    ) -> None:
        self._system = system
        self._initial = initial
        self._flat = flat
        self._properties = properties
        # Without a loop the process would end, and that is a state of its own.
        self._most_steps = max(most_steps, 1)
        self._arrays = _array_names([pool.name for pool in system.pools])
        self._widths = [pool.slots for pool in system.pools]
        bundles = max((len(pool.bundles) for pool in system.pools), default=0)
        self._cell = "short" if bundles < _SHORT else "int"

    def text(self, name: str, counts: Promela, loops: Sequence[str]) -> str:
        parts = [self._head(name, counts, loops), *self._tables(), self._code(), self._process()]
        return "\n".join(parts)

    def _head(self, name: str, counts: Promela, loops: Sequence[str]) -> str:
        lines = [
            f"{name or self._system.model.name}: written by kubemodel.",
            "",
            "    spin -a FILE && gcc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -c0 -m10000000",
            "",
            f"Spin must count {counts.stored} states, stored (kubemodel: {counts.states}, and one before any of them),",
            f"and {counts.spin_transitions} transitions (kubemodel: {counts.transitions}).",
            f"Violated, if the search goes on to its end: {', '.join(counts.violated) or 'nothing'}.",
            "./pan -r tells a counterexample by the rules that it is made of; -DBFS at gcc finds a shortest one.",
        ]
        if loops:
            lines.append(f"Judged at rest only, not where something goes on for ever: {', '.join(loops)}.")
        if counts.left_out:
            lines.append(f"Not judged, for they speak of whole runs: {', '.join(counts.left_out)}.")
        if counts.full:
            lines.append(f"Steps that need more slots are left out: {', '.join(counts.full)}.")
        return "/* " + "\n   ".join(_comment(line) for line in lines) + "\n*/"

    def _tables(self) -> Iterable[str]:
        flat, nodes = self._flat, self._flat.nodes
        arrows = [sorted(found.items()) for found in nodes.arrows]
        begins = [0]
        for found in arrows:
            begins.append(begins[-1] + len(found))
        every = [arrow for found in arrows for arrow in found]
        tables = {
            "KIND": nodes.kind,
            "VALUE": nodes.value,
            "POOL": nodes.pool,
            "ARROWS": begins,
            "NUMBERS": [number for number, _ in every],
            "TARGETS": [target for _, target in every],
            "LISTS": flat.lists,
            "ENTRIES": [node for found in flat.entries for node in found],
            "CLASSES": [number for found in flat.classes for number in found],
            "NAMES": [number for found in flat.names for number in found],
        }
        for table, numbers in tables.items():
            yield from _chunked(table, numbers)
        pools, groups = self._system.pools, self._system.groups
        ranks = max((group.rank for group in groups), default=0) + 1 if self._system.graded else 1
        small = {
            "SLOTS": self._widths,
            "FIRST": _offsets(self._widths),
            "ORDERED": [int(pool.ordered) for pool in pools],
            "NAME_OF": _offsets([len(found) for found in flat.names]),
            "READER_POOL": [reader.pool for reader in (*groups, *flat.judges)],
            "READER_ENTRIES": _offsets([len(found) for found in flat.entries]),
            "RULE_RANK": [self._rank(group) for group in groups],
            "RULE_TRAITS": [self._traits(group) for group in groups],
            "AT_REST": [int(judge.quiescent) for judge in flat.judges],
            "JUDGED": [self._properties.index(judge.name) for judge in flat.judges],
            "QUERY_POOL": flat.query_pools,
            "QUERY_FOLD": flat.folds,
            "QUERY_CLASSES": _offsets([len(found) for found in flat.classes]),
        }
        yield _block("\n".join(f"static const int {name}[] = {{{_numbers(small[name])}}};" for name in small))
        told = {
            "RULE_NAMES": [f"{group.component.name}: {group.rule.name}" for group in groups],
            "PROPERTY_NAMES": list(self._properties),
            "POOL_NAMES": [pool.name for pool in pools],
        }
        for name, texts in told.items():
            written = ", ".join(_c_text(text) for text in texts) or '""'
            yield _block(f"static const char *const {name}[] = {{{written}}};")
        sizes = {
            "POOLS": len(pools),
            "WIDTH": sum(self._widths),
            "RULES": len(groups),
            "RANKS": ranks,
            "JUDGES": len(flat.judges),
            "PROPERTIES": len(self._properties),
            "MOST_CHOSEN": flat.most_chosen,
            "MOST_BLAMED": sum(self._widths) + 2,
        }
        yield _block("\n".join(f"\\#define {name} {size}" for name, size in sizes.items()))

    def _rank(self, group: Group) -> int:
        return group.rank if self._system.graded and not group.environment else 0

    def _traits(self, group: Group) -> int:
        if group.environment:
            return ENVIRONMENT
        slow = SLOW if group.slow and self._system.graded else 0
        return slow | (LOSING if group.losing is not None else 0)

    def _shown(self) -> list[tuple[str, int]]:
        """The arrays that are there, with their lengths."""
        return [(array, width) for array, width in zip(self._arrays, self._widths, strict=True) if width]

    def _code(self) -> str:
        """The walker, and what of it the process calls: on the arrays, which C finds in ``now``."""
        walker = _WALKER.read_text(encoding="utf-8").replace("#define", "\\#define")
        cells = ", ".join(f"{self._cell} *{array}" for array, _ in self._shown())
        given = ", ".join(f"now.{array}" for array, _ in self._shown())
        reads, writes = [], []
        place = 0
        for array, width in self._shown():
            reads.append(f"    for (int i = 0; i < {width}; i++) s[{place} + i] = {array}[i];")
            writes.append(f"    for (int i = 0; i < {width}; i++) {array}[i] = s[{place} + i];")
            place += width
        calls = "\n".join(f"\\#define CAN_{step} can({step}, NOW)" for step in range(self._most_steps))
        return _block(
            f"""{walker}
extern int readtrail;

static int can(int step, {cells}) {{
    int s[WIDTH];
{_lines(reads)}
    return step < steps_of(s)->found;
}}

static void take(int step, {cells}) {{
    int s[WIDTH], blamed[MOST_BLAMED];
    struct steps *steps;
{_lines(reads)}
    steps = steps_of(s);
    if (readtrail) printf("    %s\\n", RULE_NAMES[steps->rule[step]]);
    for (int i = 0; i < WIDTH; i++) s[i] = steps->after[step * WIDTH + i];
    for (int i = 0; i < MOST_BLAMED; i++) blamed[i] = steps->blame[step * MOST_BLAMED + i];
    wrong = judge(s, blamed);
{_lines(writes)}
}}

static void begin(const int *s, {cells}) {{
    static int reports;
    if (!reports++) atexit(report);
    wrong = judge(s, 0);
{_lines(writes)}
}}

\\#define NOW {given}
\\#define TAKE(step) take(step, NOW)
\\#define BEGIN(s) begin(s, NOW)
\\#define FINE !wrong
{calls}"""
        )

    def _process(self) -> str:
        arrays = "\n".join(f"{self._cell} {array}[{width}];" for array, width in self._shown())
        judged = "if :: c_expr { FINE } :: else -> assert(false) fi"
        begins = "\n".join(
            f"    :: d_step {{ c_code {{ static const int s[] = {{{cells}}}; BEGIN(s); }}; {judged} }}"
            for cells in (_numbers(self._cells(state)) for state in self._initial)
        )
        steps = "\n".join(
            f"    :: d_step {{ c_expr {{ CAN_{step} }} -> c_code {{ TAKE({step}); }}; {judged} }}"
            for step in range(self._most_steps)
        )
        return f"""{arrays}

init {{
    if
{begins}
    fi;
end:
    do
{steps}
    od
}}
"""

    def _cells(self, state: State) -> list[int]:
        return [
            bundle
            for content, width in zip(state, self._widths, strict=True)
            for bundle in (*content, *[0] * (width - len(content)))
        ]


def _array_names(kinds: Sequence[str]) -> list[str]:
    """What the array of each kind is called: no word of Promela or C."""
    names: list[str] = []
    for number, kind in enumerate(kinds):
        name = "pool_" + re.sub(r"\W", "_", kind, flags=re.ASCII)
        names.append(name if name not in names else f"{name}_{number}")
    return names


def _offsets(sizes: Sequence[int]) -> list[int]:
    found = [0]
    for size in sizes:
        found.append(found[-1] + size)
    return found[:-1] or [0]


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "0"


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(lines)


def _chunked(table: str, numbers: Sequence[int]) -> Iterable[str]:
    """A table in pieces, for Spin takes no long blocks of C."""
    pieces = range(0, max(len(numbers), 1), _CHUNK)
    for piece, begin in enumerate(pieces):
        yield _block(f"static const int {table}_{piece}[] = {{{_numbers(numbers[begin : begin + _CHUNK])}}};")
    yield _block(
        f"static const int *const {table}[] = {{{', '.join(f'{table}_{piece}' for piece in range(len(pieces)))}}};"
    )


def _block(code: str) -> str:
    return f"c_decl {{\n{code}\n}}"


def _c_text(text: str) -> str:
    # What JSON escapes, C does too, but for what is beyond ASCII. Braces would end a block of Spin's.
    return json.dumps(re.sub(r"[^ -z|~]|[{}\\]", "?", text))


def _comment(text: str) -> str:
    return re.sub(r"[^ -~]", "?", text).replace("*/", "* /").replace("/*", "/ *")


__all__ = ["MOST_STATES", "Promela", "TooLargeError", "promela"]
