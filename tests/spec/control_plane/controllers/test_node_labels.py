from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.control_plane.controllers.node_labels import OLDER_NAMES, reconciled_labels
from kubemodel.spec.objects.decoding import decode_node

from ...exploration import bare_pod, explore, node, pod_spec, scenario

LABELS = st.dictionaries(st.sampled_from([*OLDER_NAMES, *OLDER_NAMES.values(), "zone"]), st.sampled_from("ab"))


@given(LABELS)
def test_older_names_say_what_the_newer_ones_say_and_nothing_else_changes(labels: dict[str, str]) -> None:
    found = reconciled_labels(decode_node({"metadata": {"name": "n", "labels": labels}}))
    for name, older in OLDER_NAMES.items():
        assert found.get(older) == labels.get(name, labels.get(older))
    assert {key: found[key] for key in labels if key not in OLDER_NAMES.values()} == {
        key: value for key, value in labels.items() if key not in OLDER_NAMES.values()
    }


def test_a_pod_that_asks_for_an_older_name_finds_its_node() -> None:
    wanted = bare_pod(pod_spec(nodeSelector={"beta.kubernetes.io/os": "linux"}))
    found = explore(scenario(wanted, nodes=[node("node-1", labels={"kubernetes.io/os": "linux"})]))
    assert "assigned-node-feasible-at-decision" in found.triggered
