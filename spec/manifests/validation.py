"""What the API server would reject although the schema allows it: one function for each kind.

Rules: ``pkg/apis/{core,apps,policy,scheduling}/validation`` of Kubernetes v1.28, loosened where newer versions accept
more; defaults that matter to a rule are those of kube-apiserver §7 and controllers-workloads §2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..objects.decoding_shared import decode_label_selector
from ..objects.selectors import selects
from .cursor import Cursor, check_unique
from .errors import InputError, quote
from .loading import Document
from .names import (
    KEY_RULE,
    LABEL_RULE,
    PORT_NAME_RULE,
    SUBDOMAIN_RULE,
    VALUE_RULE,
    check_labels,
    check_selector,
    problem_with_key,
    problem_with_label,
    problem_with_port_name,
    problem_with_subdomain,
    problem_with_value,
)
from .removed_versions import removed_in
from .validation_autoscalers import check_autoscaler
from .validation_containers import MOST_PORT, check_amounts
from .validation_pods import TAINT_EFFECTS, check_pod, check_template

_CLUSTER_SCOPED = ("Node", "PriorityClass")
_DEFAULT_PROGRESS_DEADLINE = 600
_MOST_USER_PRIORITY = 1_000_000_000
_SYSTEM_PRIORITY_CLASSES = ("system-cluster-critical", "system-node-critical")


def validate(documents: Sequence[Document]) -> tuple[InputError, ...]:
    """Everything that Kubernetes would reject, in the order of the documents and of their lines.

    The documents have passed the schema. Kinds without rules here are only checked for names and duplicates.
    """
    errors: list[InputError] = []
    for document in documents:
        found: list[InputError] = []
        root = Cursor(document, found, document.data)
        check = _CHECKS.get((document.group, document.kind)) if removed_in(document) is None else None
        if check is not None:
            _check_null_items(root)
        if check is not None and not found:
            check(root)
        _check_metadata(root)
        errors += sorted(found, key=lambda error: error.line or 0)
    return (*errors, *_duplicates(documents), *_several_global_defaults(documents))


def _check_null_items(cursor: Cursor) -> None:
    """A null in a list would be decoded as an item without any value, which no list of these kinds allows."""
    for item in cursor.items():
        if not item:
            item.reject("the item is null", "a value")
        _check_null_items(item)
    for _, entry in cursor.entries():
        _check_null_items(entry)


def _duplicates(documents: Sequence[Document]) -> list[InputError]:
    errors = []
    seen: dict[tuple[str, str, str, str], Document] = {}
    for document in documents:
        namespace = "" if document.kind in _CLUSTER_SCOPED else document.namespace
        first = seen.setdefault((document.group, document.kind, namespace, document.name), document)
        if first is not document:
            what = f"{document.kind} {quote(document.name)}" + (
                f" in namespace {quote(namespace)}" if namespace else ""
            )
            place = f"{first.source}:{first.lines.line_of(('metadata', 'name'))}"
            errors.append(
                document.error(f"{what} is given twice, first at {place}", ("metadata", "name"), "one of them")
            )
    return errors


def _several_global_defaults(documents: Sequence[Document]) -> list[InputError]:
    defaults = [d for d in documents if d.kind == "PriorityClass" and d.data.get("globalDefault") is True]
    return [
        document.error(f"{quote(defaults[0].name)} is the global default already", ("globalDefault",), "at most one")
        for document in defaults[1:]
    ]


def _check_metadata(root: Cursor) -> None:
    metadata = root["metadata"]
    name = metadata["name"]
    if root.document.kind == "Service" and root.document.group == "":
        name.check_text(problem_with_label(name.text), LABEL_RULE)
    elif (root.document.group, root.document.kind) in _CHECKS:
        name.check_text(problem_with_subdomain(name.text), SUBDOMAIN_RULE)
    elif name.text in (".", "..") or any(letter in name.text for letter in "/%"):
        name.reject(f"{quote(name.text)} cannot stand in a path", "no '/' and no '%'")
    namespace = metadata["namespace"]
    if namespace.text and root.document.kind in _CLUSTER_SCOPED:
        namespace.reject(f"a {root.document.kind} belongs to no namespace", "no namespace")
    elif namespace.text:
        namespace.check_text(problem_with_label(namespace.text), LABEL_RULE)
    check_labels(metadata["labels"])
    for key, annotation in metadata["annotations"].entries():
        if problem_with_key(key.lower()):
            annotation.reject(f"the key {quote(key)} {problem_with_key(key.lower())}", KEY_RULE)


def _check_selector_of_workload(spec: Cursor) -> None:
    selector, labels = spec["selector"], spec["template"]["metadata"]["labels"]
    check_selector(selector)
    if not selector["matchLabels"].value and not selector["matchExpressions"].value:
        selector.reject("empty or missing: it would select every pod", "the labels of the template")
    elif not selects(decode_label_selector(selector.mapping), labels.mapping):
        labels.reject("the labels of the template do not match spec.selector", "labels that the selector matches")


def _check_replicas(spec: Cursor) -> None:
    for name in ("replicas", "minReadySeconds", "revisionHistoryLimit"):
        spec[name].check_range(0)


def _check_deployment(root: Cursor) -> None:
    spec = root["spec"]
    _check_replicas(spec)
    _check_selector_of_workload(spec)
    deadline = spec["progressDeadlineSeconds"]
    deadline.check_range(0)
    seconds = _DEFAULT_PROGRESS_DEADLINE if deadline.integer is None else deadline.integer
    if 0 <= seconds <= (spec["minReadySeconds"].integer or 0):
        at_fault = deadline if deadline else spec["minReadySeconds"]
        at_fault.reject(
            f"progressDeadlineSeconds {seconds} does not exceed minReadySeconds",
            "progressDeadlineSeconds > minReadySeconds",
        )
    _check_strategy(spec["strategy"])
    check_template(spec["template"], ("Always",))


def _check_strategy(strategy: Cursor) -> None:
    strategy["type"].check_choice("Recreate", "RollingUpdate")
    rolling = strategy["rollingUpdate"]
    if strategy["type"].text == "Recreate":
        if rolling:
            rolling.reject("given although the strategy is Recreate", "no rollingUpdate")
        return
    surge = _amount(rolling["maxSurge"], None)
    unavailable = _amount(rolling["maxUnavailable"], 100)
    if surge == unavailable == 0:
        rolling["maxUnavailable"].reject(
            "maxUnavailable and maxSurge are both 0: no pod could be replaced", "one above 0"
        )


def _amount(cursor: Cursor, most_percent: int | None) -> int | None:
    """The number before any percent sign; None if absent or wrong, which is reported."""
    number = cursor.integer
    if isinstance(cursor.value, str):
        digits = cursor.text.removesuffix("%")
        if not (cursor.text.endswith("%") and digits.isascii() and digits.isdigit() and len(digits) <= 9):
            cursor.reject(f"{quote(cursor.text)} is neither a count nor a percentage", 'an integer or such as "25%"')
            return None
        number = int(digits)
        if most_percent is not None and number > most_percent:
            cursor.reject(f"{quote(cursor.text)} is more than {most_percent}%", f"at most {most_percent}%")
    cursor.check_range(0)
    return number


def _check_replica_set(root: Cursor) -> None:
    _check_replicas(root["spec"])
    _check_selector_of_workload(root["spec"])
    check_template(root["spec"]["template"], ("Always",))


def _check_replication_controller(root: Cursor) -> None:
    spec = root["spec"]
    _check_replicas(spec)
    check_template(spec["template"], ("Always",))
    labels = spec["template"]["metadata"]["labels"]
    selector = spec["selector"].mapping or labels.mapping
    if not selector:
        spec["selector"].reject("empty: a ReplicationController selects by labels", "a label of the template")
    elif any(labels.mapping.get(key) != value for key, value in selector.items()):
        labels.reject("the labels of the template do not match spec.selector", "labels that the selector matches")


def _check_stateful_set(root: Cursor) -> None:
    spec = root["spec"]
    _check_replicas(spec)
    _check_selector_of_workload(spec)
    spec["podManagementPolicy"].check_choice("OrderedReady", "Parallel")
    claims = [claim["metadata"]["name"].text for claim in spec["volumeClaimTemplates"].items()]
    check_template(spec["template"], ("Always",), claims)


def _check_daemon_set(root: Cursor) -> None:
    _check_replicas(root["spec"])
    _check_selector_of_workload(root["spec"])
    check_template(root["spec"]["template"], ("Always",))


def _check_job(root: Cursor) -> None:
    _check_job_spec(root["spec"])


def _check_cron_job(root: Cursor) -> None:
    root["spec"]["concurrencyPolicy"].check_choice("Allow", "Forbid", "Replace")
    _check_job_spec(root["spec"]["jobTemplate"]["spec"])


def _check_job_spec(spec: Cursor) -> None:
    for name in ("parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"):
        spec[name].check_range(0)
    if not spec["template"]["spec"]["restartPolicy"]:
        spec["template"]["spec"]["restartPolicy"].reject("missing, which means Always", "OnFailure or Never in a Job")
    check_template(spec["template"], ("OnFailure", "Never"))


def _check_service(root: Cursor) -> None:
    spec = root["spec"]
    spec["type"].check_choice("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
    spec["sessionAffinity"].check_choice("ClientIP", "None")
    spec["internalTrafficPolicy"].check_choice("Cluster", "Local")
    spec["externalTrafficPolicy"].check_choice("Cluster", "Local", "")
    check_labels(spec["selector"])
    external = spec["type"].text == "ExternalName"
    if external:
        spec["externalName"].require("a DNS name for the type ExternalName")
    elif spec["clusterIP"].text != "None":
        spec["ports"].require("at least one port")
    ports = list(spec["ports"].items())
    for port in ports:
        _check_service_port(port, len(ports) > 1, spec["type"].text or "ClusterIP")
    check_unique([port["name"] for port in ports if port["name"].text], "port name")
    seen: set[tuple[object, str]] = set()
    for port in ports:
        key = (port["port"].value, port["protocol"].text or "TCP")
        if key in seen:
            port["port"].reject(f"port {key[0]} {key[1]} stands twice", "each pair of port and protocol once")
        seen.add(key)


def _check_service_port(port: Cursor, several: bool, service_type: str) -> None:
    port["port"].check_range(1, MOST_PORT)
    port["protocol"].check_choice("TCP", "UDP", "SCTP")
    if several:
        port["name"].require("a name, since the service has several ports")
    if port["name"].text:
        port["name"].check_text(problem_with_label(port["name"].text), LABEL_RULE)
    target = port["targetPort"]
    target.check_range(1, MOST_PORT)
    if target.text:
        target.check_text(problem_with_port_name(target.text), PORT_NAME_RULE)
    port["nodePort"].check_range(0, MOST_PORT)
    if port["nodePort"].integer and service_type in ("ClusterIP", "ExternalName"):
        port["nodePort"].reject(f"given although the type is {service_type}", "the type NodePort or LoadBalancer")


def _check_node(root: Cursor) -> None:
    seen = set()
    for taint in root["spec"]["taints"].items():
        key, effect = taint["key"], taint["effect"]
        key.check_text(problem_with_key(key.text), KEY_RULE)
        taint["value"].check_text(problem_with_value(taint["value"].text), VALUE_RULE)
        if effect.require(" or ".join(TAINT_EFFECTS)):
            effect.check_choice(*TAINT_EFFECTS)
        if (key.text, effect.text) in seen:
            taint.reject(f"the taint {quote(key.text)} with the effect {effect.text} stands twice", "each once")
        seen.add((key.text, effect.text))
    check_amounts(root["status"]["capacity"])
    check_amounts(root["status"]["allocatable"])


def _check_budget(root: Cursor) -> None:
    spec = root["spec"]
    least, most = spec["minAvailable"], spec["maxUnavailable"]
    if least and most:
        most.reject("minAvailable and maxUnavailable are both given", "only one of them")
    _amount(least, 100)
    _amount(most, 100)
    check_selector(spec["selector"])
    spec["unhealthyPodEvictionPolicy"].check_choice("IfHealthyBudget", "AlwaysAllow")


def _check_priority_class(root: Cursor) -> None:
    name, value = root["metadata"]["name"], root["value"]
    if name.text in _SYSTEM_PRIORITY_CLASSES:
        return
    if name.text.startswith("system-"):
        name.reject("the prefix system- is reserved", "another name")
    if value.integer is not None and value.integer > _MOST_USER_PRIORITY:
        value.reject(f"{value.integer} is reserved for the system", f"at most {_MOST_USER_PRIORITY}")
    root["preemptionPolicy"].check_choice("PreemptLowerPriority", "Never")


_CHECKS: dict[tuple[str, str], Callable[[Cursor], None]] = {
    ("", "Pod"): check_pod,
    ("", "Service"): _check_service,
    ("", "Node"): _check_node,
    ("", "ReplicationController"): _check_replication_controller,
    ("apps", "Deployment"): _check_deployment,
    ("apps", "ReplicaSet"): _check_replica_set,
    ("apps", "StatefulSet"): _check_stateful_set,
    ("apps", "DaemonSet"): _check_daemon_set,
    ("batch", "Job"): _check_job,
    ("batch", "CronJob"): _check_cron_job,
    ("autoscaling", "HorizontalPodAutoscaler"): check_autoscaler,
    ("policy", "PodDisruptionBudget"): _check_budget,
    ("scheduling.k8s.io", "PriorityClass"): _check_priority_class,
}
