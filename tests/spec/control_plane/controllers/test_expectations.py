"""Expectations belong to one controller each."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.spec.control_plane.controllers.expectations import observer, owned_by, owner
from kubemodel.spec.kinds import CREATION, DAEMON_SET, DELETION, REPLICA_SET
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.pod import Pod

LIVE = Pod()
TERMINATING = attrs.evolve(LIVE, metadata=ObjectMeta(deletion_timestamp=0.0))


@pytest.mark.parametrize("kind", [REPLICA_SET, DAEMON_SET])
@pytest.mark.parametrize("other", [REPLICA_SET, DAEMON_SET])
def test_each_controller_knows_its_own(kind: str, other: str) -> None:
    assert owned_by((CREATION, owner(kind, "web")), other) == (kind == other)


@pytest.mark.parametrize(
    ("what", "after", "met"),
    [(CREATION, LIVE, True), (CREATION, None, False), (DELETION, LIVE, False), (DELETION, TERMINATING, True)],
)
def test_an_expectation_ends_when_it_is_met(what: str, after: Pod | None, met: bool) -> None:
    expected = (what, owner(DAEMON_SET, "web"))
    assert observer(DAEMON_SET)(expected, None, after) == (None if met else expected)


def test_what_another_controller_expects_stays() -> None:
    expected = (CREATION, owner(DAEMON_SET, "web"))
    assert observer(REPLICA_SET)(expected, None, LIVE) == expected
