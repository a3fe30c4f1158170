"""Service accounts: what the controller creates, and what admission asks for."""

from __future__ import annotations

import attrs
from frozendict import frozendict
from kubemodel.spec.control_plane.apiserver.admission import MIRROR, AdmissionReads
from kubemodel.spec.control_plane.apiserver.handling import handle
from kubemodel.spec.control_plane.controllers.service_account import Missing, missing
from kubemodel.spec.language.request import ApiCall, Outcome, Response, Verb
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.pod import Pod, PodSpec
from kubemodel.spec.objects.service_account import ServiceAccount

NONE, DEFAULT_ONLY = frozenset[tuple[str, str]](), frozenset({("default", "default")})


def created(pod: Pod, accounts: frozenset[tuple[str, str]] | None) -> Response:
    reads = AdmissionReads(service_accounts=accounts)
    return handle(ApiCall(Verb.CREATE, "Pod", pod), None, current=True, admission=reads)


def test_only_the_account_default_is_created_by_itself() -> None:
    assert missing("shop/default", None) == Missing("shop")
    assert missing("shop/builder", None) is None
    assert missing("shop/default", ServiceAccount()) is None


def test_a_pod_gets_the_account_default_and_is_refused_without() -> None:
    assert created(Pod(), DEFAULT_ONLY).stored.spec.service_account_name == "default"
    assert created(Pod(), NONE).outcome is Outcome.FORBIDDEN
    assert created(Pod(spec=PodSpec(service_account_name="builder")), DEFAULT_ONLY).outcome is Outcome.FORBIDDEN


def test_mirror_pods_have_none() -> None:
    mirror = attrs.evolve(Pod(), metadata=ObjectMeta(annotations=frozendict({MIRROR: "1"})))
    assert created(mirror, NONE).stored.spec.service_account_name == ""


def test_where_nobody_deletes_accounts_they_are_not_looked_up() -> None:
    assert created(Pod(), None).stored.spec.service_account_name == ""
