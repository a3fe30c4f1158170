"""Kubernetes' own tables agree with the model, and docs/conformance.md says how far.

To write the page anew: WRITE_PAGES=1 ./test tests/conformance -n 0.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from kubemodel.cli.conform_command import table
from kubemodel.conformance.areas import AREAS
from kubemodel.conformance.cases import read
from kubemodel.conformance.running import Finding, Result, run

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "conformance.md"
RESULTS = run(read(sorted(map(str, FOLDER.glob("*.jsonl")))), AREAS)

_HEAD = """\
# Conformance

Kubernetes' own unit tests hold tables: given these objects, the controller does that. `tests/conformance` has 776 of
these cases as data. `kubemodel conform` puts each to the very functions that the model's rules call, and compares the
answers exactly: feasible or not and why, scores to the point, counts, orders, phases, conditions.

    kubemodel conform tests/conformance/*.jsonl
    kubemodel conform --json more-cases.jsonl

It prints the table below, then each case that differs with what was given, expected and answered. Exit code 1 if a case
differs or nobody answers its question, 2 if a file holds no cases.

"""

_NOT_FOLLOWED = """
## Deliberately not followed

These cases are run and counted. Where only a part of an answer is left out, the rest is compared.

| case | why the model answers otherwise |
|---|---|
"""

_TAIL = """
## Adding an area

One file an area in `conformance/`, such as `conformance/kubelet.py`. It holds one adapter for each question that the
cases ask, and `QUESTIONS`, which maps the text of a question to it. **An adapter decodes what a case gives, calls one
function of `spec` that the model's rules call too, and encodes its answer; it does nothing else.** What it decides
itself would be tested instead of the model.

    def _phase(given: Given) -> Answer:
        pod = decode_pod(given["pod"])
        return {"phase": pod_phase(pod.spec, pod.status.container_statuses)}

    QUESTIONS: Questions = {"pod phase": Question(_phase)}

Then: a line in `conformance/areas.py`, the cases in `tests/conformance`, and this page anew with
`WRITE_PAGES=1 ./test tests/conformance -n 0`. The tests run every case; there is nothing else to write.

- Compared is what a case asserts, at every depth; an answer may say more. `complete=frozenset({"counts"})` names
  mappings that may hold no further key (`""`: the answer itself), `sets=` lists without order, `at_most=` upper bounds.
- `expected=` encodes what a case expects as the adapter encodes its answer, where plain data can not be compared.
- `leaves_out={"message": "why"}` names a key of answers that the model deliberately does not give,
  `not_followed={"job/some-case": "why"}` single cases, `not_followed="why"` with no adapter all cases of the question.
  A case that stands there and agrees all the same fails the tests.
- For the scheduler the question is `plugin: phase`, with the scoring strategy in brackets where the plugin has several;
  its adapters get the whole case but what is expected.
"""


def _pages_table(results: Sequence[Result]) -> Iterator[str]:
    for line in table(results):
        yield f"    {line}\n"


def page() -> str:
    """The text of the page."""
    rows = {(result.case.id, result.reason) for result in RESULTS if result.finding is Finding.NOT_FOLLOWED}
    listed = "".join(f"| {name} | {reason} |\n" for name, reason in sorted(rows))
    return _HEAD + "".join(_pages_table(RESULTS)) + _NOT_FOLLOWED + listed + _TAIL


@pytest.mark.parametrize("result", [pytest.param(result, id=result.case.id) for result in RESULTS])
def test_no_case_differs(result: Result) -> None:
    assert result.finding is not Finding.DIFFERS, (result.case.question, result.expected, result.answered)


def test_what_is_deliberately_not_followed_is_a_difference() -> None:
    agreeing = {result.case.id for result in RESULTS if result.finding is Finding.AGREES}
    declared = [question.not_followed for questions in AREAS.values() for question in questions.values()]
    assert agreeing.isdisjoint(case for ids in declared if not isinstance(ids, str) for case in ids)


def test_every_question_that_is_answered_is_asked() -> None:
    asked = {(result.case.area, result.case.question) for result in RESULTS}
    assert {(area, question) for area, questions in AREAS.items() for question in questions} <= asked


def test_the_page_says_what_came_of_the_cases() -> None:
    if os.environ.get("WRITE_PAGES"):
        PAGE.write_text(page(), "utf-8")
    assert len(RESULTS) == 776
    assert PAGE.read_text("utf-8") == page(), "docs/conformance.md is out of date; WRITE_PAGES=1 writes it anew"
