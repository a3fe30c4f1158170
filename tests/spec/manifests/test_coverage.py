from kubemodel.spec.manifests.coverage import is_modelled, not_modelled
from kubemodel.spec.manifests.loading import load


def fields(found):
    return {(entry.kind, entry.field): entry.count for entry in found}


def test_a_deployment_of_modelled_fields_leaves_nothing_out(documents, deployment):
    assert not_modelled(documents(deployment())) == ()


def test_fields_are_listed_once_with_a_count(documents, deployment):
    extra = "  env: [{name: a, value: b}]\nvolumes: [{name: a, emptyDir: {}}]\n"
    found = not_modelled(documents(deployment("a", extra), deployment("b", extra)))
    assert fields(found) == {("Deployment", "containers[].env, volumes"): 2}
    assert "missing ConfigMap" in found[0].consequence
    assert found[0].name == "a"


def test_preferences_count_unless_scores_are_modelled(documents, deployment):
    extra = """\
    affinity:
      podAntiAffinity:
        preferredDuringSchedulingIgnoredDuringExecution:
        - {weight: 1, podAffinityTerm: {topologyKey: zone}}
        requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone}]
    topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]
    """
    given = documents(deployment(extra=extra))
    (found,) = not_modelled(given)
    assert "ScheduleAnyway" in found.field
    assert "affinity.podAntiAffinity.preferred" in found.field
    assert not_modelled(given, scoring=True) == ()


def test_kinds(documents):
    found = not_modelled(
        documents(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}",
            "apiVersion: example.com/v1\nkind: Deployment\nmetadata: {name: b}",
            "apiVersion: v1\nkind: Service\nmetadata: {name: c}",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}",
        )
    )
    assert fields(found) == {("ConfigMap", ""): 2, ("Deployment.example.com", ""): 1, ("Service", ""): 1}
    assert "no schema" in found[1].consequence


def consequences(found):
    return {entry.kind: entry.consequence for entry in found}


def test_admission_that_is_left_out_is_named(documents):
    head = "apiVersion: admissionregistration.k8s.io/v1\nkind: "
    kinds = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy")
    found = consequences(not_modelled(documents(*(f"{head}{kind}\nmetadata: {{name: a}}" for kind in kinds))))
    assert set(found) == set(kinds)
    assert all("would change or refuse" in consequence for consequence in found.values())
    runtime = consequences(
        not_modelled(documents("apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: a}\nhandler: runsc"))
    )
    assert "overhead" in runtime["RuntimeClass"]
    flow = "apiVersion: flowcontrol.apiserver.k8s.io/v1\nkind: FlowSchema\nmetadata: {name: a}"
    assert "429" in consequences(not_modelled(documents(flow)))["FlowSchema"]


def test_a_namespace_that_holds_its_pods_to_a_level_says_so(documents):
    def said(labels):
        text = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{{labels}}}}}"
        return consequences(not_modelled(documents(text)))["Namespace"]

    assert "PodSecurity" in said("pod-security.kubernetes.io/enforce: restricted")
    assert "PodSecurity" not in said("pod-security.kubernetes.io/enforce: privileged")
    assert "PodSecurity" not in said("team: shop")


def test_a_priority_class_that_is_missing_is_listed(documents, deployment):
    assert fields(not_modelled(documents(deployment(extra="priorityClassName: high")))) == {("PriorityClass", ""): 1}
    assert not_modelled(documents(deployment(extra="priorityClassName: system-node-critical"))) == ()


def test_a_node_as_kubectl_prints_it_is_modelled(documents):
    text = """\
    apiVersion: v1
    kind: Node
    metadata: {name: a, uid: x}
    spec: {podCIDR: 10.0.0.0/24, unschedulable: true}
    status: {allocatable: {cpu: 1}, nodeInfo: {architecture: amd64}}
    """
    (document,) = documents(text)
    assert is_modelled(document)
    assert fields(not_modelled([document])) == {("Node", "podCIDR"): 1}


def test_listings_of_real_manifests_are_short(real_manifests):
    for name in ("guestbook.yaml", "kube-prometheus", "online-boutique.yaml"):
        assert len(not_modelled(load([str(real_manifests / name)]))) < 30


def test_endpoints_that_somebody_else_keeps_are_said_to_lead_nowhere(documents):
    found = not_modelled(
        documents(
            "apiVersion: v1\nkind: Endpoints\nmetadata: {name: outside}\nsubsets: []",
            "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a}\naddressType: IPv4",
        )
    )
    assert fields(found) == {("Endpoints", ""): 1, ("EndpointSlice", ""): 1}
    assert "not mirrored" in found[0].consequence
    assert all("no client" in each.consequence for each in found)
