from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.objects.quantities import (
    add_resources,
    amount_text,
    is_scalar,
    largest_resources,
    milli_value,
    parse_quantity,
    resource_list,
    value,
)

SUFFIXES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
RESOURCES = st.dictionaries(st.sampled_from(["cpu", "memory", "pods", "example.com/gpu"]), st.integers(0, 10**6))


@pytest.mark.parametrize(
    ("text", "units", "thousandths"),
    [
        ("0", 0, 0),
        ("1", 1, 1000),
        ("100m", 1, 100),
        ("0.1", 1, 100),
        (".5", 1, 500),
        ("5.", 5, 5000),
        ("1.5Gi", 1610612736, 1610612736000),
        ("128974848000m", 128974848, 128974848000),
        ("1e3", 1000, 1000000),
        ("1E3", 1000, 1000000),
        ("1E", 10**18, 10**21),
        ("12e-1", 2, 1200),
        ("100u", 1, 1),
        ("1n", 1, 1),
        ("0.0000000001", 1, 1),
        ("-1.5", -2, -1500),
        ("+2k", 2000, 2000000),
        (2, 2, 2000),
        (0.25, 1, 250),
    ],
)
def test_readings(text: str | int | float, units: int, thousandths: int) -> None:
    assert value(text) == units
    assert milli_value(text) == thousandths


@pytest.mark.parametrize(
    "text", ["", "1 Gi", "1gi", "1K", "Gi", "0x10", "1e", "1.2.3", "e3", "1Zi", "--1", "1e99999999"]
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_quantity(text)


def test_magnitudes_are_capped() -> None:
    assert value("100E") == 2**63 - 1
    assert value("-100E") == -(2**63 - 1)


@given(st.integers(0, 10**6), st.sampled_from(sorted(SUFFIXES)))
def test_decimal_suffixes_are_powers_of_ten(number: int, suffix: str) -> None:
    exact = min(number * Fraction(10) ** SUFFIXES[suffix], Fraction(2**63 - 1))
    assert parse_quantity(f"{number}{suffix}") == exact
    assert parse_quantity(f"{number}e{SUFFIXES[suffix]}") == exact
    assert value(f"{number}{suffix}") == math.ceil(exact)


@given(st.integers(0, 2**20), st.sampled_from(list(enumerate(["Ki", "Mi", "Gi", "Ti"], start=1))))
def test_binary_suffixes_are_powers_of_1024(number: int, suffix: tuple[int, str]) -> None:
    power, letters = suffix
    assert value(f"{number}{letters}") == number * 1024**power


@given(st.decimals(0, 10**6, places=6))
def test_rounding_is_up_by_less_than_one(number: object) -> None:
    exact = Fraction(str(number))
    assert 0 <= value(str(number)) - exact < 1
    assert 0 <= milli_value(str(number)) - exact * 1000 < 1


def test_cpu_is_counted_in_thousandths_and_the_rest_in_units() -> None:
    assert resource_list({"cpu": "1.5", "memory": "1Ki", "pods": 110}) == {"cpu": 1500, "memory": 1024, "pods": 110}


@given(RESOURCES, RESOURCES)
def test_sum_and_maximum_go_resource_by_resource(one: dict[str, int], other: dict[str, int]) -> None:
    for name in one.keys() | other.keys():
        amounts = one.get(name, 0), other.get(name, 0)
        assert add_resources(one, other)[name] == sum(amounts)
        assert largest_resources(one, other)[name] == max(amounts)


def test_scalar_resources_are_extended_ones_huge_pages_and_attachable_volumes() -> None:
    assert [name for name in ("cpu", "memory", "pods", "example.com/a", "hugepages-2Mi") if is_scalar(name)] == [
        "example.com/a",
        "hugepages-2Mi",
    ]


@given(st.sampled_from(["cpu", "memory", "example.com/gpu"]), st.integers(0, 2**40))
def test_amounts_are_written_as_they_are_read(resource: str, amount: int) -> None:
    read = parse_quantity(amount_text(resource, amount))
    assert read == (Fraction(amount, 1000) if resource == "cpu" else amount)
