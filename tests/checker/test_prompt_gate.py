"""The gate of prompt time (design §7): tables agree with the naive explorer, on zones and on all that they judge."""

from __future__ import annotations

import attrs
from hypothesis import HealthCheck, assume, given, settings
from kubemodel.spec.language.model import Model, TimeMode

from .agreement import (
    lassos_are_fair_runs_that_close,
    loops_agree_with_brute_force,
    modes_agree_with_the_naive_explorer,
    multisets_are_positional_sets_quotiented,
    paths_are_made_of_transitions,
    symmetry_is_the_naive_set_quotiented,
)
from .random_models import models
from .symmetric_models import symmetric_models
from .test_liveness_gate import lively

# Each example is explored several times over by the slowest explorer that there is.
THOROUGH = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def prompt(model: Model) -> Model:
    return attrs.evolve(model, time=TimeMode.PROMPT)


@THOROUGH
@given(models().map(prompt))
def test_tables_agree_with_the_naive_explorer(model: Model) -> None:
    assume(modes_agree_with_the_naive_explorer(model, 120))


@THOROUGH
@given(models().map(prompt))
def test_every_path_is_made_of_transitions(model: Model) -> None:
    assume(paths_are_made_of_transitions(model, 200))


@THOROUGH
@given(models().map(prompt))
def test_a_multiset_is_the_positional_set_quotiented(model: Model) -> None:
    assume(multisets_are_positional_sets_quotiented(model, 200))


@THOROUGH
@given(symmetric_models().map(prompt))
def test_symmetry_is_the_naive_set_quotiented(model: Model) -> None:
    assume(symmetry_is_the_naive_set_quotiented(model, 100))


@THOROUGH
@given(lively().map(prompt))
def test_it_finds_the_loops_that_brute_force_finds(model: Model) -> None:
    assume(loops_agree_with_brute_force(model, 40))


@THOROUGH
@given(lively().map(prompt))
def test_every_lasso_is_a_fair_run_that_closes(model: Model) -> None:
    assume(lassos_are_fair_runs_that_close(model, 40))
