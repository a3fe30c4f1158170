"""What the addon manager puts back, what it only makes, and what it leaves to others (dns-addons §4)."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from kubemodel.spec.addons.addon_manager import ENSURE_EXISTS, MODE_LABEL, RECONCILE, Addon, Kept, component
from kubemodel.spec.language.plan import Call
from kubemodel.spec.language.request import Verb
from kubemodel.spec.manifests.errors import InputError
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.workloads import Deployment, DeploymentSpec

from ..exploration import autoscaler, deployment, explore, scenario

MANIFEST = Deployment(ObjectMeta("coredns"), DeploymentSpec(replicas=1))
SCALED = attrs.evolve(MANIFEST.spec, replicas=2)


def _done(mode: str, stored: DeploymentSpec | None, *, replicas: bool = True) -> list[tuple[Verb, int | None]]:
    """The requests of a round, each with the replicas that it leaves."""
    addon = Addon(MANIFEST, mode, replicas)
    (rule,) = component((addon,)).rules
    calls = [step for each in rule.decide(Kept(addon, stored)) for step in each.plan if isinstance(step, Call)]
    return [(call.request.verb, _replicas(call, stored)) for call in calls]


def _replicas(call: Call, stored: DeploymentSpec | None) -> int | None:
    if call.request.verb is Verb.CREATE:
        return int(call.request.body.spec.replicas)
    assert stored is not None
    return int(call.request.body(attrs.evolve(MANIFEST, spec=stored)).spec.replicas)


@pytest.mark.parametrize(
    ("mode", "stored", "replicas", "expected"),
    [
        (RECONCILE, SCALED, True, [(Verb.PATCH, 1)]),
        (RECONCILE, SCALED, False, []),
        (RECONCILE, MANIFEST.spec, True, []),
        (RECONCILE, None, True, [(Verb.CREATE, 1)]),
        (RECONCILE, attrs.evolve(SCALED, min_ready_seconds=9), False, [(Verb.PATCH, 2)]),
        (ENSURE_EXISTS, SCALED, True, []),
        (ENSURE_EXISTS, None, True, [(Verb.CREATE, 1)]),
    ],
    ids=["put back", "no replicas named", "as written", "missing", "the rest of the spec", "left alone", "made"],
)
def test_a_round(mode: str, stored: DeploymentSpec | None, replicas: bool, expected: list[tuple[Verb, int]]) -> None:
    assert _done(mode, stored, replicas=replicas) == expected


def _addon(**spec: Any) -> dict[str, Any]:
    found = dict(deployment(1, **spec))
    return {**found, "metadata": {"name": "web", "labels": {MODE_LABEL: RECONCILE}}}


def test_an_autoscaler_and_the_addon_manager_undo_each_other_unless_the_manifest_names_no_replicas() -> None:
    named = _addon()
    unnamed = {**named, "spec": {key: value for key, value in named["spec"].items() if key != "replicas"}}
    asked: dict[str, Any] = {"addonManager": {}, "properties": ["addons-stay-as-written"], "start": "created"}
    found = [explore(scenario(each, autoscaler(2, 3), nodes=1, **asked)) for each in (named, unnamed)]
    assert [dict(each.violated) for each in found] == [
        {"addons-stay-as-written": "addon web has 2 replicas, its manifest says 1"},
        {},
    ]


def test_it_needs_something_to_keep() -> None:
    with pytest.raises(InputError, match="no addon for the addon manager"):
        scenario(deployment(1), addonManager={})


def test_a_trace_remembers_who_named_no_replicas() -> None:
    unnamed = _addon()
    unnamed["spec"] = {key: value for key, value in unnamed["spec"].items() if key != "replicas"}
    asked = scenario({**unnamed, "spec": {**unnamed["spec"], "replicas": 1}}, addonManager={"withoutReplicas": ["web"]})
    assert asked.addons == scenario(unnamed, addonManager={}).addons
    assert not asked.addons[0].replicas
