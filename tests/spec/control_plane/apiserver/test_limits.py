"""What admission fills in, and refuses, for a namespace's sake: limit ranges, quotas, webhooks."""

from __future__ import annotations

from typing import Any

import pytest
from frozendict import frozendict
from kubemodel.spec.control_plane.apiserver.admission import AdmissionReads
from kubemodel.spec.control_plane.apiserver.handling import handle
from kubemodel.spec.control_plane.apiserver.limits import charged, limits_fault, with_limit_defaults
from kubemodel.spec.control_plane.apiserver.webhooks import WebhookState, is_asked, webhook_fault
from kubemodel.spec.control_plane.controllers.resource_quota import used
from kubemodel.spec.language.request import ApiCall, DeleteOptions, Outcome, Verb
from kubemodel.spec.objects.decoding import decode
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.namespace import Namespace
from kubemodel.spec.objects.pod import Pod
from kubemodel.spec.objects.quota import (
    LimitRange,
    LimitRangeItem,
    ResourceQuota,
    ResourceQuotaSpec,
    ResourceQuotaStatus,
    pod_usage,
)
from kubemodel.spec.objects.selectors import LabelSelector
from kubemodel.spec.objects.webhooks import FAIL, IGNORE, ValidatingWebhookConfiguration, Webhook, WebhookRule

DEFAULT = Namespace(ObjectMeta(name="default", namespace=""))


def pod(**resources: dict[str, str]) -> Pod:
    container = {"name": "web", "image": "web:1", "resources": resources}
    return decode_pod({"metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"containers": [container]}})


def limit_range(**item: Any) -> LimitRange:
    return LimitRange(limits=(LimitRangeItem(**{name: frozendict(value) for name, value in item.items()}),))


def quota(hard: dict[str, int], **found: int) -> ResourceQuota:
    status = ResourceQuotaStatus(frozendict(hard), frozendict({name.replace("_", "."): n for name, n in found.items()}))
    return ResourceQuota(ObjectMeta(name="quota"), ResourceQuotaSpec(frozendict(hard)), status)


def test_a_limit_range_fills_in_what_is_not_said() -> None:
    ranges = [limit_range(default={"cpu": 500}, default_request={"cpu": 100})]
    (container,) = with_limit_defaults(pod(), ranges).spec.containers
    assert (container.resources.requests, container.resources.limits) == ({"cpu": 100}, {"cpu": 500})
    said = pod(requests={"cpu": "50m"}, limits={"cpu": "1"})
    assert with_limit_defaults(said, ranges) == said


@pytest.mark.parametrize(
    ("found", "item", "problem"),
    [
        (pod(requests={"cpu": "50m"}), {"min": {"cpu": 100}}, "minimum cpu"),
        (pod(limits={"cpu": "2"}), {"max": {"cpu": 1000}}, "maximum cpu"),
        (pod(), {"max": {"cpu": 1000}}, "maximum cpu"),
        (pod(limits={"cpu": "1"}), {"max": {"cpu": 1000}, "min": {"cpu": 100}}, ""),
    ],
)
def test_a_limit_range_refuses_what_is_out_of_range(found: Pod, item: dict[str, Any], problem: str) -> None:
    fault = limits_fault(found, [limit_range(**item)])
    assert fault.startswith(problem) and bool(fault) is bool(problem)


def test_a_pod_counts_under_every_name_that_quotas_use() -> None:
    usage = pod_usage(pod(requests={"cpu": "100m", "memory": "1Gi"}, limits={"cpu": "1"}).spec)
    assert usage == {
        "pods": 1,
        "count/pods": 1,
        "cpu": 100,
        "requests.cpu": 100,
        "memory": 2**30,
        "requests.memory": 2**30,
        "limits.cpu": 1000,
    }


def test_a_charge_counts_the_pod() -> None:
    (after,) = charged(pod(requests={"cpu": "100m"}), [quota({"pods": 2, "cpu": 300}, pods=1, cpu=100)])
    assert after.status.used == {"pods": 2, "cpu": 200}


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (quota({"pods": 1}, pods=1), "exceeded quota: quota, requested: pods=1"),
        (quota({"pods": 1}), "status unknown for quota: quota, resources: pods"),
        (quota({"limits.cpu": 1000}, limits_cpu=0), "failed quota: quota: must specify limits.cpu"),
    ],
)
def test_a_quota_refuses_what_it_has_no_room_for_or_cannot_count(found: ResourceQuota, problem: str) -> None:
    assert charged(pod(requests={"cpu": "100m"}), [found]) == problem


def test_what_is_used_is_the_sum_over_the_pods() -> None:
    hard = frozendict({"pods": 3, "cpu": 1000})
    assert used(hard, [(frozendict({"pods": 1, "cpu": 100}), 2), (frozendict({"pods": 1}), 1)]) == {
        "pods": 3,
        "cpu": 200,
    }


def webhook(**fields: Any) -> Webhook:
    rule = WebhookRule(("CREATE",), ("",), ("pods",))
    return Webhook("pods.shop.example", **{"rules": (rule,), "service": ("default", "web"), **fields})


@pytest.mark.parametrize(
    ("found", "operation", "asked"),
    [
        (webhook(), "CREATE", True),
        (webhook(), "DELETE", False),
        (webhook(rules=(WebhookRule(),)), "DELETE", True),
        (webhook(rules=(WebhookRule(("*",), ("apps",), ("pods",)),)), "CREATE", False),
        (webhook(object_selector=LabelSelector(frozendict({"app": "other"}))), "CREATE", False),
        (webhook(namespace_selector=LabelSelector(frozendict({"kubernetes.io/metadata.name": "x"}))), "CREATE", False),
    ],
)
def test_who_is_asked_about_what(found: Webhook, operation: str, asked: bool) -> None:
    assert is_asked(found, operation, "Pod", pod(), DEFAULT) is asked


def test_only_silence_with_the_policy_fail_refuses() -> None:
    for reachable, policy, refused in ((False, FAIL, True), (True, FAIL, False), (False, IGNORE, False)):
        state = WebhookState(webhook(failure_policy=policy), reachable)
        assert bool(webhook_fault([state], "CREATE", "Pod", pod(), DEFAULT)) is refused


def test_deletions_are_asked_about_too() -> None:
    silent = AdmissionReads(webhooks=(WebhookState(webhook(rules=(WebhookRule(),)), False),))
    call = ApiCall(Verb.DELETE, "Pod", DeleteOptions(0))
    assert handle(call, pod(), current=True, admission=silent).outcome is Outcome.FORBIDDEN
    assert handle(call, pod(), current=True).outcome is Outcome.DONE


def test_a_configuration_is_read_with_its_service() -> None:
    data = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "policy"},
        "webhooks": [{"name": "a", "clientConfig": {"service": {"namespace": "policy", "name": "web"}}}, {"name": "b"}],
    }
    found = decode(data)
    assert isinstance(found, ValidatingWebhookConfiguration)
    assert [each.service for each in found.webhooks] == [("policy", "web"), None]
    assert {each.failure_policy for each in found.webhooks} == {FAIL}
