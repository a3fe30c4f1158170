import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.manifests.defaulting import default_image_pull_policy, with_defaults


def test_deployment(documents, deployment):
    spec = with_defaults(documents(deployment().replace("replicas: 3", "minReadySeconds: null"))[0].data)["spec"]
    assert (spec["replicas"], spec["minReadySeconds"]) == (1, 0)
    assert (spec["progressDeadlineSeconds"], spec["revisionHistoryLimit"]) == (600, 10)
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
    pod = spec["template"]["spec"]
    assert (pod["restartPolicy"], pod["terminationGracePeriodSeconds"]) == ("Always", 30)


def test_recreate_has_no_rolling_update(documents, deployment):
    data = documents(deployment().replace("replicas: 3", "strategy: {type: Recreate}"))[0].data
    assert with_defaults(data)["spec"]["strategy"] == {"type": "Recreate"}


def test_containers(documents, deployment):
    extra = """\
    - name: b
      image: b
      resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 0.5}}
      ports: [{containerPort: 80}]
      readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 0}
    hostNetwork: true
    """
    container = with_defaults(documents(deployment(extra=extra))[0].data)["spec"]["template"]["spec"]["containers"][1]
    assert container["resources"]["requests"] == {"cpu": 0.5, "memory": "1Gi"}
    assert container["ports"] == [{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}]
    assert container["readinessProbe"]["periodSeconds"] == 10
    assert container["readinessProbe"]["failureThreshold"] == 3


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("a", "Always"),
        ("a:latest", "Always"),
        ("host:5000/a", "Always"),
        ("a:1", "IfNotPresent"),
        ("a@sha256:00", "IfNotPresent"),
        ("a:latest@sha256:00", "Always"),
    ],
)
def test_image_pull_policy(image, policy):
    assert default_image_pull_policy(image) == policy


KINDS = st.sampled_from(
    [
        ("v1", "Pod"),
        ("v1", "Node"),
        ("v1", "Service"),
        ("v1", "ConfigMap"),
        ("apps/v1", "Deployment"),
        ("apps/v1", "ReplicaSet"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("batch/v1", "Job"),
        ("batch/v1", "CronJob"),
        ("policy/v1", "PodDisruptionBudget"),
        ("scheduling.k8s.io/v1", "PriorityClass"),
    ]
)
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "replicas": st.none() | st.integers(0, 9),
        "paused": st.booleans(),
        "type": st.sampled_from(["NodePort", None]),
    },
)


@given(KINDS, SPECS)
def test_defaults_are_idempotent_keep_what_is_given_and_leave_the_input_alone(kind, spec):
    data = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": "a"}, "spec": spec}
    before = copy.deepcopy(data)
    once = with_defaults(data)
    assert data == before
    assert with_defaults(once) == once
    assert {key: once["spec"][key] for key, value in spec.items() if value is not None}.items() <= spec.items()
