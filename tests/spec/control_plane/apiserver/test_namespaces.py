"""Namespaces in the API server: what deletes them, what holds them, what is refused meanwhile."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from kubemodel.spec.control_plane.apiserver.admission import AdmissionReads
from kubemodel.spec.language.request import Outcome
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.namespace import KUBERNETES, TERMINATING, Namespace

from .requests import UNBOUND, create, delete, update, with_metadata

SHOP = Namespace(ObjectMeta("shop", ""))
GOING = delete(SHOP).stored


def without_spec_finalizers(stored: Any) -> Any:
    return attrs.evolve(stored, finalizers=())


def without_finalizers(stored: Any) -> Any:
    return with_metadata(stored, finalizers=())


def test_a_deleted_namespace_is_terminating_at_once_and_stays() -> None:
    assert (GOING.phase, GOING.metadata.terminating, GOING.finalizers) == (TERMINATING, True, (KUBERNETES,))
    assert delete(GOING).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("name", ["default", "kube-public", "kube-system"])
def test_some_namespaces_can_not_be_deleted(name: str) -> None:
    assert delete(Namespace(ObjectMeta(name, ""))).outcome is Outcome.FORBIDDEN


def test_only_finalize_writes_the_finalizers_of_the_spec() -> None:
    assert update(without_spec_finalizers, GOING).outcome is Outcome.UNCHANGED
    assert update(without_spec_finalizers, GOING, "status").outcome is Outcome.UNCHANGED
    assert update(without_spec_finalizers, GOING, "finalize").stored is None


def test_it_is_held_by_the_finalizers_of_its_metadata_too() -> None:
    held = delete(with_metadata(SHOP, finalizers=("example.com/held",))).stored
    emptied = update(without_spec_finalizers, held, "finalize").stored
    assert emptied.finalizers == ()
    assert update(without_finalizers, emptied).stored is None


def test_a_live_namespace_survives_without_finalizers() -> None:
    assert update(without_spec_finalizers, SHOP, "finalize").stored == attrs.evolve(SHOP, finalizers=())


def test_nothing_is_created_in_it_and_the_answer_says_why() -> None:
    pod = with_metadata(UNBOUND, namespace="shop")
    assert create(pod, reads=AdmissionReads(namespaces=(SHOP,))).outcome is Outcome.DONE
    assert create(pod, reads=AdmissionReads(namespaces=(GOING,))).outcome is Outcome.NAMESPACE_TERMINATING
    assert create(pod, reads=AdmissionReads()).outcome is Outcome.NOT_FOUND
