"""Score plugins of the kube-scheduler: which feasible node is the best (reference kube-scheduler §5)."""
