"""Answers what the kernel's tables lack, by running the specification: each question comes once (design §3.2)."""

from __future__ import annotations

import ctypes
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import attrs

from ...engine.effects import Effects
from ...engine.judging import Finding, Judgement, StateJudge
from ...engine.pools import MARKS, Content
from ...engine.successors import Chosen, changes
from ...engine.transition_system import Reader, TransitionSystem, candidates
from ..tables import Entry, Stage, TabledFiring, TabledQuery, Tables
from .codes import NONE, Code, Purpose, StepKind
from .library import Library


def words(numbers: Sequence[int]) -> ctypes.Array[ctypes.c_uint32]:
    """Numbers as the kernel takes them."""
    return (ctypes.c_uint32 * len(numbers))(*numbers)


@attrs.frozen(eq=False)
class _Node:
    """Part of a stage: the answers known, in the order in which the kernel reads; ``query`` is read next."""

    entry: Entry
    stage: Stage
    order: tuple[int, ...]
    known: tuple[int, ...]
    query: int


@attrs.frozen(eq=False)
class _Step:
    """A firing with the (pool, bundle) chosen so far. ``sweeps``: pool and number of what it does to whole pools."""

    firing: TabledFiring
    chosen: tuple[tuple[int, int], ...]
    sweeps: tuple[tuple[int, int], ...] = ()

    def attempt(self) -> Any:
        return self.firing.attempt(tuple([bundle for _, bundle in self.chosen]))


@attrs.frozen(eq=False)
class Reported:
    """A step that changes something in a way that was not judged before."""

    firing: TabledFiring
    effects: Effects
    chosen: Chosen
    changes: tuple[tuple[int, int, int], ...]


