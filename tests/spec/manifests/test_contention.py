from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.manifests.contention import decoded_nodes, requests_of, room_for
from kubemodel.spec.manifests.templates import workloads_of

SIZES = st.tuples(st.integers(1, 4), st.integers(1, 8))


@given(
    st.lists(st.tuples(st.integers(1, 3), SIZES), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 24)), min_size=1, max_size=4),
    st.integers(0, 2),
    st.randoms(use_true_random=False),
)
def test_where_room_is_said_to_suffice_no_placement_blocks_a_pod(documents, deployment, sizes, free, crashes, random):
    """Place everything but one pod of the first workload at random, crash nodes: the last pod still fits somewhere."""
    texts = [
        deployment(f"w{index}")
        .replace("replicas: 3", f"replicas: {count}\n  strategy: {{type: Recreate}}")
        .replace("100m", str(cpu))
        .replace("100Mi", str(memory))
        for index, (count, (cpu, memory)) in enumerate(sizes)
    ]
    workloads = workloads_of(documents(*texts), len(free))
    nodes = decoded_nodes([{"status": {"allocatable": {"cpu": cpu, "memory": memory}}} for cpu, memory in free])
    if room_for(workloads[0], workloads, nodes, crashes).scarce:
        return
    pods = [requests_of(workload) for workload in workloads for _ in range(workload.pods)]
    last, others = pods[0], pods[1:]
    random.shuffle(others)
    room = [dict(node.status.allocatable) for node in nodes]
    random.shuffle(room)
    room = room[: len(room) - crashes]
    for pod in others:
        candidates = [left for left in room if fits(pod, left)]
        if candidates:
            chosen = random.choice(candidates)
            for name in ("cpu", "memory"):
                chosen[name] -= pod[name]
    assert any(fits(last, left) for left in room)


def fits(pod, left):
    return all(pod[name] <= left[name] for name in ("cpu", "memory"))
