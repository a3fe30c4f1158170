"""Masterleases, and the endpoints of the Service ``kubernetes``: they matter where somebody asks about these."""

from __future__ import annotations

from ..control_plane.apiserver import endpoint_reconciler
from ..control_plane.etcd import leases
from ..language.model import Assumption
from ..language.scenario import Scenario
from .outages import asks_who_is_listed
from .part import Part


def _assumptions(_scenario: Scenario) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "masterleases-alone",
            "of what Kubernetes attaches to leases of etcd only masterleases are followed: Events are no objects here;"
            " an instance that ends does not take its masterlease with it",
            "etcd §2, kube-apiserver §8",
        ),
    )


MASTER_LEASES = Part(
    "masterleases",
    asks_who_is_listed,
    components=lambda _scenario: (endpoint_reconciler.component(),),
    machines=(leases.MACHINE, endpoint_reconciler.MACHINE),
    assumptions=_assumptions,
)
"""What there is to see of who is listed behind the Service kubernetes."""
