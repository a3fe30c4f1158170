import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.manifests.groups import split
from kubemodel.spec.manifests.loading import load

SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: front}\nspec: {selector: {tier: front}, ports: [{port: 80}]}\n"
)
BUDGET = (
    "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: pdb}\nspec: {minAvailable: 1, selector: {}}\n"
)
TERM = "{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: b}}}"


def names(groups):
    return [group.name for group in groups]


def test_workloads_that_share_nothing_stand_alone(documents, deployment, plain_nodes):
    first, second = split(documents(deployment("a"), deployment("b")), plain_nodes(2), 1)
    assert (first.name, second.name, first.reasons, first.capacity) == ("a", "b", (), False)
    assert first.explanation == (
        "a alone: no selector, service, budget, affinity, port or priority touches another workload; "
        "worst case 4 \N{MULTIPLICATION SIGN} (cpu 100m, memory 100Mi) fits any 1 of 2 nodes"
    )


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        (f"affinity: {{podAntiAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{TERM}]}}}}",
         "anti-affinity"),
        (f"affinity: {{podAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{TERM}]}}}}", "pod affinity"),
        ("topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, "
         "labelSelector: {matchLabels: {app: b}}}]", "topology spread"),
    ],
)  # fmt: skip
def test_placement_terms_join_within_a_namespace(documents, deployment, plain_nodes, extra, reason):
    together = split(documents(deployment("a", extra), deployment("b"), deployment("c")), plain_nodes(3), 1)
    assert names(together) == ["a+b", "c"]
    assert reason in together[0].reasons[0]
    elsewhere = deployment("b").replace("name: b\n", "name: b\n  namespace: other\n", 1)
    assert names(split(documents(deployment("a", extra), elsewhere), plain_nodes(3), 1)) == ["a", "b"]


def test_a_namespace_selector_reaches_other_namespaces(documents, deployment, plain_nodes):
    term = TERM.replace("{topo", "{namespaceSelector: {matchLabels: {team: x}}, topo")
    extra = f"affinity: {{podAntiAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{term}]}}}}"
    both = [deployment("a", extra), deployment("b").replace("name: b\n", "name: b\n  namespace: other\n", 1)]
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: other, labels: {team: TEAM}}\n"
    assert names(split(documents(*both), plain_nodes(3), 1)) == ["a+b"]
    assert names(split(documents(*both, namespace.replace("TEAM", "x")), plain_nodes(3), 1)) == ["a+b"]
    assert names(split(documents(*both, namespace.replace("TEAM", "y")), plain_nodes(3), 1)) == ["a", "b"]


def test_a_service_over_several_workloads_joins_them(documents, deployment, plain_nodes):
    in_front = [
        deployment(name).replace(f"labels: {{app: {name}}}", f"labels: {{app: {name}, tier: front}}") for name in "ab"
    ]
    groups = split(documents(*in_front, deployment("c"), SERVICE), plain_nodes(2), 1)
    assert names(groups) == ["a+b", "c"]
    assert groups[0].reasons == ("Service front covers Deployment a, Deployment b",)
    assert [document.kind for document in groups[0].documents] == ["Deployment", "Deployment", "Service"]


def test_a_budget_over_everything_joins_everything(documents, deployment, plain_nodes):
    assert names(split(documents(deployment("a"), BUDGET, deployment("b")), plain_nodes(2), 1)) == ["a+b"]


def test_selectors_that_overlap_join(documents, deployment, plain_nodes):
    other = deployment("b").replace("labels: {app: b}", "labels: {app: b, also: a}")
    wide = deployment("a").replace("{app: a}", "{also: a}")
    assert names(split(documents(wide, other), plain_nodes(2), 1)) == ["a+b"]


def test_host_ports_join_only_if_they_conflict(documents, deployment, plain_nodes):
    def with_port(name, port):
        return deployment(name, f"- {{name: port, image: a, ports: [{{containerPort: 80, {port}}}]}}\n")

    one = with_port("a", "hostPort: 80")
    assert names(split(documents(one, with_port("b", "hostPort: 80, hostIP: 10.0.0.1")), plain_nodes(2), 1)) == ["a+b"]
    assert names(split(documents(one, with_port("b", "hostPort: 80, protocol: UDP")), plain_nodes(2), 1)) == ["a", "b"]


def test_scarce_room_joins_and_priorities_then_matter(documents, deployment, plain_nodes):
    high = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 1000\n"
    given_documents = documents(deployment("a", "priorityClassName: high"), deployment("b"), high)
    (group,) = split(given_documents, plain_nodes(2, cpu="600m"), 1)
    assert group.capacity
    assert group.name == "a+b"
    assert any("Deployment a may preempt Deployment b (priority 0)" in reason for reason in group.reasons)
    assert "may not fit any 1 of 2 nodes: cpu may run short" in group.explanation
    apart = split(given_documents, plain_nodes(2), 1)
    assert [(group.name, len(group.documents)) for group in apart] == [("a", 2), ("b", 1)]


def test_a_node_selector_that_few_nodes_match_makes_room_scarce(documents, deployment, plain_nodes):
    text = deployment("a", "nodeSelector: {disk: ssd}")
    nodes = plain_nodes(3)
    nodes[0]["metadata"] = {"name": "node-0", "labels": {"disk": "ssd"}}
    assert split(documents(text), nodes, 1)[0].capacity
    assert not split(documents(text), nodes, 0)[0].capacity


def test_an_owned_replica_set_stays_with_its_owner(documents, deployment, plain_nodes):
    owned = deployment("b").replace("kind: Deployment", "kind: ReplicaSet").replace(
        "name: b\n", "name: b\n  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: a, uid: x}]\n", 1
    )  # fmt: skip
    assert names(split(documents(deployment("a"), owned), plain_nodes(2), 1)) == ["a+b"]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=6), st.integers(0, 3))
def test_groups_partition_the_workloads_in_order(documents, deployment, plain_nodes, edges, crashes):
    texts = []
    for name in "abcdef":
        terms = [TERM.replace("app: b", f"app: {other}") for first, other in edges if first == name]
        extra = (
            f"affinity: {{podAntiAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{', '.join(terms)}]}}}}"
        )
        texts.append(deployment(name, extra))
    groups = split(documents(*texts), plain_nodes(4), crashes)
    members = [[document.name for document in group.documents] for group in groups]
    assert sorted(name for group in members for name in group) == list("abcdef")
    assert members == sorted(members)
    for first, other in edges:
        assert any(first in group and other in group for group in members)


@pytest.mark.parametrize(
    ("name", "count"),
    [("cassandra.yaml", 1), ("guestbook.yaml", 3), ("kube-prometheus", 6), ("online-boutique.yaml", 12)],
)
def test_real_manifests_fall_apart(real_manifests, plain_nodes, name, count):
    assert len(split(load([str(real_manifests / name)]), plain_nodes(3), 1)) == count
