"""Kubernetes quantities, parsed exactly into integers.

Two readings exist, as in ``resource.Quantity``: ``Value()`` in whole units and ``MilliValue()`` in thousandths, both
rounded up (away from zero). CPU is counted in thousandths everywhere, every other resource in its own unit (bytes,
pods, devices). Arithmetic is on fractions, so nothing is lost.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from frozendict import frozendict

CPU = "cpu"
MEMORY = "memory"
PODS = "pods"
EPHEMERAL_STORAGE = "ephemeral-storage"
HUGE_PAGES_PREFIX = "hugepages-"

ResourceList = frozendict[str, int]
"""Resource name -> amount; ``cpu`` in thousandths of a core, everything else in whole units."""

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))"
    r"(?:[eE](?P<exponent>[+-]?[0-9]+)|(?P<suffix>[KMGTPE]i|[numkMGTPE]?))"
)
_FACTORS = {
    "": Fraction(1),
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 10**3),
    "k": Fraction(10**3),
    **{letter: Fraction(10 ** (3 * power)) for power, letter in enumerate("MGTPE", start=2)},
    **{letter + "i": Fraction(1024**power) for power, letter in enumerate("KMGTPE", start=1)},
}
_LARGEST = Fraction(2**63 - 1)
# Beyond these exponents every number is at the limits below; the check keeps 10**exponent from growing without bound.
_LARGEST_EXPONENT = 10_000


def _away_from_zero(value: Fraction) -> int:
    return math.ceil(value) if value >= 0 else math.floor(value)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Fraction:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"not a quantity: {text!r}")
    exponent = int(match["exponent"] or 0)
    if abs(exponent) > _LARGEST_EXPONENT:
        raise ValueError(f"exponent out of range: {text!r}")
    value = Fraction(match["number"]) * Fraction(10) ** exponent * _FACTORS[match["suffix"] or ""]
    if abs(value) > _LARGEST:
        return _LARGEST if value > 0 else -_LARGEST
    return Fraction(_away_from_zero(value * 10**9), 10**9)


def is_scalar(resource: str) -> bool:
    """Whether the scheduler counts the resource beside cpu, memory and ephemeral storage (``IsScalarResourceName``).

    These are extended resources (with a domain in the name), huge pages and attachable volumes.
    """
    return "/" in resource or resource.startswith((HUGE_PAGES_PREFIX, "attachable-volumes-"))


def parse_quantity(quantity: str | int | float) -> Fraction:
    """The exact value of a quantity.

    As Kubernetes does, numbers finer than 10^-9 are rounded up to it and magnitudes are capped at 2^63-1. Plain numbers
    are accepted as YAML yields them. Raises ValueError for text that is no quantity.
    """
    return _parse(str(quantity).strip())


def value(quantity: str | int | float) -> int:
    """The quantity in whole units, rounded up (``Quantity.Value``)."""
    return _away_from_zero(parse_quantity(quantity))


def milli_value(quantity: str | int | float) -> int:
    """The quantity in thousandths, rounded up (``Quantity.MilliValue``)."""
    return _away_from_zero(parse_quantity(quantity) * 1000)


def resource_amount(resource: str, quantity: str | int | float) -> int:
    """The amount of a resource as the scheduler and the kubelet count it: cpu in thousandths, others in units."""
    return milli_value(quantity) if resource == CPU else value(quantity)


def resource_list(quantities: Mapping[str, str | int | float]) -> ResourceList:
    """A resource list from the API's form, for instance ``{"cpu": "500m", "memory": "1Gi"}``."""
    return frozendict({name: resource_amount(name, quantity) for name, quantity in quantities.items()})


def add_resources(*lists: Mapping[str, int]) -> ResourceList:
    """The sum of resource lists, resource by resource."""
    total: dict[str, int] = {}
    for amounts in lists:
        for name, amount in amounts.items():
            total[name] = total.get(name, 0) + amount
    return frozendict(total)


def largest_resources(*lists: Mapping[str, int]) -> ResourceList:
    """The maximum of resource lists, resource by resource."""
    largest: dict[str, int] = {}
    for amounts in lists:
        for name, amount in amounts.items():
            largest[name] = max(largest.get(name, amount), amount)
    return frozendict(largest)


def amount_text(resource: str, amount: int) -> str:
    """``amount`` of a resource (cpu in thousandths) as manifests write it: ``100m``, ``64Mi``."""
    if resource == CPU:
        return f"{amount}m" if amount % 1000 else str(amount // 1000)
    if resource in (MEMORY, EPHEMERAL_STORAGE):
        for suffix, unit in (("Gi", 1024**3), ("Mi", 1024**2), ("Ki", 1024)):
            if amount and amount % unit == 0:
                return f"{amount // unit}{suffix}"
    return str(amount)
