"""What the API server would reject in pods and pod templates (v1.28 ``pkg/apis/core/validation``)."""

from __future__ import annotations

from collections.abc import Sequence

from .cursor import Cursor, check_unique
from .errors import quote
from .names import (
    KEY_RULE,
    LABEL_RULE,
    SUBDOMAIN_RULE,
    VALUE_RULE,
    check_labels,
    check_selector,
    problem_with_key,
    problem_with_label,
    problem_with_subdomain,
    problem_with_value,
)
from .validation_containers import check_amounts, check_containers, check_resources

TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_MOST_WEIGHT = 100
_MOST_INT32 = 2**31 - 1
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def check_pod(root: Cursor) -> None:
    """A bare pod."""
    _check_spec(root["spec"], ("Always", "OnFailure", "Never"), ())
    if root["spec"]["schedulingGates"].value and root["spec"]["nodeName"].text:
        root["spec"]["nodeName"].reject("given although the pod has scheduling gates", "no nodeName")


def check_template(template: Cursor, restart_policies: Sequence[str], claims: Sequence[str] = ()) -> None:
    """A workload's pod template. ``claims``: volumes that the workload adds (volumeClaimTemplates)."""
    check_labels(template["metadata"]["labels"])
    _check_spec(template["spec"], restart_policies, claims)
    if restart_policies == ("Always",) and template["spec"]["activeDeadlineSeconds"]:
        template["spec"]["activeDeadlineSeconds"].reject("given in a workload that runs for ever", "nothing")


def _check_spec(spec: Cursor, restart_policies: Sequence[str], claims: Sequence[str]) -> None:
    volumes = [volume["name"] for volume in spec["volumes"].items()]
    check_unique(volumes, "volume name")
    for volume in volumes:
        volume.check_text(problem_with_label(volume.text), LABEL_RULE)
    check_containers(spec, {*claims, *(volume.text for volume in volumes)})
    check_resources(spec["resources"])
    check_amounts(spec["overhead"])
    spec["restartPolicy"].check_choice(*restart_policies)
    spec["dnsPolicy"].check_choice("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
    spec["preemptionPolicy"].check_choice("PreemptLowerPriority", "Never")
    spec["activeDeadlineSeconds"].check_range(1, _MOST_INT32)
    for name in ("priorityClassName", "serviceAccountName", "nodeName", "runtimeClassName"):
        if spec[name].text:
            spec[name].check_text(problem_with_subdomain(spec[name].text), SUBDOMAIN_RULE)
    check_labels(spec["nodeSelector"])
    for toleration in spec["tolerations"].items():
        _check_toleration(toleration)
    gates = [gate["name"] for gate in spec["schedulingGates"].items()]
    check_unique(gates, "scheduling gate")
    for gate in gates:
        gate.check_text(problem_with_key(gate.text), KEY_RULE)
    _check_spread(spec["topologySpreadConstraints"])
    _check_affinity(spec["affinity"])


def _check_toleration(toleration: Cursor) -> None:
    key, operator, value, effect = (toleration[name] for name in ("key", "operator", "value", "effect"))
    operator.check_choice("Exists", "Equal", "", "Lt", "Gt")
    effect.check_choice(*TAINT_EFFECTS, "")
    if key.text:
        key.check_text(problem_with_key(key.text), KEY_RULE)
    elif operator.text != "Exists":
        operator.reject("a toleration without a key tolerates every taint only with Exists", "Exists, or a key")
    if operator.text == "Exists" and value.text:
        value.reject("a value given with the operator Exists", "no value")
    elif operator.text in ("", "Equal"):
        value.check_text(problem_with_value(value.text), VALUE_RULE)
    if toleration["tolerationSeconds"] and effect.text != "NoExecute":
        toleration["tolerationSeconds"].reject(f"given with the effect {quote(effect.text)}", "the effect NoExecute")


def _check_spread(constraints: Cursor) -> None:
    seen = set()
    for constraint in constraints.items():
        constraint["maxSkew"].check_range(1)
        action, topology_key = constraint["whenUnsatisfiable"], constraint["topologyKey"]
        if topology_key.require("the key of a node label"):
            topology_key.check_text(problem_with_key(topology_key.text), KEY_RULE)
        action.check_choice("DoNotSchedule", "ScheduleAnyway")
        if (topology_key.text, action.text) in seen:
            constraint.reject(f"a second constraint {action.text} for {quote(topology_key.text)}", "one for each pair")
        seen.add((topology_key.text, action.text))
        domains = constraint["minDomains"]
        domains.check_range(1)
        if domains and action.text == "ScheduleAnyway":
            domains.reject("given with ScheduleAnyway", "only with DoNotSchedule")
        for policy in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            constraint[policy].check_choice("Honor", "Ignore")
        check_selector(constraint["labelSelector"])
        _check_label_keys(constraint, "matchLabelKeys")


def _check_label_keys(owner: Cursor, name: str) -> None:
    keys = list(owner[name].items())
    check_unique(keys, "key")
    if keys and not owner["labelSelector"]:
        owner[name].reject("given without labelSelector", "a labelSelector")
    for key in keys:
        key.check_text(problem_with_key(key.text), KEY_RULE)


def _check_affinity(affinity: Cursor) -> None:
    node = affinity["nodeAffinity"]
    if node[_REQUIRED]:
        node[_REQUIRED]["nodeSelectorTerms"].require("at least one term")
        for term in node[_REQUIRED]["nodeSelectorTerms"].items():
            _check_node_term(term)
    for preference in node[_PREFERRED].items():
        preference["weight"].check_range(1, _MOST_WEIGHT)
        _check_node_term(preference["preference"])
    for name in ("podAffinity", "podAntiAffinity"):
        for term in affinity[name][_REQUIRED].items():
            _check_pod_term(term)
        for weighted in affinity[name][_PREFERRED].items():
            weighted["weight"].check_range(1, _MOST_WEIGHT)
            _check_pod_term(weighted["podAffinityTerm"])


def _check_node_term(term: Cursor) -> None:
    for expression in term["matchExpressions"].items():
        expression["key"].check_text(problem_with_key(expression["key"].text), KEY_RULE)
        _check_node_operator(expression)
    for expression in term["matchFields"].items():
        expression["key"].check_choice("metadata.name")
        expression["operator"].check_choice("In", "NotIn")
        if len(list(expression["values"].items())) != 1:
            expression["values"].reject("not exactly one value", "the name of one node")


def _check_node_operator(expression: Cursor) -> None:
    operator, values = expression["operator"], expression["values"]
    operator.check_choice("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
    count = len(list(values.items()))
    if operator.text in ("In", "NotIn") and not count:
        values.reject(f"no value with the operator {operator.text}", "at least one value")
    elif operator.text in ("Exists", "DoesNotExist") and count:
        values.reject(f"values given with the operator {operator.text}", "no values")
    elif operator.text in ("Gt", "Lt") and count != 1:
        values.reject(f"{count} values with the operator {operator.text}", "exactly one")


def _check_pod_term(term: Cursor) -> None:
    if term["topologyKey"].require("the key of a node label, such as kubernetes.io/hostname"):
        term["topologyKey"].check_text(problem_with_key(term["topologyKey"].text), KEY_RULE)
    check_selector(term["labelSelector"])
    check_selector(term["namespaceSelector"])
    for namespace in term["namespaces"].items():
        namespace.check_text(problem_with_label(namespace.text), LABEL_RULE)
    for name in ("matchLabelKeys", "mismatchLabelKeys"):
        _check_label_keys(term, name)
