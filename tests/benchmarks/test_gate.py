"""The command that compares explorers on thousands of systems: it finds differences, and each system again."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.benchmarks import gate


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "BATCH", 3)


@pytest.mark.parametrize("about", list(gate.ABOUT))
def test_explorers_agree_on_a_batch(about: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "BATCH", 2 if about == gate.STATES else 4)
    found = gate.compare(about, 3)
    assert found.systems > 0 and sum(found.compared.values()) >= found.systems
    assert found.differences == ()


def test_a_difference_is_found_and_found_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Any] = []

    def differs(model: Any, _most: int) -> bool:
        seen.append(model.initial)
        assert len(seen) != 3, "the explorers differ"
        return True

    strategy, _, most = gate.ABOUT[gate.STATES]
    monkeypatch.setitem(gate.ABOUT, gate.STATES, (strategy, (differs,), most))
    total = gate.Total()
    total.add(gate.compare(gate.STATES, 5))
    (found,) = total.differences
    assert (found.batch, found.number, found.comparison) == (5, 2, "differs")
    assert "the explorers differ" in found.text
    assert "--about states --batch 5 --number 2" in capsys.readouterr().out
    wanted = seen[2]
    seen.clear()
    gate.compare(gate.STATES, 5, 2)
    assert seen == [wanted]


def test_it_goes_on_until_as_many_were_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def compare(about: str, batch: int, only: int | None = None) -> gate.Batch:
        asked.append((about, batch))
        return gate.Batch(3, gate.Counter(states=3), ())

    monkeypatch.setattr(gate, "compare", compare)
    monkeypatch.setattr(gate, "ProcessPoolExecutor", _InThisProcess)
    total, complete = gate.run(10, 7, 1)
    assert complete and total.systems >= 10 and not total.differences
    assert asked[:4] == [("states", 7), ("loops", 14), ("loops", 15), ("symmetric", 7)]


class _InThisProcess:
    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __enter__(self) -> _InThisProcess:
        return self

    def __exit__(self, *_: Any) -> None: ...

    def submit(self, work: Any, *given: Any) -> Any:
        future: gate.Future[Any] = gate.Future()
        future.set_result(work(*given))
        return future

    def shutdown(self, **_: Any) -> None: ...
