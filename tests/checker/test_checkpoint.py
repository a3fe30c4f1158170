"""A search that was ended goes on where it was kept, to the same result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kubemodel.benchmarks import rollout
from kubemodel.checker.kernel import checkpoint, compiled
from kubemodel.checker.kernel.checkpoint import CheckpointError
from kubemodel.checker.result import Explorer, Limits, SearchResult
from kubemodel.checker.search import search
from kubemodel.engine.symmetry import up_to_symmetry
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.component import Component
from kubemodel.spec.language.model import Field, Kind, Model

from ..thoroughness import examples
from .random_models import models
from .small_models import LAMP, lights, rule
from .symmetric_models import symmetric_models

SEVERAL = settings(
    max_examples=examples(25, 40),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class Killed(Exception):
    """Stands for the end of the process."""


def reduced(model: Model) -> TransitionSystem:
    """What a model does, up to the objects that nothing tells apart."""
    return up_to_symmetry(TransitionSystem(model))


def explored(model: Model, **options: Any) -> SearchResult:
    options.setdefault("keep_going", True)
    return search(reduced(model), explorer=Explorer.KERNEL, **options)


def kept_after(saves: int, model: Model, file: Path, cores: int) -> bool:
    """Ends a search at its n-th checkpoint; says whether it got so far."""
    left = saves

    def write(target: Path, kept: checkpoint.Checkpoint, written: Any = checkpoint.write) -> None:
        nonlocal left
        written(target, kept)
        left -= 1
        if not left:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "write", write)
        patch.setattr(compiled, "SAVE_EVERY", 0.0)
        patch.setattr(compiled, "_PATIENCE", 3)
        patch.setattr(compiled, "MANY", 0)
        try:
            explored(model, checkpoint=file, cores=cores)
        except Killed:
            return True
    return False


@SEVERAL
@given(st.one_of(models(), symmetric_models()), st.integers(1, 40), st.sampled_from((1, 2)))
def test_after_a_kill_the_result_is_the_same(tmp_path_factory: Any, model: Model, saves: int, cores: int) -> None:
    expected = explored(model, limits=Limits(max_states=600))
    if not expected.complete:
        return
    file = tmp_path_factory.mktemp("kept") / "search"
    if kept_after(saves, model, file, cores):
        assert explored(model, resume=file, checkpoint=file, cores=cores) == expected


def test_a_search_up_to_symmetry_is_another_search(tmp_path: Path) -> None:
    model = symmetric()
    file = tmp_path / "search"
    ended = explored(model, checkpoint=file, limits=Limits(max_depth=2))
    assert not ended.complete
    assert explored(model, resume=file) == explored(model)
    with pytest.raises(CheckpointError, match="of another search"):
        search(TransitionSystem(model), explorer=Explorer.KERNEL, resume=file)


def symmetric() -> Model:
    """Lamps that nothing tells apart."""
    names = ("one", "two", "three")
    brighter = rule("brighter", 0, 1)
    dimmer = rule("dimmer", 1, 2)
    kind = Kind(LAMP, (Field("level", 0),), names)
    components = (Component("controller", (brighter, dimmer)),)
    return Model("lamps", (kind,), components, {}, interchangeable=(tuple((name,) for name in names),))


@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize(
    ("seen", "counts"), [(TransitionSystem, (35_285, 137_116)), (reduced, (17_753, 69_036))], ids=["all", "symmetry"]
)
def test_what_a_limit_ends_goes_on(tmp_path: Path, seen: Any, counts: tuple[int, int], cores: int) -> None:
    system = seen(rollout.model(2, 4, 3, 1))
    file = tmp_path / "search"
    ended = search(system, Limits(max_depth=20), keep_going=True, checkpoint=file, cores=cores)
    assert (ended.complete, ended.states < counts[0]) == (False, True)
    resumed = search(seen(rollout.model(2, 4, 3, 1)), keep_going=True, resume=file, cores=cores)
    assert (resumed.states, resumed.transitions, resumed.bounds) == (*counts, ())


def test_a_checkpoint_of_another_search_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "search"
    explored(rollout.model(2, 3, 2, 1), checkpoint=file, limits=Limits(max_depth=9))
    with pytest.raises(CheckpointError, match="another search"):
        explored(rollout.model(2, 3, 2, 2), resume=file)


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all, whatever it is"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "search").write_bytes(content)
    with pytest.raises(CheckpointError, match="no checkpoint"):
        search(lights(rule("on", 0, 1)), resume=tmp_path / "search")


def test_what_is_cut_off_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "search"
    explored(rollout.model(2, 3, 2, 1), checkpoint=file, limits=Limits(max_depth=9))
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="cut off"):
        explored(rollout.model(2, 3, 2, 1), resume=file)
