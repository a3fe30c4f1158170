from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.objects.taints import Taint, Toleration, tolerates

KEYS, VALUES = st.sampled_from(["a", "b"]), st.sampled_from(["", "1", "2", "x"])
EFFECTS = st.sampled_from(["NoSchedule", "PreferNoSchedule", "NoExecute"])
TAINTS = st.builds(Taint, KEYS, VALUES, EFFECTS)
TOLERATIONS = st.builds(
    Toleration,
    st.one_of(st.just(""), KEYS),
    st.sampled_from(["", "Equal", "Exists", "Gt", "Lt", "Other"]),
    VALUES,
    st.one_of(st.just(""), EFFECTS),
)


@given(TAINTS)
def test_exists_without_key_and_effect_tolerates_everything(taint: Taint) -> None:
    assert Toleration(operator="Exists").tolerates(taint)


@given(TOLERATIONS, TAINTS)
def test_an_empty_effect_or_key_only_widens(toleration: Toleration, taint: Taint) -> None:
    if toleration.tolerates(taint):
        assert attrs.evolve(toleration, effect="").tolerates(taint)
        assert attrs.evolve(toleration, key="").tolerates(taint)


@given(TOLERATIONS, TAINTS)
def test_exists_is_the_widest_operator(toleration: Toleration, taint: Taint) -> None:
    if toleration.tolerates(taint, comparison_operators=True):
        assert attrs.evolve(toleration, operator="Exists").tolerates(taint)


@given(TOLERATIONS, TAINTS)
def test_an_empty_operator_means_equal(toleration: Toleration, taint: Taint) -> None:
    unnamed, equal = attrs.evolve(toleration, operator=""), attrs.evolve(toleration, operator="Equal")
    assert unnamed.tolerates(taint) == equal.tolerates(taint)


@given(TOLERATIONS, TAINTS)
def test_a_toleration_speaks_of_its_own_key_and_effect_only(toleration: Toleration, taint: Taint) -> None:
    if toleration.tolerates(taint, comparison_operators=True):
        assert toleration.key in ("", taint.key)
        assert toleration.effect in ("", taint.effect)


def test_comparison_operators_need_their_gate() -> None:
    taint = Taint("sla", "950")
    assert not Toleration("sla", "Gt", "900").tolerates(taint)
    assert Toleration("sla", "Gt", "900").tolerates(taint, comparison_operators=True)
    assert not Toleration("sla", "Lt", "900").tolerates(taint, comparison_operators=True)
    assert not Toleration("sla", "Gt", "low").tolerates(taint, comparison_operators=True)


@given(st.lists(TOLERATIONS), TAINTS)
def test_one_of_several_is_enough(tolerations: list[Toleration], taint: Taint) -> None:
    assert tolerates(tolerations, taint) == any(toleration.tolerates(taint) for toleration in tolerations)
