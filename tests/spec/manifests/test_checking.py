"""Schema and validation: each case breaks one line of a sound manifest and expects exactly that line and field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.manifests.checking import check
from kubemodel.spec.manifests.loading import load

POD = "spec.template.spec"
SERVER = f"{POD}.containers[0]"


def only_error(documents):
    errors = check(documents).errors
    assert len(errors) == 1, [str(error) for error in errors]
    return errors[0]


def test_a_sound_deployment_has_no_errors(documents, deployment):
    assert check(documents(deployment())).errors == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "part"),
    [
        # schema
        ("replicas: 3", "replicas: three", 6, "spec.replicas", "expected an integer"),
        ("replicas: 3", "replica: 3", 6, "spec.replica", "replicas (did you mean that?)"),
        ("replicas: 3", "replicas: 3000000000", 6, "spec.replicas", "out of range"),
        ("image: example", "imagePullpolicy: example", 15, f"{SERVER}.imagePullpolicy", "imagePullPolicy (did you"),
        ("  selector:\n    matchLabels: {app: web}\n", "", 5, "spec.selector", "missing"),
        ("{app: web}\n  template", "{app: 1}\n  template", 8, "spec.selector.matchLabels.app", "a string"),
        ("kind: Deployment", "kind: Deploymnet", 2, "kind", "Deployment (did you mean that?)"),
        ("apps/v1", "apps/v1beta9", 1, "apiVersion", "apps/v1"),
        # names and labels
        ("name: web", "name: Web", 4, "metadata.name", "DNS-1123"),
        ("name: server", "name: my_server", 14, f"{SERVER}.name", "DNS-1123"),
        ("name: web", "name: web\n  labels: {-a: b}", 5, "metadata.labels.-a", "qualified name"),
        ("name: web", "name: web\n  labels: {a: b/c}", 5, "metadata.labels.a", "label value"),
        # selectors and numbers
        ("matchLabels: {app: web}", "matchLabels: {app: other}", 11, "spec.template.metadata.labels", "do not match"),
        ("matchLabels: {app: web}", "matchLabels: {}", 7, "spec.selector", "empty"),
        ("replicas: 3", "replicas: -1", 6, "spec.replicas", "at least 0"),
        ("replicas: 3", "minReadySeconds: -1", 6, "spec.minReadySeconds", "at least 0"),
        ("replicas: 3", "minReadySeconds: 600", 6, "spec.minReadySeconds", "progressDeadlineSeconds"),
        ("replicas: 3", "progressDeadlineSeconds: 0", 6, "spec.progressDeadlineSeconds", "does not exceed"),
        ("replicas: 3", "strategy: {type: Rolling}", 6, "spec.strategy.type", "Recreate or RollingUpdate"),
        ("replicas: 3", "strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}", 6, "spec.strategy.rollingUpdate",
         ""),
        ("replicas: 3", "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}", 6,
         "spec.strategy.rollingUpdate.maxUnavailable", "both 0"),
        ("replicas: 3", "strategy: {rollingUpdate: {maxSurge: 25 %}}", 6, "spec.strategy.rollingUpdate.maxSurge",
         "percent"),
        ("replicas: 3", "strategy: {rollingUpdate: {maxUnavailable: 101%}}", 6,
         "spec.strategy.rollingUpdate.maxUnavailable", "at most 100%"),
        # resources
        ("100m", "100q", 17, f"{SERVER}.resources.requests.cpu", "not a quantity"),
        ("100m", "-1", 17, f"{SERVER}.resources.requests.cpu", "negative"),
        ("100m", "2}\n          limits: {cpu: 1", 17, f"{SERVER}.resources.requests.cpu", "exceeds the limit 1"),
        ("cpu: 100m", "cpus: 100m", 17, f"{SERVER}.resources.requests.cpus", "not a resource"),
        ("cpu: 100m", "example.com/gpu: 1", 17, f"{SERVER}.resources.requests[example.com/gpu]", "limit"),
        # containers
        ("image: example/web:1", "workingDir: /", 14, f"{SERVER}.image", "missing"),
    ],
)  # fmt: skip
def test_a_broken_line(documents, deployment, old, new, line, field, part):
    text = deployment()
    assert old in text
    error = only_error(documents(text.replace(old, new, 1)))
    assert (error.line, error.field) == (line, field)
    assert part in str(error)


@pytest.mark.parametrize(
    ("extra", "field", "part"),
    [
        ("- {name: server, image: a}", "containers[1].name", "stands twice"),
        ("initContainers: [{name: server, image: a}]", "containers[0].name", "stands twice"),
        ("restartPolicy: Never", "restartPolicy", "Always"),
        ("activeDeadlineSeconds: 5", "activeDeadlineSeconds", "for ever"),
        ("- {name: b, image: a, ports: [{containerPort: 0}]}", "containers[1].ports[0].containerPort", "1 to 65535"),
        ("- {name: b, image: a, ports: [{containerPort: 1, protocol: HTTP}]}", "containers[1].ports[0].protocol",
         "TCP"),
        ("- {name: b, image: a, ports: [{containerPort: 1, name: a--b}]}", "containers[1].ports[0].name", "port name"),
        ("- {name: b, image: a, ports: [{containerPort: 1, hostPort: 9}, {containerPort: 2, hostPort: 9}]}",
         "containers[1].ports[1].hostPort", "claimed twice"),
        ("- {name: b, image: a, ports: [{containerPort: 1, hostPort: 9}]}\nhostNetwork: true",
         "containers[1].ports[0].hostPort", "containerPort"),
        ("- {name: b, image: a, livenessProbe: {exec: {command: [a]}, periodSeconds: -1}}",
         "containers[1].livenessProbe.periodSeconds", "at least 0"),
        ("- {name: b, image: a, livenessProbe: {exec: {command: [a]}, successThreshold: 2}}",
         "containers[1].livenessProbe.successThreshold", "expected 1"),
        ("- {name: b, image: a, readinessProbe: {}}", "containers[1].readinessProbe", "no handler"),
        ("- {name: b, image: a, volumeMounts: [{name: data, mountPath: /a}]}", "containers[1].volumeMounts[0].name",
         "volume"),
        ("initContainers: [{name: i, image: a, readinessProbe: {exec: {command: [a]}}}]",
         "initContainers[0].readinessProbe", "init container"),
        ("tolerations: [{operator: Equal}]", "tolerations[0].operator", "Exists"),
        ("tolerations: [{key: a, operator: Exists, value: b}]", "tolerations[0].value", "no value"),
        ("tolerations: [{key: a, effect: Never}]", "tolerations[0].effect", "NoSchedule"),
        ("tolerations: [{key: a, effect: NoSchedule, tolerationSeconds: 1}]", "tolerations[0].tolerationSeconds",
         "NoExecute"),
        ("topologySpreadConstraints: [{maxSkew: 0, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]",
         "topologySpreadConstraints[0].maxSkew", "at least 1"),
        ("topologySpreadConstraints:\n- &c {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}\n- *c",
         "topologySpreadConstraints[1]", "second constraint"),
        ("affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: ''}]}}",
         "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey", "empty"),
        ("affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
         "[{matchExpressions: [{key: a, operator: Gt, values: ['1', '2']}]}]}}}",
         "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values",
         "exactly one"),
        ("schedulingGates: [{name: a}, {name: a}]", "schedulingGates[1].name", "stands twice"),
        ("overhead: {cpu: x}", "overhead.cpu", "not a quantity"),
    ],
)  # fmt: skip
def test_a_broken_pod(documents, deployment, extra, field, part):
    error = only_error(documents(deployment(extra=extra)))
    assert error.field == f"{POD}.{field}"
    assert error.line >= 13
    assert part in str(error)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n", "spec.containers"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 70000}]}\n", "spec.ports[0].port"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 1}, {port: 2, name: b}]}\n",
         "spec.ports[0].name"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: []}\n", "spec.ports"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [null]}\n", "spec.ports[0]"),
        ("apiVersion: v1\nkind: Node\nmetadata: {name: a}\nspec: {taints: [{key: a, effect: Never}]}\n",
         "spec.taints[0].effect"),
        ("apiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {allocatable: {cpu: '-1'}}\n",
         "status.allocatable.cpu"),
        ("apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n"
         "spec: {minAvailable: 1, maxUnavailable: 1}\n", "spec.maxUnavailable"),
        ("apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {minAvailable: 120%}\n",
         "spec.minAvailable"),
        ("apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: a}\nvalue: 2000000000\n", "value"),
        ("apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: system-a}\nvalue: 1\n",
         "metadata.name"),
        ("apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a, "
         "image: b}]}}}\n",
         "spec.template.spec.restartPolicy"),
    ],
)  # fmt: skip
def test_other_kinds(documents, text, field):
    assert only_error(documents(text)).field == field


def test_duplicates_name_both_places(documents, deployment):
    error = only_error(documents(deployment(), deployment("b"), deployment()))
    assert (error.line, error.field) == (42, "metadata.name")
    assert "first at <stdin>:4" in str(error)


def test_custom_resources_are_no_error(documents):
    text = "apiVersion: example.com/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {anything: 1}\n"
    found = check(documents(text))
    assert found.errors == ()
    assert [document.name for document in found.without_schema] == ["a"]


@given(
    st.sampled_from(["metadata", "spec", "spec.strategy", "spec.selector", "spec.template", POD, SERVER, "status"]),
    st.none()
    | st.integers()
    | st.text()
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(), st.none(), max_size=2),
)
def test_checking_never_fails_otherwise(documents, deployment, field, value):
    (document,) = documents(deployment())
    data = document.data
    *parents, last = [
        step for part in field.replace("[0]", ".0").split(".") for step in [int(part) if part == "0" else part]
    ]
    for step in parents:
        data = data[step]
    if field != "metadata":
        data[last] = value
    for error in check([document]).errors:
        assert str(error).isprintable()
        assert error.line is not None


@pytest.mark.parametrize("name", ["cassandra.yaml", "guestbook.yaml", "kube-prometheus", "online-boutique.yaml"])
def test_real_manifests_are_sound(real_manifests, name):
    assert check(load([str(real_manifests / name)])).errors == ()


def test_a_kustomize_base_is_rejected_as_kubernetes_would(real_manifests):
    """Its Deployment has no selector until kustomize adds one; its budget is of a version gone in 1.25, no error."""
    errors = check(load([str(real_manifests / "metrics-server.yaml")])).errors
    assert [error.field for error in errors] == ["spec.selector"]
