"""The page on properties says what the catalogue says. To write it anew: WRITE_PAGES=1 ./test tests/spec/properties."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from kubemodel.cli.whole_cluster import all_components
from kubemodel.engine.judging import UNDECLARED_TRANSITION
from kubemodel.spec.language.property import Property, Shape, StateProperty, TemporalProperty
from kubemodel.spec.properties.catalogue import OCCASIONS, PROPERTIES, describe
from kubemodel.spec.properties.left_out import LEFT_OUT, cited_numbers, left_out
from kubemodel.spec.properties.upholding import UPHELD_BY

from .mutations import CASES

PAGE = Path(__file__).parents[3] / "docs" / "properties.md"

_HEAD = """\
# Properties

What `kubemodel check` checks. A property is required only while its assumptions hold; where they are broken it is
reported as suspended, not as violated. Each names a mutation of the specification that violates it: what would have to
be wrong in Kubernetes. The tests run these mutations.

This page is generated from `spec/properties` and from the mutations of `tests/spec/properties`.
"""

_MACHINES = f"""
## {UNDECLARED_TRANSITION}

Every change of an object is a declared arrow of its machine, driven by the component that the arrow names.

| | |
|---|---|
| required | in every step |
| checked by default | always |
| mutation that violates it | {{mutation}} |
"""


_NOT_HERE = """
## Not among them

Properties that the reference names, by its numbers, and why they are none here.

| number | name | why |
|---|---|---|
"""

PROPERTIES_OF_THE_REFERENCE = 106


def _required(prop: Property) -> str:
    if isinstance(prop, TemporalProperty):
        return f"in every run that goes on for ever: {prop.shape.value}"
    return prop.when.value if isinstance(prop, StateProperty) else "in every step"


def _entry(name: str) -> Iterator[str]:
    prop = describe(name)
    yield f"\n## {name}\n\n{prop.statement[0].upper()}{prop.statement[1:]}.\n\n| | |\n|---|---|\n"
    yield f"| required | {_required(prop)} |\n"
    yield f"| upheld by | {', '.join(UPHELD_BY[name]) or 'nobody: Kubernetes does not promise it'} |\n"
    if prop.assumes:
        yield f"| assumes | {prop.assumes} |\n"
    yield f"| checked by default | {OCCASIONS[name].text} |\n"
    yield f"| reference | {prop.reference} |\n"
    yield f"| mutation that violates it | {CASES[name].mutation} |\n"
    yield f"| advice | {prop.advice} |\n"


def page() -> str:
    """The text of the page."""
    entries = "".join(part for name in PROPERTIES for part in _entry(name))
    machines = _MACHINES.format(mutation=CASES[UNDECLARED_TRANSITION].mutation)
    rows = "".join(f"| {number} | {name} | {why} |\n" for number, (name, why) in _not_here().items())
    return _HEAD + entries + machines + _NOT_HERE + rows


def _references() -> list[str]:
    return [prop.reference for properties in PROPERTIES.values() for prop in properties]


def _not_here() -> Mapping[int, tuple[str, str]]:
    return left_out(_references())


def test_the_page_is_up_to_date() -> None:
    if os.environ.get("WRITE_PAGES"):
        PAGE.write_text(page())
    assert PAGE.read_text() == page(), "docs/properties.md is out of date; WRITE_PAGES=1 writes it anew"


def test_every_property_says_all_that_the_page_needs() -> None:
    for properties in PROPERTIES.values():
        for prop in properties:
            assert prop.statement and prop.reference and prop.advice
            assert not prop.statement.endswith(".")


def test_every_property_of_the_reference_is_here_or_left_out_for_a_reason() -> None:
    here = cited_numbers(_references())
    assert here | set(LEFT_OUT) >= set(range(1, PROPERTIES_OF_THE_REFERENCE + 1))
    assert not here & set(LEFT_OUT), "what is a property now is left out no longer: spec/properties/left_out.py"


def test_a_reference_names_its_numbers() -> None:
    said = ["invariants 22, 76 (#106884)", "controllers-cluster §10.2, invariants 101", "invariants 19; kubelet §5"]
    assert cited_numbers(said) == {19, 22, 76, 101}


def test_who_upholds_a_property_is_a_component() -> None:
    assert set(UPHELD_BY) == set(PROPERTIES)
    known = {component.name for component in all_components()}
    assert {name for names in UPHELD_BY.values() for name in names} <= known


def test_a_name_stands_for_one_statement() -> None:
    for name, properties in PROPERTIES.items():
        assert {prop.name for prop in properties} == {name}
        assert len({prop.statement for prop in properties}) == 1


def test_the_page_names_what_is_required_in_the_end() -> None:
    assert _required(describe("deployment-eventually-complete")).endswith(Shape.EVENTUALLY_ALWAYS.value)
