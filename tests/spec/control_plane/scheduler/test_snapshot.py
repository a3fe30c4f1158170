from __future__ import annotations

from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot, take_snapshot
from kubemodel.spec.objects.decoding import decode_namespace, decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod

BOUND = decode_pod({"spec": {"nodeName": "n"}})
TERMINATING = decode_pod({"metadata": {"deletionTimestamp": 1}, "spec": {"nodeName": "n"}})
FINISHED = decode_pod({"spec": {"nodeName": "n"}, "status": {"phase": "Failed"}})
UNBOUND = decode_pod({})


def test_bound_pods_count_until_they_are_terminal() -> None:
    snapshot = take_snapshot([decode_node({"metadata": {"name": "n"}})], [BOUND, TERMINATING, FINISHED, UNBOUND])
    assert snapshot.pods_on("n") == (BOUND, TERMINATING)
    assert snapshot.pods_on("elsewhere") == ()


def test_equal_pods_count_as_often_as_they_occur() -> None:
    assert len(Snapshot(pods=(BOUND, BOUND)).pods_on("n")) == 2


def test_every_namespace_carries_its_name_as_a_label() -> None:
    snapshot = Snapshot(namespaces=(decode_namespace({"metadata": {"name": "shop", "labels": {"team": "a"}}}),))
    assert snapshot.namespace_labels("shop") == {"team": "a", "kubernetes.io/metadata.name": "shop"}
    assert snapshot.namespace_labels("other") == {"kubernetes.io/metadata.name": "other"}