class Oracle:
    """The rows that Python has added to the kernel's tables, with what they stand for.

    ``triggered``: properties that held of something. ``findings``: what the kernel's numbers of findings mean.
    ``digest``: of all rows in order.
    """

    def __init__(
        self,
        system: TransitionSystem,
        library: Library,
        kernel: int,
        content: Callable[[int, int], Content],
        *,
        digests: bool,
    ) -> None:
        """No rows yet. ``content``: that of a pool with a number. ``digests``: whether ``digest`` is wanted."""
        self.system = system
        self._content = content
        self.tables = Tables(system)
        self.triggered: set[str] = set()
        self.findings: list[tuple[StateJudge, Finding]] = []
        self.questions = 0
        self.digest = 0
        self._digests = digests
        self._library = library
        self._kernel = kernel
        self._group_numbers = {id(group): number for number, group in enumerate(system.groups)}
        self._classifiers: list[Callable[[int], int]] = []
        self._queries: list[TabledQuery | None] = []
        self._query_numbers: dict[Any, int] = {}
        self._answers: list[dict[int, int]] = []
        self._answered: list[list[int]] = []
        self._multisets: list[tuple[int, tuple[int, ...]]] = []
        self._multiset_numbers: dict[tuple[int, tuple[int, ...]], int] = {}
        self._sets: list[list[Reader]] = []
        self._nodes: list[_Node | None] = []
        self._roots: dict[int, int] = {}
        self._firings: list[TabledFiring] = []
        self._firing_numbers: dict[int, int] = {}
        self._steps: list[_Step] = []
        self._sweeps: list[tuple[int, tuple[Any, ...]]] = []
        self._sweep_numbers: dict[Any, int] = {}
        self._swept_before: dict[tuple[int, int], int] = {}
        self._answering: dict[int, Callable[[int, int, int], None]] = {
            Code.ASK_CLASS: self._class,
            Code.ASK_FOLD: self._fold,
            Code.ASK_ANSWER: self._answer,
            Code.ASK_READERS: self._readers,
            Code.ASK_NODE: self._follow,
            Code.ASK_STEP: self._next_step,
            Code.ASK_SWEEP: self._swept,
            Code.ASK_IMAGE: self._image,
        }
        if system.symmetry is not None:
            for permutation in range(system.symmetry.order - 1):
                self._add("add_permutation", words(system.symmetry.slots(permutation)))

    def _image(self, permutation: int, pool: int, bundle: int) -> None:
        assert self.system.symmetry is not None, "only permutations that were added are asked about"
        self._add("set_image", permutation, pool, bundle, self.system.symmetry.bundle(permutation, pool, bundle))

    def add_readers(self, readers: Iterable[Reader], purpose: Purpose) -> None:
        """Readers for one purpose, in partitions of those that read the same pools."""
        partitions: dict[frozenset[int], dict[int, list[Reader]]] = {}
        for reader in readers:
            partitions.setdefault(reader.pools_read, {}).setdefault(reader.pool, []).append(reader)
        for pools, sets in partitions.items():
            for pool, members in sets.items():
                self._add("add_set", pool)
                self._sets.append(members)
            self._add("add_partition", len(sets), sum(1 << pool for pool in pools))
        self._add("add_range", purpose, len(partitions))

    def answer(self, code: int, first: int, second: int, third: int) -> None:
        """Adds the row that a question asks for."""
        self.questions += 1
        self._answering[code](first, second, third)

    def _add(self, function: str, *numbers: Any) -> None:
        if self._digests:
            told = [number for number in numbers if isinstance(number, int)]
            self.digest = zlib.crc32(repr((function, told)).encode(), self.digest)
        if getattr(self._library, function)(self._kernel, *numbers):
            raise MemoryError

    # Queries: the classes of bundles, multisets of classes, answers.

    def _query(self, key: Any, pool: int, classify: Callable[[int], int], query: TabledQuery | None) -> int:
        number = self._query_numbers.get(key)
        if number is None:
            number = self._query_numbers[key] = len(self._queries)
            self._queries.append(query)
            self._answers.append({})
            self._answered.append([])
            self._classifiers.append(classify)
            self._add("add_query", pool, self._multiset(number, ()))
        return number

    def _tabled(self, query: TabledQuery) -> int:
        classify = query.class_id
        if not query.query.query.aggregate.distinguishes:
            return self._query(query.query.identity, query.pool, lambda bundle: int(classify(bundle) > 0), query)
        return self._query(query.query.identity, query.pool, classify, query)

    def _class(self, query: int, bundle: int, _third: int) -> None:
        self._add("set_class", query, bundle, self._classifiers[query](bundle))

    def _multiset(self, query: int, classes: tuple[int, ...]) -> int:
        number = self._multiset_numbers.get((query, classes))
        if number is None:
            number = self._multiset_numbers[query, classes] = len(self._multisets)
            self._multisets.append((query, classes))
            self._add("add_multiset")
        return number

    def _fold(self, query: int, multiset: int, cls: int) -> None:
        tabled = self._queries[query]
        assert tabled is not None, "only queries of the specification are answered"
        known = self._multisets[multiset][1]
        if tabled.query.query.aggregate.repeats or cls not in known:
            known = tuple(sorted((*known, cls)))
        self._add("set_fold", multiset, cls, self._multiset(query, known))

    def _answer(self, number: int, multiset: int, _third: int) -> None:
        query = self._queries[number]
        assert query is not None, "only queries of the specification are answered"
        classes = [query.classes[cls] for cls in self._multisets[multiset][1]]
        answer = self.tables.intern_answer(query.query.query.aggregate.of(classes))
        # Numbered for each query, so that what follows an answer can be looked up in an array.
        known = self._answers[number]
        if answer not in known:
            known[answer] = len(known)
            self._answered[number].append(answer)
        self._library.set_answer(self._kernel, multiset, known[answer])

    # Decisions: which readers apply, what they look up, what they yield.

    def _readers(self, number: int, bundle: int, _third: int) -> None:
        shallow: list[int] = []
        deep: list[int] = []
        for reader in self._sets[number]:
            key = reader.key(bundle)
            if key is not None:
                root = self._root(self.tables.entry(reader, key))
                (deep if reader.stages > 1 else shallow).append(root)
        listed = words((len(shallow), *shallow, len(deep), *deep))
        self._add("set_readers", number, bundle, listed, len(listed))

    def _root(self, entry: Entry) -> int:
        number = self._roots.get(id(entry))
        if number is None:
            number = self._roots[id(entry)] = self._arrived(entry, entry.root)
        return number

    def _arrived(self, entry: Entry, at: Any) -> int:
        while type(at) is Stage and not at.queries:
            at = entry.follow(at, ())
        if isinstance(at, Finding):
            return self._judged(entry, at)
        if type(at) is not Stage:
            return self._added(None, NONE, False, [self._firing(firing) for firing in at])
        own = entry.reader.pool
        order = tuple(sorted(range(len(at.queries)), key=lambda place: at.queries[place][1].pool != own))
        return self._node(entry, at, order, ())

    def _node(self, entry: Entry, stage: Stage, order: tuple[int, ...], known: tuple[int, ...]) -> int:
        _, tabled, excluding = stage.queries[order[len(known)]]
        query = self._tabled(tabled)
        return self._added(_Node(entry, stage, order, known, query), query, excluding, ())

    def _added(self, node: _Node | None, query: int, excluding: bool, items: Sequence[int]) -> int:
        self._add("add_node", query, excluding, words(items), len(items))
        self._nodes.append(node)
        return len(self._nodes) - 1

    def _follow(self, number: int, answer: int, _third: int) -> None:
        node = self._nodes[number]
        assert node is not None, "a leaf leads nowhere"
        known = (*node.known, self._answered[node.query][answer])
        if len(known) < len(node.order):
            follow = self._node(node.entry, node.stage, node.order, known)
        else:
            key = tuple([answer for _, answer in sorted(zip(node.order, known, strict=True))])
            follow = self._arrived(node.entry, node.entry.follow(node.stage, key))
        self._add("set_node", number, answer, follow)

    def _judged(self, entry: Entry, finding: Finding) -> int:
        judge = entry.reader
        assert isinstance(judge, StateJudge)
        if finding.judgement is Judgement.HOLDS:
            self.triggered.add(judge.name)
        if finding.judgement in (Judgement.HOLDS, Judgement.IDLE):
            return self._added(None, NONE, False, ())
        self.findings.append((judge, finding))
        self._add("add_finding")
        return self._added(None, NONE, False, (len(self.findings) - 1,))

    # Firings: what they choose, and what they do to it.

    def _firing(self, firing: TabledFiring) -> int:
        number = self._firing_numbers.get(id(firing))
        if number is None:
            number = self._firing_numbers[id(firing)] = len(self._firings)
            self._firings.append(firing)
            self._add("add_firing", self._group_numbers[id(firing.group)])
        return number

    def _next_step(self, before: int, firing: int, bundle: int) -> None:
        if before == NONE:
            group = self._firings[firing].group
            follow = self._step(_Step(self._firings[firing], ((group.pool, bundle),)))
            self._add("set_first_step", firing, bundle, follow)
        else:
            step = self._steps[before]
            chosen = (*step.chosen, (step.attempt().pool, bundle))
            self._add("set_next_step", before, bundle, self._step(_Step(step.firing, chosen)))

    def _step(self, step: _Step) -> int:
        kind, pool, query, wanted = StepKind.EFFECTS, NONE, NONE, NONE
        items: list[int] = []
        firing = self._firing(step.firing)
        found = step.attempt()
        if isinstance(found, Effects):
            step = attrs.evolve(step, sweeps=tuple(self._sweeps_of(firing, found)))
            items = [*found.bundles, *(number for sweep in step.sweeps for number in sweep)]
            if len(step.chosen) != len(found.bundles):
                raise AssertionError("a step changes what it has chosen")
        else:
            pool = found.pool
            if found.name is not None and self.system.pools[pool].ordered:
                kind, wanted = StepKind.BY_INDEX, self.system.pools[pool].names.index(found.name)
            elif found.name is not None:
                kind, query = StepKind.THE_ONE, self._named(pool, found.name)
            elif found.mark is not None:
                kind, query = StepKind.THE_ONE, self._marked(pool, found.mark)
            elif found.query is not None:
                kind, query, wanted = StepKind.BY_CLASS, self._equal(self.tables.query(found.query), found.cls), 1
            else:
                kind = StepKind.NEW
        count = len(step.chosen) if kind is StepKind.EFFECTS else 0
        self._add("add_step", kind, firing, pool, query, wanted, words(items), count, len(step.sweeps))
        self._steps.append(step)
        return len(self._steps) - 1

    def _equal(self, query: TabledQuery, cls: Any) -> int:
        """A query for the objects of one class, 1."""
        key = ("equal", query.query.identity, type(cls), cls)
        return self._query(key, query.pool, lambda bundle: int(query.classify(bundle) == cls), None)

    def _named(self, pool: int, name: str) -> int:
        """A query for the object of a name."""
        layout = self.system.pools[pool]
        return self._query(("name", pool, name), pool, lambda bundle: int(layout.name_of(bundle) == name), None)

    def _marked(self, pool: int, mark: tuple[str, str, int]) -> int:
        """A query for the objects that carry a mark."""
        layout = self.system.pools[pool]
        place = layout.position[MARKS]
        return self._query(("mark", pool, mark), pool, lambda bundle: int(mark in layout.bundles[bundle][place]), None)

    def _sweeps_of(self, firing: int, effects: Effects) -> Iterator[tuple[int, int]]:
        for pool in dict.fromkeys(pool for pool, _ in effects.sweeps):
            sweeps = tuple(sweep for swept, sweep in effects.sweeps if swept == pool)
            key = (firing, pool, sweeps)
            if key not in self._sweep_numbers:
                self._sweep_numbers[key] = len(self._sweeps)
                self._sweeps.append((pool, sweeps))
            yield pool, self._sweep_numbers[key]

    def _swept(self, number: int, content: int, _third: int) -> None:
        # Sweep by sweep, as tables do it: bundles are then numbered, and pools sorted, alike.
        pool, sweeps = self._sweeps[number]
        bundles = self._content(pool, content)
        after = bundles
        for sweep in sweeps:
            after = tuple([self.system.sweep_bundle(pool, sweep, bundle) for bundle in after])
        for bundle, swept in zip(bundles, after, strict=True):
            if (number, bundle) not in self._swept_before:
                self._swept_before[number, bundle] = swept
                self._add("set_sweep", number, bundle, swept, bundle == swept)

    def reported(self, number: int, indices: Sequence[int], content: Callable[[int], Content]) -> Reported:
        """What a step does that the kernel has not seen before; counts as seen from now on. ``content``: by pool."""
        step = self._steps[number]
        effects = step.attempt()
        chosen = tuple([(pool, index, bundle) for (pool, bundle), index in zip(step.chosen, indices, strict=True)])
        found = tuple(changes(self.system, content, chosen, effects))
        self._library.set_judged(self._kernel, number)
        for pool, sweep in step.sweeps:
            # What was chosen is not swept: only of what is left a change was judged.
            taken = {index for (other, _), index in zip(step.chosen, indices, strict=True) if other == pool}
            for index, bundle in enumerate(content(pool)):
                if bundle and index not in taken:
                    self._add("set_sweep", sweep, bundle, self._swept_before[sweep, bundle], True)
        return Reported(step.firing, effects, chosen, found)

    def complain(self, number: int, indices: Sequence[int], content: Callable[[int], Content]) -> None:
        """Raises what is wrong with a choice by name or mark."""
        step = self._steps[number]
        selection = step.attempt()
        chosen = tuple([(pool, index) for (pool, _), index in zip(step.chosen, indices, strict=True)])
        list(candidates(self.system, content(selection.pool), selection, chosen))
        raise AssertionError(f"one object is {selection.name or selection.mark}, yet the kernel found others")

    def sizes(self) -> dict[str, int]:
        """How many rows the tables hold that are filled by running the specification."""
        return {
            "answers": len(self.tables.answers),
            "queries": len(self._queries),
            "multisets": len(self._multisets),
            "decisions": len(self._nodes),
            "steps": len(self._steps),
        }


__all__ = ["Oracle", "Reported", "words"]
